// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/scatter_axes.h"

#include "widgets/theme/theme.h"

#include <QPainter>
#include <cmath>

namespace eyepiece {

std::vector<double> round_ticks(double low, double high, int wanted) {
    std::vector<double> ticks;
    if (!(high > low) || !std::isfinite(high - low) || wanted < 1)
        return ticks;
    const double rough = (high - low) / wanted;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    const double step = power * (rough / power < 1.5   ? 1
                                 : rough / power < 3.5 ? 2
                                 : rough / power < 7.5 ? 5
                                                       : 10);
    for (double at = std::ceil(low / step); at * step <= high && ticks.size() < 100; ++at)
        ticks.push_back(at * step);
    return ticks;
}

void paint_axes(QPainter& painter, const Theme& theme, const QRectF& area, const ScatterPoints& points,
                const ScatterTransform& view, double scale) {
    painter.setFont(theme.small());
    const QFontMetricsF metrics(painter.font());
    const double line = metrics.height();
    for (const ScatterPoints::Edge& edge : points.edges) {
        const auto place = [&](double x, double y) {
            return area.topLeft() + QPointF(view.to_x(x), view.to_y(y)) / scale;
        };
        painter.setPen(QPen(theme.color(edge.title.empty() ? Token::Line : Token::Muted), 1));
        painter.drawLine(place(edge.x1, edge.y1), place(edge.x2, edge.y2));
        const QString title = QString::fromStdString(edge.title);
        QRectF box(0, 0, metrics.horizontalAdvance(title) + 6, line);
        box.moveCenter(place(edge.title_x, edge.title_y));
        painter.drawText(box, Qt::AlignCenter, title);
    }
    if (points.x_title.empty() && points.y_title.empty())
        return;
    const QColor muted = theme.color(Token::Muted);
    QColor ground = theme.color(Token::Ground);
    ground.setAlpha(210); // the words stay readable over points
    const auto write = [&](QPointF middle, const QString& text) {
        QRectF box(0, 0, metrics.horizontalAdvance(text) + 6, line);
        box.moveCenter(middle);
        box.moveLeft(std::max(box.left(), area.left() + 2));
        painter.fillRect(box, ground);
        painter.setPen(muted);
        painter.drawText(box, Qt::AlignCenter, text);
    };
    const auto number = [](double value) { return QString::number(value, 'g', 6); };
    const double below = area.bottom() - line * 1.6;
    for (const double tick :
         round_ticks(view.from_x(0), view.from_x(view.width), static_cast<int>(area.width() / 110))) {
        const double x = area.left() + view.to_x(tick) / scale;
        if (x < area.left() + 40 || x > area.right() - 24)
            continue;
        painter.setPen(theme.color(Token::Line));
        painter.drawLine(QPointF(x, below - line * 0.5 - 5), QPointF(x, below - line * 0.5));
        write({x, below}, number(tick));
    }
    for (const double tick :
         round_ticks(view.from_y(view.height), view.from_y(0), static_cast<int>(area.height() / 70))) {
        const double y = area.top() + view.to_y(tick) / scale;
        if (y < area.top() + 56 || y > below - line)
            continue;
        const QString text = number(tick);
        write({area.left() + 4 + metrics.horizontalAdvance(text) / 2, y}, text);
    }
    write({area.center().x(), area.bottom() - line * 0.55}, QString::fromStdString(points.x_title));
    painter.save();
    painter.setPen(muted);
    const QString name = QString::fromStdString(points.y_title);
    // Below the place where a title stands.
    QRectF box(area.left() + 4, area.top() + 32, metrics.horizontalAdvance(name) + 14, line);
    painter.fillRect(box, ground);
    painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter, name + QStringLiteral(" ↑"));
    painter.restore();
}

} // namespace eyepiece
