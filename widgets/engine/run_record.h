// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/parameters.h"

#include <QDateTime>
#include <QHash>
#include <QMap>
#include <QMetaType>
#include <QPointF>
#include <QString>
#include <QStringList>
#include <QVector>

namespace eyepiece {

enum class RunState {
    Queued, // asked for, its process has not yet spoken
    Running,
    Paused,
    Finished, // came to its end
    Stopped,  // the user stopped it and kept the best
    Cancelled,
    Failed,    // ended with an error that `reason` tells
    Died,      // its process is gone without a word: killed, crashed or a power cut
    Elsewhere, // says it runs, on another machine
    Damaged    // its folder cannot be read
};
EYEPIECE_EXPORT QString run_state_text(RunState state); // "running", for the user

// The prediction on one watched image after the newest epoch.
struct WatchedImage {
    qint64 item = 0;
    int epoch = 0;
    QString file;
    bool operator==(const WatchedImage&) const = default;
};

using MetricSeries = QVector<QPointF>; // x: step, y: value; in order of x

// What the window knows of one run (core/project/runs.h says where it is kept). A value type.
struct RunRecord {
    QString id;     // "0007-unet"
    int number = 0; // 7
    QString folder;
    RunState state = RunState::Damaged;
    Json spec = Json::object(), status = Json::object();
    // Only of followed runs:
    Json plan = Json::object(), snapshot = Json::object(), baselines = Json::object();
    QMap<QString, MetricSeries> metrics;
    QStringList warnings;
    QVector<WatchedImage> watched;

    bool active() const {
        return state == RunState::Queued || state == RunState::Running || state == RunState::Paused;
    }
    EYEPIECE_EXPORT bool resumable() const; // ended before its end, with a checkpoint to go on from
    EYEPIECE_EXPORT QString title() const;  // "Run 7 · U-Net"
    EYEPIECE_EXPORT QString reason() const; // why it ended or has not: one sentence; may be empty
    int epoch() const { return number_of("epoch", 0); }
    int epochs() const { return number_of("epochs", 0); }
    EYEPIECE_EXPORT double score() const; // of its main metric, the best so far; NaN when there is none
    EYEPIECE_EXPORT QString metric_name() const; // of its main metric: "mean-iou"; empty when not known yet
    EYEPIECE_EXPORT int best_epoch() const;      // 0: none yet
    bool has_checkpoint = false;
    QString last_log_line; // when it failed or died

private:
    int number_of(const char* name, int otherwise) const {
        const auto found = status.find(name);
        return found != status.end() && found->is_number() ? found->get<int>() : otherwise;
    }
};

// How a model's name is shown when the registry has not been asked: "unet" -> "U-Net", else capitalised.
EYEPIECE_EXPORT QString model_title(const QString& name);

} // namespace eyepiece
