// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/operations/services.h"

namespace eyepiece {

// "activations" among the tables of a project: what a named layer of a trained network makes of each image,
// or of each labelled object, as one column for each of its channels: "LAYER/1", "LAYER/2", ... The number is
// the mean of the channel's map over the row's pixels, where the map is enlarged to the image bilinearly, as
// Grad-CAM lays it over. Of a whole image whose sides the network takes as they are that is the mean over the
// map's positions (global average pooling: Lin, Chen & Yan 2014). With "spread", columns "sd LAYER/1", ...
// hold the standard deviation over the map's positions, each weighted by what it has of the row's pixels.
// Large images are looked at tile by tile. It computes on the engine's own device.
void register_activation_table(EngineServices& services);

} // namespace eyepiece
