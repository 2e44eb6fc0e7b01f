// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/tool_strip.h"

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
    for (QAction* action : actions_) {
        QToolButton* button = action_button(action, this);
        button->setFixedSize(34, 34);
        button->setFocusPolicy(Qt::TabFocus); // a click leaves the keys with the canvas
        column->addWidget(button);
    }
    move(12, 12);
    adjustSize();
    connect(&tools_, &LabelTools::tool_changed, this, &ToolStrip::follow_tool);
    follow_tool();
}

void ToolStrip::follow_tool() {
    int i = 0;
    for (const LabelTools::Command& command : tools_.commands())
        if (command.tool && i < actions_.size())
            actions_[i++]->setChecked(command.tool == tools_.tool());
}

} // namespace eyepiece
