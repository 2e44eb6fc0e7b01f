// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/scatter_scene.h"

#include <QRectF>
#include <vector>

class QPainter;

namespace eyepiece {

class Theme;

// Round numbers (1, 2, 5 times a power of ten) within [low, high], about `wanted` of them.
EYEPIECE_EXPORT std::vector<double> round_ticks(double low, double high, int wanted);

// Names and round numbers along the left and lower edge of `area`, or the cube of a space, in the painter's
// own units, of which the view has `scale` px each.
void paint_axes(QPainter& painter, const Theme& theme, const QRectF& area, const ScatterPoints& points,
                const ScatterTransform& view, double scale);

} // namespace eyepiece
