// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/check_table.h"

#include "core/data/quality.h"
#include "core/learning/device.h"
#include "core/learning/estimator_explanation.h"
#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "core/operations/estimator_input.h"
#include "core/operations/part_of_job.h"
#include "core/project/runs.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <unordered_map>

namespace eyepiece {
namespace {

constexpr int folds = 5;
constexpr double most_numbers = 2e8;    // of a table whose rows are compared with each other
constexpr std::size_t most_rows = 5000; // of each table for drift, and for a leaking column

std::string three_digits(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", value);
    return text;
}

std::vector<std::int64_t> drawn(std::size_t rows, std::uint64_t seed) {
    const auto order = Random(seed).permutation(rows);
    std::vector<std::int64_t> chosen(order.begin(),
                                     order.begin() + static_cast<std::ptrdiff_t>(std::min(rows, most_rows)));
    std::sort(chosen.begin(), chosen.end());
    return chosen;
}

class CheckTable final : public Operation {
public:
    explicit CheckTable(EngineServices& services) : services_(services) {}

    std::optional<ParameterSchema> parameters(const Json&) const override {
        std::vector<std::string> models;
        for (const auto& entry : services_.registries.estimators.entries())
            if (entry.name != "baseline" && entry.make()->fits_classes())
                models.push_back(entry.name);
        ParameterSchema schema{choice_parameter("problem", "automatic",
                                                {"automatic", "classification", "regression"}, "Problem",
                                                "Whether the target holds classes or values; automatic: "
                                                "texts and few whole numbers are classes.")};
        if (!models.empty())
            schema.add(choice_parameter(
                "model",
                std::find(models.begin(), models.end(), "random-forest") != models.end() ? "random-forest"
                                                                                         : models.front(),
                models, "Model", "The simple model that looks for wrong labels and tells two tables apart."));
        return schema;
    }

    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        if (!spec.contains("input") || !spec["input"].is_object() || !spec["input"].contains("path"))
            result.errors.push_back("The spec does not say \"input\": {\"path\": FILE}.");
        result.summary = "Looks for faults in the data.";
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        Work work{.spec = spec,
                  .seed = spec.value("seed", std::uint64_t{1}),
                  .threads = select_device(spec).threads};
        PartOfJob reading(context, 0, 0.1);
        work.table = read_estimator_table(spec, {spec.at("set").at("problem").get<std::string>(), false},
                                          services_.registries.tables, reading);
        const EstimatorTable& table = work.table;
        for (const std::string& note : table.notes)
            context.warn(note);
        EstimatorTable other; // before the work, not after it
        const bool drifts = spec.contains("other") && !spec["other"].is_null();
        if (drifts)
            other = read_more_rows(spec["other"], table, services_.registries.tables, reading);
        context.throw_if_cancelled();

        check_as_it_is(work, context);
        if (table.target.empty()) {
            for (const char* kind :
                 {"class-balance", "label-error", "leaking-column", "conflicting-duplicates"})
                work.skip(kind, "No target is named.");
        } else if (const std::string reason = no_estimators(); !reason.empty()) {
            work.skip("label-error", reason);
            work.skip("leaking-column", reason);
        } else {
            PartOfJob labels(context, 0.3, 0.6), leaks(context, 0.6, 0.8);
            check_label_errors(work, labels);
            check_leaks(work, leaks);
        }
        if (!drifts) {
            work.skip("drift", "No other table is named.");
        } else if (const std::string reason = no_estimators(); !reason.empty()) {
            work.skip("drift", reason);
        } else {
            PartOfJob part(context, 0.8, 1);
            check_drift(work, other, part);
        }

        OperationResult result{report(work)};
        if (spec.contains("out") && spec["out"].is_string()) {
            result.json["out"] = spec["out"];
            write_file_atomically(spec["out"].get<std::string>(), result.json.dump() + "\n");
        }
        context.progress(1, "Done");
        return result;
    }

private:
    struct Work {
        const Json& spec;
        std::uint64_t seed;
        int threads;
        EstimatorTable table = {};
        std::vector<Finding> findings = {};
        Json checked = Json::array(), skipped = Json::array();

        void skip(const std::string& kind, const std::string& reason) {
            skipped.push_back({{"kind", kind}, {"reason", reason}});
        }
        void add(std::initializer_list<const char*> kinds, std::vector<Finding> found) {
            for (const char* kind : kinds)
                checked.push_back(kind);
            std::move(found.begin(), found.end(), std::back_inserter(findings));
        }
    };

    std::string no_estimators() const {
        return services_.registries.estimators.find("decision-tree")
                   ? std::string()
                   : "The plugin \"estimators\" is missing.";
    }

    Candidate candidate(const std::string& name, const Json& set) const {
        const auto& entry = services_.registries.estimators.at(name);
        return {name, entry.make(), entry.parameters.complete(set)};
    }

    // What needs no model.
    static void check_as_it_is(Work& work, JobContext& context) {
        const Table& table = work.table.table;
        std::optional<std::size_t> target;
        if (!work.table.target.empty())
            target = table.at(work.table.target);
        context.progress(0.1, "Looking at columns");
        std::vector<std::size_t> dense; // texts that are no features, too
        for (std::size_t place = 0; place < table.dense().size(); ++place)
            if (place != target)
                dense.push_back(place);
        work.add({"constant-column", "nearly-constant-column", "mostly-missing-column"},
                 check_columns(table, dense, context));
        if (!work.table.classes.empty()) {
            std::vector<Finding> found = check_balance(work.table.labels, work.table.classes);
            of_the_table(found, work.table);
            work.add({"class-balance"}, std::move(found));
        } else if (target) {
            work.skip("class-balance", "The target holds values, no classes.");
        }
        std::vector<std::size_t> categories = work.table.places;
        if (target && !work.table.classes.empty())
            categories.push_back(*target);
        work.add({"missing-subgroup"}, check_subgroups(table, categories, context));

        const std::vector<std::size_t>& features = work.table.places;
        if (static_cast<double>(features.size()) * static_cast<double>(table.rows()) > most_numbers) {
            for (const char* kind : {"duplicates", "near-duplicates", "outliers"})
                work.skip(
                    kind,
                    "The table is too wide for it: choose columns, or draw rows with the step subsample.");
            return;
        }
        context.progress(0.15, "Looking for equal rows");
        std::vector<Finding> equal = check_duplicates(table, features, target, context);
        work.add({"duplicates"}, std::move(equal));
        if (target)
            work.checked.push_back("conflicting-duplicates");
        const RobustMatrix matrix = robust_matrix(table, features);
        context.progress(0.2, "Looking for near rows");
        work.add({"near-duplicates"}, check_near_duplicates(matrix, work.seed, context));
        context.progress(0.25, "Looking for outliers");
        work.add({"outliers"}, check_outliers(matrix, work.seed, context));
    }

    // Rows of the labelled ones as rows of the table.
    static void of_the_table(std::vector<Finding>& findings, const EstimatorTable& table) {
        for (Finding& finding : findings)
            for (std::size_t& row : finding.rows)
                row = table.rows[row];
    }

    void check_label_errors(Work& work, JobContext& context) const {
        const EstimatorTable& table = work.table;
        if (table.classes.size() < 2)
            return work.skip("label-error", table.classes.empty() ? "The target holds values, no classes."
                                                                  : "The target has one class only.");
        if (table.columns.empty())
            return work.skip("label-error", "There are no columns to predict the target from.");
        if (table.rows.size() < 20)
            return work.skip("label-error", "There are fewer than 20 rows.");
        const std::string model = work.spec.at("set").at("model").get<std::string>();
        CrossValidation validation = cross_validate(table.data(), {candidate(model, Json::object())}, folds,
                                                    1, work.seed, work.threads, context);
        CandidateResult& result = validation.results.front();
        if (!result.error.empty())
            return work.skip("label-error", result.error);
        // A class that some parts lack cannot be judged: its rows are taken at their word.
        const std::size_t width = table.classes.size();
        std::vector<int> count(width, 0);
        for (const std::int32_t label : table.labels)
            ++count[static_cast<std::size_t>(label)];
        for (std::size_t i = 0; i < table.labels.size(); ++i)
            if (const auto label = static_cast<std::size_t>(table.labels[i]); count[label] < 2 * folds)
                for (std::size_t k = 0; k < width; ++k)
                    result.out_of_fold[i * width + k] = k == label;
        std::vector<Finding> found = check_labels(table.labels, table.classes, result.out_of_fold);
        of_the_table(found, table);
        for (Finding& finding : found) {
            finding.figures["model"] = model;
            add_neighbours(finding, table, context);
        }
        work.add({"label-error"}, std::move(found));
    }

    // What rows like these are labelled, for whoever decides.
    static void add_neighbours(Finding& finding, const EstimatorTable& table, JobContext& context) {
        constexpr double most_compared = 2e9; // numbers
        constexpr std::size_t most_suspects = 200, neighbours = 5;
        if (static_cast<double>(table.places.size()) * static_cast<double>(table.table.rows()) > most_numbers)
            return;
        const RobustMatrix matrix = robust_matrix(table.table, table.places);
        if (matrix.columns == 0)
            return;
        const double numbers = static_cast<double>(table.rows.size()) * static_cast<double>(matrix.columns);
        const std::size_t some = std::min({finding.rows.size(), most_suspects,
                                           static_cast<std::size_t>(std::max(1.0, most_compared / numbers))});
        const auto near =
            nearest_rows(matrix, std::span(finding.rows).first(some), table.rows, neighbours, context);
        std::unordered_map<std::size_t, std::int32_t> label_of;
        for (std::size_t i = 0; i < table.rows.size(); ++i)
            label_of.emplace(table.rows[i], table.labels[i]);
        for (std::size_t i = 0; i < some; ++i) {
            Json list = Json::array();
            for (const std::size_t row : near[i])
                list.push_back({{"row", table.kept[row]},
                                {"class", table.classes[static_cast<std::size_t>(label_of.at(row))]}});
            finding.figures["suggested"][i]["neighbours"] = std::move(list);
        }
    }

    void check_leaks(Work& work, JobContext& context) const {
        const EstimatorTable& table = work.table;
        if (table.rows.size() < 20 || table.classes.size() == 1 || table.columns.empty())
            return work.skip("leaking-column", "There are too few rows, columns or classes.");
        const auto rows = drawn(table.rows.size(), mix_seed(work.seed, 21));
        const DataSubset subset(table.data(), rows);
        const EstimatorData data = subset.view();
        const Candidate tree = candidate("decision-tree", {{"depth", 10}});
        std::vector<double> scores(table.columns.size(), 0.0);
        std::atomic<std::size_t> looked{0};
        for_blocks(static_cast<std::int64_t>(scores.size()), work.threads, [&](std::int64_t at) {
            context.throw_if_cancelled();
            const auto c = static_cast<std::size_t>(at);
            std::vector<float> values;
            for (std::int64_t row = 0; row < data.features.rows; ++row) {
                const float value = data.features.row(row)[c];
                values.push_back(value);
                values.push_back(std::isnan(value) ? 1.0F : 0.0F);
            }
            const std::vector<FeatureColumn> columns{table.columns[c], {"missing", {}}};
            EstimatorData one = data;
            one.features = {values, data.features.rows, 2, nullptr};
            one.columns = columns;
            QuietJob quiet;
            const CrossValidation validation = cross_validate(one, {tree}, folds, 1, work.seed, 1, quiet);
            if (validation.results.front().error.empty())
                scores[c] = validation.results.front().scores.front().mean;
            context.progress(static_cast<double>(++looked) / static_cast<double>(scores.size()),
                             "Looking for columns that give the target away");
        });
        std::vector<Finding> found;
        const char* const score = data.classes > 0 ? "balanced accuracy" : "R2";
        for (std::size_t c = 0; c < scores.size(); ++c)
            if (scores[c] >= 0.99)
                found.push_back({"leaking-column",
                                 "serious",
                                 "The column \"" + table.columns[c].name + "\" alone gives \"" +
                                     table.target + "\" away (" + score + " " + three_digits(scores[c]) +
                                     "): make sure that it is known before the target is, or leave it out.",
                                 table.columns[c].name,
                                 {},
                                 {{"score", scores[c]}, {"of", score}}});
        work.add({"leaking-column"}, std::move(found));
    }

    void check_drift(Work& work, const EstimatorTable& other, JobContext& context) const {
        const EstimatorTable& table = work.table;
        if (table.columns.empty() || table.rows.size() < 2 * folds || other.rows.size() < 2 * folds)
            return work.skip("drift", "A table has too few rows or columns.");
        const auto here = drawn(table.rows.size(), mix_seed(work.seed, 31));
        const auto there = drawn(other.rows.size(), mix_seed(work.seed, 32));
        const std::size_t width = table.columns.size();
        std::vector<float> features;
        std::vector<std::int32_t> labels;
        for (const auto& [rows, from] : {std::pair(&here, &table), std::pair(&there, &other)})
            for (const std::int64_t row : *rows) {
                const auto begin = from->features.begin() +
                                   static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row) * width);
                features.insert(features.end(), begin, begin + static_cast<std::ptrdiff_t>(width));
                labels.push_back(from == &other);
            }
        const EstimatorData data{.features = {features, static_cast<std::int64_t>(labels.size()),
                                              static_cast<std::int64_t>(width), nullptr},
                                 .columns = table.columns,
                                 .classes = 2,
                                 .labels = labels,
                                 .values = {},
                                 .groups = {}};
        const Candidate model = candidate(work.spec.at("set").at("model").get<std::string>(), Json::object());
        PartOfJob validating(context, 0, 0.6), weighing(context, 0.6, 1);
        const CrossValidation validation =
            cross_validate(data, {model}, folds, 1, work.seed, work.threads, validating);
        const CandidateResult& result = validation.results.front();
        if (!result.error.empty())
            return work.skip("drift", result.error);
        const ScoreSpread& area = result.scores.at(2); // roc-auc
        std::vector<Finding> found;
        if (area.mean >= 0.6 && area.low > 0.5) {
            const auto importance = permutation_importance(data, model, validation.plans.front(), "roc-auc",
                                                           3, work.seed, work.threads, weighing);
            std::vector<std::size_t> order(width);
            std::iota(order.begin(), order.end(), std::size_t{0});
            std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
                return importance[a].mean > importance[b].mean;
            });
            Finding finding{
                "drift",
                area.mean >= 0.8 ? "serious" : "warning",
                "",
                table.columns[order.front()].name,
                {},
                {{"roc_auc", area.mean}, {"low", area.low}, {"high", area.high}, {"model", model.name}}};
            for (std::size_t i = 0; i < std::min<std::size_t>(20, width); ++i)
                finding.figures["columns"].push_back(
                    {{"column", table.columns[order[i]].name}, {"importance", importance[order[i]].mean}});
            std::vector<std::pair<double, std::size_t>> unlike;
            for (std::size_t i = here.size(); i < labels.size(); ++i)
                unlike.emplace_back(-result.out_of_fold[2 * i + 1],
                                    other.file_row(static_cast<std::size_t>(there[i - here.size()])));
            std::sort(unlike.begin(), unlike.end());
            unlike.resize(std::min<std::size_t>(100, unlike.size()));
            for (const auto& [probability, row] : unlike)
                finding.figures["other_rows"].push_back(row);
            finding.sentence =
                "The two tables differ: a model tells their rows apart (area under the ROC curve " +
                three_digits(area.mean) + ", 0.5 would be chance), most of all by \"" +
                table.columns[order.front()].name + "\": what is learnt from one may fail on the other.";
            found.push_back(std::move(finding));
        }
        work.add({"drift"}, std::move(found));
    }

    static Json report(Work& work) {
        const std::vector<std::string> order{"serious", "warning", "note"};
        const auto rank = [&](const Finding& finding) {
            return std::find(order.begin(), order.end(), finding.severity) - order.begin();
        };
        std::stable_sort(work.findings.begin(), work.findings.end(),
                         [&](const Finding& a, const Finding& b) { return rank(a) < rank(b); });
        Json findings = Json::array(), columns = Json::array(), classes = Json::array();
        for (const Finding& finding : work.findings)
            findings.push_back(to_json(finding, work.table.kept));
        for (const FeatureColumn& column : work.table.columns)
            columns.push_back(column.name);
        std::vector<int> rows(work.table.classes.size(), 0);
        for (const std::int32_t label : work.table.labels)
            ++rows[static_cast<std::size_t>(label)];
        for (std::size_t k = 0; k < rows.size(); ++k)
            classes.push_back({{"name", work.table.classes[k]}, {"rows", rows[k]}});
        Json json{{"rows", work.table.table.rows()}, {"columns", std::move(columns)},
                  {"classes", std::move(classes)},   {"findings", std::move(findings)},
                  {"checked", work.checked},         {"skipped", work.skipped},
                  {"notes", work.table.notes},       {"steps", to_json(work.table.steps)}};
        if (!work.table.target.empty()) {
            json["target"] = work.table.target;
            json["problem"] = work.table.classes.empty() ? "regression" : "classification";
        }
        return json;
    }

    EngineServices& services_;
};

} // namespace

void register_check_operation(EngineServices& services) {
    services.registries.operations.add(
        {.name = "check",
         .title = "Check a table",
         .help = "Looks for faults in a table: duplicates, outliers, wrong labels, leaks, gaps, drift.",
         .parameters = {},
         .make = [&services] { return std::make_unique<CheckTable>(services); }});
}

} // namespace eyepiece
