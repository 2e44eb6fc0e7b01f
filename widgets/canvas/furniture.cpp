// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/furniture.h"

#include <QLocale>
#include <QPainter>
#include <QPainterPath>
#include <cmath>

namespace eyepiece {

ScaleBar scale_bar(double scale, const PixelSize& pixel_size, double longest) {
    const bool known = pixel_size.x > 0;
    const double unit_length = known ? scale / pixel_size.x : scale; // device pixels a unit
    const double most = longest / unit_length;
    double length = std::pow(10, std::floor(std::log10(most)));
    for (const double factor : {5.0, 2.0})
        if (length * factor <= most) {
            length *= factor;
            break;
        }
    QString unit = known ? QString::fromStdString(pixel_size.unit) : QStringLiteral("px");
    double shown = length;
    const auto rescale = [&](double factor, const QString& other) {
        shown = length * factor;
        unit = other;
    };
    if (known && (unit == u"µm" || unit == u"um" || unit == u"micron")) {
        unit = QStringLiteral("µm");
        if (length >= 1000)
            rescale(1e-3, QStringLiteral("mm"));
        else if (length < 1)
            rescale(1e3, QStringLiteral("nm"));
    }
    if (!known && length < 1)
        return {};
    return {length * unit_length, QLocale::c().toString(shown, 'g', 6) + QChar(0xa0) + unit};
}

QString zoom_text(double scale) {
    const int decimals = scale >= 10 ? 0 : scale >= 1 ? 1 : scale >= 0.1 ? 2 : 3;
    return QStringLiteral("%1 ×").arg(scale, 0, 'f', decimals);
}

QString value_text(double value, PixelType type) {
    if (type == PixelType::Float32 || type == PixelType::Float64)
        return QLocale::c().toString(value, 'g', 4);
    QString digits = QString::number(static_cast<qint64>(value));
    for (qsizetype at = digits.size() - 3; at > (value < 0 ? 1 : 0); at -= 3)
        digits.insert(at, QChar(0x202f)); // narrow space, as in "1 843"
    return digits;
}

void draw_text_on_image(QPainter& painter, const QRectF& box, int flags, const QString& text) {
    const QColor shadow(0, 0, 0, 170);
    painter.setPen(shadow);
    for (const QPointF& by : {QPointF(-1, 0), QPointF(1, 0), QPointF(0, -1), QPointF(0, 1), QPointF(1, 1)})
        painter.drawText(box.translated(by), flags, text);
    painter.setPen(QColor(0xe4, 0xe7, 0xec));
    painter.drawText(box, flags, text);
}

void draw_scale_bar(QPainter& painter, const QPointF& bottom_center, const ScaleBar& bar, double ratio) {
    if (bar.text.isEmpty())
        return;
    const double width = bar.device_length / ratio;
    const double left = std::round(bottom_center.x() - width / 2), right = std::round(left + width);
    const double bottom = bottom_center.y();
    QPainterPath path;
    path.moveTo(left + 0.5, bottom - 5);
    path.lineTo(left + 0.5, bottom - 0.5);
    path.lineTo(right - 0.5, bottom - 0.5);
    path.lineTo(right - 0.5, bottom - 5);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 150), 4, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
    painter.drawPath(path);
    painter.setPen(QPen(Qt::white, 2, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
    painter.drawPath(path);
    draw_text_on_image(painter, QRectF(bottom_center.x() - 80, bottom - 26, 160, 18), Qt::AlignCenter,
                       bar.text);
}

void draw_pixel_grid(QPainter& painter, const ViewTransform& view) {
    constexpr double smallest = 14; // device pixels for one image pixel
    if (view.scale() < smallest)
        return;
    const QRectF seen = view.visible_image();
    const int alpha = static_cast<int>(std::min(1.0, (view.scale() - smallest) / 16) * 40) + 10;
    painter.setPen(QPen(QColor(255, 255, 255, alpha), 1));
    const auto y0 = view.to_device(seen.topLeft()).y(), y1 = view.to_device(seen.bottomRight()).y();
    const auto x0 = view.to_device(seen.topLeft()).x(), x1 = view.to_device(seen.bottomRight()).x();
    for (double x = std::ceil(seen.left()); x <= seen.right(); ++x) {
        const double at = std::floor(view.to_device(QPointF(x, 0)).x());
        painter.drawLine(QLineF(at, y0, at, y1));
    }
    for (double y = std::ceil(seen.top()); y <= seen.bottom(); ++y) {
        const double at = std::floor(view.to_device(QPointF(0, y)).y());
        painter.drawLine(QLineF(x0, at, x1, at));
    }
}

} // namespace eyepiece
