// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/pixel_blocks.h"

#include "core/base/error.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace eyepiece {

namespace {

template<class T>
void halve_plane(std::span<const T> in, std::int64_t width, std::int64_t height, std::span<T> out) {
    using Sum = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
    const std::int64_t half_width = (width + 1) / 2, half_height = (height + 1) / 2;
    for (std::int64_t y = 0; y < half_height; ++y) {
        const T* a = in.data() + 2 * y * width;
        const T* b = 2 * y + 1 < height ? a + width : a;
        T* row = out.data() + y * half_width;
        const std::int64_t whole = width / 2;
        for (std::int64_t x = 0; x < whole; ++x) {
            const Sum sum = static_cast<Sum>(a[2 * x]) + static_cast<Sum>(a[2 * x + 1]) +
                            static_cast<Sum>(b[2 * x]) + static_cast<Sum>(b[2 * x + 1]);
            if constexpr (std::is_floating_point_v<T>)
                row[x] = sum / 4;
            else
                row[x] = static_cast<T>((sum + 2) >> 2);
        }
        if (whole < half_width) {
            const Sum sum = static_cast<Sum>(a[width - 1]) + static_cast<Sum>(b[width - 1]);
            if constexpr (std::is_floating_point_v<T>)
                row[whole] = sum / 2;
            else
                row[whole] = static_cast<T>((sum + 1) >> 1);
        }
    }
}

template<class T>
void halve_all(const Image& image, Image& out) {
    for (int c = 0; c < image.channels(); ++c)
        halve_plane<T>(image.plane_as<T>(c), image.width(), image.height(), out.writable_plane_as<T>(c));
}

// Copies the part of `from` that lies in `to`; both are given with their place in the level.
void copy_overlap(const Image& from, const Region& from_place, Image& to, const Region& to_place) {
    const Region common = from_place.intersected(to_place);
    if (common.empty())
        return;
    const std::size_t size = bytes_per_pixel(from.type());
    const std::size_t row_bytes = static_cast<std::size_t>(common.width) * size;
    for (int c = 0; c < to.channels(); ++c) {
        const std::byte* source = from.plane(c).data();
        std::byte* target = to.writable_plane(c).data();
        for (std::int64_t y = common.y; y < common.bottom(); ++y) {
            const auto in = (y - from_place.y) * from_place.width + common.x - from_place.x;
            const auto out = (y - to_place.y) * to_place.width + common.x - to_place.x;
            std::memcpy(target + static_cast<std::size_t>(out) * size,
                        source + static_cast<std::size_t>(in) * size, row_bytes);
        }
    }
}

} // namespace

Image halved(const Image& image) {
    Image out =
        Image::create(image.type(), image.channels(), (image.height() + 1) / 2, (image.width() + 1) / 2);
    with_pixel_type(image.type(), [&](auto sample) { halve_all<decltype(sample)>(image, out); });
    return out;
}

std::size_t PixelBlocks::KeyHash::operator()(const Key& key) const noexcept {
    std::uint64_t h = static_cast<std::uint64_t>(key.x) * 0x9E3779B97F4A7C15ull;
    h ^= static_cast<std::uint64_t>(key.y) * 0xC2B2AE3D27D4EB4Full + (h << 6) + (h >> 2);
    h ^= static_cast<std::uint64_t>(key.level * 7919 + key.z * 104729 + key.t * 1299709) *
         0x165667B19E3779F9ull;
    return static_cast<std::size_t>(h ^ (h >> 31));
}

PixelBlocks::PixelBlocks(std::shared_ptr<ImageSource> source, std::size_t budget_bytes)
    : source_(std::move(source)), budget_(budget_bytes) {
    for (auto side = std::max(info().width, info().height); side > block_size; side = (side + 1) / 2)
        ++levels_;
}

PixelBlocks::~PixelBlocks() = default;

Region PixelBlocks::extent(int level) const {
    const auto up = [level](std::int64_t n) { return (n + (std::int64_t{1} << level) - 1) >> level; };
    return {0, 0, up(info().width), up(info().height)};
}

std::size_t PixelBlocks::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

Image PixelBlocks::read(const Region& wanted, int level, int z, int t) {
    const Region region = wanted.intersected(extent(level));
    if (region.empty())
        return {};
    Image out;
    for (auto y = region.y / block_size; y * block_size < region.bottom(); ++y)
        for (auto x = region.x / block_size; x * block_size < region.right(); ++x) {
            const Image part = block({level, static_cast<int>(x), static_cast<int>(y), z, t});
            const Region place{x * block_size, y * block_size, part.width(), part.height()};
            if (place == region)
                return part;
            if (out.empty())
                out = Image::create(part.type(), part.channels(), region.height, region.width);
            copy_overlap(part, place, out, region);
        }
    return out;
}

bool PixelBlocks::peek(std::int64_t x, std::int64_t y, int z, int t, std::span<double> values) const {
    if (x < 0 || y < 0 || x >= info().width || y >= info().height)
        return false;
    const Key key{0, static_cast<int>(x / block_size), static_cast<int>(y / block_size), z, t};
    Image pixels;
    {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (!lock.owns_lock())
            return false;
        const auto found = blocks_.find(key);
        if (found == blocks_.end() || found->second.state != State::Ready)
            return false;
        pixels = found->second.pixels;
    }
    const auto channels = std::min<std::size_t>(values.size(), static_cast<std::size_t>(pixels.channels()));
    for (std::size_t c = 0; c < channels; ++c)
        values[c] = pixels.value(static_cast<int>(c), x % block_size, y % block_size);
    return true;
}

Image PixelBlocks::block(const Key& key) {
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto found = blocks_.find(key);
        if (found == blocks_.end())
            break;
        if (found->second.state == State::Ready) {
            recent_.splice(recent_.begin(), recent_, found->second.recent);
            return found->second.pixels;
        }
        if (found->second.state == State::Failed) { // whoever asks again tries again: the disk may be back
            blocks_.erase(found);
            break;
        }
        loaded_.wait(lock);
    }
    std::vector<Key> mine;
    for (const Key& each : load_together(key))
        if (blocks_.try_emplace(each).second)
            mine.push_back(each);
    lock.unlock();
    try {
        if (mine.size() > 1)
            read_run(mine);
        else
            store(key, load(key));
    } catch (...) {
        const std::lock_guard again(mutex_);
        for (const Key& each : mine)
            if (const auto found = blocks_.find(each);
                found != blocks_.end() && found->second.state == State::Loading)
                found->second.state = State::Failed;
        loaded_.notify_all();
        throw;
    }
    lock.lock();
    const auto found = blocks_.find(key);
    if (found != blocks_.end() && found->second.state == State::Ready)
        return found->second.pixels;
    lock.unlock();
    return load(key); // evicted at once: the budget is smaller than one run of blocks
}

// A file in full-width strips, or one that can only be decoded whole, is read a row of blocks at a time:
// asking for each block alone would decode every strip once a block.
std::vector<PixelBlocks::Key> PixelBlocks::load_together(const Key& key) const {
    constexpr std::int64_t run_limit = 32768; // px
    const bool stored = key.level == 0 || key.level < info().levels;
    const bool narrow = info().tile_width > 0 && info().tile_width <= 2 * block_size;
    if (!stored || narrow)
        return {key};
    const std::int64_t columns = (extent(key.level).width + block_size - 1) / block_size;
    const std::int64_t per_run = run_limit / block_size;
    const std::int64_t first = key.x / per_run * per_run;
    std::vector<Key> run;
    for (std::int64_t x = first; x < std::min(columns, first + per_run); ++x)
        run.push_back({key.level, static_cast<int>(x), key.y, key.z, key.t});
    return run;
}

void PixelBlocks::read_run(const std::vector<Key>& run) {
    const Key& first = run.front();
    const Region all{first.x * std::int64_t{block_size}, first.y * std::int64_t{block_size},
                     (run.back().x - first.x + std::int64_t{1}) * block_size, block_size};
    const Region place = all.intersected(extent(first.level));
    const Image strip = source_->read(place, first.level, first.z, first.t);
    for (const Key& key : run) {
        const Region part =
            Region{key.x * std::int64_t{block_size}, place.y, block_size, place.height}.intersected(place);
        Image pixels = Image::create(strip.type(), strip.channels(), part.height, part.width);
        copy_overlap(strip, place, pixels, part);
        store(key, std::move(pixels));
    }
}

Image PixelBlocks::load(const Key& key) {
    const Region place =
        Region{key.x * std::int64_t{block_size}, key.y * std::int64_t{block_size}, block_size, block_size}
            .intersected(extent(key.level));
    if (place.empty())
        throw Error(ErrorCode::Internal, "A part outside the image was asked for.");
    if (key.level == 0 || key.level < info().levels)
        return source_->read(place, key.level, key.z, key.t);
    const Region finer = extent(key.level - 1);
    const Region twice =
        Region{2 * place.x, 2 * place.y, 2 * place.width, 2 * place.height}.intersected(finer);
    return halved(read(twice, key.level - 1, key.z, key.t));
}

void PixelBlocks::store(const Key& key, Image pixels) {
    const std::lock_guard lock(mutex_);
    Block& block = blocks_[key];
    recent_.push_front(key);
    block.recent = recent_.begin();
    block.pixels = std::move(pixels);
    block.state = State::Ready;
    bytes_ += block.pixels.bytes();
    evict();
    loaded_.notify_all();
}

void PixelBlocks::evict() {
    while (bytes_ > budget_ && recent_.size() > 1) {
        const auto last = blocks_.find(recent_.back());
        bytes_ -= last->second.pixels.bytes();
        blocks_.erase(last);
        recent_.pop_back();
    }
}

} // namespace eyepiece
