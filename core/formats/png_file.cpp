// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/png_file.h"
#include "core/formats/file_errors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <csetjmp>
#include <cstring>
#include <png.h>
#include <span>
#include <vector>

namespace eyepiece {
namespace {

// libpng reports an error by longjmp, which skips destructors. So everything that owns something lives in
// objects made before setjmp, and the functions that call setjmp hold plain values only.
struct PngState {
    png_structp png = nullptr;
    png_infop info = nullptr;
    bool writing = false;
    std::array<char, 256> message{}; // of the error, for the exception thrown after the jump

    ~PngState() {
        if (writing)
            png_destroy_write_struct(&png, &info);
        else
            png_destroy_read_struct(&png, &info, nullptr);
    }
};

void on_error(png_structp png, png_const_charp message) {
    auto* state = static_cast<PngState*>(png_get_error_ptr(png));
    std::strncpy(state->message.data(), message, state->message.size() - 1);
    png_longjmp(png, 1);
}
void on_warning(png_structp, png_const_charp) {} // of chunks that we do not use

struct Header {
    png_uint_32 width = 0, height = 0;
    int bits = 0, color = 0;
    bool gray_palette = false;
    bool scaled = false; // resolution in pixels per metre is known
    png_uint_32 x_per_metre = 0, y_per_metre = 0;
};

bool start(PngState& state, std::FILE* file) {
    state.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning);
    state.info = state.png ? png_create_info_struct(state.png) : nullptr;
    if (!state.info)
        return false;
    if (setjmp(png_jmpbuf(state.png)))
        return false;
    png_init_io(state.png, file);
    // Chunks that we do not use (text, colour profiles) may be compressed bombs: skip what is not critical.
    png_set_keep_unknown_chunks(state.png, PNG_HANDLE_CHUNK_NEVER, nullptr, 0);
    png_set_chunk_malloc_max(state.png, 8 << 20);
    png_set_user_limits(state.png, 0x7fffffff, 0x7fffffff); // our own check says why
    png_read_info(state.png, state.info);
    return true;
}

Header header_of(const PngState& state) {
    Header header;
    int unit = 0;
    png_get_IHDR(state.png, state.info, &header.width, &header.height, &header.bits, &header.color, nullptr,
                 nullptr, nullptr);
    if (png_get_pHYs(state.png, state.info, &header.x_per_metre, &header.y_per_metre, &unit))
        header.scaled = unit == PNG_RESOLUTION_METER && header.x_per_metre > 0 && header.y_per_metre > 0;
    png_colorp palette = nullptr;
    int colors = 0;
    if (header.color == PNG_COLOR_TYPE_PALETTE && png_get_PLTE(state.png, state.info, &palette, &colors))
        header.gray_palette = std::all_of(palette, palette + colors, [](const png_color& c) {
            return c.red == c.green && c.green == c.blue;
        });
    return header;
}

ImageInfo info_of(const Header& header) {
    ImageInfo info;
    info.width = header.width;
    info.height = header.height;
    info.type = header.bits == 16 ? PixelType::UInt16 : PixelType::UInt8;
    info.rgb = (header.color & PNG_COLOR_MASK_COLOR) && !header.gray_palette;
    info.channels = info.rgb ? 3 : 1;
    info.format = "PNG";
    // Resolutions below this are those of screens and printers (72 to 1200 dpi), not of a microscope.
    constexpr double least_per_metre = 50'000;
    if (header.scaled && header.x_per_metre >= least_per_metre && header.y_per_metre >= least_per_metre)
        info.pixel_size = {1e6 / header.x_per_metre, 1e6 / header.y_per_metre, 0, "µm"};
    return info;
}

void check_size(const std::filesystem::path& path, const Header& header, std::uintmax_t file_size) {
    const auto pixels = static_cast<std::uintmax_t>(header.width) * header.height;
    const int samples = header.color == PNG_COLOR_TYPE_RGB          ? 3
                        : header.color == PNG_COLOR_TYPE_RGB_ALPHA  ? 4
                        : header.color == PNG_COLOR_TYPE_GRAY_ALPHA ? 2
                                                                    : 1;
    const std::string size = std::to_string(header.width) + " x " + std::to_string(header.height);
    // Deflate packs at most 1032 to 1.
    if (pixels > file_size * 1100 * 8 / static_cast<std::uintmax_t>(header.bits * samples) + 65536)
        throw file_error(ErrorCode::BadInput, path,
                         "is damaged: its header announces " + size +
                             " pixels, more than its bytes can hold.");
    if (pixels * static_cast<std::uintmax_t>(samples * std::max(header.bits, 8) / 8) >
        (std::uintmax_t{2} << 30))
        throw file_error(ErrorCode::Unsupported, path,
                         "is too large for a PNG (" + size +
                             " pixels), which can only be read whole. Convert it to a "
                             "tiled TIFF.");
}

// Rows as libpng gives them after the transformations, interleaved.
bool read_rows(PngState& state, std::vector<png_bytep>& rows) {
    if (setjmp(png_jmpbuf(state.png)))
        return false;
    png_read_image(state.png, rows.data());
    png_read_end(state.png, nullptr); // checks the last data's checksum
    return true;
}

bool set_transformations(PngState& state, const Header& header, bool raw) {
    if (setjmp(png_jmpbuf(state.png)))
        return false;
    if (header.bits < 8 && (raw || header.color == PNG_COLOR_TYPE_PALETTE))
        png_set_packing(state.png);
    else if (header.bits < 8)
        png_set_expand_gray_1_2_4_to_8(state.png);
    if (header.color == PNG_COLOR_TYPE_PALETTE && !raw)
        png_set_palette_to_rgb(state.png);
    png_set_strip_alpha(state.png);
    if (header.bits == 16)
        png_set_swap(state.png); // PNG is big-endian; this code builds for little-endian machines only
    png_set_interlace_handling(state.png);
    png_read_update_info(state.png, state.info);
    return true;
}

template<class T>
void deinterleave(const std::byte* row, std::int64_t width, int stride, std::int64_t y, Image& image) {
    for (int channel = 0; channel < image.channels(); ++channel) {
        T* out = image.writable_plane_as<T>(channel).data() + y * width;
        for (std::int64_t x = 0; x < width; ++x)
            std::memcpy(out + x, row + static_cast<std::size_t>(x * stride + channel) * sizeof(T), sizeof(T));
    }
}

Error damaged(const std::filesystem::path& path, const PngState& state) {
    return file_error(ErrorCode::BadInput, path,
                      std::string("is a damaged or truncated PNG (") + state.message.data() + ").");
}

bool write_rows(PngState& state, std::FILE* file, png_uint_32 width, png_uint_32 height, int bits, int color,
                png_uint_32 x_per_metre, png_uint_32 y_per_metre, std::span<const png_color> palette,
                png_bytepp rows) {
    if (setjmp(png_jmpbuf(state.png)))
        return false;
    png_init_io(state.png, file);
    png_set_IHDR(state.png, state.info, width, height, bits, color, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(state.png, 6);
    if (!palette.empty())
        png_set_PLTE(state.png, state.info, palette.data(), static_cast<int>(palette.size()));
    if (x_per_metre && y_per_metre)
        png_set_pHYs(state.png, state.info, x_per_metre, y_per_metre, PNG_RESOLUTION_METER);
    png_write_info(state.png, state.info);
    if (bits == 16)
        png_set_swap(state.png);
    png_write_image(state.png, rows);
    png_write_end(state.png, nullptr);
    return true;
}

} // namespace

ImageInfo probe_png(const std::filesystem::path& path) {
    const auto size = readable_size(path);
    File file = open_for_reading(path);
    PngState state;
    if (!start(state, file.get()))
        throw damaged(path, state);
    const Header header = header_of(state);
    check_size(path, header, size);
    return info_of(header);
}

Image read_png(const std::filesystem::path& path, PngSamples samples) {
    const auto size = readable_size(path);
    File file = open_for_reading(path);
    PngState state;
    std::vector<png_bytep> rows;
    Image image;
    std::vector<std::byte> interleaved;
    if (!start(state, file.get()))
        throw damaged(path, state);
    const Header header = header_of(state);
    check_size(path, header, size);
    const ImageInfo info = info_of(header);
    const bool raw = samples == PngSamples::Raw;
    if (!set_transformations(state, header, raw))
        throw damaged(path, state);
    const int stored = png_get_channels(state.png, state.info); // after the transformations
    const int channels = raw && header.color == PNG_COLOR_TYPE_PALETTE ? 1 : info.channels;
    image = Image::create(info.type, channels, info.height, info.width);
    const std::size_t row_bytes = png_get_rowbytes(state.png, state.info);
    rows.resize(header.height);
    if (stored == 1) {
        auto plane = image.writable_plane(0);
        for (std::size_t y = 0; y < rows.size(); ++y)
            rows[y] = reinterpret_cast<png_bytep>(plane.data() + y * row_bytes);
    } else {
        try {
            interleaved.resize(row_bytes * rows.size());
        } catch (const std::bad_alloc&) {
            throw file_error(ErrorCode::Memory, path, "does not fit into memory.");
        }
        for (std::size_t y = 0; y < rows.size(); ++y)
            rows[y] = reinterpret_cast<png_bytep>(interleaved.data() + y * row_bytes);
    }
    if (!read_rows(state, rows))
        throw damaged(path, state);
    if (stored > 1)
        for (std::size_t y = 0; y < rows.size(); ++y)
            with_pixel_type(info.type, [&](auto sample) {
                deinterleave<decltype(sample)>(interleaved.data() + y * row_bytes, info.width, stored,
                                               static_cast<std::int64_t>(y), image);
            });
    return image;
}

namespace {

void write(const std::filesystem::path& path, const Image& image, const PixelSize& pixel_size,
           std::span<const png_color> palette) {
    if (image.type() != PixelType::UInt8 && image.type() != PixelType::UInt16)
        throw file_error(ErrorCode::Unsupported, path,
                         "cannot be a PNG with pixels of type " + std::string(to_string(image.type())) +
                             ". Write a TIFF.");
    if (image.channels() != 1 && image.channels() != 3)
        throw file_error(ErrorCode::Unsupported, path,
                         "cannot be a PNG with " + std::to_string(image.channels()) +
                             " channels. Write a TIFF.");
    const std::size_t sample = bytes_per_pixel(image.type());
    const auto channels = static_cast<std::size_t>(image.channels());
    const auto width = static_cast<std::size_t>(image.width()),
               height = static_cast<std::size_t>(image.height());
    std::vector<std::byte> interleaved;
    std::vector<png_bytep> rows(height);
    if (channels > 1) {
        interleaved.resize(width * height * channels * sample);
        for (std::size_t channel = 0; channel < channels; ++channel) {
            const auto plane = image.plane(static_cast<int>(channel));
            for (std::size_t i = 0; i < width * height; ++i)
                std::memcpy(interleaved.data() + (i * channels + channel) * sample, plane.data() + i * sample,
                            sample);
        }
    }
    const std::byte* pixels = channels > 1 ? interleaved.data() : image.plane(0).data();
    for (std::size_t y = 0; y < height; ++y) // libpng only reads them, whatever its signature says
        rows[y] = reinterpret_cast<png_bytep>(const_cast<std::byte*>(pixels + y * width * channels * sample));
    const auto per_metre = [&](double size) {
        return pixel_size.unit == "µm" && size > 0 ? static_cast<png_uint_32>(std::lround(1e6 / size)) : 0u;
    };

    AtomicFile target(path);
    {
        File file(std::fopen(target.temporary().c_str(), "wb"));
        if (!file)
            throw file_error(ErrorCode::Storage, path,
                             std::string("cannot be written: ") + std::strerror(errno) + ".");
        PngState state;
        state.writing = true;
        state.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning);
        state.info = state.png ? png_create_info_struct(state.png) : nullptr;
        if (!state.info ||
            !write_rows(state, file.get(), static_cast<png_uint_32>(width), static_cast<png_uint_32>(height),
                        static_cast<int>(sample) * 8,
                        !palette.empty() ? PNG_COLOR_TYPE_PALETTE
                        : channels == 3  ? PNG_COLOR_TYPE_RGB
                                         : PNG_COLOR_TYPE_GRAY,
                        per_metre(pixel_size.x), per_metre(pixel_size.y), palette, rows.data()) ||
            std::fflush(file.get()) != 0)
            throw file_error(ErrorCode::Storage, path,
                             std::string("could not be written (") + state.message.data() +
                                 "). Is the disk full?");
    }
    target.commit();
}

} // namespace

void write_png(const std::filesystem::path& path, const Image& image, const PixelSize& pixel_size) {
    write(path, image, pixel_size, {});
}

void write_palette_png(const std::filesystem::path& path, const Image& indices,
                       std::span<const std::array<std::uint8_t, 3>> palette) {
    if (indices.type() != PixelType::UInt8 || indices.channels() != 1 || palette.size() != 256)
        throw Error(ErrorCode::Internal, "A palette PNG is one channel of uint8 with 256 colours.");
    std::vector<png_color> colors;
    for (const auto& [red, green, blue] : palette)
        colors.push_back({red, green, blue});
    write(path, indices, {}, colors);
}

} // namespace eyepiece
