// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/stage_bar.h"

#include "widgets/shell/action_registry.h"
#include "widgets/theme/controls.h"

#include <QAction>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QToolButton>
#include <algorithm>

namespace eyepiece {

StageBar::StageBar(const Theme& theme, ActionRegistry& actions, QMenu* menu, QWidget* parent)
    : QWidget(parent)
    , mark_(new QToolButton(this))
    , name_(new QLabel(this))
    , state_(new QLabel(this))
    , left_(new QWidget(this))
    , find_(new QToolButton(this)) {
    setObjectName(QStringLiteral("stage-bar"));
    setProperty("kind", "surface");
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(theme.tokens().metric(QStringLiteral("top-bar")));

    // Left and right share the room that the stages leave, so these stay in the middle.
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(Theme::space(2), 0, Theme::space(3), 0);
    grid->setHorizontalSpacing(Theme::space(3));
    grid->setColumnStretch(0, 1);
    grid->setColumnStretch(2, 1);

    mark_->setObjectName(QStringLiteral("menu"));
    mark_->setAccessibleName(tr("Menu"));
    mark_->setToolTip(tr("Menu"));
    mark_->setIcon(theme.icon(QStringLiteral("mark"), Token::Accent));
    mark_->setIconSize({24, 24});
    mark_->setFocusPolicy(Qt::TabFocus);
    mark_->setPopupMode(QToolButton::InstantPopup);
    mark_->setMenu(menu);
    name_->setFont(theme.strong());
    name_->setObjectName(QStringLiteral("project.name"));
    state_->setObjectName(QStringLiteral("project.state"));
    state_->setProperty("role", "muted");
    for (QLabel* label : {name_, state_})
        label->setTextFormat(Qt::PlainText);
    auto* row = new QHBoxLayout(left_);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::space(1));
    row->addWidget(mark_);
    row->addSpacing(Theme::space(1));
    row->addWidget(name_);
    row->addWidget(state_);
    row->addStretch();
    left_->setMinimumWidth(40);
    left_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    grid->addWidget(left_, 0, 0);

    auto* stages = new QWidget(this);
    auto* tabs = new QHBoxLayout(stages);
    tabs->setContentsMargins(0, 0, 0, 0);
    tabs->setSpacing(2);
    for (Stage stage : all_stages()) {
        auto* button = new QToolButton(stages);
        QAction* action = actions.find(ActionRegistry::stage_action(stage));
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        button->setObjectName(action->objectName().replace("action.", "tab."));
        button->setAccessibleName(tr("Stage %1").arg(stage_name(stage)));
        button->setProperty("kind", "stage");
        button->setFocusPolicy(Qt::TabFocus); // a click leaves the focus with the work
        button->setCursor(Qt::PointingHandCursor);
        // As wide as it is when chosen and bold: a button's own idea of its width would move its neighbours.
        button->setFixedWidth(QFontMetrics(theme.strong()).horizontalAdvance(stage_name(stage)) + 32);
        buttons_.insert(static_cast<int>(stage), button);
        tabs->addWidget(button);
    }
    grid->addWidget(stages, 0, 1);

    find_->setObjectName(QStringLiteral("find"));
    find_->setProperty("kind", "find");
    find_->setAccessibleName(tr("Find a command, image or run"));
    find_->setCursor(Qt::IBeamCursor);
    find_->setFocusPolicy(Qt::TabFocus);
    find_->setFixedHeight(28);
    find_->setMinimumWidth(120);
    find_->setMaximumWidth(270);
    find_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    auto* inside = new QHBoxLayout(find_);
    inside->setContentsMargins(Theme::space(2) + 2, 0, Theme::space(1) + 1, 0);
    auto* hint = new QLabel(tr("Find a command, image, run…"), find_);
    hint->setProperty("role", "muted");
    hint->setMinimumWidth(0);
    hint->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    QLabel* key = key_label(theme, QStringLiteral("Ctrl K"), find_);
    inside->addWidget(hint, 1);
    inside->addWidget(key, 0, Qt::AlignVCenter);
    for (QLabel* label : {hint, key})
        label->setAttribute(Qt::WA_TransparentForMouseEvents);
    connect(find_, &QToolButton::clicked, this,
            [&actions] { actions.trigger(QStringLiteral("window.find")); });
    auto* right = new QHBoxLayout;
    right->addStretch();
    right->addWidget(find_, 4);
    grid->addLayout(right, 0, 2);
    set_project({}, {});
}

void StageBar::set_project(const QString& name, const QString& state) {
    name_text_ = name;
    state_text_ = state;
    show_project();
}

void StageBar::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    show_project();
}

// The state gives way first, then the name is cut.
void StageBar::show_project() {
    const int room = left_->width() - mark_->sizeHint().width() - 12;
    const QString name = name_text_.isEmpty() ? QStringLiteral("Eyepiece") : name_text_;
    const QFontMetrics bold(name_->font());
    const QString state = state_text_.isEmpty() ? QString() : "· " + state_text_;
    const int state_width = QFontMetrics(state_->font()).horizontalAdvance(state) + 8;
    const bool both = bold.horizontalAdvance(name) + state_width <= room;
    name_->setText(bold.elidedText(name, Qt::ElideRight, both ? room - state_width : std::max(0, room)));
    name_->setToolTip(name_text_);
    state_->setText(both ? state : QString());
    left_->setToolTip(both ? QString() : state_text_);
}

void StageBar::set_stage(Stage stage) {
    for (auto entry = buttons_.begin(); entry != buttons_.end(); ++entry)
        entry.value()->defaultAction()->setChecked(entry.key() == static_cast<int>(stage));
}

} // namespace eyepiece
