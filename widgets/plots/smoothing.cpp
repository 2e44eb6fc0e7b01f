// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/smoothing.h"

#include <algorithm>
#include <cmath>

namespace eyepiece {

QVector<QPointF> smoothed(const QVector<QPointF>& points, double weight) {
    weight = std::clamp(weight, 0.0, 0.9999);
    QVector<QPointF> result = points;
    double sum = 0, weights = 0;
    for (QPointF& point : result) {
        if (!std::isfinite(point.y()))
            continue;
        sum = weight * sum + point.y();
        weights = weight * weights + 1;
        point.setY(sum / weights);
    }
    return result;
}

} // namespace eyepiece
