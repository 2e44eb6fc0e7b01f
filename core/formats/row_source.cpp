// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/row_source.h"
#include "core/formats/file_errors.h"

#include <algorithm>
#include <cstring>

namespace eyepiece {
namespace {

constexpr std::int64_t band_bytes = std::int64_t{4} << 20;
constexpr std::size_t least_budget = std::size_t{32} << 20;
// A tile of 512 rows, and the one beside it, are cut from the same bands.
constexpr std::int64_t rows_kept = 768;

std::int64_t row_bytes(const ImageInfo& info) {
    return info.width * info.channels * static_cast<std::int64_t>(bytes_per_pixel(info.type));
}

} // namespace

RowSource::RowSource(std::filesystem::path path, ImageInfo info, Open open)
    : path_(std::move(path))
    , info_(std::move(info))
    , open_(std::move(open))
    , band_rows_(std::clamp<std::int64_t>(band_bytes / row_bytes(info_), 1, info_.height))
    , budget_(std::max(least_budget, static_cast<std::size_t>(rows_kept * row_bytes(info_))))
    , overviews_({info_.width, info_.height}, static_cast<std::size_t>(row_bytes(info_) / info_.width),
                 band_rows_, [this](const Region& region, int, int) { return read_finest(region); }) {}

Image RowSource::read(const Region& region, int level, int z, int t) {
    if (level < 0 || z != 0 || t != 0)
        throw file_error(ErrorCode::BadInput, path_, "has a single plane only.");
    const LevelSize size = level_size(info_.width, info_.height, level);
    const Region clipped = region.intersected({0, 0, size.width, size.height});
    if (clipped.empty())
        throw file_error(ErrorCode::BadInput, path_, "was read outside of its bounds.");
    return level == 0 ? read_finest(clipped) : overviews_.read(clipped, level, 0, 0);
}

Image RowSource::read_finest(const Region& region) {
    Image result = Image::create(info_.type, info_.channels, region.height, region.width);
    const std::size_t row = static_cast<std::size_t>(region.width) * bytes_per_pixel(info_.type);
    const std::lock_guard lock(mutex_);
    for (std::int64_t index = region.y / band_rows_; index * band_rows_ < region.bottom(); ++index) {
        const Image rows = band(index);
        const Region place{0, index * band_rows_, info_.width, rows.height()};
        const Region part = place.intersected(region);
        const Image cut = rows.cropped({part.x, part.y - place.y, part.width, part.height});
        for (int channel = 0; channel < result.channels(); ++channel)
            std::memcpy(result.writable_plane(channel).data() +
                            static_cast<std::size_t>(part.y - region.y) * row,
                        cut.plane(channel).data(), cut.plane_bytes());
    }
    return result;
}

Image RowSource::band(std::int64_t index) {
    const auto found =
        std::find_if(kept_.begin(), kept_.end(), [&](const auto& one) { return one.first == index; });
    if (found != kept_.end()) {
        kept_.splice(kept_.begin(), kept_, found);
        return kept_.front().second;
    }
    if (!decoder_ || index < next_band_) {
        decoder_ = open_();
        next_band_ = 0;
    }
    try {
        for (; next_band_ <= index; ++next_band_) {
            const std::int64_t top = next_band_ * band_rows_;
            kept_.emplace_front(next_band_, decoder_->next(std::min(band_rows_, info_.height - top)));
            kept_bytes_ += kept_.front().second.bytes();
            while (kept_bytes_ > budget_ && kept_.size() > 1) {
                kept_bytes_ -= kept_.back().second.bytes();
                kept_.pop_back();
            }
        }
    } catch (...) {
        decoder_.reset(); // where it stands is not known
        throw;
    }
    return kept_.front().second;
}

} // namespace eyepiece
