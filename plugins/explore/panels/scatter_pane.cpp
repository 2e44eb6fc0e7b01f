// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/scatter_pane.h"

#include "core/base/error.h"
#include "plugins/explore/panels/color_choice.h"
#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/saving.h"
#include "plugins/explore/panels/step_runner.h"
#include "widgets/plots/plot_data.h"
#include "widgets/plots/scatter_export.h"
#include "widgets/plots/scatter_legend.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/table/column_list_model.h"
#include "widgets/theme/controls.h"

#include <QAction>
#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace eyepiece {

namespace {

constexpr int none = -1; // of a box: no column
constexpr std::size_t described = 6;
constexpr double turn_a_px = 0.008; // radians
constexpr int rest_ms = 120;

QComboBox* column_box(const char* name, const QString& accessible, const QString& help, QWidget* parent) {
    auto* box = new QComboBox(parent);
    box->setObjectName(QString::fromLatin1(name));
    box->setAccessibleName(accessible);
    box->setToolTip(help);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(8);
    return box;
}

} // namespace

ScatterPane::ScatterPane(WorkbenchContext& context, Exploration& exploration, StepRunner& runner,
                         const ColorChoice& color, QWidget* parent)
    : ViewPane(parent)
    , context_(context)
    , exploration_(exploration)
    , runner_(runner)
    , view_(new ScatterView(context.theme, exploration.selection(), this))
    , color_(color) {
    setObjectName(QStringLiteral("explore.scatter"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* bar = new QWidget(this);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(Theme::space(3), Theme::space(1), Theme::space(2), Theme::space(1));
    row->setSpacing(Theme::space(1));
    map_ = column_box("scatter.map", tr("What the points are placed by"), tr("A map, or columns"), bar);
    x_ = column_box("scatter.x", tr("Across"), tr("Column along the horizontal axis"), bar);
    y_ = column_box("scatter.y", tr("Up"), tr("Column along the vertical axis"), bar);
    z_ = column_box("scatter.z", tr("Deep"), tr("Column along the third axis"), bar);
    size_ = column_box("scatter.size", tr("Size"), tr("Column that gives the points their size"), bar);
    for (QComboBox* box : {x_, y_, z_, size_})
        box->setModel(new ColumnListModel(box));
    for (QComboBox* box : {map_, size_})
        row->addWidget(box, 2);
    row->addStretch(1);
    const auto tool = [&](const char* id, const QString& title, const QString& help, const char* icon,
                          int key, std::function<void()> handler, bool checkable) {
        ActionSpec spec{QString::fromLatin1(id),
                        title,
                        help,
                        QString::fromLatin1(icon),
                        QKeySequence(key),
                        Stage::Explore,
                        std::move(handler)};
        spec.checkable = checkable;
        QToolButton* button = action_button(context_.actions.add(std::move(spec), this), bar);
        button->setObjectName(QString::fromLatin1(id));
        row->addWidget(button);
        return button;
    };
    lasso_ = tool(
        "explore.lasso", tr("Lasso"), tr("Draw around points to select them; Shift adds, Alt takes away"),
        "lasso", Qt::Key_L, [this] { view_->set_drag(ScatterView::Drag::Lasso); }, true);
    pan_ = tool(
        "explore.pan", tr("Move the view"),
        tr("Drag moves the view, in 3D it turns it; the middle button moves it"), "hand", Qt::Key_H,
        [this] { view_->set_drag(ScatterView::Drag::Pan); }, true);
    tool(
        "explore.fit", tr("Show all points"), {}, "zoom-fit", Qt::Key_0, [this] { view_->fit(); }, false);
    density_ = tool(
        "explore.density", tr("Density"), tr("Show how many points lie where"), "heat", Qt::Key_D,
        [this] {
            view_->set_density(!view_->density());
            context_.actions.find(QStringLiteral("explore.density"))->setChecked(view_->density());
            remember();
        },
        true);
    column->addWidget(bar);
    axes_ = new QWidget(this);
    auto* axes = new QHBoxLayout(axes_);
    axes->setContentsMargins(Theme::space(3), 0, Theme::space(2), Theme::space(1));
    axes->setSpacing(Theme::space(2));
    third_ = new QWidget(axes_);
    auto* third = new QHBoxLayout(third_);
    third->setContentsMargins(0, 0, 0, 0);
    third->setSpacing(Theme::space(2));
    for (QComboBox* box : {x_, y_, z_}) {
        auto* words = text_label(theme, box->accessibleName(), Token::Muted, axes_);
        words->setWordWrap(false);
        words->setBuddy(box);
        QHBoxLayout* row = box == z_ ? third : axes;
        row->addWidget(words);
        row->addWidget(box, 2);
    }
    axes->addWidget(third_, 2);
    third_->hide();
    axes->addStretch(1);
    column->addWidget(axes_);
    column->addWidget(view_, 1);
    title_ = text_label(theme, {}, Token::Text, view_);
    title_->setObjectName(QStringLiteral("scatter.title"));
    title_->setWordWrap(false);
    title_->setAttribute(Qt::WA_TransparentForMouseEvents);
    title_->move(14, 8);
    empty_ = text_label(theme, {}, Token::Muted, this);
    empty_->setObjectName(QStringLiteral("scatter.empty"));
    empty_->setAlignment(Qt::AlignCenter);
    empty_->setMargin(Theme::space(6));
    empty_->hide();
    column->addWidget(empty_, 1);
    view_->set_describe([this](std::size_t row) { return describe(row); });

    const auto show_drag = [this] {
        const bool lasso = view_->drag() == ScatterView::Drag::Lasso;
        context_.actions.find(QStringLiteral("explore.lasso"))->setChecked(lasso);
        context_.actions.find(QStringLiteral("explore.pan"))->setChecked(!lasso);
    };
    connect(view_, &ScatterView::drag_changed, this, show_drag);
    for (const char* id :
         {"explore.lasso", "explore.pan"}) // a click on the one that is on must not put it off
        connect(context_.actions.find(QString::fromLatin1(id)), &QAction::triggered, this, show_drag);
    show_drag();
    connect(view_, &ScatterView::failed, this,
            [this](const QString& message) { context_.notices.show(Notice::Kind::Bad, message); });
    for (LatestWork* work : {&points_, &sizes_})
        connect(work, &LatestWork::failed, this,
                [this](const QString& message) { context_.notices.show(Notice::Kind::Bad, message); });
    connect(map_, &QComboBox::currentIndexChanged, this, [this] {
        if (!filling_)
            show_map(map_->currentData().toInt());
    });
    for (QComboBox* box : {x_, y_, z_})
        connect(box, &QComboBox::currentIndexChanged, this, [this] {
            if (!filling_) {
                show_points();
                remember();
            }
        });
    connect(view_, &ScatterView::turned, this, [this](const QPointF& delta) {
        if (!space_)
            return;
        turn_ = turn_.turned(delta.x() * turn_a_px, -delta.y() * turn_a_px);
        // Of very many points a sample follows the hand, and all are there as soon as it rests.
        view_->set_points_from(
            [space = space_, turn = turn_] { return space->seen(turn, ScatterSpace::most_while_turning); });
        turned_->start();
    });
    turned_ = new QTimer(this);
    turned_->setSingleShot(true);
    turned_->setInterval(rest_ms);
    connect(turned_, &QTimer::timeout, this, &ScatterPane::show_space);
    connect(&color_, &ColorChoice::column_changed, this, &ScatterPane::show_title);
    connect(size_, &QComboBox::currentIndexChanged, this, [this] {
        if (!filling_) {
            show_sizes();
            remember();
        }
    });
    connect(&exploration_, &Exploration::adopted, this, &ScatterPane::adopt);
    connect(&exploration_, &Exploration::closed, this, &ScatterPane::adopt);
    connect(&exploration_, &Exploration::table_changed, this, [this] {
        fill_boxes();
        show_points();
        show_sizes();
    });
    connect(&exploration_, &Exploration::steps_changed, this, [this] {
        if (step_ != 0 && !exploration_.step(step_))
            show_map(0);
        else
            fill_boxes();
    });
    connect(&runner_, &StepRunner::live, this,
            [this](int id, const std::shared_ptr<const StepOutcome>& points) {
                live_ = points;
                if (step_ != id) {
                    step_ = id; // what one has just started is what one wants to see
                    Q_EMIT shown_step_changed(id);
                    remember();
                    fill_boxes();
                }
                show_points();
            });
    connect(&runner_, &StepRunner::changed, this, [this](int id) {
        if (id != step_ || runner_.running(id))
            return;
        live_.reset(); // it has ended: what is kept counts
        if (const ExplorationStep* step = exploration_.step(id); step && step->outcome)
            show_points();
        else
            show_map(0);
    });
    connect(&exploration_, &Exploration::step_changed, this, [this](int id) {
        const ExplorationStep* step = exploration_.step(id);
        if (step && step->kind == StepKind::Reduce && step->outcome && step_ == 0 &&
            !runner_.problem(id).size() && runner_.running(id))
            show_map(id); // the first picture of a step that sent nothing on its way
    });
}

ScatterPane::~ScatterPane() = default;

void ScatterPane::adopt() {
    live_.reset();
    shown_.reset();
    space_.reset();
    turn_ = ScatterTurn::at_first();
    points_.drop();
    view_->set_points(nullptr);
    show_problem({});
    const Json look = exploration_.record().look;
    step_ = look.value("map", 0);
    const ExplorationStep* step = exploration_.step(step_);
    if (!step || !step->outcome)
        step_ = 0;
    view_->set_density(look.value("density", false));
    context_.actions.find(QStringLiteral("explore.density"))->setChecked(view_->density());
    filling_ = true;
    map_->clear();
    for (QComboBox* box : {x_, y_, z_, size_})
        static_cast<ColumnListModel*>(box->model())->clear();
    filling_ = false;
    title_->clear();
    Q_EMIT shown_step_changed(step_);
}

void ScatterPane::fill_boxes() {
    if (!exploration_.is_open())
        return;
    filling_ = true;
    const Table& table = *exploration_.table();
    const Json look = exploration_.record().look;
    map_->clear();
    map_->addItem(solid_ ? tr("Three columns") : tr("Two columns"), 0);
    for (const ExplorationStep& step : exploration_.record().steps)
        if (step.kind == StepKind::Reduce && (step.outcome || (live_ && step.id == step_)))
            map_->addItem(QString::fromStdString(exploration_.distinct_title(step)), step.id);
    map_->setCurrentIndex(std::max(0, map_->findData(step_)));
    // Names are remembered, not places: columns come and go with the steps.
    const auto fill = [&](QComboBox* box, const QString& no_column, const char* remembered, int at_first,
                          const std::function<bool(std::size_t)>& fits) {
        QString before = box->currentText();
        if (before.isEmpty() && look.contains(remembered) && look[remembered].is_string())
            before = QString::fromStdString(look[remembered].get<std::string>());
        static_cast<ColumnListModel*>(box->model())->set_table(exploration_.table(), no_column, fits);
        const int found = before.isEmpty() ? -1 : box->findText(before);
        box->setCurrentIndex(found >= 0 ? found : std::min(at_first, box->count() - 1));
    };
    const auto can_place = [&](std::size_t at) { return has_values(table.type(at)); };
    // The rows' features at first: ids, and what else is said of a row, show little.
    const auto feature = [&](int nth) {
        int entry = 0, features = 0;
        for (std::size_t at = 0; at < table.columns(); ++at) {
            if (!can_place(at))
                continue;
            if (table.role(at) == ColumnRole::Feature && table.type(at) != ColumnType::Categorical &&
                features++ == nth)
                return entry;
            ++entry;
        }
        return nth;
    };
    fill(x_, {}, "x", feature(0), can_place);
    fill(y_, {}, "y", feature(1), can_place);
    fill(z_, {}, "z", feature(2), can_place);
    fill(size_, tr("One size"), "size", 0, [&](std::size_t at) {
        return table.type(at) != ColumnType::Text && table.type(at) != ColumnType::Categorical;
    });
    axes_->setVisible(step_ == 0);
    filling_ = false;
    show_title();
}

void ScatterPane::show_map(int step) {
    if (step != step_) {
        step_ = step;
        if (!runner_.running(step))
            live_.reset();
        Q_EMIT shown_step_changed(step_);
        remember();
    }
    fill_boxes();
    show_points();
}

void ScatterPane::show_points() {
    if (!exploration_.is_open())
        return;
    show_title();
    const ExplorationStep* step = exploration_.step(step_);
    if (const std::shared_ptr<const StepOutcome> outcome = live_ ? live_ : step ? step->outcome : nullptr) {
        if (shown_ == outcome)
            return;
        shown_ = outcome;
        if (!solid_) {
            if (auto points = exploration_.map(*outcome)) {
                show_problem({});
                view_->set_points(std::move(points));
            }
            return;
        }
        points_.start([this, outcome, rows = exploration_.record().rows,
                       title = map_->currentText().toStdString()](LatestWork::Stop) {
            auto axes = Exploration::axes(*outcome, rows);
            auto space = axes.size() < 3
                             ? nullptr
                             : ScatterSpace::build(std::move(axes[0]), std::move(axes[1]), std::move(axes[2]),
                                                   {title + " 1", title + " 2", title + " 3"}, true);
            return LatestWork::Finish([this, outcome, space] {
                if (shown_ == outcome)
                    adopt_space(space);
            });
        });
        return;
    }
    show_columns();
}

void ScatterPane::show_columns() {
    const auto chosen = [](const QComboBox* box) { return box->count() ? box->currentData().toInt() : none; };
    std::vector<int> places{chosen(x_), chosen(y_)};
    if (solid_)
        places.push_back(chosen(z_));
    if (std::any_of(places.begin(), places.end(), [](int place) { return place < 0; }))
        return;
    points_.start([this, table = exploration_.table(), places, solid = solid_](LatestWork::Stop stop) {
        auto columns = read_plot_data(table, {places.begin(), places.end()}, stop)->columns;
        if (columns.size() != places.size()) // told to stop
            return LatestWork::Finish([] {});
        const auto fresh = [this, table, solid] {
            return table == exploration_.table() && step_ == 0 && solid == solid_;
        };
        if (solid) {
            auto space = ScatterSpace::build(
                std::move(columns[0].values), std::move(columns[1].values), std::move(columns[2].values),
                {columns[0].name.toStdString(), columns[1].name.toStdString(), columns[2].name.toStdString()},
                false);
            return LatestWork::Finish([this, fresh, space] {
                if (!fresh())
                    return;
                shown_ = space;
                adopt_space(space);
            });
        }
        auto points = std::make_shared<ScatterPoints>();
        points->x = std::move(columns[0].values);
        points->y = std::move(columns[1].values);
        points->x_title = columns[0].name.toStdString();
        points->y_title = columns[1].name.toStdString();
        points->equal_axes = false;
        return LatestWork::Finish([this, fresh, points] {
            if (!fresh())
                return;
            shown_ = points;
            show_problem({});
            view_->set_points(points);
        });
    });
}

void ScatterPane::adopt_space(std::shared_ptr<const ScatterSpace> space) {
    if (!space || space->empty()) {
        space_.reset();
        view_->set_points(nullptr);
        return show_problem(space ? tr("No row has a value in all three columns. Choose others above.")
                                  : tr("This map has fewer than three dimensions. Run its step again with "
                                       "3 dimensions, or choose three columns above."));
    }
    space_ = std::move(space);
    show_problem({});
    show_space();
}

void ScatterPane::show_space() {
    turned_->stop();
    if (space_)
        view_->set_points_from([space = space_, turn = turn_] { return space->seen(turn); });
}

void ScatterPane::show_problem(const QString& problem) {
    empty_->setText(problem);
    empty_->setVisible(!problem.isEmpty());
    view_->setVisible(problem.isEmpty());
}

void ScatterPane::set_solid(bool solid) {
    if (solid_ == solid)
        return;
    solid_ = solid;
    third_->setVisible(solid);
    view_->set_drag(solid ? ScatterView::Drag::Pan
                          : ScatterView::Drag::Lasso); // a space is there to be turned
    shown_.reset();
    space_.reset();
    show_problem({});
    fill_boxes();
    show_points();
}

void ScatterPane::set_coloring(std::shared_ptr<const ScatterColoring> coloring) {
    view_->set_coloring(std::move(coloring));
}

ScatterLegend* ScatterPane::legend() const {
    return view_->legend();
}

void ScatterPane::set_active(bool active) {
    for (const char* id : {"explore.lasso", "explore.pan", "explore.fit", "explore.density"})
        context_.actions.find(QString::fromLatin1(id))->setEnabled(active);
}

void ScatterPane::show_sizes() {
    const int at = size_->count() ? size_->currentData().toInt() : none;
    if (at < 0 || !exploration_.is_open()) {
        sizes_.drop();
        return view_->set_sizes(nullptr);
    }
    sizes_.start([this, table = exploration_.table(), at](LatestWork::Stop) {
        auto sizes = std::make_shared<const std::vector<std::uint8_t>>(
            scatter_sizes(table->column(static_cast<std::size_t>(at))));
        return LatestWork::Finish([this, table, sizes] {
            if (table == exploration_.table())
                view_->set_sizes(sizes);
        });
    });
}

void ScatterPane::show_title() {
    const QString by = color_.column() ? tr(", coloured by %1").arg(color_.currentText()) : QString();
    title_->setText(
        step_ != 0 ? map_->currentText() + by
        : solid_   ? tr("%1, %2 and %3%4").arg(x_->currentText(), y_->currentText(), z_->currentText(), by)
                   : tr("%1 against %2%3").arg(y_->currentText(), x_->currentText(), by));
    title_->adjustSize();
}

void ScatterPane::remember() {
    Json look{{"map", step_}, {"density", view_->density()}};
    for (const auto& [name, box] :
         {std::pair<const char*, QComboBox*>{"x", x_}, {"y", y_}, {"z", z_}, {"size", size_}})
        if (box->count() > 0)
            look[name] = box->currentText().toStdString();
    exploration_.update_look(look);
}

QString ScatterPane::describe(std::size_t row) const {
    const Table& table = *exploration_.table();
    if (row >= table.rows())
        return {};
    QStringList lines{table.row_names() ? QString::fromStdString(table.row_names()->shown(row))
                                        : tr("Row %1").arg(row + 1)};
    // What it is coloured by first, then the first columns of the table.
    std::vector<std::size_t> columns;
    if (const auto color = color_.column())
        columns.push_back(*color);
    for (std::size_t at = 0; at < table.dense().size() && columns.size() < described; ++at)
        if (columns.empty() || columns.front() != at)
            columns.push_back(at);
    for (const std::size_t at : columns) {
        if (at >= table.columns())
            continue;
        const std::string value =
            at < table.dense().size()
                ? table.dense()[at].shown(row)
                : QString::number(static_cast<double>(table.sparse()->at(row, at - table.dense().size())),
                                  'g', 5)
                      .toStdString();
        lines << QString::fromStdString(table.name(at) + ": " + (value.empty() ? "–" : value));
    }
    return lines.join('\n');
}

bool ScatterPane::can_save() const {
    return view_->points() != nullptr;
}

// What the points were placed by: not where a space that is turned shows them.
void ScatterPane::add_places(Table& table) const {
    const ScatterPoints* points = view_->points();
    if (!solid_) {
        table.add(Column::reals(points->x_title.empty() ? "x1" : points->x_title, points->x));
        table.add(Column::reals(points->y_title.empty() ? "x2" : points->y_title, points->y));
        return;
    }
    const ExplorationStep* step = exploration_.step(step_);
    if (const std::shared_ptr<const StepOutcome> outcome = live_ ? live_ : step ? step->outcome : nullptr) {
        auto axes = Exploration::axes(*outcome, exploration_.record().rows);
        for (std::size_t axis = 0; axis < axes.size(); ++axis)
            table.add(Column::reals("x" + std::to_string(axis + 1), std::move(axes[axis])));
        return;
    }
    for (const QComboBox* box : {x_, y_, z_})
        table.add(exploration_.table()->column(static_cast<std::size_t>(box->currentData().toInt())));
}

void ScatterPane::save(const QString& file) {
    if (QFileInfo(file).suffix().toLower() == QLatin1String("csv")) {
        Table table;
        if (const auto& names = exploration_.table()->row_names())
            table.set_row_names(*names);
        add_places(table);
        if (const auto color = color_.column())
            table.add(exploration_.table()->column(*color));
        std::vector<std::uint32_t> rows(table.rows());
        std::iota(rows.begin(), rows.end(), 0u);
        save_rows_as_csv(this, file, std::make_shared<const Table>(std::move(table)), std::move(rows),
                         context_.notices);
        return;
    }
    save_in_background(
        this, file,
        [file, page = scatter_page(*view_, context_.theme, title_->text())](JobContext&) {
            return save_plot(file, page)
                       ? tr("The points are a picture in it: there are too many for shapes.")
                       : QString();
        },
        context_.notices);
}

} // namespace eyepiece
