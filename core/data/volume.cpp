// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/volume.h"

#include <cmath>

namespace eyepiece {

VolumeSource::~VolumeSource() = default;

Vector3 VolumeGeometry::to_space(const Vector3& voxel) const {
    Vector3 place = origin;
    for (std::size_t axis = 0; axis < 3; ++axis)
        for (std::size_t i = 0; i < 3; ++i)
            place[i] += voxel[axis] * spacing[axis] * direction[axis][i];
    return place;
}

std::string VolumeGeometry::orientation() const {
    std::string letters;
    if (!oriented)
        return letters;
    constexpr const char* sides[3] = {"LR", "PA", "SI"};
    for (const Vector3& axis : direction) {
        std::size_t longest = 0;
        for (std::size_t i = 1; i < 3; ++i)
            if (std::abs(axis[i]) > std::abs(axis[longest]))
                longest = i;
        letters += sides[longest][axis[longest] < 0];
    }
    return letters;
}

VolumeGeometry geometry_of(const ImageSource& source) {
    if (const auto* volume = dynamic_cast<const VolumeSource*>(&source))
        return volume->geometry();
    VolumeGeometry geometry;
    const PixelSize& size = source.info().pixel_size;
    geometry.unit = size.x > 0 ? size.unit : "px";
    if (size.x > 0)
        geometry.spacing = {size.x, size.y > 0 ? size.y : size.x, size.z > 0 ? size.z : size.x};
    return geometry;
}

} // namespace eyepiece
