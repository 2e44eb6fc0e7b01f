// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"
#include "core/data/image.h"

#include <filesystem>
#include <memory>
#include <string>

namespace eyepiece {

// Pyramids of large images that have none, kept in the project's cache by content: made once, so that from
// then on each look at the image reads what is in sight. Stateless and thread-safe: several threads and
// processes may ask at once. The folder may be deleted at any time.
class EYEPIECE_EXPORT PyramidFolder {
public:
    explicit PyramidFolder(const std::filesystem::path& project_folder);

    // Whether the whole of an image cannot be shown without decoding far more than a screen.
    static bool needed(const ImageInfo& info);
    // Whether a part of it cannot be shown either without decoding what lies above or beside.
    static bool flat(const ImageInfo& info) { return info.tile_width == 0; }

    // The image read through its pyramid; null when none is kept, or it cannot be read.
    std::unique_ptr<ImageSource> find(std::shared_ptr<ImageSource> image,
                                      const std::string& content_hash) const;
    // Makes it, which may take minutes. Throws Error: Cancelled, Storage, and what reading the image throws.
    void make(ImageSource& image, const std::string& content_hash, JobContext& job) const;

private:
    std::filesystem::path folder_of(const std::string& content_hash) const;
    std::filesystem::path folder_;
};

} // namespace eyepiece
