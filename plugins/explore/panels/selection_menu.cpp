// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/selection_menu.h"

#include "core/project/project.h"
#include "plugins/explore/panels/selection_edits.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"

#include <QInputDialog>
#include <QLocale>
#include <QPainter>
#include <QPixmap>

namespace eyepiece {

namespace {

QIcon swatch(const Rgb& color) {
    QPixmap square(14, 14);
    square.fill(Qt::transparent);
    QPainter painter(&square);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(color[0], color[1], color[2]));
    painter.drawRoundedRect(QRectF(0.5, 0.5, 13, 13), 3.5, 3.5);
    return square;
}

} // namespace

SelectionMenu::SelectionMenu(WorkbenchContext& context, SelectionEdits& edits, QWidget* parent)
    : QMenu(tr("Selection"), parent), context_(context), edits_(edits) {
    setObjectName(QStringLiteral("selection.menu"));
    setToolTipsVisible(true);
    const auto add = [this](const char* id, const QString& title, const char* icon,
                            std::function<void()> handler) {
        QAction* action = context_.actions.add({.id = QString::fromLatin1(id),
                                                .title = title,
                                                .icon = QString::fromLatin1(icon),
                                                .stage = Stage::Explore,
                                                .handler = std::move(handler)},
                                               this);
        action->setObjectName(QString::fromLatin1(id));
        return action;
    };
    reason_ = addAction(QString());
    reason_->setObjectName(QStringLiteral("selection.reason"));
    reason_->setEnabled(false);
    show_ = add("explore.show-in-label", tr("Show the selected rows in Label"), "label",
                [this] { edits_.show_in_label(); });
    addAction(show_);
    use_ = addMenu(tr("Use for"));
    use_->setToolTipsVisible(true);
    const auto add_split = [&](const char* id, const QString& title, const QString& here, const char* split) {
        splits_.push_back(
            add(id, title, "split", [this, split = std::string(split)] { edits_.use_for(split); }));
        use_->addAction(here, this, [this, id] { context_.actions.trigger(QString::fromLatin1(id)); })
            ->setObjectName(QString::fromLatin1(id));
    };
    add_split("explore.use-for-train", tr("Use the selected images for training"), tr("Training"), "train");
    add_split("explore.use-for-val", tr("Use the selected images for validation"), tr("Validation"), "val");
    add_split("explore.use-for-test", tr("Use the selected images for the test"), tr("Test"), "test");
    add_split("explore.use-for-nothing", tr("Use the selected images for nothing"), tr("Nothing"), "");
    classes_ = addMenu(tr("Class of the objects"));
    classes_->setObjectName(QStringLiteral("selection.classes"));
    classes_->setToolTipsVisible(true);
    class_ = add("explore.class", tr("Give the selected objects a class…"), "mark", [this] { ask_class(); });
    connect(this, &QMenu::aboutToShow, this, &SelectionMenu::fill);
    connect(&edits_, &SelectionEdits::changed, this, &SelectionMenu::refresh);
    connect(&context_.session, &ProjectSession::opened, this, &SelectionMenu::refresh);
    connect(&context_.session, &ProjectSession::closed, this, &SelectionMenu::refresh);
    refresh();
}

void SelectionMenu::refresh() {
    const QString items = edits_.no_items(), objects = edits_.no_objects();
    reason_->setText(items);
    reason_->setVisible(!items.isEmpty());
    std::vector<QAction*> of_items = splits_;
    of_items.push_back(show_);
    of_items.push_back(use_->menuAction());
    for (QAction* action : of_items) {
        action->setEnabled(items.isEmpty());
        action->setToolTip(items);
    }
    for (QAction* action : {class_, classes_->menuAction()}) {
        action->setEnabled(objects.isEmpty());
        action->setToolTip(objects);
    }
}

void SelectionMenu::fill() {
    refresh();
    const auto counted = [](std::size_t count, const QString& one, const QString& many) {
        return count == 1 ? one : many.arg(QLocale().toString(qulonglong(count)));
    };
    use_->setTitle(show_->isEnabled()
                       ? counted(edits_.items().size(), tr("Use its image for"), tr("Use the %1 images for"))
                       : tr("Use the images for"));
    classes_->setTitle(class_->isEnabled() ? counted(edits_.objects().size(), tr("Class of the object"),
                                                     tr("Class of the %1 objects"))
                                           : tr("Class of the objects"));
    classes_->clear();
    if (!class_->isEnabled())
        return;
    for (const LabelClass& known : context_.session.project().classes().all()) {
        const QString name = QString::fromStdString(known.name);
        QAction* action = classes_->addAction(swatch(known.color), name, this, [this, name] {
            try {
                edits_.give_class(name);
            } catch (const std::exception& error) {
                context_.notices.show_error(error);
            }
        });
        action->setObjectName("class." + name);
    }
    classes_->addSeparator();
    classes_->addAction(tr("Another class…"), class_, &QAction::trigger)
        ->setObjectName(QStringLiteral("class.another"));
}

void SelectionMenu::ask_class() {
    QStringList names;
    for (const LabelClass& known : context_.session.project().classes().all())
        names << QString::fromStdString(known.name);
    bool accepted = false;
    const QString name = QInputDialog::getItem(parentWidget(), tr("Class of the objects"),
                                               tr("A class of the project, or the name of a new one:"), names,
                                               -1, true, &accepted);
    if (accepted)
        edits_.give_class(name);
}

} // namespace eyepiece
