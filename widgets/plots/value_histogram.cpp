// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/value_histogram.h"

#include "widgets/theme/theme.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {
constexpr int foot = 16; // px for the ends of the scale
}

ValueHistogram::ValueHistogram(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
    setObjectName(QStringLiteral("histogram"));
    setAccessibleName(tr("Histogram"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ValueHistogram::set_values(const QVector<double>& values, double low, double high, int bins) {
    low_ = low;
    high_ = high > low ? high : low + 1;
    counts_ = QVector<int>(std::max(1, bins), 0);
    for (const double value : values) {
        if (!std::isfinite(value))
            continue;
        const double place = (value - low_) / (high_ - low_) * static_cast<double>(counts_.size());
        ++counts_[std::clamp(static_cast<int>(place), 0, static_cast<int>(counts_.size()) - 1)];
    }
    update();
}

void ValueHistogram::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double high = height() - foot;
    const int most = counts_.isEmpty() ? 0 : *std::max_element(counts_.begin(), counts_.end());
    painter.setPen(QPen(theme_.color(Token::Line), 1));
    painter.drawLine(QPointF(0, high + 0.5), QPointF(width(), high + 0.5));
    if (most > 0) {
        const double step = static_cast<double>(width()) / static_cast<double>(counts_.size());
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme_.color(Token::Accent));
        for (int at = 0; at < counts_.size(); ++at)
            if (counts_[at] > 0) {
                const double tall = std::max(2.0, (high - 2) * counts_[at] / most);
                painter.drawRoundedRect(QRectF(at * step + 1, high - tall, step - 2, tall), 1.5, 1.5);
            }
    }
    painter.setPen(theme_.color(Token::Muted));
    painter.setFont(theme_.small());
    const QRect scale(0, static_cast<int>(high) + 2, width(), foot - 2);
    painter.drawText(scale, Qt::AlignLeft, QString::number(low_, 'g', 3));
    painter.drawText(scale, Qt::AlignRight, QString::number(high_, 'g', 3));
}

bool ValueHistogram::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && !counts_.isEmpty()) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int count = static_cast<int>(counts_.size());
        const int at = std::clamp(help->pos().x() * count / std::max(1, width()), 0, count - 1);
        const double step = (high_ - low_) / count;
        QToolTip::showText(help->globalPos(),
                           tr("%1 from %2 to %3")
                               .arg(counts_[at])
                               .arg(low_ + at * step, 0, 'g', 3)
                               .arg(low_ + (at + 1) * step, 0, 'g', 3),
                           this);
        return true;
    }
    return QWidget::event(event);
}

} // namespace eyepiece
