// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/engine/job_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace eyepiece {

namespace {
constexpr int tell_every_ms = 50;
constexpr double least_progress_to_guess = 0.02; // before that the pace is noise
} // namespace

QString time_left_text(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0)
        return {};
    const auto whole = static_cast<qint64>(std::llround(seconds));
    if (whole < 60)
        return JobModel::tr("%1 s left").arg(whole);
    if (whole < 3600)
        return JobModel::tr("%1 min %2 s left").arg(whole / 60).arg(whole % 60);
    return JobModel::tr("%1 h %2 min left").arg(whole / 3600).arg(whole % 3600 / 60);
}

JobModel::JobModel(QObject* parent) : QAbstractTableModel(parent) {
    timer_.setSingleShot(true);
    timer_.setInterval(tell_every_ms);
    connect(&timer_, &QTimer::timeout, this, &JobModel::tell);
}

JobModel::JobId JobModel::add(Job job) {
    job.id = ++last_id_;
    const int at = rowCount();
    beginInsertRows({}, at, at);
    entries_.emplace_back();
    entries_.back().job = std::move(job);
    entries_.back().running.start();
    endInsertRows();
    return last_id_;
}

int JobModel::row(JobId id) const {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [id](const Entry& entry) { return entry.job.id == id; });
    return found == entries_.end() ? -1 : static_cast<int>(found - entries_.begin());
}

void JobModel::update(JobId id, double fraction, const QString& stage, double seconds_left) {
    const int at = row(id);
    if (at < 0)
        return;
    Entry& entry = entries_[static_cast<std::size_t>(at)];
    entry.job.fraction = std::isfinite(fraction) ? std::min(fraction, 1.0) : -1;
    entry.job.stage = stage;
    if (seconds_left >= 0 || entry.job.fraction < 0) {
        entry.job.seconds_left = seconds_left;
    } else if (entry.first_fraction < 0 || entry.job.fraction < entry.first_fraction) {
        entry.first_fraction = entry.job.fraction;
        entry.first_ms = entry.running.elapsed();
    } else if (const double done = entry.job.fraction - entry.first_fraction;
               done >= least_progress_to_guess) {
        const double pace = static_cast<double>(entry.running.elapsed() - entry.first_ms) / 1000.0 / done;
        entry.job.seconds_left = pace * (1 - entry.job.fraction);
    }
    tell_soon(entry);
}

void JobModel::set_paused(JobId id, bool paused) {
    const int at = row(id);
    if (at < 0 || entries_[static_cast<std::size_t>(at)].job.paused == paused)
        return;
    Entry& entry = entries_[static_cast<std::size_t>(at)];
    entry.job.paused = paused;
    entry.first_fraction = -1; // time in a pause is not pace
    tell_soon(entry);
}

void JobModel::tell_soon(Entry& entry) {
    entry.told = false;
    if (!timer_.isActive())
        timer_.start();
}

void JobModel::tell() {
    for (std::size_t at = 0; at < entries_.size(); ++at)
        if (!std::exchange(entries_[at].told, true))
            Q_EMIT dataChanged(index(static_cast<int>(at), 0), index(static_cast<int>(at), ColumnCount - 1));
}

void JobModel::end(JobId id) {
    const int at = row(id);
    if (at < 0)
        return;
    beginRemoveRows({}, at, at);
    entries_.erase(entries_.begin() + at);
    endRemoveRows();
}

const Job* JobModel::find(JobId id) const {
    const int at = row(id);
    return at < 0 ? nullptr : &entries_[static_cast<std::size_t>(at)].job;
}

const Job* JobModel::newest() const {
    return entries_.empty() ? nullptr : &entries_.back().job;
}

// A control may end its job while it runs: each is called through a copy.
void JobModel::cancel(JobId id) {
    if (const Job* job = find(id); job && job->controls.cancel)
        std::function<void()>(job->controls.cancel)();
}
void JobModel::finish(JobId id) {
    if (const Job* job = find(id); job && job->controls.finish)
        std::function<void()>(job->controls.finish)();
}
void JobModel::pause(JobId id) {
    if (const Job* job = find(id); job && job->controls.pause)
        std::function<void()>(job->controls.pause)();
}
void JobModel::resume(JobId id) {
    if (const Job* job = find(id); job && job->controls.resume)
        std::function<void()>(job->controls.resume)();
}

int JobModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(entries_.size());
}
int JobModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QVariant JobModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Job& job = entries_[static_cast<std::size_t>(index.row())].job;
    switch (role) {
    case IdRole:
        return job.id;
    case FractionRole:
        return job.fraction;
    case SecondsLeftRole:
        return job.seconds_left;
    case PausedRole:
        return job.paused;
    case CanCancelRole:
        return static_cast<bool>(job.controls.cancel);
    case CanFinishRole:
        return static_cast<bool>(job.controls.finish);
    case CanPauseRole:
        return static_cast<bool>(job.controls.pause);
    case Qt::DisplayRole:
        switch (index.column()) {
        case Title:
            return job.title;
        case Stage:
            return job.stage;
        case Progress:
            return job.fraction < 0 ? QString() : tr("%1 %").arg(std::floor(job.fraction * 100));
        case TimeLeft:
            return job.paused ? tr("paused") : time_left_text(job.seconds_left);
        default:
            return {};
        }
    default:
        return {};
    }
}

QVariant JobModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Title:
        return tr("Job");
    case Stage:
        return tr("Stage");
    case Progress:
        return tr("Progress");
    case TimeLeft:
        return tr("Time left");
    default:
        return {};
    }
}

} // namespace eyepiece
