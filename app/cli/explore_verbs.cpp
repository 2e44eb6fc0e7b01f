// SPDX-License-Identifier: GPL-3.0-or-later
// embed and cluster: the structure of a table.
#include "app/cli/engine_loader.h"
#include "app/cli/requests.h"
#include "app/cli/verb.h"
#include "core/data/preprocessing.h"
#include "core/formats/table_reader.h"

#include <cstdio>
#include <sstream>

namespace eyepiece::cli {
namespace {

namespace fs = std::filesystem;

// What embed and cluster are told of their table.
struct InputOptions {
    std::string path, format = "auto", columns, target;
    std::vector<std::string> read, steps;
};

struct EmbedOptions {
    InputOptions input;
    std::string method, out, added, added_out;
    std::vector<std::string> set;
};

void add_input_options(CLI::App& command, InputOptions& input) {
    command.add_option("input", input.path, "A table: CSV, NPY, h5ad, ... (`list importers`)")->required();
    command.add_option("--format", input.format, "The table's format, where its content does not tell");
    command.add_option("--read", input.read, "A setting of that format as name=value (`list importers`)")
        ->allow_extra_args(false);
    command.add_option("--columns", input.columns,
                       "Names of the columns to use, with commas between; else all features");
    command
        .add_option("--step", input.steps,
                    "A preprocessing step, NAME or NAME:setting=value:setting=value; several are done in "
                    "order (`list preprocessing`)")
        ->allow_extra_args(false);
}

std::pair<std::string, Json> assignment_of(const ParameterSchema& schema, const std::string& text) {
    try {
        return schema.parse_assignment(text);
    } catch (const Error& error) {
        throw UsageError(error.what());
    }
}

// "scale:method=robust:columns=a,b"
Json step_of(const std::string& text) {
    PreprocessingRegistry registry("preprocessing step");
    register_preprocessing(registry);
    Json set = Json::object();
    std::size_t end = text.find(':');
    const std::string name = text.substr(0, end);
    const auto* const entry = registry.find(name);
    if (!entry)
        throw UsageError("--step " + text + ": there is no step \"" + name +
                         "\"; see `eyepiece-cli list preprocessing`.");
    while (end != std::string::npos) {
        const std::size_t next = text.find(':', end + 1);
        const auto [key, value] = assignment_of(
            entry->parameters,
            text.substr(end + 1, next == std::string::npos ? std::string::npos : next - end - 1));
        set[key] = value;
        end = next;
    }
    return {{"name", name}, {"set", set}};
}

// The spec's members for them.
void put_input(Json& spec, const InputOptions& input) {
    Json file{{"path", fs::absolute(input.path).string()}, {"format", input.format}};
    if (!input.read.empty()) {
        if (input.format == "auto")
            throw UsageError("--read belongs to a format: name it with --format, see `eyepiece-cli list "
                             "importers`.");
        TableReaderRegistry readers("importer");
        register_table_readers(readers);
        for (const std::string& text : input.read) {
            const auto [name, value] = assignment_of(readers.at(input.format).parameters, text);
            file["set"][name] = value;
        }
    }
    if (!input.columns.empty()) {
        Json names = Json::array();
        std::stringstream list(input.columns);
        for (std::string name; std::getline(list, name, ',');)
            names.push_back(name);
        file["columns"] = std::move(names);
    }
    spec["input"] = std::move(file);
    spec["steps"] = Json::array();
    for (const std::string& step : input.steps)
        spec["steps"].push_back(step_of(step));
    if (!input.target.empty())
        spec["target"] = input.target;
}

std::string three_digits(const Json& value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", value.get<double>());
    return text;
}

void embed(Terminal& terminal, const EmbedOptions& options) {
    if (options.added.empty() != options.added_out.empty())
        throw UsageError("--new and --new-out belong together: rows to place, and where to write them.");
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    put_input(spec, options.input);
    spec["method"] = options.method;
    spec["out"] = fs::absolute(options.out).string();
    if (!options.added.empty()) {
        spec["new"] = {{"path", fs::absolute(options.added).string()}};
        spec["new_out"] = fs::absolute(options.added_out).string();
    }
    spec["set"] = read_settings(*engine, "embed", spec, options.set, terminal);
    const Json result = engine->run("embed", spec, terminal).json;
    terminal.say(std::to_string(result.at("rows").get<std::int64_t>()) + " rows -> " + options.out);
    for (const Json& score : result.at("scores"))
        terminal.say("  " + std::to_string(score.at("neighbours").get<int>()) +
                     " neighbours: trustworthiness " + three_digits(score.at("trustworthiness")) +
                     ", continuity " + three_digits(score.at("continuity")) + ", kept " +
                     three_digits(score.at("kept")));
    if (!options.added_out.empty())
        terminal.say(std::to_string(result.at("new_rows").get<std::int64_t>()) + " new rows -> " +
                     options.added_out);
    terminal.answer(result);
}

struct ClusterOptions {
    InputOptions input;
    std::string method, out;
    std::vector<std::string> set;
};

void cluster(Terminal& terminal, const ClusterOptions& options) {
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    put_input(spec, options.input);
    spec["method"] = options.method;
    if (!options.out.empty())
        spec["out"] = fs::absolute(options.out).string();
    spec["set"] = read_settings(*engine, "cluster", spec, options.set, terminal);
    const Json result = engine->run("cluster", spec, terminal).json;
    terminal.say(std::to_string(result.at("rows").get<std::int64_t>()) + " rows in " +
                 std::to_string(result.at("clusters").get<int>()) + " clusters of " +
                 result.at("sizes").dump() + ", noise " + result.at("noise").dump());
    for (const auto& [name, score] : result.at("scores").items())
        terminal.say("  " + name + " " + (score.is_null() ? "needs two clusters" : three_digits(score)));
    if (!options.out.empty())
        terminal.say("Wrote " + options.out);
    terminal.answer(result);
}

} // namespace

void add_explore_verbs(CommandLine& command_line) {
    auto options = std::make_shared<EmbedOptions>();
    CLI::App& command = command_line.add(
        "embed", "Lay the rows of a table out as points: a CSV of item,x1,x2,...",
        "eyepiece-cli embed cells.csv --method tsne --out cells_tsne.csv\n"
        "eyepiece-cli embed cells.h5ad --method pca --set dimensions=50 --step log1p --out cells_pca.csv\n"
        "eyepiece-cli embed old.csv --method umap --step scale:method=robust --out old_umap.csv --new "
        "new.csv "
        "--new-out new_umap.csv",
        [options](Terminal& terminal) { embed(terminal, *options); });
    add_input_options(command, options->input);
    command.add_option("--target", options->input.target,
                       "A column with each row's class, for methods that heed one (`list embeddings`)");
    command.add_option("--method", options->method, "The embedding (`list embeddings`)")->required();
    command.add_option("--out", options->out, "The CSV to write")->required();
    command.add_option("--set", options->set, "A setting as name=value (`list embeddings`)")
        ->allow_extra_args(false);
    command.add_option("--new", options->added, "More rows, to be placed in the finished embedding");
    command.add_option("--new-out", options->added_out, "The CSV for those");

    auto parts = std::make_shared<ClusterOptions>();
    CLI::App& cluster_command = command_line.add(
        "cluster", "Part the rows of a table into clusters: a CSV of item,cluster",
        "eyepiece-cli cluster cells.csv --method kmeans --set clusters=8 --out clusters.csv\n"
        "eyepiece-cli cluster iris.csv --method gaussian-mixture --step scale --target species",
        [parts](Terminal& terminal) { cluster(terminal, *parts); });
    add_input_options(cluster_command, parts->input);
    cluster_command.add_option("--target", parts->input.target,
                               "A column of classes to compare the clusters with (adjusted Rand)");
    cluster_command.add_option("--method", parts->method, "The clustering (`list clusterings`)")->required();
    cluster_command.add_option("--out", parts->out, "The CSV to write");
    cluster_command.add_option("--set", parts->set, "A setting as name=value (`list clusterings`)")
        ->allow_extra_args(false);
}

} // namespace eyepiece::cli
