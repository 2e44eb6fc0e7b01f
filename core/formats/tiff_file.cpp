// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/tiff_file.h"
#include "core/formats/file_errors.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <tiffio.h>

namespace eyepiece {
namespace {

int keep_message(TIFF*, void* user, const char* module, const char* format, va_list arguments) {
    std::array<char, 512> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    *static_cast<std::string*>(user) =
        (module && *module ? std::string(module) + ": " : std::string()) + text.data();
    return 1; // handled: the global handlers stay silent
}
int drop_message(TIFF*, void*, const char*, const char*, va_list) {
    return 1;
}

constexpr tmsize_t largest_allocation = tmsize_t{1} << 30;
constexpr std::int64_t largest_side = 0x7fffffff;

std::vector<std::array<std::uint8_t, 3>> color_map(TIFF* tiff, int bits) {
    std::uint16_t *red = nullptr, *green = nullptr, *blue = nullptr;
    if (bits > 8 || !TIFFGetField(tiff, TIFFTAG_COLORMAP, &red, &green, &blue))
        return {};
    const std::size_t count = std::size_t{1} << bits;
    // The values are 16 bit, but some writers store 8 bit.
    const bool wide = std::any_of(red, red + count, [](auto v) { return v > 255; }) ||
                      std::any_of(green, green + count, [](auto v) { return v > 255; }) ||
                      std::any_of(blue, blue + count, [](auto v) { return v > 255; });
    std::vector<std::array<std::uint8_t, 3>> map(count);
    for (std::size_t i = 0; i < count; ++i)
        map[i] = {static_cast<std::uint8_t>(wide ? red[i] >> 8 : red[i]),
                  static_cast<std::uint8_t>(wide ? green[i] >> 8 : green[i]),
                  static_cast<std::uint8_t>(wide ? blue[i] >> 8 : blue[i])};
    return map;
}

} // namespace

void TiffFile::Close::operator()(tiff* handle) const {
    TIFFClose(handle);
}

TiffFile::TiffFile(const std::filesystem::path& path)
    : path_(path), size_(readable_size(path)), message_(std::make_unique<std::string>()) {
    // Handlers and limits of this one file, which libtiff has since 4.5 (Debian 12).
    const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                               TIFFOpenOptionsFree);
    if (!options)
        throw Error(ErrorCode::Memory, "There is not enough memory to open a TIFF.");
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_message, message_.get());
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), drop_message, nullptr);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), largest_allocation);
    // "m": not memory-mapped, so that a file cut short while it is open is an error and not a bus fault, and
    // pages read do not count as ours.
    handle_.reset(TIFFOpenExt(path.c_str(), "rm", options.get()));
    if (!handle_)
        fail("is not a readable TIFF");
    current_ = TIFFCurrentDirOffset(handle_.get());
    const char* description = nullptr;
    if (TIFFGetField(handle_.get(), TIFFTAG_IMAGEDESCRIPTION, &description) && description)
        description_ = description;
}

TiffFile::~TiffFile() = default;

bool TiffFile::big() const {
    return TIFFIsBigTIFF(handle_.get());
}
bool TiffFile::byte_swapped() const {
    return TIFFIsByteSwapped(handle_.get());
}

void TiffFile::fail(const std::string& what) const {
    throw file_error(ErrorCode::BadInput, path_, what + (message_->empty() ? "." : " (" + *message_ + ")."));
}

tiff* TiffFile::select(std::uint64_t offset) {
    if (offset != current_) {
        if (!TIFFSetSubDirectory(handle_.get(), offset)) {
            current_ = 0;
            fail("is a damaged TIFF: one of its pages cannot be read");
        }
        current_ = offset;
    }
    // A pseudo tag that every change of page resets.
    std::uint16_t compression = 0, photometric = 0;
    TIFFGetFieldDefaulted(handle_.get(), TIFFTAG_COMPRESSION, &compression);
    if (compression == COMPRESSION_JPEG && TIFFGetField(handle_.get(), TIFFTAG_PHOTOMETRIC, &photometric) &&
        photometric == PHOTOMETRIC_YCBCR)
        TIFFSetField(handle_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    return handle_.get();
}

std::uint64_t TiffFile::first_block_offset(std::uint64_t page) {
    return TIFFGetStrileOffset(select(page), 0);
}

TiffPage TiffFile::page_at(std::uint64_t offset, bool raw) {
    select(offset);
    return describe(raw);
}

std::vector<TiffPage> TiffFile::pages(bool raw) {
    if (!TIFFSetDirectory(handle_.get(), 0))
        fail("is a damaged TIFF: its first page cannot be read");
    std::vector<TiffPage> result;
    for (;;) {
        current_ = TIFFCurrentDirOffset(handle_.get());
        result.push_back(describe(raw));
        if (TIFFLastDirectory(handle_.get()))
            return result;
        if (!TIFFReadDirectory(handle_.get())) {
            current_ = 0;
            fail("is a damaged or truncated TIFF: page " + std::to_string(result.size() + 1) +
                 " cannot be read");
        }
    }
}

TiffPage TiffFile::describe(bool raw) {
    TIFF* tiff = handle_.get();
    TiffPage page;
    page.offset = current_;
    const auto unsupported = [&](const std::string& what) {
        return file_error(ErrorCode::Unsupported, path_, "cannot be read: " + what + ".");
    };

    std::uint32_t width = 0, height = 0, subfile = 0;
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) ||
        !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height) || !width || !height || width > largest_side ||
        height > largest_side)
        fail("is a damaged TIFF: a page has no sensible size");
    page.width = width;
    page.height = height;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SUBFILETYPE, &subfile);
    page.reduced = subfile & FILETYPE_REDUCEDIMAGE;

    std::uint16_t bits = 1, samples = 1, format = SAMPLEFORMAT_UINT, planar = PLANARCONFIG_CONTIG;
    std::uint16_t compression = COMPRESSION_NONE, photometric = PHOTOMETRIC_MINISBLACK, extras = 0, unit = 2;
    std::uint16_t* extra_types = nullptr;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extras, &extra_types);
    if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric))
        photometric = samples >= 3 && bits == 8 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
    if (!TIFFIsCODECConfigured(compression)) {
        const TIFFCodec* codec = TIFFFindCODEC(compression);
        throw unsupported("its compression " +
                          (codec ? std::string(codec->name) : std::to_string(compression)) +
                          " is not one that this build of libtiff knows");
    }
    if (samples == 0 || samples > 4096)
        fail("is a damaged TIFF: " + std::to_string(samples) + " samples per pixel");
    page.bits = bits;
    page.samples = samples;
    page.compressed = compression != COMPRESSION_NONE;
    page.separate = planar == PLANARCONFIG_SEPARATE && samples > 1;
    page.white_is_zero = photometric == PHOTOMETRIC_MINISWHITE;
    page.signed_samples = format == SAMPLEFORMAT_INT;

    // Which samples are channels: all but alpha.
    std::vector<bool> alpha(samples, false);
    for (int i = 0; i < extras && i < samples; ++i)
        alpha[static_cast<std::size_t>(samples - extras + i)] =
            extra_types[i] == EXTRASAMPLE_ASSOCALPHA || extra_types[i] == EXTRASAMPLE_UNASSALPHA;
    for (int i = 0; i < samples; ++i)
        if (!alpha[static_cast<std::size_t>(i)] || samples == 1)
            page.sample_of_channel.push_back(i);

    const bool jpeg_color = photometric == PHOTOMETRIC_YCBCR && compression == COMPRESSION_JPEG;
    page.rgb = (photometric == PHOTOMETRIC_RGB || jpeg_color) && page.channels() == 3;

    const bool gray_like = photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_MINISWHITE ||
                           photometric == PHOTOMETRIC_RGB || jpeg_color || photometric == PHOTOMETRIC_MASK ||
                           photometric >= 32000; // private kinds, such as that of raw camera data
    const bool palette = photometric == PHOTOMETRIC_PALETTE && samples == 1;
    if (!gray_like && !palette) {
        std::array<char, 1024> why{};
        if (!TIFFRGBAImageOK(tiff, why.data()))
            throw unsupported(std::string("its colours are of a kind that libtiff cannot show (") +
                              why.data() + ")");
        page.coding = TiffCoding::Rgba;
        page.rgb = true;
        page.sample_of_channel = {0, 1, 2};
        page.separate = false;
    } else if (format == SAMPLEFORMAT_COMPLEXINT || format == SAMPLEFORMAT_COMPLEXIEEEFP) {
        throw unsupported("its pixels are complex numbers");
    } else if (format == SAMPLEFORMAT_IEEEFP) {
        if (bits != 32 && bits != 64)
            throw unsupported("its pixels are floats of " + std::to_string(bits) +
                              " bits; 32 and 64 can be read");
        page.type = bits == 32 ? PixelType::Float32 : PixelType::Float64;
    } else if (bits == 64) {
        page.coding = TiffCoding::Wide;
        page.type = PixelType::Float64;
    } else if (bits == 8 || bits == 16 || bits == 32) {
        if (page.signed_samples)
            page.type = bits == 8 ? PixelType::Int8 : bits == 16 ? PixelType::Int16 : PixelType::Int32;
        else
            page.type = bits == 8 ? PixelType::UInt8 : bits == 16 ? PixelType::UInt16 : PixelType::UInt32;
    } else if (bits < 16 && !page.signed_samples) {
        page.coding = TiffCoding::Packed;
        page.type = bits < 8 ? PixelType::UInt8 : PixelType::UInt16;
    } else {
        throw unsupported("its pixels have " + std::to_string(bits) + " bits");
    }
    if (palette) {
        page.palette = color_map(tiff, bits);
        // ImageJ stores the lookup table that the image is shown with: there the indices are the data.
        const bool only_shown = description_.starts_with("ImageJ=");
        const bool gray = std::all_of(page.palette.begin(), page.palette.end(),
                                      [](const auto& c) { return c[0] == c[1] && c[1] == c[2]; });
        if (!raw && !only_shown && !page.palette.empty()) {
            page.coding = TiffCoding::Palette;
            page.type = PixelType::UInt8;
            if (!gray) {
                page.rgb = true;
                page.sample_of_channel = {0, 1, 2};
            }
        }
    }

    page.tiled = TIFFIsTiled(tiff);
    std::uint32_t block_width = width, block_height = height;
    if (page.tiled) {
        TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &block_width);
        TIFFGetField(tiff, TIFFTAG_TILELENGTH, &block_height);
    } else {
        TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &block_height);
        block_height = std::min(block_height, height);
    }
    if (!block_width || !block_height || block_width > largest_side || block_height > largest_side)
        fail("is a damaged TIFF: its blocks have no sensible size");
    page.block_width = block_width;
    page.block_height = block_height;

    // A block is read whole, so a hostile size of it must not make us reserve what the file cannot fill.
    const double block =
        static_cast<double>(block_width) * block_height * (page.separate ? 1 : samples) * bits / 8;
    if (block > static_cast<double>(size_) * (page.compressed ? 40'000.0 : 1.01) + 1048576)
        fail("is a damaged or truncated TIFF: its blocks of " + std::to_string(block_width) + " x " +
             std::to_string(block_height) + " pixels are more than its bytes can hold");

    float x_resolution = 0, y_resolution = 0;
    if (TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &x_resolution) &&
        TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &y_resolution)) {
        TIFFGetFieldDefaulted(tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
        page.x_resolution = x_resolution;
        page.y_resolution = y_resolution;
        page.resolution_unit = unit;
    }
    std::uint16_t children = 0;
    std::uint64_t* offsets = nullptr;
    if (TIFFGetField(tiff, TIFFTAG_SUBIFD, &children, &offsets) && offsets)
        page.children.assign(offsets, offsets + std::min<int>(children, 32));

    // Even a file of zeros packs some ten thousand to one at best: what is beyond that was never written.
    // (Blocks that are left out altogether are not something that reads as an image here.)
    const double claimed =
        static_cast<double>(page.width) * static_cast<double>(page.height) * samples * bits / 8;
    if (claimed > static_cast<double>(size_) * (page.compressed ? 40'000.0 : 1.01) + 65536)
        fail("is a damaged or truncated TIFF: its header announces " + std::to_string(width) + " x " +
             std::to_string(height) + " pixels, more than its bytes can hold");
    return page;
}

} // namespace eyepiece
