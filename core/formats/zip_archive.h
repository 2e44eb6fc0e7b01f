// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <filesystem>
#include <memory>
#include <zip.h>

namespace eyepiece {

struct CloseZip {
    void operator()(zip_t* archive) const { zip_discard(archive); }
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using ZipArchive = std::unique_ptr<zip_t, CloseZip>;

// For reading. Throws Error(NotFound, Storage, or BadInput: no zip, or cut short).
EYEPIECE_EXPORT ZipArchive open_zip(const std::filesystem::path& path);

// Reads every entry and holds it against the checksum that was stored with it. For those whose own reader
// does not look: LibTorch would compute with whatever it finds. Throws as open_zip(), and Error(BadInput)
// that names the entry.
EYEPIECE_EXPORT void check_zip(const std::filesystem::path& path);

} // namespace eyepiece
