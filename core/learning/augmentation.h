// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/data/image.h"
#include "core/learning/normalisation.h"
#include "core/learning/task.h"

#include <cstdint>
#include <torch/torch.h>
#include <vector>

namespace eyepiece {

// An image with a class for each pixel, in memory in its compact form.
struct LabelledImage {
    static constexpr std::uint8_t unknown = 255; // class of a pixel that nobody labelled

    Image pixels;                      // arranged for the network, in the file's pixel type
    InputLimits limits;                // of the whole image, of which this may be a part
    std::vector<std::uint8_t> classes; // (H,W) index of the class among the network's outputs, or unknown
};

// Random changes that leave the meaning of an image as it is. All geometric ones are composed to a single map
// from the patch to the image, so that pixels are interpolated once: linearly the image, to the nearest the
// classes. What lies beyond the image is its mirror. A pure function of its arguments; thread-safe.
class EYEPIECE_EXPORT Augmentation {
public:
    // Each kind has a strength and a probability; see parameters().
    explicit Augmentation(const Json& values); // values: as completed by parameters()
    static Augmentation none();                // cuts the patch out and changes nothing
    static ParameterSchema parameters();

    // A patch of height x width pixels whose centre is (centre_x, centre_y), in pixels of the image, where
    // pixel (0,0) covers [0,1) x [0,1). Target: int64 class indices, 0 where unknown; weight: 1 where known,
    // else 0.
    Example draw(const LabelledImage& image, const Normalisation& normalisation, double centre_x,
                 double centre_y, std::int64_t height, std::int64_t width, std::uint64_t seed) const;

private:
    Augmentation() = default;

    double flip_probability_ = 0, right_angle_probability_ = 0;
    double rotation_ = 0, rotation_probability_ = 0; // degrees
    double scale_ = 0, scale_probability_ = 0;
    double elastic_ = 0, elastic_spacing_ = 32, elastic_probability_ = 0; // px
    double gain_ = 0, offset_ = 0, gamma_ = 0, intensity_probability_ = 0;
    double blur_ = 0, blur_probability_ = 0; // px
    double noise_ = 0, noise_probability_ = 0;
};

} // namespace eyepiece
