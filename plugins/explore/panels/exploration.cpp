// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/exploration.h"

#include "core/base/error.h"
#include "widgets/shell/copy_command.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace eyepiece {

namespace {

constexpr std::size_t most_axes = 10; // of an outcome that become columns
constexpr std::size_t most_shown_axes = 3;
constexpr std::size_t most_classes = 50; // whose probabilities become columns
constexpr int seed = 1;                  // the same picture every time

Column corrected(const Column& column, const ColumnCorrection& correction) {
    Column result = column;
    if (correction.categorical.value_or(false) && column.type() != ColumnType::Categorical)
        result = column.as_categorical();
    if (correction.categorical && !*correction.categorical && column.type() == ColumnType::Categorical) {
        TextValues texts;
        Column::Missing missing(column.size(), false);
        for (std::size_t row = 0; row < column.size(); ++row) {
            missing[row] = column.missing(row);
            texts.push_back(column.shown(row));
        }
        result = Column::text(column.name(), std::move(texts), std::move(missing));
    }
    return result.with_role(correction.role.value_or(column.role()));
}

// Which row of the table each row of an outcome is; empty when they are the same.
std::vector<std::size_t> kept_rows(const Json& head) {
    return head.contains("kept_rows") && head["kept_rows"].is_array()
               ? head["kept_rows"].get<std::vector<std::size_t>>()
               : std::vector<std::size_t>();
}

// Calls put(row of the table, row of the outcome).
template<class Put>
void for_rows(const StepOutcome& outcome, std::size_t rows, const Put& put) {
    const auto kept = kept_rows(outcome.head);
    const auto count = outcome.head.value("rows", std::size_t{0});
    for (std::size_t at = 0; at < count; ++at) {
        const std::size_t row = kept.empty() ? at : at < kept.size() ? kept[at] : rows;
        if (row < rows)
            put(row, at);
    }
}

bool fits(const StepOutcome& outcome, std::size_t rows) {
    const auto kept = kept_rows(outcome.head);
    const auto count = outcome.head.value("rows", std::size_t{0});
    if (kept.empty())
        return count <= rows;
    return kept.size() >= count &&
           std::all_of(kept.begin(), kept.end(), [&](std::size_t row) { return row < rows; });
}

// The class that is likeliest, and how likely each is; or the value.
void add_predictions(Table& table, const ExplorationStep& step) {
    const StepOutcome& outcome = *step.outcome;
    Column::Categories names;
    const Json classes = outcome.head.value("classes", Json::array());
    for (const Json& one : classes)
        names.push_back(one.value("name", std::string()));
    const std::size_t width = std::max<std::size_t>(1, names.size());
    if (!names.empty()) {
        std::vector<std::int32_t> codes(table.rows(), -1);
        for_rows(outcome, table.rows(), [&](std::size_t row, std::size_t at) {
            const auto own = outcome.points.begin() + static_cast<std::ptrdiff_t>(at * width);
            codes[row] = static_cast<std::int32_t>(
                std::max_element(own, own + static_cast<std::ptrdiff_t>(width)) - own);
        });
        table.add(Column::categorical(step.title, std::move(codes), names).with_role(ColumnRole::Annotation));
    }
    for (std::size_t at = 0; at < std::min(width, most_classes); ++at) {
        std::vector<float> values(table.rows(), std::numeric_limits<float>::quiet_NaN());
        for_rows(outcome, table.rows(), [&](std::size_t row, std::size_t place) {
            values[row] = outcome.points[place * width + at];
        });
        table.add(Column::reals(names.empty() ? step.title : step.title + ": " + names[at], std::move(values))
                      .with_role(ColumnRole::Annotation));
    }
}

void add_outcome(Table& table, const ExplorationStep& step) {
    const StepOutcome& outcome = *step.outcome;
    const std::string& title = step.title;
    if (step.kind == StepKind::Cluster) {
        std::vector<std::int32_t> codes(table.rows(), -1);
        std::int32_t most = -1;
        for_rows(outcome, table.rows(), [&](std::size_t row, std::size_t at) {
            codes[row] = outcome.labels[at];
            most = std::max(most, codes[row]);
        });
        Column::Categories names;
        for (std::int32_t at = 0; at <= most; ++at)
            names.push_back("cluster " + std::to_string(at + 1));
        table.add(Column::categorical(title + " cluster", std::move(codes), std::move(names))
                      .with_role(ColumnRole::Annotation));
        return;
    }
    if (step.kind == StepKind::Predict)
        return add_predictions(table, step);
    const auto dimensions = outcome.head.value("dimensions", std::size_t{0});
    for (std::size_t axis = 0; axis < std::min(dimensions, most_axes); ++axis) {
        std::vector<float> values(table.rows(), std::numeric_limits<float>::quiet_NaN());
        for_rows(outcome, table.rows(), [&](std::size_t row, std::size_t at) {
            values[row] = outcome.points[at * dimensions + axis];
        });
        table.add(Column::reals(title + " " + std::to_string(axis + 1), std::move(values))
                      .with_role(ColumnRole::Annotation));
    }
}

Table whole_table(const Table& file, const ExplorationRecord& record) {
    std::vector<Column> columns;
    const TableLabels labels = labels_of(record.decisions);
    for (const Column& as_read : file.dense()) {
        const auto of_rows = labels.find(as_read.name());
        const Column column = of_rows == labels.end() ? as_read : relabelled(as_read, of_rows->second);
        const auto found = record.corrections.find(column.name());
        columns.push_back(found == record.corrections.end() ? column : corrected(column, found->second));
    }
    Table table(std::move(columns));
    for (const ExplorationStep& step : record.steps)
        if (step.outcome)
            add_outcome(table, step);
    if (!record.classes.empty() && record.class_of_row && record.class_of_row->size() == file.rows())
        table.add(Column::categorical("class", *record.class_of_row, record.classes)
                      .with_role(ColumnRole::Annotation));
    if (file.sparse())
        table.set_sparse(file.shared_sparse(), file.sparse_names());
    if (file.row_names())
        table.set_row_names(*file.row_names());
    return table;
}

} // namespace

Exploration::Exploration(QObject* parent) : QObject(parent) {
    connect(&building_, &LatestWork::failed, this, &Exploration::failed);
}

Exploration::~Exploration() = default;

void Exploration::adopt(std::shared_ptr<const OpenedTable> opened, ExplorationRecord record) {
    opened_ = std::move(opened);
    record_ = std::move(record);
    // What was said of other rows or columns says nothing of these.
    if (record_.rows != opened_->table.rows() || record_.columns != opened_->table.columns())
        record_.answers.clear();
    record_.rows = opened_->table.rows();
    record_.columns = opened_->table.columns();
    // Outcomes of a file that has other rows by now say nothing of them.
    for (ExplorationStep& step : record_.steps)
        if (step.outcome && !fits(*step.outcome, record_.rows))
            step.outcome.reset();
    std::erase_if(record_.decisions, [this](const LabelDecision& one) {
        const auto place = opened_->table.find(one.column);
        return one.row >= record_.rows || !place || *place >= opened_->table.dense().size();
    });
    if (record_.class_of_row && record_.class_of_row->size() != record_.rows) {
        record_.classes.clear();
        record_.class_of_row.reset();
    }
    table_ = std::make_shared<const Table>();
    selection_.reset(record_.rows);
    Q_EMIT adopted();
    rebuild();
}

void Exploration::close() {
    building_.drop();
    opened_.reset();
    record_ = {};
    table_ = std::make_shared<const Table>();
    selection_.reset(0);
    Q_EMIT closed();
}

void Exploration::rebuild() {
    building_.start([this, opened = opened_, record = record_](LatestWork::Stop) {
        auto table = std::make_shared<const Table>(whole_table(opened->table, record));
        return LatestWork::Finish([this, opened, table] {
            if (opened != opened_)
                return;
            table_ = table;
            Q_EMIT table_changed();
        });
    });
}

bool Exploration::correctable(const std::string& column) const {
    if (!opened_)
        return false;
    const auto found = opened_->table.find(column);
    return found && *found < opened_->table.dense().size();
}

void Exploration::correct(const std::string& column, const ColumnCorrection& correction) {
    if (!correctable(column) || record_.corrections[column] == correction)
        return;
    record_.corrections[column] = correction;
    rebuild();
    Q_EMIT steps_changed(); // what they are done to is no longer the same
    Q_EMIT record_changed();
}

ExplorationStep* Exploration::find(int id) {
    const auto found = std::find_if(record_.steps.begin(), record_.steps.end(),
                                    [&](const ExplorationStep& step) { return step.id == id; });
    return found == record_.steps.end() ? nullptr : &*found;
}

const ExplorationStep* Exploration::step(int id) const {
    return const_cast<Exploration*>(this)->find(id);
}

int Exploration::add_step(StepKind kind, const std::string& name, const std::string& title, const Json& set) {
    ExplorationStep step;
    for (const ExplorationStep& other : record_.steps)
        step.id = std::max(step.id, other.id);
    ++step.id;
    step.kind = kind;
    step.name = name;
    step.title = title;
    step.set = set;
    // Preparing comes before what it prepares for.
    auto place = record_.steps.end();
    if (kind == StepKind::Prepare)
        place = std::find_if(record_.steps.begin(), record_.steps.end(),
                             [](const ExplorationStep& other) { return other.kind != StepKind::Prepare; });
    record_.steps.insert(place, step);
    Q_EMIT steps_changed();
    Q_EMIT record_changed();
    return step.id;
}

void Exploration::remove_step(int id) {
    const ExplorationStep* gone = step(id);
    if (!gone)
        return;
    const bool had_outcome = gone->outcome != nullptr;
    std::erase_if(record_.steps, [&](const ExplorationStep& one) { return one.id == id; });
    Q_EMIT steps_changed();
    if (had_outcome)
        rebuild();
    Q_EMIT record_changed();
}

void Exploration::move_step(int id, int by) {
    const ExplorationStep* moved = step(id);
    if (!moved)
        return;
    const auto from = moved - record_.steps.data();
    const auto to = from + by;
    if (to < 0 || to >= static_cast<std::ptrdiff_t>(record_.steps.size()))
        return;
    std::swap(record_.steps[static_cast<std::size_t>(from)], record_.steps[static_cast<std::size_t>(to)]);
    Q_EMIT steps_changed();
    Q_EMIT record_changed();
}

void Exploration::set_settings(int id, const Json& set) {
    ExplorationStep* changed = find(id);
    if (!changed || changed->set == set)
        return;
    changed->set = set;
    for (const ExplorationStep& each : record_.steps) // a preparing step makes all below it out of date
        Q_EMIT step_changed(each.id);
    Q_EMIT record_changed();
}

void Exploration::set_target(int id, const std::string& column) {
    ExplorationStep* changed = find(id);
    if (!changed || changed->target == column)
        return;
    changed->target = column;
    Q_EMIT step_changed(id);
    Q_EMIT record_changed();
}

void Exploration::set_outcome(int id, std::shared_ptr<StepOutcome> outcome) {
    ExplorationStep* done = find(id);
    if (!done)
        return;
    // A name that no earlier outcome had: a file is never written over.
    int number = 1;
    if (done->outcome)
        number = std::atoi(done->outcome->file.substr(done->outcome->file.rfind('-') + 1).c_str()) + 1;
    const char* what = done->kind == StepKind::Reduce    ? "points-"
                       : done->kind == StepKind::Cluster ? "labels-"
                                                         : "predictions-";
    outcome->file = what + std::to_string(id) + "-" + std::to_string(number) + ".npy";
    done->outcome = std::move(outcome);
    rebuild();
    Q_EMIT step_changed(id);
    Q_EMIT record_changed();
}

bool Exploration::up_to_date(int id) const {
    const ExplorationStep* one = step(id);
    return one && one->outcome && one->outcome->spec == spec(id);
}

bool Exploration::heeds(const ExplorationStep& of_step, const std::string& column) const {
    if (of_step.target == column || of_step.kind == StepKind::Predict)
        return true;
    const bool prepared = std::any_of(record_.steps.begin(), record_.steps.end(), [](const auto& one) {
        return one.kind == StepKind::Prepare; // which may make numbers of it
    });
    const auto place = opened_->table.find(column);
    return place && opened_->table.role(*place) == ColumnRole::Feature &&
           (prepared || opened_->table.column(*place).numeric());
}

Json Exploration::asked_of_table(bool categories, int before) const {
    Json input = {{"path", record_.source.path}};
    if (record_.source.format != "auto")
        input["format"] = record_.source.format;
    if (!record_.source.set.empty())
        input["set"] = record_.source.set;
    TableLabels labels = labels_of(record_.decisions);
    if (const ExplorationStep* of_step = step(before); of_step && opened_) // a map of other columns stays
        std::erase_if(labels, [&](const auto& entry) { return !heeds(*of_step, entry.first); });
    if (!labels.empty())
        input["relabel"] = to_json(labels);
    // Only where the user took something out or put it in: the engine knows a table's features itself.
    if (!record_.corrections.empty() && opened_) {
        std::vector<std::string> features;
        for (std::size_t at = 0; at < opened_->table.columns(); ++at) {
            const std::string& name = opened_->table.name(at);
            const auto found = record_.corrections.find(name);
            const ColumnCorrection* correction =
                found == record_.corrections.end() ? nullptr : &found->second;
            const ColumnRole role =
                correction && correction->role ? *correction->role : opened_->table.role(at);
            const bool categorical = correction && correction->categorical && *correction->categorical;
            if (role == ColumnRole::Feature && (categories || !categorical))
                features.push_back(name);
        }
        input["columns"] = features;
    }
    Json steps = Json::array();
    for (const ExplorationStep& one : record_.steps) {
        if (one.id == before)
            break;
        if (one.kind == StepKind::Prepare)
            steps.push_back({{"name", one.name}, {"set", one.set}});
    }
    return {{"input", input}, {"steps", steps}, {"seed", seed}};
}

Json Exploration::table_spec() const {
    return asked_of_table(true, 0);
}

Json Exploration::spec(int id) const {
    Json spec = asked_of_table(false, id);
    const ExplorationStep* one = step(id);
    if (one && one->kind == StepKind::Predict) { // which columns, and how prepared: the model knows
        spec["input"].erase("columns");
        return {{"input", spec["input"]}, {"model", one->set.value("model", std::string())}};
    }
    if (one) {
        spec["method"] = one->name;
        spec["set"] = one->set;
        if (!one->target.empty())
            spec["target"] = one->target;
    }
    return spec;
}

QStringList Exploration::table_words(const QString& verb, const Json& spec) const {
    QStringList words{verb, QString::fromStdString(record_.source.path)};
    const Json& input = spec["input"];
    if (input.contains("format")) {
        words << QStringLiteral("--format") << QString::fromStdString(input["format"].get<std::string>());
        const Json set = input.value("set", Json::object());
        for (const QString& text : settings_text(set))
            words << QStringLiteral("--read") << text;
    }
    if (input.contains("columns")) {
        QStringList names;
        for (const Json& name : input["columns"])
            names << QString::fromStdString(name.get<std::string>());
        words << QStringLiteral("--columns") << names.join(',');
    }
    const Json relabel = input.value("relabel", Json::object());
    for (const auto& [column, list] : relabel.items())
        for (const Json& one : list)
            words << QStringLiteral("--relabel")
                  << QString::fromStdString(column + ":" + std::to_string(one["row"].get<std::size_t>() + 1) +
                                            "=" + one["label"].get<std::string>());
    const Json steps = spec.value("steps", Json::array());
    for (const Json& step : steps) {
        QStringList parts{QString::fromStdString(step["name"].get<std::string>())};
        parts << settings_text(step["set"]);
        words << QStringLiteral("--step") << parts.join(':');
    }
    return words << QStringLiteral("--seed") << QString::number(seed);
}

QStringList Exploration::command(int id) const {
    const ExplorationStep* one = step(id);
    if (!one || !opened_)
        return {};
    const std::string stem = std::filesystem::path(record_.source.path).stem().string();
    if (one->kind == StepKind::Predict) {
        const Json asked = spec(id);
        return table_words(QStringLiteral("apply"), asked)
               << QStringLiteral("--model") << QString::fromStdString(asked["model"].get<std::string>())
               << QStringLiteral("--out") << QString::fromStdString(stem + "-predicted.csv");
    }
    QStringList words = table_words(
        one->kind != StepKind::Cluster ? QStringLiteral("embed") : QStringLiteral("cluster"), spec(id));
    words.insert(2, QStringLiteral("--method"));
    words.insert(3, QString::fromStdString(one->name));
    if (!one->target.empty())
        words << QStringLiteral("--target") << QString::fromStdString(one->target);
    words << setting_words(one->set) << QStringLiteral("--out")
          << QString::fromStdString(stem + "-" + one->name + ".csv");
    return words;
}

std::string Exploration::distinct_title(const ExplorationStep& step) const {
    std::size_t number = 0, alike = 0;
    for (std::size_t at = 0; at < record_.steps.size(); ++at) {
        alike += record_.steps[at].title == step.title;
        if (record_.steps[at].id == step.id)
            number = at + 1;
    }
    return alike > 1 ? step.title + " (step " + std::to_string(number) + ")" : step.title;
}

std::shared_ptr<const ScatterPoints> Exploration::map(const StepOutcome& outcome) const {
    auto places = axes(outcome, record_.rows);
    if (places.empty())
        return nullptr;
    auto points = std::make_shared<ScatterPoints>();
    points->x = std::move(places[0]);
    if (places.size() > 1) {
        points->y = std::move(places[1]);
    } else { // along a line
        points->y = points->x;
        for (float& value : points->y)
            value = std::isnan(value) ? value : 0.f;
    }
    return points;
}

std::vector<std::vector<float>> Exploration::axes(const StepOutcome& outcome, std::size_t rows) {
    const auto dimensions = outcome.head.value("dimensions", std::size_t{0});
    const auto count = outcome.head.value("rows", std::size_t{0});
    if (dimensions == 0 || count == 0 || outcome.points.size() < count * dimensions)
        return {};
    std::vector<std::vector<float>> found(std::min(dimensions, most_shown_axes),
                                          std::vector<float>(rows, std::numeric_limits<float>::quiet_NaN()));
    for_rows(outcome, rows, [&](std::size_t row, std::size_t at) {
        for (std::size_t axis = 0; axis < found.size(); ++axis)
            found[axis][row] = outcome.points[at * dimensions + axis];
    });
    return found;
}

void Exploration::name_rows(const std::string& name, const std::vector<std::size_t>& rows) {
    if (!opened_ || rows.empty())
        return;
    auto classes = record_.class_of_row ? *record_.class_of_row : std::vector<std::int32_t>(record_.rows, -1);
    std::int32_t code = -1;
    if (!name.empty()) {
        const auto found = std::find(record_.classes.begin(), record_.classes.end(), name);
        code = static_cast<std::int32_t>(found - record_.classes.begin());
        if (found == record_.classes.end())
            record_.classes.push_back(name);
    }
    for (const std::size_t row : rows)
        if (row < classes.size())
            classes[row] = code;
    record_.class_of_row = std::make_shared<const std::vector<std::int32_t>>(std::move(classes));
    ++record_.class_revision;
    rebuild();
    Q_EMIT record_changed();
}

void Exploration::set_answer(const std::string& question, std::shared_ptr<const TableAnswer> answer) {
    if (answer ? !opened_ : record_.answers.erase(question) == 0)
        return;
    if (answer)
        record_.answers[question] = std::move(answer);
    Q_EMIT record_changed();
}

void Exploration::decide_label(const LabelDecision& decision) {
    if (!opened_)
        return;
    record_.decisions.push_back(decision);
    if (decision.before != decision.after) {
        rebuild();
        Q_EMIT steps_changed(); // what they are done to is no longer the same
    }
    Q_EMIT record_changed();
}

std::optional<LabelDecision> Exploration::undo_label() {
    if (record_.decisions.empty())
        return std::nullopt;
    const LabelDecision last = record_.decisions.back();
    record_.decisions.pop_back();
    if (last.before != last.after) {
        rebuild();
        Q_EMIT steps_changed();
    }
    Q_EMIT record_changed();
    return last;
}

void Exploration::keep_model(const KeptModel& model) {
    if (!opened_)
        return;
    record_.models.push_back(model);
    Q_EMIT models_changed();
    Q_EMIT record_changed();
}

void Exploration::forget_model(const std::filesystem::path& path) {
    if (std::erase_if(record_.models, [&](const KeptModel& one) { return one.path == path; }) == 0)
        return;
    Q_EMIT models_changed();
    Q_EMIT record_changed();
}

void Exploration::update_look(const Json& members) {
    Json look = record_.look;
    look.update(members);
    if (record_.look == look)
        return;
    record_.look = std::move(look);
    Q_EMIT record_changed();
}

} // namespace eyepiece
