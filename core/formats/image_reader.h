// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <filesystem>
#include <memory>

namespace eyepiece {

// What every reader of image files keeps to:
//  - The kind of file is told from its content, never from its name.
//  - Pixels are as stored: no gamma, no colour management, no rescaling of 8 bits and more; an EXIF
//  orientation
//    is not applied, since label files refer to stored pixels. Gray of 1, 2 and 4 bits is spread over 0..255.
//  - Gray stays one channel. A palette becomes RGB (one channel if all its colours are gray). Alpha is
//  dropped.
//  - A header is believed only as far as the file's size can bear it out, so that a few hostile bytes do not
//  make
//    us reserve gigabytes. A truncated or damaged file is an Error(BadInput), never a picture with a gray
//    end.
//  - Every Error names the file and the reason.

// Opens PNG, JPEG, TIFF (BigTIFF, OME-TIFF, ImageJ stacks, tiled, pyramids) and whole slides
// (openslide_file.h). TIFF and slides are read piece by piece; PNG and JPEG are decoded at the first read and
// then kept, and large ones row by row (row_source.h). Pages of a TIFF that says nothing of their meaning are
// z. DICOM (with all slices of its series in the folder), NIfTI, NRRD, MetaImage, MINC, Analyze and arrays of
// a NumPy archive are a VolumeSource (core/data/volume.h).
EYEPIECE_EXPORT std::unique_ptr<ImageSource> open_image(const std::filesystem::path& path);

// What open_image(path)->info() would say, without decoding any pixels.
EYEPIECE_EXPORT ImageInfo probe_image(const std::filesystem::path& path);

// A whole plane with all its channels in memory.
EYEPIECE_EXPORT Image read_image(const std::filesystem::path& path, int z = 0, int t = 0);

// The finest level whose longer side is at most `limit` px, of the middle z and first t. For thumbnails.
EYEPIECE_EXPORT Image read_thumbnail(ImageSource& source, std::int64_t limit);

// Whether the file's name ends as one of ours does; listing a folder must not open 50,000 files.
EYEPIECE_EXPORT bool has_image_extension(const std::filesystem::path& path);

} // namespace eyepiece
