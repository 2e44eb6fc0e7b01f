// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/plot_data.h"

#include "core/data/dates.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace eyepiece {

QString PlotColumn::shown(double value) const {
    if (!std::isfinite(value))
        return QStringLiteral("–");
    if (!categories.isEmpty())
        return categories.value(static_cast<int>(std::lround(value)), QStringLiteral("–"));
    if (dates)
        return QString::fromStdString(format_date(static_cast<std::int64_t>(value * 1e6)));
    return QString::number(value, 'g', 4);
}

bool has_values(ColumnType type) {
    return type != ColumnType::Text;
}

std::shared_ptr<const PlotData> read_plot_data(std::shared_ptr<const Table> table,
                                               std::vector<std::size_t> places,
                                               const std::atomic<bool>& stop) {
    auto data = std::make_shared<PlotData>();
    data->rows = table->rows();
    for (const std::size_t place : places) {
        if (stop || place >= table->columns() || !has_values(table->type(place)))
            continue;
        const Column column = table->column(place);
        PlotColumn one;
        one.place = place;
        one.name = QString::fromStdString(column.name());
        one.dates = column.type() == ColumnType::Date;
        for (const std::string& name : column.categories())
            one.categories << QString::fromStdString(name);
        one.values.resize(column.size());
        column.numbers(0, one.values);
        const bool named = column.type() == ColumnType::Categorical;
        float low = std::numeric_limits<float>::max(), high = std::numeric_limits<float>::lowest();
        for (float& value : one.values) {
            if (!std::isfinite(value) || (named && value < 0)) { // -1 is no category
                value = std::numeric_limits<float>::quiet_NaN();
                continue;
            }
            ++one.finite;
            low = std::min(low, value);
            high = std::max(high, value);
        }
        if (one.finite > 0) {
            one.low = static_cast<double>(low);
            one.high = static_cast<double>(high);
        }
        data->columns.push_back(std::move(one));
    }
    data->table = std::move(table);
    data->places = std::move(places);
    return data;
}

RowInk::RowInk(const ScatterLook& look) : look_(look), codes_(look.coloring->codes) {
    if (look.any_selected && look.selected)
        selected_ = *look.selected;
    for (std::size_t code = 0; code < colors_.size(); ++code)
        colors_[code] = look.coloring->color(static_cast<std::uint8_t>(code), look.dark) | 0xff000000;
}

} // namespace eyepiece
