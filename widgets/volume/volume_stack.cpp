// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/volume/volume_stack.h"

#include <QElapsedTimer>
#include <algorithm>
#include <cstdlib>
#include <utility>

namespace eyepiece {

namespace {

constexpr qint64 deliver_every_ms = 60;

// All planes, those nearest to `z` first.
std::vector<int> nearest_first(int depth, int z) {
    std::vector<int> order(static_cast<std::size_t>(depth));
    for (int i = 0; i < depth; ++i)
        order[static_cast<std::size_t>(i)] = i;
    std::stable_sort(order.begin(), order.end(),
                     [z](int a, int b) { return std::abs(a - z) < std::abs(b - z); });
    return order;
}

} // namespace

VolumeStack::VolumeStack(QObject* parent) : QObject(parent) {}
VolumeStack::~VolumeStack() = default; // stops the thread after the plane in hand

void VolumeStack::set_image(std::shared_ptr<PixelBlocks> blocks, int t, int z) {
    ++serial_;
    thread_ = {}; // of the image before
    blocks_ = std::move(blocks);
    planes_.clear();
    loaded_ = 0;
    if (blocks_) {
        const ImageInfo& image = blocks_->info();
        const auto bytes_at = [&](int level) {
            const Region size = blocks_->extent(level);
            return static_cast<double>(size.width) * static_cast<double>(size.height) * image.depth *
                   image.channels * static_cast<double>(bytes_per_pixel(image.type));
        };
        for (level_ = 0; level_ + 1 < 16 && bytes_at(level_) > static_cast<double>(budget);)
            ++level_;
        const Region size = blocks_->extent(level_);
        width_ = size.width;
        height_ = size.height;
        planes_.resize(static_cast<std::size_t>(image.depth));
        thread_ = std::jthread([this, blocks = blocks_, level = level_, t, size,
                                order = nearest_first(image.depth, z),
                                serial = serial_](const std::stop_token& stop) {
            std::vector<std::pair<int, Image>> ready;
            const auto hand_over = [&] {
                QMetaObject::invokeMethod(
                    this, [this, serial, planes = std::exchange(ready, {})] { deliver(serial, planes); },
                    Qt::QueuedConnection);
            };
            QElapsedTimer since;
            since.start();
            for (const int plane : order) {
                if (stop.stop_requested())
                    return;
                try {
                    ready.emplace_back(plane, blocks->read(size, level, plane, t));
                } catch (const std::exception& error) {
                    QMetaObject::invokeMethod(
                        this,
                        [this, serial, why = QString::fromUtf8(error.what())] {
                            if (serial == serial_)
                                Q_EMIT failed(why);
                        },
                        Qt::QueuedConnection);
                    break;
                }
                if (since.elapsed() > deliver_every_ms) {
                    hand_over();
                    since.restart();
                }
            }
            if (!ready.empty())
                hand_over();
        });
    }
    Q_EMIT planes_changed();
}

void VolumeStack::deliver(std::uint64_t serial, std::vector<std::pair<int, Image>> planes) {
    if (serial != serial_)
        return;
    for (auto& [z, image] : planes)
        planes_[static_cast<std::size_t>(z)] = std::move(image);
    loaded_ += planes.size();
    Q_EMIT planes_changed();
}

} // namespace eyepiece
