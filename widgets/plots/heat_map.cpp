// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/heat_map.h"

#include "core/data/color_map.h"
#include "core/data/leaf_order.h"
#include "widgets/plots/scatter_legend.h"
#include "widgets/theme/theme.h"

#include <QLocale>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace eyepiece {

namespace {

constexpr double names = 76, bar_line = 34, strip = 8, strip_gap = 4, marks_width = 6; // px
constexpr double bar_width = 160, bar_height = 8;

QRgb heat(double z) {
    static const ColorMap viridis = color_map("viridis");
    const double share = std::clamp((z + HeatMap::ends) / (2 * HeatMap::ends), 0.0, 1.0);
    const auto& c = viridis.colors[static_cast<std::size_t>(share * 255)];
    return qRgb(c[0], c[1], c[2]);
}

std::pair<double, double> mean_and_sd(const std::vector<float>& values) {
    double count = 0, mean = 0, squares = 0;
    for (const float value : values)
        if (!std::isnan(value)) {
            const double away = static_cast<double>(value) - mean;
            mean += away / ++count;
            squares += away * (static_cast<double>(value) - mean);
        }
    return {mean, count > 1 ? std::sqrt(squares / (count - 1)) : 0};
}

double z_of(float value, double mean, double sd) {
    return std::isnan(value) ? std::numeric_limits<double>::quiet_NaN()
           : sd > 0          ? (static_cast<double>(value) - mean) / sd
                             : 0;
}

} // namespace

HeatMap::HeatMap(const Theme& theme, RowSelection& selection, QWidget* parent)
    : TablePlot(theme, selection, parent) {
    setObjectName(QStringLiteral("heat-map"));
    setAccessibleName(tr("Heat map of rows and columns"));
}

void HeatMap::set_order(Order order) {
    if (order_ == order)
        return;
    order_ = order;
    prepare();
}

TablePlot::Preparation HeatMap::preparation() {
    return [this, order = order_](const PlotData& data, const ScatterColoring& coloring, Stop stop) {
        Prepared prepared;
        if (std::none_of(data.columns.begin(), data.columns.end(),
                         [](const PlotColumn& column) { return column.varies(); })) {
            prepared.problem =
                tr("A heat map needs a column of numbers that are not all alike. Choose one above.");
            return prepared;
        }
        auto made = std::make_shared<Made>();
        for (const PlotColumn& column : data.columns) {
            const auto [mean, sd] = mean_and_sd(column.values);
            made->means.push_back(mean);
            made->sds.push_back(sd);
        }
        std::vector<std::uint32_t>& rows = made->order;
        rows.resize(data.rows);
        std::iota(rows.begin(), rows.end(), 0u);
        if (rows.size() > most_rows) {
            shuffle_for_drawing(rows);
            rows.resize(most_rows);
            std::sort(rows.begin(), rows.end());
            prepared.note = tr("A fixed sample of %1 of %2 rows")
                                .arg(QLocale().toString(qulonglong(most_rows)),
                                     QLocale().toString(qulonglong(data.rows)));
        }
        if (order == Order::Color && !coloring.codes.empty()) {
            std::stable_sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
                return coloring.codes[a] < coloring.codes[b];
            });
        } else if (order == Order::Likeness) {
            std::vector<float> values; // a missing one is like the mean
            values.reserve(rows.size() * data.columns.size());
            for (const std::uint32_t row : rows)
                for (std::size_t at = 0; at < data.columns.size(); ++at) {
                    const double z = z_of(data.columns[at].values[row], made->means[at], made->sds[at]);
                    values.push_back(std::isnan(z) ? 0.f : static_cast<float>(std::clamp(z, -ends, ends)));
                }
            std::vector<std::uint32_t> sorted;
            for (const std::uint32_t at : leaf_order(values, rows.size(), data.columns.size(), stop))
                sorted.push_back(rows[at]);
            rows = std::move(sorted);
        }
        prepared.adopt = [this, made] {
            made_ = made;
            held_ = false;
        };
        return prepared;
    };
}

std::vector<std::uint32_t> HeatMap::shown_rows() const {
    if (!made_)
        return {};
    std::vector<std::uint32_t> rows;
    const auto& codes = coloring().codes;
    for (const std::uint32_t row : made_->order)
        if (!legend()->hidden()[row < codes.size() ? codes[row] : ScatterColoring::plain])
            rows.push_back(row);
    return rows;
}

QRectF HeatMap::map_rect() const {
    const QRectF whole = area().adjusted(strip + strip_gap, names, -marks_width - strip_gap, -bar_line);
    return {whole.topLeft(), QSizeF(std::max(1.0, whole.width()), std::max(1.0, whole.height()))};
}

TablePlot::Marks HeatMap::marks() const {
    if (!made_)
        return {};
    return [made = made_, data = shared_data(), rows = shown_rows(),
            box = map_rect()](QPainter& painter, const ScatterLook& look, bool, double scale, Stop stop) {
        if (rows.empty() || made->means.size() != data->columns.size())
            return;
        const RowInk ink(look);
        const auto columns = static_cast<int>(data->columns.size());
        const int lines =
            std::min(static_cast<int>(rows.size()), std::max(1, static_cast<int>(box.height() * scale)));
        QImage map(columns, lines, QImage::Format_ARGB32_Premultiplied), groups(1, lines, map.format()),
            selected(1, lines, map.format());
        const QRgb accent = look.dark ? 0xffffffff : 0xff000000;
        for (int line = 0; line < lines && !stop; ++line) {
            const std::size_t first = rows.size() * static_cast<std::size_t>(line) /
                                      static_cast<std::size_t>(lines),
                              last = rows.size() * static_cast<std::size_t>(line + 1) /
                                     static_cast<std::size_t>(lines);
            bool any = false;
            for (std::size_t at = first; at < last; ++at)
                any |= ink.selected(rows[at]);
            for (int column = 0; column < columns; ++column) {
                const auto place = static_cast<std::size_t>(column);
                double sum = 0, count = 0;
                for (std::size_t at = first; at < last; ++at)
                    if (const double z =
                            z_of(data->columns[place].values[rows[at]], made->means[place], made->sds[place]);
                        !std::isnan(z)) {
                        sum += z;
                        ++count;
                    }
                QRgb color = count > 0 ? heat(sum / count) : qRgba(0, 0, 0, 0);
                if (ink.any_selected() && !any) // fainter, but still to be read
                    color =
                        qPremultiply(qRgba(qRed(color), qGreen(color), qBlue(color), qAlpha(color) * 2 / 5));
                map.setPixel(column, line, color);
            }
            groups.setPixel(0, line, ink.color(ink.code(rows[first])));
            selected.setPixel(0, line, any ? accent : qRgba(0, 0, 0, 0));
        }
        painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
        painter.drawImage(box, map);
        if (look.coloring->kind != ScatterColoring::Kind::Plain)
            painter.drawImage(QRectF(box.left() - strip - strip_gap, box.top(), strip, box.height()), groups);
        if (ink.any_selected())
            painter.drawImage(QRectF(box.right() + strip_gap, box.top(), marks_width, box.height()),
                              selected);
    };
}

void HeatMap::paint_words(QPainter& painter) const {
    const QRectF box = map_rect();
    const auto columns = static_cast<double>(data()->columns.size());
    const double wide = box.width() / columns;
    painter.setFont(theme().small());
    const QFontMetricsF metrics(painter.font());
    painter.setPen(theme().color(Token::Muted));
    if (wide >= metrics.height() * 0.8)
        for (std::size_t at = 0; at < data()->columns.size(); ++at) {
            painter.save();
            painter.translate(box.left() + (static_cast<double>(at) + 0.5) * wide, box.top() - 4);
            painter.rotate(-90);
            painter.drawText(QRectF(0, -metrics.height() / 2, names - 6, metrics.height()),
                             Qt::AlignLeft | Qt::AlignVCenter,
                             metrics.elidedText(data()->columns[at].name, Qt::ElideRight, names - 6));
            painter.restore();
        }
    const double top = box.bottom() + 10;
    for (int x = 0; x < static_cast<int>(bar_width); ++x)
        painter.fillRect(QRectF(box.left() + x, top, 1.2, bar_height),
                         QColor::fromRgb(heat(-ends + 2 * ends * x / (bar_width - 1))));
    painter.drawText(QRectF(box.left() + bar_width + 8, top - 5, box.width() - bar_width - 8, 18),
                     Qt::AlignLeft | Qt::AlignVCenter,
                     tr("−%1 to +%1 standard deviations of the column").arg(ends));
}

QRectF HeatMap::brush() const {
    const QRectF box = map_rect();
    const double top = std::clamp(std::min(from_.y(), to_.y()), box.top(), box.bottom()),
                 bottom = std::clamp(std::max(from_.y(), to_.y()), box.top(), box.bottom());
    return {box.left(), top, box.width(), bottom - top};
}

void HeatMap::paint_gesture(QPainter& painter) const {
    if (held_)
        paint_brush(painter, brush());
}

QString HeatMap::words_at(const QPointF& position) const {
    const QRectF box = map_rect();
    const auto rows = shown_rows();
    if (!box.contains(position) || rows.empty())
        return {};
    const auto at = [](double share, std::size_t count) {
        return std::min(static_cast<std::size_t>(share * static_cast<double>(count)), count - 1);
    };
    const std::uint32_t row = rows[at((position.y() - box.top()) / box.height(), rows.size())];
    const std::size_t column = at((position.x() - box.left()) / box.width(), data()->columns.size());
    const PlotColumn& one = data()->columns[column];
    const auto& row_names = data()->table->row_names();
    const double z = z_of(one.values[row], made_->means[column], made_->sds[column]);
    return tr("%1\n%2: %3 (%4 standard deviations from the mean)")
        .arg(row_names ? QString::fromStdString(row_names->shown(row)) : tr("Row %1").arg(row + 1), one.name,
             one.shown(static_cast<double>(one.values[row])),
             std::isnan(z) ? QStringLiteral("–") : QLocale().toString(z, 'f', 1));
}

bool HeatMap::press(const QPointF& position) {
    held_ = map_rect().adjusted(-strip - strip_gap, 0, marks_width + strip_gap, 0).contains(position);
    from_ = to_ = position;
    return held_;
}

void HeatMap::drag_to(const QPointF& position) {
    to_ = position;
}

void HeatMap::release(const QPointF& position, Qt::KeyboardModifiers modifiers) {
    to_ = position;
    held_ = false;
    const QRectF box = map_rect(), brushed = brush();
    const auto rows = shown_rows();
    if (rows.empty())
        return;
    const auto line = [&](double y) {
        const double share = (y - box.top()) / box.height() * static_cast<double>(rows.size());
        return std::min(static_cast<std::size_t>(std::max(0.0, share)), rows.size() - 1);
    };
    std::vector<std::size_t> chosen;
    for (std::size_t at = line(brushed.top()); at <= line(brushed.bottom()); ++at)
        chosen.push_back(rows[at]);
    selection().select(chosen, selection_how(modifiers));
}

} // namespace eyepiece
