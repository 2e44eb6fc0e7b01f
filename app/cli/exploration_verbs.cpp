// SPDX-License-Identifier: GPL-3.0-or-later
// explore: the recorded steps of an exploration, done again.
#include "app/cli/engine_loader.h"
#include "app/cli/table_arguments.h"
#include "core/data/row_labels.h"
#include "core/project/exploration_file.h"

namespace eyepiece::cli {
namespace {

namespace fs = std::filesystem;

struct ExploreOptions {
    std::string record, out;
    TableArguments table; // another one; its path is empty where none is given
};

// The columns that were used, where the user took some out or put some in: the runs of the steps know them.
Json used_columns(const Json& record) {
    if (record.value("corrections", Json::object()).empty())
        return {};
    for (const Json& step : record.at("steps"))
        if (step.contains("outcome"))
            if (const Json input = step["outcome"].at("spec").value("input", Json::object());
                input.contains("columns"))
                return input["columns"];
    throw Error(ErrorCode::BadInput,
                "Columns of this exploration were corrected, and none of its steps was run since: which ones "
                "to use is not known. Run a step in the window first.");
}

Json input_of(const Json& record, const ExploreOptions& options, Engine& engine, Terminal& terminal) {
    Json input = record.at("input");
    const TableArguments& table = options.table;
    if (!table.path.empty()) {
        Json spec;
        put_table(spec, table, engine, terminal);
        input = spec["input"];
    } else if (table.format != "auto" || !table.read.empty() || !table.from.empty() || !table.run.empty() ||
               !table.layer.empty() || !table.relabel.empty()) {
        throw UsageError("--from, --run, --layer, --format, --read and --relabel are for another table: name "
                         "it behind the exploration.");
    } else if (const TableLabels labels =
                   labels_of(decisions_from_json(record.value("decisions", Json::array())));
               !labels.empty()) {
        input["relabel"] = to_json(labels); // of the rows of this table, not of another's
    }
    if (const Json columns = used_columns(record); !columns.is_null())
        input["columns"] = columns;
    return input;
}

fs::path folder_of(const fs::path& record) {
    std::error_code ignored;
    const fs::path whole = fs::absolute(record);
    return fs::is_directory(whole, ignored) ? whole : whole.parent_path();
}

void explore(Terminal& terminal, const ExploreOptions& options) {
    const Json record = read_exploration_file(options.record);
    const auto engine = load_engine(terminal.options());
    const Json input = input_of(record, options, *engine, terminal);
    const fs::path folder = fs::absolute(options.out);
    fs::create_directories(folder);
    Json prepared = Json::array(), results = Json::array();
    int number = 0;
    for (const Json& step : record.at("steps")) {
        ++number;
        const auto kind = step.at("kind").get<std::string>(), name = step.at("name").get<std::string>();
        if (kind == "prepare") {
            prepared.push_back({{"name", name}, {"set", step.value("set", Json::object())}});
            continue;
        }
        const std::string operation = kind == "reduce" ? "embed" : kind == "cluster" ? "cluster" : "apply";
        Json spec = terminal.options().spec();
        spec["input"] = input;
        if (kind == "predict") { // the model has its own preparation
            spec["model"] = (folder_of(options.record) / step.at("set").at("model").get<std::string>())
                                .lexically_normal()
                                .string();
        } else {
            spec["steps"] = prepared;
            spec["method"] = name;
            spec["set"] = step.value("set", Json::object());
        }
        if (step.contains("target"))
            spec["target"] = step["target"];
        spec["seed"] = step.contains("outcome") ? step["outcome"].at("spec").value("seed", 1) : 1;
        const fs::path out = folder / (std::to_string(number) + "-" + name + ".csv");
        spec["out"] = out.string();
        const Json result = engine->run(operation, spec, terminal).json;
        terminal.say(std::to_string(number) + " " + step.value("title", name) + ": " +
                     std::to_string(result.at("rows").get<std::int64_t>()) + " rows -> " + out.string());
        results.push_back({{"step", number},
                           {"method", name},
                           {"out", out.string()},
                           {"rows", result.at("rows")},
                           {"scores", result.value("scores", Json())}});
    }
    if (results.empty())
        throw Error(
            ErrorCode::BadInput,
            "The exploration has no map and no clusters: there is nothing to run. Add a step to it in "
            "the window.");
    terminal.answer({{"steps", results}});
}

} // namespace

void add_exploration_verb(CommandLine& command_line) {
    auto options = std::make_shared<ExploreOptions>();
    CLI::App& command = command_line.add(
        "explore",
        "Run an exploration's steps again, on its own table or another: a CSV for each map, clustering and "
        "prediction",
        "eyepiece-cli explore project/explorations/0001-cells --out again\n"
        "eyepiece-cli explore project/explorations/0001-cells new_cells.csv --out new\n"
        "eyepiece-cli explore project/explorations/0002-objects other --from objects --out other_objects",
        [options](Terminal& terminal) { explore(terminal, *options); });
    command
        .add_option("exploration", options->record, "An exploration.json that the window kept, or its folder")
        ->required();
    command.add_option("input", options->table.path,
                       "Another table with the same columns; else the exploration's own");
    command.add_option("--out", options->out, "The folder to write to")->required();
    add_reading_options(command, options->table);
}

} // namespace eyepiece::cli
