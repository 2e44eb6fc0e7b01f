// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/tiff_writer.h"
#include "core/formats/file_errors.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstring>
#include <tiffio.h>
#include <vector>

namespace eyepiece {
namespace {

int keep_message(TIFF*, void* user, const char*, const char* format, va_list arguments) {
    std::array<char, 512> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    *static_cast<std::string*>(user) = text.data();
    return 1;
}
int drop_message(TIFF*, void*, const char*, const char*, va_list) {
    return 1;
}

struct Close {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};

int sample_format(PixelType type) {
    switch (type) {
    case PixelType::UInt8:
    case PixelType::UInt16:
    case PixelType::UInt32:
        return SAMPLEFORMAT_UINT;
    case PixelType::Int8:
    case PixelType::Int16:
    case PixelType::Int32:
        return SAMPLEFORMAT_INT;
    case PixelType::Float32:
    case PixelType::Float64:
        break;
    }
    return SAMPLEFORMAT_IEEEFP;
}

std::size_t size_of(std::int64_t count) {
    return static_cast<std::size_t>(count);
}

} // namespace

struct TiffWriter::State {
    State(const std::filesystem::path& target) : path(target), file(target) {}

    std::filesystem::path path;
    AtomicFile file;
    std::string message;
    std::unique_ptr<TIFF, Close> tiff;
    PixelType type = PixelType::UInt8;
    int channels = 1;
    std::int64_t width = 0, height = 0, block_rows = 1, block_width = 0;
    TiffOptions options;
    std::vector<std::byte> band; // interleaved rows of the block row being filled, full width
    std::int64_t band_rows = 0;  // of them that are there
    std::int64_t flushed = 0;    // rows in the file

    [[noreturn]] void fail() const {
        throw file_error(ErrorCode::Storage, path,
                         "could not be written" + (message.empty() ? std::string() : " (" + message + ")") +
                             ". Is the disk full?");
    }

    std::size_t pixel_bytes() const { return bytes_per_pixel(type) * size_of(channels); }

    void flush() {
        if (band_rows == 0)
            return;
        const std::size_t row = size_of(width) * pixel_bytes();
        std::vector<std::byte> block;
        if (options.tile > 0) {
            const std::size_t block_row = size_of(block_width) * pixel_bytes();
            for (std::int64_t left = 0; left < width; left += block_width) {
                block.assign(block_row * size_of(block_rows), std::byte{0});
                const std::size_t part = size_of(std::min(block_width, width - left)) * pixel_bytes();
                for (std::int64_t y = 0; y < band_rows; ++y)
                    std::memcpy(block.data() + size_of(y) * block_row,
                                band.data() + size_of(y) * row + size_of(left) * pixel_bytes(), part);
                const auto index = TIFFComputeTile(tiff.get(), static_cast<std::uint32_t>(left),
                                                   static_cast<std::uint32_t>(flushed), 0, 0);
                if (TIFFWriteEncodedTile(tiff.get(), index, block.data(),
                                         static_cast<tmsize_t>(block.size())) < 0)
                    fail();
            }
        } else {
            const auto strip = TIFFComputeStrip(tiff.get(), static_cast<std::uint32_t>(flushed), 0);
            std::size_t bytes = row * size_of(band_rows);
            if (options.bilevel) { // eight pixels a byte, the first in the highest bit
                const std::int64_t packed_row = (width + 7) / 8;
                block.assign(size_of(packed_row * band_rows), std::byte{0});
                for (std::int64_t y = 0; y < band_rows; ++y)
                    for (std::int64_t x = 0; x < width; ++x)
                        if (band[size_of(y * width + x)] != std::byte{0})
                            block[size_of(y * packed_row + x / 8)] |= std::byte(0x80 >> (x % 8));
                bytes = block.size();
            } else {
                block.assign(band.begin(), band.begin() + static_cast<std::ptrdiff_t>(bytes));
            }
            if (TIFFWriteEncodedStrip(tiff.get(), strip, block.data(), static_cast<tmsize_t>(bytes)) < 0)
                fail();
        }
        flushed += band_rows;
        band_rows = 0;
    }
};

TiffWriter::TiffWriter(const std::filesystem::path& path, PixelType type, int channels, std::int64_t height,
                       std::int64_t width, TiffOptions options)
    : state_(std::make_unique<State>(path)) {
    State& s = *state_;
    if (width <= 0 || height <= 0 || channels <= 0 || width > 0x7fffffff || height > 0x7fffffff ||
        channels > 65535 || options.tile < 0 || options.tile % 16 != 0 || (options.rgb && channels != 3) ||
        (options.bilevel && (channels != 1 || type != PixelType::UInt8)))
        throw file_error(ErrorCode::Internal, path, "was to be written with impossible settings.");
    if (options.bilevel)
        options.tile = 0;
    s.type = type;
    s.channels = channels;
    s.width = width;
    s.height = height;
    s.options = options;
    const double row_bytes = static_cast<double>(width) * static_cast<double>(s.pixel_bytes());
    s.block_width = options.tile > 0 ? options.tile : width;
    s.block_rows = options.tile > 0
                       ? options.tile
                       : std::clamp<std::int64_t>(static_cast<std::int64_t>(262144 / row_bytes), 1, height);
    s.band.resize(size_of(width) * s.pixel_bytes() * size_of(s.block_rows));

    const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> open(TIFFOpenOptionsAlloc(),
                                                                            TIFFOpenOptionsFree);
    TIFFOpenOptionsSetErrorHandlerExtR(open.get(), keep_message, &s.message);
    TIFFOpenOptionsSetWarningHandlerExtR(open.get(), drop_message, nullptr);
    const bool big = row_bytes * static_cast<double>(height) > 3.9e9; // compression may fail to help
    s.tiff.reset(TIFFOpenExt(s.file.temporary().c_str(), big ? "w8" : "w", open.get()));
    if (!s.tiff)
        throw file_error(ErrorCode::Storage, path,
                         "cannot be written" + (s.message.empty() ? "." : ": " + s.message + "."));
    TIFF* tiff = s.tiff.get();
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(width));
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(height));
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE,
                 options.bilevel ? 1 : static_cast<int>(bytes_per_pixel(type) * 8));
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, channels);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, sample_format(type));
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, options.rgb ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_SOFTWARE, "Eyepiece");
    if (channels > 1 && !options.rgb) {
        const std::vector<std::uint16_t> extra(size_of(channels - 1), EXTRASAMPLE_UNSPECIFIED);
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, static_cast<int>(extra.size()), extra.data());
    }
    if (options.compress) {
        const bool zstd = options.quick && TIFFIsCODECConfigured(COMPRESSION_ZSTD);
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, zstd ? COMPRESSION_ZSTD : COMPRESSION_ADOBE_DEFLATE);
        if (options.quick)
            TIFFSetField(tiff, zstd ? TIFFTAG_ZSTD_LEVEL : TIFFTAG_ZIPQUALITY, 1);
        // Differences of neighbours pack better; for whole numbers and, kept apart by bytes, for floats.
        if (!options.bilevel)
            TIFFSetField(tiff, TIFFTAG_PREDICTOR,
                         sample_format(type) == SAMPLEFORMAT_IEEEFP ? PREDICTOR_FLOATINGPOINT
                                                                    : PREDICTOR_HORIZONTAL);
    }
    if (options.tile > 0) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, static_cast<std::uint32_t>(options.tile));
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, static_cast<std::uint32_t>(options.tile));
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<std::uint32_t>(s.block_rows));
    }
    if (options.pixel_size.unit == "µm" && options.pixel_size.x > 0 && options.pixel_size.y > 0) {
        TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
        TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 10000 / options.pixel_size.x);
        TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 10000 / options.pixel_size.y);
    }
}

TiffWriter::~TiffWriter() = default;

std::int64_t TiffWriter::rows_written() const {
    return state_->flushed + state_->band_rows;
}

void TiffWriter::write_rows(const Image& rows) {
    State& s = *state_;
    if (rows.type() != s.type || rows.channels() != s.channels || rows.width() != s.width ||
        rows_written() + rows.height() > s.height)
        throw file_error(ErrorCode::Internal, s.path, "was given rows that do not fit it.");
    const std::size_t row = size_of(s.width) * s.pixel_bytes();
    for (std::int64_t y = 0; y < rows.height(); ++y) {
        for (int channel = 0; channel < s.channels; ++channel)
            with_pixel_type(s.type, [&](auto sample) {
                using T = decltype(sample);
                const T* from = rows.plane_as<T>(channel).data() + y * s.width;
                T* to = reinterpret_cast<T*>(s.band.data() + size_of(s.band_rows) * row) + channel;
                for (std::int64_t x = 0; x < s.width; ++x)
                    to[x * s.channels] = from[x];
            });
        if (++s.band_rows == s.block_rows)
            s.flush();
    }
}

void TiffWriter::finish() {
    State& s = *state_;
    s.flush();
    if (s.flushed != s.height)
        throw file_error(ErrorCode::Internal, s.path, "was finished before all its rows were written.");
    if (!TIFFFlush(s.tiff.get()))
        s.fail();
    s.message.clear();
    s.tiff.reset();
    if (!s.message.empty()) // closing writes the last bytes, too
        s.fail();
    s.file.commit();
}

} // namespace eyepiece
