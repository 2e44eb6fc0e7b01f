// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/compression.h"

#include "core/base/error.h"

#include <zstd.h>

namespace eyepiece {

std::vector<std::byte> compress(std::span<const std::byte> raw) {
    // Level 1: labels are long runs, which it shrinks a hundredfold while a stroke waits for it.
    std::vector<std::byte> frame(ZSTD_compressBound(raw.size()));
    const std::size_t size = ZSTD_compress(frame.data(), frame.size(), raw.data(), raw.size(), 1);
    if (ZSTD_isError(size))
        throw Error(ErrorCode::Internal, "Labels could not be compressed.", ZSTD_getErrorName(size));
    frame.resize(size);
    return frame;
}

std::vector<std::byte> decompress(std::span<const std::byte> frame, std::size_t limit) {
    const auto size = ZSTD_getFrameContentSize(frame.data(), frame.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > limit)
        throw Error(ErrorCode::Storage, "The project file is damaged: a block in it cannot be read. "
                                        "Run `eyepiece-cli check` on it, and restore it from a copy.");
    std::vector<std::byte> raw(size);
    const std::size_t read = ZSTD_decompress(raw.data(), raw.size(), frame.data(), frame.size());
    if (ZSTD_isError(read) || read != size)
        throw Error(ErrorCode::Storage,
                    "The project file is damaged: a block in it cannot be read. "
                    "Run `eyepiece-cli check` on it, and restore it from a copy.",
                    ZSTD_isError(read) ? ZSTD_getErrorName(read) : "short block");
    return raw;
}

} // namespace eyepiece
