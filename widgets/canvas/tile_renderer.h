// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/contrast.h"
#include "widgets/canvas/pixel_blocks.h"

#include <QImage>
#include <QObject>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace eyepiece {

// A tile of the picture at one pyramid level: 256 x 256 pixels of that level, with one pixel more on each
// side so that a tile can be resampled without looking at its neighbours.
struct TileKey {
    std::uint64_t image = 0; // serial number of the open image (and of its z and t)
    int level = 0, x = 0, y = 0;
    bool operator==(const TileKey&) const = default;
};

struct TileKeyHash {
    std::size_t operator()(const TileKey& key) const noexcept {
        std::uint64_t h = key.image * 0x9E3779B97F4A7C15ull + static_cast<std::uint64_t>(key.level);
        h = (h ^ static_cast<std::uint64_t>(key.x)) * 0xC2B2AE3D27D4EB4Full;
        h = (h ^ static_cast<std::uint64_t>(key.y)) * 0x165667B19E3779F9ull;
        return static_cast<std::size_t>(h ^ (h >> 29));
    }
};

struct Tile {
    static constexpr int size = 256; // px of its level
    static constexpr int apron = 1;  // px on each side beyond it; repeats the edge at the image's border
    std::uint64_t revision = 0;      // of the display settings it was rendered with
    QImage pixels;                   // RGB32, (size + 2 apron) squared
};

// Rendered tiles, the least recently used dropped first. Used on the window's thread only.
class EYEPIECE_EXPORT TileCache {
public:
    explicit TileCache(std::size_t budget_bytes) : budget_(budget_bytes) {}
    const Tile* find(const TileKey& key); // marks it as used
    const Tile* peek(const TileKey& key) const;
    void insert(const TileKey& key, Tile tile);
    void clear();
    std::size_t bytes() const { return bytes_; }
    std::size_t budget() const { return budget_; }

private:
    using Entry = std::pair<TileKey, Tile>;
    std::size_t budget_, bytes_ = 0;
    std::list<Entry> recent_;
    std::unordered_map<TileKey, std::list<Entry>::iterator, TileKeyHash> index_;
};

// What is to be rendered: shared with the threads, never changed once handed over.
struct TileScene {
    std::uint64_t image = 0;
    std::uint64_t revision = 0;
    std::shared_ptr<PixelBlocks> blocks;
    std::shared_ptr<const ContrastRenderer> colors;
    int z = 0, t = 0;
};

// Renders tiles on threads of its own, always the ones wanted now: a new wish replaces the old.
class EYEPIECE_EXPORT TileRenderer : public QObject {
    Q_OBJECT
public:
    struct Result {
        TileKey key;
        Tile tile;
    };

    explicit TileRenderer(int threads, QObject* parent = nullptr);
    ~TileRenderer() override; // waits for the tiles in hand

    void want(std::shared_ptr<const TileScene> scene, std::vector<TileKey> tiles); // the most wanted first
    std::vector<Result> take_results();
    bool idle() const; // nothing wanted, nothing in hand

Q_SIGNALS:
    // Both from a rendering thread: connect queued.
    void ready();                        // results wait; once for a batch
    void failed(const QString& message); // a tile could not be read: said once for an image

private:
    void work(std::stop_token stop);
    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    std::shared_ptr<const TileScene> scene_;
    std::vector<TileKey> wanted_; // the most wanted last
    std::vector<TileKey> in_hand_;
    std::vector<Result> results_;
    std::uint64_t failed_image_ = 0;
    std::vector<std::jthread> threads_;
};

EYEPIECE_EXPORT Tile render_tile(const TileScene& scene, const TileKey& key);

} // namespace eyepiece
