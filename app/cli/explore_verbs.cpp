// SPDX-License-Identifier: GPL-3.0-or-later
// tabulate: a table of what a project holds; embed and cluster: the structure of a table.
#include "app/cli/engine_loader.h"
#include "app/cli/requests.h"
#include "app/cli/table_arguments.h"

#include <cstdio>

namespace eyepiece::cli {
namespace {

namespace fs = std::filesystem;

struct TabulateOptions {
    TableArguments table;
    std::string out;
};

void tabulate(Terminal& terminal, const TabulateOptions& options) {
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    put_table(spec, options.table, *engine, terminal);
    spec["out"] = fs::absolute(options.out).string();
    const Json result = engine->run("tabulate", spec, terminal).json;
    terminal.say(result.at("rows").dump() + " rows of " + result.at("columns").dump() + " columns -> " +
                 options.out);
    terminal.answer(result);
}

struct EmbedOptions {
    TableArguments table;
    std::string method, out, added, added_out;
    std::vector<std::string> set;
};

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
    put_table(spec, options.table, *engine, terminal);
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
    TableArguments table;
    std::string method, out;
    std::vector<std::string> set;
};

void say_stability(Terminal& terminal, const Json& result) {
    if (!result.contains("stability"))
        return;
    const Json& stability = result.at("stability");
    const Json& rand = stability.at("adjusted_rand");
    terminal.say("  " + stability.at("resamples").dump() + " resamples of " + stability.at("rows").dump() +
                 " rows agree: adjusted Rand " + three_digits(rand.at("mean")) + " +- " +
                 three_digits(rand.at("spread")));
    for (std::size_t c = 0; c < stability.at("jaccard").size(); ++c)
        terminal.say("    cluster " + std::to_string(c) + " comes back by " +
                     three_digits(stability.at("jaccard")[c]) + " (Jaccard), dissolves in " +
                     three_digits(stability.at("dissolved")[c]) + " of them");
}

void say_markers(Terminal& terminal, const Json& result) {
    if (!result.contains("markers"))
        return;
    const Json& markers = result.at("markers");
    terminal.say("  Columns that set a cluster apart (difference in standard deviations, q):");
    for (std::size_t c = 0; c < markers.size(); ++c) {
        std::string line;
        for (const Json& marker : markers[c]) {
            const Json& effect = marker.at("effect");
            char q[32];
            std::snprintf(q, sizeof q, "%.1g", marker.at("q").get<double>());
            line += (line.empty() ? "" : ", ") + marker.at("column").get<std::string>() + " (" +
                    (effect.is_string() ? effect.get<std::string>() : three_digits(effect)) + ", " + q + ")";
        }
        terminal.say("    cluster " + std::to_string(c) + ": " + (line.empty() ? "too few rows" : line));
    }
}

void cluster(Terminal& terminal, const ClusterOptions& options) {
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    put_table(spec, options.table, *engine, terminal);
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
    say_stability(terminal, result);
    say_markers(terminal, result);
    if (!options.out.empty())
        terminal.say("Wrote " + options.out);
    terminal.answer(result);
}

} // namespace

void add_explore_verbs(CommandLine& command_line) {
    auto made = std::make_shared<TabulateOptions>();
    CLI::App& tabulate_command = command_line.add(
        "tabulate", "Make a table of a project's images or objects, or of what a network makes of them",
        "eyepiece-cli tabulate nuclei --from objects --out nuclei.tab\n"
        "eyepiece-cli tabulate photos --from images --set side=16 --set pixels=channels --out photos.tab\n"
        "eyepiece-cli tabulate nuclei --from activations --run 1 --layer bottleneck --out seen.tab\n"
        "eyepiece-cli tabulate nuclei --from activations --run 1 --layer bottleneck --set rows=objects --out "
        "objects_seen.tab",
        [made](Terminal& terminal) { tabulate(terminal, *made); });
    tabulate_command.add_option("project", made->table.path, "A project; for images also a folder")
        ->required();
    add_making_options(tabulate_command, made->table).required();
    tabulate_command.add_option("--out", made->out, "The table to write: Orange's .tab")->required();
    tabulate_command.add_option("--set", made->table.read, "A setting as name=value (`list tables`)")
        ->allow_extra_args(false);

    auto options = std::make_shared<EmbedOptions>();
    CLI::App& command = command_line.add(
        "embed", "Lay the rows of a table out as points: a CSV of item,x1,x2,...",
        "eyepiece-cli embed cells.csv --method tsne --out cells_tsne.csv\n"
        "eyepiece-cli embed cells.h5ad --method pca --set dimensions=50 --step log1p --out cells_pca.csv\n"
        "eyepiece-cli embed old.csv --method umap --step scale:method=robust --out old_umap.csv --new "
        "new.csv "
        "--new-out new_umap.csv\n"
        "eyepiece-cli embed nuclei --from objects --method umap --step scale --out nuclei_umap.csv\n"
        "eyepiece-cli embed nuclei --from activations --run 1 --layer bottleneck --method umap --out "
        "seen.csv",
        [options](Terminal& terminal) { embed(terminal, *options); });
    add_table_options(command, options->table);
    command.add_option("--target", options->table.target,
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
        "eyepiece-cli cluster iris.csv --method gaussian-mixture --step scale --target species\n"
        "eyepiece-cli cluster iris.csv --method spectral --set resamples=20 --set markers=5",
        [parts](Terminal& terminal) { cluster(terminal, *parts); });
    add_table_options(cluster_command, parts->table);
    cluster_command.add_option("--target", parts->table.target,
                               "A column of classes to compare the clusters with (adjusted Rand)");
    cluster_command.add_option("--method", parts->method, "The clustering (`list clusterings`)")->required();
    cluster_command.add_option("--out", parts->out, "The CSV to write");
    cluster_command
        .add_option("--set", parts->set,
                    "A setting as name=value (`list clusterings`); also resamples=20: how stable the "
                    "clusters are, and markers=5: the columns that set each apart")
        ->allow_extra_args(false);
}

} // namespace eyepiece::cli
