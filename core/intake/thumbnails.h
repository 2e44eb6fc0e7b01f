// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/intake/pyramids.h"
#include "core/project/items.h"

#include <filesystem>

namespace eyepiece {

// Small pictures of images with automatic contrast, kept in the project's cache by content, so that the
// second look at a project opens no image. Stateless and thread-safe: several threads and processes may ask
// at once.
class EYEPIECE_EXPORT ThumbnailFolder {
public:
    static constexpr std::int64_t longer_side = 96; // px

    explicit ThumbnailFolder(const std::filesystem::path& project_folder);
    // An 8-bit RGB image of at most 96 x 96. Made when it is not there; a cache that cannot be written is
    // only slower. Throws Error when the image cannot be read.
    Image get(const Item& item) const;

private:
    std::filesystem::path folder_;
    PyramidFolder pyramids_;
};

} // namespace eyepiece
