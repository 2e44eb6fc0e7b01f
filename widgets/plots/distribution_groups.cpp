// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/distribution_groups.h"

#include "core/data/statistics.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

constexpr int levels = 8; // of a colour bar, in bars that numbers colour
constexpr int usual_bins = 40, most_bins = 200;
constexpr std::size_t density_places = 65, fine = 512;
constexpr std::size_t fewest_for_density = 5, most_outliers = 200;
constexpr double kernel_reach = 4; // widths

bool whole_numbers(const PlotColumn& column) {
    return std::all_of(column.values.begin(), column.values.end(),
                       [](float value) { return !std::isfinite(value) || value == std::round(value); });
}

void set_axis(Distribution& made, const PlotColumn& column) {
    made.names = !column.categories.isEmpty() && column.categories.size() <= most_bins;
    const double span = column.high - column.low;
    if (made.names) {
        made.bins = static_cast<int>(column.categories.size());
        made.low = -0.5;
        made.high = static_cast<double>(column.categories.size()) - 0.5;
    } else if (!(span > 0)) {
        made.low = column.low - 0.5; // one bar
        made.high = column.low + 0.5;
    } else if (span < usual_bins && whole_numbers(column)) {
        made.bins = static_cast<int>(span) + 1; // a bar for each number
        made.low = column.low - 0.5;
        made.high = column.high + 0.5;
    } else {
        made.bins = usual_bins;
        made.low = column.low;
        made.high = column.high;
    }
}

void set_box(DistributionGroup& group, const std::vector<double>& sorted) {
    group.lower_quartile = quantile(sorted, 0.25);
    group.median = quantile(sorted, 0.5);
    group.upper_quartile = quantile(sorted, 0.75);
    const double reach = 1.5 * (group.upper_quartile - group.lower_quartile);
    group.lower_whisker = *std::lower_bound(sorted.begin(), sorted.end(), group.lower_quartile - reach);
    group.upper_whisker =
        *std::prev(std::upper_bound(sorted.begin(), sorted.end(), group.upper_quartile + reach));
}

// Of too many, some at equal distances.
void thin(std::vector<std::uint32_t>& rows, std::size_t most) {
    if (rows.size() <= most)
        return;
    for (std::size_t at = 0; at < most; ++at)
        rows[at] = rows[at * rows.size() / most];
    rows.resize(most);
}

} // namespace

std::vector<float> kernel_density(const std::vector<double>& sorted, double low, double high,
                                  std::size_t places) {
    std::vector<float> density(places, 0.f);
    if (sorted.size() < 2 || !(high > low) || places < 2)
        return density;
    double mean = 0, squares = 0;
    for (const double value : sorted)
        mean += value / static_cast<double>(sorted.size());
    for (const double value : sorted)
        squares += (value - mean) * (value - mean);
    const double sd = std::sqrt(squares / static_cast<double>(sorted.size() - 1));
    const double range = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34;
    double width =
        0.9 * (range > 0 ? std::min(sd, range) : sd) * std::pow(static_cast<double>(sorted.size()), -0.2);
    width = std::max(width, (high - low) / static_cast<double>(2 * places)); // no narrower than is drawn
    // Counted finely first: then a million values cost what five hundred do.
    const double step = (high - low) / static_cast<double>(fine);
    std::vector<double> counts(fine, 0);
    for (const double value : sorted)
        ++counts[static_cast<std::size_t>(
            std::clamp((value - low) / step, 0.0, static_cast<double>(fine) - 1))];
    float most = 0;
    for (std::size_t at = 0; at < places; ++at) {
        const double place = low + (high - low) * static_cast<double>(at) / static_cast<double>(places - 1);
        double sum = 0;
        for (std::size_t bin = 0; bin < fine; ++bin) {
            const double away = (low + (static_cast<double>(bin) + 0.5) * step - place) / width;
            if (counts[bin] > 0 && std::abs(away) < kernel_reach)
                sum += counts[bin] * std::exp(-0.5 * away * away);
        }
        density[at] = static_cast<float>(sum);
        most = std::max(most, density[at]);
    }
    if (most > 0)
        for (float& value : density)
            value /= most;
    return density;
}

Distribution distribution_of(const PlotColumn& column, const ScatterColoring& coloring,
                             const std::atomic<bool>& stop) {
    Distribution made;
    made.bin.assign(column.values.size(), Distribution::no_bin);
    if (column.finite == 0)
        return made;
    set_axis(made, column);
    const bool grouped = coloring.kind == ScatterColoring::Kind::Categories;
    const auto code_of = [&](std::size_t row) {
        return grouped && row < coloring.codes.size() ? coloring.codes[row] : ScatterColoring::plain;
    };
    std::array<std::vector<std::uint32_t>, 256> rows;
    for (std::size_t row = 0; row < column.values.size(); ++row) {
        const auto value = static_cast<double>(column.values[row]);
        if (!std::isfinite(value))
            continue;
        made.bin[row] = static_cast<std::uint8_t>(
            std::clamp((value - made.low) / (made.high - made.low) * made.bins, 0.0, made.bins - 1.0));
        rows[code_of(row)].push_back(static_cast<std::uint32_t>(row));
    }
    std::vector<std::size_t> shown;
    for (std::size_t code = 0; code < rows.size(); ++code)
        if (!rows[code].empty())
            shown.push_back(code);
    std::stable_sort(shown.begin(), shown.end(),
                     [&](std::size_t a, std::size_t b) { return rows[a].size() > rows[b].size(); });
    shown.resize(std::min(shown.size(), most_groups));
    std::sort(shown.begin(), shown.end());
    for (const std::size_t code : shown) {
        if (stop)
            return made;
        DistributionGroup group;
        group.code = static_cast<std::uint8_t>(code);
        group.rows = rows[code].size();
        for (const auto& entry : coloring.entries)
            if (entry.code == group.code)
                group.name = entry.name;
        std::vector<double> sorted;
        for (const std::uint32_t row : rows[code])
            sorted.push_back(static_cast<double>(column.values[row]));
        sort_numbers(sorted);
        set_box(group, sorted);
        if (sorted.size() >= fewest_for_density && sorted.back() > sorted.front())
            group.density = kernel_density(sorted, made.low, made.high, density_places);
        for (const std::uint32_t row : rows[code])
            if (const auto value = static_cast<double>(column.values[row]);
                group.rows <= small_group || value < group.lower_whisker || value > group.upper_whisker)
                group.dots.push_back(row);
        thin(group.dots, most_outliers);
        made.groups.push_back(std::move(group));
    }
    return made;
}

void draw_bars(QPainter& painter, const QRectF& box, const Distribution& made, const ScatterLook& look) {
    const RowInk ink(look);
    const bool numbers = look.coloring->kind == ScatterColoring::Kind::Numbers;
    const auto bins = static_cast<std::size_t>(made.bins);
    std::vector<std::uint32_t> all(bins * 256, 0), selected(bins * 256, 0);
    for (std::size_t row = 0; row < made.bin.size(); ++row) {
        if (made.bin[row] == Distribution::no_bin)
            continue;
        std::uint8_t code = ink.code(row);
        if (look.hidden[code])
            continue;
        if (numbers && code != ScatterColoring::missing) {
            const int level = (code - ScatterColoring::first) * levels /
                              (ScatterColoring::last - ScatterColoring::first + 1);
            code = static_cast<std::uint8_t>(
                ScatterColoring::first +
                (2 * level + 1) * (ScatterColoring::last - ScatterColoring::first) / (2 * levels));
        }
        const std::size_t place = made.bin[row] * std::size_t{256} + code;
        ++all[place];
        selected[place] += ink.selected(row);
    }
    std::uint64_t most = 0;
    for (std::size_t bin = 0; bin < bins; ++bin) {
        std::uint64_t sum = 0;
        for (std::size_t code = 0; code < 256; ++code)
            sum += all[bin * 256 + code];
        most = std::max(most, sum);
    }
    if (most == 0)
        return;
    painter.setPen(Qt::NoPen);
    const double step = box.width() / static_cast<double>(bins), space = step > 4 ? 1 : 0;
    const auto stack = [&](const std::vector<std::uint32_t>& counts, int alpha) {
        for (std::size_t bin = 0; bin < bins; ++bin) {
            double bottom = box.bottom();
            for (std::size_t code = 0; code < 256; ++code) {
                const std::uint32_t count = counts[bin * 256 + code];
                if (count == 0)
                    continue;
                const double high = box.height() * count / static_cast<double>(most);
                QColor color = QColor::fromRgb(ink.color(static_cast<std::uint8_t>(code)));
                color.setAlpha(alpha);
                painter.setBrush(color);
                painter.drawRect(
                    QRectF(box.left() + static_cast<double>(bin) * step, bottom - high, step - space, high));
                bottom -= high;
            }
        }
    };
    stack(all, ink.any_selected() ? 60 : 255);
    if (ink.any_selected())
        stack(selected, 255);
}

} // namespace eyepiece
