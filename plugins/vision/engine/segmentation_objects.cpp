// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/engine/segmentation_objects.h"

#include "core/base/error.h"
#include "core/data/components.h"

#include <algorithm>

namespace eyepiece::vision {
namespace {

struct Part {
    std::int64_t area = 0;
    std::int64_t left = INT64_MAX, top = INT64_MAX, right = -1, bottom = -1; // inclusive
    void add(std::int64_t x, std::int64_t y) {
        ++area;
        left = std::min(left, x), right = std::max(right, x);
        top = std::min(top, y), bottom = std::max(bottom, y);
    }
};

std::vector<Part> parts_of(const LabelMap& labels) {
    std::vector<Part> parts;
    for (std::int64_t y = 0; y < labels.height(); ++y) {
        const auto row = labels.row(y);
        for (std::int64_t x = 0; x < labels.width(); ++x)
            if (const ObjectId id = row[static_cast<std::size_t>(x)]) {
                if (parts.size() < id)
                    parts.resize(id);
                parts[id - 1].add(x, y);
            }
    }
    return parts;
}

} // namespace

FoundObjects find_objects(std::span<const std::uint8_t> classes, std::span<const std::uint8_t> confidence,
                          std::int64_t width, std::int64_t height, int outputs, const std::string& mode,
                          std::int64_t least_area, JobContext& context) {
    FoundObjects found;
    found.ids = LabelMap(height, width);
    if (mode == "none")
        return found;
    if (mode != "connected" && mode != "watershed")
        throw Error(ErrorCode::BadInput,
                    "Objects are \"watershed\", \"connected\" or \"none\", not \"" + mode + "\".");
    const auto at = [&](std::int64_t x, std::int64_t y) { return static_cast<std::size_t>(y * width + x); };
    for (int output = 1; output < outputs; ++output) {
        context.throw_if_cancelled();
        Mask mask(height, width);
        for (std::size_t i = 0; i < classes.size(); ++i)
            mask.pixels[i] = classes[i] == output;
        const LabelMap connected = connected_components(mask);
        mask = {};
        const auto parts = parts_of(connected);
        for (std::size_t k = 0; k < parts.size(); ++k) {
            const Part& part = parts[k];
            if (part.area < std::max<std::int64_t>(1, least_area))
                continue;
            if (k % 1024 == 0)
                context.throw_if_cancelled();
            // Alone in its box with a rim of ground, but for the image's border, beyond which it may go on.
            const Region box =
                Region{part.left - 1, part.top - 1, part.right - part.left + 3, part.bottom - part.top + 3}
                    .intersected({0, 0, width, height});
            Mask alone(box.height, box.width);
            for (std::int64_t y = 0; y < box.height; ++y)
                for (std::int64_t x = 0; x < box.width; ++x)
                    alone.set(x, y, connected.at(box.x + x, box.y + y) == k + 1);
            LabelMap pieces;
            if (mode == "watershed") {
                WatershedOptions options;
                options.least_area = least_area;
                pieces = watershed_split(alone, options);
            } else {
                pieces = LabelMap(box.height, box.width);
                for (std::size_t i = 0; i < alone.pixels.size(); ++i)
                    pieces.ids()[i] = alone.pixels[i];
            }
            const auto first = static_cast<ObjectId>(found.objects.size());
            std::vector<Part> measured;
            std::vector<double> confident;
            for (std::int64_t y = 0; y < box.height; ++y)
                for (std::int64_t x = 0; x < box.width; ++x)
                    if (const ObjectId id = pieces.at(x, y)) {
                        found.ids.set(box.x + x, box.y + y, first + id);
                        if (measured.size() < id) {
                            measured.resize(id);
                            confident.resize(id, 0);
                        }
                        measured[id - 1].add(box.x + x, box.y + y);
                        confident[id - 1] += confidence.empty() ? 255 : confidence[at(box.x + x, box.y + y)];
                    }
            for (std::size_t i = 0; i < measured.size(); ++i) {
                const Part& m = measured[i];
                found.objects.push_back(
                    {static_cast<ObjectId>(first + i + 1),
                     output,
                     m.area,
                     {m.left, m.top, m.right - m.left + 1, m.bottom - m.top + 1},
                     m.area > 0 ? confident[i] / 255.0 / static_cast<double>(m.area) : 0});
            }
        }
    }
    return found;
}

} // namespace eyepiece::vision
