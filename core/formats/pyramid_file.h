// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"
#include "core/data/image.h"

#include <filesystem>
#include <memory>
#include <string>

namespace eyepiece {

// A pyramid beside an image that has none: a folder of tiled TIFFs, one a level, each the mean of 2 x 2 px of
// the one before, and `pyramid.json`, which says of what content, and is written last. Of an image that is
// tiled itself only the coarser levels are kept. Images of one plane only.

// Reads the image once from its top down; memory holds a band of it. The folder appears whole or not at all.
// Throws Error(Cancelled) within half a second, Error(Storage) when there is not enough room, and what
// reading throws.
EYEPIECE_EXPORT void write_pyramid(ImageSource& image, const std::filesystem::path& folder,
                                   const std::string& content_hash, JobContext& job);

// The image read through its pyramid. Null when there is none, or one of another content or version, or one
// that is damaged. A damage that shows only later removes the folder, and from then on the image itself is
// read.
EYEPIECE_EXPORT std::unique_ptr<ImageSource> open_pyramid(std::shared_ptr<ImageSource> image,
                                                          const std::filesystem::path& folder,
                                                          const std::string& content_hash);

} // namespace eyepiece
