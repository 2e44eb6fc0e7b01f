// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/image.h"
#include "core/data/label_map.h"
#include "plugins/label/panels/feature_importance.h"
#include "widgets/engine/engine_client.h"

#include <QString>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace eyepiece {

// What the operation "live-forest" says of a region, piece by piece and as its result.
struct PixelClasses {
    Region region;
    std::vector<ClassId> classes;                     // by the byte that a pixel has
    EngineReply::Bytes bytes;                         // kept, for the two below look into it
    std::span<const std::uint8_t> indexes, certainty; // (H,W) of the region each; certainty: 0 to 255
};

// A part of the image where a label would help most, and why.
struct Suggestion {
    Region region;
    QString reason;
};

// What the result says beside the pixels.
struct ClassifierReport {
    std::int64_t labelled_pixels = 0, images = 0; // learnt from
    std::optional<double> out_of_bag; // accuracy on the labelled pixels that a tree has not seen, 0 to 1
    std::vector<FeatureImportance> importances; // falling
    std::vector<Suggestion> next;               // the most helpful first
    double seconds = 0;
    bool whole = true; // false: of a very large image only the part in sight
};

// The member "importances" of an answer. Throws Json::exception.
std::vector<FeatureImportance> importances_from(const Json& answer);
// Both throw Error(BadInput) when the answer is not whole, or does not fit an image of this extent.
PixelClasses pixel_classes_from(const EngineReply& reply, const Region& extent);
ClassifierReport classifier_report_from(const Json& answer, const Region& extent);

} // namespace eyepiece
