// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/pyramid_file.h"
#include "core/formats/file_errors.h"
#include "core/formats/tiff_source.h"
#include "core/formats/tiff_writer.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <unistd.h>
#include <vector>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr int version = 1;
constexpr std::int64_t coarsest_side = 512; // px: the last level fits into it
constexpr std::int64_t least_band = 256;    // rows
constexpr std::int64_t piece_width = 4096;  // px of a tiled image are read at a time
constexpr std::uintmax_t spare = std::uintmax_t{64} << 20;

int first_level(const ImageInfo& info) {
    return info.tile_width > 0 ? 1 : 0;
}

fs::path level_file(const fs::path& folder, int level) {
    return folder / (std::to_string(level) + ".tif");
}

Json description(const ImageInfo& info, const std::string& content_hash) {
    return {{"version", version},         {"content", content_hash},
            {"width", info.width},        {"height", info.height},
            {"channels", info.channels},  {"type", to_string(info.type)},
            {"first", first_level(info)}, {"last", pyramid_levels(info.width, info.height, coarsest_side)}};
}

// A folder that becomes another one when it is whole, or is removed.
class PartFolder {
public:
    explicit PartFolder(fs::path target) : target_(std::move(target)) {
        static std::atomic<unsigned> count{0};
        path_ = target_;
        path_ += ".part-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
        std::error_code problem;
        fs::create_directories(path_, problem);
        if (problem)
            throw file_error(ErrorCode::Storage, path_, "cannot be made: " + problem.message() + ".");
    }
    ~PartFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    PartFolder(const PartFolder&) = delete;
    PartFolder& operator=(const PartFolder&) = delete;
    const fs::path& path() const { return path_; }
    void commit() const {
        std::error_code problem;
        fs::remove_all(target_, problem); // one that did not fit
        fs::rename(path_, target_, problem);
        if (problem)
            throw file_error(ErrorCode::Storage, target_, "cannot be written: " + problem.message() + ".");
    }

private:
    fs::path target_, path_;
};

void check_room(const ImageInfo& info, const fs::path& folder) {
    const auto full = static_cast<std::uintmax_t>(info.width) * static_cast<std::uintmax_t>(info.height) *
                      static_cast<std::uintmax_t>(info.channels) * bytes_per_pixel(info.type);
    const std::uintmax_t wanted =
        (first_level(info) == 0 ? full : 0) + full / 3 + spare; // should nothing pack
    std::error_code problem;
    const fs::space_info disk = fs::space(folder, problem);
    if (!problem && disk.available < wanted)
        throw file_error(ErrorCode::Storage, folder.parent_path(),
                         "has no room for the coarser copies of a large image: they may take " +
                             std::to_string(wanted >> 20) + " MB, and " +
                             std::to_string(disk.available >> 20) +
                             " MB are free. Until there is room, moving about in it is slow.");
}

// Writers of all levels; each hands the mean of its rows to the next.
class Cascade {
public:
    Cascade(const ImageInfo& info, const fs::path& folder, int first, int last) {
        for (int level = first; level <= last; ++level) {
            const LevelSize size = level_size(info.width, info.height, level);
            writers_.push_back(std::make_unique<TiffWriter>(
                level_file(folder, level), info.type, info.channels, size.height, size.width,
                TiffOptions{.quick = true, .rgb = info.rgb && info.channels == 3}));
        }
    }
    // Bands begin at rows that halve evenly down to the last level.
    void add(Image rows, JobContext& job) {
        for (std::size_t i = 0; i < writers_.size(); ++i) {
            if (i > 0)
                rows = halved(rows);
            job.throw_if_cancelled();
            writers_[i]->write_rows(rows);
        }
    }
    void finish() {
        for (const auto& writer : writers_)
            writer->finish();
    }

private:
    std::vector<std::unique_ptr<TiffWriter>> writers_;
};

void paste(const Image& from, Image& to, std::int64_t left) {
    const std::size_t pixel = bytes_per_pixel(to.type()),
                      row = static_cast<std::size_t>(from.width()) * pixel;
    for (int channel = 0; channel < to.channels(); ++channel) {
        std::byte* out = to.writable_plane(channel).data();
        for (std::int64_t y = 0; y < from.height(); ++y)
            std::memcpy(out + static_cast<std::size_t>(y * to.width() + left) * pixel,
                        from.plane(channel).data() + static_cast<std::size_t>(y) * row, row);
    }
}

// The first level's rows below a band of the image.
Image first_rows(ImageSource& image, const Region& band, int first, JobContext& job) {
    if (first == 0)
        return image.read(band);
    const ImageInfo& info = image.info();
    const std::int64_t tile = info.tile_width + info.tile_width % 2;
    const std::int64_t width = std::max(tile, piece_width / tile * tile);
    Image rows = Image::create(info.type, info.channels, (band.height + 1) / 2, (band.width + 1) / 2);
    for (std::int64_t x = 0; x < band.width; x += width) {
        job.throw_if_cancelled();
        paste(halved(image.read({x, band.y, std::min(width, band.width - x), band.height})), rows, x / 2);
    }
    return rows;
}

class PyramidSource final : public ImageSource {
public:
    PyramidSource(std::shared_ptr<ImageSource> image, fs::path folder, int first,
                  std::vector<std::unique_ptr<ImageSource>> levels)
        : image_(std::move(image))
        , folder_(std::move(folder))
        , info_(image_->info())
        , first_(first)
        , levels_(std::move(levels)) {
        info_.levels = first_ + static_cast<int>(levels_.size());
        if (first_ == 0) {
            info_.tile_width = levels_[0]->info().tile_width;
            info_.tile_height = levels_[0]->info().tile_height;
        }
    }

    const ImageInfo& info() const override { return info_; }

    Image read(const Region& region, int level, int z, int t) override {
        const LevelSize size = level_size(info_.width, info_.height, std::max(level, 0));
        const bool outside = region.intersected({0, 0, size.width, size.height}).empty();
        if (z != 0 || t != 0 || level < first_ || outside || broken_)
            return image_->read(region, level, z, t);
        const int last = info_.levels - 1, stored = std::min(level, last);
        try {
            // Beyond the last level the one there is, a few hundred pixels wide, is averaged on.
            return levels_[static_cast<std::size_t>(stored - first_)]->read(region, level - stored, 0, 0);
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Memory)
                throw;
            // Deleted or damaged while it was open: it is made anew the next time.
            broken_ = true;
            std::error_code ignored;
            fs::remove_all(folder_, ignored);
        }
        return image_->read(region, level, z, t);
    }

private:
    std::shared_ptr<ImageSource> image_;
    fs::path folder_;
    ImageInfo info_;
    int first_;
    std::vector<std::unique_ptr<ImageSource>> levels_; // from `first_` on
    std::atomic<bool> broken_{false};
};

} // namespace

void write_pyramid(ImageSource& image, const fs::path& folder, const std::string& content_hash,
                   JobContext& job) {
    const ImageInfo& info = image.info();
    const int first = first_level(info), last = pyramid_levels(info.width, info.height, coarsest_side);
    if (info.depth * info.frames != 1 || last < first)
        throw file_error(ErrorCode::Internal, folder, "was to hold a pyramid of an image that needs none.");
    const PartFolder part(folder);
    check_room(info, part.path());
    Cascade cascade(info, part.path(), first, last);
    const std::int64_t unit = std::max(least_band, std::int64_t{1} << last),
                       rows = (std::max(info.tile_height, unit) + unit - 1) / unit * unit;
    for (std::int64_t y = 0; y < info.height; y += rows) {
        job.throw_if_cancelled();
        const Region band{0, y, info.width, std::min(rows, info.height - y)};
        cascade.add(first_rows(image, band, first, job), job);
        job.progress(static_cast<double>(band.bottom()) / static_cast<double>(info.height));
    }
    cascade.finish();
    std::ofstream json(part.path() / "pyramid.json");
    json << description(info, content_hash).dump(1) << "\n";
    json.close();
    if (!json)
        throw file_error(ErrorCode::Storage, folder, "could not be written. Is the disk full?");
    part.commit();
}

std::unique_ptr<ImageSource> open_pyramid(std::shared_ptr<ImageSource> image, const fs::path& folder,
                                          const std::string& content_hash) {
    const ImageInfo& info = image->info();
    std::ifstream in(folder / "pyramid.json");
    if (!in || Json::parse(in, nullptr, false) != description(info, content_hash))
        return nullptr;
    const int first = first_level(info), last = pyramid_levels(info.width, info.height, coarsest_side);
    std::vector<std::unique_ptr<ImageSource>> levels;
    try {
        for (int level = first; level <= last; ++level) {
            levels.push_back(std::make_unique<TiffSource>(level_file(folder, level)));
            const ImageInfo& stored = levels.back()->info();
            const LevelSize size = level_size(info.width, info.height, level);
            if (stored.width != size.width || stored.height != size.height || stored.type != info.type ||
                stored.channels != info.channels)
                return nullptr;
        }
    } catch (const Error&) {
        return nullptr; // a damaged or missing level: the whole is made anew
    }
    if (levels.empty())
        return nullptr;
    return std::make_unique<PyramidSource>(std::move(image), folder, first, std::move(levels));
}

} // namespace eyepiece
