// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/explore_panel.h"

#include "plugins/explore/panels/data_section.h"
#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/exploration_keeper.h"
#include "plugins/explore/panels/explore_middle.h"
#include "plugins/explore/panels/explore_views.h"
#include "plugins/explore/panels/findings_section.h"
#include "plugins/explore/panels/item_link.h"
#include "plugins/explore/panels/kept_models.h"
#include "plugins/explore/panels/label_walk.h"
#include "plugins/explore/panels/making_card.h"
#include "plugins/explore/panels/models_section.h"
#include "plugins/explore/panels/row_pictures.h"
#include "plugins/explore/panels/scatter_pane.h"
#include "plugins/explore/panels/selection_edits.h"
#include "plugins/explore/panels/selection_menu.h"
#include "plugins/explore/panels/selection_section.h"
#include "plugins/explore/panels/step_runner.h"
#include "plugins/explore/panels/steps_section.h"
#include "plugins/explore/panels/table_maker.h"
#include "plugins/explore/panels/table_opener.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/table/column_summary.h"
#include "widgets/table/table_view.h"
#include "widgets/theme/theme.h"

#include <QPointer>
#include <QVBoxLayout>

namespace eyepiece {

namespace {

// What the three columns share. The window may take the columns down in any order, so it belongs to all
// three: the last one to go takes it along.
struct Shared {
    explicit Shared(WorkbenchContext& context)
        : opener(context)
        , maker(context, exploration)
        , runner(context, exploration)
        , link(context, exploration)
        , edits(context, exploration, link, maker)
        , keeper(context, exploration, opener) {}
    Exploration exploration;
    TableOpener opener;
    TableMaker maker;
    StepRunner runner;
    ItemLink link;
    SelectionEdits edits;
    ExplorationKeeper keeper;
};

class Holder : public QWidget {
public:
    explicit Holder(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    ~Holder() override { qDeleteAll(findChildren<QWidget*>(Qt::FindDirectChildrenOnly)); }

private:
    std::shared_ptr<Shared> shared_;
};

} // namespace

PanelWidgets make_explore_panel(WorkbenchContext& context) {
    auto shared = std::make_shared<Shared>(context);
    auto* left = new Holder(shared);
    auto* middle = new Holder(shared);
    auto* right = new Holder(shared);

    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(Theme::space(3), Theme::space(3), Theme::space(3), Theme::space(3));
    column->setSpacing(Theme::space(4));
    auto* data = new DataSection(context, shared->exploration, shared->opener, shared->maker, left);
    auto* steps = new StepsSection(context, shared->exploration, shared->runner, left);
    column->addWidget(data);
    column->addWidget(steps);
    auto* models = new ModelsSection(context, shared->exploration, left);
    column->addWidget(models);
    column->addStretch();

    auto* points = new ExploreMiddle(context, shared->exploration, shared->keeper, shared->opener,
                                     shared->runner, middle);
    auto* whole = new QVBoxLayout(middle);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(points);

    auto* menu = new SelectionMenu(context, shared->edits, points);
    points->setContextMenuPolicy(Qt::CustomContextMenu); // of the views and the table alike
    QObject::connect(points, &QWidget::customContextMenuRequested, menu,
                     [points, menu](const QPoint& at) { menu->popup(points->mapToGlobal(at)); });
    auto* selection = new SelectionSection(context, shared->exploration, *menu, right);
    auto* side = new QVBoxLayout(right);
    side->setContentsMargins(0, 0, 0, 0);
    side->addWidget(selection);

    auto* pictures = new RowPictures(context, shared->link, points->views().scatter().view(), points);
    LabelWalk& walk = selection->findings().walk();
    walk.set_pictures([pictures = QPointer(pictures)](std::size_t row) {
        return pictures ? pictures->picture(row) : QPixmap();
    });
    QObject::connect(pictures, &RowPictures::pictures_changed, &walk, &LabelWalk::refresh);

    ExplorationKeeper* keeper = &shared->keeper;
    QObject::connect(data, &DataSection::open_asked, points, &ExploreMiddle::ask_file);
    QObject::connect(points, &ExploreMiddle::table_asked, data,
                     [data](const QString& from) { data->making().choose(from.toStdString()); });
    QObject::connect(data, &DataSection::read_again_asked, keeper, &ExplorationKeeper::open_again);
    QObject::connect(&shared->maker, &TableMaker::made, keeper, &ExplorationKeeper::open_made);
    QObject::connect(data, &DataSection::recent_chosen, keeper, &ExplorationKeeper::open_recent);
    const auto show_recent = [data, keeper] { data->set_recent(keeper->recent()); };
    QObject::connect(keeper, &ExplorationKeeper::recent_changed, data, show_recent);
    QObject::connect(&shared->exploration, &Exploration::adopted, data, show_recent);
    QObject::connect(steps, &StepsSection::other_table_asked, points, &ExploreMiddle::ask_other_file);
    QObject::connect(steps, &StepsSection::show_asked, &points->views().scatter(), &ScatterPane::show_map);
    QObject::connect(&points->views().scatter(), &ScatterPane::shown_step_changed, steps,
                     &StepsSection::set_shown);
    const auto offer_models = [steps, keeper] { steps->set_models(keeper->models()); };
    QObject::connect(keeper, &ExplorationKeeper::models_changed, steps, offer_models);
    QObject::connect(
        &models->kept(), &KeptModels::apply_asked, keeper,
        [keeper](const KeptModel& model, const QString& file) { keeper->open_to_predict(file, model); });
    QObject::connect(keeper, &ExplorationKeeper::prediction_added, &shared->runner, &StepRunner::run);
    QObject::connect(models, &ModelsSection::column_chosen, &selection->column(),
                     &ColumnSummary::show_column);
    QObject::connect(&points->table(), &TableView::current_column_changed, &selection->column(),
                     &ColumnSummary::show_column);
    // Without a table there is nothing to say of a selection, but the column comes as soon as there is one.
    return {left, middle, right};
}

} // namespace eyepiece
