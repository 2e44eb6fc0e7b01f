// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/model_ranking.h"

#include "widgets/theme/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

namespace eyepiece {

namespace {
constexpr int line_height = 34, words_height = 20; // px
}

ModelRanking::ModelRanking(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
    setObjectName(QStringLiteral("models.ranking"));
    setAccessibleName(tr("Models by their score"));
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ModelRanking::set_lines(std::vector<Line> lines) {
    const QString held = current_ < static_cast<int>(lines_.size())
                             ? lines_[static_cast<std::size_t>(current_)].name
                             : QString();
    lines_ = std::move(lines);
    const auto same =
        std::find_if(lines_.begin(), lines_.end(), [&](const Line& line) { return line.name == held; });
    current_ = same == lines_.end() ? 0 : static_cast<int>(same - lines_.begin());
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
    setAccessibleDescription(said.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

void ModelRanking::set_current(const QString& name) {
    explained_ = name;
    update();
}

QSize ModelRanking::sizeHint() const {
    return {220, static_cast<int>(lines_.size()) * line_height};
}

QRect ModelRanking::line_rect(int at) const {
    return {0, at * line_height, width(), line_height};
}

void ModelRanking::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme_.figures());
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
            painter.setBrush(theme_.color(Token::AccentGround));
            painter.drawRoundedRect(QRectF(box).adjusted(0, 1, 0, -1), 4, 4);
        }
        const int figure = metrics.horizontalAdvance(line.figure) + 8;
        painter.setPen(theme_.color(line.passes && !line.failed ? Token::Text : Token::Muted));
        painter.drawText(QRectF(left, box.top() + 2, box.width() - 2 * left - figure, words_height),
                         Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(line.title, Qt::ElideRight,
                                            static_cast<int>(box.width() - 2 * left) - figure));
        painter.setPen(theme_.color(Token::Muted));
        painter.drawText(QRectF(left, box.top() + 2, room, words_height), Qt::AlignRight | Qt::AlignVCenter,
                         line.figure);
        painter.setPen(QPen(theme_.color(Token::Line), 1));
        painter.drawLine(QPointF(left, middle), QPointF(left + room, middle));
        if (baseline != lines_.end() && !baseline->failed) {
            const double x = place(baseline->score);
            painter.setPen(QPen(theme_.color(Token::Muted), 1, Qt::DotLine));
            painter.drawLine(QPointF(x, middle - 6), QPointF(x, middle + 6));
        }
        if (!line.failed) {
            const QColor ink = theme_.color(line.baseline ? Token::Muted
                                            : line.passes ? Token::Accent
                                                          : Token::Look);
            painter.setPen(QPen(ink, 2));
            painter.drawLine(QPointF(place(line.low), middle), QPointF(place(line.high), middle));
            painter.setPen(Qt::NoPen);
            painter.setBrush(ink);
            painter.drawEllipse(QPointF(place(line.score), middle), 3.5, 3.5);
        }
        if (hasFocus() && static_cast<int>(at) == current_) {
            painter.setPen(QPen(theme_.color(Token::Accent), 1));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(QRectF(box).adjusted(0.5, 1.5, -0.5, -1.5), 4, 4);
        }
    }
}

void ModelRanking::choose(int at) {
    if (at < 0 || at >= static_cast<int>(lines_.size()))
        return;
    current_ = at;
    update();
    if (const Line& line = lines_[static_cast<std::size_t>(at)]; !line.failed && !line.baseline)
        Q_EMIT chosen(line.name);
}

void ModelRanking::mousePressEvent(QMouseEvent* event) {
    choose(static_cast<int>(event->position().y()) / line_height);
}

void ModelRanking::keyPressEvent(QKeyEvent* event) {
    if (lines_.empty())
        return QWidget::keyPressEvent(event);
    if (event->key() == Qt::Key_Down)
        current_ = std::min(current_ + 1, static_cast<int>(lines_.size()) - 1);
    else if (event->key() == Qt::Key_Up)
        current_ = std::max(current_ - 1, 0);
    else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter || event->key() == Qt::Key_Space)
        choose(current_);
    else
        return QWidget::keyPressEvent(event);
    update();
}

bool ModelRanking::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int at = help->pos().y() / line_height;
        if (at >= 0 && at < static_cast<int>(lines_.size()))
            QToolTip::showText(help->globalPos(), lines_[static_cast<std::size_t>(at)].tip, this);
        return true;
    }
    return QWidget::event(event);
}

} // namespace eyepiece
