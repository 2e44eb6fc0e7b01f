// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/family_button.h"

#include "widgets/theme/theme.h"

#include <QAction>
#include <QHelpEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

namespace eyepiece {

FamilyButton::FamilyButton(const Theme& theme, const QString& object_name, QWidget* parent)
    : QToolButton(parent), theme_(theme) {
    setObjectName("button." + object_name);
    setProperty("kind", "icon");
    setIconSize({20, 20});
    setPopupMode(QToolButton::DelayedPopup);
    setMenu(new QMenu(this));
    setStyleSheet(QStringLiteral("QToolButton::menu-indicator { image: none; }")); // the corner says it
    connect(this, &QToolButton::triggered, this, &FamilyButton::show_action);
}

void FamilyButton::add(QAction* action) {
    menu()->addAction(action);
    if (!defaultAction())
        show_action(action);
}

void FamilyButton::show_action(QAction* action) {
    setDefaultAction(action);
    setAccessibleName(action->text());
}

bool FamilyButton::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip)
        return QToolButton::event(event);
    QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(),
                       defaultAction()->toolTip() + '\n' + tr("Hold for more like it"), this);
    return true;
}

void FamilyButton::mousePressEvent(QMouseEvent* event) {
    const bool again = event->button() == Qt::LeftButton && defaultAction()->isChecked();
    if (again || event->button() == Qt::RightButton)
        return showMenu();
    QToolButton::mousePressEvent(event);
}

void FamilyButton::paintEvent(QPaintEvent* event) {
    QToolButton::paintEvent(event);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme_.color(Token::Muted));
    const QPointF corner(width() - 4, height() - 4);
    painter.drawPolygon(QPolygonF{corner, corner - QPointF(5, 0), corner - QPointF(0, 5)});
}

} // namespace eyepiece
