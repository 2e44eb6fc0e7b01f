// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/project/classes.h"
#include "core/project/labels.h"
#include "widgets/canvas/label_tiles.h"

#include <QPoint>
#include <QString>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace eyepiece {

// A prediction for the current item, to be looked at and accepted.
struct LabelPrediction {
    std::shared_ptr<LabelTiles> tiles; // the object ids of the region; (0,0) is at `origin`
    QPoint origin;
    std::vector<LabelObject> objects; // id, class, area, bounds (image px), score, run
    QString title;                    // "Prediction · run 7"
    // Labels are strokes that it was learnt from: an accepted object becomes part of the one it covers.
    bool grows_labels = false;
};

// From what the operation "predict" answers: {"width", "height", "classes", "objects"} and uint32 object ids
// (H,W). The model's classes are known to the project by name. Throws Error(BadInput) when the answer is not
// whole. Takes some time for a large image: not for the window's thread.
EYEPIECE_EXPORT LabelPrediction prediction_from(const Json& answer, std::span<const std::byte> bytes,
                                                QPoint origin, const std::vector<LabelClass>& classes,
                                                const std::string& run, const QString& title);

} // namespace eyepiece
