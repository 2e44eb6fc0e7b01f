// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/data/image.h"
#include "core/learning/trained_network.h"

#include <functional>
#include <string>
#include <torch/torch.h>

namespace eyepiece {

struct TilingOptions {
    std::int64_t tile = 0; // px a side; 0: chosen for speed. At least four margins of the network
    bool flips = false;    // also predict the three mirror images and take the mean: four times the work
    int z = 0, t = 0;
};

// One band of rows of the region: class probabilities (K, rows, width), float32. `y` counts from the region's
// top.
using BandSink = std::function<void(std::int64_t y, const torch::Tensor& probabilities)>;

// Predicts a region of an image of any size: tiles overlap by twice the network's margin, and within the
// overlap one fades linearly into the other, so no seam shows. Around a region that is not the whole image a
// margin is read besides. Tiles begin at multiples of the network's size multiple, counted from the image's
// corner: what a pixel is predicted to be does not depend on the region asked for beyond the margin's
// tolerance. Bands come from top to bottom, each once; memory holds a few rows of tiles whatever the image's
// height. Looks for cancel at each tile.
EYEPIECE_EXPORT void predict_region(TrainedNetwork& network, ImageSource& source, const Region& region,
                                    const TilingOptions& options, const BandSink& sink, JobContext& context);

// A part of an image as a layer sees it.
struct LayerTile {
    Region core;        // px: what this tile answers for; the cores cover the image, each pixel once
    Region seen;        // px that the maps lie over: the core and the context it needs, up to a size that the
                        // network takes, so that it may reach beyond the image's right and lower edge
    torch::Tensor maps; // (F,h,w) float32 on the processor
};

using LayerSink = std::function<void(const LayerTile&)>;

// The activations of one layer over an image of any size, tile by tile, from top to bottom, each with twice
// the network's margin around it: memory holds one tile. `tile` is the side of a core in px; 0: chosen, and
// small images come in one piece. Looks for cancel at each tile. Throws as TrainedNetwork::activation does.
EYEPIECE_EXPORT void visit_layer(TrainedNetwork& network, ImageSource& source, const std::string& layer,
                                 std::int64_t tile, const LayerSink& sink, JobContext& context);

} // namespace eyepiece
