// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/volume.h"

#include <filesystem>
#include <memory>

namespace eyepiece {

// An array of two to four dimensions of a NumPy archive as an image: (Y,X), (Z,Y,X) or (T,Z,Y,X). Of several
// the one named vol, volume, image, img, data or x; else the one with the most values. Its size in space is
// not known. Decoded at the first read and then kept. Throws Error(Unsupported) when there is no such array.
std::unique_ptr<VolumeSource> open_npz_volume(const std::filesystem::path& path);

} // namespace eyepiece
