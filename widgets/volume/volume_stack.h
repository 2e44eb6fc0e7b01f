// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"
#include "widgets/canvas/pixel_blocks.h"

#include <QObject>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace eyepiece {

// All planes of one time point of a stack in memory, so that it can be cut in any direction at once. They are
// read on a thread of its own, those around the one in view first, at the finest level at which all of them
// fit into `budget` bytes. Lives on the window's thread.
class EYEPIECE_EXPORT VolumeStack : public QObject {
    Q_OBJECT
public:
    static constexpr std::size_t budget = std::size_t{256} << 20;

    explicit VolumeStack(QObject* parent = nullptr);
    ~VolumeStack() override;

    // Null: none. `z` is the plane in view.
    void set_image(std::shared_ptr<PixelBlocks> blocks, int t, int z);
    bool empty() const { return planes_.empty(); }
    bool complete() const { return loaded_ == planes_.size(); }

    int level() const { return level_; } // 2^level px of the image a pixel here, along x and y
    std::int64_t width() const { return width_; }
    std::int64_t height() const { return height_; }
    int depth() const { return static_cast<int>(planes_.size()); }
    // Of the level, with all channels; empty while it is not read.
    const Image& plane(int z) const { return planes_[static_cast<std::size_t>(z)]; }
    const ImageInfo& info() const { return blocks_->info(); }

Q_SIGNALS:
    void planes_changed();               // some were read, or the image is another one
    void failed(const QString& message); // reading stopped

private:
    void deliver(std::uint64_t serial, std::vector<std::pair<int, Image>> planes);

    std::shared_ptr<PixelBlocks> blocks_;
    std::vector<Image> planes_;
    std::size_t loaded_ = 0;
    std::int64_t width_ = 0, height_ = 0;
    int level_ = 0;
    std::uint64_t serial_ = 0; // of the image: what is read of one before is dropped
    std::jthread thread_;
};

} // namespace eyepiece
