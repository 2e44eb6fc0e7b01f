// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/tool_strip.h"

#include "plugins/label/panels/family_button.h"
#include "widgets/canvas/label_tools.h"
#include "widgets/theme/controls.h"

#include <QAction>
#include <QVBoxLayout>

namespace eyepiece {

ToolStrip::ToolStrip(LabelTools& tools, const QList<QAction*>& actions, const Theme& theme, QWidget* canvas)
    : QFrame(canvas), tools_(tools), actions_(actions) {
    setObjectName(QStringLiteral("label-tools"));
    setAccessibleName(tr("Tools"));
    setCursor(Qt::ArrowCursor);
    setAttribute(Qt::WA_StyledBackground);
    const auto paint = [this, &theme] {
        setStyleSheet(
            QStringLiteral("#label-tools { background: %1; border: 1px solid %2; border-radius: 8px; }")
                .arg(theme.color(Token::Surface).name(), theme.color(Token::Line).name()));
    };
    paint();
    connect(&theme, &Theme::changed, this, paint);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(4, 4, 4, 4);
    column->setSpacing(2);
    const auto place = [column](QToolButton* button) {
        button->setFixedSize(34, 34);
        button->setFocusPolicy(Qt::TabFocus); // a click leaves the keys with the canvas
        column->addWidget(button);
    };
    QHash<QString, FamilyButton*> made;
    auto action = actions_.begin();
    for (const LabelCommand& command : tools_.commands()) {
        if (!command.chooses_tool || action == actions_.end())
            continue;
        if (command.family.isEmpty()) {
            place(action_button(*action++, this));
            continue;
        }
        FamilyButton*& button = made[command.family];
        if (!button) {
            button = new FamilyButton(theme, "family." + command.family, this);
            place(button);
        }
        button->add(*action);
        families_.insert(*action++, button);
    }
    move(12, 12);
    adjustSize();
    connect(&tools_, &LabelTools::tool_changed, this, &ToolStrip::follow_tool);
    for (QAction* each : actions_) // choosing the tool in use again would uncheck it
        connect(each, &QAction::triggered, this, &ToolStrip::follow_tool);
    follow_tool();
}

void ToolStrip::follow_tool() {
    auto action = actions_.begin();
    for (const LabelCommand& command : tools_.commands()) {
        if (!command.chooses_tool || action == actions_.end())
            continue;
        const bool in_use = command.id == tools_.tool();
        (*action)->setChecked(in_use);
        if (FamilyButton* family = families_.value(*action); family && in_use)
            family->show_action(*action);
        ++action;
    }
}

} // namespace eyepiece
