// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QPointF>
#include <QVector>

namespace eyepiece {

// Exponential moving average over the points in order, without the pull towards zero at the start:
//   s_t = (sum over i <= t of w^(t-i) y_i) / (sum over i <= t of w^(t-i)),   0 <= weight w < 1; 0: as they
//   are.
// It is the correction of Kingma and Ba (2015, "Adam", section 3) for averages that start at zero. Points
// that are not finite are kept as they are and do not count.
EYEPIECE_EXPORT QVector<QPointF> smoothed(const QVector<QPointF>& points, double weight);

} // namespace eyepiece
