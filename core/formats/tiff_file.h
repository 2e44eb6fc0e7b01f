// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/error.h"
#include "core/data/image.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct tiff;

namespace eyepiece {

// How the stored samples of a page become pixels.
enum class TiffCoding {
    Direct, // 8, 16 or 32-bit integers, 32 or 64-bit floats: as they are
    Packed, // unsigned integers of 1 to 15 bits, packed; below 8 bits spread over 0..255
    Wide,   // 64-bit integers, which label images of NumPy often have: as float64, exact to 2^53
    Palette,
    Rgba // colours that libtiff turns into 8-bit RGB for us: CMYK, CIE Lab, subsampled YCbCr, old JPEG
};

// One image file directory: what is needed to decode its pixels.
struct TiffPage {
    std::uint64_t offset = 0; // of the directory in the file
    std::int64_t width = 0, height = 0;
    int bits = 8;
    int samples = 1; // stored per pixel
    TiffCoding coding = TiffCoding::Direct;
    PixelType type = PixelType::UInt8; // decoded
    bool rgb = false;
    bool white_is_zero = false;
    bool signed_samples = false;
    bool separate = false; // one plane of blocks a sample
    bool tiled = false;
    bool compressed = false;
    bool reduced = false; // says to be a smaller copy of another page
    std::int64_t block_width = 0, block_height = 0;
    std::vector<int> sample_of_channel;               // alpha left out
    std::vector<std::uint64_t> children;              // SubIFDs
    double x_resolution = 0, y_resolution = 0;        // per resolution unit; 0: not stated
    int resolution_unit = 1;                          // 1 none, 2 inch, 3 cm
    std::vector<std::array<std::uint8_t, 3>> palette; // coding Palette, or a lookup table kept for display

    int channels() const { return static_cast<int>(sample_of_channel.size()); }
    bool same_kind(const TiffPage& other) const {
        return width == other.width && height == other.height && type == other.type && rgb == other.rgb &&
               channels() == other.channels();
    }
};

// An open TIFF with its own error messages (libtiff's global handlers are left alone). Not thread-safe.
class TiffFile {
public:
    explicit TiffFile(const std::filesystem::path& path); // throws Error
    ~TiffFile();
    TiffFile(const TiffFile&) = delete;
    TiffFile& operator=(const TiffFile&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::uintmax_t size() const { return size_; }
    bool big() const;                                               // BigTIFF
    bool byte_swapped() const;                                      // not in host byte order
    const std::string& description() const { return description_; } // of the first page

    // The pages of the main chain, in order. `raw` as for reading label images: palettes stay indices and
    // gray of few bits stays small numbers. Throws Error on a damaged chain.
    std::vector<TiffPage> pages(bool raw);
    TiffPage page_at(std::uint64_t offset, bool raw); // one page anywhere, for SubIFDs

    tiff* select(std::uint64_t offset); // makes a page current
    std::uint64_t first_block_offset(std::uint64_t page);
    [[noreturn]] void fail(const std::string& what) const; // with libtiff's last message

private:
    struct Close {
        void operator()(tiff* handle) const;
    };

    TiffPage describe(bool raw);

    std::filesystem::path path_;
    std::uintmax_t size_ = 0;
    std::unique_ptr<std::string> message_; // libtiff holds its address
    std::unique_ptr<tiff, Close> handle_;
    std::uint64_t current_ = 0;
    std::string description_;
};

} // namespace eyepiece
