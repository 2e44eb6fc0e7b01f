// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/explore_middle.h"

#include "core/project/project.h"
#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/exploration_keeper.h"
#include "plugins/explore/panels/explore_views.h"
#include "plugins/explore/panels/saving.h"
#include "plugins/explore/panels/table_opener.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/table/table_view.h"
#include "widgets/theme/controls.h"

#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QUrl>
#include <QVBoxLayout>

namespace eyepiece {

namespace {

QString dropped_file(const QMimeData& data) {
    return data.urls().size() == 1 && data.urls().first().isLocalFile() ? data.urls().first().toLocalFile()
                                                                        : QString();
}

// Folders of images, projects and pictures are the window's. Everything else is taken for a table: the reader
// says what is wrong with it.
bool ours(const QString& path) {
    const QFileInfo info(path);
    if (info.isDir())
        return !Project::is_project(path.toStdString()) && is_table(path.toStdString());
    static const QStringList pictures{"png", "jpg", "jpeg", "tif", "tiff", "eyepiece"};
    return !path.isEmpty() && !pictures.contains(info.suffix().toLower());
}

} // namespace

ExploreMiddle::ExploreMiddle(WorkbenchContext& context, Exploration& exploration, ExplorationKeeper& keeper,
                             TableOpener& opener, StepRunner& runner, QWidget* parent)
    : QWidget(parent)
    , context_(context)
    , exploration_(exploration)
    , keeper_(keeper)
    , opener_(opener)
    , pages_(new QStackedWidget(this)) {
    setObjectName(QStringLiteral("explore.middle"));
    setAcceptDrops(true);
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(pages_);
    empty_ = new EmptyState(theme, QStringLiteral("explore"), tr("See what is in a table"), {}, pages_);
    empty_->setObjectName(QStringLiteral("explore.empty"));
    empty_->add_action(tr("Open a table…"), QStringLiteral("explore.empty.open"), [this] { ask_file(); });
    for (const auto& [from, title] :
         {std::pair{"images", tr("Table of the images…")}, std::pair{"objects", tr("Table of the objects…")}})
        of_project_.push_back(empty_->add_action(
            title, QStringLiteral("explore.empty.") + from,
            [this, from = QString::fromLatin1(from)] { Q_EMIT table_asked(from); }, false));
    pages_->addWidget(empty_);
    auto* splitter = new QSplitter(Qt::Vertical, pages_);
    splitter->setObjectName(QStringLiteral("explore.splitter"));
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    views_ = new ExploreViews(context, exploration, runner, splitter);
    table_ = new TableView(theme, exploration.selection(), splitter);
    splitter->addWidget(views_);
    splitter->addWidget(table_);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({580, 240});
    pages_->addWidget(splitter);

    connect(&exploration_, &Exploration::adopted, this, &ExploreMiddle::update_page);
    connect(&exploration_, &Exploration::closed, this, &ExploreMiddle::update_page);
    connect(&context_.session, &ProjectSession::opened, this, &ExploreMiddle::update_page);
    connect(&context_.session, &ProjectSession::closed, this, &ExploreMiddle::update_page);
    connect(&opener_, &TableOpener::started, this, &ExploreMiddle::update_page);
    connect(&opener_, &TableOpener::ended, this, &ExploreMiddle::update_page);
    connect(&exploration_, &Exploration::table_changed, this,
            [this] { table_->set_table(exploration_.table()); });
    connect(table_, &TableView::save_asked, this, &ExploreMiddle::ask_save);
    context_.actions.add({.id = "explore.open",
                          .title = tr("Open a table…"),
                          .help = tr("CSV, NumPy, HDF5, AnnData, 10x, FCS, ARFF, Orange and more"),
                          .icon = "table",
                          .shortcut = QKeySequence(Qt::CTRL | Qt::Key_T),
                          .stage = Stage::Explore,
                          .handler = [this] { ask_file(); }},
                         this);
    update_page();
}

void ExploreMiddle::update_page() {
    pages_->setCurrentIndex(exploration_.is_open() ? 1 : 0);
    for (QPushButton* button : of_project_)
        button->setVisible(context_.session.is_open());
    empty_->set_text(
        opener_.running()
            ? tr("Reading %1…").arg(opener_.title())
            : tr("Drop a file here or open one: CSV, TSV, NumPy, HDF5, AnnData, a 10x folder, "
                 "FCS, IDX, ARFF, "
                 "Orange. Then make a map of it: rows that are alike lie close to each other.%1")
                  .arg(context_.session.is_open()
                           ? tr(" Tables of the project's images and labelled objects are made here, too.")
                           : tr(" No project is open, so steps are not kept.")));
}

void ExploreMiddle::ask_file() {
    const QString file = ask_for_table(this, tr("Open a table"));
    if (!file.isEmpty())
        keeper_.open_file(file);
}

void ExploreMiddle::ask_other_file() {
    const QString file = ask_for_table(this, tr("Use these steps on"));
    if (!file.isEmpty())
        keeper_.open_with_steps(file);
}

void ExploreMiddle::dragEnterEvent(QDragEnterEvent* event) {
    if (ours(dropped_file(*event->mimeData())))
        event->acceptProposedAction();
    else
        event->ignore(); // the window may want it
}

void ExploreMiddle::dropEvent(QDropEvent* event) {
    const QString file = dropped_file(*event->mimeData());
    if (!ours(file))
        return event->ignore();
    event->acceptProposedAction();
    keeper_.open_file(file);
}

void ExploreMiddle::ask_save() {
    const QString file = ask_where_to_save(this, tr("Save the rows"), exploration_,
                                           QStringLiteral("-rows.csv"), tr("Table (*.csv)"));
    if (!file.isEmpty())
        save_rows(file);
}

void ExploreMiddle::save_rows(const QString& file) {
    save_rows_as_csv(this, file, exploration_.table(), table_->shown_rows(), context_.notices);
}

} // namespace eyepiece
