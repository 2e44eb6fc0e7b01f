// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/pyramid.h"
#include "core/formats/tiff_layout.h"

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace eyepiece {

// Decoded blocks, the ones used last. Not thread-safe.
class BlockCache {
public:
    struct Key {
        std::uint64_t page = 0;
        std::int64_t block = 0;
        bool operator==(const Key&) const = default;
    };
    using Block = std::shared_ptr<const std::vector<std::byte>>;

    explicit BlockCache(std::size_t budget) : budget_(budget) {}
    Block find(const Key& key);
    void add(const Key& key, Block block);

private:
    struct Hash {
        std::size_t operator()(const Key& key) const {
            return std::hash<std::uint64_t>{}(key.page * 0x9E3779B97F4A7C15u +
                                              static_cast<std::uint64_t>(key.block));
        }
    };
    std::size_t budget_, used_ = 0;
    std::list<std::pair<Key, Block>> blocks_; // last used first
    std::unordered_map<Key, std::list<std::pair<Key, Block>>::iterator, Hash> index_;
};

// A TIFF read by region: only the tiles or strips that a region touches are decoded.
class TiffSource final : public ImageSource {
public:
    // `raw`: sample values without palette and spreading of low bit depths, for label images.
    explicit TiffSource(const std::filesystem::path& path, bool raw = false);
    ~TiffSource() override;
    const ImageInfo& info() const override { return info_; }
    Image read(const Region& region, int level, int z, int t) override;

private:
    struct Level {
        LevelSize size;
        // Index into TiffPage::children of each plane's page, or the page itself (child -1); for levels that
        // are pages of the main chain, the page's index.
        int child = -1;
        std::int32_t page = -1;
    };

    void find_levels();
    Image read_stored(const Region& region, int level, int z, int t);
    void read_page(const TiffPage& page, const Region& region, Image& image, int first_channel);
    void read_contiguous(std::int32_t plane, const Region& region, Image& image, int first_channel);
    BlockCache::Block block(const TiffPage& page, std::int64_t column, std::int64_t row, int sample);
    std::vector<std::byte> decode(const TiffPage& page, std::int64_t column, std::int64_t row, int sample);
    void read_rows(const TiffPage& page, std::int64_t row, std::int64_t rows, int sample,
                   std::span<std::byte> out);
    std::vector<std::byte> decode_rgba(const TiffPage& page, std::int64_t x, std::int64_t y,
                                       std::int64_t rows);
    const TiffPage& child_page(std::uint64_t offset);
    TiffPage fitted(TiffPage page) const;

    std::mutex mutex_; // guards everything below that is not const after construction
    TiffFile file_;
    bool raw_;
    std::vector<TiffPage> pages_;
    TiffLayout layout_;
    ImageInfo info_;
    std::map<int, Level> levels_;                         // stored ones; 0 is always there
    std::map<int, std::unique_ptr<Overviews>> overviews_; // by the stored level they start from
    std::unordered_map<std::uint64_t, TiffPage> children_;
    BlockCache cache_;
    // Where sequential reading of a large strip stands.
    std::uint64_t rows_page_ = 0;
    std::int64_t next_row_ = -1;
    int rows_sample_ = 0;
};

} // namespace eyepiece
