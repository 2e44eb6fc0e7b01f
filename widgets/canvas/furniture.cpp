// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/furniture.h"

#include <QLocale>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>
#include <vector>

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

void draw_pixel_grid(const FramePart& part) {
    constexpr double smallest = 14; // device pixels for one image pixel
    const ViewTransform& view = part.view;
    if (view.scale() < smallest)
        return;
    const auto alpha = static_cast<unsigned>(std::min(1.0, (view.scale() - smallest) / 16) * 40) + 10;
    const auto line_before = [&](double image, int offset) { // of the image pixel that begins there
        return static_cast<int>(std::floor(image * view.scale() + offset));
    };
    const auto lines = [&](int first, int last, int offset) {
        std::vector<int> at;
        for (double image = std::ceil((first - offset) / view.scale() - 1); line_before(image, offset) < last;
             ++image)
            if (const int line = line_before(image, offset); line >= first)
                at.push_back(line);
        return at;
    };
    const QRect& rect = part.rect;
    const std::vector<int> columns = lines(rect.left(), rect.right() + 1, view.offset().x()),
                           rows = lines(rect.top(), rect.bottom() + 1, view.offset().y());
    for (int y = rect.top(); y <= rect.bottom(); ++y) {
        QRgb* row = part.row(y);
        if (std::binary_search(rows.begin(), rows.end(), y))
            for (int x = rect.left(); x <= rect.right(); ++x)
                row[x] = mixed(row[x], 0xffffffffu, alpha);
        else
            for (const int x : columns)
                row[x] = mixed(row[x], 0xffffffffu, alpha);
    }
}

} // namespace eyepiece
