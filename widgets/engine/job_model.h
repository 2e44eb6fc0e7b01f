// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QAbstractTableModel>
#include <QElapsedTimer>
#include <QString>
#include <QTimer>
#include <chrono>
#include <functional>
#include <vector>

namespace eyepiece {

// What the user can do to a job; an empty function is a button that is not there.
struct JobControls {
    std::function<void()> cancel = {};
    std::function<void()> finish = {}; // stop, keep the best
    std::function<void()> pause = {};
    std::function<void()> resume = {};
};

// Something under way: a request to the engine, a training, an import.
struct Job {
    quint64 id = 0;
    QString title;            // "Run 7 · U-Net"
    QString stage = {};       // "epoch 12 of 30 · IoU 0.842"
    double fraction = -1;     // < 0: unknown
    double seconds_left = -1; // < 0: unknown
    bool paused = false;
    JobControls controls = {};
};

// All jobs, oldest first. However often a job reports, views hear of it at most twenty times a second.
// Whoever adds a job ends it. Lives on the window's thread.
class EYEPIECE_EXPORT JobModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using JobId = quint64;
    enum Column { Title, Stage, Progress, TimeLeft, ColumnCount };
    enum Role {
        IdRole = Qt::UserRole + 1,
        FractionRole,
        SecondsLeftRole,
        PausedRole,
        CanCancelRole,
        CanFinishRole,
        CanPauseRole
    };

    explicit JobModel(QObject* parent = nullptr);

    JobId add(Job job);
    // The time left is estimated from the pace so far unless it is given (>= 0).
    void update(JobId id, double fraction, const QString& stage, double seconds_left = -1);
    void set_paused(JobId id, bool paused);
    void end(JobId id);

    const Job* find(JobId id) const;
    const Job* newest() const; // what a single line shows; null when nothing runs
    void cancel(JobId id);
    void finish(JobId id);
    void pause(JobId id);
    void resume(JobId id);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    struct Entry {
        Job job;
        QElapsedTimer running;
        double first_fraction = -1; // when the pace began to count
        qint64 first_ms = 0;
        bool told = true;
    };
    int row(JobId id) const;
    void tell_soon(Entry& entry);
    void tell();

    std::vector<Entry> entries_;
    JobId last_id_ = 0;
    QTimer timer_;
};

// "38 s left", "1 min 12 s left", "2 h 5 min left"; empty when unknown.
EYEPIECE_EXPORT QString time_left_text(double seconds);

} // namespace eyepiece
