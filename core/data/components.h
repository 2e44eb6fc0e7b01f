// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"
#include "core/data/label_map.h"
#include "core/data/mask.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace eyepiece {

// Which neighbours belong together.
enum class Connectivity { Four = 4, Eight = 8 };

// Connected components of a mask, numbered from 1 in the order of their first pixel (row by row).
EYEPIECE_EXPORT LabelMap connected_components(const Mask& mask,
                                              Connectivity connectivity = Connectivity::Eight);

// Each connected part of each object gets an id of its own, so touching objects of different ids stay apart.
// `origin`, when given, receives for each new id (index id - 1) the id that it was part of.
EYEPIECE_EXPORT LabelMap split_parts(const LabelMap& labels, Connectivity connectivity = Connectivity::Eight,
                                     std::vector<ObjectId>* origin = nullptr);

struct WatershedOptions {
    double smoothing = 1.0; // px, sigma by which the distance map is smoothed before its peaks are sought
    double least_depth =
        0.75; // px by which a peak must rise above the saddle to the next, else they are one object
    std::int64_t least_area = 0; // px; smaller objects are dropped
};
// Splits touching round objects: a watershed of the Euclidean distance to the background, flooded from the
// distance's peaks (h-maxima, so that a ragged outline does not shatter an object). Covers the mask exactly,
// but for objects below least_area. Numbered by each object's first pixel.
EYEPIECE_EXPORT LabelMap watershed_split(const Mask& mask, const WatershedOptions& options = {});

// Otsu's threshold (1979): the value t that best parts the pixels into <= t and > t. For colour pictures of
// three channels use luminance() first. nullopt when all pixels are the same.
EYEPIECE_EXPORT std::optional<double> otsu_threshold(const Image& image, int channel = 0);
// One channel of the same type from the first three, by the weights of ITU-R BT.601.
EYEPIECE_EXPORT Image luminance(const Image& rgb);

// Where v > threshold (or, dark_objects, <= threshold).
EYEPIECE_EXPORT Mask threshold(const Image& image, int channel, double value, bool dark_objects = false);

// Whether what is bright is the background, by a mask of the bright pixels: whether it has more than half of
// the image and of its border, on average of the two.
EYEPIECE_EXPORT bool background_is_bright(const Mask& bright);

// Otsu's threshold as a method without training: on luminance for RGB, otherwise on the channel given.
// Which part the objects are, background_is_bright() says.
struct OtsuResult {
    Mask mask;
    double threshold = 0;
    bool dark_objects = false;
};
EYEPIECE_EXPORT OtsuResult otsu_segmentation(const Image& image, bool rgb, int channel = 0);

// Background that the mask encloses (not connected to the border by 4-neighbours) becomes part of it.
EYEPIECE_EXPORT Mask fill_holes(const Mask& mask);

// What is measured of one object in a label map. Lengths in px.
struct ObjectMeasures {
    ObjectId id = 0;
    std::int64_t area = 0;
    Region bounds;
    Point2 centroid;       // mean of pixel centres
    double major_axis = 0; // of the ellipse with the same second moments
    double minor_axis = 0;
    double eccentricity = 0; // 0 circle .. 1 line
    double perimeter = 0;    // of the outline through pixel centres, diagonal steps counting sqrt(2)
    double mean = 0;         // of the image's channel 0, when one is given
};
// In order of id; ids that do not occur are left out.
EYEPIECE_EXPORT std::vector<ObjectMeasures> measure_objects(const LabelMap& labels,
                                                            const Image* image = nullptr);

// Ids 1..n without gaps, in order of the first pixel; `old_ids`, when given, receives the former id of each.
EYEPIECE_EXPORT LabelMap relabelled(const LabelMap& labels, std::vector<ObjectId>* old_ids = nullptr);

} // namespace eyepiece
