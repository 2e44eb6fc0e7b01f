// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/notice_bar.h"

#include "widgets/theme/controls.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QPainter>
#include <QStyle>
#include <QTimer>
#include <algorithm>

namespace eyepiece {

namespace {
constexpr int leaves_after_ms = 5000;
constexpr int most_waiting = 50;
constexpr int widest = 760, beside = 24, below = 10; // px

Token token_of(Notice::Kind kind) {
    switch (kind) {
    case Notice::Kind::Good:
        return Token::Good;
    case Notice::Kind::Look:
        return Token::Look;
    case Notice::Kind::Bad:
        return Token::Bad;
    case Notice::Kind::Info:
        break;
    }
    return Token::Accent;
}

QString icon_of(Notice::Kind kind) {
    switch (kind) {
    case Notice::Kind::Good:
        return QStringLiteral("check");
    case Notice::Kind::Look:
        return QStringLiteral("warning");
    case Notice::Kind::Bad:
        return QStringLiteral("error");
    case Notice::Kind::Info:
        break;
    }
    return QStringLiteral("info");
}
} // namespace

NoticeBar::NoticeBar(const Theme& theme, Notices& notices, QWidget* parent)
    : QWidget(parent)
    , theme_(theme)
    , icon_(new QLabel(this))
    , text_(new QLabel(this))
    , more_(new QLabel(this))
    , action_(link_button({}, QStringLiteral("notice.action"), this))
    , leave_(new QTimer(this)) {
    setObjectName(QStringLiteral("notices"));
    setAccessibleName(tr("Notice"));
    action_->setAccessibleName(tr("What to do about it"));
    setProperty("kind", "notice");
    setAttribute(Qt::WA_StyledBackground);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(Theme::space(3), Theme::space(2), Theme::space(2), Theme::space(2));
    row->setSpacing(Theme::space(2));
    text_->setObjectName(QStringLiteral("notice.text"));
    text_->setTextFormat(Qt::PlainText);
    text_->setWordWrap(true);
    text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    more_->setProperty("role", "muted");
    auto* close = icon_button(theme, QStringLiteral("close"), tr("Close this notice"),
                              QStringLiteral("notice.close"), this);
    close->setIconSize({16, 16});
    row->addWidget(icon_);
    row->addWidget(text_, 1);
    row->addWidget(more_);
    row->addWidget(action_);
    row->addWidget(close);
    leave_->setSingleShot(true);
    leave_->setInterval(leaves_after_ms);
    connect(leave_, &QTimer::timeout, this, &NoticeBar::dismiss);
    connect(close, &QToolButton::clicked, this, &NoticeBar::dismiss);
    connect(action_, &QPushButton::clicked, this, [this] {
        if (waiting_.isEmpty())
            return;
        const Notice notice = waiting_.takeLast();
        refresh();
        if (notice.handler)
            notice.handler();
    });
    connect(&notices, &Notices::shown, this, &NoticeBar::add);
    connect(&notices, &Notices::withdrawn, this, &NoticeBar::withdraw);
    connect(&theme_, &Theme::changed, this, &NoticeBar::refresh);
    hide();
}

QString NoticeBar::text() const {
    return waiting_.isEmpty() ? QString() : waiting_.last().text;
}

void NoticeBar::float_over(QWidget* stage) {
    stage_ = stage;
    stage->installEventFilter(this);
    place();
}

bool NoticeBar::eventFilter(QObject* watched, QEvent* event) {
    if (watched == stage_ && (event->type() == QEvent::Resize || event->type() == QEvent::Move))
        place();
    return QWidget::eventFilter(watched, event);
}

// As wide as its words need, and as the stage allows.
void NoticeBar::place() {
    if (!stage_ || isHidden())
        return;
    const int room = std::min(widest, stage_->width() - 2 * beside);
    const int around = sizeHint().width() - text_->sizeHint().width();
    const int wish = around + text_->fontMetrics().horizontalAdvance(text_->text()) + Theme::space(3);
    const int wide = std::clamp(wish, std::min(280, room), room);
    setGeometry(stage_->x() + (stage_->width() - wide) / 2, stage_->y() + below, wide,
                layout()->totalHeightForWidth(wide));
    raise();
}

void NoticeBar::add(const Notice& notice) {
    // The same said again, or a newer word on the same matter, takes the old one's place.
    waiting_.removeIf([&](const Notice& old) {
        return (!notice.topic.isEmpty() && old.topic == notice.topic) || old.text == notice.text;
    });
    waiting_.append(notice);
    if (waiting_.size() > most_waiting)
        waiting_.removeFirst();
    refresh();
}

void NoticeBar::withdraw(const QString& topic) {
    if (waiting_.removeIf([&](const Notice& notice) { return notice.topic == topic; }) > 0)
        refresh();
}

void NoticeBar::dismiss() {
    if (!waiting_.isEmpty())
        waiting_.removeLast();
    refresh();
}

void NoticeBar::refresh() {
    leave_->stop();
    setVisible(!waiting_.isEmpty());
    if (waiting_.isEmpty())
        return;
    const Notice& notice = waiting_.last();
    icon_->setPixmap(
        theme_.pixmap(icon_of(notice.kind), theme_.color(token_of(notice.kind)), 18, devicePixelRatioF()));
    text_->setText(notice.text);
    more_->setText(waiting_.size() > 1 ? tr("%n more", nullptr, static_cast<int>(waiting_.size()) - 1)
                                       : QString());
    more_->setVisible(waiting_.size() > 1);
    action_->setText(notice.action);
    if (!notice.action.isEmpty())
        action_->setAccessibleName(notice.action);
    action_->setVisible(!notice.action.isEmpty());
    layout()->activate();
    place();
    if (notice.kind == Notice::Kind::Info || notice.kind == Notice::Kind::Good)
        leave_->start();
}

} // namespace eyepiece
