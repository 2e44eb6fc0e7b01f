// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/engine/run_record.h"

#include <QColor>
#include <vector>

namespace eyepiece {

class Theme;

// What a run must beat, on the same images.
struct Baseline {
    QString name, title; // "otsu", "Otsu's threshold"
    double score = 0;    // of the run's main metric
};
std::vector<Baseline> baselines_of(const RunRecord& run);

// Something that was checked of a run, and what came out. Only what its own records show.
struct RunCheck {
    enum class Verdict { Good, Look, Bad } verdict = Verdict::Good;
    QString title, text;
};
std::vector<RunCheck> checks_of(const RunRecord& run);
QString why_text(const RunRecord& run); // why it is still running, or why it stopped

// The curves of a run over epochs. Steps are turned into epochs by the first validation.
struct RunCurves {
    MetricSeries score, validation_loss, training_loss;
};
RunCurves curves_of(const RunRecord& run);
QString metric_title(const QString& name); // "iou" -> "IoU"

QString run_model_title(const RunRecord& run); // "U-Net"
QColor run_color(const Theme& theme, bool chosen, int position);

} // namespace eyepiece
