// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/contrast.h"
#include "core/data/image.h"

#include <span>
#include <vector>

namespace eyepiece {

// What the interactive segmentations (magic_wand.h, live_wire.h, grab_cut.h, ...) look at: float images
// (C,H,W) whose channels were brought to a common scale, so that a setting means the same on 8-bit, 16-bit
// and float images, bright or faint. Plain functions of values; any thread.

// A channel and the values of it that count as 0 and as 1.
struct ChannelRange {
    int channel = 0;
    ValueRange range;
    bool operator==(const ChannelRange& other) const {
        return channel == other.channel && range.low == other.range.low && range.high == other.range.high;
    }
};

// The channels' ranges by percentiles (0.1 and 99.8) of this image.
EYEPIECE_EXPORT std::vector<ChannelRange> robust_ranges(const Image& image, std::span<const int> channels);
// Of all channels.
EYEPIECE_EXPORT std::vector<ChannelRange> robust_ranges(const Image& image);

// Float32, one plane a range, in its order: (value - low) / (high - low), not clipped; what is not finite
// becomes 0. Throws Error(BadInput) for a channel that is not there, an empty list or an empty image.
EYEPIECE_EXPORT Image scaled_channels(const Image& image, std::span<const ChannelRange> ranges);

// Each channel of a Float32 image convolved with a Gaussian; `sigma` in px, 0: as it is. Borders are
// repeated.
EYEPIECE_EXPORT Image smoothed(const Image& scaled, double sigma);

// How steep the image is at each pixel, (1,H,W) Float32, in values a px: the length of the gradient by
// central differences of the smoothed image, of the channel where it is greatest.
EYEPIECE_EXPORT Image gradient_magnitude(const Image& scaled, double sigma);

} // namespace eyepiece
