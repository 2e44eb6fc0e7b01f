// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/browser/bar_list.h"

#include "widgets/theme/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QStringList>
#include <QToolTip>
#include <algorithm>

namespace eyepiece {

namespace {

constexpr int row_height = 24, name_width = 120, number_width = 64, gap = 8, bar_height = 10; // px

} // namespace

BarList::BarList(const Theme& theme, const QString& accessible_name, QWidget* parent)
    : QWidget(parent), theme_(theme) {
    setAccessibleName(accessible_name);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void BarList::set_bars(std::vector<Bar> bars) {
    bars_ = std::move(bars);
    QStringList words;
    for (const Bar& bar : bars_)
        words << bar.name + ": " + bar.text;
    setAccessibleDescription(words.join(", "));
    updateGeometry();
    update();
}

QSize BarList::sizeHint() const {
    return {name_width + number_width + 2 * gap + 80, row_height * static_cast<int>(bars_.size())};
}

void BarList::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    double most = 0;
    for (const Bar& bar : bars_)
        most = std::max(most, bar.value);
    const int left = name_width + gap, room = std::max(0, width() - left - number_width - gap);
    for (int row = 0; row < static_cast<int>(bars_.size()); ++row) {
        const Bar& bar = bars_[static_cast<std::size_t>(row)];
        const int top = row * row_height;
        painter.setFont(theme_.body());
        painter.setPen(theme_.color(Token::Text));
        painter.drawText(QRect(0, top, name_width, row_height), Qt::AlignVCenter,
                         painter.fontMetrics().elidedText(bar.name, Qt::ElideMiddle, name_width));
        const QRectF full(left, top + (row_height - bar_height) / 2.0, room, bar_height);
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme_.color(Token::Raised));
        painter.drawRoundedRect(full, 2, 2);
        if (bar.value > 0 && most > 0) {
            painter.setBrush(bar.color.isValid() ? bar.color : theme_.color(Token::Accent));
            painter.drawRoundedRect(
                QRectF(full.topLeft(), QSizeF(std::max(2.0, room * bar.value / most), bar_height)), 2, 2);
        }
        painter.setFont(theme_.figures());
        painter.setPen(theme_.color(Token::Muted));
        painter.drawText(QRect(width() - number_width, top, number_width, row_height),
                         Qt::AlignVCenter | Qt::AlignRight, bar.text);
    }
}

bool BarList::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int row = help->pos().y() / row_height;
    if (row >= 0 && row < static_cast<int>(bars_.size()))
        QToolTip::showText(help->globalPos(), bars_[static_cast<std::size_t>(row)].name + ": " +
                                                  bars_[static_cast<std::size_t>(row)].text);
    else
        QToolTip::hideText();
    return true;
}

} // namespace eyepiece
