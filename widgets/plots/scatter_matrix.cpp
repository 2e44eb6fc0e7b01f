// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/scatter_matrix.h"

#include "core/data/parallel.h"
#include "widgets/theme/theme.h"

#include <QLocale>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace eyepiece {

namespace {

constexpr double gap = 6, edge = 18; // px; edge: for the ends of the axes, left and below
constexpr double margin = 4;         // px within a cell, about the points
constexpr double correlation_size = 22;

QRectF cell_of(const QRectF& area, std::size_t columns, std::size_t across, std::size_t up) {
    const auto count = static_cast<double>(std::max<std::size_t>(1, columns));
    const double width = std::max(1.0, (area.width() - edge + gap) / count - gap),
                 height = std::max(1.0, (area.height() - edge + gap) / count - gap);
    return {area.left() + edge + static_cast<double>(across) * (width + gap),
            area.top() + static_cast<double>(up) * (height + gap), width, height};
}

// What a cell shows of two columns, in device px.
ScatterTransform transform_of(const PlotColumn& x, const PlotColumn& y, const QSizeF& size) {
    ScatterTransform view;
    view.width = size.width();
    view.height = size.height();
    view.centre_x = (x.low + x.high) / 2;
    view.centre_y = (y.low + y.high) / 2;
    view.scale_x = std::max(1.0, size.width() - 2 * margin) / (x.varies() ? x.high - x.low : 1);
    view.scale_y = std::max(1.0, size.height() - 2 * margin) / (y.varies() ? y.high - y.low : 1);
    return view;
}

void draw_shapes(QPainter& painter, const ScatterMarks& marks, const ScatterLook& look,
                 const ScatterTransform& view, const QPointF& corner, double radius) {
    const RowInk ink(look);
    painter.setPen(Qt::NoPen);
    const auto pass = [&](bool of_selected) {
        for (std::size_t at = 0; at < marks.row.size(); ++at) {
            const std::uint8_t code = ink.code(marks.row[at]);
            const bool selected = ink.selected(marks.row[at]);
            if (look.hidden[code] || (ink.any_selected() && selected != of_selected) ||
                std::isnan(marks.x[at]) || std::isnan(marks.y[at]))
                continue;
            QColor color = QColor::fromRgb(ink.color(code));
            color.setAlpha(!ink.any_selected() ? 230 : selected ? 255 : 46);
            painter.setBrush(color);
            painter.drawEllipse(corner + QPointF(view.to_x(static_cast<double>(marks.x[at])),
                                                 view.to_y(static_cast<double>(marks.y[at]))),
                                radius, radius);
        }
    };
    pass(false);
    if (ink.any_selected())
        pass(true);
}

} // namespace

double correlation_of(const std::vector<float>& a, const std::vector<float>& b) {
    double count = 0, mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;
    for (std::size_t row = 0; row < std::min(a.size(), b.size()); ++row) {
        if (!std::isfinite(a[row]) || !std::isfinite(b[row]))
            continue;
        ++count; // Welford's (1962) update: sums of squares would lose figures
        const double da = static_cast<double>(a[row]) - mean_a, db = static_cast<double>(b[row]) - mean_b;
        mean_a += da / count;
        mean_b += db / count;
        aa += da * (static_cast<double>(a[row]) - mean_a);
        bb += db * (static_cast<double>(b[row]) - mean_b);
        ab += da * (static_cast<double>(b[row]) - mean_b);
    }
    return aa > 0 && bb > 0 ? std::clamp(ab / std::sqrt(aa * bb), -1.0, 1.0)
                            : std::numeric_limits<double>::quiet_NaN();
}

ScatterMatrix::ScatterMatrix(const Theme& theme, RowSelection& selection, QWidget* parent)
    : TablePlot(theme, selection, parent) {
    setObjectName(QStringLiteral("matrix"));
    setAccessibleName(tr("Scatter matrix"));
}

TablePlot::Preparation ScatterMatrix::preparation() {
    return [this](const PlotData& data, const ScatterColoring& coloring, Stop stop) {
        Prepared prepared;
        const auto varying = std::count_if(data.columns.begin(), data.columns.end(),
                                           [](const PlotColumn& column) { return column.varies(); });
        if (varying < 2) {
            prepared.problem =
                tr("A scatter matrix needs two columns of numbers that are not all alike. Choose "
                   "them above.");
            return prepared;
        }
        auto made = std::make_shared<Made>();
        made->order.resize(data.rows);
        std::iota(made->order.begin(), made->order.end(), 0u);
        shuffle_for_drawing(made->order);
        made->order.resize(std::min(data.rows, most_drawn));
        const std::size_t columns = data.columns.size();
        made->values.resize(columns);
        made->distributions.resize(columns);
        made->correlations.resize(columns * columns, 1);
        parallel_for(columns, [&](std::size_t at) {
            const std::vector<float>& values = data.columns[at].values;
            made->values[at].reserve(made->order.size());
            for (const std::uint32_t row : made->order)
                made->values[at].push_back(values[row]);
            made->distributions[at] = distribution_of(data.columns[at], coloring, stop);
            for (std::size_t other = 0; other < at && !stop; ++other)
                made->correlations[at * columns + other] = made->correlations[other * columns + at] =
                    correlation_of(values, data.columns[other].values);
        });
        if (data.rows > most_drawn)
            prepared.note = tr("Points: a fixed sample of %1 of %2 rows")
                                .arg(QLocale().toString(qulonglong(most_drawn)),
                                     QLocale().toString(qulonglong(data.rows)));
        prepared.adopt = [this, made] {
            made_ = made;
            held_.reset();
        };
        return prepared;
    };
}

QRectF ScatterMatrix::cell(std::size_t across, std::size_t up) const {
    return cell_of(area(), columns(), across, up);
}

QPointF ScatterMatrix::place_of(std::size_t across, std::size_t up, std::size_t row) const {
    const QRectF box = cell(across, up);
    const PlotColumn &x = data()->columns[across], &y = data()->columns[up];
    const ScatterTransform view = transform_of(x, y, box.size());
    return box.topLeft() + QPointF(view.to_x(static_cast<double>(x.values[row])),
                                   view.to_y(static_cast<double>(y.values[row])));
}

double ScatterMatrix::correlation(std::size_t a, std::size_t b) const {
    return made_->correlations[a * columns() + b];
}

TablePlot::Marks ScatterMatrix::marks() const {
    if (columns() < 2)
        return {};
    return [made = made_, data = shared_data(), area = area()](QPainter& painter, const ScatterLook& look,
                                                               bool shapes, double scale, Stop stop) {
        const std::size_t columns = made->values.size();
        for (std::size_t up = 0; up < columns; ++up)
            for (std::size_t across = 0; across <= up && !stop; ++across) {
                const QRectF box = cell_of(area, columns, across, up);
                if (across == up) {
                    draw_bars(painter, box.adjusted(margin, 18, -margin, 0), made->distributions[up], look);
                    continue;
                }
                const ScatterMarks marks{made->values[across], made->values[up], made->order};
                const PlotColumn &x = data->columns[across], &y = data->columns[up];
                const ScatterTransform plain = transform_of(x, y, box.size());
                const double radius = scatter_radius(made->order.size(), plain, plain, 1);
                if (shapes) {
                    draw_shapes(painter, marks, look, plain, box.topLeft(), radius);
                    continue;
                }
                ScatterTransform view = plain;
                view.width *= scale;
                view.height *= scale;
                view.scale_x *= scale;
                view.scale_y *= scale;
                ScatterLook fine = look;
                fine.device_pixel_ratio = scale;
                fine.radius = radius * scale;
                QImage image = rasterise(marks, fine, view, stop);
                image.setDevicePixelRatio(1);
                painter.drawImage(QRectF(box.topLeft(), QSizeF(image.size()) / scale), image);
            }
    };
}

std::size_t ScatterMatrix::shapes() const {
    return made_ ? made_->order.size() * columns() * (columns() - 1) / 2 : 0;
}

void ScatterMatrix::paint_words(QPainter& painter) const {
    for (std::size_t up = 0; up < columns(); ++up)
        for (std::size_t across = 0; across < columns(); ++across) {
            const QRectF box = cell(across, up);
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(theme().color(Token::Line), 1));
            painter.drawRect(box);
            painter.setPen(theme().color(Token::Text));
            if (across == up) {
                painter.setFont(theme().body());
                painter.drawText(box.adjusted(6, 2, -6, 0), Qt::AlignLeft | Qt::AlignTop,
                                 QFontMetricsF(painter.font())
                                     .elidedText(data()->columns[up].name, Qt::ElideRight, box.width() - 12));
            } else if (across > up) {
                const double r = correlation(across, up);
                QFont font = theme().figures();
                font.setPixelSize(static_cast<int>(
                    std::clamp(std::min(box.width() / 4, box.height() / 2), 9.0, correlation_size)));
                painter.setFont(font);
                QColor color = theme().color(Token::Text);
                color.setAlphaF(static_cast<float>(0.45 + 0.55 * (std::isnan(r) ? 0 : std::abs(r))));
                painter.setPen(color);
                painter.drawText(box, Qt::AlignCenter,
                                 std::isnan(r) ? QStringLiteral("–") : QLocale().toString(r, 'f', 2));
            }
        }
    // The ends of each axis, once: along the left and the lower edge.
    painter.setFont(theme().small());
    painter.setPen(theme().color(Token::Muted));
    const QFontMetricsF metrics(painter.font());
    for (std::size_t at = 0; at < columns(); ++at) {
        const PlotColumn& column = data()->columns[at];
        const auto both = [&](const QRectF& box) {
            const double half = box.width() / 2 - 2;
            painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter,
                             metrics.elidedText(column.shown(column.low), Qt::ElideRight, half));
            painter.drawText(box, Qt::AlignRight | Qt::AlignVCenter,
                             metrics.elidedText(column.shown(column.high), Qt::ElideRight, half));
        };
        const QRectF low = cell(at, columns() - 1);
        both({low.left(), low.bottom() + 2, low.width(), edge - 2});
        if (at == 0)
            continue;
        const QRectF left = cell(0, at);
        painter.save();
        painter.translate(left.left() - edge, left.bottom());
        painter.rotate(-90);
        both({0, 0, left.height(), edge - 2});
        painter.restore();
    }
}

void ScatterMatrix::paint_gesture(QPainter& painter) const {
    if (held_ && held_->across != held_->up)
        paint_brush(painter, QRectF(from_, to_).normalized().intersected(cell(held_->across, held_->up)));
}

std::optional<ScatterMatrix::Cell> ScatterMatrix::cell_at(const QPointF& position) const {
    for (std::size_t up = 0; up < columns(); ++up)
        for (std::size_t across = 0; across <= up; ++across)
            if (cell(across, up).contains(position))
                return Cell{across, up};
    return {};
}

double ScatterMatrix::value_at(std::size_t column, double share) const {
    const PlotColumn& one = data()->columns[column];
    return one.low + share * (one.varies() ? one.high - one.low : 1) - (one.varies() ? 0 : 0.5);
}

QString ScatterMatrix::words_at(const QPointF& position) const {
    for (std::size_t up = 0; up < columns(); ++up)
        for (std::size_t across = 0; across < columns(); ++across) {
            if (!cell(across, up).contains(position))
                continue;
            const QString &x = data()->columns[across].name, &y = data()->columns[up].name;
            if (across == up)
                return tr("%1: click a bar to select its rows").arg(x);
            const double r = correlation(across, up);
            return tr("%1 against %2, correlation %3")
                .arg(y, x, std::isnan(r) ? QStringLiteral("–") : QLocale().toString(r, 'f', 3));
        }
    return {};
}

bool ScatterMatrix::press(const QPointF& position) {
    held_ = cell_at(position);
    from_ = to_ = position;
    return held_.has_value();
}

void ScatterMatrix::release(const QPointF& position, Qt::KeyboardModifiers modifiers) {
    const Cell held = *held_;
    held_.reset();
    const QRectF box = cell(held.across, held.up);
    if (held.across == held.up) {
        const Distribution& one = made_->distributions[held.up];
        const double share = (position.x() - box.left() - margin) / (box.width() - 2 * margin);
        const int bin = std::clamp(static_cast<int>(share * one.bins), 0, one.bins - 1);
        return select_where([made = made_, at = held.up,
                             bin](std::size_t row) { return made->distributions[at].bin[row] == bin; },
                            modifiers);
    }
    const QRectF brush = QRectF(from_, position).normalized().intersected(box);
    if (std::max(brush.width(), brush.height()) < click) {
        if (selection_how(modifiers) == RowSelection::How::Replace)
            selection().clear();
        return;
    }
    const double wide = box.width() - 2 * margin, high = box.height() - 2 * margin;
    const double left = value_at(held.across, (brush.left() - box.left() - margin) / wide),
                 right = value_at(held.across, (brush.right() - box.left() - margin) / wide),
                 bottom = value_at(held.up, (box.bottom() - margin - brush.bottom()) / high),
                 top = value_at(held.up, (box.bottom() - margin - brush.top()) / high);
    select_where(
        [data = shared_data(), held, left, right, bottom, top](std::size_t row) {
            const auto x = static_cast<double>(data->columns[held.across].values[row]),
                       y = static_cast<double>(data->columns[held.up].values[row]);
            return x >= left && x <= right && y >= bottom && y <= top;
        },
        modifiers);
}

} // namespace eyepiece
