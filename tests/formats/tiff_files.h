// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <tiffio.h>
#include <vector>

// Writes TIFFs of every flavour for the tests, straight through libtiff.
struct TiffFlavour {
    std::uint32_t width = 61, height = 47;
    int bits = 8, samples = 1, format = SAMPLEFORMAT_UINT, photometric = PHOTOMETRIC_MINISBLACK;
    int compression = COMPRESSION_NONE, planar = PLANARCONFIG_CONTIG;
    std::uint32_t tile = 0, rows_per_strip = 7; // tile 0: strips
    std::string mode = "w";                     // "wb" big-endian, "w8" BigTIFF
    std::string description;
    std::vector<std::uint16_t> extra;
    int pages = 1;
};

// The bytes of one decoded row of a page and, when planar, of a sample.
using TiffRow = std::function<std::vector<std::uint8_t>(int page, std::uint32_t y, int sample)>;

inline void set_tiff_fields(TIFF* tiff, const TiffFlavour& f, std::uint32_t width, std::uint32_t height) {
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, f.bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, f.samples);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, f.format);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, f.photometric);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, f.compression);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, f.planar);
    if (f.compression == COMPRESSION_JPEG) {
        TIFFSetField(tiff, TIFFTAG_JPEGQUALITY, 95);
        if (f.photometric == PHOTOMETRIC_YCBCR)
            TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    }
    if (!f.extra.empty())
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, static_cast<int>(f.extra.size()), f.extra.data());
    if (f.photometric == PHOTOMETRIC_PALETTE) {
        std::vector<std::uint16_t> red(256), green(256), blue(256);
        for (unsigned i = 0; i < 256; ++i) {
            red[i] = static_cast<std::uint16_t>(i << 8);
            green[i] = static_cast<std::uint16_t>((255 - i) << 8);
            blue[i] = static_cast<std::uint16_t>((i / 2) << 8);
        }
        TIFFSetField(tiff, TIFFTAG_COLORMAP, red.data(), green.data(), blue.data());
    }
    if (f.tile) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, f.tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, f.tile);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, f.rows_per_strip);
    }
}

inline void write_tiff_pixels(TIFF* tiff, const TiffFlavour& f, std::uint32_t width, std::uint32_t height,
                              int page, const TiffRow& row) {
    const int planes = f.planar == PLANARCONFIG_SEPARATE ? f.samples : 1;
    const auto fail = [] { throw std::runtime_error("the test's TIFF could not be written"); };
    for (int sample = 0; sample < planes; ++sample) {
        if (!f.tile) {
            for (std::uint32_t y = 0; y < height; ++y) {
                auto bytes = row(page, y, sample);
                if (TIFFWriteScanline(tiff, bytes.data(), y, static_cast<std::uint16_t>(sample)) != 1)
                    fail();
            }
            continue;
        }
        const std::size_t pixel =
            static_cast<std::size_t>(f.bits / 8 * (f.planar == PLANARCONFIG_SEPARATE ? 1 : f.samples));
        for (std::uint32_t top = 0; top < height; top += f.tile)
            for (std::uint32_t left = 0; left < width; left += f.tile) {
                std::vector<std::uint8_t> tile(pixel * f.tile * f.tile, 0);
                for (std::uint32_t y = 0; y < f.tile && top + y < height; ++y) {
                    const auto bytes = row(page, top + y, sample);
                    const std::size_t count = std::min(f.tile, width - left);
                    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(left * pixel), count * pixel,
                                tile.begin() + static_cast<std::ptrdiff_t>(y * f.tile * pixel));
                }
                if (TIFFWriteTile(tiff, tile.data(), left, top, 0, static_cast<std::uint16_t>(sample)) < 0)
                    fail();
            }
    }
}

inline void write_tiff(const std::filesystem::path& path, const TiffFlavour& f, const TiffRow& row) {
    const std::unique_ptr<TIFF, void (*)(TIFF*)> tiff(TIFFOpen(path.c_str(), f.mode.c_str()), TIFFClose);
    if (!tiff)
        throw std::runtime_error("the test's TIFF could not be opened");
    for (int page = 0; page < f.pages; ++page) {
        set_tiff_fields(tiff.get(), f, f.width, f.height);
        if (page == 0 && !f.description.empty())
            TIFFSetField(tiff.get(), TIFFTAG_IMAGEDESCRIPTION, f.description.c_str());
        write_tiff_pixels(tiff.get(), f, f.width, f.height, page, row);
        TIFFWriteDirectory(tiff.get());
    }
}
