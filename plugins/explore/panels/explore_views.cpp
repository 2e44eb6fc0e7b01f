// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/explore_views.h"

#include "plugins/explore/panels/color_choice.h"
#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/plot_panes.h"
#include "plugins/explore/panels/saving.h"
#include "plugins/explore/panels/scatter_pane.h"
#include "widgets/plots/scatter_legend.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QAction>
#include <QActionGroup>
#include <QHBoxLayout>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace eyepiece {

namespace {
constexpr char space_key[] = "space";
} // namespace

ExploreViews::ExploreViews(WorkbenchContext& context, Exploration& exploration, StepRunner& runner,
                           QWidget* parent)
    : QWidget(parent)
    , context_(context)
    , exploration_(exploration)
    , color_(new ColorChoice(context, exploration, this))
    , pages_(new QStackedWidget(this))
    , scatter_(new ScatterPane(context, exploration, runner, *color_, pages_)) {
    setObjectName(QStringLiteral("explore.views"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(Theme::space(3), Theme::space(1), Theme::space(2), 0);
    row->setSpacing(2);

    auto* group = new QActionGroup(this);
    const auto button = [&](QAction* action) {
        group->addAction(action);
        QToolButton* made = action_button(action, this);
        made->setToolButtonStyle(Qt::ToolButtonTextOnly);
        made->setObjectName(action->objectName());
        row->addWidget(made);
    };
    button(add_view("scatter", tr("Scatter"), tr("Points in a plane: a map, or two columns"), scatter_));
    button(add_view(space_key, tr("3D"),
                    tr("Points in a space that a drag turns: a map of three dimensions, or "
                       "three columns"),
                    scatter_));
    button(add_view("matrix", tr("Matrix"), tr("Columns against each other, two by two"),
                    matrix_pane(context, exploration, *color_, pages_)));
    button(add_view("heat-map", tr("Heat map"), tr("Rows over columns as colours"),
                    heat_map_pane(context, exploration, *color_, pages_)));
    button(add_view("parallel", tr("Parallel"), tr("Each column an axis, each row a line over all of them"),
                    parallel_pane(context, exploration, *color_, pages_)));
    button(add_view("distributions", tr("Distributions"),
                    tr("How the values of columns are spread, by group"),
                    distributions_pane(context, exploration, *color_, pages_)));
    row->addStretch(1);
    auto* words = text_label(context.theme, color_->accessibleName(), Token::Muted, this);
    words->setWordWrap(false);
    words->setBuddy(color_);
    row->addWidget(words);
    row->addSpacing(Theme::space(1));
    row->addWidget(color_);
    QAction* save = context_.actions.add({.id = "explore.save-plot",
                                          .title = tr("Save the plot…"),
                                          .help = tr("As SVG, PDF, PNG, or its data as CSV"),
                                          .icon = "download",
                                          .stage = Stage::Explore,
                                          .handler = [this] { ask_save(); }},
                                         this);
    QToolButton* save_button = action_button(save, this);
    save_button->setObjectName(QStringLiteral("explore.save-plot"));
    row->addWidget(save_button);
    column->addLayout(row);
    column->addWidget(pages_, 1);

    // The scatter comes last: it keeps what is hidden where the groups are the same, and tells the others.
    connect(color_, &ColorChoice::coloring_changed, this,
            [this](const std::shared_ptr<const ScatterColoring>& coloring) {
                for (ViewPane* pane : panes_)
                    if (pane != scatter_)
                        pane->set_coloring(coloring);
                scatter_->set_coloring(coloring);
            });
    for (ViewPane* one : panes_)
        connect(one->legend(), &ScatterLegend::hidden_changed, this, [this, one] {
            for (ViewPane* other : panes_)
                for (int code = 0; code < 256; ++code)
                    other->legend()->set_code_hidden(
                        static_cast<std::uint8_t>(code),
                        one->legend()->is_hidden(static_cast<std::uint8_t>(code)));
        });
    const auto show_remembered = [this] {
        show_view(exploration_.record().look.value("view", std::string("scatter")));
    };
    connect(&exploration_, &Exploration::adopted, this, show_remembered);
    show_remembered();
}

QAction* ExploreViews::add_view(const char* key, const QString& title, const QString& help, ViewPane* pane) {
    const QString id = QStringLiteral("explore.view.%1").arg(QString::fromLatin1(key));
    QAction* action = context_.actions.add({.id = id,
                                            .title = title,
                                            .help = help,
                                            .icon = "chart",
                                            .stage = Stage::Explore,
                                            .handler =
                                                [this, key = std::string(key)] {
                                                    show_view(key);
                                                    if (exploration_.is_open())
                                                        exploration_.update_look({{"view", key}});
                                                },
                                            .checkable = true},
                                           this);
    action->setObjectName(id);
    if (std::find(panes_.begin(), panes_.end(), pane) == panes_.end()) {
        panes_.push_back(pane);
        pages_->addWidget(pane);
    }
    views_.push_back({key, pane, action});
    return action;
}

void ExploreViews::show_view(const std::string& key) {
    auto found =
        std::find_if(views_.begin(), views_.end(), [&](const View& view) { return view.key == key; });
    if (found == views_.end())
        found = views_.begin();
    view_ = found->key;
    found->action->setChecked(true);
    pages_->setCurrentWidget(found->pane);
    scatter_->set_active(found->pane == scatter_);
    if (found->pane == scatter_)
        scatter_->set_solid(view_ == space_key);
}

void ExploreViews::ask_save() {
    const auto* pane = static_cast<const ViewPane*>(pages_->currentWidget());
    if (!pane->can_save())
        return context_.notices.show(Notice::Kind::Look,
                                     tr("There is nothing to save yet: the plot is empty."));
    const QString file =
        ask_where_to_save(this, tr("Save the plot"), exploration_, QStringLiteral(".png"),
                          tr("Picture (*.png);;Drawing (*.svg);;Page (*.pdf);;Its data (*.csv)"));
    if (!file.isEmpty())
        save(file);
}

void ExploreViews::save(const QString& file) {
    auto* pane = static_cast<ViewPane*>(pages_->currentWidget());
    if (pane->can_save())
        pane->save(file);
}

} // namespace eyepiece
