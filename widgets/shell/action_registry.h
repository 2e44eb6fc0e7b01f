// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/shell/panel_plugin.h"

#include <QHash>
#include <QKeySequence>
#include <QObject>
#include <QString>
#include <QStringList>
#include <functional>
#include <optional>
#include <vector>

class QAction;
class QSettings;
class QWidget;

namespace eyepiece {

class Theme;

// Something the user can do. One declaration makes the palette's line, the menu entry, the shortcut and the
// line in the overview of shortcuts.
struct ActionSpec {
    QString id;                      // "label.brush": unique; the shortcut is kept under it
    QString title;                   // "Brush": sentence case, as in menus and the palette
    QString help = {};               // one line for the tooltip; may be empty
    QString icon = {};               // name as Theme::icon() takes it
    QKeySequence shortcut = {};      // default; the user may choose another
    std::optional<Stage> stage = {}; // works only there; nothing: everywhere
    std::function<void()> handler =
        {}; // called on the window's thread; exceptions of type Error become a notice
    bool checkable = false;
    // The words of `eyepiece-cli` that do the same now (widgets/shell/copy_command.h); none: nothing to do it
    // with. The palette shows and copies them.
    std::function<QStringList()> command = {};
};

// Every action of the window. Lives on the window's thread.
class EYEPIECE_EXPORT ActionRegistry : public QObject {
    Q_OBJECT
public:
    ActionRegistry(Theme& theme, QSettings& settings, QObject* parent = nullptr);
    ~ActionRegistry() override;

    // Makes the action; use it in buttons with QToolButton::setDefaultAction, and setEnabled / setChecked to
    // say when it applies. Goes away with `owner` when one is given. Throws Error(Internal) when the id is
    // taken, the title is empty, or another action that can be active at the same time has the same default
    // shortcut.
    QAction* add(ActionSpec spec, QObject* owner = nullptr);

    QAction* find(const QString& id) const; // null when unknown
    const ActionSpec* spec(const QString& id) const;
    QStringList ids() const; // in the order added
    // Runs it as if chosen from a menu: false when it is unknown or disabled just now.
    bool trigger(const QString& id);

    // "Go to a stage" is an action too: trigger(stage_action(Stage::Label)).
    static QString stage_action(Stage stage);

    QKeySequence shortcut(const QString& id) const;
    // Kept in the settings. Returns the title of the action that already has it and then changes nothing; an
    // empty sequence removes the shortcut.
    QString set_shortcut(const QString& id, const QKeySequence& shortcut);
    void reset_shortcuts();

    // The shortcuts work while this window is active. Actions of other stages rest.
    void attach(QWidget* window);
    void set_stage(Stage stage);
    Stage stage() const { return stage_; }

Q_SIGNALS:
    void changed(); // an action came, went, or has another shortcut
    void failed(const QString& title, const QString& message); // its handler threw

private:
    struct Entry {
        ActionSpec spec;
        QAction* action = nullptr;
    };
    void update_attachment(const Entry& entry);
    void update_tooltip(const Entry& entry);
    const Entry* entry(const QString& id) const;
    const Entry* user_of(const QKeySequence& shortcut, const Entry& asking) const;

    Theme& theme_;
    QSettings& settings_;
    QWidget* window_ = nullptr;
    Stage stage_ = Stage::Data;
    std::vector<Entry> entries_;
};

EYEPIECE_EXPORT QString stage_name(Stage stage); // "Data"
EYEPIECE_EXPORT QString stage_id(Stage stage);   // "data"
EYEPIECE_EXPORT std::optional<Stage> stage_from_id(const QString& id);
EYEPIECE_EXPORT const std::vector<Stage>& all_stages();

} // namespace eyepiece
