// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/action_registry.h"

#include "core/base/error.h"
#include "widgets/theme/theme.h"

#include <QAction>
#include <QSettings>
#include <QWidget>
#include <algorithm>

namespace eyepiece {

const std::vector<Stage>& all_stages() {
    static const std::vector<Stage> stages{Stage::Data,     Stage::Explore, Stage::Label, Stage::Train,
                                           Stage::Evaluate, Stage::Explain, Stage::Export};
    return stages;
}

QString stage_name(Stage stage) {
    switch (stage) {
    case Stage::Data:
        return QStringLiteral("Data");
    case Stage::Explore:
        return QStringLiteral("Explore");
    case Stage::Label:
        return QStringLiteral("Label");
    case Stage::Train:
        return QStringLiteral("Train");
    case Stage::Evaluate:
        return QStringLiteral("Evaluate");
    case Stage::Explain:
        return QStringLiteral("Explain");
    case Stage::Export:
        return QStringLiteral("Export");
    }
    return {};
}

QString stage_id(Stage stage) {
    return stage_name(stage).toLower();
}

std::optional<Stage> stage_from_id(const QString& id) {
    for (Stage stage : all_stages())
        if (stage_id(stage) == id)
            return stage;
    return {};
}

ActionRegistry::ActionRegistry(Theme& theme, QSettings& settings, QObject* parent)
    : QObject(parent), theme_(theme), settings_(settings) {}

ActionRegistry::~ActionRegistry() = default;

static QString settings_key(const QString& id) {
    return "shortcuts/" + id;
}

QAction* ActionRegistry::add(ActionSpec spec, QObject* owner) {
    const auto refuse = [&](const QString& reason) {
        return Error(ErrorCode::Internal, ("The action \"" + spec.id + "\" " + reason).toStdString());
    };
    if (spec.id.isEmpty() || spec.title.isEmpty())
        throw refuse(QStringLiteral("has no id or no title."));
    if (entry(spec.id))
        throw refuse(QStringLiteral("is registered twice."));
    for (const Entry& other : entries_) {
        const bool together = !spec.stage || !other.spec.stage || spec.stage == other.spec.stage;
        if (together && !spec.shortcut.isEmpty() && other.spec.shortcut == spec.shortcut)
            throw refuse("wants the shortcut of \"" + other.spec.id + "\".");
    }
    auto* action = new QAction(spec.title, this);
    action->setObjectName("action." + spec.id);
    action->setCheckable(spec.checkable);
    action->setIcon(theme_.icon(spec.icon));
    action->setShortcutContext(Qt::WindowShortcut);
    action->setShortcut(
        QKeySequence(settings_.value(settings_key(spec.id), spec.shortcut.toString()).toString(),
                     QKeySequence::PortableText));
    // The handler is copied: it may remove the very action that runs it.
    connect(action, &QAction::triggered, this, [this, handler = spec.handler, title = spec.title] {
        if (!handler)
            return;
        try {
            handler();
        } catch (const std::exception& error) {
            const auto* known = dynamic_cast<const Error*>(&error);
            if (!known || known->code() != ErrorCode::Cancelled)
                Q_EMIT failed(title, QString::fromUtf8(error.what()));
        }
    });
    const QString id = spec.id;
    entries_.push_back({std::move(spec), action});
    update_tooltip(entries_.back());
    update_attachment(entries_.back());
    if (owner)
        connect(owner, &QObject::destroyed, this, [this, id] {
            const auto found = std::find_if(entries_.begin(), entries_.end(),
                                            [&](const Entry& e) { return e.spec.id == id; });
            if (found == entries_.end())
                return;
            delete found->action;
            entries_.erase(found);
            Q_EMIT changed();
        });
    Q_EMIT changed();
    return action;
}

const ActionRegistry::Entry* ActionRegistry::entry(const QString& id) const {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.spec.id == id; });
    return found == entries_.end() ? nullptr : &*found;
}

QAction* ActionRegistry::find(const QString& id) const {
    const Entry* found = entry(id);
    return found ? found->action : nullptr;
}

const ActionSpec* ActionRegistry::spec(const QString& id) const {
    const Entry* found = entry(id);
    return found ? &found->spec : nullptr;
}

QStringList ActionRegistry::ids() const {
    QStringList result;
    for (const Entry& e : entries_)
        result.append(e.spec.id);
    return result;
}

bool ActionRegistry::trigger(const QString& id) {
    const Entry* found = entry(id);
    if (!found || !found->action->isEnabled() || (found->spec.stage && found->spec.stage != stage_))
        return false;
    found->action->trigger();
    return true;
}

QString ActionRegistry::stage_action(Stage stage) {
    return "stage." + stage_id(stage);
}

QKeySequence ActionRegistry::shortcut(const QString& id) const {
    const Entry* found = entry(id);
    return found ? found->action->shortcut() : QKeySequence();
}

const ActionRegistry::Entry* ActionRegistry::user_of(const QKeySequence& shortcut,
                                                     const Entry& asking) const {
    for (const Entry& other : entries_) {
        const bool together =
            !asking.spec.stage || !other.spec.stage || asking.spec.stage == other.spec.stage;
        if (&other != &asking && together && other.action->shortcut() == shortcut)
            return &other;
    }
    return nullptr;
}

QString ActionRegistry::set_shortcut(const QString& id, const QKeySequence& shortcut) {
    const Entry* found = entry(id);
    if (!found)
        throw Error(ErrorCode::NotFound, ("There is no action \"" + id + "\".").toStdString());
    if (!shortcut.isEmpty())
        if (const Entry* other = user_of(shortcut, *found))
            return other->spec.title;
    found->action->setShortcut(shortcut);
    if (shortcut == found->spec.shortcut)
        settings_.remove(settings_key(id));
    else
        settings_.setValue(settings_key(id), shortcut.toString(QKeySequence::PortableText));
    update_tooltip(*found);
    Q_EMIT changed();
    return {};
}

void ActionRegistry::reset_shortcuts() {
    settings_.remove(QStringLiteral("shortcuts"));
    for (const Entry& e : entries_) {
        e.action->setShortcut(e.spec.shortcut);
        update_tooltip(e);
    }
    Q_EMIT changed();
}

void ActionRegistry::update_tooltip(const Entry& e) {
    QString text = e.spec.title;
    if (!e.action->shortcut().isEmpty())
        text += "  (" + e.action->shortcut().toString(QKeySequence::NativeText) + ")";
    if (!e.spec.help.isEmpty())
        text += "\n" + e.spec.help;
    e.action->setToolTip(text);
    e.action->setStatusTip(e.spec.help);
}

void ActionRegistry::update_attachment(const Entry& e) {
    if (!window_)
        return;
    if (!e.spec.stage || e.spec.stage == stage_)
        window_->addAction(e.action);
    else
        window_->removeAction(e.action);
}

void ActionRegistry::attach(QWidget* window) {
    window_ = window;
    connect(window, &QObject::destroyed, this, [this] { window_ = nullptr; });
    for (const Entry& e : entries_)
        update_attachment(e);
}

void ActionRegistry::set_stage(Stage stage) {
    stage_ = stage;
    for (const Entry& e : entries_)
        update_attachment(e);
}

} // namespace eyepiece
