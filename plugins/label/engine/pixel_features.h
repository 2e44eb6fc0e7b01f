// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/base/parameters.h"
#include "core/data/image.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace eyepiece::label {

// What a pixel looks like at several scales: the features with which ilastik (Berg et al. 2019) classifies
// pixels. All at a scale sigma:
enum class FeatureKind {
    Gaussian,              // the smoothed image
    Laplacian,             // of Gaussian
    GradientMagnitude,     // of Gaussian
    DifferenceOfGaussians, // of sigma and 0.66 sigma
    StructureTensor,       // its two eigenvalues; gradients at sigma, averaged at 0.5 sigma
    Hessian                // of Gaussian: its two eigenvalues
};

struct PixelFeatureOptions {
    std::vector<FeatureKind> kinds;
    std::vector<double> sigmas; // px, rising
    bool gray = false;          // a colour picture's luminance instead of its three channels

    static ParameterSchema parameters();                              // "features", "sigmas", "channels"
    static PixelFeatureOptions from_parameters(const Json& complete); // Error(BadInput)
    Json to_json() const;                                             // the same three
};

// A plane of an image: which of a stack's or video's.
struct PlaneIndex {
    int z = 0, t = 0;
    bool operator==(const PlaneIndex&) const = default;
};

// The features of a square block of an image as 16-bit codes that rise with the feature: a forest asks no
// more of a feature than its order. Smoothed 8 and 16-bit images keep 16 bits of their type's range; all else
// keeps nine bits behind the leading one, from 2^-40 to 2^24, so that neither an image's exposure nor its
// type need be known beforehand.
//
// Pixels lie in cells of 8 x 8, and in each cell feature after feature: what a tree asks of 64 neighbours
// lies together. Cells at the image's right and lower edge hold mirrored pixels beyond it.
struct FeatureBlock {
    static constexpr std::int64_t side = 256; // px
    static constexpr std::int64_t cell = 8;   // px
    static constexpr std::int64_t cell_pixels = cell * cell;

    Region region; // in the image
    int features = 0;
    std::int64_t cells_across = 0, cells_down = 0;
    std::vector<std::int16_t> codes; // (cells_down, cells_across, features, 8, 8)

    const std::int16_t* cell_at(std::int64_t row, std::int64_t column) const {
        return codes.data() + (row * cells_across + column) * features * cell_pixels;
    }
    // The features of one pixel, counted from the block's corner; `to` holds `features`.
    void gather(std::int64_t x, std::int64_t y, std::span<std::int16_t> to) const;
    std::size_t bytes() const { return codes.size() * sizeof(std::int16_t); }
};

std::int16_t linear_code(float value);    // of a value in [0,1]
float linear_value(std::int16_t code);    // and back
std::int16_t magnitude_code(float value); // of any
float magnitude_value(std::int16_t code);

// The features of images of one kind: so many channels, of such a pixel type. In two dimensions: planes of a
// stack are taken one by one. Thread-safe.
class PixelFeatures {
public:
    // Throws Error(BadInput) when the options give no feature at all.
    PixelFeatures(PixelFeatureOptions options, const ImageInfo& info);

    int count() const { return static_cast<int>(names_.size()); }
    const std::vector<std::string>& names() const { return names_; } // "Gaussian 1.6 · channel 1"
    int channels() const { return channels_; }
    PixelType type() const { return type_; }
    const PixelFeatureOptions& options() const { return options_; }
    // How far around a pixel its features look, px.
    std::int64_t halo() const { return halo_; }

    // The blocks of an image: a grid of FeatureBlock::side from its corner.
    static Region block_region(const ImageInfo& info, std::int64_t row, std::int64_t column);

    // Reads the block's pixels and those around it, mirrored at the image's edge (about the edge pixel), and
    // computes: what a block holds does not depend on which others are asked for. Values that are not finite
    // count as 0. Takes some 20 ms and 8 MB a channel; looks for cancel at each scale of each channel.
    FeatureBlock compute(ImageSource& source, PlaneIndex plane, std::int64_t row, std::int64_t column,
                         const JobContext& context) const;

private:
    PixelFeatureOptions options_;
    int channels_ = 1;
    bool luminance_ = false;
    PixelType type_ = PixelType::UInt8;
    std::int64_t halo_ = 0;
    std::vector<std::string> names_;
};

} // namespace eyepiece::label
