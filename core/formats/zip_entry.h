// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/byte_source.h"
#include "core/formats/zip_archive.h"

#include <cstdint>
#include <filesystem>
#include <memory>

namespace eyepiece {

// One array of an .npz, unpacked as it is read; the archive must live on. Throws Error(BadInput).
std::unique_ptr<ByteSource> open_zip_entry(zip_t* archive, std::uint64_t index,
                                           const std::filesystem::path& path);

} // namespace eyepiece
