// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/canvas/channel_display.h"
#include "widgets/canvas/pixel_blocks.h"

#include <QObject>
#include <QString>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace eyepiece {

// An image that is open on the canvas, with what showing it needs to know. Immutable but for its blocks.
struct OpenImage {
    std::uint64_t serial = 0; // unique in the program: names its tiles
    QString path;             // or another name under which it was shown
    std::shared_ptr<PixelBlocks> blocks;
    std::vector<ChannelStatistics> statistics; // one a channel
    std::vector<ChannelDisplay> displays;      // how its channels are shown at first
    const ImageInfo& info() const { return blocks->info(); }
};

// Opens images on threads of its own and keeps the last few open, so that the next one by arrow key is there
// at once. Lives on the window's thread.
class EYEPIECE_EXPORT ImageLoader : public QObject {
    Q_OBJECT
public:
    using Opener = std::function<std::shared_ptr<ImageSource>(const QString& path)>;

    // `budget_bytes` bounds the decoded pixels of all images kept.
    ImageLoader(Opener opener, std::size_t budget_bytes, QObject* parent = nullptr);
    ~ImageLoader() override;

    void
    open(const QString& path); // answered by opened() or failed(), unless another one is asked for before
    void prefetch(const QStringList& paths); // when nothing else is to do; replaces what was asked before
    void add(const QString& name,
             std::shared_ptr<ImageSource> source); // an image from elsewhere; then as open()
    void forget(const QString& path);              // its file changed
    bool holds(const QString& path) const;         // it would open at once

Q_SIGNALS:
    void opened(std::shared_ptr<eyepiece::OpenImage> image);
    void failed(const QString& path, const QString& message);

private:
    struct Wish {
        QString path;
        std::shared_ptr<ImageSource> source; // null: to be opened
        bool urgent = false;
    };
    void work(std::stop_token stop, bool prefetches);
    std::shared_ptr<OpenImage> load(const Wish& wish) const;
    void deliver(const QString& path, std::shared_ptr<OpenImage> image, const QString& problem);
    void keep(std::shared_ptr<OpenImage> image);

    Opener opener_;
    std::size_t budget_;
    QString asked_;                              // window's thread
    std::list<std::shared_ptr<OpenImage>> kept_; // window's thread; the one used last in front
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<Wish> urgent_, later_;
    std::vector<QString> in_hand_;
    std::vector<std::jthread> threads_;
};

} // namespace eyepiece
