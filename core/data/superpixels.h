// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"
#include "core/data/image.h"
#include "core/data/label_map.h"

namespace eyepiece {

struct SuperpixelOptions {
    double size = 16; // px across, about: the step of the grid; at least 2
    int iterations = 10;
    double smoothing = 1; // px, sigma of the Gaussian that the image is smoothed by first
};

// Parts the image into areas of about one size that keep to its edges: SLIC (Achanta et al. 2012) in the form
// that adapts how much colour counts to each superpixel (section 3.D there; with the grid's step kept, as
// their SLICO does), so faint edges are followed like strong ones. `scaled` (C,H,W) Float32. Each superpixel
// is 4-connected, those below a quarter of the wanted area have joined a neighbour. Numbered from 1 by first
// pixel; every pixel belongs to one. Any number of threads gives the same. Throws Error(BadInput) for an
// empty image or a size below 2, Error(Cancelled).
EYEPIECE_EXPORT LabelMap superpixels(const Image& scaled, const SuperpixelOptions& options,
                                     JobContext& context);

} // namespace eyepiece
