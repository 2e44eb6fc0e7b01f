// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/parallel_plot.h"

#include "widgets/theme/theme.h"

#include <QKeyEvent>
#include <QLocale>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace eyepiece {

namespace {

constexpr double name_line = 22, end_line = 16, side = 44; // px
constexpr double reach = 14, brush_width = 14;             // px about an axis

void draw_shapes(QPainter& painter, const ParallelLines& lines, const ScatterLook& look,
                 const std::vector<double>& axes, const QRectF& box) {
    const RowInk ink(look);
    painter.setBrush(Qt::NoBrush);
    const auto pass = [&](bool of_selected, int alpha) {
        for (const std::uint32_t row : *lines.order) {
            const std::uint8_t code = ink.code(row);
            if (look.hidden[code] || (ink.any_selected() && ink.selected(row) != of_selected))
                continue;
            QColor color = QColor::fromRgb(ink.color(code));
            color.setAlpha(alpha);
            painter.setPen(QPen(color, 1));
            QPolygonF line;
            for (std::size_t axis = 0; axis <= axes.size(); ++axis) {
                const float height = axis < axes.size() ? (*lines.heights[axis])[row]
                                                        : std::numeric_limits<float>::quiet_NaN();
                if (!std::isnan(height)) {
                    line << QPointF(axes[axis], box.bottom() - static_cast<double>(height) * box.height());
                    continue;
                }
                if (line.size() > 1)
                    painter.drawPolyline(line);
                line.clear();
            }
        }
    };
    pass(false, ink.any_selected() ? 30 : 150);
    if (ink.any_selected())
        pass(true, 220);
}

} // namespace

ParallelPlot::ParallelPlot(const Theme& theme, RowSelection& selection, QWidget* parent)
    : TablePlot(theme, selection, parent) {
    setObjectName(QStringLiteral("parallel"));
    setAccessibleName(tr("Parallel coordinates"));
    // Selected elsewhere, the brushes no longer say what is selected.
    const auto forget = [this] {
        if (!is_selecting())
            brushes_.clear();
    };
    connect(&selection, &RowSelection::changed, this, forget);
    connect(&selection, &RowSelection::was_reset, this, forget);
}

TablePlot::Preparation ParallelPlot::preparation() {
    return [this](const PlotData& data, const ScatterColoring&, Stop) {
        Prepared prepared;
        const auto with_values = std::count_if(data.columns.begin(), data.columns.end(),
                                               [](const PlotColumn& column) { return column.finite > 0; });
        if (data.columns.size() < 2 || with_values < 2) {
            prepared.problem =
                tr("Parallel coordinates need two columns that have values. Choose them above.");
            return prepared;
        }
        ParallelLines lines;
        for (const PlotColumn& column : data.columns) {
            auto heights = std::make_shared<std::vector<float>>(column.values.size());
            for (std::size_t row = 0; row < heights->size(); ++row)
                (*heights)[row] =
                    std::isnan(column.values[row])
                        ? column.values[row]
                        : static_cast<float>(column.share(static_cast<double>(column.values[row])));
            lines.heights.push_back(std::move(heights));
        }
        auto order = std::make_shared<std::vector<std::uint32_t>>(data.rows);
        std::iota(order->begin(), order->end(), 0u);
        shuffle_for_drawing(*order);
        lines.order = std::move(order);
        const auto gaps =
            std::count_if(data.columns.begin(), data.columns.end(),
                          [&](const PlotColumn& column) { return column.finite < column.values.size(); });
        QStringList notes;
        if (gaps > 0)
            notes << tr("Rows without a value have a gap there");
        if (data.rows > most_lines)
            notes << tr("Lines: a fixed sample of %1 of %2 rows, and as many of the selected")
                         .arg(QLocale().toString(qulonglong(most_lines)),
                              QLocale().toString(qulonglong(data.rows)));
        prepared.note = notes.join(QStringLiteral(" · "));
        prepared.adopt = [this, lines] { lines_ = lines; };
        return prepared;
    };
}

QRectF ParallelPlot::box() const {
    const QRectF whole = area().adjusted(side, name_line + end_line, -side, -end_line);
    return {whole.topLeft(), QSizeF(std::max(1.0, whole.width()), std::max(1.0, whole.height()))};
}

std::size_t ParallelPlot::axes() const {
    return data() ? std::min(data()->columns.size(), lines_.heights.size()) : 0;
}

double ParallelPlot::axis_x(std::size_t axis) const {
    const QRectF whole = box();
    return whole.left() + whole.width() * static_cast<double>(axis) /
                              static_cast<double>(std::max<std::size_t>(2, axes()) - 1);
}

QRectF ParallelPlot::axis_rect(std::size_t axis) const {
    return {axis_x(axis) - brush_width / 2, box().top(), brush_width, box().height()};
}

QRectF ParallelPlot::name_rect(std::size_t axis) const {
    const double wide = std::max(24.0, axes() > 1 ? axis_x(1) - axis_x(0) - 6 : 60);
    return {axis_x(axis) - wide / 2, area().top(), wide, name_line};
}

double ParallelPlot::y_of(std::size_t axis, double value) const {
    return box().bottom() - data()->columns[axis].share(value) * box().height();
}

double ParallelPlot::value_at(std::size_t axis, double y) const {
    const PlotColumn& column = data()->columns[axis];
    const double share = std::clamp((box().bottom() - y) / box().height(), 0.0, 1.0);
    return column.low + share * (column.high - column.low);
}

TablePlot::Marks ParallelPlot::marks() const {
    if (axes() < 2)
        return {};
    std::vector<double> places;
    for (std::size_t axis = 0; axis < axes(); ++axis)
        places.push_back(axis_x(axis));
    return [lines = lines_, places, box = box()](QPainter& painter, const ScatterLook& look, bool shapes,
                                                 double scale, Stop stop) {
        if (shapes)
            return draw_shapes(painter, lines, look, places, box);
        std::vector<double> scaled = places;
        for (double& x : scaled)
            x *= scale;
        const QImage image =
            rasterise_lines(lines, look, scaled, QRectF(box.topLeft() * scale, box.size() * scale), stop);
        painter.drawImage(box, image);
    };
}

std::size_t ParallelPlot::shapes() const {
    return data() ? data()->rows * axes() : 0;
}

void ParallelPlot::paint_words(QPainter& painter) const {
    const QRectF whole = box();
    for (std::size_t axis = 0; axis < axes(); ++axis) {
        const PlotColumn& column = data()->columns[axis];
        const double x = axis_x(axis);
        painter.setPen(QPen(theme().color(Token::Muted), 1));
        painter.drawLine(QPointF(x, whole.top()), QPointF(x, whole.bottom()));
        painter.setFont(theme().body());
        const QRectF name = name_rect(axis);
        painter.setPen(theme().color(Token::Text));
        painter.drawText(name, Qt::AlignCenter,
                         QFontMetricsF(painter.font()).elidedText(column.name, Qt::ElideRight, name.width()));
        painter.setFont(theme().small());
        painter.setPen(theme().color(Token::Muted));
        const QFontMetricsF metrics(painter.font());
        const auto end = [&](double y, double value) {
            painter.drawText(QRectF(name.left(), y, name.width(), end_line), Qt::AlignCenter,
                             metrics.elidedText(column.shown(value), Qt::ElideRight, name.width()));
        };
        if (column.finite == 0) {
            painter.drawText(QRectF(name.left(), whole.center().y(), name.width(), end_line), Qt::AlignCenter,
                             tr("no value"));
            continue;
        }
        if (column.varies()) {
            end(whole.top() - end_line, column.high);
            end(whole.bottom(), column.low);
        } else {
            end(whole.bottom(), column.low);
        }
        if (const auto found = brushes_.find(column.place); found != brushes_.end())
            paint_brush(painter, QRectF(QPointF(x - brush_width / 2, y_of(axis, found->second.high)),
                                        QPointF(x + brush_width / 2, y_of(axis, found->second.low))));
    }
}

void ParallelPlot::paint_gesture(QPainter& painter) const {
    if (hasFocus() && current_ < axes()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme().color(Token::Accent), 1));
        painter.drawRoundedRect(name_rect(current_).adjusted(1, 2, -1, -2), 4, 4);
    }
    if (!held_)
        return;
    if (moving_) {
        const double x = std::clamp(to_.x(), box().left(), box().right());
        painter.setPen(QPen(theme().color(Token::Accent), 2));
        painter.drawLine(QPointF(x, area().top()), QPointF(x, box().bottom()));
        return;
    }
    const double top = std::clamp(std::min(from_.y(), to_.y()), box().top(), box().bottom()),
                 bottom = std::clamp(std::max(from_.y(), to_.y()), box().top(), box().bottom());
    paint_brush(painter, QRectF(axis_x(*held_) - brush_width / 2, top, brush_width, bottom - top));
}

std::optional<std::size_t> ParallelPlot::axis_at(const QPointF& position) const {
    std::optional<std::size_t> nearest;
    double best = reach;
    for (std::size_t axis = 0; axis < axes(); ++axis)
        if (const double away = std::abs(axis_x(axis) - position.x()); away <= best) {
            best = away;
            nearest = axis;
        }
    return nearest;
}

QString ParallelPlot::words_at(const QPointF& position) const {
    for (std::size_t axis = 0; axis < axes(); ++axis)
        if (name_rect(axis).contains(position))
            return tr("%1\nDrag the name to move the axis").arg(data()->columns[axis].name);
    const auto axis = axis_at(position);
    if (!axis || !box().adjusted(-reach, 0, reach, 0).contains(position))
        return {};
    const PlotColumn& column = data()->columns[*axis];
    return tr("%1: %2\nDrag along the axis to select")
        .arg(column.name, column.shown(value_at(*axis, position.y())));
}

bool ParallelPlot::press(const QPointF& position) {
    from_ = to_ = position;
    held_.reset();
    for (std::size_t axis = 0; axis < axes(); ++axis)
        if (name_rect(axis).contains(position)) {
            held_ = axis;
            moving_ = true;
        }
    if (!held_) {
        moving_ = false;
        held_ = axis_at(position);
    }
    if (held_)
        current_ = *held_;
    return held_.has_value();
}

void ParallelPlot::drag_to(const QPointF& position) {
    to_ = position;
}

void ParallelPlot::give_up() {
    held_.reset();
}

void ParallelPlot::release(const QPointF& position, Qt::KeyboardModifiers) {
    to_ = position;
    const std::size_t axis = *held_;
    held_.reset();
    if (moving_) {
        const double step = axes() > 1 ? axis_x(1) - axis_x(0) : 1;
        const double place =
            std::clamp((to_.x() - box().left()) / step, 0.0, static_cast<double>(axes() - 1));
        return move_axis(axis, static_cast<std::size_t>(std::lround(place)));
    }
    const std::size_t column = data()->columns[axis].place;
    if (std::abs(to_.y() - from_.y()) < click) {
        if (brushes_.erase(column) == 0)
            return;
    } else {
        const double a = value_at(axis, from_.y()), b = value_at(axis, to_.y());
        brushes_[column] = {std::min(a, b), std::max(a, b)};
    }
    select_brushed();
}

void ParallelPlot::select_brushed() {
    // Brushes of columns that are not shown any more say nothing.
    std::erase_if(brushes_, [this](const auto& brush) {
        return std::none_of(data()->columns.begin(), data()->columns.end(),
                            [&](const PlotColumn& column) { return column.place == brush.first; });
    });
    if (brushes_.empty())
        return selection().clear();
    std::vector<std::pair<std::size_t, Brush>> ranges;
    for (std::size_t axis = 0; axis < axes(); ++axis)
        if (const auto found = brushes_.find(data()->columns[axis].place); found != brushes_.end())
            ranges.emplace_back(axis, found->second);
    select_where(
        [ranges, data = shared_data()](std::size_t row) {
            return std::all_of(ranges.begin(), ranges.end(), [&](const auto& range) {
                const auto value = static_cast<double>(data->columns[range.first].values[row]);
                return value >= range.second.low && value <= range.second.high;
            });
        },
        {});
}

void ParallelPlot::move_axis(std::size_t from, std::size_t to) {
    if (from == to || from >= axes() || to >= axes())
        return;
    std::vector<std::size_t> places;
    for (const PlotColumn& column : data()->columns)
        places.push_back(column.place);
    const std::size_t moved = places[from];
    places.erase(places.begin() + static_cast<std::ptrdiff_t>(from));
    places.insert(places.begin() + static_cast<std::ptrdiff_t>(to), moved);
    current_ = to;
    Q_EMIT reordered(places);
}

void ParallelPlot::keyPressEvent(QKeyEvent* event) {
    const bool left = event->key() == Qt::Key_Left, right = event->key() == Qt::Key_Right;
    if ((left || right) && axes() > 0) {
        const std::size_t to = left ? current_ - (current_ > 0) : std::min(current_ + 1, axes() - 1);
        if (event->modifiers() & Qt::ControlModifier)
            move_axis(current_, to);
        else
            current_ = to;
        return update();
    }
    if (event->key() == Qt::Key_Delete && current_ < axes() &&
        brushes_.erase(data()->columns[current_].place) > 0)
        return select_brushed();
    TablePlot::keyPressEvent(event);
}

} // namespace eyepiece
