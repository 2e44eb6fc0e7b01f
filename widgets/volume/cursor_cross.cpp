// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/volume/cursor_cross.h"

#include "widgets/canvas/image_canvas.h"

#include <QEvent>
#include <QPainter>

namespace eyepiece {

CursorCross::CursorCross(ImageCanvas& canvas) : QWidget(&canvas), canvas_(canvas) {
    setObjectName(QStringLiteral("volume-cursor"));
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAttribute(Qt::WA_NoSystemBackground);
    setFocusPolicy(Qt::NoFocus);
    setGeometry(canvas.rect());
    lower(); // below the canvas's own controls
    canvas.installEventFilter(this);
    QObject::connect(&canvas, &ImageCanvas::view_changed, this, [this] { update(); });
}

void CursorCross::set_place(int x, int y) {
    const QPointF place(x + 0.5, y + 0.5);
    if (place == place_)
        return;
    place_ = place;
    update();
}

bool CursorCross::eventFilter(QObject*, QEvent* event) {
    if (event->type() == QEvent::Resize)
        setGeometry(canvas_.rect());
    return false;
}

void CursorCross::paintEvent(QPaintEvent*) {
    const OpenImage* image = canvas_.image();
    if (!image)
        return;
    QPainter painter(this);
    painter.scale(1 / devicePixelRatioF(), 1 / devicePixelRatioF());
    const ViewTransform& view = canvas_.view();
    const QPointF at = view.to_device(place_);
    const QRectF picture = view.to_device(QRectF(QPointF(0, 0), view.image_size()));
    // The same colours as in the other planes: one for each axis. A gap leaves the place itself to be seen.
    constexpr double gap = 9;
    const auto line = [&](QRgb color, QPointF from, QPointF to) {
        painter.setPen(QPen(QColor::fromRgba(color), 1));
        painter.drawLine(from, to);
    };
    constexpr QRgb x_color = 0xb0e69f00u, y_color = 0xb056b4e9u;
    line(x_color, {at.x(), picture.top()}, {at.x(), at.y() - gap});
    line(x_color, {at.x(), at.y() + gap}, {at.x(), picture.bottom()});
    line(y_color, {picture.left(), at.y()}, {at.x() - gap, at.y()});
    line(y_color, {at.x() + gap, at.y()}, {picture.right(), at.y()});
}

} // namespace eyepiece
