// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/project/changes.h"
#include "core/project/labels.h"
#include "widgets/canvas/label_document.h"

#include <QObject>
#include <QString>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace eyepiece {

class Project;

// What reading an item's labels found.
struct LabelContent {
    ItemId item = 0;
    int plane = 0;
    Region region;                           // of which pixels were read
    LabelTiles pixels;                       // may be taken out; as large as the region reaches
    std::map<ObjectId, LabelObject> objects; // all of the item
    ObjectId next_id = 1;
};

// Writes and reads labels on a thread of its own, with its own connection to the project, strictly in the
// order asked for: a write that waits for the disk never holds up the window, and a read sees every write
// before it.
//
// A write that fails stays at the head of the queue, and everything else behind it, until retry() or
// discard(): nothing is lost or overtaken silently. Lives on the window's thread; all signals arrive there.
class EYEPIECE_EXPORT LabelWriter : public QObject {
    Q_OBJECT
public:
    explicit LabelWriter(std::filesystem::path project_folder, QObject* parent = nullptr);
    ~LabelWriter() override; // writes what is queued; gives up only on what fails

    void commit(FinishedEdit edit, const std::string& title); // one undo step
    // An edit too large to be put together on the window's thread: `make` is called on the writing thread
    // when its turn comes, `then` on the window's once it is on disk.
    using Made = std::function<std::vector<LabelEdit>(Project& project)>;
    void commit(ItemId item, Made make, const std::string& title, std::function<void()> then);
    void read(ItemId item, const Region& region, int plane = 0);
    // Anything else in its turn: `work` is called on the writing thread, what it returns on the window's. One
    // that writes waits for retry() when it fails, as a commit does.
    using Work = std::function<std::function<void()>(Project& project)>;
    void write(ItemId item, Work work);
    void look(ItemId item, Work work);

    void retry();
    void discard(); // drops the writes that failed and all behind them; returns once the queue is empty
    bool busy() const;
    bool stuck() const; // a write failed and waits for retry() or discard()
    // Waits until everything queued is done or stuck, and delivers the signals due. True: all is done.
    bool flush();
    // Waits no longer than that, and delivers nothing. True: nothing is left to be done.
    bool wait(std::chrono::milliseconds at_most);

Q_SIGNALS:
    // What the project must tell its listeners; objects: as the store keeps those that the edit touched.
    // number: FinishedEdit::number; of an edit made on the writing thread the largest there is.
    void committed(const std::vector<eyepiece::ProjectChange>& changes, eyepiece::ItemId item,
                   const std::vector<eyepiece::LabelObject>& objects, std::uint64_t number);
    void commit_failed(const QString& message);
    void content_read(std::shared_ptr<eyepiece::LabelContent> content);
    void read_failed(eyepiece::ItemId item, const QString& message);
    void busy_changed(bool busy);

private:
    struct Task {
        FinishedEdit edit;
        std::string title;
        ItemId item = 0;
        Region region;
        int plane = 0;              // to be read
        Made make;                  // in place of `edit`
        std::function<void()> then; // belongs to it
        Work work = {};             // in place of all of these
        bool work_writes = false;
        bool reads() const { return work ? !work_writes : edit.empty() && !make; }
    };
    using Outcome = std::function<void()>; // to be called on the window's thread
    void work(std::stop_token stop);
    Outcome perform(Project& project, Task& task);
    void deliver();
    void push(Task task);

    std::filesystem::path folder_;
    mutable std::mutex mutex_;
    std::condition_variable_any wake_, settled_;
    std::deque<Task> tasks_; // the first one is in hand
    bool stuck_ = false, closing_ = false, told_busy_ = false;
    std::deque<Outcome> outcomes_;
    std::jthread thread_;
};

} // namespace eyepiece
