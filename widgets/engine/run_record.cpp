// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/engine/run_record.h"

#include <QCoreApplication>
#include <cmath>
#include <limits>

namespace eyepiece {

namespace {
QString text_of(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? QString::fromStdString(found->get<std::string>())
                                                     : QString();
}
QString tr(const char* text) {
    return QCoreApplication::translate("RunRecord", text);
}
} // namespace

QString run_state_text(RunState state) {
    switch (state) {
    case RunState::Queued:
        return tr("starting");
    case RunState::Running:
        return tr("running");
    case RunState::Paused:
        return tr("paused");
    case RunState::Finished:
        return tr("finished");
    case RunState::Stopped:
        return tr("stopped, best kept");
    case RunState::Cancelled:
        return tr("cancelled");
    case RunState::Failed:
        return tr("failed");
    case RunState::Died:
        return tr("died");
    case RunState::Elsewhere:
        return tr("runs on another machine");
    case RunState::Damaged:
        return tr("damaged");
    }
    return {};
}

QString model_title(const QString& name) {
    if (name == QLatin1String("unet"))
        return QStringLiteral("U-Net");
    QString title = name;
    title.replace('-', ' ');
    if (!title.isEmpty())
        title[0] = title[0].toUpper();
    return title;
}

bool RunRecord::resumable() const {
    return has_checkpoint &&
           (state == RunState::Died || state == RunState::Failed || state == RunState::Cancelled);
}

QString RunRecord::title() const {
    const QString model = model_title(text_of(spec, "model"));
    const QString start = number > 0 ? tr("Run %1").arg(number) : id;
    return model.isEmpty() ? start : start + QStringLiteral(" · ") + model;
}

QString RunRecord::reason() const {
    QString said = text_of(status, "reason");
    switch (state) {
    case RunState::Died:
        said = tr("The training process ended without saying why (killed, out of memory or a power cut).");
        if (has_checkpoint)
            said += ' ' + tr("Resume goes on from its last checkpoint.");
        else
            said += ' ' + tr("It had not yet written a checkpoint: train again.");
        if (!last_log_line.isEmpty())
            said += ' ' + tr("Its last words: %1").arg(last_log_line);
        return said;
    case RunState::Failed:
        return said.isEmpty() ? last_log_line : said;
    case RunState::Damaged:
        return said.isEmpty() ? tr("The run's folder cannot be read; its files may have been moved.") : said;
    default:
        return said;
    }
}

double RunRecord::score() const {
    // While it runs {"name", "value", "best", "best_epoch"}; a plain number is understood, too.
    const auto metric = status.find("metric");
    if (metric != status.end() && metric->is_number())
        return metric->get<double>();
    if (metric != status.end() && metric->is_object())
        for (const char* name : {"best", "value"})
            if (metric->contains(name) && (*metric)[name].is_number())
                return (*metric)[name].get<double>();
    return std::numeric_limits<double>::quiet_NaN();
}

QString RunRecord::metric_name() const {
    const auto metric = status.find("metric");
    return metric != status.end() && metric->is_object() ? text_of(*metric, "name") : QString();
}

int RunRecord::best_epoch() const {
    const auto metric = status.find("metric");
    const bool known = metric != status.end() && metric->is_object() && metric->contains("best_epoch") &&
                       (*metric)["best_epoch"].is_number();
    return known ? (*metric)["best_epoch"].get<int>() : 0;
}

} // namespace eyepiece
