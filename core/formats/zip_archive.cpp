// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/zip_archive.h"

#include "core/formats/file_errors.h"

#include <vector>

namespace eyepiece {

ZipArchive open_zip(const std::filesystem::path& path) {
    readable_size(path);
    int error = 0;
    ZipArchive archive(zip_open(path.c_str(), ZIP_RDONLY, &error));
    if (!archive)
        throw file_error(ErrorCode::BadInput, path,
                         "is cut short or no zip archive. Copy or download it again.");
    return archive;
}

void check_zip(const std::filesystem::path& path) {
    const ZipArchive archive = open_zip(path);
    std::vector<char> piece(1 << 20);
    const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
    for (zip_uint64_t i = 0; i < count; ++i) {
        const std::unique_ptr<zip_file_t, CloseZip> entry(zip_fopen_index(archive.get(), i, 0));
        zip_int64_t got = entry ? 1 : -1;
        while (got > 0) // the checksum is compared at the end of the entry
            got = zip_fread(entry.get(), piece.data(), piece.size());
        if (got < 0) {
            const char* name = zip_get_name(archive.get(), i, 0);
            throw file_error(ErrorCode::BadInput, path,
                             std::string("is damaged: what it holds as ") + (name ? name : "an entry") +
                                 " is not what was written. Copy it again, or export it again.",
                             entry ? zip_file_strerror(entry.get()) : zip_strerror(archive.get()));
        }
    }
}

} // namespace eyepiece
