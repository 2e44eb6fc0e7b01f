// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/prompt/engine/all_objects.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace eyepiece::prompt {
namespace {

constexpr int trial_rows = 6;       // clicks each way, to find how large objects are
constexpr double trial_iou = 0.75;  // below that an answer says nothing of sizes
constexpr double default_size = 24; // px, where no trial found anything
constexpr double spacing = 0.4;     // of the size, between clicks: none is missed
constexpr double fill = 0.4;        // of a crop, by an object of that size
constexpr std::int64_t most_clicks = 20'000;
constexpr std::size_t batch = 16;

struct Candidate {
    FoundObject object;
    std::int64_t area = 0;
};

std::int64_t shared_pixels(const FoundObject& a, const FoundObject& b) {
    const Region both = a.region.intersected(b.region);
    std::int64_t count = 0;
    for (std::int64_t y = both.y; y < both.bottom(); ++y)
        for (std::int64_t x = both.x; x < both.right(); ++x)
            count += a.mask.at(x - a.region.x, y - a.region.y) && b.mask.at(x - b.region.x, y - b.region.y);
    return count;
}

bool covers(const FoundObject& object, const Point2& at) {
    const auto x = static_cast<std::int64_t>(std::floor(at.x)) - object.region.x,
               y = static_cast<std::int64_t>(std::floor(at.y)) - object.region.y;
    return x >= 0 && y >= 0 && x < object.region.width && y < object.region.height && object.mask.at(x, y);
}

double typical_size(ObjectFinder& finder, const CropImage& image, const Region& region, JobContext& context) {
    std::vector<double> sizes;
    for (int row = 0; row < trial_rows; ++row)
        for (int column = 0; column < trial_rows; ++column) {
            context.throw_if_cancelled();
            const Point2 at{static_cast<double>(region.x) +
                                (column + 0.5) / trial_rows * static_cast<double>(region.width),
                            static_cast<double>(region.y) +
                                (row + 0.5) / trial_rows * static_cast<double>(region.height)};
            const FoundObject found =
                finder.find(image, {{{at, true}}, {}}, std::max(region.width, region.height), context);
            if (found.expected_iou >= trial_iou && covers(found, at))
                sizes.push_back(static_cast<double>(std::max(found.region.width, found.region.height)));
            context.progress(0.2 * (row * trial_rows + column + 1) / (trial_rows * trial_rows),
                             "Finding how large objects are");
        }
    if (sizes.empty())
        return default_size;
    std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2),
                     sizes.end());
    return std::max(6.0, sizes[sizes.size() / 2]);
}

// The grid in an order that spreads over it, so that early answers spare many later clicks.
std::vector<Point2> places(const Region& region, double step) {
    std::vector<Point2> all;
    const auto columns = std::max<std::int64_t>(1, std::llround(static_cast<double>(region.width) / step)),
               rows = std::max<std::int64_t>(1, std::llround(static_cast<double>(region.height) / step));
    if (columns > most_clicks / rows)
        throw Error(ErrorCode::BadInput, "There are too many places to click here: zoom in.");
    for (const auto& [first_row, first_column] :
         {std::pair{0, 0}, std::pair{1, 1}, std::pair{0, 1}, std::pair{1, 0}})
        for (std::int64_t row = first_row; row < rows; row += 2)
            for (std::int64_t column = first_column; column < columns; column += 2)
                all.push_back({static_cast<double>(region.x) + (static_cast<double>(column) + 0.5) *
                                                                   static_cast<double>(region.width) /
                                                                   static_cast<double>(columns),
                               static_cast<double>(region.y) + (static_cast<double>(row) + 0.5) *
                                                                   static_cast<double>(region.height) /
                                                                   static_cast<double>(rows)});
    return all;
}

} // namespace

AllObjects find_all(ObjectFinder& finder, ObjectNetwork& network, const CropImage& image, const Region& asked,
                    const AllObjectsOptions& options, JobContext& context) {
    AllObjects all;
    all.region = asked.intersected({0, 0, image.width(), image.height()});
    if (all.region.empty())
        throw Error(ErrorCode::BadInput, "The view lies beside the image.");
    all.size = options.size > 0 ? options.size : typical_size(finder, image, all.region, context);
    const std::vector<Point2> grid = places(all.region, std::max(2.0, spacing * all.size));
    std::vector<Candidate> kept;
    std::size_t next = 0;
    while (next < grid.size()) {
        context.throw_if_cancelled();
        context.progress(0.2 + 0.8 * static_cast<double>(next) / static_cast<double>(grid.size()),
                         "Clicking");
        std::vector<Point2> clicks;
        for (; next < grid.size() && clicks.size() < batch; ++next)
            if (std::none_of(kept.begin(), kept.end(),
                             [&](const Candidate& one) { return covers(one.object, grid[next]); }))
                clicks.push_back(grid[next]);
        std::vector<float> inputs(clicks.size() * input_planes * crop_pixels);
        std::vector<CropFrame> frames;
        for (std::size_t i = 0; i < clicks.size(); ++i) {
            frames.push_back(CropFrame::around(clicks[i], all.size / fill));
            const std::span<float> into(inputs.data() + i * input_planes * crop_pixels,
                                        input_planes * crop_pixels);
            image.read(frames[i], into.first(image_planes * crop_pixels));
            write_prompt({{{clicks[i], true}}, {}}, frames[i], into.first(image_planes * crop_pixels), {},
                         into.subspan(image_planes * crop_pixels));
        }
        if (clicks.empty())
            continue;
        all.clicks += static_cast<int>(clicks.size());
        std::vector<CropAnswer> answers = network.predict(inputs, clicks.size());
        for (std::size_t i = 0; i < clicks.size(); ++i) {
            if (answers[i].expected_iou < options.least_iou)
                continue;
            Candidate one;
            one.object = object_of({frames[i], std::move(answers[i].probability), answers[i].expected_iou},
                                   {{{clicks[i], true}}, {}}, image.width(), image.height());
            one.area = std::accumulate(one.object.mask.pixels.begin(), one.object.mask.pixels.end(),
                                       std::int64_t{0});
            if (one.area < options.least_area || !covers(one.object, clicks[i]))
                continue;
            const auto same = [&](const Candidate& other) {
                return static_cast<double>(shared_pixels(one.object, other.object)) >
                       options.most_overlap * static_cast<double>(std::min(one.area, other.area));
            };
            // The surer of two stays; a surer one takes the place of all that it is the same as.
            if (std::any_of(kept.begin(), kept.end(), [&](const Candidate& other) {
                    return other.object.expected_iou >= one.object.expected_iou && same(other);
                }))
                continue;
            std::erase_if(kept, same);
            kept.push_back(std::move(one));
        }
    }
    std::stable_sort(kept.begin(), kept.end(), [](const Candidate& a, const Candidate& b) {
        return a.object.expected_iou > b.object.expected_iou;
    });
    all.labels = LabelMap(all.region.height, all.region.width);
    for (const Candidate& one : kept) {
        const auto id = static_cast<ObjectId>(all.expected_iou.size() + 1);
        const Region& place = one.object.region;
        std::int64_t free = 0;
        for (std::int64_t y = 0; y < place.height; ++y)
            for (std::int64_t x = 0; x < place.width; ++x) {
                const std::int64_t px = place.x + x - all.region.x, py = place.y + y - all.region.y;
                if (one.object.mask.at(x, y) && px >= 0 && py >= 0 && px < all.region.width &&
                    py < all.region.height && all.labels.at(px, py) == 0) {
                    all.labels.set(px, py, id);
                    ++free;
                }
            }
        if (free > 0)
            all.expected_iou.push_back(one.object.expected_iou);
    }
    context.progress(1, "Done");
    return all;
}

} // namespace eyepiece::prompt
