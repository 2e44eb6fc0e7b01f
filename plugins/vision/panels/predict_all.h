// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/items.h"
#include "widgets/engine/engine_client.h"

#include <QObject>
#include <QStringList>
#include <vector>

namespace eyepiece {

class WorkbenchContext;

// A run's predictions of many images, one after the other, each kept (PredictionStore) as it is made. Listed
// among the jobs, with its progress and a cancel. One request is with the engine at a time, so that what the
// user asks meanwhile waits for one image at most. An image that cannot be predicted is left out with its
// reason, and the rest goes on. Lives on the window's thread.
class PredictAll : public QObject {
    Q_OBJECT
public:
    explicit PredictAll(WorkbenchContext& context, QObject* parent = nullptr);
    ~PredictAll() override;

    // Of all images of the project that can be read; those that have a valid prediction already are not asked
    // for again.
    void start(const QString& run, const QString& objects);
    void cancel();
    bool running() const { return job_ != 0; }
    QString run() const { return run_; }

Q_SIGNALS:
    void predicted(eyepiece::ItemId item); // it can be read from the store now
    // `words`: what came of it, in a sentence or two.
    void ended(const QString& words, const QStringList& left_out);

private:
    void find_images();
    void next();
    void keep(const EngineReply& reply, const Item& item);
    void leave_out(const Item& item, const QString& reason);
    void end(const QString& words);
    void show_progress(double of_this);

    WorkbenchContext& context_;
    QString run_, objects_, folder_;
    std::vector<Item> items_; // without a prediction yet
    std::size_t at_ = 0;      // the one in hand
    int made_ = 0, there_already_ = 0, failures_in_a_row_ = 0;
    QStringList left_out_;
    quint64 job_ = 0;
    quint64 round_ = 0; // answers of an earlier start() do not count
};

} // namespace eyepiece
