// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/error.h"
#include "core/data/image.h"

#include <QThread>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

namespace eyepiece::test {

// An image whose value at each pixel is a function, which counts what is read of it and by whom.
class SyntheticSource : public ImageSource {
public:
    using Value = std::function<std::uint16_t(int channel, std::int64_t x, std::int64_t y, int z)>;

    SyntheticSource(std::int64_t width, std::int64_t height, int channels, Value value, int depth = 1)
        : value_(std::move(value)) {
        info_.width = width;
        info_.height = height;
        info_.channels = channels;
        info_.depth = depth;
        info_.type = PixelType::UInt16;
        info_.pixel_size = {0.5, 0.5, 0, "µm"};
        info_.tile_width = info_.tile_height = 256;
    }
    ImageInfo& writable_info() { return info_; }
    const ImageInfo& info() const override { return info_; }
    Image read(const Region& wanted, int level, int z, int) override {
        if (QThread::currentThread()->objectName() == "window")
            on_window_thread = true;
        if (fails)
            throw Error(ErrorCode::Storage, "The disk went away.");
        if (delay_ms > 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
        const Region region = wanted.intersected({0, 0, info_.width >> level, info_.height >> level});
        Image out = Image::create(PixelType::UInt16, info_.channels, region.height, region.width);
        for (int c = 0; c < info_.channels; ++c) {
            auto plane = out.writable_plane_as<std::uint16_t>(c);
            for (std::int64_t y = 0; y < region.height; ++y)
                for (std::int64_t x = 0; x < region.width; ++x)
                    plane[static_cast<std::size_t>(y * region.width + x)] =
                        value_(c, (region.x + x) << level, (region.y + y) << level, z);
        }
        ++reads;
        return out;
    }

    std::atomic<int> reads{0};
    std::atomic<int> delay_ms{0};
    std::atomic<bool> fails{false};
    std::atomic<bool> on_window_thread{false};

private:
    ImageInfo info_;
    Value value_;
};

} // namespace eyepiece::test
