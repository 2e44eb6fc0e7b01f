// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/shortcuts_dialog.h"

#include "widgets/shell/action_registry.h"
#include "widgets/theme/controls.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QLineEdit>
#include <QStyle>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace eyepiece {

ShortcutsDialog::ShortcutsDialog(const Theme& theme, ActionRegistry& actions, QWidget* parent)
    : QDialog(parent)
    , actions_(actions)
    , filter_(new QLineEdit(this))
    , list_(new QTreeWidget(this))
    , keys_(new QKeySequenceEdit(this))
    , word_(text_label(theme, {}, Token::Muted, this)) {
    setObjectName(QStringLiteral("shortcuts"));
    setWindowTitle(tr("Keyboard shortcuts"));
    resize(560, 620);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(8);
    filter_->setObjectName(QStringLiteral("shortcuts.filter"));
    filter_->setAccessibleName(tr("Filter the actions"));
    filter_->setPlaceholderText(tr("Filter…"));
    list_->setObjectName(QStringLiteral("shortcuts.list"));
    list_->setAccessibleName(tr("Actions and their keys"));
    list_->setColumnCount(2);
    list_->setHeaderHidden(true);
    list_->setRootIsDecorated(false);
    list_->header()->setStretchLastSection(false);
    list_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    list_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    column->addWidget(filter_);
    column->addWidget(list_, 1);
    keys_->setObjectName(QStringLiteral("shortcuts.keys"));
    keys_->setAccessibleName(tr("New shortcut of the chosen action"));
    auto* assign = quiet_button(tr("Use these keys"), QStringLiteral("shortcuts.assign"), this);
    auto* none = quiet_button(tr("No keys"), QStringLiteral("shortcuts.none"), this);
    auto* reset = quiet_button(tr("Reset all"), QStringLiteral("shortcuts.reset"), this);
    auto* row = new QHBoxLayout;
    row->addWidget(keys_, 1);
    row->addWidget(assign);
    row->addWidget(none);
    row->addWidget(reset);
    column->addLayout(row);
    column->addWidget(word_);
    connect(filter_, &QLineEdit::textChanged, this, &ShortcutsDialog::fill);
    connect(&actions_, &ActionRegistry::changed, this, &ShortcutsDialog::fill);
    connect(list_, &QTreeWidget::currentItemChanged, this, [this] {
        keys_->setKeySequence(chosen().isEmpty() ? QKeySequence() : actions_.shortcut(chosen()));
    });
    connect(assign, &QPushButton::clicked, this, &ShortcutsDialog::assign);
    connect(none, &QPushButton::clicked, this, [this] {
        keys_->clear();
        this->assign();
    });
    connect(reset, &QPushButton::clicked, this, [this] {
        actions_.reset_shortcuts();
        say(tr("All shortcuts are as they were at first."), "good");
    });
    fill();
    say(tr("Choose an action, then press its new keys."), "muted");
}

QString ShortcutsDialog::chosen() const {
    const QTreeWidgetItem* item = list_->currentItem();
    return item ? item->data(0, Qt::UserRole).toString() : QString();
}

void ShortcutsDialog::say(const QString& text, const char* role) {
    word_->setText(text);
    word_->setProperty("role", QString::fromLatin1(role));
    word_->style()->unpolish(word_);
    word_->style()->polish(word_);
}

void ShortcutsDialog::assign() {
    const QString id = chosen();
    if (id.isEmpty())
        return say(tr("First choose an action in the list."), "look");
    const QString title = actions_.spec(id)->title;
    const QString taken_by = actions_.set_shortcut(id, keys_->keySequence());
    if (!taken_by.isEmpty())
        say(tr("These keys already belong to “%1”. Give that one other keys first.").arg(taken_by), "bad");
    else
        say(tr("Kept for “%1”.").arg(title), "good");
}

void ShortcutsDialog::fill() {
    const QString keep = chosen(), filter = filter_->text().trimmed();
    QSignalBlocker quiet(list_);
    list_->clear();
    const auto add_group = [&](const QString& title, std::optional<Stage> stage) {
        QTreeWidgetItem* group = nullptr;
        for (const QString& id : actions_.ids()) {
            const ActionSpec* spec = actions_.spec(id);
            if (spec->stage != stage ||
                (!filter.isEmpty() && !spec->title.contains(filter, Qt::CaseInsensitive)))
                continue;
            if (!group) {
                group = new QTreeWidgetItem(list_, {title.toUpper()});
                group->setFlags(Qt::ItemIsEnabled);
                group->setForeground(0, palette().placeholderText());
            }
            auto* item = new QTreeWidgetItem(
                group, {spec->title, actions_.shortcut(id).toString(QKeySequence::NativeText)});
            item->setData(0, Qt::UserRole, id);
            item->setToolTip(0, spec->help);
            if (id == keep)
                list_->setCurrentItem(item);
        }
    };
    add_group(tr("Everywhere"), {});
    for (Stage stage : all_stages())
        add_group(stage_name(stage), stage);
    list_->expandAll();
}

} // namespace eyepiece
