// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/label_map.h"
#include "core/base/error.h"

#include <algorithm>
#include <new>
#include <string>

namespace eyepiece {

LabelMap::LabelMap(std::int64_t height, std::int64_t width) : width_(width), height_(height) {
    if (height < 0 || width < 0)
        throw Error(ErrorCode::Internal, "A label image of negative size was asked for.");
    const auto no_memory = [&] {
        return Error(ErrorCode::Memory, "There is not enough memory for a label image of " +
                                            std::to_string(width) + " x " + std::to_string(height) + ".");
    };
    if (width > 0 && height > static_cast<std::int64_t>(ids_.max_size()) / width)
        throw no_memory();
    try {
        ids_.resize(static_cast<std::size_t>(width * height), 0);
    } catch (const std::bad_alloc&) {
        throw no_memory();
    }
}

LabelMap LabelMap::cropped(const Region& region) const {
    if (region.empty())
        return {};
    LabelMap result(region.height, region.width);
    const Region inside = region.intersected({0, 0, width_, height_});
    for (std::int64_t y = inside.y; y < inside.bottom(); ++y) {
        const auto from =
            row(y).subspan(static_cast<std::size_t>(inside.x), static_cast<std::size_t>(inside.width));
        std::copy(from.begin(), from.end(), result.row(y - region.y).begin() + (inside.x - region.x));
    }
    return result;
}

void LabelMap::paste(const LabelMap& source, std::int64_t x, std::int64_t y) {
    const Region inside = Region{x, y, source.width_, source.height_}.intersected({0, 0, width_, height_});
    for (std::int64_t line = inside.y; line < inside.bottom(); ++line) {
        const auto from = source.row(line - y).subspan(static_cast<std::size_t>(inside.x - x),
                                                       static_cast<std::size_t>(inside.width));
        std::copy(from.begin(), from.end(), row(line).begin() + inside.x);
    }
}

ObjectId LabelMap::largest_id() const {
    return ids_.empty() ? 0 : *std::max_element(ids_.begin(), ids_.end());
}

} // namespace eyepiece
