// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/openslide_file.h"
#include "core/formats/area_average.h"
#include "core/formats/file_errors.h"
#include "core/formats/pyramid.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <mutex>
#include <openslide.h>
#include <span>
#include <string_view>

namespace eyepiece {
namespace {

using Handle = std::shared_ptr<openslide_t>;

constexpr std::int64_t band_pixels = 4 << 20; // read from OpenSlide at a time

std::string title_of(const std::string& format) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> titles{{
        {"aperio", "Aperio"},
        {"hamamatsu", "Hamamatsu"},
        {"leica", "Leica"},
        {"mirax", "MIRAX"},
        {"philips", "Philips"},
        {"sakura", "Sakura"},
        {"trestle", "Trestle"},
        {"ventana", "Ventana"},
    }};
    for (const auto& [name, title] : titles)
        if (name == format)
            return std::string(title) + " slide";
    return format + " slide";
}

Handle open_handle(const std::filesystem::path& path, const std::string& format) {
    Handle slide(openslide_open(path.c_str()), [](openslide_t* open) {
        if (open)
            openslide_close(open);
    });
    if (!slide)
        throw file_error(
            ErrorCode::BadInput, path,
            "looks like a " + title_of(format) +
                ", but OpenSlide cannot open it. Is it complete, with all the files that belong to it?");
    if (const char* problem = openslide_get_error(slide.get()))
        throw file_error(ErrorCode::BadInput, path,
                         "is a damaged or truncated " + title_of(format) + " (" + problem + ").");
    return slide;
}

double number_of(openslide_t* slide, const char* name) {
    const char* text = openslide_get_property_value(slide, name);
    double value = 0;
    if (text)
        std::from_chars(text, text + std::string_view(text).size(), value);
    return std::isfinite(value) && value > 0 ? value : 0;
}

// What lies where nothing was scanned.
std::array<unsigned, 3> background_of(openslide_t* slide) {
    std::array<unsigned, 3> color{255, 255, 255};
    const char* text = openslide_get_property_value(slide, OPENSLIDE_PROPERTY_NAME_BACKGROUND_COLOR);
    unsigned packed = 0;
    if (text && std::string_view(text).size() == 6 &&
        std::from_chars(text, text + 6, packed, 16).ec == std::errc())
        color = {packed >> 16, packed >> 8 & 255, packed & 255};
    return color;
}

class SlideSource final : public ImageSource {
public:
    SlideSource(std::filesystem::path path, std::string format)
        : path_(std::move(path)), format_(std::move(format)), handle_(open_handle(path_, format_)) {
        openslide_t* slide = handle_.get();
        for (int level = 0; level < openslide_get_level_count(slide); ++level) {
            Stored stored{level, 0, 0, openslide_get_level_downsample(slide, level)};
            openslide_get_level_dimensions(slide, level, &stored.width, &stored.height);
            if (stored.width <= 0 || stored.height <= 0 || !(stored.scale >= 1))
                throw file_error(ErrorCode::BadInput, path_,
                                 "is a damaged slide: a level of it has no size.");
            // Of a tile that is larger than its picture libtiff 4.5 gives OpenSlide garbage.
            const std::string about = "openslide.level[" + std::to_string(level) + "].tile-";
            if (static_cast<double>(stored.width) >= number_of(slide, (about + "width").c_str()) &&
                static_cast<double>(stored.height) >= number_of(slide, (about + "height").c_str()))
                stored_.push_back(stored);
            else if (level == 0)
                throw file_error(ErrorCode::Unsupported, path_,
                                 "is a slide that is smaller than one of its tiles.");
        }
        if (stored_.empty())
            throw file_error(ErrorCode::BadInput, path_, "is a slide without any level.");
        background_ = background_of(slide);
        info_.width = stored_[0].width;
        info_.height = stored_[0].height;
        info_.channels = 3;
        info_.rgb = true;
        info_.format = title_of(format_);
        info_.pixel_size = {number_of(slide, OPENSLIDE_PROPERTY_NAME_MPP_X),
                            number_of(slide, OPENSLIDE_PROPERTY_NAME_MPP_Y), 0, "µm"};
        // Some formats say nothing of their tiles: then regions can be read from anywhere all the same.
        const auto tile = [&](const char* name) {
            const double side = number_of(slide, name);
            return side >= 1 ? static_cast<std::int64_t>(side) : 256;
        };
        info_.tile_width = tile("openslide.level[0].tile-width");
        info_.tile_height = tile("openslide.level[0].tile-height");
        // The coarsest of our levels that has a stored one at hand; the levels beyond are made from it.
        while (coarsest_ < 30 && stored_for(coarsest_) + 1 < stored_.size())
            ++coarsest_;
        info_.levels = coarsest_ + 1;
        overviews_ = std::make_unique<Overviews>(
            level_size(info_.width, info_.height, coarsest_), std::size_t{3}, info_.tile_height,
            [this](const Region& region, int, int) { return read_mapped(region, coarsest_); });
    }

    const ImageInfo& info() const override { return info_; }

    Image read(const Region& region, int level, int z, int t) override {
        if (level < 0 || z != 0 || t != 0)
            throw file_error(ErrorCode::BadInput, path_, "has a single plane only.");
        const LevelSize size = level_size(info_.width, info_.height, level);
        const Region clipped = region.intersected({0, 0, size.width, size.height});
        if (clipped.empty())
            throw file_error(ErrorCode::BadInput, path_, "was read outside of its bounds.");
        return level <= coarsest_ ? read_mapped(clipped, level)
                                  : overviews_->read(clipped, level - coarsest_, 0, 0);
    }

private:
    struct Stored {
        std::int32_t number;
        std::int64_t width, height; // px
        double scale;               // px of level 0 that one of its pixels stands for
    };

    // Levels are rounded to whole pixels, so the ratio that OpenSlide works out from their sizes is only
    // nearly a whole number: what shifts nothing by more than a pixel is meant to be exact.
    double ratio_of(const Stored& stored, int level) const {
        const double exact = std::ldexp(1.0, level) / stored.scale, whole = std::max(1.0, std::round(exact));
        const auto side = static_cast<double>(std::max(stored.width, stored.height));
        return std::abs(exact / whole - 1) < std::min(0.05, 1.5 / side) ? whole : exact;
    }

    // The coarsest stored level that is as fine as ours.
    std::size_t stored_for(int level) const {
        std::size_t found = 0;
        for (std::size_t i = 1; i < stored_.size(); ++i)
            if (ratio_of(stored_[i], level) >= 1)
                found = i;
        return found;
    }

    Image read_mapped(const Region& region, int level) {
        const Stored& stored = stored_[stored_for(level)];
        const double ratio = ratio_of(stored, level);
        const AreaAverage average(region, ratio, {stored.width, stored.height});
        Image result = Image::create(PixelType::UInt8, 3, region.height, region.width);
        const std::int64_t rows = std::max<std::int64_t>(
            1, static_cast<std::int64_t>(static_cast<double>(band_pixels) /
                                         (ratio * static_cast<double>(average.below(0, 1).width))));
        for (std::int64_t y = 0; y < region.height; y += rows) {
            const std::int64_t count = std::min(rows, region.height - y);
            const Region below = average.below(y, count);
            average.write(read_stored(below, stored), below, y, count, result);
        }
        return result;
    }

    Image read_stored(const Region& region, const Stored& stored) {
        std::vector<std::uint32_t> packed(static_cast<std::size_t>(region.width * region.height));
        const Handle slide = handle();
        const auto place = [&](std::int64_t at) {
            return std::llround(static_cast<double>(at) * stored.scale);
        };
        openslide_read_region(slide.get(), packed.data(), place(region.x), place(region.y), stored.number,
                              region.width, region.height);
        if (const char* problem = openslide_get_error(slide.get())) {
            const std::string why = problem;
            forget(slide);
            throw file_error(
                ErrorCode::BadInput, path_,
                "is a damaged or truncated slide: pixels near x = " + std::to_string(place(region.x)) +
                    ", y = " + std::to_string(place(region.y)) + " cannot be decoded (" + why + ").");
        }
        Image image = Image::create(PixelType::UInt8, 3, region.height, region.width);
        std::array<std::uint8_t*, 3> planes{};
        for (int c = 0; c < 3; ++c)
            planes[static_cast<std::size_t>(c)] = image.writable_plane_as<std::uint8_t>(c).data();
        for (std::size_t i = 0; i < packed.size(); ++i) {
            const std::uint32_t argb = packed[i]; // colours are multiplied by alpha already
            const unsigned through = 255 - (argb >> 24);
            for (std::size_t c = 0; c < 3; ++c)
                planes[c][i] = static_cast<std::uint8_t>(
                    std::min(255u, (argb >> (16 - 8 * c) & 255) + (through * background_[c] + 127) / 255));
        }
        return image;
    }

    // After an error OpenSlide answers nothing any more: the next read opens the file anew, for the disk may
    // be back by then.
    Handle handle() {
        const std::lock_guard lock(mutex_);
        if (!handle_)
            handle_ = open_handle(path_, format_);
        return handle_;
    }
    void forget(const Handle& broken) {
        const std::lock_guard lock(mutex_);
        if (handle_ == broken)
            handle_.reset();
    }

    std::filesystem::path path_;
    std::string format_;
    std::mutex mutex_; // guards handle_; reading through one handle is thread-safe
    Handle handle_;
    std::vector<Stored> stored_; // from the finest on
    std::array<unsigned, 3> background_{};
    ImageInfo info_;
    int coarsest_ = 0;
    std::unique_ptr<Overviews> overviews_;
};

} // namespace

std::string slide_format(const std::filesystem::path& path) {
    const char* vendor = openslide_detect_vendor(path.c_str());
    const std::string format = vendor ? vendor : "";
    return format == "generic-tiff" ? std::string() : format;
}

std::unique_ptr<ImageSource> open_slide(const std::filesystem::path& path, const std::string& format) {
    return std::make_unique<SlideSource>(path, format);
}

std::vector<std::string> associated_images(const std::filesystem::path& path) {
    std::vector<std::string> names;
    const std::string format = slide_format(path);
    if (format.empty())
        return names;
    const Handle slide = open_handle(path, format);
    for (const char* const* name = openslide_get_associated_image_names(slide.get()); name && *name; ++name)
        names.emplace_back(*name);
    return names;
}

} // namespace eyepiece
