// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"
#include "core/data/image.h"
#include "core/data/label_map.h"
#include "core/data/mask.h"

#include <cstdint>
#include <optional>

namespace eyepiece {

// Thresholds beside Otsu's, which components.h has. All part the pixels into <= t and > t, leave out values
// that are not finite, and give nullopt when all pixels are the same.

// Li's minimum cross entropy by the iteration of Li and Tam (1998), from the mean; ends at half a grey level,
// for floats at a 10,000th of the values' range.
EYEPIECE_EXPORT std::optional<double> li_threshold(const Image& image, int channel = 0);
// The triangle method (Zack, Rogers and Latt 1977): furthest from the line between the histogram's peak and
// its longer end. A bin a grey level for whole numbers of 8 and 16 bits, else 256.
EYEPIECE_EXPORT std::optional<double> triangle_threshold(const Image& image, int channel = 0);

struct SauvolaOptions {
    int window = 51;    // px across, odd
    double k = 0.2;     // how far below the local mean the threshold lies in even places
    double range = 0.5; // the standard deviation that counts as full contrast
};
// Sauvola and Pietikainen's local threshold (2000) for dark objects on light ground, of a Float32 channel: at
// each pixel mean * (1 + k (deviation / range - 1)) of the window around it. (1,H,W) Float32; borders are
// mirrored. Throws Error(BadInput) for an even window, or one below 3.
EYEPIECE_EXPORT Image sauvola_threshold(const Image& scaled, const SauvolaOptions& options, int channel = 0);

// Pixels of a Float32 channel that are nearer to the mean of the background than to Otsu's threshold: seeds
// for a watershed. What the background is, background_is_bright() says. Of more channels the first counts.
// None without contrast.
EYEPIECE_EXPORT Mask sure_background(const Image& scaled);

enum class ThresholdMethod { Otsu, Li, Triangle, Sauvola };
enum class ObjectTone {
    Automatic,
    Bright,
    Dark
}; // Automatic: what touches the border less, by Otsu's threshold

// How objects are made of an image by its brightness alone.
struct ThresholdOptions {
    ThresholdMethod method = ThresholdMethod::Otsu;
    ObjectTone tone = ObjectTone::Automatic;
    double offset = 0;            // -1 to 1, a share of the scaled range: above 0, fewer pixels are taken
    int window = 51;              // px, of Sauvola
    double smoothing = 1;         // px, sigma
    std::int64_t least_area = 30; // px; smaller objects are dropped
    bool fill_holes = true;
    bool split = true; // touching round objects, by watershed_split()
};
struct ThresholdedObjects {
    LabelMap objects;            // numbered from 1 by first pixel
    std::optional<double> value; // the threshold with its offset, in scaled values; none of a local method
    bool dark = false;
};
// `scaled` (1,H,W) Float32. An image without contrast has no objects. Throws Error(BadInput) for settings out
// of range and more than one channel, Error(Cancelled) between its steps.
EYEPIECE_EXPORT ThresholdedObjects threshold_objects(const Image& scaled, const ThresholdOptions& options,
                                                     JobContext& context);

} // namespace eyepiece
