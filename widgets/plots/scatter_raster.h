// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/scatter_coloring.h"
#include "widgets/plots/scatter_scene.h"

#include <QImage>
#include <memory>

namespace eyepiece {

// How the points are drawn. Everything is shared and constant: a worker keeps it while the view moves on.
struct ScatterLook {
    std::shared_ptr<const ScatterColoring> coloring = std::make_shared<const ScatterColoring>();
    std::shared_ptr<const std::vector<std::uint8_t>> sizes;    // scatter_sizes(); null or empty: all alike
    std::shared_ptr<const std::vector<std::uint8_t>> selected; // one a row; null: nothing is
    std::array<bool, 256> hidden{};                            // by code
    bool any_selected = false;
    bool density = false; // how many lie where, instead of which
    bool dark = false;
    double radius = 0; // device px; 0: by how many there are
    double device_pixel_ratio = 1;
};

// Points by their radius when the user has not said: smaller the more there are, larger when zoomed in.
EYEPIECE_EXPORT double scatter_radius(std::size_t points, const ScatterTransform& view,
                                      const ScatterTransform& fitted, double device_pixel_ratio);

// What lies where, in the order of drawing, and which row each is. A place that is not finite is not drawn.
struct ScatterMarks {
    std::span<const float> x, y;
    std::span<const std::uint32_t> row;
};

// The picture of a view: round, softly edged dots on a transparent ground, blended in the scene's order;
// selected ones on top, the others faint beside them. A million points take some 120 ms of processor, shared
// by the cores. An empty image when told to stop.
EYEPIECE_EXPORT QImage rasterise(const ScatterMarks& marks, const ScatterLook& look,
                                 const ScatterTransform& view, const std::atomic<bool>& stop);
EYEPIECE_EXPORT QImage rasterise(const ScatterScene& scene, const ScatterLook& look,
                                 const ScatterTransform& view, const std::atomic<bool>& stop);

} // namespace eyepiece
