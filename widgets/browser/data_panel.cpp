// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/browser/data_panel.h"

#include "widgets/browser/group_split_panel.h"
#include "widgets/browser/item_browser.h"
#include "widgets/browser/item_list_model.h"
#include "widgets/browser/project_actions.h"
#include "widgets/browser/skipped_dialog.h"
#include "widgets/browser/thumbnail_cache.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QAction>
#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QInputDialog>
#include <QItemSelectionModel>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QPainter>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QUrl>
#include <QVBoxLayout>
#include <set>

namespace eyepiece {

namespace {

QString number(std::int64_t n) {
    return QLocale().toString(qlonglong(n));
}

// A dashed frame around the page that takes drops: it says by its look what its words say.
class DropArea : public EmptyState {
public:
    using EmptyState::EmptyState;
    const Theme* theme = nullptr;

protected:
    void paintEvent(QPaintEvent*) override {
        if (!theme)
            return;
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(theme->color(Token::Line), 1.6, Qt::DashLine));
        painter.drawRoundedRect(QRectF(rect()).adjusted(24.5, 24.5, -24.5, -24.5), 12, 12);
    }
};

EmptyState* drop_area(const Theme& theme, const QString& title, const QString& text, const QString& name) {
    auto* area = new DropArea(theme, QStringLiteral("drop"), title, text);
    area->theme = &theme;
    area->setObjectName(name);
    return area;
}

// The picture before the name, and the state's dot; the rest as the table draws it.
class TableDelegate : public QStyledItemDelegate {
public:
    TableDelegate(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), theme_(theme) {}

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        if (index.column() != ItemListModel::Name && index.column() != ItemListModel::State)
            return QStyledItemDelegate::paint(painter, option, index);
        painter->save();
        painter->setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
        if (option.state & QStyle::State_Selected)
            painter->fillRect(option.rect, theme_.color(Token::AccentGround));
        painter->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1),
                          theme_.color(Token::Line));
        QRect text = option.rect.adjusted(8, 0, -8, -1);
        if (index.column() == ItemListModel::Name) {
            const QRect frame(option.rect.left() + 8, option.rect.top() + 3, 36, option.rect.height() - 7);
            painter->fillRect(frame, theme_.color(Token::ImageGround));
            const auto picture = index.data(Qt::DecorationRole).value<QPixmap>();
            if (!picture.isNull()) {
                painter->setClipRect(frame);
                const QSizeF size =
                    QSizeF(picture.size()).scaled(frame.size(), Qt::KeepAspectRatioByExpanding);
                painter->drawPixmap(
                    QRectF(QRectF(frame).center() - QPointF(size.width() / 2, size.height() / 2), size),
                    picture, QRectF(picture.rect()));
                painter->setClipping(false);
            }
            text.setLeft(frame.right() + 10);
        } else {
            draw_item_mark(theme_, *painter, index, QPointF(text.left() + 4, text.center().y() + 1));
            text.setLeft(text.left() + 16);
        }
        painter->setFont(theme_.body());
        painter->setPen(theme_.color(Token::Text));
        painter->drawText(
            text, Qt::AlignVCenter | Qt::AlignLeft,
            painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideMiddle, text.width()));
        painter->restore();
    }

private:
    const Theme& theme_;
};

} // namespace

PanelFactory data_panel(ItemListModel& items, ProjectActions& actions) {
    return {QStringLiteral("data"), QObject::tr("Data"), Stage::Data, 0,
            [&items, &actions](WorkbenchContext& context) -> PanelWidgets {
                return {new DataSources(context, items, actions), new DataTable(context, items, actions),
                        new GroupSplitPanel(context, items),
                        [&context, &items] { return context.session.is_open() && items.size() > 0; }};
            }};
}

DataSources::DataSources(WorkbenchContext& context, ItemListModel& items, ProjectActions& actions,
                         QWidget* parent)
    : QWidget(parent), context_(context), items_(items), actions_(actions) {
    setObjectName(QStringLiteral("data.sources"));
    const Theme& theme = context_.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 4, 12, 12);
    column->setSpacing(8);
    column->addWidget(new SectionHeader(theme, tr("Project"), {}, this));
    column->addWidget(project_ = new Card(theme, {}, {}, this));
    project_->setObjectName(QStringLiteral("data.project"));

    bring_in_ = new QWidget(this);
    auto* ways = new QVBoxLayout(bring_in_);
    ways->setContentsMargins(0, 0, 0, 0);
    ways->setSpacing(4);
    ways->addWidget(new SectionHeader(theme, tr("Bring in"), {}, bring_in_));
    const auto way = [&](const char* id, const QString& text) {
        QAction* action = context_.actions.find(QString::fromLatin1(id));
        QPushButton* button = quiet_button(text, "button." + QString::fromLatin1(id), bring_in_);
        button->setIcon(action->icon());
        button->setProperty("align", "left");
        button->setToolTip(action->toolTip());
        connect(button, &QPushButton::clicked, action, &QAction::trigger);
        ways->addWidget(button);
    };
    way("data.add-folder", tr("Add a folder…"));
    way("data.add-files", tr("Add images…"));
    way("data.import-labels", tr("Import labels…"));
    ways->addSpacing(8);
    ways->addWidget(new SectionHeader(theme, tr("Take out"), {}, bring_in_));
    way("data.export-labels", tr("Export labels…"));
    column->addWidget(bring_in_);

    attention_ = new Card(theme, {}, {}, this);
    attention_->setObjectName(QStringLiteral("data.attention"));
    attention_->set_title_token(Token::Look);
    check_ = quiet_button(tr("Look again"), QStringLiteral("data.attention.check"), attention_);
    attention_->content()->addWidget(check_, 0, Qt::AlignLeft);
    connect(check_, &QPushButton::clicked, this, [this] { actions_.check_files(); });
    column->addWidget(attention_);

    report_ = new Card(theme, {}, {}, this);
    report_->setObjectName(QStringLiteral("data.report"));
    skipped_ = quiet_button(tr("Show what was left out"), QStringLiteral("data.report.skipped"), report_);
    report_->content()->addWidget(skipped_, 0, Qt::AlignLeft);
    connect(skipped_, &QPushButton::clicked, this, &DataSources::show_skipped);
    auto* copy = link_button(tr("Copy as command"), QStringLiteral("data.report.copy"), report_);
    copy->setAccessibleName(tr("Copy what was brought in last as a command"));
    report_->content()->addWidget(copy, 0, Qt::AlignLeft);
    connect(copy, &QPushButton::clicked, this,
            [this] { copy_command(actions_.last_arguments(), context_.notices); });
    column->addWidget(report_);

    column->addWidget(recent_header_ = new SectionHeader(theme, tr("Recent projects"), {}, this));
    recent_ = new QVBoxLayout;
    recent_->setSpacing(0);
    column->addLayout(recent_);
    column->addStretch();

    connect(&context_.session, &ProjectSession::opened, this, &DataSources::refresh);
    connect(&context_.session, &ProjectSession::closed, this, &DataSources::refresh);
    connect(&context_.session, &ProjectSession::recent_changed, this, &DataSources::refresh_recent);
    connect(&items_, &ItemListModel::loaded, this, &DataSources::refresh);
    connect(&items_, &QAbstractItemModel::dataChanged, this,
            [this](const QModelIndex&, const QModelIndex&, const QList<int>& roles) {
                if (!roles.contains(Qt::DecorationRole)) // a thumbnail says nothing about the project
                    refresh();
            });
    connect(&actions_, &ProjectActions::report_changed, this, &DataSources::refresh);
    refresh();
    refresh_recent();
}

void DataSources::refresh() {
    const ProjectSession& session = context_.session;
    bring_in_->setVisible(session.is_open());
    if (!session.is_open()) {
        project_->set_title(tr("No project is open"));
        project_->set_text(tr("A project keeps labels, splits and runs. Your images stay where they are."));
        attention_->hide();
        report_->hide();
        return;
    }
    std::int64_t objects = 0, missing = 0, changed = 0, broken = 0, unread = 0;
    for (const Item& item : items_.items()) {
        objects += item.objects;
        missing += item.state == ItemState::Missing;
        changed += item.state == ItemState::Changed;
        broken += item.state == ItemState::Broken;
        unread += item.state == ItemState::Unread;
    }
    project_->set_title(session.name());
    QString text = tr("%1 images, %2 labelled, %3 objects")
                       .arg(number(static_cast<std::int64_t>(items_.size())), number(items_.labelled()),
                            number(objects));
    text += "\n" + QDir::toNativeSeparators(session.folder());
    project_->set_text(text);
    QStringList words;
    if (missing)
        words
            << tr("%1 not where they were. Put them back, or add them from their new place: labels follow by "
                  "content.")
                   .arg(number(missing));
    if (changed)
        words << tr("%1 changed since they were labelled. Choose them in the table to say that the labels "
                    "still fit.")
                     .arg(number(changed));
    if (broken)
        words << tr("%1 cannot be read; the table says why when you point at them.").arg(number(broken));
    attention_->setVisible(!words.isEmpty());
    attention_->set_title(tr("%1 files need a look").arg(number(missing + changed + broken)));
    attention_->set_text(words.join('\n'));
    report_->setVisible(!actions_.last_summary().isEmpty());
    report_->set_title(tr("Last brought in"));
    report_->set_text(actions_.last_summary());
    skipped_->setVisible(!actions_.skipped().empty());
}

void DataSources::refresh_recent() {
    while (QLayoutItem* old = recent_->takeAt(0)) {
        delete old->widget();
        delete old;
    }
    int shown = 0;
    for (const QString& folder : context_.session.recent()) {
        if (folder == context_.session.folder())
            continue;
        QPushButton* button =
            link_button(QFileInfo(folder).fileName(), QStringLiteral("data.recent.%1").arg(shown), this);
        button->setToolTip(folder);
        connect(button, &QPushButton::clicked, this, [this, folder] { actions_.open_project(folder); });
        recent_->addWidget(button);
        if (++shown == 6)
            break;
    }
    recent_header_->setVisible(shown > 0);
}

void DataSources::show_skipped() {
    SkippedDialog(context_.theme, actions_.last_summary(), actions_.skipped(), this).exec();
}

DataTable::DataTable(WorkbenchContext& context, ItemListModel& items, ProjectActions& actions,
                     QWidget* parent)
    : QWidget(parent)
    , context_(context)
    , items_(items)
    , actions_(actions)
    , pages_(new QStackedWidget(this))
    , table_(new QTableView)
    , filter_(new QLineEdit) {
    setObjectName(QStringLiteral("data.middle"));
    const Theme& theme = context_.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(pages_);

    const auto trigger = [this](const char* id) {
        return [this, id] { context_.actions.trigger(QString::fromLatin1(id)); };
    };
    no_project_ =
        drop_area(theme, tr("Drop a folder of images here"),
                  tr("PNG, JPEG and TIFF, of any size, number of channels and bit depth. Or look around in "
                     "the sample project first: five minutes through all stages, no data needed."),
                  QStringLiteral("data.no-project"));
    no_project_->add_action(tr("Open a folder of images…"), QStringLiteral("data.open-images"),
                            trigger("project.open-images"));
    no_project_->add_action(tr("Open the sample project"), QStringLiteral("data.open-sample"),
                            trigger("project.sample"), false);
    no_project_->add_action(tr("Open a project…"), QStringLiteral("data.open-project"),
                            trigger("project.open"), false);
    pages_->addWidget(no_project_);

    no_images_ =
        drop_area(theme, tr("Drop images or folders here"),
                  tr("They stay where they are; the project only notes what they are. Labels can be brought "
                     "in afterwards: mask images, or COCO."),
                  QStringLiteral("data.no-images"));
    no_images_->add_action(tr("Add a folder…"), QStringLiteral("data.first-folder"),
                           trigger("data.add-folder"));
    no_images_->add_action(tr("Add images…"), QStringLiteral("data.first-images"), trigger("data.add-files"),
                           false);
    pages_->addWidget(no_images_);

    auto* page = new QWidget;
    page->setProperty("kind", "surface");
    page->setAttribute(Qt::WA_StyledBackground);
    auto* inner = new QVBoxLayout(page);
    inner->setContentsMargins(0, 0, 0, 0);
    inner->setSpacing(0);
    auto* top = new QHBoxLayout;
    top->setContentsMargins(12, 6, 12, 6);
    top->setSpacing(12);
    header_ = new SectionHeader(theme, tr("Images"));
    top->addWidget(header_, 1);
    filter_->setObjectName(QStringLiteral("data.filter"));
    filter_->setAccessibleName(tr("Filter the images by name, group or class"));
    filter_->setPlaceholderText(tr("Filter…"));
    filter_->setClearButtonEnabled(true);
    filter_->setFixedWidth(220);
    top->addWidget(filter_);
    inner->addLayout(top);
    table_->setObjectName(QStringLiteral("data.table"));
    table_->setAccessibleName(tr("Images"));
    table_->setModel(&items_);
    table_->setItemDelegate(new TableDelegate(theme, table_));
    table_->setShowGrid(false);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
    table_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    table_->setContextMenuPolicy(Qt::CustomContextMenu);
    table_->setWordWrap(false);
    table_->setFrameShape(QFrame::NoFrame);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table_->verticalHeader()->setDefaultSectionSize(36);
    table_->horizontalHeader()->setHighlightSections(false);
    table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Interactive);
    table_->horizontalHeader()->setSectionResizeMode(ItemListModel::Name, QHeaderView::Stretch);
    table_->horizontalHeader()->setMinimumSectionSize(60);
    const std::pair<int, int> widths[] = {{ItemListModel::Size, 110},    {ItemListModel::Channels, 80},
                                          {ItemListModel::State, 130},   {ItemListModel::Objects, 72},
                                          {ItemListModel::Classes, 120}, {ItemListModel::Group, 120},
                                          {ItemListModel::Split, 90}};
    for (const auto& [section, width] : widths)
        table_->setColumnWidth(section, width);
    inner->addWidget(table_, 1);
    pages_->addWidget(page);

    connect(filter_, &QLineEdit::textChanged, this,
            [this](const QString& text) { items_.set_filter(text.trimmed()); });
    connect(&items_, &ItemListModel::arranged_anew, this, [this] {
        if (filter_->text().trimmed() != items_.filter())
            filter_->setText(items_.filter());
        refresh();
    });
    connect(table_, &QTableView::customContextMenuRequested, this, &DataTable::show_menu);
    connect(table_, &QTableView::activated, this,
            [this] { context_.actions.trigger(ActionRegistry::stage_action(Stage::Label)); });
    connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &DataTable::take_selection);
    connect(&items_, &QAbstractItemModel::modelAboutToBeReset, this, [this] { showing_ = true; });
    connect(&items_, &QAbstractItemModel::modelReset, this, [this] {
        showing_ = false;
        show_selection();
    });
    connect(&items_, &ItemListModel::loaded, this, &DataTable::refresh);
    connect(&context_.selection, &Selection::items_changed, this, &DataTable::show_selection);
    connect(&context_.session, &ProjectSession::opened, this, &DataTable::refresh);
    connect(&context_.session, &ProjectSession::closed, this, &DataTable::refresh);
    connect(&context_.theme, &Theme::changed, this, [this] { table_->viewport()->update(); });
    refresh();
    show_selection();
}

void DataTable::refresh() {
    pages_->setCurrentIndex(!context_.session.is_open() ? 0 : items_.size() == 0 ? 1 : 2);
    const auto all = static_cast<std::int64_t>(items_.size());
    const std::int64_t shown = items_.rowCount();
    header_->set_note(shown == all ? tr("%1 of %2 labelled").arg(number(items_.labelled()), number(all))
                                   : tr("%1 of %2 shown").arg(number(shown), number(all)));
}

void DataTable::show_selection() {
    if (showing_)
        return;
    showing_ = true;
    QItemSelection chosen;
    for (ItemId id : context_.selection.items())
        if (const int row = items_.row(id); row >= 0)
            chosen.select(items_.index(row, 0), items_.index(row, ItemListModel::ColumnCount - 1));
    table_->selectionModel()->clearSelection(); // in two steps, as ItemBrowser does
    table_->selectionModel()->select(chosen, QItemSelectionModel::Select);
    if (const int row = items_.row(context_.selection.item()); row >= 0) {
        table_->selectionModel()->setCurrentIndex(items_.index(row, 0), QItemSelectionModel::NoUpdate);
        table_->scrollTo(items_.index(row, 0));
    }
    showing_ = false;
}

void DataTable::take_selection() {
    if (showing_)
        return;
    showing_ = true;
    std::vector<ItemId> ids;
    for (const QModelIndex& index : table_->selectionModel()->selectedRows())
        ids.push_back(items_.id(index.row()));
    const ItemId current = items_.id(table_->currentIndex().row());
    context_.selection.set_items(std::move(ids), current);
    showing_ = false;
}

void DataTable::show_menu(const QPoint& position) {
    const std::vector<ItemId> ids = context_.selection.items();
    if (ids.empty())
        return;
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("data.menu"));
    // Of many images at once these take longer than a frame.
    const auto job = [this](const QString& title, auto work) {
        return [this, title, work] {
            if (context_.session.is_open())
                context_.session.run(title, [work](Project& project, JobContext&) { work(project); });
        };
    };
    menu->addAction(tr("Label"), this,
                    [this] { context_.actions.trigger(ActionRegistry::stage_action(Stage::Label)); });
    menu->addSeparator();
    for (const char* id : {"review.submit", "review.accept", "review.send-back", "review.take-back"})
        if (QAction* action = context_.actions.find(QString::fromLatin1(id)))
            menu->addAction(action);
    menu->addSeparator();
    menu->addAction(tr("Set group…"), this, [this, ids, job] {
        bool accepted = false;
        const QString group = QInputDialog::getText(
            this, tr("Set group"),
            tr("Group of %n image(s) (empty: each on its own):", nullptr, static_cast<int>(ids.size())),
            QLineEdit::Normal, {}, &accepted);
        if (accepted && context_.session.is_open())
            job(tr("Setting the group"), [ids, name = group.trimmed().toStdString()](Project& project) {
                project.items().set_group(ids, name);
            })();
    });
    QMenu* use = menu->addMenu(tr("Use for"));
    const std::pair<QString, std::string> uses[] = {
        {tr("Training"), "train"}, {tr("Validation"), "val"}, {tr("Test"), "test"}, {tr("Nothing"), ""}};
    for (const auto& [title, split] : uses)
        use->addAction(title, this, job(tr("Changing the split"), [ids, split = split](Project& project) {
                           project.splits().assign(ids, split);
                       }));
    const auto complete = [ids](bool is) {
        return [ids, is](Project& project) {
            project.history().together(is ? "mark as complete" : "mark as incomplete", [&] {
                for (const ItemId id : ids)
                    project.items().set_complete(id, is);
            });
        };
    };
    menu->addAction(tr("All of it is labelled: the rest is background"), this,
                    job(tr("Marking as complete"), complete(true)));
    menu->addAction(tr("Only partly labelled: the rest does not count"), this,
                    job(tr("Marking as incomplete"), complete(false)));
    const Item* first = items_.item(ids.front());
    if (first && first->state == ItemState::Changed)
        menu->addAction(tr("The changed file still fits its labels"), this,
                        job(tr("Keeping the labels"), [ids](Project& project) {
                            for (const ItemId id : ids)
                                project.items().accept_change(id);
                        }));
    menu->addSeparator();
    if (first)
        menu->addAction(tr("Show the file's folder"), this, [path = first->path] {
            QDesktopServices::openUrl(
                QUrl::fromLocalFile(QString::fromStdString(path.parent_path().string())));
        });
    menu->addAction(tr("Remove from the project"), this, [this] { actions_.remove_selected(); });
    menu->popup(table_->viewport()->mapToGlobal(position));
}

} // namespace eyepiece
