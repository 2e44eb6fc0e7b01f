// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/model_ranking.h"

#include "widgets/theme/theme.h"

#include <QPainter>
#include <algorithm>

namespace eyepiece {

namespace {
constexpr int line_height = 34, words_height = 20; // px
}

ModelRanking::ModelRanking(const Theme& theme, QWidget* parent) : LineList(theme, line_height, parent) {
    setObjectName(QStringLiteral("models.ranking"));
    setAccessibleName(tr("Models by their score"));
}

void ModelRanking::set_lines(std::vector<Line> lines) {
    const auto before = static_cast<std::size_t>(current());
    const QString held = before < lines_.size() ? lines_[before].name : QString();
    lines_ = std::move(lines);
    const auto same =
        std::find_if(lines_.begin(), lines_.end(), [&](const Line& line) { return line.name == held; });
    bool any = false;
    QStringList said;
    for (const Line& line : lines_) {
        said << line.title + ": " + line.figure + (line.passes ? QString() : tr(" (not clearly better)"));
        if (line.failed)
            continue;
        least_ = any ? std::min(least_, line.low) : line.low;
        most_ = any ? std::max(most_, line.high) : line.high;
        any = true;
    }
    if (!(most_ > least_)) {
        least_ -= 0.5;
        most_ = least_ + 1;
    }
    lines_changed(said, same == lines_.end() ? 0 : static_cast<int>(same - lines_.begin()));
}

void ModelRanking::set_current(const QString& name) {
    explained_ = name;
    update();
}

void ModelRanking::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme().figures());
    const QFontMetrics metrics(painter.font());
    const double left = 6, room = std::max(8, width() - 12);
    const auto place = [&](double score) { return left + room * (score - least_) / (most_ - least_); };
    const auto baseline =
        std::find_if(lines_.begin(), lines_.end(), [](const Line& line) { return line.baseline; });
    for (std::size_t at = 0; at < lines_.size(); ++at) {
        const Line& line = lines_[at];
        const QRect box = line_rect(static_cast<int>(at));
        const double middle = box.top() + words_height + 5.0;
        const bool explained = !explained_.isEmpty() && line.name == explained_;
        if (explained) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(theme().color(Token::AccentGround));
            painter.drawRoundedRect(QRectF(box).adjusted(0, 1, 0, -1), 4, 4);
        }
        const int figure = metrics.horizontalAdvance(line.figure) + 8;
        painter.setPen(theme().color(line.passes && !line.failed ? Token::Text : Token::Muted));
        painter.drawText(QRectF(left, box.top() + 2, box.width() - 2 * left - figure, words_height),
                         Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(line.title, Qt::ElideRight,
                                            static_cast<int>(box.width() - 2 * left) - figure));
        painter.setPen(theme().color(Token::Muted));
        painter.drawText(QRectF(left, box.top() + 2, room, words_height), Qt::AlignRight | Qt::AlignVCenter,
                         line.figure);
        painter.setPen(QPen(theme().color(Token::Line), 1));
        painter.drawLine(QPointF(left, middle), QPointF(left + room, middle));
        if (baseline != lines_.end() && !baseline->failed) {
            const double x = place(baseline->score);
            painter.setPen(QPen(theme().color(Token::Muted), 1, Qt::DotLine));
            painter.drawLine(QPointF(x, middle - 6), QPointF(x, middle + 6));
        }
        if (!line.failed) {
            const QColor ink = theme().color(line.baseline ? Token::Muted
                                             : line.passes ? Token::Accent
                                                           : Token::Look);
            painter.setPen(QPen(ink, 2));
            painter.drawLine(QPointF(place(line.low), middle), QPointF(place(line.high), middle));
            painter.setPen(Qt::NoPen);
            painter.setBrush(ink);
            painter.drawEllipse(QPointF(place(line.score), middle), 3.5, 3.5);
        }
    }
    paint_focus(painter);
}

void ModelRanking::choose(int at) {
    if (const Line& line = lines_[static_cast<std::size_t>(at)]; !line.failed && !line.baseline)
        Q_EMIT chosen(line.name);
}

} // namespace eyepiece
