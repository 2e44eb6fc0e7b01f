// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/exploration_record.h"

#include "core/base/error.h"
#include "core/formats/table_reader.h"
#include "core/project/exploration_file.h"
#include "core/project/runs.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <set>

namespace eyepiece {

namespace {

namespace fs = std::filesystem;

// NumPy's format 1.0: a header padded to 64 bytes, then the values as they lie in memory.
template<class Value>
std::string npy(const char* type, const std::vector<Value>& values, std::size_t columns) {
    static_assert(std::endian::native == std::endian::little, "the header says little-endian");
    const std::string shape = columns == 0
                                  ? std::to_string(values.size()) + ","
                                  : std::to_string(values.size() / columns) + ", " + std::to_string(columns);
    std::string head =
        std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
    head.append(63 - (10 + head.size()) % 64, ' ');
    head.push_back('\n');
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes.push_back(static_cast<char>(head.size() & 0xff));
    bytes.push_back(static_cast<char>(head.size() >> 8));
    bytes += head;
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value));
    return bytes;
}

// Row after row, whatever type the file has.
template<class Value>
std::vector<Value> read_npy(const fs::path& file) {
    const Table table = open_table(file).table;
    std::vector<Value> values(table.rows() * table.columns());
    std::vector<double> column(table.rows());
    for (std::size_t at = 0; at < table.columns(); ++at) {
        table.column(at).numbers(0, column);
        for (std::size_t row = 0; row < column.size(); ++row)
            values[row * table.columns() + at] = static_cast<Value>(column[row]);
    }
    return values;
}

StepKind kind_from(const std::string& name) {
    for (const StepKind kind : {StepKind::Prepare, StepKind::Reduce, StepKind::Cluster, StepKind::Predict})
        if (name == to_string(kind))
            return kind;
    throw Error(ErrorCode::BadInput, "The exploration has a step of an unknown kind, \"" + name + "\".");
}

// A step's model may lie beside another exploration: what lies in the project goes where it goes.
Json with_model(Json set, const std::function<fs::path(const fs::path&)>& place) {
    if (const auto model = set.find("model"); model != set.end() && model->is_string())
        *model = place(model->get<std::string>()).string();
    return set;
}

fs::path within(const fs::path& explorations, const fs::path& folder, const fs::path& file) {
    const fs::path below = file.lexically_relative(explorations);
    return below.empty() || *below.begin() == ".." ? file : file.lexically_relative(folder);
}

std::vector<KeptModel> models_from(const Json& json, const fs::path& folder) {
    std::vector<KeptModel> models;
    const Json kept = json.value("models", Json::array()); // not in those of before
    for (const Json& one : kept)
        models.push_back({.path = folder / fs::path(one.at("file").get<std::string>()).filename(),
                          .name = one.at("name").get<std::string>(),
                          .title = one.at("title").get<std::string>(),
                          .target = one.at("target").get<std::string>(),
                          .rows = one.value("rows", std::size_t{0}),
                          .columns = one.value("columns", std::size_t{0})});
    return models;
}

Json to_json(const ExplorationRecord& record, const fs::path& folder) {
    Json steps = Json::array();
    for (const ExplorationStep& step : record.steps) {
        Json one = {{"id", step.id},
                    {"kind", to_string(step.kind)},
                    {"name", step.name},
                    {"title", step.title},
                    {"set", step.set}};
        if (step.kind == StepKind::Predict)
            one["set"] = with_model(
                step.set, [&](const fs::path& file) { return within(folder.parent_path(), folder, file); });
        if (!step.target.empty())
            one["target"] = step.target;
        if (step.outcome)
            one["outcome"] = {
                {"head", step.outcome->head}, {"spec", step.outcome->spec}, {"file", step.outcome->file}};
        steps.push_back(std::move(one));
    }
    Json columns = Json::object();
    for (const auto& [name, correction] : record.corrections) {
        Json one = Json::object();
        if (correction.role)
            one["role"] = to_string(*correction.role);
        if (correction.categorical)
            one["categorical"] = *correction.categorical;
        columns[name] = one;
    }
    Json input{{"path", record.source.path}, {"format", record.source.format}, {"set", record.source.set}};
    if (!record.source.made.is_null())
        input["made"] = record.source.made;
    Json answers = Json::object();
    for (const auto& [question, one] : record.answers)
        answers[question] = {{"spec", one->spec}, {"answer", one->answer}};
    Json models = Json::array();
    for (const KeptModel& model : record.models)
        models.push_back({{"file", model.path.filename().string()},
                          {"name", model.name},
                          {"title", model.title},
                          {"target", model.target},
                          {"rows", model.rows},
                          {"columns", model.columns}});
    return {{"version", exploration_version},
            {"input", input},
            {"rows", record.rows},
            {"columns", record.columns},
            {"corrections", columns},
            {"steps", steps},
            {"classes", record.classes},
            {"class_revision", record.class_revision},
            {"answers", answers},
            {"models", models},
            {"decisions", eyepiece::to_json(record.decisions)},
            {"look", record.look}};
}

TableSource source_from(const Json& json) {
    const Json input = json.at("input");
    return {input.at("path").get<std::string>(), input.value("format", std::string("auto")),
            input.value("set", Json::object()), input.value("made", Json())};
}

std::string class_file(int revision) {
    return "classes-" + std::to_string(revision) + ".npy";
}

} // namespace

std::string_view to_string(StepKind kind) {
    return kind == StepKind::Prepare   ? "prepare"
           : kind == StepKind::Reduce  ? "reduce"
           : kind == StepKind::Cluster ? "cluster"
                                       : "predict";
}

ExplorationStore::ExplorationStore(fs::path project_folder)
    : folder_(std::move(project_folder) / "explorations") {}

std::vector<ExplorationStore::Entry> ExplorationStore::all() const {
    std::vector<Entry> entries;
    std::error_code problem;
    for (const auto& place : fs::directory_iterator(folder_, problem)) {
        const fs::path file = place.path() / exploration_file_name;
        if (!fs::exists(file, problem))
            continue;
        try {
            const Json json = read_json_file(file);
            Entry entry;
            entry.id = place.path().filename().string();
            entry.source = source_from(json);
            entry.rows = json.value("rows", std::size_t{0});
            entry.columns = json.value("columns", std::size_t{0});
            entry.steps = json.value("steps", Json::array()).size();
            entry.models = models_from(json, place.path());
            entry.changed = fs::last_write_time(file);
            entries.push_back(std::move(entry));
        } catch (
            const std::exception&) { // a damaged one is not offered; its files stay for whoever repairs it
        }
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return a.changed != b.changed ? a.changed > b.changed : a.id > b.id;
    });
    return entries;
}

std::string ExplorationStore::new_id(const std::string& path) const {
    int number = 0;
    std::error_code problem;
    for (const auto& place : fs::directory_iterator(folder_, problem))
        number = std::max(number, std::atoi(place.path().filename().c_str()));
    std::string slug;
    for (const char c : fs::path(path).stem().string())
        if (slug.size() < 24)
            slug.push_back(std::isalnum(static_cast<unsigned char>(c)) ? static_cast<char>(std::tolower(c))
                                                                       : '-');
    char digits[16];
    std::snprintf(digits, sizeof digits, "%04d", number + 1);
    return std::string(digits) + "-" + slug;
}

ExplorationRecord ExplorationStore::read(const std::string& id) const {
    const fs::path folder = folder_ / id;
    const Json json = read_exploration_file(folder);
    try {
        ExplorationRecord record;
        record.id = id;
        record.source = source_from(json);
        if (!record.source.made.is_null()) // goes where the project goes
            record.source.path = (folder / fs::path(record.source.path).filename()).string();
        record.rows = json.value("rows", std::size_t{0});
        record.columns = json.value("columns", std::size_t{0});
        record.look = json.value("look", Json::object());
        const Json answers = json.value("answers", Json::object()); // not in those of before
        for (const auto& [question, one] : answers.items())
            record.answers[question] =
                std::make_shared<const TableAnswer>(TableAnswer{one.at("spec"), one.at("answer")});
        record.models = models_from(json, folder);
        record.decisions = decisions_from_json(json.value("decisions", Json::array()));
        const Json corrections = json.value("corrections", Json::object());
        for (const auto& [name, one] : corrections.items()) {
            ColumnCorrection correction;
            if (one.contains("categorical"))
                correction.categorical = one["categorical"].get<bool>();
            for (const ColumnRole role : {ColumnRole::Feature, ColumnRole::Target, ColumnRole::Annotation})
                if (one.value("role", std::string()) == eyepiece::to_string(role))
                    correction.role = role;
            record.corrections[name] = correction;
        }
        for (const Json& one : json.at("steps")) {
            ExplorationStep step;
            step.id = one.at("id").get<int>();
            step.kind = kind_from(one.at("kind").get<std::string>());
            step.name = one.at("name").get<std::string>();
            step.title = one.value("title", step.name);
            step.set = one.value("set", Json::object());
            if (step.kind == StepKind::Predict)
                step.set = with_model(step.set, [&](const fs::path& file) {
                    return (folder / file).lexically_normal(); // a whole path stays what it is
                });
            step.target = one.value("target", std::string());
            if (one.contains("outcome")) {
                auto outcome = std::make_shared<StepOutcome>();
                outcome->head = one["outcome"].at("head");
                outcome->spec = one["outcome"].at("spec");
                outcome->file = one["outcome"].at("file").get<std::string>();
                const fs::path file = folder / fs::path(outcome->file).filename();
                if (step.kind == StepKind::Cluster)
                    outcome->labels = read_npy<std::int32_t>(file);
                else
                    outcome->points = read_npy<float>(file);
                step.outcome = outcome;
            }
            record.steps.push_back(std::move(step));
        }
        record.classes = json.value("classes", std::vector<std::string>());
        record.class_revision = json.value("class_revision", 0);
        if (!record.classes.empty())
            record.class_of_row = std::make_shared<const std::vector<std::int32_t>>(
                read_npy<std::int32_t>(folder / class_file(record.class_revision)));
        return record;
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput,
                    "The exploration \"" + id + "\" is damaged and cannot be read. Open its table anew.",
                    error.what());
    }
}

void ExplorationStore::write(const ExplorationRecord& record) const {
    const fs::path folder = folder_ / record.id;
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem)
        throw Error(ErrorCode::Storage,
                    "The exploration could not be kept in \"" + folder.string() +
                        "\". Make room or allow writing there.",
                    problem.message());
    std::set<std::string> needed{exploration_file_name};
    for (const ExplorationStep& step : record.steps) {
        if (!step.outcome)
            continue;
        needed.insert(step.outcome->file);
        if (fs::exists(folder / step.outcome->file))
            continue; // written before: outcomes never change
        const auto dimensions = step.outcome->head.value("dimensions", std::size_t{0});
        write_file_atomically(folder / step.outcome->file,
                              step.kind == StepKind::Cluster ? npy("<i4", step.outcome->labels, 0)
                                                             : npy("<f4", step.outcome->points, dimensions));
    }
    if (!record.classes.empty() && record.class_of_row) {
        const std::string name = class_file(record.class_revision);
        needed.insert(name);
        if (!fs::exists(folder / name))
            write_file_atomically(folder / name, npy("<i4", *record.class_of_row, 0));
    }
    write_file_atomically(folder / exploration_file_name, to_json(record, folder).dump(1));
    // What no step needs any more, once nothing points there.
    for (const auto& place : fs::directory_iterator(folder, problem))
        if (place.path().extension() == ".npy" && !needed.contains(place.path().filename().string()))
            fs::remove(place.path(), problem);
}

} // namespace eyepiece
