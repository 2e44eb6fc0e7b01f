// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/table_arguments.h"

#include "app/cli/requests.h"
#include "core/data/preprocessing.h"
#include "core/data/row_labels.h"
#include "core/formats/table_reader.h"

#include <algorithm>
#include <filesystem>
#include <regex>

namespace eyepiece::cli {
namespace {

namespace fs = std::filesystem;

// "scale:method=robust:columns=a,b"
Json step_of(const std::string& text) {
    PreprocessingRegistry registry("preprocessing step");
    register_preprocessing(registry);
    std::vector<std::string> settings;
    std::size_t end = text.find(':');
    const std::string name = text.substr(0, end);
    const auto* const entry = registry.find(name);
    if (!entry)
        throw UsageError("--step " + text + ": there is no step \"" + name +
                         "\"; see `eyepiece-cli list preprocessing`.");
    while (end != std::string::npos) {
        const std::size_t next = text.find(':', end + 1);
        settings.push_back(
            text.substr(end + 1, next == std::string::npos ? std::string::npos : next - end - 1));
        end = next;
    }
    return {{"name", name}, {"set", settings_of(entry->parameters, settings)}};
}

// "species:71=virginica", rows counted from 1 as tables show them.
TableLabels labels_in(const std::vector<std::string>& texts) {
    static const std::regex form("(.+?):([0-9]{1,15})=(.*)");
    TableLabels labels;
    for (const std::string& text : texts) {
        std::smatch parts;
        if (!std::regex_match(text, parts, form) || std::stoull(parts[2]) == 0)
            throw UsageError("--relabel " + text + ": say COLUMN:ROW=LABEL, with rows counted from 1.");
        labels[parts[1]][std::stoull(parts[2]) - 1] = parts[3];
    }
    return labels;
}

// The settings of --from, checked; --run and --layer are short for two of them.
Json making_settings(const TableArguments& table, Engine& engine, Terminal& terminal) {
    const Json tables = engine.run("list", {{"kind", "tables"}}, terminal).json.at("entries");
    const auto entry = std::find_if(tables.begin(), tables.end(),
                                    [&](const Json& one) { return one.at("name") == table.from; });
    if (entry == tables.end())
        throw UsageError("--from " + table.from +
                         ": there is no such table; see `eyepiece-cli list tables`.");
    std::vector<std::string> settings = table.read;
    for (const auto& [name, value] : {std::pair{"run", &table.run}, std::pair{"layer", &table.layer}})
        if (!value->empty())
            settings.push_back(std::string(name) + "=" + *value);
    return settings_of(ParameterSchema::from_json(entry->at("parameters")), settings);
}

} // namespace

void add_table_options(CLI::App& command, TableArguments& table) {
    command
        .add_option("input", table.path,
                    "A table: CSV, NPY, h5ad, ... (`list importers`); with --from a project, or a folder of "
                    "images")
        ->required();
    add_reading_options(command, table);
    command.add_option("--columns", table.columns,
                       "Names of the columns to use, with commas between; else all features");
    command
        .add_option("--step", table.steps,
                    "A preprocessing step, NAME or NAME:setting=value:setting=value; several are done in "
                    "order (`list preprocessing`)")
        ->allow_extra_args(false);
}

CLI::Option& add_making_options(CLI::App& command, TableArguments& table) {
    CLI::Option& from = *command.add_option(
        "--from", table.from,
        "Make the table of a project: its images, its objects, or what a network makes of "
        "them (`list tables`)");
    command.add_option("--run", table.run,
                       "With --from activations: a run of the project, or of another as PROJECT:RUN");
    command.add_option("--layer", table.layer, "With --from activations: a layer of that run's network");
    return from;
}

void add_reading_options(CLI::App& command, TableArguments& table) {
    add_making_options(command, table);
    command.add_option("--format", table.format, "The table's format, where its content does not tell");
    command
        .add_option("--read", table.read,
                    "A setting of that format, or of --from, as name=value (`list importers`, `list tables`)")
        ->allow_extra_args(false);
    command
        .add_option("--relabel", table.relabel,
                    "COLUMN:ROW=LABEL: what a row (from 1) should say, were the file right; with an empty "
                    "LABEL it is not known. Several may be given")
        ->allow_extra_args(false);
}

void put_table(Json& spec, const TableArguments& table, Engine& engine, Terminal& terminal) {
    Json file{{"path", fs::absolute(table.path).string()}};
    if (!table.from.empty()) {
        if (table.format != "auto")
            throw UsageError("--format is for a file, and --from for a project: give one of them.");
        file["from"] = table.from;
        file["set"] = making_settings(table, engine, terminal);
    } else {
        if (!table.run.empty() || !table.layer.empty())
            throw UsageError("--run and --layer say whose activations: they belong to --from activations.");
        file["format"] = table.format;
    }
    if (table.from.empty() && !table.read.empty()) {
        if (table.format == "auto")
            throw UsageError("--read belongs to a format: name it with --format, see `eyepiece-cli list "
                             "importers`.");
        TableReaderRegistry readers("importer");
        register_table_readers(readers);
        file["set"] = settings_of(readers.at(table.format).parameters, table.read);
    }
    if (!table.columns.empty())
        file["columns"] = comma_separated(table.columns);
    if (!table.relabel.empty())
        file["relabel"] = to_json(labels_in(table.relabel));
    spec["input"] = std::move(file);
    spec["steps"] = Json::array();
    for (const std::string& step : table.steps)
        spec["steps"].push_back(step_of(step));
    if (!table.target.empty())
        spec["target"] = table.target;
}

} // namespace eyepiece::cli
