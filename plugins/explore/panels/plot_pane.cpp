// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/plot_pane.h"

#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/saving.h"
#include "widgets/plots/table_plot.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/table/column_chooser.h"
#include "widgets/theme/controls.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QVBoxLayout>
#include <algorithm>

namespace eyepiece {

PlotPane::PlotPane(WorkbenchContext& context, Exploration& exploration, const ColorChoice& color,
                   const char* key, const QString& title, TablePlot* plot, const Columns& columns,
                   QWidget* parent)
    : ViewPane(parent)
    , context_(context)
    , exploration_(exploration)
    , color_(color)
    , key_(key)
    , title_(title)
    , plot_(plot)
    , columns_(columns)
    , chooser_(new ColumnChooser(context.theme, columns.most, this)) {
    setObjectName(QStringLiteral("explore.%1").arg(QString::fromLatin1(key)));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* bar = new QWidget(this);
    bar_ = new QHBoxLayout(bar);
    bar_->setContentsMargins(Theme::space(3), Theme::space(1), Theme::space(2), Theme::space(1));
    bar_->setSpacing(Theme::space(2));
    bar_->addWidget(chooser_);
    bar_->addStretch(1);
    column->addWidget(bar);
    column->addWidget(plot_, 1);
    connect(chooser_, &ColumnChooser::chosen_changed, this, [this] { choose(chooser_->chosen()); });
    connect(plot_, &TablePlot::failed, this,
            [this](const QString& message) { context_.notices.show(Notice::Kind::Bad, message); });
    connect(&color_, &ColorChoice::column_changed, this, &PlotPane::show_columns);
    connect(&exploration_, &Exploration::adopted, this, &PlotPane::adopt);
    connect(&exploration_, &Exploration::closed, this, &PlotPane::adopt);
    connect(&exploration_, &Exploration::table_changed, this, &PlotPane::fill);
}

PlotPane::~PlotPane() = default;

Json PlotPane::kept() const {
    const Json& look = exploration_.record().look;
    const Json views = look.value("views", Json::object());
    return views.is_object() ? views.value(key_, Json::object()) : Json::object();
}

void PlotPane::add_setting(const char* key, const QString& title, const QString& help, const Words& words,
                           std::function<void(const std::string&)> chosen) {
    auto* box = new QComboBox(this);
    box->setObjectName(QString::fromStdString(key_ + "." + key));
    box->setAccessibleName(title);
    box->setToolTip(help);
    for (const auto& [word, shown] : words)
        box->addItem(shown, QString::fromLatin1(word));
    bar_->insertWidget(bar_->count() - 1, box);
    settings_.push_back({key, box});
    connect(box, &QComboBox::currentIndexChanged, this, [this, box, chosen = std::move(chosen)] {
        chosen(box->currentData().toString().toStdString());
        if (!filling_)
            remember();
    });
}

void PlotPane::adopt() {
    plot_->set_columns(nullptr, {});
    names_.clear();
    const Json look = kept();
    if (look.contains("columns") && look["columns"].is_array())
        for (const Json& name : look["columns"])
            if (name.is_string())
                names_.push_back(name.get<std::string>());
    filling_ = true;
    for (const Setting& setting : settings_)
        setting.box->setCurrentIndex(std::max(
            0, setting.box->findData(QString::fromStdString(look.value(setting.key, std::string())))));
    filling_ = false;
}

// What the file holds as numbers; of wide counts first what steps made of them.
std::vector<std::size_t> PlotPane::first_columns(const std::vector<std::size_t>& offered) const {
    const Table& table = *exploration_.table();
    const auto rank = [&](std::size_t place) {
        const ColumnType type = table.type(place);
        const bool number = type == ColumnType::Real || type == ColumnType::Integer;
        if (place >= table.dense().size())
            return 2;
        return number ? (table.role(place) == ColumnRole::Feature ? 0 : 1) : 3;
    };
    std::vector<std::size_t> wanted;
    for (int now = 0; now <= 3; ++now)
        for (const std::size_t place : offered)
            if (wanted.size() < columns_.at_first && rank(place) == now)
                wanted.push_back(place);
    return wanted;
}

void PlotPane::fill() {
    const auto& table = exploration_.table();
    std::vector<std::size_t> offered;
    for (std::size_t place = 0; place < table->columns(); ++place) {
        const ColumnType type = table->type(place);
        if (has_values(type) && !(columns_.numbers_only && type == ColumnType::Categorical))
            offered.push_back(place);
    }
    std::vector<std::size_t> chosen;
    for (const std::string& name : names_)
        if (const auto place = table->find(name);
            place && std::find(offered.begin(), offered.end(), *place) != offered.end())
            chosen.push_back(*place);
    if (chosen.empty())
        chosen = first_columns(offered);
    chooser_->set_table(table, offered);
    chooser_->set_chosen(chosen);
    show_columns();
}

void PlotPane::show_columns() {
    if (!exploration_.is_open())
        return;
    plot_->set_title(color_.column() ? tr("%1, coloured by %2").arg(title_, color_.currentText()) : title_);
    plot_->set_columns(exploration_.table(), chooser_->chosen());
}

void PlotPane::choose(const std::vector<std::size_t>& places) {
    names_.clear();
    for (const std::size_t place : places)
        names_.push_back(exploration_.table()->name(place));
    if (places != chooser_->chosen())
        chooser_->set_chosen(places);
    show_columns();
    remember();
}

void PlotPane::remember() {
    Json mine = Json::object();
    if (!names_.empty())
        mine["columns"] = names_;
    for (const Setting& setting : settings_)
        mine[setting.key] = setting.box->currentData().toString().toStdString();
    Json views = exploration_.record().look.value("views", Json::object());
    if (!views.is_object())
        views = Json::object();
    views[key_] = std::move(mine);
    exploration_.update_look({{"views", std::move(views)}});
}

void PlotPane::set_coloring(std::shared_ptr<const ScatterColoring> coloring) {
    plot_->set_coloring(std::move(coloring));
}

ScatterLegend* PlotPane::legend() const {
    return plot_->legend();
}

bool PlotPane::can_save() const {
    return plot_->data() && plot_->problem().isEmpty();
}

void PlotPane::save(const QString& file) {
    if (QFileInfo(file).suffix().toLower() == QLatin1String("csv")) {
        std::vector<std::size_t> places = plot_->data()->places;
        if (const auto color = color_.column();
            color && std::find(places.begin(), places.end(), *color) == places.end())
            places.push_back(*color);
        save_rows_as_csv(this, file, std::make_shared<const Table>(plot_->data()->table->select(places)),
                         plot_->shown_rows(), context_.notices);
        return;
    }
    save_in_background(
        this, file,
        [file, page = plot_->page()](JobContext&) {
            return save_plot(file, page) ? tr("The rows are a picture in it: there are too many for shapes.")
                                         : QString();
        },
        context_.notices);
}

} // namespace eyepiece
