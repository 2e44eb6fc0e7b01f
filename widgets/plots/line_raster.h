// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/plot_data.h"

#include <QImage>
#include <QRectF>

namespace eyepiece {

// Rows as lines over parallel axes. Everything is shared and constant, for a worker.
struct ParallelLines {
    // For each axis from left to right the height of each row, 0 (low) to 1; NaN: it has no value there, and
    // its line a gap.
    std::vector<std::shared_ptr<const std::vector<float>>> heights;
    std::shared_ptr<const std::vector<std::uint32_t>> order; // of drawing
};

constexpr std::size_t most_lines = 20'000; // of the selected rows, and of the others

// The picture of `box` with the lines from axis to axis, `axes` giving the x of each; all in device px.
// Softly edged, thinner the more there are; selected ones on top, the others faint beneath. Of more than
// most_lines only the first in the order are drawn: more would cover one another. Each gap between two axes
// is drawn on a thread of its own: 50,000 rows over 8 axes of a 1,000 px box take some 200 ms of processor.
// An empty image when told to stop.
EYEPIECE_EXPORT QImage rasterise_lines(const ParallelLines& lines, const ScatterLook& look,
                                       const std::vector<double>& axes, const QRectF& box,
                                       const std::atomic<bool>& stop);

} // namespace eyepiece
