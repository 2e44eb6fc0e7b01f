// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/data/image.h"

#include <span>
#include <string>
#include <torch/torch.h>
#include <vector>

namespace eyepiece {

// How the pixels of one image become the network's input. Measured once on a whole image (or an even sample
// of a large one), then the same for each of its tiles.
struct InputLimits {
    std::vector<float> low, high; // per input channel: mapped to 0 and 1
    bool inverted = false;        // bright ground: 1 - value, so that the ground is dark
    bool operator==(const InputLimits&) const = default;
};

// Brings images of one project to the same form, whatever their pixel type, exposure and stain:
//   channels "gray"  one input channel: the gray value, or a colour picture's luminance
//            "rgb"   three: a colour picture as it is, a gray one three times
//            "all"   each stored channel on its own
// Values between two percentiles of the image are mapped to [0,1] and clipped to [-0.5, 1.5]. In mode
// "typical" the upper one is lowered so that a typical object comes to 0.8 where a few are far brighter. A
// colour picture's three channels share one pair of limits, which keeps its hues. With
// `invert_bright_ground`, an image whose median lies in the upper half of its range (transmitted light) is
// turned over, so that fluorescence and stained images come to look alike.
struct EYEPIECE_EXPORT Normalisation {
    std::string channels = "gray";
    int input_channels = 1;
    std::string mode = "percentile"; // or "typical"; "range": the limits below for every image; "type": the
                                     // pixel type's range
    double low_percentile = 1, high_percentile = 99.8;
    std::vector<float> fixed_low, fixed_high; // mode "range", per channel or one for all
    double gamma = 1;                         // value^gamma of what lies in [0,1]
    bool invert_bright_ground = false;

    Json to_json() const;
    static Normalisation from_json(const Json& json); // Error(BadInput)

    // The picture's channels as the network wants them, still in the pixel type of the file. Throws
    // Error(BadInput) when "all" meets another number of channels.
    Image arranged(const Image& image) const;

    InputLimits measure(const Image& arranged) const;
    InputLimits measure(ImageSource& source, int z = 0, int t = 0) const; // of the arranged whole

    // (C,H,W) float32 of an arranged image or a part of it.
    torch::Tensor apply(const Image& arranged, const InputLimits& limits) const;
};

// Whether a picture of three channels shows no colour (gray stored as RGB).
EYEPIECE_EXPORT bool is_gray(const Image& image);

} // namespace eyepiece
