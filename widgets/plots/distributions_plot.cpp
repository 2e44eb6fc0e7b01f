// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/distributions_plot.h"

#include "core/data/parallel.h"
#include "widgets/plots/scatter_axes.h"
#include "widgets/plots/scatter_legend.h"
#include "widgets/theme/theme.h"

#include <QLocale>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

using Style = DistributionsPlot::Style;

constexpr double name_line = 20, foot = 18, gap = 14, scale_width = 44; // px
constexpr double shape = 1.5;                                           // width to height of a cell
constexpr std::size_t most_dots = 300;
constexpr double dot_radius = 1.8;
constexpr float thinnest = 0.01f; // of a violin, against its widest place

// Cells of nearly the same shape, row after row; each with its name above and its scale below.
std::vector<QRectF> cells(const QRectF& area, std::size_t count) {
    std::vector<QRectF> boxes;
    if (count == 0)
        return boxes;
    const double wanted =
        std::sqrt(static_cast<double>(count) * area.width() / std::max(1.0, area.height()) / shape);
    const auto across =
        static_cast<std::size_t>(std::clamp(std::round(wanted), 1.0, static_cast<double>(count)));
    const std::size_t down = (count + across - 1) / across;
    const double width = (area.width() + gap) / static_cast<double>(across),
                 height = (area.height() + gap) / static_cast<double>(down);
    for (std::size_t at = 0; at < count; ++at)
        boxes.emplace_back(area.left() + width * static_cast<double>(at % across),
                           area.top() + height * static_cast<double>(at / across), std::max(1.0, width - gap),
                           std::max(1.0, height - gap));
    return boxes;
}

QRectF inside(const QRectF& box, bool upright) {
    const QRectF whole = box.adjusted(upright ? scale_width : 0, name_line, 0, -foot);
    return {whole.topLeft(), QSizeF(std::max(1.0, whole.width()), std::max(1.0, whole.height()))};
}

double up(const Distribution& made, const QRectF& box, double value) {
    return box.bottom() - (value - made.low) / (made.high - made.low) * box.height();
}

std::vector<const DistributionGroup*> shown_groups(const Distribution& made,
                                                   const std::array<bool, 256>& hidden) {
    std::vector<const DistributionGroup*> shown;
    for (const DistributionGroup& group : made.groups)
        if (!hidden[group.code])
            shown.push_back(&group);
    return shown;
}

// Beside each other so that few lie on each other; the same row always lies at the same place.
double jitter(std::uint32_t row) {
    return static_cast<double>((row * 2654435761u) >> 16 & 0xffff) / 65535 - 0.5;
}

void draw_group(QPainter& painter, const QRectF& box, const Distribution& made, const PlotColumn& column,
                const DistributionGroup& group, double middle, double width, Style style, const RowInk& ink) {
    const QColor color = QColor::fromRgb(ink.color(group.code));
    const auto with_alpha = [&](int alpha) {
        QColor one = color;
        one.setAlpha(alpha);
        return one;
    };
    const auto y = [&](double value) { return up(made, box, value); };
    const int strong = ink.any_selected() ? 110 : 255;
    if (style == Style::Violin && !group.density.empty()) {
        QPolygonF outline;
        const auto places = static_cast<int>(group.density.size());
        const auto add = [&](int at, double side) {
            outline << QPointF(middle + side * width / 2 *
                                            static_cast<double>(group.density[static_cast<std::size_t>(at)]),
                               box.bottom() - box.height() * at / (places - 1));
        };
        // Where there is next to nothing, no line runs on to the ends of the axis.
        int first = 0, last = places - 1;
        while (first < last && group.density[static_cast<std::size_t>(first)] < thinnest)
            ++first;
        while (last > first && group.density[static_cast<std::size_t>(last)] < thinnest)
            --last;
        for (int at = first; at <= last; ++at)
            add(at, -1);
        for (int at = last; at >= first; --at)
            add(at, 1);
        painter.setPen(QPen(with_alpha(strong), 1.2));
        painter.setBrush(with_alpha(ink.any_selected() ? 36 : 90));
        painter.drawPolygon(outline);
    }
    const double half = style == Style::Box ? width * 0.32 : std::min(4.0, width * 0.08);
    painter.setPen(QPen(with_alpha(strong), 1.2));
    painter.drawLine(QPointF(middle, y(group.lower_whisker)), QPointF(middle, y(group.upper_whisker)));
    painter.setBrush(with_alpha(style == Style::Box ? (ink.any_selected() ? 36 : 90) : strong));
    painter.drawRect(QRectF(QPointF(middle - half, y(group.upper_quartile)),
                            QPointF(middle + half, y(group.lower_quartile))));
    painter.setPen(QPen(style == Style::Box ? with_alpha(strong) : QColor(Qt::white), 2.2));
    painter.drawLine(QPointF(middle - half, y(group.median)), QPointF(middle + half, y(group.median)));
    const auto dot = [&](std::uint32_t row, int alpha) {
        const double value = static_cast<double>(column.values[row]);
        painter.setBrush(with_alpha(alpha));
        painter.drawEllipse(QPointF(middle + jitter(row) * width * 0.6, y(value)), dot_radius, dot_radius);
    };
    painter.setPen(Qt::NoPen);
    if (style == Style::Box || group.rows <= small_group)
        for (const std::uint32_t row : group.dots)
            dot(row, ink.any_selected() ? 60 : 200);
    if (!ink.any_selected())
        return;
    std::vector<std::uint32_t> chosen;
    for (std::uint32_t row = 0; row < made.bin.size(); ++row)
        if (made.bin[row] != Distribution::no_bin && ink.selected(row) &&
            (group.name.isEmpty() || ink.code(row) == group.code))
            chosen.push_back(row);
    const std::size_t every = std::max<std::size_t>(1, (chosen.size() + most_dots - 1) / most_dots);
    for (std::size_t at = 0; at < chosen.size(); at += every)
        dot(chosen[at], 255);
}

} // namespace

DistributionsPlot::DistributionsPlot(const Theme& theme, RowSelection& selection, QWidget* parent)
    : TablePlot(theme, selection, parent) {
    setObjectName(QStringLiteral("distributions"));
    setAccessibleName(tr("Distributions of columns"));
}

void DistributionsPlot::set_style(Style style) {
    if (style_ == style)
        return;
    style_ = style;
    brushed_.reset();
    redraw();
}

const std::vector<Distribution>& DistributionsPlot::distributions() const {
    static const std::vector<Distribution> none;
    return made_ ? *made_ : none;
}

TablePlot::Preparation DistributionsPlot::preparation() {
    return [this](const PlotData& data, const ScatterColoring& coloring, Stop stop) {
        Prepared prepared;
        if (data.columns.empty()) {
            prepared.problem = tr("Choose a column above to see how its values are spread. Text has no axis "
                                  "to lie on.");
            return prepared;
        }
        const bool any = std::any_of(data.columns.begin(), data.columns.end(),
                                     [](const PlotColumn& column) { return column.finite > 0; });
        if (!any) {
            prepared.problem = tr("None of the chosen columns has a value. Choose others above.");
            return prepared;
        }
        auto made = std::make_shared<std::vector<Distribution>>(data.columns.size());
        parallel_for(made->size(), [&](std::size_t at) {
            (*made)[at] = distribution_of(data.columns[at], coloring, stop);
        });
        const std::size_t groups = coloring.entries.size();
        if (groups > most_groups)
            prepared.note =
                tr("The %1 largest of %2 groups have a violin or box").arg(most_groups).arg(groups);
        prepared.adopt = [this, made] {
            made_ = made;
            brushed_.reset();
        };
        return prepared;
    };
}

bool DistributionsPlot::upright(std::size_t column) const {
    return style_ != Style::Histogram && made_ && column < made_->size() && !(*made_)[column].names;
}

QRectF DistributionsPlot::cell(std::size_t column) const {
    const auto boxes = cells(area(), distributions().size());
    return column < boxes.size() ? inside(boxes[column], upright(column)) : QRectF();
}

QPointF DistributionsPlot::place_of(std::size_t column, double value) const {
    const QRectF box = cell(column);
    const Distribution& made = distributions()[column];
    const double share = (value - made.low) / (made.high - made.low);
    return upright(column) ? QPointF(box.center().x(), box.bottom() - share * box.height())
                           : QPointF(box.left() + share * box.width(), box.center().y());
}

TablePlot::Marks DistributionsPlot::marks() const {
    if (!made_)
        return {};
    return [made = made_, data = shared_data(), style = style_,
            area = area()](QPainter& painter, const ScatterLook& look, bool, double, Stop stop) {
        const RowInk ink(look);
        const auto boxes = cells(area, made->size());
        for (std::size_t at = 0; at < made->size() && at < data->columns.size(); ++at) {
            if (stop)
                return;
            const Distribution& one = (*made)[at];
            const bool bars = style == Style::Histogram || one.names;
            const QRectF box = inside(boxes[at], !bars);
            if (bars) {
                draw_bars(painter, box, one, look);
                continue;
            }
            const auto groups = shown_groups(one, look.hidden);
            const double slot = box.width() / static_cast<double>(std::max<std::size_t>(1, groups.size()));
            for (std::size_t group = 0; group < groups.size(); ++group)
                draw_group(painter, box, one, data->columns[at], *groups[group],
                           box.left() + (static_cast<double>(group) + 0.5) * slot,
                           std::min(slot * 0.86, 90.0), style, ink);
        }
    };
}

std::size_t DistributionsPlot::shapes() const {
    std::size_t count = 0;
    for (const Distribution& one : distributions())
        count += static_cast<std::size_t>(one.bins) * most_groups + one.groups.size() * most_dots;
    return count;
}

void DistributionsPlot::paint_words(QPainter& painter) const {
    if (!made_ || !data())
        return;
    const auto boxes = cells(area(), made_->size());
    const QFontMetricsF small(theme().small());
    for (std::size_t at = 0; at < made_->size() && at < data()->columns.size(); ++at) {
        const PlotColumn& column = data()->columns[at];
        const Distribution& one = (*made_)[at];
        const QRectF box = inside(boxes[at], upright(at));
        painter.setFont(theme().body());
        painter.setPen(theme().color(Token::Text));
        const QFontMetricsF metrics(painter.font());
        const QRectF name(boxes[at].left(), boxes[at].top(), boxes[at].width(), name_line - 4);
        painter.drawText(name, Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(column.name, Qt::ElideRight, name.width()));
        painter.setPen(QPen(theme().color(Token::Line), 1));
        painter.drawLine(box.bottomLeft() + QPointF(0, 0.5), box.bottomRight() + QPointF(0, 0.5));
        painter.setFont(theme().small());
        painter.setPen(theme().color(Token::Muted));
        if (one.groups.empty()) {
            painter.drawText(box, Qt::AlignCenter, tr("no value"));
            continue;
        }
        const QRectF below(box.left(), box.bottom() + 3, box.width(), foot - 3);
        if (!upright(at)) {
            if (one.names) {
                const double step = box.width() / one.bins;
                for (int bin = 0; bin < one.bins; ++bin)
                    if (step > 24)
                        painter.drawText(QRectF(below.left() + bin * step, below.top(), step, below.height()),
                                         Qt::AlignCenter,
                                         small.elidedText(column.shown(bin), Qt::ElideRight, step - 4));
            } else {
                painter.drawText(below, Qt::AlignLeft | Qt::AlignTop, column.shown(column.low));
                painter.drawText(below, Qt::AlignRight | Qt::AlignTop, column.shown(column.high));
            }
            continue;
        }
        for (const double tick :
             round_ticks(one.low, one.high, std::max(2, static_cast<int>(box.height() / 40)))) {
            const double y = up(one, box, tick);
            painter.drawText(QRectF(boxes[at].left(), y - 8, scale_width - 6, 16),
                             Qt::AlignRight | Qt::AlignVCenter, column.shown(tick));
            painter.save();
            painter.setPen(QPen(theme().color(Token::Line), 1));
            painter.drawLine(QPointF(box.left() - 3, y), QPointF(box.left(), y));
            painter.restore();
        }
        const auto groups = shown_groups(one, legend()->hidden());
        const double slot = box.width() / static_cast<double>(std::max<std::size_t>(1, groups.size()));
        for (std::size_t group = 0; group < groups.size() && slot > 24; ++group)
            painter.drawText(
                QRectF(box.left() + static_cast<double>(group) * slot, below.top(), slot, below.height()),
                Qt::AlignCenter, small.elidedText(groups[group]->name, Qt::ElideRight, slot - 4));
    }
}

QRectF DistributionsPlot::brush() const {
    QRectF box = cell(*brushed_);
    if (upright(*brushed_)) {
        box.setTop(std::clamp(std::min(from_.y(), to_.y()), box.top(), box.bottom()));
        box.setBottom(std::clamp(std::max(from_.y(), to_.y()), box.top(), box.bottom()));
    } else {
        const double right = box.right();
        box.setRight(std::clamp(std::max(from_.x(), to_.x()), box.left(), right));
        box.setLeft(std::clamp(std::min(from_.x(), to_.x()), box.left(), right));
    }
    return box;
}

void DistributionsPlot::paint_gesture(QPainter& painter) const {
    if (brushed_ && (to_ - from_).manhattanLength() > click)
        paint_brush(painter, brush());
}

std::optional<std::size_t> DistributionsPlot::cell_at(const QPointF& position) const {
    for (std::size_t at = 0; at < distributions().size(); ++at)
        if (cell(at).adjusted(-3, 0, 3, 0).contains(position) && !distributions()[at].groups.empty())
            return at;
    return {};
}

double DistributionsPlot::value_at(std::size_t column, const QPointF& position) const {
    const QRectF box = cell(column);
    const Distribution& one = distributions()[column];
    const double share = upright(column) ? (box.bottom() - position.y()) / box.height()
                                         : (position.x() - box.left()) / box.width();
    return one.low + std::clamp(share, 0.0, 1.0) * (one.high - one.low);
}

const DistributionGroup* DistributionsPlot::group_at(std::size_t column, const QPointF& position) const {
    const QRectF box = cell(column);
    const auto groups = shown_groups(distributions()[column], legend()->hidden());
    const double place = (position.x() - box.left()) / box.width() * static_cast<double>(groups.size());
    return place >= 0 && place < static_cast<double>(groups.size()) ? groups[static_cast<std::size_t>(place)]
                                                                    : nullptr;
}

QString DistributionsPlot::words_at(const QPointF& position) const {
    const auto at = cell_at(position);
    if (!at || !data())
        return {};
    const PlotColumn& column = data()->columns[*at];
    const Distribution& one = distributions()[*at];
    const QLocale locale;
    if (upright(*at)) {
        const DistributionGroup* group = group_at(*at, position);
        if (!group)
            return {};
        return tr("%1\n%2 values, median %3, half from %4 to %5")
            .arg(group->name.isEmpty() ? column.name : group->name, locale.toString(qulonglong(group->rows)),
                 column.shown(group->median), column.shown(group->lower_quartile),
                 column.shown(group->upper_quartile));
    }
    const int bin =
        std::clamp(static_cast<int>((value_at(*at, position) - one.low) / (one.high - one.low) * one.bins), 0,
                   one.bins - 1);
    const auto count = std::count(one.bin.begin(), one.bin.end(), static_cast<std::uint8_t>(bin));
    const QString rows = locale.toString(qlonglong(count));
    if (one.names)
        return tr("%1: %2 rows").arg(column.shown(bin), rows);
    return tr("%1 rows from %2 to %3")
        .arg(rows, column.shown(one.bin_edge(bin)), column.shown(one.bin_edge(bin + 1)));
}

bool DistributionsPlot::press(const QPointF& position) {
    brushed_ = cell_at(position);
    from_ = to_ = position;
    return brushed_.has_value();
}

void DistributionsPlot::drag_to(const QPointF& position) {
    to_ = position;
}

void DistributionsPlot::release(const QPointF& position, Qt::KeyboardModifiers modifiers) {
    to_ = position;
    const std::size_t at = *brushed_;
    const double along = upright(at) ? to_.y() - from_.y() : to_.x() - from_.x();
    brushed_.reset();
    const auto values = [data = shared_data(), at](std::size_t row) {
        return static_cast<double>(data->columns[at].values[row]);
    };
    if (std::abs(along) >= click) {
        const double a = value_at(at, from_), b = value_at(at, to_);
        return select_where([values, low = std::min(a, b), high = std::max(a, b)](
                                std::size_t row) { return values(row) >= low && values(row) <= high; },
                            modifiers);
    }
    if (upright(at)) {
        const DistributionGroup* group = group_at(at, to_);
        if (!group)
            return;
        const bool all = group->name.isEmpty();
        return select_where(
            [values, all, code = group->code, codes = coloring().codes](std::size_t row) {
                return std::isfinite(values(row)) && (all || (row < codes.size() && codes[row] == code));
            },
            modifiers);
    }
    const Distribution& one = distributions()[at];
    const int bin = std::clamp(
        static_cast<int>((value_at(at, to_) - one.low) / (one.high - one.low) * one.bins), 0, one.bins - 1);
    select_where([made = made_, at, bin](std::size_t row) { return (*made)[at].bin[row] == bin; }, modifiers);
}

} // namespace eyepiece
