// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/table/distribution_view.h"

#include "core/data/dates.h"
#include "widgets/theme/theme.h"

#include <QHelpEvent>
#include <QLocale>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

namespace eyepiece {

namespace {
constexpr int tall = 84, foot = 16, line = 20; // px
constexpr std::size_t most_names = 10;
} // namespace

DistributionView::DistributionView(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
    setObjectName(QStringLiteral("distribution"));
    setAccessibleName(tr("How the values are spread"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void DistributionView::set_numbers(const ColumnStatistics::Histogram& all, std::vector<std::size_t> selected,
                                   bool dates) {
    names_.clear();
    counts_ = all.counts;
    selected_ = std::move(selected);
    low_ = all.low;
    high_ = all.high;
    dates_ = dates;
    more_ = 0;
    setAccessibleDescription(counts_.empty() ? tr("No values")
                                             : tr("From %1 to %2").arg(place(low_), place(high_)));
    updateGeometry();
    update();
}

void DistributionView::set_names(std::vector<std::pair<std::string, std::size_t>> all,
                                 std::vector<std::size_t> selected, std::size_t distinct) {
    names_.clear();
    counts_.clear();
    if (all.size() > most_names)
        all.resize(most_names);
    QStringList said;
    for (const auto& [name, count] : all) {
        names_ << QString::fromStdString(name);
        counts_.push_back(count);
        said << tr("%1: %2").arg(names_.back()).arg(count);
    }
    selected_ = std::move(selected);
    selected_.resize(selected_.empty() ? 0 : counts_.size());
    more_ = distinct > counts_.size() ? distinct - counts_.size() : 0;
    setAccessibleDescription(said.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

void DistributionView::clear() {
    counts_.clear();
    selected_.clear();
    names_.clear();
    more_ = 0;
    updateGeometry();
    update();
}

QSize DistributionView::sizeHint() const {
    if (names_.isEmpty())
        return {220, tall};
    return {220, static_cast<int>(counts_.size()) * line + (more_ > 0 ? line : 0)};
}

QString DistributionView::place(double value) const {
    return dates_ ? QString::fromStdString(format_date(static_cast<std::int64_t>(value * 1e6)))
                  : QString::number(value, 'g', 4);
}

QString DistributionView::words(std::size_t bar) const {
    const double step = (high_ - low_) / static_cast<double>(std::max<std::size_t>(1, counts_.size()));
    QString text = names_.isEmpty() ? tr("%1 from %2 to %3")
                                          .arg(counts_[bar])
                                          .arg(place(low_ + static_cast<double>(bar) * step),
                                               place(low_ + static_cast<double>(bar + 1) * step))
                                    : tr("%1: %2").arg(names_[static_cast<int>(bar)]).arg(counts_[bar]);
    if (!selected_.empty())
        text += tr(" (%1 of them selected)").arg(selected_[bar]);
    return text;
}

void DistributionView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    names_.isEmpty() ? paint_numbers(painter) : paint_names(painter);
}

void DistributionView::paint_numbers(QPainter& painter) {
    const double high = height() - foot;
    const std::size_t most = counts_.empty() ? 0 : *std::max_element(counts_.begin(), counts_.end());
    painter.setPen(QPen(theme_.color(Token::Line), 1));
    painter.drawLine(QPointF(0, high + 0.5), QPointF(width(), high + 0.5));
    if (most == 0)
        return;
    const double step = static_cast<double>(width()) / static_cast<double>(counts_.size());
    const double gap = step > 4 ? 1 : 0;
    painter.setPen(Qt::NoPen);
    const auto bars = [&](const std::vector<std::size_t>& counts, Token token) {
        painter.setBrush(theme_.color(token));
        for (std::size_t at = 0; at < counts.size(); ++at)
            if (counts[at] > 0) {
                const double up =
                    std::max(1.5, (high - 2) * static_cast<double>(counts[at]) / static_cast<double>(most));
                painter.drawRect(QRectF(static_cast<double>(at) * step, high - up, step - gap, up));
            }
    };
    bars(counts_, selected_.empty() ? Token::Accent : Token::Line);
    bars(selected_, Token::Accent);
    painter.setPen(theme_.color(Token::Muted));
    painter.setFont(theme_.small());
    const QRect scale(0, static_cast<int>(high) + 2, width(), foot - 2);
    painter.drawText(scale, Qt::AlignLeft, place(low_));
    painter.drawText(scale, Qt::AlignRight, place(high_));
}

void DistributionView::paint_names(QPainter& painter) {
    painter.setFont(theme_.figures());
    const QFontMetrics metrics(painter.font());
    const std::size_t most = counts_.empty() ? 0 : *std::max_element(counts_.begin(), counts_.end());
    int figures = 0;
    for (const std::size_t count : counts_)
        figures = std::max(figures, metrics.horizontalAdvance(QLocale().toString(qulonglong(count))));
    const int names = width() * 45 / 100, left = names + 8, room = std::max(8, width() - left - figures - 8);
    for (std::size_t at = 0; at < counts_.size(); ++at) {
        const int top = static_cast<int>(at) * line;
        painter.setPen(theme_.color(Token::Text));
        painter.drawText(QRect(0, top, names, line), Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(names_[static_cast<int>(at)], Qt::ElideRight, names));
        painter.setPen(theme_.color(Token::Muted));
        painter.drawText(QRect(0, top, width(), line), Qt::AlignRight | Qt::AlignVCenter,
                         QLocale().toString(qulonglong(counts_[at])));
        const auto bar = [&](std::size_t count, Token token) {
            painter.fillRect(QRectF(left, top + line / 2 - 2,
                                    room * static_cast<double>(count) /
                                        static_cast<double>(std::max<std::size_t>(1, most)),
                                    5),
                             theme_.color(token));
        };
        bar(counts_[at], selected_.empty() ? Token::Accent : Token::Line);
        if (!selected_.empty())
            bar(selected_[at], Token::Accent);
    }
    if (more_ > 0) {
        painter.setPen(theme_.color(Token::Muted));
        painter.drawText(QRect(0, static_cast<int>(counts_.size()) * line, width(), line),
                         Qt::AlignLeft | Qt::AlignVCenter, tr("and %1 more").arg(more_));
    }
}

bool DistributionView::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && !counts_.empty()) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int count = bars();
        const int at =
            names_.isEmpty() ? help->pos().x() * count / std::max(1, width()) : help->pos().y() / line;
        if (at >= 0 && at < count)
            QToolTip::showText(help->globalPos(), words(static_cast<std::size_t>(at)), this);
        return true;
    }
    return QWidget::event(event);
}

} // namespace eyepiece
