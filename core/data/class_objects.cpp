// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/class_objects.h"

#include <algorithm>

namespace eyepiece {
namespace {

constexpr std::int64_t pixels_between_looks = 1 << 20; // at whether it was cancelled

struct Part {
    Region bounds;
    std::int64_t area = 0;
};

// By id - 1. A run of pixels counts at once.
std::vector<Part> measured(const LabelMap& labels, std::size_t count) {
    std::vector<Part> parts(count);
    for (std::int64_t y = 0; y < labels.height(); ++y) {
        const auto row = labels.row(y);
        for (std::size_t x = 0; x < row.size();) {
            const ObjectId id = row[x];
            const std::size_t start = x;
            while (x < row.size() && row[x] == id)
                ++x;
            if (id == 0)
                continue;
            Part& part = parts[id - 1];
            const auto length = static_cast<std::int64_t>(x - start);
            part.area += length;
            part.bounds = part.bounds.united({static_cast<std::int64_t>(start), y, length, 1});
        }
    }
    return parts;
}

// Gives the pieces of part `id` but its first one new ids from `next` on.
void split_part(LabelMap& labels, ObjectId id, const Region& bounds, const WatershedOptions& options,
                std::vector<ObjectId>& origin) {
    // A rim of background, where there is any: an edge of the picture is none.
    const Region place = Region{bounds.x - 1, bounds.y - 1, bounds.width + 2, bounds.height + 2}.intersected(
        {0, 0, labels.width(), labels.height()});
    const LabelMap pieces = watershed_split(mask_of(labels, id, place), options);
    const auto added = static_cast<ObjectId>(origin.size());
    if (pieces.largest_id() < 2)
        return;
    origin.insert(origin.end(), pieces.largest_id() - 1, origin[id - 1]);
    for (std::int64_t y = 0; y < place.height; ++y) {
        const auto row = pieces.row(y);
        const auto out = labels.row(place.y + y).subspan(static_cast<std::size_t>(place.x));
        for (std::size_t x = 0; x < row.size(); ++x)
            if (row[x] > 1)
                out[x] = added + row[x] - 1;
    }
}

} // namespace

ClassObjects objects_of_classes(const LabelMap& values, const ClassObjectOptions& options,
                                JobContext& context) {
    context.progress(0, "Finding connected parts");
    std::vector<ObjectId> origin; // value by id - 1
    LabelMap labels = split_parts(values, Connectivity::Eight, &origin);
    context.throw_if_cancelled();
    std::vector<Part> parts = measured(labels, origin.size());
    if (options.split) {
        WatershedOptions watershed = *options.split;
        watershed.least_area = 0; // what is too small goes below, whole parts as pieces of them
        const std::size_t whole = parts.size();
        std::int64_t done = 0, looked = 0;
        for (std::size_t at = 0; at < whole; ++at) {
            if (parts[at].area >= std::max<std::int64_t>(1, options.least_area))
                split_part(labels, static_cast<ObjectId>(at + 1), parts[at].bounds, watershed, origin);
            done += parts[at].area;
            if (done - looked >= pixels_between_looks || at + 1 == whole) {
                looked = done;
                context.throw_if_cancelled();
                context.progress(static_cast<double>(at + 1) / static_cast<double>(whole), "Splitting");
            }
        }
        parts = measured(labels, origin.size());
    }
    std::vector<ObjectId> old_ids;
    for (ObjectId& id : labels.ids())
        if (id != 0 && parts[id - 1].area < options.least_area)
            id = 0;
    ClassObjects found;
    found.labels = relabelled(labels, &old_ids);
    for (const ObjectId old : old_ids)
        found.objects.push_back({origin[old - 1], parts[old - 1].area, parts[old - 1].bounds});
    return found;
}

} // namespace eyepiece
