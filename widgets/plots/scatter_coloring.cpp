// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/scatter_coloring.h"

#include "core/data/color_map.h"

#include <QObject>
#include <algorithm>
#include <cmath>
#include <limits>

namespace eyepiece {

namespace {

constexpr std::array<QRgb, 8> okabe_ito{0xffE69F00, 0xff56B4E9, 0xff009E73, 0xffF0E442,
                                        0xff0072B2, 0xffD55E00, 0xffCC79A7, 0xff999999};
// In an order that puts those first which are least like the eight above.
constexpr std::array<QRgb, 9> tol_muted{0xff882255, 0xff332288, 0xffDDCC77, 0xff117733, 0xffAA4499,
                                        0xff44AA99, 0xffCC6677, 0xff999933, 0xff88CCEE};
constexpr QRgb plain_dark = 0xff5aa9e6, plain_light = 0xff1f6fb2;
constexpr QRgb missing_dark = 0xff5a616c, missing_light = 0xffb4bac3;

std::pair<double, double> finite_range(const std::vector<double>& values) {
    double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();
    for (const double value : values)
        if (std::isfinite(value)) {
            low = std::min(low, value);
            high = std::max(high, value);
        }
    return {low, high};
}

// Darkened on a light ground until it can be seen there, lightened on a dark one.
QRgb readable(QRgb rgb, bool dark) {
    QColor color = QColor::fromRgb(rgb);
    const double light = (0.2126 * color.red() + 0.7152 * color.green() + 0.0722 * color.blue()) / 255;
    if (!dark && light > 0.62)
        color = color.darker(static_cast<int>(100 * light / 0.62) + 12);
    if (dark && light < 0.22)
        color = color.lighter(185);
    return color.rgb();
}

} // namespace

QColor category_color(int index, bool dark) {
    const auto at = static_cast<std::size_t>(index) % (okabe_ito.size() + tol_muted.size());
    return QColor::fromRgb(
        readable(at < okabe_ito.size() ? okabe_ito[at] : tol_muted[at - okabe_ito.size()], dark));
}

ScatterColoring ScatterColoring::by(const Column& column) {
    ScatterColoring coloring;
    coloring.title = QString::fromStdString(column.name());
    coloring.codes.assign(column.size(), missing);
    const ColumnType type = column.type();
    if (type == ColumnType::Real || type == ColumnType::Integer || type == ColumnType::Date) {
        coloring.kind = Kind::Numbers;
        coloring.dates = type == ColumnType::Date;
        std::vector<double> values(column.size());
        column.numbers(0, values);
        const auto [low, high] = finite_range(values);
        coloring.low = low <= high ? low : 0;
        coloring.high = low <= high ? high : 0;
        const double span = coloring.high - coloring.low;
        for (std::size_t row = 0; row < values.size(); ++row)
            if (std::isnan(values[row]))
                ++coloring.missing_rows;
            else // infinite ones lie at the ends
                coloring.codes[row] = static_cast<std::uint8_t>(
                    first +
                    std::clamp(span > 0 ? (values[row] - low) / span : 0.5, 0.0, 1.0) * (last - first));
        return coloring;
    }
    coloring.kind = Kind::Categories;
    const Column named = type == ColumnType::Categorical ? column : column.as_categorical();
    const auto& categories = named.categories();
    std::vector<std::size_t> counts(categories.size(), 0);
    std::size_t other = 0;
    constexpr std::size_t most = last - first; // the last code is "other"
    for (std::size_t row = 0; row < named.size(); ++row) {
        if (named.missing(row)) {
            ++coloring.missing_rows;
            continue;
        }
        const auto at = static_cast<std::size_t>(named.number(row));
        ++counts[at];
        other += at >= most;
        coloring.codes[row] = static_cast<std::uint8_t>(first + std::min(at, most));
    }
    for (std::size_t at = 0; at < std::min(categories.size(), most); ++at)
        coloring.entries.push_back(
            {QString::fromStdString(categories[at]), static_cast<std::uint8_t>(first + at), counts[at]});
    if (other > 0)
        coloring.entries.push_back({QObject::tr("other"), last, other});
    if (coloring.missing_rows > 0)
        coloring.entries.push_back({QObject::tr("missing"), missing, coloring.missing_rows});
    return coloring;
}

QRgb ScatterColoring::color(std::uint8_t code, bool dark) const {
    if (code == missing || (kind == Kind::Categories && code == last))
        return dark ? missing_dark : missing_light;
    if (code == plain || kind == Kind::Plain)
        return dark ? plain_dark : plain_light;
    if (kind == Kind::Categories)
        return category_color(code - first, dark).rgb();
    static const ColorMap viridis = color_map("viridis");
    // On white the yellow end would vanish, on black the violet one: the bar leaves it out.
    const double share = static_cast<double>(code - first) / (last - first);
    const auto& c = viridis.colors[static_cast<std::size_t>(dark ? 40 + share * 215 : share * 225)];
    return qRgb(c[0], c[1], c[2]);
}

std::vector<std::uint8_t> scatter_sizes(const Column& column) {
    if (column.type() == ColumnType::Text || column.type() == ColumnType::Categorical)
        return {};
    std::vector<double> values(column.size());
    column.numbers(0, values);
    const auto [low, high] = finite_range(values);
    std::vector<std::uint8_t> sizes(values.size(), 0);
    for (std::size_t row = 0; row < values.size(); ++row)
        if (!std::isnan(values[row]))
            sizes[row] = static_cast<std::uint8_t>(
                std::clamp(high > low ? (values[row] - low) / (high - low) : 0.5, 0.0, 1.0) * 7);
    return sizes;
}

} // namespace eyepiece
