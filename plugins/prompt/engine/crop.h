// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/contrast.h"
#include "core/data/image.h"
#include "plugins/prompt/engine/prompt.h"

#include <memory>
#include <span>
#include <vector>

namespace eyepiece::prompt {

// What the network looks at: a square of the image of any size, brought to crop_side px.
inline constexpr int crop_side = 64;
inline constexpr std::size_t crop_pixels = std::size_t{crop_side} * crop_side;
inline constexpr int image_planes = 3;
// Planes of a network's input, each crop_side x crop_side: three of the image, one of 1s around each click on
// the object, one around each click beside it, the mask as it was last (0 to 1), the box, and how near each
// pixel is to a click on the object and to one beside it without crossing edges (1 at the click, 0 far away):
// exp(-d) of the geodesic distance d, as Wang et al. guide a network by (DeepIGeoS, TPAMI 2018).
inline constexpr int input_planes = 9;
inline constexpr int prompt_planes = input_planes - image_planes;

// A square in px of the image; may reach beyond it.
struct CropFrame {
    double x = 0, y = 0, side = crop_side;
    double scale() const { return side / crop_side; } // px of the image to one of the crop
    Point2 to_crop(const Point2& at) const { return {(at.x - x) / scale(), (at.y - y) / scale()}; }
    Point2 to_image(const Point2& at) const { return {x + at.x * scale(), y + at.y * scale()}; }
    static CropFrame around(const Point2& centre, double side) {
        return {centre.x - side / 2, centre.y - side / 2, side};
    }
};

// One plane of an image file, from which crops of any size are read quickly: a crop takes the level of the
// file that is next finer than itself, so no crop reads more than some 130 x 130 px. One thread at a time.
class CropImage {
public:
    // Finds each channel's range in a coarse level. One channel is taken three times, two with their mean,
    // of more than three the first three principal components. Throws Error where the plane is not there or
    // cannot be read.
    CropImage(std::shared_ptr<ImageSource> source, int z = 0, int t = 0);

    std::int64_t width() const { return width_; }
    std::int64_t height() const { return height_; }
    // The image's three planes, each brought to mean 0 and deviation 1 over the crop (but for flat ground,
    // whose noise is not blown up). Beyond the image its rim is repeated. `out`: 3 * crop_pixels.
    void read(const CropFrame& frame, std::span<float> out) const;

private:
    std::shared_ptr<ImageSource> source_;
    int z_ = 0, t_ = 0;
    std::int64_t width_ = 0, height_ = 0;
    std::vector<ValueRange> ranges_;          // one a channel
    std::vector<std::vector<float>> weights_; // [plane][channel]
};

// All planes but those of the image, whose `planes` (image_planes * crop_pixels) tell where edges are. `last`
// (crop_pixels; empty: none) lies in the same frame. `out`: prompt_planes * crop_pixels.
void write_prompt(const Prompt& prompt, const CropFrame& frame, std::span<const float> planes,
                  std::span<const float> last, std::span<float> out);

// An image in memory as a source, with its coarser levels.
std::shared_ptr<ImageSource> source_of(const Image& image, bool rgb = false);

} // namespace eyepiece::prompt
