// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <array>
#include <string>
#include <vector>

namespace eyepiece {

using Vector3 = std::array<double, 3>;

// Where the voxels of a volume lie in the space of the patient or the sample. Axes 0, 1 and 2 are the x, y
// and z of ImageSource. Coordinates are DICOM's and ITK's (PS3.3, C.7.6.2.1.1): x grows to the patient's
// left, y to the back, z to the head. So are those of a NIfTI file, whose own two first axes run the other
// way.
struct VolumeGeometry {
    Vector3 spacing{1, 1, 1}; // between the middles of neighbouring voxels along each axis; all > 0
    Vector3 origin{0, 0, 0};  // of the middle of voxel (0,0,0)
    std::array<Vector3, 3> direction{
        {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}; // of each axis, a unit vector; orthogonal
    std::string unit = "mm";                // of spacing and origin
    bool oriented = false;                  // the file says how the axes lie; else `direction` is assumed
    bool operator==(const VolumeGeometry&) const = default;

    // A place in voxels, whose middles are whole numbers, in space.
    EYEPIECE_EXPORT Vector3 to_space(const Vector3& voxel) const;
    // The letter of the side that an axis runs towards, the nearest of L, R, P, A, S, I; "LPS" for the
    // default. Empty where the file does not say.
    EYEPIECE_EXPORT std::string orientation() const;
};

// An open image of several planes that lie in space.
class EYEPIECE_EXPORT VolumeSource : public ImageSource {
public:
    ~VolumeSource() override;
    virtual const VolumeGeometry& geometry() const = 0;
    // What is amiss but does not keep it from being read, one sentence each: slices that are missing or
    // given twice.
    virtual std::vector<std::string> notes() const { return {}; }
};

// That of a volume; of any other image its pixel size, or 1 x 1 x 1 px where that is not known. A z step that
// is not known is taken to be as long as that of x.
EYEPIECE_EXPORT VolumeGeometry geometry_of(const ImageSource& source);

} // namespace eyepiece
