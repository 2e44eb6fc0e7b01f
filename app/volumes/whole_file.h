// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/volume_files.h"

#include <filesystem>

namespace eyepiece::volumes {

// Throws Error(BadInput) when a file is cut short. The libraries that decode NIfTI, MetaImage and DICOM fill
// what is missing with whatever lies in memory and say nothing; the readers of the other formats do say.
void require_whole_file(const std::filesystem::path& path, VolumeFormat format);

} // namespace eyepiece::volumes
