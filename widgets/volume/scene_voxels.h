// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/contrast.h"
#include "core/data/label_map.h"
#include "widgets/volume/volume_scene.h"

#include <map>
#include <memory>
#include <vector>

namespace eyepiece {

// What a scene is made from; shares the pixels, so that it may be taken to another thread.
struct SceneSource {
    std::vector<Image> planes; // (C,H,W) each; empty ones are dark
    std::map<int, LabelMap> labels;
    std::map<ObjectId, QRgb> colors;
    std::shared_ptr<const ContrastRenderer> contrast;
    VolumeGeometry geometry; // of the planes' pixels
};

// Thinned evenly until no axis is longer than `longest`: brightness is the mean of the voxels that become
// one, a label that of the first of them. At most 65,535 labels.
EYEPIECE_EXPORT SceneVoxels scene_voxels(const SceneSource& source, int longest = 256);

} // namespace eyepiece
