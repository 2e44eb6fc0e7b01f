// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace eyepiece {

// The decoded pixels of one open image, in blocks at every pyramid level, as many as fit into a budget of
// memory. A level that the file does not store is averaged from the finer one, block by block, so that
// showing the whole of a large image decodes its file once, and changing the contrast not at all.
// Thread-safe.
class EYEPIECE_EXPORT PixelBlocks {
public:
    static constexpr int block_size = 512; // px

    PixelBlocks(std::shared_ptr<ImageSource> source, std::size_t budget_bytes);
    ~PixelBlocks();

    const ImageInfo& info() const { return source_->info(); }
    const ImageSource& source() const { return *source_; }
    int levels() const { return levels_; }
    // Size of a level as a region at (0,0), rounded up.
    Region extent(int level) const;

    // The pixels of a region of a level, which is clipped to it. Decodes what is missing: not for the
    // window's thread. Throws Error.
    Image read(const Region& region, int level, int z = 0, int t = 0);
    // The values of one pixel, one a channel, if its block is in memory: never waits for the file.
    bool peek(std::int64_t x, std::int64_t y, int z, int t, std::span<double> values) const;
    std::size_t bytes() const;

private:
    struct Key {
        int level, x, y, z, t;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept;
    };
    enum class State { Loading, Ready, Failed };
    struct Block {
        State state = State::Loading;
        Image pixels;
        std::list<Key>::iterator recent;
    };

    Image block(const Key& key);
    Image load(const Key& key);
    std::vector<Key> load_together(const Key& key) const;
    void read_run(const std::vector<Key>& run);
    void store(const Key& key, Image pixels);
    void evict();

    std::shared_ptr<ImageSource> source_;
    std::size_t budget_;
    int levels_ = 1;
    mutable std::mutex mutex_;
    std::condition_variable loaded_;
    std::unordered_map<Key, Block, KeyHash> blocks_;
    std::list<Key> recent_; // ready blocks, the one used last in front
    std::size_t bytes_ = 0;
};

// Halves an image by averaging 2 x 2 pixels (fewer at an odd edge).
EYEPIECE_EXPORT Image halved(const Image& image);

} // namespace eyepiece
