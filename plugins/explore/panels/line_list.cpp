// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/line_list.h"

#include "widgets/theme/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

namespace eyepiece {

LineList::LineList(const Theme& theme, int line_height, QWidget* parent)
    : QWidget(parent), theme_(theme), line_height_(line_height) {
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
}

QRect LineList::line_rect(int at) const {
    return {0, at * line_height_, width(), line_height_};
}

QSize LineList::sizeHint() const {
    return {220, count() * line_height_};
}

void LineList::lines_changed(const QStringList& said, int current) {
    current_ = current;
    setAccessibleDescription(said.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

void LineList::paint_focus(QPainter& painter) const {
    if (!hasFocus() || current_ >= count())
        return;
    painter.setPen(QPen(theme_.color(Token::Accent), 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(line_rect(current_)).adjusted(0.5, 1.5, -0.5, -1.5), 4, 4);
}

void LineList::take(int at) {
    if (at < 0 || at >= count())
        return;
    current_ = at;
    update();
    choose(at);
}

void LineList::mousePressEvent(QMouseEvent* event) {
    take(static_cast<int>(event->position().y()) / line_height_);
}

void LineList::keyPressEvent(QKeyEvent* event) {
    if (count() == 0)
        return QWidget::keyPressEvent(event);
    if (event->key() == Qt::Key_Down)
        current_ = std::min(current_ + 1, count() - 1);
    else if (event->key() == Qt::Key_Up)
        current_ = std::max(current_ - 1, 0);
    else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter || event->key() == Qt::Key_Space)
        take(current_);
    else
        return QWidget::keyPressEvent(event);
    update();
}

bool LineList::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        if (const int at = help->pos().y() / line_height_; at >= 0 && at < count())
            QToolTip::showText(help->globalPos(), tip(at), this);
        return true;
    }
    return QWidget::event(event);
}

} // namespace eyepiece
