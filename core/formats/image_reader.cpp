// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/image_reader.h"
#include "core/formats/byte_source.h"
#include "core/formats/file_errors.h"
#include "core/formats/jpeg_file.h"
#include "core/formats/npz_volume.h"
#include "core/formats/openslide_file.h"
#include "core/formats/png_file.h"
#include "core/formats/row_source.h"
#include "core/formats/tiff_source.h"
#include "core/formats/volume_files.h"
#include "core/formats/volume_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

namespace eyepiece {
namespace {

enum class Kind { Png, Jpeg, Tiff, Volume, Npz, Other };

// A picture below this is decoded whole and kept: that is quicker, and tears through no memory.
constexpr std::int64_t held_whole = 32'000'000; // px

Kind kind_of(const std::filesystem::path& path) {
    File file = open_for_reading(path);
    std::array<unsigned char, 132> head{};
    const std::size_t got = std::fread(head.data(), 1, head.size(), file.get());
    const auto starts = [&](std::string_view magic) {
        return got >= magic.size() && std::memcmp(head.data(), magic.data(), magic.size()) == 0;
    };
    using namespace std::string_view_literals;
    // The 128 bytes before DICOM's mark are free: some programs make the file a TIFF, too.
    if (got == head.size() && std::memcmp(head.data() + 128, "DICM", 4) == 0)
        return Kind::Volume;
    if (starts("\x89PNG\r\n\x1a\n"sv))
        return Kind::Png;
    if (starts("\xff\xd8\xff"sv))
        return Kind::Jpeg;
    if (starts("II\x2a\0"sv) || starts("MM\0\x2a"sv) || starts("II\x2b\0"sv) || starts("MM\0\x2b"sv))
        return Kind::Tiff;
    if (starts("PK\x03\x04"sv) && name_ends(path, {".npz"}))
        return Kind::Npz;
    if (volume_format(path) != VolumeFormat::None)
        return Kind::Volume;
    return Kind::Other;
}

// A picture that can only be decoded whole: done at the first read and then kept, with the levels asked for.
class WholeImageSource final : public ImageSource {
public:
    using Decode = Image (*)(const std::filesystem::path&);
    WholeImageSource(std::filesystem::path path, ImageInfo info, Decode decode)
        : path_(std::move(path)), info_(std::move(info)), decode_(decode) {}

    const ImageInfo& info() const override { return info_; }

    Image read(const Region& region, int level, int z, int t) override {
        if (level < 0 || z != 0 || t != 0)
            throw file_error(ErrorCode::BadInput, path_, "has a single plane only.");
        const LevelSize size = level_size(info_.width, info_.height, level);
        const Region clipped = region.intersected({0, 0, size.width, size.height});
        if (clipped.empty())
            throw file_error(ErrorCode::BadInput, path_, "was read outside of its bounds.");
        return at_level(level).cropped(clipped);
    }

private:
    Image at_level(int level) {
        const std::lock_guard lock(mutex_);
        if (levels_.empty()) {
            Image image = decode_(path_);
            if (image.width() != info_.width || image.height() != info_.height ||
                image.channels() != info_.channels || image.type() != info_.type)
                throw file_error(ErrorCode::Conflict, path_,
                                 "was replaced while it was open. Open it again.");
            levels_.push_back(std::move(image));
        }
        while (levels_.size() <= static_cast<std::size_t>(level) &&
               (levels_.back().width() > 1 || levels_.back().height() > 1))
            levels_.push_back(halved(levels_.back()));
        return levels_[std::min(levels_.size() - 1, static_cast<std::size_t>(level))];
    }

    std::filesystem::path path_;
    ImageInfo info_;
    Decode decode_;
    std::mutex mutex_;
    std::vector<Image> levels_;
};

std::unique_ptr<ImageSource> open_flat(const std::filesystem::path& path, const ImageInfo& info,
                                       WholeImageSource::Decode decode,
                                       std::unique_ptr<RowDecoder> (*rows)(const std::filesystem::path&)) {
    if (info.width * info.height > held_whole && rows(path))
        return std::make_unique<RowSource>(path, info, [path, rows, info] {
            auto decoder = rows(path);
            if (!decoder || decoder->info().width != info.width || decoder->info().height != info.height ||
                decoder->info().channels != info.channels || decoder->info().type != info.type)
                throw file_error(ErrorCode::Conflict, path, "was replaced while it was open. Open it again.");
            return decoder;
        });
    return std::make_unique<WholeImageSource>(path, info, decode);
}

} // namespace

std::unique_ptr<ImageSource> open_image(const std::filesystem::path& path) {
    const Kind kind = kind_of(path);
    // The picture in a slide's main file is its thumbnail (MIRAX), or all that other readers know of it.
    if (kind == Kind::Tiff || kind == Kind::Other || (kind == Kind::Jpeg && path.extension() == ".mrxs"))
        if (const std::string format = slide_format(path); !format.empty())
            return open_slide(path, format);
    switch (kind) {
    case Kind::Png:
        return open_flat(
            path, probe_png(path), [](const auto& file) { return read_png(file); }, &png_rows);
    case Kind::Jpeg:
        return open_flat(path, probe_jpeg(path), &read_jpeg, &jpeg_rows);
    case Kind::Volume:
        return open_volume(path);
    case Kind::Npz:
        return open_npz_volume(path);
    case Kind::Tiff:
        return std::make_unique<TiffSource>(path);
    case Kind::Other:
        break;
    }
    throw file_error(
        ErrorCode::Unsupported, path,
        "is not a PNG, JPEG or TIFF image, a slide, nor a DICOM, NIfTI, NRRD, MetaImage, MINC or "
        "Analyze volume, whatever its name says.");
}

ImageInfo probe_image(const std::filesystem::path& path) {
    return open_image(path)->info();
}

Image read_image(const std::filesystem::path& path, int z, int t) {
    const auto source = open_image(path);
    return source->read({0, 0, source->info().width, source->info().height}, 0, z, t);
}

Image read_thumbnail(ImageSource& source, std::int64_t limit) {
    const ImageInfo& info = source.info();
    const int level = pyramid_levels(info.width, info.height, limit);
    const LevelSize size = level_size(info.width, info.height, level);
    return source.read({0, 0, size.width, size.height}, level, info.depth / 2, 0);
}

bool has_image_extension(const std::filesystem::path& path) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    static constexpr std::array<std::string_view, 17> known{
        ".png", ".jpg",  ".jpeg", ".jpe", ".tif",  ".tiff",    ".btf", ".tf8", ".lsm",
        ".svs", ".ndpi", ".scn",  ".bif", ".mrxs", ".svslide", ".vms", ".vmu"};
    return std::find(known.begin(), known.end(), extension) != known.end() || has_volume_extension(path);
}

} // namespace eyepiece
