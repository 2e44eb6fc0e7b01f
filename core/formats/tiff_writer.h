// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <filesystem>
#include <memory>

namespace eyepiece {

struct TiffOptions {
    std::int64_t tile = 256; // px, a multiple of 16; 0: strips of rows
    bool compress = true;    // deflate with a predictor
    bool quick = false;      // zstd in place of deflate: a fifth of the time, for files that only we read
    bool rgb = false;        // 3 channels are one colour picture
    bool bilevel = false;    // uint8 of 0 and not 0, written as 1 bit
    PixelSize pixel_size = {};
};

// Writes a TIFF of one plane larger than memory, region by region. BigTIFF is chosen when 4 GB may not do.
// Several channels are stored side by side in each pixel. Not thread-safe. Nothing appears at `path` before
// finish().
class EYEPIECE_EXPORT TiffWriter {
public:
    TiffWriter(const std::filesystem::path& path, PixelType type, int channels, std::int64_t height,
               std::int64_t width, TiffOptions options = {});
    ~TiffWriter(); // without finish() the file is given up
    TiffWriter(const TiffWriter&) = delete;
    TiffWriter& operator=(const TiffWriter&) = delete;

    // Rows come from the top down, in bands of any height and of the full width. Throws Error(Storage).
    void write_rows(const Image& rows);
    std::int64_t rows_written() const;
    void finish(); // throws Error(Internal) when rows are missing, Error(Storage)

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace eyepiece
