// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/superpixels.h"

#include "core/base/error.h"
#include "core/data/components.h"
#include "core/data/parallel.h"
#include "core/data/scaled_channels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace eyepiece {

namespace {

constexpr float first_spread = 0.1f, least_spread = 0.02f; // of colour within a superpixel, in scaled values
constexpr std::int64_t band = 64;                          // rows that a thread does at a time

struct Center {
    double x = 0, y = 0;
    std::vector<float> color;
    float spread = first_spread * first_spread; // the greatest squared distance of colour last time
};

class Slic {
public:
    Slic(const Image& image, double step) : image_(image), step_(step) {
        for (int c = 0; c < image.channels(); ++c)
            planes_.push_back(image.plane_as<float>(c));
        const auto columns =
            std::max<std::int64_t>(1, std::llround(static_cast<double>(image.width()) / step));
        const auto rows = std::max<std::int64_t>(1, std::llround(static_cast<double>(image.height()) / step));
        const auto edges = gradient_magnitude(image, 0);
        for (std::int64_t row = 0; row < rows; ++row)
            for (std::int64_t column = 0; column < columns; ++column)
                place((2 * column + 1) * image.width() / (2 * columns),
                      (2 * row + 1) * image.height() / (2 * rows), edges.plane_as<float>(0));
        const auto count = static_cast<std::size_t>(image.width() * image.height());
        owner_.assign(count, 0);
        distance_.assign(count, 0);
    }

    void assign() {
        const std::int64_t width = image_.width(), height = image_.height();
        parallel_for(static_cast<std::size_t>((height + band - 1) / band), [&](std::size_t which) {
            const std::int64_t top = static_cast<std::int64_t>(which) * band,
                               bottom = std::min(top + band, height);
            std::fill(distance_.begin() + top * width, distance_.begin() + bottom * width,
                      std::numeric_limits<float>::max());
            for (std::size_t k = 0; k < centers_.size(); ++k) {
                const Center& center = centers_[k];
                const std::int64_t y0 = std::max(top, static_cast<std::int64_t>(center.y - step_)),
                                   y1 = std::min(bottom, static_cast<std::int64_t>(center.y + step_) + 2);
                const std::int64_t x0 =
                                       std::max<std::int64_t>(0, static_cast<std::int64_t>(center.x - step_)),
                                   x1 = std::min(width, static_cast<std::int64_t>(center.x + step_) + 2);
                const float color_weight = 1 / center.spread,
                            place_weight = static_cast<float>(1 / (step_ * step_));
                for (std::int64_t y = y0; y < y1; ++y)
                    for (std::int64_t x = x0; x < x1; ++x) {
                        const auto i = static_cast<std::size_t>(y * width + x);
                        const auto dx = static_cast<float>(static_cast<double>(x) - center.x),
                                   dy = static_cast<float>(static_cast<double>(y) - center.y);
                        const float distance =
                            color_distance(center, i) * color_weight + (dx * dx + dy * dy) * place_weight;
                        if (distance < distance_[i]) {
                            distance_[i] = distance;
                            owner_[i] = static_cast<std::uint32_t>(k);
                        }
                    }
            }
        });
    }

    void update() {
        std::vector<Center> sums(centers_.size());
        std::vector<double> counts(centers_.size(), 0);
        std::vector<std::vector<double>> colors(centers_.size(), std::vector<double>(planes_.size(), 0));
        std::vector<float> spreads(centers_.size(), least_spread * least_spread);
        for (std::size_t i = 0; i < owner_.size(); ++i) {
            const std::uint32_t k = owner_[i];
            sums[k].x += static_cast<double>(static_cast<std::int64_t>(i) % image_.width());
            sums[k].y += static_cast<double>(static_cast<std::int64_t>(i) / image_.width());
            counts[k] += 1;
            for (std::size_t c = 0; c < planes_.size(); ++c)
                colors[k][c] += static_cast<double>(planes_[c][i]);
            spreads[k] = std::max(spreads[k], color_distance(centers_[k], i));
        }
        for (std::size_t k = 0; k < centers_.size(); ++k) {
            if (counts[k] == 0)
                continue;
            centers_[k].x = sums[k].x / counts[k];
            centers_[k].y = sums[k].y / counts[k];
            for (std::size_t c = 0; c < planes_.size(); ++c)
                centers_[k].color[c] = static_cast<float>(colors[k][c] / counts[k]);
            centers_[k].spread = spreads[k];
        }
    }

    // Parts of superpixels on their own and too small ones join the neighbour that comes before them.
    LabelMap connected() const {
        const std::int64_t width = image_.width(), height = image_.height();
        LabelMap owners(height, width);
        std::transform(owner_.begin(), owner_.end(), owners.ids().begin(),
                       [](std::uint32_t k) { return k + 1; });
        const LabelMap parts = split_parts(owners, Connectivity::Four);
        const ObjectId count = parts.largest_id();
        std::vector<std::int64_t> areas(count + std::size_t{1}, 0);
        for (const ObjectId id : parts.ids())
            ++areas[id];
        // Parts are numbered by first pixel, and so the one left of it or above it is numbered lower.
        std::vector<ObjectId> final(count + std::size_t{1}, 0);
        ObjectId last = 0;
        const auto least = static_cast<std::int64_t>(step_ * step_ / 4);
        for (std::int64_t y = 0; y < height; ++y)
            for (std::int64_t x = 0; x < width; ++x) {
                const ObjectId id = parts.at(x, y);
                if (id <= last)
                    continue;
                last = id;
                const ObjectId neighbour = x > 0 ? parts.at(x - 1, y) : y > 0 ? parts.at(x, y - 1) : 0;
                final[id] = areas[id] < least && neighbour != 0 ? final[neighbour] : id;
                if (final[id] != id)
                    areas[final[id]] += areas[id];
            }
        LabelMap result(height, width);
        std::transform(parts.ids().begin(), parts.ids().end(), result.ids().begin(),
                       [&](ObjectId id) { return final[id]; });
        return relabelled(result);
    }

private:
    void place(std::int64_t x, std::int64_t y, std::span<const float> edges) {
        // To the least steep of nine pixels, off edges and specks of noise.
        std::pair best{x, y};
        float flattest = std::numeric_limits<float>::max();
        for (std::int64_t py = std::max<std::int64_t>(y - 1, 0); py <= std::min(y + 1, image_.height() - 1);
             ++py)
            for (std::int64_t px = std::max<std::int64_t>(x - 1, 0);
                 px <= std::min(x + 1, image_.width() - 1); ++px)
                if (const float steep = edges[static_cast<std::size_t>(py * image_.width() + px)];
                    steep < flattest) {
                    flattest = steep;
                    best = {px, py};
                }
        Center center{static_cast<double>(best.first), static_cast<double>(best.second), {}};
        for (const auto& plane : planes_)
            center.color.push_back(
                plane[static_cast<std::size_t>(best.second * image_.width() + best.first)]);
        centers_.push_back(std::move(center));
    }
    float color_distance(const Center& center, std::size_t i) const {
        float distance = 0;
        for (std::size_t c = 0; c < planes_.size(); ++c) {
            const float off = planes_[c][i] - center.color[c];
            distance += off * off;
        }
        return distance;
    }

    const Image& image_;
    double step_;
    std::vector<std::span<const float>> planes_;
    std::vector<Center> centers_;
    std::vector<std::uint32_t> owner_; // (H,W): in centers_
    std::vector<float> distance_;
};

} // namespace

LabelMap superpixels(const Image& scaled, const SuperpixelOptions& options, JobContext& context) {
    if (scaled.empty())
        throw Error(ErrorCode::BadInput, "There is no image to part into superpixels. Open one first.");
    if (options.size < 2)
        throw Error(ErrorCode::BadInput, "Superpixels must be at least 2 px across.");
    context.throw_if_cancelled();
    const Image image = smoothed(scaled, options.smoothing);
    Slic slic(image, options.size);
    for (int turn = 0; turn < options.iterations; ++turn) {
        context.throw_if_cancelled();
        context.progress(static_cast<double>(turn) / options.iterations);
        slic.assign();
        slic.update();
    }
    slic.assign();
    return slic.connected();
}

} // namespace eyepiece
