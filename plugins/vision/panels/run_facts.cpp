// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/run_facts.h"

#include "widgets/theme/theme.h"

#include <QCoreApplication>
#include <QSet>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("RunFacts", text);
}

QString text_of(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? QString::fromStdString(found->get<std::string>())
                                                     : QString();
}

QString metric_of(const RunRecord& run) {
    return run.metric_name().isEmpty() ? QStringLiteral("iou") : run.metric_name();
}

QString three(double value) {
    return QString::number(value, 'f', 3);
}

// Items of one side of the snapshot, by what their files hold.
QSet<QString> hashes(const Json& snapshot, const char* side) {
    QSet<QString> found;
    const auto list = snapshot.find(side);
    if (list != snapshot.end() && list->is_array())
        for (const Json& item : *list)
            found.insert(text_of(item, "hash"));
    found.remove(QString());
    return found;
}

std::size_t size_of(const Json& snapshot, const char* side) {
    const auto list = snapshot.find(side);
    return list != snapshot.end() && list->is_array() ? list->size() : 0;
}

} // namespace

QString metric_title(const QString& name) {
    if (name == QLatin1String("iou") || name == QLatin1String("mean-iou"))
        return QStringLiteral("IoU");
    QString title = name;
    title.replace('-', ' ').replace('_', ' ');
    if (!title.isEmpty())
        title[0] = title[0].toUpper();
    return title;
}

QString run_model_title(const RunRecord& run) {
    const QString model = text_of(run.spec, "model");
    return model.isEmpty() ? run.id : model_title(model);
}

QColor run_color(const Theme& theme, bool chosen, int position) {
    return chosen          ? theme.color(Token::Accent)
           : position == 0 ? theme.color(Token::Good)
                           : theme.color(Token::Muted);
}

std::vector<Baseline> baselines_of(const RunRecord& run) {
    std::vector<Baseline> list;
    const std::string metric = metric_of(run).toStdString();
    for (const auto& [name, value] : run.baselines.items()) {
        if (!value.is_object())
            continue;
        const auto metrics = value.find("metrics");
        const Json& from = metrics != value.end() && metrics->is_object() ? *metrics : value;
        const auto score = from.find(metric);
        if (score == from.end() || !score->is_number())
            continue;
        const QString title = text_of(value, "title");
        const QString id = QString::fromStdString(name);
        list.push_back({id, title.isEmpty() ? metric_title(id) : title, score->get<double>()});
    }
    std::sort(list.begin(), list.end(),
              [](const Baseline& a, const Baseline& b) { return a.score > b.score; });
    return list;
}

std::vector<RunCheck> checks_of(const RunRecord& run) {
    using Verdict = RunCheck::Verdict;
    std::vector<RunCheck> checks;
    const double score = run.score();
    const auto baselines = baselines_of(run);
    if (std::isfinite(score) && !baselines.empty()) {
        QStringList others;
        for (const Baseline& baseline : baselines)
            others << QStringLiteral("%1 %2").arg(baseline.title, three(baseline.score));
        const bool beats = score > baselines.front().score;
        checks.push_back({beats          ? Verdict::Good
                          : run.active() ? Verdict::Look
                                         : Verdict::Bad,
                          beats          ? tr("Beats its baselines")
                          : run.active() ? tr("Does not yet beat its baselines")
                                         : tr("Does not beat its baselines"),
                          tr("%1 against %2.").arg(three(score), others.join(QStringLiteral(", ")))});
    }
    if (!run.snapshot.empty()) {
        const auto train = hashes(run.snapshot, "train"), val = hashes(run.snapshot, "val");
        const auto both = QSet<QString>(train).intersect(val);
        const auto record = run.snapshot.find("split");
        const bool recorded = record != run.snapshot.end() && record->is_object();
        const int torn_groups = recorded ? record->value("torn-groups", 0) : 0;
        const int torn_copies = recorded ? record->value("torn-copies", 0) : 0;
        if (!both.isEmpty())
            checks.push_back(
                {Verdict::Bad, tr("Images on both sides"),
                 tr("%1 images are learnt from and scored on: the score flatters.").arg(both.size())});
        else if (torn_groups > 0 || torn_copies > 0)
            checks.push_back(
                {Verdict::Look, tr("The split tears groups apart"),
                 tr("%1 groups and %2 sets of near-copies lie on both sides: the score flatters. "
                    "Split by group.")
                     .arg(torn_groups)
                     .arg(torn_copies)});
        else if (!train.isEmpty() && !val.isEmpty())
            checks.push_back(
                {Verdict::Good, tr("No image on both sides"),
                 tr("Learns from %1 images, is scored on %2 others.").arg(train.size()).arg(val.size())});
        const std::size_t scored = size_of(run.snapshot, "val");
        if (scored > 0 && scored < 3)
            checks.push_back({Verdict::Look, tr("Scored on few images"),
                              scored == 1 ? tr("One image decides: the score may be luck. Label more.")
                                          : tr("Two images decide: the score may be luck. Label more.")});
    }
    const RunCurves curves = curves_of(run);
    if (curves.validation_loss.size() >= 6) {
        const auto least = std::min_element(curves.validation_loss.begin(), curves.validation_loss.end(),
                                            [](const QPointF& a, const QPointF& b) { return a.y() < b.y(); });
        const double last = curves.validation_loss.last().y();
        if (last > 1.3 * least->y())
            checks.push_back(
                {Verdict::Look, tr("Begins to learn by heart"),
                 tr("The loss on validation was least in epoch %1 (%2) and is %3 now. More labels or "
                    "more augmentation help.")
                     .arg(least->x())
                     .arg(least->y(), 0, 'g', 3)
                     .arg(last, 0, 'g', 3)});
        else
            checks.push_back({Verdict::Good, tr("Does not learn by heart"),
                              tr("The loss on validation is %1, at its least %2.")
                                  .arg(last, 0, 'g', 3)
                                  .arg(least->y(), 0, 'g', 3)});
    }
    // What the run was warned of on its way; said once, however often it was said.
    QStringList warnings = run.warnings;
    warnings.removeDuplicates();
    if (!warnings.isEmpty())
        checks.push_back({Verdict::Look, tr("Worth a look"), warnings.join(QStringLiteral("\n"))});
    return checks;
}

QString why_text(const RunRecord& run) {
    if (run.state == RunState::Queued)
        return tr("It is starting: the engine loads and the images are read.");
    if (run.state == RunState::Paused)
        return tr("It is paused. Resume goes on where it was.");
    if (run.state != RunState::Running)
        return run.reason();
    QStringList words;
    if (run.best_epoch() > 0)
        words << (run.best_epoch() >= run.epoch() ? tr("Best was epoch %1, just now.").arg(run.best_epoch())
                                                  : tr("Best was epoch %1.").arg(run.best_epoch()));
    if (const auto patience = run.plan.find("patience");
        patience != run.plan.end() && patience->is_number() && patience->get<int>() > 0)
        words << tr("It stops after %1 epochs without a better one.").arg(patience->get<int>());
    if (run.epochs() > 0)
        words << tr("At the latest after epoch %1.").arg(run.epochs());
    return words.join(' ');
}

RunCurves curves_of(const RunRecord& run) {
    RunCurves curves;
    curves.score = run.metrics.value(QStringLiteral("val/") + metric_of(run));
    curves.validation_loss = run.metrics.value(QStringLiteral("val/loss"));
    curves.training_loss = run.metrics.value(QStringLiteral("train/epoch-loss"));
    if (curves.training_loss.isEmpty())
        curves.training_loss = run.metrics.value(QStringLiteral("train/loss"));
    // Validation comes once an epoch, so its first step says how many steps an epoch has.
    const double steps = curves.score.isEmpty() ? 0 : curves.score.first().x();
    if (steps > 1)
        for (MetricSeries* series : {&curves.score, &curves.validation_loss, &curves.training_loss})
            for (QPointF& point : *series)
                point.setX(point.x() / steps);
    return curves;
}

} // namespace eyepiece
