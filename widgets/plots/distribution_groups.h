// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/plot_data.h"

#include <QRectF>

class QPainter;

namespace eyepiece {

// One group's values of one column. The whiskers are Tukey's (1977): the last values within 1.5 quartile
// ranges of the box.
struct DistributionGroup {
    std::uint8_t code = 0; // of the colouring
    QString name;          // empty: all rows
    std::size_t rows = 0;  // with a value
    double lower_whisker = 0, lower_quartile = 0, median = 0, upper_quartile = 0, upper_whisker = 0;
    std::vector<float> density;      // from the axis' low to its high, the greatest 1; empty: too few values
    std::vector<std::uint32_t> dots; // rows drawn one by one: all of a small group, else those far out
};

// How one column is spread, by the groups of a colouring. Constant once made.
struct EYEPIECE_EXPORT Distribution {
    static constexpr std::uint8_t no_bin = 255;

    double low = 0, high = 1; // of the value axis
    int bins = 1;
    bool names = false;            // a bin is a category
    std::vector<std::uint8_t> bin; // one a row
    std::vector<DistributionGroup> groups;

    double bin_edge(int at) const { return low + (high - low) * at / bins; }
};

// At most this many groups are shown side by side, the largest; the others only count in histograms.
constexpr std::size_t most_groups = 12;
constexpr std::size_t small_group = 50; // rows: fewer are drawn as dots

// Without a finite value: no bins' worth of rows and no groups. Stops early when told to.
EYEPIECE_EXPORT Distribution distribution_of(const PlotColumn& column, const ScatterColoring& coloring,
                                             const std::atomic<bool>& stop);

// A Gaussian kernel over sorted values at `places` equal steps from low to high, scaled to a greatest value
// of 1. The width is Silverman's (1986, eq. 3.31): 0.9 min(sd, quartile range / 1.34) n^(-1/5).
EYEPIECE_EXPORT std::vector<float> kernel_density(const std::vector<double>& sorted, double low, double high,
                                                  std::size_t places);

// Bars from left to right, stacked by group; numbers that colour are taken in steps. What is selected stands
// before the rest. Any thread.
EYEPIECE_EXPORT void draw_bars(QPainter& painter, const QRectF& box, const Distribution& made,
                               const ScatterLook& look);

} // namespace eyepiece
