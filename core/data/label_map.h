// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <cstdint>
#include <span>
#include <vector>

namespace eyepiece {

using ObjectId = std::uint32_t; // within one item; 0: no object, the pixel is unlabelled
using ClassId = std::int32_t;   // within one project; 0 is always "background"

// A label image in memory, row-major (H,W): the id of the object at each pixel. A value type.
class EYEPIECE_EXPORT LabelMap {
public:
    LabelMap() = default;
    LabelMap(std::int64_t height, std::int64_t width); // all zero. Throws Error(Memory)

    std::int64_t width() const { return width_; }
    std::int64_t height() const { return height_; }
    bool empty() const { return ids_.empty(); }
    ObjectId at(std::int64_t x, std::int64_t y) const {
        return ids_[static_cast<std::size_t>(y * width_ + x)];
    }
    void set(std::int64_t x, std::int64_t y, ObjectId id) {
        ids_[static_cast<std::size_t>(y * width_ + x)] = id;
    }
    std::span<const ObjectId> ids() const { return ids_; }
    std::span<ObjectId> ids() { return ids_; }
    std::span<const ObjectId> row(std::int64_t y) const {
        return ids().subspan(static_cast<std::size_t>(y * width_), static_cast<std::size_t>(width_));
    }
    std::span<ObjectId> row(std::int64_t y) {
        return ids().subspan(static_cast<std::size_t>(y * width_), static_cast<std::size_t>(width_));
    }
    bool operator==(const LabelMap&) const = default;

    LabelMap cropped(const Region& region) const;                       // a copy; 0 outside of this map
    void paste(const LabelMap& source, std::int64_t x, std::int64_t y); // clipped; replaces every pixel
    ObjectId largest_id() const;                                        // 0 when there is no object

private:
    std::int64_t width_ = 0, height_ = 0;
    std::vector<ObjectId> ids_;
};

} // namespace eyepiece
