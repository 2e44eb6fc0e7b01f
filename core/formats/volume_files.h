// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <filesystem>

namespace eyepiece {

// The volume formats of medicine and neuroscience.
enum class VolumeFormat {
    None,
    Nifti, // .nii, .nii.gz, .hdr + .img
    Analyze,
    Nrrd,
    MetaImage,
    Minc,
    Dicom,
    Mgh,       // known, but Debian's ITK has no reader for it
    PhilipsRec // the same
};
EYEPIECE_EXPORT const char* title(VolumeFormat format); // "NIfTI"

// Told from the first bytes; where a format has no mark of its own (DICOM without preamble, the pixel file of
// a pair) from the name. Throws Error as open_for_reading does.
EYEPIECE_EXPORT VolumeFormat volume_format(const std::filesystem::path& path);

// Whether the name ends as one of a volume does. The pixel file of a pair is not among them: its header is.
bool has_volume_extension(const std::filesystem::path& path);

// DICOM often has no extension at all.
EYEPIECE_EXPORT bool named_like_dicom(const std::filesystem::path& path);

// A file without extension that bears DICOM's mark: scanners write such names. Opens no other file.
bool is_nameless_dicom(const std::filesystem::path& path);

// The .hdr beside an .img, which holds its pixels; any other file itself.
EYEPIECE_EXPORT std::filesystem::path volume_header(const std::filesystem::path& path);

} // namespace eyepiece
