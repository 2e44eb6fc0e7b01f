// SPDX-License-Identifier: GPL-3.0-or-later
// fit: simple models of a table. apply: one that fit has stored. check: what is wrong with a table, or with a
// project.
#include "app/cli/engine_loader.h"
#include "app/cli/requests.h"
#include "app/cli/table_arguments.h"
#include "core/formats/table_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace eyepiece::cli {
namespace {

namespace fs = std::filesystem;

std::string number(const Json& value, const char* format = "%.3f") {
    if (!value.is_number() || !std::isfinite(value.get<double>()))
        return "-";
    char text[48];
    std::snprintf(text, sizeof text, format, value.get<double>());
    return text;
}

std::string padded(std::string text, std::size_t width, bool left = false) {
    // Letters of more than one byte take one place.
    std::size_t places = 0;
    for (const char one : text)
        places += (static_cast<unsigned char>(one) & 0xC0) != 0x80;
    const std::string space(width > places ? width - places : 0, ' ');
    return left ? text + space : space + text;
}

// The score as a dot on its scale, with the interval around it.
std::string bar(double low, double mean, double high, double from, double to) {
    constexpr int width = 30;
    std::string line(width, ' ');
    const auto at = [&](double value) {
        const double place = to > from ? (value - from) / (to - from) * (width - 1) : 0;
        return static_cast<std::size_t>(std::clamp(std::lround(place), 0L, static_cast<long>(width - 1)));
    };
    if (!std::isnan(low))
        for (std::size_t i = at(low); i <= at(high); ++i)
            line[i] = '-';
    line[at(mean)] = 'o';
    return line;
}

struct FitOptions {
    TableArguments table;
    std::string models = "all", group, out, save;
    int folds = 5, repeat = 1;
    std::vector<std::string> set;
};

double member(const Json& model, const std::string& score, const char* name) {
    const Json& value = model.at("scores").at(score).at(name);
    return value.is_number() ? value.get<double>() : std::nan("");
}

void say_models(Terminal& terminal, const Json& result) {
    const std::string rank_by = result.at("rank_by").get<std::string>();
    const bool classes = result.at("problem") == "classification";
    std::vector<std::string> scores =
        classes ? std::vector<std::string>{"balanced-accuracy", "accuracy", "roc-auc", "log-loss"}
                : std::vector<std::string>{"r2", "rmse", "mae"};
    double from = HUGE_VAL, to = -HUGE_VAL;
    for (const Json& model : result.at("models"))
        if (!model.contains("error")) {
            const double mean = member(model, rank_by, "mean"), low = member(model, rank_by, "low");
            from = std::min(from, std::isnan(low) ? mean : low);
            to = std::max(to, std::isnan(low) ? mean : member(model, rank_by, "high"));
        }
    std::string head = "    " + padded("model", 26, true) + padded(rank_by + " (95 %)", 32, true);
    for (const std::string& score : scores)
        if (score != rank_by)
            head += padded(score, std::max<std::size_t>(score.size() + 2, 9));
    terminal.say(head);
    for (const Json& model : result.at("models")) {
        const std::string title = model.at("title").get<std::string>();
        if (model.contains("error")) {
            terminal.say("  ! " + padded(title, 26, true) + model["error"].get<std::string>());
            continue;
        }
        const bool baseline = model.at("baseline").get<bool>();
        std::string place = baseline ? "  = " : padded(std::to_string(model.at("rank").get<int>()), 2) + "  ";
        const Json& ranked = model.at("scores").at(rank_by);
        std::string line = place + padded(title, 26, true) +
                           padded(number(ranked.at("mean")) + "  [" + number(ranked.at("low")) + ", " +
                                      number(ranked.at("high")) + "]",
                                  32, true);
        for (const std::string& score : scores)
            if (score != rank_by)
                line += padded(number(model.at("scores").at(score).at("mean")),
                               std::max<std::size_t>(score.size() + 2, 9));
        line += "  |" +
                bar(member(model, rank_by, "low"), member(model, rank_by, "mean"),
                    member(model, rank_by, "high"), from, to) +
                "|";
        if (baseline)
            line += " baseline";
        else if (!model.at("beats_baseline").get<bool>())
            line += " no better than the baseline";
        terminal.say(line);
    }
}

// The strongest columns, and how each matters.
void say_explanation(Terminal& terminal, const Json& result) {
    const Json explanation = result.value("explanation", Json::object());
    if (explanation.empty())
        return;
    std::vector<Json> columns = explanation.at("importances").get<std::vector<Json>>();
    const auto strength = [](const Json& column) {
        for (const char* name : {"permutation", "gain", "shap"})
            if (column.contains(name) && column[name].is_number())
                return column[name].get<double>();
        return 0.0;
    };
    std::stable_sort(columns.begin(), columns.end(),
                     [&](const Json& a, const Json& b) { return strength(a) > strength(b); });
    terminal.say("What counts for " + explanation.at("model").get<std::string>() + " (fall of " +
                 result.at("rank_by").get<std::string>() +
                 " when a column is shuffled; share of the trees' gain; "
                 "mean size of Shapley values" +
                 (explanation.contains("shap") ? ", of " + explanation["shap"]["model"].get<std::string>() +
                                                     ", in " + explanation["shap"]["unit"].get<std::string>()
                                               : std::string()) +
                 "):");
    terminal.say("    " + padded("column", 28, true) + padded("shuffled", 18) + padded("gain", 10) +
                 padded("shap", 12));
    for (std::size_t i = 0; i < std::min<std::size_t>(10, columns.size()); ++i) {
        const Json& one = columns[i];
        const std::string shuffled = one.contains("permutation")
                                         ? number(one["permutation"]) + " ± " + number(one["permutation_sd"])
                                         : "-";
        terminal.say("    " + padded(one.at("column").get<std::string>(), 28, true) + padded(shuffled, 18) +
                     padded(number(one.value("gain", Json())), 10) +
                     padded(number(one.value("shap", Json()), "%.4g"), 12));
    }
    if (columns.size() > 10)
        terminal.say("    and " + std::to_string(columns.size() - 10) + " more columns");
}

void fit(Terminal& terminal, const FitOptions& options) {
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    put_table(spec, options.table, *engine, terminal);
    if (!options.group.empty())
        spec["group"] = options.group;
    if (options.models != "all")
        spec["models"] = comma_separated(options.models);
    if (!options.out.empty())
        spec["out"] = fs::absolute(options.out).string();
    if (!options.save.empty())
        spec["save"] = fs::absolute(options.save).string();
    Json set = read_settings(*engine, "fit", spec, options.set, terminal);
    set.emplace("folds", options.folds);
    set.emplace("repeat", options.repeat);
    spec["set"] = std::move(set);
    const Json result = engine->run("fit", spec, terminal).json;
    terminal.say(result.at("problem").get<std::string>() + " of \"" + result.at("target").get<std::string>() +
                 "\" from " + std::to_string(result.at("columns").size()) + " columns, " +
                 std::to_string(result.at("rows").get<std::int64_t>()) + " rows, " +
                 std::to_string(result.at("folds").get<int>()) + "-fold cross-validation" +
                 (result.at("repeat").get<int>() > 1
                      ? ", " + std::to_string(result["repeat"].get<int>()) + " times"
                      : std::string()) +
                 ":");
    say_models(terminal, result);
    say_explanation(terminal, result);
    if (result.contains("out"))
        terminal.say("Wrote " + options.out);
    if (result.contains("save"))
        terminal.say("Stored " + result.at("best").get<std::string>() + ", fitted to all rows, in " +
                     options.save);
    terminal.answer(result);
}

struct ApplyOptions {
    TableArguments table;
    std::string model, out;
};

void apply(Terminal& terminal, const ApplyOptions& options) {
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    put_table(spec, options.table, *engine, terminal);
    spec.erase("steps"); // the model has its own
    spec["model"] = fs::absolute(options.model).string();
    spec["out"] = fs::absolute(options.out).string();
    const Json result = engine->run("apply", spec, terminal).json;
    std::string line = "\"" + result.at("target").get<std::string>() + "\" of " +
                       std::to_string(result.at("rows").get<std::int64_t>()) + " rows, by " +
                       result.at("title").get<std::string>() + " that learnt from " +
                       std::to_string(result.at("learnt_rows").get<std::int64_t>());
    const char* before = ": ";
    for (const Json& one : result.at("classes")) {
        line += before + one.at("name").get<std::string>() + " " +
                std::to_string(one.at("rows").get<std::int64_t>());
        before = ", ";
    }
    terminal.say(line);
    if (result.contains("scores")) {
        const Json& scores = result.at("scores");
        line =
            "  " + std::to_string(scores.at("rows").get<std::int64_t>()) + " of them have it in the table:";
        for (const char* name : {"balanced-accuracy", "accuracy", "roc-auc", "log-loss", "r2", "rmse", "mae"})
            if (scores.contains(name))
                line += std::string(" ") + name + " " + number(scores[name]);
        terminal.say(line);
    }
    terminal.say("Wrote " + options.out);
    terminal.answer(result);
}

struct CheckOptions {
    TableArguments table;
    std::string group, other, out;
    std::vector<std::string> set;
};

void check_table(Terminal& terminal, const CheckOptions& options) {
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    put_table(spec, options.table, *engine, terminal);
    if (!options.group.empty())
        spec["group"] = options.group;
    if (!options.other.empty())
        spec["other"] = {{"path", fs::absolute(options.other).string()}};
    if (!options.out.empty())
        spec["out"] = fs::absolute(options.out).string();
    spec["set"] = read_settings(*engine, "check", spec, options.set, terminal);
    const Json result = engine->run("check", spec, terminal).json;
    const Json& findings = result.at("findings");
    terminal.say(std::to_string(result.at("rows").get<std::int64_t>()) + " rows, " +
                 std::to_string(result.at("columns").size()) + " columns: " +
                 (findings.empty() ? "nothing found" : std::to_string(findings.size()) + " to look at"));
    for (const Json& finding : findings) {
        terminal.say("  " + padded(finding.at("severity").get<std::string>(), 9, true) +
                     padded(finding.at("kind").get<std::string>(), 24, true) +
                     finding.at("sentence").get<std::string>());
        const Json& rows = finding.at("rows");
        if (rows.empty())
            continue;
        std::string list;
        for (std::size_t i = 0; i < std::min<std::size_t>(12, rows.size()); ++i)
            list += (i == 0 ? "" : ", ") + std::to_string(rows[i].get<std::int64_t>() + 1);
        terminal.say(
            std::string(35, ' ') + (rows.size() == 1 ? "row " : "rows ") + list +
            (rows.size() > 12 ? " and " + std::to_string(rows.size() - 12) + " more" : std::string()));
    }
    for (const Json& skipped : result.at("skipped"))
        terminal.say("  not looked for: " + skipped.at("kind").get<std::string>() + ". " +
                     skipped.at("reason").get<std::string>());
    if (result.contains("out"))
        terminal.say("Wrote " + options.out);
    terminal.answer(result);
}

void check(Terminal& terminal, const CheckOptions& options) {
    const fs::path path = options.table.path;
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        throw Error(ErrorCode::NotFound,
                    "There is no table or project " + path.string() + ". Check its name.");
    // A folder may be a table as well (10x MatrixMarket), and a project may be made one.
    if (options.table.from.empty() && (fs::exists(path / "project.eyepiece", ignored) ||
                                       (fs::is_directory(path, ignored) && !is_table(path))))
        check_project(terminal, options.table.path);
    else
        check_table(terminal, options);
}

} // namespace

void add_estimator_verbs(CommandLine& command_line) {
    auto options = std::make_shared<FitOptions>();
    CLI::App& command = command_line.add(
        "fit", "Try simple models on a table: which predicts a column best, how surely, and from what",
        "eyepiece-cli fit iris.csv --target species --out iris_models.json\n"
        "eyepiece-cli fit cells.csv --target type --group donor --models logistic,random-forest --repeat 3\n"
        "eyepiece-cli fit wine.csv --target class --set random-forest.trees=500 --json\n"
        "eyepiece-cli fit iris.csv --target species --models mlp --save species.model\n"
        "With --json: {problem, target, rows, columns, classes, folds, repeat, rank_by, best, confusion,\n"
        "  models: [{model, baseline, rank, beats_baseline, scores: {NAME: {mean, sd, low, high, parts}}}],\n"
        "  explanation: {model, coefficients, importances, partial_dependence, shap}}; low and high are the\n"
        "  95 % interval of the mean. --out adds what belongs to rows: row, folds_of, out_of_fold.",
        [options](Terminal& terminal) { fit(terminal, *options); });
    add_table_options(command, options->table);
    command.add_option("--target", options->table.target, "The column to predict: classes or numbers")
        ->required();
    command
        .add_option(
            "--models", options->models,
            "Names with commas between (`list estimators`), or all; the baseline always comes with them")
        ->capture_default_str();
    command.add_option("--group", options->group,
                       "A column: its rows of one value (a patient, a slide) are held out together");
    command.add_option("--folds", options->folds, "Parts of the cross-validation")
        ->check(CLI::Range(2, 1000))
        ->capture_default_str();
    command.add_option("--repeat", options->repeat, "How often it is done, with other parts each time")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command.add_option("--out", options->out, "A JSON file for the whole result");
    command.add_option(
        "--save", options->save,
        "A file for the best model, fitted to all rows; `apply` predicts other tables with it");
    command
        .add_option("--set", options->set,
                    "A setting as name=value, of a model as model.name=value (`list parameters fit`)")
        ->allow_extra_args(false);

    auto applied = std::make_shared<ApplyOptions>();
    CLI::App& apply_command = command_line.add(
        "apply", "Predict the rows of a table with a model that fit has stored: a CSV",
        "eyepiece-cli apply new.csv --model species.model --out species.csv\n"
        "eyepiece-cli apply nuclei --from objects --model type.model --out types.csv --json\n"
        "The columns are found by their names, and prepared as they were for the model. The CSV has the "
        "row's item, what\n"
        "  is predicted and, of classes, each one's probability. Where the table has the target, the "
        "predictions are scored.\n"
        "With --json: {model, problem, target, rows, kept_rows, columns, classes: [{name, rows}], scores, "
        "notes}.",
        [applied](Terminal& terminal) { apply(terminal, *applied); });
    apply_command
        .add_option("input", applied->table.path,
                    "A table (`list importers`); with --from a project, or a folder of images")
        ->required();
    add_reading_options(apply_command, applied->table);
    apply_command.add_option("--model", applied->model, "The file that `fit --save` wrote")->required();
    apply_command.add_option("--out", applied->out, "The CSV to write")->required();

    auto faults = std::make_shared<CheckOptions>();
    CLI::App& check_command =
        command_line.add("check", "Look for faults in a table's data, or for damage in a project",
                         "eyepiece-cli check nuclei\n"
                         "eyepiece-cli check wine.csv --target class\n"
                         "eyepiece-cli check nuclei --from objects --target class\n"
                         "eyepiece-cli check january.csv --target yield --other july.csv --json\n"
                         "Of a table: classes out of balance, equal and nearly equal rows, outliers, "
                         "constant or missing columns,\n"
                         "  labels that look wrong, combinations that are missing, columns that give the "
                         "target away, and what\n"
                         "  sets another table apart. With --json: {rows, columns, findings: [{kind, "
                         "severity, sentence, column,\n"
                         "  rows, row_count, figures}], checked, skipped}; rows are numbers in the file, "
                         "from 0, the worst first.\n"
                         "Of a project, with --json: {sound, problems}.",
                         [faults](Terminal& terminal) { check(terminal, *faults); });
    add_table_options(check_command, faults->table);
    check_command.get_option("input")->description("A table (`list importers`), or the folder of a project");
    check_command.add_option("--target", faults->table.target, "The column that is to be predicted");
    check_command.add_option("--group", faults->group,
                             "A column: its rows of one value (a patient, a slide) are judged together");
    check_command.add_option("--other", faults->other,
                             "Another table with the same columns: do the two differ?");
    check_command.add_option("--out", faults->out, "A JSON file for the findings");
    check_command.add_option("--set", faults->set, "A setting as name=value (`list parameters check`)")
        ->allow_extra_args(false);
}

} // namespace eyepiece::cli
