// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/tool_cursor.h"

#include "widgets/theme/icon_engine.h"

#include <QGuiApplication>
#include <QPainter>

namespace eyepiece {

QCursor tool_cursor(const QString& icon) {
    constexpr int size = 32, hot = 9, reach = 8, icon_at = 13, icon_size = 18; // logical px
    const double ratio = qGuiApp->devicePixelRatio();
    QPixmap picture(QSize(size, size) * ratio);
    picture.setDevicePixelRatio(ratio);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    for (const QPen& pen : {QPen(QColor(0, 0, 0, 200), 3), QPen(Qt::white, 1)}) {
        painter.setPen(pen);
        painter.drawLine(hot - reach, hot, hot + reach, hot);
        painter.drawLine(hot, hot - reach, hot, hot + reach);
    }
    const QString file = QStringLiteral(":/icons/") + icon + QStringLiteral(".svg");
    const QRectF place(icon_at, icon_at, icon_size, icon_size);
    const QSize pixels = QSize(icon_size, icon_size) * ratio;
    const QPixmap dark = ThemedIconEngine::draw(file, Qt::black, pixels),
                  light = ThemedIconEngine::draw(file, Qt::white, pixels);
    for (const QPointF& by : {QPointF(-1, 0), QPointF(1, 0), QPointF(0, -1), QPointF(0, 1)})
        painter.drawPixmap(place.translated(by), dark, dark.rect());
    painter.drawPixmap(place, light, light.rect());
    painter.end();
    return QCursor(picture, hot, hot);
}

} // namespace eyepiece
