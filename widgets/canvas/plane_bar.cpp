// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/plane_bar.h"

#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QSignalBlocker>
#include <QSlider>

namespace eyepiece {

PlaneBar::PlaneBar(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("canvas-planes"));
    setCursor(Qt::ArrowCursor);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(12, 6, 12, 6);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(4);
    z_ = make_row(QStringLiteral("z"), tr("Plane"));
    t_ = make_row(QStringLiteral("t"), tr("Time point"));
    hide();
}

PlaneBar::Row PlaneBar::make_row(const QString& letter, const QString& name) {
    auto* grid = static_cast<QGridLayout*>(layout());
    const int row = grid->rowCount();
    Row made{new QLabel(letter, this), new QSlider(Qt::Horizontal, this), new QLabel(this)};
    made.slider->setObjectName(QStringLiteral("canvas-%1").arg(letter));
    made.slider->setAccessibleName(name);
    made.slider->setToolTip(name);
    made.slider->setFocusPolicy(Qt::TabFocus);
    made.slider->setMinimumWidth(180);
    made.name->setStyleSheet(QStringLiteral("color: #e4e7ec; background: transparent;"));
    made.value->setStyleSheet(QStringLiteral("color: #e4e7ec; background: transparent;"));
    made.value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    made.value->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("0000 / 0000")));
    grid->addWidget(made.name, row, 0);
    grid->addWidget(made.slider, row, 1);
    grid->addWidget(made.value, row, 2);
    connect(made.slider, &QSlider::valueChanged, this, [this] {
        show_values();
        Q_EMIT moved(z_.slider->value(), t_.slider->value());
    });
    return made;
}

void PlaneBar::set_range(int depth, int frames) {
    const QSignalBlocker z(z_.slider), t(t_.slider);
    z_.slider->setRange(0, depth - 1);
    t_.slider->setRange(0, frames - 1);
    for (auto* widget :
         {static_cast<QWidget*>(z_.name), static_cast<QWidget*>(z_.slider), static_cast<QWidget*>(z_.value)})
        widget->setVisible(depth > 1);
    for (auto* widget :
         {static_cast<QWidget*>(t_.name), static_cast<QWidget*>(t_.slider), static_cast<QWidget*>(t_.value)})
        widget->setVisible(frames > 1);
    setVisible(depth > 1 || frames > 1);
    show_values();
    adjustSize();
}

void PlaneBar::set_plane(int z, int t) {
    const QSignalBlocker z_quiet(z_.slider), t_quiet(t_.slider);
    z_.slider->setValue(z);
    t_.slider->setValue(t);
    show_values();
}

void PlaneBar::show_values() {
    for (const Row* row : {&z_, &t_})
        row->value->setText(
            QStringLiteral("%1 / %2").arg(row->slider->value() + 1).arg(row->slider->maximum() + 1));
}

void PlaneBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(20, 22, 27, 220));
    painter.drawRoundedRect(rect(), 8, 8);
}

} // namespace eyepiece
