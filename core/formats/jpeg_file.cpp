// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/jpeg_file.h"
#include "core/formats/file_errors.h"
#include "core/formats/row_source.h"

#include <array>
#include <csetjmp>
#include <cstdio>
#include <vector>

#include <jpeglib.h> // needs <cstdio> before it

#include <jerror.h>

namespace eyepiece {
namespace {

// As in png_file.cpp: libjpeg leaves by longjmp, so owners live outside of the functions that call setjmp.
struct JpegState {
    jpeg_error_mgr errors{}; // first member: libjpeg hands back a pointer to it
    std::jmp_buf jump;
    std::array<char, JMSG_LENGTH_MAX> message{};
    jpeg_decompress_struct jpeg{};
    jpeg_progress_mgr progress{};
    bool created = false;

    ~JpegState() {
        if (created)
            jpeg_destroy_decompress(&jpeg);
    }
};

void on_error(j_common_ptr common) {
    auto* state = reinterpret_cast<JpegState*>(common->err);
    common->err->format_message(common, state->message.data());
    std::longjmp(state->jump, 1);
}

// Level -1 is a warning. After those of damaged data libjpeg would go on with invented pixels; the others are
// slips of the writing program that cost no pixel.
void on_message(j_common_ptr common, int level) {
    const int code = common->err->msg_code;
    if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM && code != JWRN_JFIF_MAJOR &&
        code != JWRN_TOO_MUCH_DATA)
        on_error(common);
}

// A few kilobytes of a progressive file can ask for the whole picture to be gone over again and again.
void on_progress(j_common_ptr common) {
    constexpr int most_scans = 200;
    if (reinterpret_cast<j_decompress_ptr>(common)->input_scan_number > most_scans) {
        auto* state = reinterpret_cast<JpegState*>(common->err);
        std::snprintf(state->message.data(), state->message.size(), "more than %d scans", most_scans);
        std::longjmp(state->jump, 1);
    }
}

bool read_header(JpegState& state, std::FILE* file) {
    state.jpeg.err = jpeg_std_error(&state.errors);
    state.errors.error_exit = on_error;
    state.errors.emit_message = on_message;
    if (setjmp(state.jump))
        return false;
    jpeg_create_decompress(&state.jpeg);
    state.created = true;
    state.progress.progress_monitor = on_progress;
    state.jpeg.progress = &state.progress;
    state.jpeg.mem->max_memory_to_use = 512l << 20; // progressive files keep their coefficients
    jpeg_stdio_src(&state.jpeg, file);
    jpeg_read_header(&state.jpeg, TRUE);
    return true;
}

bool start(JpegState& state) {
    if (setjmp(state.jump))
        return false;
    if (state.jpeg.jpeg_color_space == JCS_GRAYSCALE)
        state.jpeg.out_color_space = JCS_GRAYSCALE;
    else
        state.jpeg.out_color_space = JCS_RGB;
    state.jpeg.dct_method = JDCT_ISLOW; // the same pixels everywhere
    jpeg_start_decompress(&state.jpeg);
    return true;
}

bool read_row(JpegState& state, JSAMPROW row) {
    if (setjmp(state.jump))
        return false;
    return jpeg_read_scanlines(&state.jpeg, &row, 1) == 1;
}

bool finish(JpegState& state) {
    if (setjmp(state.jump))
        return false;
    jpeg_finish_decompress(&state.jpeg);
    return true;
}

Error damaged(const std::filesystem::path& path, const JpegState& state) {
    return file_error(ErrorCode::BadInput, path,
                      std::string("is a damaged or truncated JPEG (") + state.message.data() + ").");
}

ImageInfo info_of(const std::filesystem::path& path, const JpegState& state, std::uintmax_t file_size) {
    const auto& jpeg = state.jpeg;
    const auto pixels = static_cast<std::uintmax_t>(jpeg.image_width) * jpeg.image_height;
    const std::string size = std::to_string(jpeg.image_width) + " x " + std::to_string(jpeg.image_height);
    if (jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK)
        throw file_error(ErrorCode::Unsupported, path, "holds CMYK colours of print. Convert it to RGB.");
    if (jpeg.num_components != 1 && jpeg.num_components != 3)
        throw file_error(ErrorCode::Unsupported, path,
                         "has " + std::to_string(jpeg.num_components) + " components; 1 or 3 can be read.");
    // The emptiest block of 16 x 16 still takes a few bits, also in a progressive file with long runs of
    // them: 32,768 blocks of 64 pixels in some 4 bytes.
    if (pixels > file_size * 600'000 + 65536)
        throw file_error(ErrorCode::BadInput, path,
                         "is damaged: its header announces " + size +
                             " pixels, more than its bytes can hold.");
    // A progressive file is put together in memory from all of its scans.
    if (jpeg.progressive_mode &&
        pixels * static_cast<std::uintmax_t>(jpeg.num_components) > (std::uintmax_t{2} << 30))
        throw file_error(ErrorCode::Unsupported, path,
                         "is too large for a progressive JPEG (" + size +
                             " pixels), which can only be read whole. Convert it to a tiled TIFF.");
    ImageInfo info;
    info.width = jpeg.image_width;
    info.height = jpeg.image_height;
    info.rgb = jpeg.num_components == 3;
    info.channels = jpeg.num_components;
    info.format = "JPEG";
    return info;
}

// The next rows; behind the last one, whether the file ends as it should.
Image read_rows(const std::filesystem::path& path, JpegState& state, const ImageInfo& info,
                std::int64_t count) {
    Image image = Image::create(PixelType::UInt8, info.channels, count, info.width);
    std::vector<JSAMPLE> row(static_cast<std::size_t>(info.width * info.channels));
    std::array<std::uint8_t*, 3> planes{};
    for (int channel = 0; channel < info.channels; ++channel)
        planes[static_cast<std::size_t>(channel)] = image.writable_plane_as<std::uint8_t>(channel).data();
    for (std::int64_t y = 0; y < count; ++y) {
        if (info.channels == 1) {
            if (!read_row(state, planes[0] + y * info.width))
                throw damaged(path, state);
            continue;
        }
        if (!read_row(state, row.data()))
            throw damaged(path, state);
        for (std::int64_t x = 0; x < info.width; ++x)
            for (std::size_t channel = 0; channel < 3; ++channel)
                planes[channel][y * info.width + x] = row[static_cast<std::size_t>(3 * x) + channel];
    }
    if (state.jpeg.output_scanline == state.jpeg.output_height && !finish(state))
        throw damaged(path, state);
    return image;
}

class JpegRows final : public RowDecoder {
public:
    explicit JpegRows(const std::filesystem::path& path) : path_(path), file_(open_for_reading(path)) {
        if (!read_header(state_, file_.get()))
            throw damaged(path_, state_);
        info_ = info_of(path_, state_, readable_size(path_));
        if (!start(state_))
            throw damaged(path_, state_);
    }
    const ImageInfo& info() const override { return info_; }
    Image next(std::int64_t count) override { return read_rows(path_, state_, info_, count); }

private:
    std::filesystem::path path_;
    File file_;
    JpegState state_;
    ImageInfo info_;
};

} // namespace

ImageInfo probe_jpeg(const std::filesystem::path& path) {
    const auto size = readable_size(path);
    File file = open_for_reading(path);
    JpegState state;
    if (!read_header(state, file.get()))
        throw damaged(path, state);
    return info_of(path, state, size);
}

Image read_jpeg(const std::filesystem::path& path) {
    const auto size = readable_size(path);
    File file = open_for_reading(path);
    JpegState state;
    if (!read_header(state, file.get()))
        throw damaged(path, state);
    const ImageInfo info = info_of(path, state, size);
    if (!start(state))
        throw damaged(path, state);
    return read_rows(path, state, info, info.height);
}

std::unique_ptr<RowDecoder> jpeg_rows(const std::filesystem::path& path) {
    return std::make_unique<JpegRows>(path);
}

} // namespace eyepiece
