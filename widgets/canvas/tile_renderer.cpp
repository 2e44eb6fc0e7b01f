// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/tile_renderer.h"

#include <algorithm>
#include <cstring>
#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace eyepiece {

namespace {

// The window's thread comes first: on a machine with few cores a busy renderer must not delay a frame. Only a
// little: it must not starve either while a training takes all cores.
void lower_priority_of_this_thread() {
#ifdef __linux__
    const auto thread = static_cast<id_t>(syscall(SYS_gettid));
    setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + 3);
#endif
}

} // namespace

const Tile* TileCache::find(const TileKey& key) {
    const auto found = index_.find(key);
    if (found == index_.end())
        return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second);
    return &found->second->second;
}

const Tile* TileCache::peek(const TileKey& key) const {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &found->second->second;
}

void TileCache::insert(const TileKey& key, Tile tile) {
    const auto size = static_cast<std::size_t>(tile.pixels.sizeInBytes());
    if (const auto found = index_.find(key); found != index_.end()) {
        bytes_ -= static_cast<std::size_t>(found->second->second.pixels.sizeInBytes());
        found->second->second = std::move(tile);
        recent_.splice(recent_.begin(), recent_, found->second);
    } else {
        recent_.emplace_front(key, std::move(tile));
        index_[key] = recent_.begin();
    }
    bytes_ += size;
    while (bytes_ > budget_ && recent_.size() > 1) {
        bytes_ -= static_cast<std::size_t>(recent_.back().second.pixels.sizeInBytes());
        index_.erase(recent_.back().first);
        recent_.pop_back();
    }
}

void TileCache::clear() {
    recent_.clear();
    index_.clear();
    bytes_ = 0;
}

Tile render_tile(const TileScene& scene, const TileKey& key) {
    constexpr int full = Tile::size + 2 * Tile::apron;
    const Region wanted{key.x * std::int64_t{Tile::size} - Tile::apron,
                        key.y * std::int64_t{Tile::size} - Tile::apron, full, full};
    const Region inside = wanted.intersected(scene.blocks->extent(key.level));
    const Image raw = scene.blocks->read(inside, key.level, scene.z, scene.t);
    QImage part(static_cast<int>(raw.width()), static_cast<int>(raw.height()), QImage::Format_RGB32);
    scene.colors->render(raw, {reinterpret_cast<std::uint32_t*>(part.bits()),
                               static_cast<std::size_t>(part.sizeInBytes()) / 4});
    Tile tile{scene.revision, part};
    if (inside == wanted)
        return tile;
    tile.pixels = QImage(full, full, QImage::Format_RGB32);
    const int left = static_cast<int>(inside.x - wanted.x);
    for (int y = 0; y < full; ++y) {
        const auto from = std::clamp<std::int64_t>(y + wanted.y - inside.y, 0, inside.height - 1);
        const auto* in = reinterpret_cast<const QRgb*>(part.constScanLine(static_cast<int>(from)));
        auto* out = reinterpret_cast<QRgb*>(tile.pixels.scanLine(y));
        std::fill_n(out, left, in[0]);
        std::memcpy(out + left, in, static_cast<std::size_t>(inside.width) * sizeof(QRgb));
        std::fill(out + left + inside.width, out + full, in[inside.width - 1]);
    }
    return tile;
}

TileRenderer::TileRenderer(int threads, QObject* parent) : QObject(parent) {
    for (int i = 0; i < std::max(threads, 1); ++i)
        threads_.emplace_back([this](std::stop_token stop) { work(std::move(stop)); });
}

TileRenderer::~TileRenderer() {
    for (auto& thread : threads_)
        thread.request_stop();
    threads_.clear();
}

void TileRenderer::want(std::shared_ptr<const TileScene> scene, std::vector<TileKey> tiles) {
    {
        const std::lock_guard lock(mutex_);
        // A tile in hand is asked for again only when it is being rendered with older settings.
        if (scene_ && scene && scene_->revision == scene->revision)
            std::erase_if(tiles, [this](const TileKey& key) {
                return std::find(in_hand_.begin(), in_hand_.end(), key) != in_hand_.end();
            });
        scene_ = std::move(scene);
        std::reverse(tiles.begin(), tiles.end());
        wanted_ = std::move(tiles);
    }
    wake_.notify_all();
}

std::vector<TileRenderer::Result> TileRenderer::take_results() {
    const std::lock_guard lock(mutex_);
    return std::exchange(results_, {});
}

bool TileRenderer::idle() const {
    const std::lock_guard lock(mutex_);
    return wanted_.empty() && in_hand_.empty() && results_.empty();
}

void TileRenderer::work(std::stop_token stop) {
    lower_priority_of_this_thread();
    while (!stop.stop_requested()) {
        std::unique_lock lock(mutex_);
        if (!wake_.wait(lock, stop, [this] { return !wanted_.empty(); }))
            return;
        const TileKey key = wanted_.back();
        wanted_.pop_back();
        in_hand_.push_back(key);
        const auto scene = scene_;
        lock.unlock();
        Tile tile;
        QString problem;
        try {
            tile = render_tile(*scene, key);
        } catch (const std::exception& error) {
            problem = QString::fromUtf8(error.what());
        }
        lock.lock();
        std::erase(in_hand_, key);
        if (!problem.isEmpty()) { // an empty tile in its place, so that it is not asked for again and again
            tile.revision = scene->revision;
            tile.pixels =
                QImage(Tile::size + 2 * Tile::apron, Tile::size + 2 * Tile::apron, QImage::Format_RGB32);
            tile.pixels.fill(Qt::black);
        }
        results_.push_back({key, std::move(tile)});
        if (results_.size() == 1)
            Q_EMIT ready();
        if (!problem.isEmpty() && failed_image_ != key.image) {
            failed_image_ = key.image;
            Q_EMIT failed(problem);
        }
    }
}

} // namespace eyepiece
