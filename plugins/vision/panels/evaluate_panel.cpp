// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/evaluate_panel.h"

#include "plugins/vision/panels/evaluate_figures.h"
#include "plugins/vision/panels/evaluate_images.h"

namespace eyepiece {

PanelWidgets make_evaluate_panel(WorkbenchContext& context) {
    auto* figures = new EvaluateFigures(context);
    auto* images = new EvaluateImages(context);
    QObject::connect(images, &EvaluateImages::evaluated, figures, &EvaluateFigures::show_evaluation);
    return {images, nullptr, figures}; // the middle is the shared canvas
}

} // namespace eyepiece
