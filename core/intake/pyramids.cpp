// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/intake/pyramids.h"

#include "core/formats/pyramid_file.h"

#include <chrono>
#include <system_error>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t small_image = 32'000'000; // px, quickly decoded as a whole

// Left behind by a program that was killed while it made them.
void remove_leftovers(const fs::path& folder) {
    std::error_code problem;
    const auto now = fs::file_time_type::clock::now();
    for (const auto& entry : fs::directory_iterator(folder, problem))
        if (entry.path().filename().string().find(".part-") != std::string::npos) {
            const auto changed = entry.last_write_time(problem);
            if (!problem && now - changed > std::chrono::hours(24))
                fs::remove_all(entry.path(), problem);
        }
}

} // namespace

PyramidFolder::PyramidFolder(const fs::path& project_folder)
    : folder_(project_folder / "cache" / "pyramids") {}

bool PyramidFolder::needed(const ImageInfo& info) {
    const LevelSize coarsest = level_size(info.width, info.height, info.levels - 1);
    return info.depth * info.frames == 1 && coarsest.width * coarsest.height > small_image;
}

fs::path PyramidFolder::folder_of(const std::string& content_hash) const {
    return folder_ / content_hash;
}

std::unique_ptr<ImageSource> PyramidFolder::find(std::shared_ptr<ImageSource> image,
                                                 const std::string& content_hash) const {
    return content_hash.empty() ? nullptr
                                : open_pyramid(std::move(image), folder_of(content_hash), content_hash);
}

void PyramidFolder::make(ImageSource& image, const std::string& content_hash, JobContext& job) const {
    remove_leftovers(folder_);
    write_pyramid(image, folder_of(content_hash), content_hash, job);
}

} // namespace eyepiece
