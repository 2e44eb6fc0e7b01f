// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/volume.h"
#include "core/formats/volume_files.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace eyepiece::volumes {

// What an open file of the reader process offers: one thread, no coarser levels, nothing but the file.
class PlaneReader {
public:
    virtual ~PlaneReader() = default;
    virtual const ImageInfo& info() const = 0;
    virtual const VolumeGeometry& geometry() const = 0;
    virtual std::vector<std::string> notes() const { return {}; }
    // All channels of a region, which lies inside the plane. Throws Error.
    virtual Image read(const Region& region, int z, int t) = 0;
};

// One file, or a pair, by ITK. MetaImage and NIfTI that are not compressed are read by plane once they are
// large, all others are decoded whole at the first read and then kept; what would take more than 2 GiB is
// refused. NIfTI's and DICOM's rescaling of the stored numbers is applied, which may turn whole numbers into
// floating ones. Throws Error(Unsupported) that says what to do for a format that cannot be read.
std::unique_ptr<PlaneReader> open_itk_volume(const std::filesystem::path& path, VolumeFormat format);

} // namespace eyepiece::volumes
