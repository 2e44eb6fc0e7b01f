// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/tiff_source.h"
#include "core/formats/file_errors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tiffio.h>

namespace eyepiece {
namespace {

constexpr std::size_t cache_budget = std::size_t{24} << 20;
// Blocks above this are not decoded whole: strips are read row by row instead.
constexpr std::int64_t large_block = std::int64_t{8} << 20;
constexpr std::int64_t largest_block = std::int64_t{512} << 20;

std::size_t size_of(std::int64_t count) {
    return static_cast<std::size_t>(count);
}

// Samples stored per pixel in one block.
int block_samples(const TiffPage& page) {
    if (page.coding == TiffCoding::Rgba)
        return 3;
    return page.separate ? 1 : page.samples;
}

std::int64_t stored_row_bytes(const TiffPage& page, std::int64_t width) {
    const int samples = page.separate ? 1 : page.samples;
    return (width * samples * page.bits + 7) / 8;
}

// Samples after decoding a block: a palette turns one into three.
int decoded_samples(const TiffPage& page) {
    return page.coding == TiffCoding::Palette ? page.channels() : block_samples(page);
}

// Unsigned numbers of `bits` bits, most significant first, each row padded to whole bytes.
template<class T>
void unpack(std::span<const std::byte> from, std::int64_t row_bytes, std::int64_t row_samples,
            std::int64_t rows, int bits, bool spread, std::span<T> to) {
    const unsigned most = (1u << bits) - 1;
    for (std::int64_t y = 0; y < rows; ++y) {
        const auto* line = reinterpret_cast<const std::uint8_t*>(from.data()) + y * row_bytes;
        T* out = to.data() + y * row_samples;
        unsigned buffer = 0;
        int held = 0;
        for (std::int64_t x = 0; x < row_samples; ++x) {
            while (held < bits) {
                buffer = (buffer << 8) | *line++;
                held += 8;
            }
            const unsigned value = (buffer >> (held - bits)) & most;
            held -= bits;
            out[x] = static_cast<T>(spread ? value * 255 / most : value);
        }
    }
}

template<class T>
void invert(std::span<T> values) {
    for (T& value : values)
        value = static_cast<T>(std::numeric_limits<T>::max() - value);
}

template<class T>
std::span<T> typed(std::vector<std::byte>& bytes) {
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
}

} // namespace

BlockCache::Block BlockCache::find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end())
        return {};
    blocks_.splice(blocks_.begin(), blocks_, found->second);
    return found->second->second;
}

void BlockCache::add(const Key& key, Block block) {
    used_ += block->size();
    blocks_.emplace_front(key, std::move(block));
    index_[key] = blocks_.begin();
    while (used_ > budget_ && blocks_.size() > 1) {
        used_ -= blocks_.back().second->size();
        index_.erase(blocks_.back().first);
        blocks_.pop_back();
    }
}

TiffSource::TiffSource(const std::filesystem::path& path, bool raw)
    : file_(path), raw_(raw), cache_(cache_budget) {
    for (TiffPage& page : file_.pages(raw))
        pages_.push_back(fitted(std::move(page)));
    layout_ = tiff_layout(file_, pages_);
    const TiffPage& first = pages_[0];
    info_.width = first.width;
    info_.height = first.height;
    info_.channels = first.channels() * layout_.groups;
    info_.depth = layout_.depth;
    info_.frames = layout_.frames;
    info_.type = first.type;
    info_.rgb = first.rgb && layout_.groups == 1;
    info_.pixel_size = layout_.pixel_size;
    info_.channel_names = layout_.channel_names;
    info_.channel_colors = layout_.channel_colors;
    info_.format = layout_.format;
    // A lookup table that a gray image is shown with says its colour.
    if (info_.channels == 1 && !first.palette.empty() && first.coding != TiffCoding::Palette &&
        info_.channel_colors.empty())
        info_.channel_colors = {first.palette.back()};
    if (first.tiled) {
        info_.tile_width = first.block_width;
        info_.tile_height = first.block_height;
    }
    find_levels();
    info_.levels = levels_.rbegin()->first + 1;
}

TiffSource::~TiffSource() = default;

// Chooses blocks that fit memory: a large strip is read as bands of rows.
TiffPage TiffSource::fitted(TiffPage page) const {
    const double row = static_cast<double>(page.block_width) * page.samples * std::max(page.bits, 8) / 8;
    const double bytes = row * static_cast<double>(page.block_height);
    if (page.tiled ? bytes > static_cast<double>(largest_block) : row > static_cast<double>(largest_block))
        throw file_error(ErrorCode::Unsupported, file_.path(),
                         "has blocks of " + std::to_string(page.block_width) + " x " +
                             std::to_string(page.block_height) +
                             " pixels, too large to decode. Write it in tiles of "
                             "256 x 256.");
    return page;
}

void TiffSource::find_levels() {
    levels_[0] = {{info_.width, info_.height}, -1, -1};
    // The level whose halvings a page's size fits, allowing for rounding down; 0: none.
    const auto fits = [&](const TiffPage& page) {
        if (page.type != info_.type || page.channels() != pages_[0].channels())
            return 0;
        for (int level = 1; level < 24; ++level) {
            const LevelSize size = level_size(info_.width, info_.height, level);
            if (std::abs(size.width - page.width) <= 1 && std::abs(size.height - page.height) <= 1)
                return size.width > 1 && size.height > 1 ? level : 0;
        }
        return 0;
    };
    const auto& children = pages_[0].children;
    for (std::size_t i = 0; i < children.size(); ++i) {
        const TiffPage& page = child_page(children[i]);
        if (const int level = fits(page); level && !levels_.count(level))
            levels_[level] = {{page.width, page.height}, static_cast<int>(i), -1};
    }
    if (layout_.planes.size() != 1 || levels_.size() > 1)
        return;
    for (std::size_t i = 1; i < pages_.size(); ++i)
        if (const int level = pages_[i].reduced || pages_[i].tiled ? fits(pages_[i]) : 0;
            level && !levels_.count(level))
            levels_[level] = {{pages_[i].width, pages_[i].height}, -1, static_cast<std::int32_t>(i)};
}

const TiffPage& TiffSource::child_page(std::uint64_t offset) {
    const auto found = children_.find(offset);
    return found != children_.end()
               ? found->second
               : children_.emplace(offset, fitted(file_.page_at(offset, raw_))).first->second;
}

Image TiffSource::read(const Region& region, int level, int z, int t) {
    if (level < 0 || z < 0 || t < 0 || z >= info_.depth || t >= info_.frames)
        throw file_error(ErrorCode::BadInput, file_.path(),
                         "has no plane z = " + std::to_string(z) + ", t = " + std::to_string(t) + ".");
    const LevelSize size = level_size(info_.width, info_.height, level);
    const Region clipped = region.intersected({0, 0, size.width, size.height});
    if (clipped.empty())
        throw file_error(ErrorCode::BadInput, file_.path(), "was read outside of its bounds.");
    if (levels_.count(level)) {
        const std::lock_guard lock(mutex_);
        return read_stored(clipped, level, z, t);
    }
    const auto below = std::prev(levels_.upper_bound(level))->first;
    Overviews* overviews = nullptr;
    {
        const std::lock_guard lock(mutex_);
        auto& made = overviews_[below];
        if (!made)
            made = std::make_unique<Overviews>(level_size(info_.width, info_.height, below),
                                               bytes_per_pixel(info_.type) * size_of(info_.channels),
                                               pages_[0].block_height,
                                               [this, below](const Region& part, int plane_z, int plane_t) {
                                                   const std::lock_guard reading(mutex_);
                                                   return read_stored(part, below, plane_z, plane_t);
                                               });
        overviews = made.get();
    }
    // Between two stored levels only what is asked for is averaged: the whole plane is far away.
    return level < info_.levels ? overviews->average(clipped, level - below, z, t)
                                : overviews->read(clipped, level - below, z, t);
}

Image TiffSource::read_stored(const Region& region, int level, int z, int t) {
    Image image = Image::create(info_.type, info_.channels, region.height, region.width);
    const Level& stored = levels_.at(level);
    for (int group = 0; group < layout_.groups; ++group) {
        const std::int32_t index = layout_.page_of(group, z, t);
        if (index < 0)
            throw file_error(ErrorCode::Unsupported, file_.path(),
                             "does not hold the plane z = " + std::to_string(z) +
                                 ", t = " + std::to_string(t) + ", channel " + std::to_string(group) +
                                 ": its OME description says that it lies in another file.");
        const int first_channel = group * pages_[0].channels();
        if (layout_.contiguous) {
            read_contiguous(index, region, image, first_channel);
            continue;
        }
        const TiffPage* page = &pages_[size_of(index)];
        if (stored.page >= 0) {
            page = &pages_[size_of(stored.page)];
        } else if (stored.child >= 0) {
            if (size_of(stored.child) >= page->children.size())
                file_.fail("is a damaged TIFF: a page lacks its smaller copies");
            page = &child_page(page->children[size_of(stored.child)]);
            if (page->width != stored.size.width || page->height != stored.size.height ||
                page->type != info_.type || page->channels() != pages_[0].channels())
                file_.fail("is a damaged TIFF: the smaller copies of its pages differ");
        }
        read_page(*page, region, image, first_channel);
    }
    return image;
}

void TiffSource::read_page(const TiffPage& page, const Region& region, Image& image, int first_channel) {
    const std::size_t pixel = bytes_per_pixel(page.type);
    // A stored level may be a pixel smaller than its size by rounding up: its last row and column are
    // repeated.
    const Region inside{std::min(region.x, page.width - 1), std::min(region.y, page.height - 1),
                        std::min(region.right(), page.width) - std::min(region.x, page.width - 1),
                        std::min(region.bottom(), page.height) - std::min(region.y, page.height - 1)};
    const int samples = decoded_samples(page);
    // A large strip is cut into bands of rows.
    const std::int64_t rows_per_block =
        page.tiled
            ? page.block_height
            : std::min(page.block_height,
                       std::max<std::int64_t>(
                           1, large_block / std::max<std::int64_t>(1, stored_row_bytes(page, page.width))));
    std::vector<std::byte*> planes;
    for (int channel = 0; channel < page.channels(); ++channel)
        planes.push_back(image.writable_plane(first_channel + channel).data());
    for (std::int64_t top = inside.y / rows_per_block * rows_per_block; top < inside.bottom();) {
        // Bands start anew with every strip.
        const std::int64_t strip = top / page.block_height * page.block_height;
        const std::int64_t block_top = strip + (top - strip) / rows_per_block * rows_per_block;
        const std::int64_t block_rows =
            std::min({rows_per_block, strip + page.block_height - block_top, page.height - block_top});
        for (std::int64_t left = inside.x / page.block_width * page.block_width; left < inside.right();
             left += page.block_width) {
            const Region part = inside.intersected({left, block_top, page.block_width, block_rows});
            if (part.empty())
                continue;
            for (int group = 0; group < (page.separate ? page.channels() : 1); ++group) {
                const int sample = page.separate ? page.sample_of_channel[size_of(group)] : 0;
                const auto decoded = block(page, left, block_top, sample);
                for (int channel = 0; channel < page.channels(); ++channel) {
                    if (page.separate && channel != group)
                        continue;
                    const int offset = page.separate ? 0 : page.sample_of_channel[size_of(channel)];
                    for (std::int64_t y = part.y; y < part.bottom(); ++y) {
                        const std::byte* from =
                            decoded->data() +
                            (size_of((y - block_top) * page.block_width + part.x - left) * size_of(samples) +
                             size_of(offset)) *
                                pixel;
                        std::byte* to = planes[size_of(channel)] +
                                        size_of((y - region.y) * region.width + part.x - region.x) * pixel;
                        if (samples == 1) {
                            std::memcpy(to, from, size_of(part.width) * pixel);
                            continue;
                        }
                        with_pixel_type(page.type, [&](auto value) {
                            using T = decltype(value);
                            const T* source = reinterpret_cast<const T*>(from);
                            T* target = reinterpret_cast<T*>(to);
                            for (std::int64_t x = 0; x < part.width; ++x)
                                target[x] = source[x * samples];
                        });
                    }
                }
            }
        }
        top = block_top + block_rows;
    }
    if (inside == region)
        return;
    for (std::byte* plane : planes) {
        const std::size_t row = size_of(region.width) * pixel;
        for (std::int64_t y = 0; y < region.height; ++y) {
            const std::int64_t from = std::min(y, inside.bottom() - 1 - region.y);
            if (y != from)
                std::memcpy(plane + size_of(y) * row, plane + size_of(std::max<std::int64_t>(from, 0)) * row,
                            row);
        }
        for (std::int64_t y = 0; y < region.height; ++y)
            for (std::int64_t x = std::max<std::int64_t>(inside.right() - region.x, 1); x < region.width; ++x)
                std::memcpy(plane + size_of(y) * row + size_of(x) * pixel,
                            plane + size_of(y) * row + size_of(x - 1) * pixel, pixel);
    }
}

// Column and row are the block's first pixel.
BlockCache::Block TiffSource::block(const TiffPage& page, std::int64_t column, std::int64_t row, int sample) {
    const std::int64_t across = (page.width + page.block_width - 1) / page.block_width;
    const BlockCache::Key key{page.offset, (sample * page.height + row) * across + column / page.block_width};
    if (auto found = cache_.find(key))
        return found;
    auto made = std::make_shared<const std::vector<std::byte>>(decode(page, column, row, sample));
    cache_.add(key, made);
    return made;
}

std::vector<std::byte> TiffSource::decode(const TiffPage& page, std::int64_t column, std::int64_t row,
                                          int sample) {
    TIFF* tiff = file_.select(page.offset);
    const std::int64_t stored_row = stored_row_bytes(page, page.block_width);
    const std::int64_t bands = std::max<std::int64_t>(1, large_block / std::max<std::int64_t>(1, stored_row));
    const bool by_rows = !page.tiled && page.block_height > bands;
    const std::int64_t rows =
        page.tiled ? page.block_height
        : by_rows  ? std::min({bands, page.block_height - row % page.block_height, page.height - row})
                   : std::min(page.block_height, page.height - row);
    if (page.coding == TiffCoding::Rgba)
        return decode_rgba(page, column, row, rows);

    std::vector<std::byte> stored(size_of(stored_row * rows));
    if (by_rows) {
        read_rows(page, row, rows, sample, stored);
    } else {
        tmsize_t got = 0;
        const auto wanted = static_cast<tmsize_t>(stored.size());
        if (page.tiled)
            got = TIFFReadEncodedTile(tiff,
                                      TIFFComputeTile(tiff, static_cast<std::uint32_t>(column),
                                                      static_cast<std::uint32_t>(row), 0,
                                                      static_cast<std::uint16_t>(sample)),
                                      stored.data(), wanted);
        else
            got = TIFFReadEncodedStrip(
                tiff,
                TIFFComputeStrip(tiff, static_cast<std::uint32_t>(row), static_cast<std::uint16_t>(sample)),
                stored.data(), wanted);
        if (got != wanted)
            file_.fail("is a damaged or truncated TIFF: pixels near x = " + std::to_string(column) +
                       ", y = " + std::to_string(row) + " cannot be decoded");
        next_row_ = -1; // libtiff's place among the rows is lost
    }

    const std::int64_t row_samples = page.block_width * (page.separate ? 1 : page.samples);
    const std::size_t count = size_of(row_samples * rows);
    std::vector<std::byte> result;
    switch (page.coding) {
    case TiffCoding::Direct:
        result = std::move(stored);
        break;
    case TiffCoding::Packed:
        result.resize(count * bytes_per_pixel(page.type));
        if (page.type == PixelType::UInt8)
            unpack(stored, stored_row, row_samples, rows, page.bits, !raw_, typed<std::uint8_t>(result));
        else
            unpack(stored, stored_row, row_samples, rows, page.bits, false, typed<std::uint16_t>(result));
        break;
    case TiffCoding::Wide: {
        result.resize(count * sizeof(double));
        for (std::size_t i = 0; i < count; ++i) {
            std::int64_t value = 0;
            std::memcpy(&value, stored.data() + i * sizeof value, sizeof value);
            typed<double>(result)[i] = page.signed_samples
                                           ? static_cast<double>(value)
                                           : static_cast<double>(static_cast<std::uint64_t>(value));
        }
        break;
    }
    case TiffCoding::Palette: {
        std::vector<std::uint8_t> indices(count);
        if (page.bits == 8)
            std::memcpy(indices.data(), stored.data(), count);
        else
            unpack<std::uint8_t>(stored, stored_row, row_samples, rows, page.bits, false, indices);
        const std::size_t channels = size_of(page.channels());
        result.resize(count * channels);
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t channel = 0; channel < channels; ++channel)
                result[i * channels + channel] = std::byte{page.palette[indices[i]][channel]};
        return result;
    }
    case TiffCoding::Rgba:
        break;
    }
    // Raw values of label images stay: there 0 is background whatever is drawn for it.
    if (page.white_is_zero && !raw_) {
        if (page.coding == TiffCoding::Packed && page.type == PixelType::UInt16) {
            for (auto& value : typed<std::uint16_t>(result))
                value = static_cast<std::uint16_t>((1u << page.bits) - 1 - value);
        } else if (page.type == PixelType::UInt8) {
            invert(typed<std::uint8_t>(result));
        } else if (page.type == PixelType::UInt16) {
            invert(typed<std::uint16_t>(result));
        } else if (page.type == PixelType::UInt32) {
            invert(typed<std::uint32_t>(result));
        }
    }
    return result;
}

// Rows of a strip that is too large to decode at once: decoders only go forward, so a row before the last one
// read means starting at the strip's beginning again. Reading downwards, as is done for overviews, costs one
// pass.
void TiffSource::read_rows(const TiffPage& page, std::int64_t row, std::int64_t rows, int sample,
                           std::span<std::byte> out) {
    TIFF* tiff = file_.select(page.offset);
    const std::int64_t strip = row / page.block_height * page.block_height;
    const auto row_bytes = size_of(stored_row_bytes(page, page.width));
    if (rows_page_ != page.offset || rows_sample_ != sample || next_row_ < strip || next_row_ > row) {
        next_row_ = strip;
        // Back to the start even when libtiff believes to be within this strip.
        if (strip + 1 < page.height && page.block_height > 1) {
            std::vector<std::byte> scratch(row_bytes);
            TIFFReadScanline(tiff, scratch.data(), static_cast<std::uint32_t>(strip),
                             static_cast<std::uint16_t>(sample));
            next_row_ = strip + 1;
            if (row == strip) {
                std::memcpy(out.data(), scratch.data(), row_bytes);
                out = out.subspan(row_bytes);
                ++row;
                --rows;
            }
        }
    }
    rows_page_ = page.offset;
    rows_sample_ = sample;
    std::vector<std::byte> skipped(row_bytes);
    while (rows > 0) {
        const bool wanted = next_row_ == row;
        if (TIFFReadScanline(tiff, wanted ? out.data() : skipped.data(),
                             static_cast<std::uint32_t>(next_row_),
                             static_cast<std::uint16_t>(sample)) != 1) {
            const auto bad = next_row_;
            next_row_ = -1;
            file_.fail("is a damaged or truncated TIFF: row " + std::to_string(bad) + " cannot be decoded");
        }
        ++next_row_;
        if (wanted) {
            out = out.subspan(row_bytes);
            ++row;
            --rows;
        }
    }
}

std::vector<std::byte> TiffSource::decode_rgba(const TiffPage& page, std::int64_t x, std::int64_t y,
                                               std::int64_t rows) {
    TIFF* tiff = file_.select(page.offset);
    next_row_ = -1;
    std::vector<std::uint32_t> raster(size_of(page.block_width * rows));
    const int good = page.tiled ? TIFFReadRGBATileExt(tiff, static_cast<std::uint32_t>(x),
                                                      static_cast<std::uint32_t>(y), raster.data(), 1)
                                : TIFFReadRGBAStripExt(tiff, static_cast<std::uint32_t>(y), raster.data(), 1);
    if (!good)
        file_.fail("is a damaged or truncated TIFF: pixels near x = " + std::to_string(x) +
                   ", y = " + std::to_string(y) + " cannot be decoded");
    std::vector<std::byte> result(raster.size() * 3);
    for (std::int64_t line = 0; line < rows; ++line) // libtiff's rows run upwards
        for (std::int64_t i = 0; i < page.block_width; ++i) {
            const std::uint32_t color = raster[size_of((rows - 1 - line) * page.block_width + i)];
            std::byte* out = result.data() + size_of(line * page.block_width + i) * 3;
            out[0] = static_cast<std::byte>(TIFFGetR(color));
            out[1] = static_cast<std::byte>(TIFFGetG(color));
            out[2] = static_cast<std::byte>(TIFFGetB(color));
        }
    return result;
}

// A plane of an ImageJ stack without pages of its own.
void TiffSource::read_contiguous(std::int32_t plane, const Region& region, Image& image, int first_channel) {
    const TiffPage& page = pages_[0];
    const std::size_t pixel = bytes_per_pixel(page.type);
    const auto samples = size_of(page.samples);
    const auto row_bytes = size_of(page.width) * samples * pixel;
    const std::uint64_t start =
        file_.first_block_offset(page.offset) +
        static_cast<std::uint64_t>(plane) * row_bytes * static_cast<std::uint64_t>(page.height);
    File file = open_for_reading(file_.path());
    std::vector<std::byte> row(size_of(region.width) * samples * pixel);
    for (std::int64_t y = 0; y < region.height; ++y) {
        const std::uint64_t at = start + static_cast<std::uint64_t>(region.y + y) * row_bytes +
                                 static_cast<std::uint64_t>(region.x) * samples * pixel;
        if (fseeko(file.get(), static_cast<off_t>(at), SEEK_SET) != 0 ||
            std::fread(row.data(), 1, row.size(), file.get()) != row.size())
            throw file_error(ErrorCode::BadInput, file_.path(), "is a truncated ImageJ stack.");
        if (file_.byte_swapped())
            for (std::size_t i = 0; i < row.size(); i += pixel)
                std::reverse(row.data() + i, row.data() + i + pixel);
        for (int channel = 0; channel < page.channels(); ++channel) {
            std::byte* out =
                image.writable_plane(first_channel + channel).data() + size_of(y * region.width) * pixel;
            for (std::int64_t x = 0; x < region.width; ++x)
                std::memcpy(out + size_of(x) * pixel,
                            row.data() +
                                (size_of(x) * samples + size_of(page.sample_of_channel[size_of(channel)])) *
                                    pixel,
                            pixel);
        }
    }
}

} // namespace eyepiece
