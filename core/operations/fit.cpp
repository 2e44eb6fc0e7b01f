// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/fit.h"

#include "core/learning/device.h"
#include "core/learning/estimator_explanation.h"
#include "core/learning/fit_job.h"
#include "core/operations/estimator_input.h"
#include "core/operations/fitted_model.h"
#include "core/operations/part_of_job.h"
#include "core/operations/table_source.h"
#include "core/project/runs.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

const char* const baseline = "baseline";

Json to_json(const ScoreSpread& spread) {
    return {{"mean", spread.mean},
            {"sd", spread.sd},
            {"low", spread.low},
            {"high", spread.high},
            {"parts", spread.parts}};
}

Json scores_json(const CandidateResult& result, const std::vector<std::string>& names) {
    Json scores = Json::object();
    for (std::size_t s = 0; s < result.scores.size(); ++s)
        scores[names[s]] = to_json(result.scores[s]);
    return scores;
}

std::vector<std::string> chosen_models(const Json& spec, const Registry<Estimator>& registry) {
    std::vector<std::string> names;
    const Json models = spec.value("models", Json());
    if (models.is_array()) {
        for (const Json& name : models)
            names.push_back(registry.at(name.get<std::string>()).name);
    } else if (!models.is_null() && models != "all") {
        names.push_back(registry.at(models.get<std::string>()).name);
    }
    if (names.empty())
        for (const auto& entry : registry.entries())
            names.push_back(entry.name);
    std::erase(names, baseline); // which comes first anyway
    return names;
}

std::vector<int> rows_of_classes(const EstimatorTable& table) {
    std::vector<int> rows(table.classes.size(), 0);
    for (const std::int32_t label : table.labels)
        ++rows[static_cast<std::size_t>(label)];
    return rows;
}

class Fit final : public Operation {
public:
    explicit Fit(EngineServices& services) : services_(services) {}

    std::optional<ParameterSchema> parameters(const Json& spec) const override {
        std::vector<std::string> scores{"automatic"};
        for (const bool classes : {true, false})
            for (const std::string& name : score_names(classes))
                scores.push_back(name);
        ParameterSchema schema{
            choice_parameter(
                "problem", "automatic", {"automatic", "classification", "regression"}, "Problem",
                "Whether classes or values are predicted; automatic: texts and few whole numbers are "
                "classes."),
            integer_parameter("folds", 5, "Folds",
                              "The rows are cut in so many parts, and each is predicted from the others.")
                .range(2, 1000),
            integer_parameter("repeat", 1, "Repetitions",
                              "Cross-validation is done so often, with other parts.")
                .range(1, 1000),
            choice_parameter("rank-by", "automatic", scores, "Rank by",
                             "The score that decides; automatic: balanced accuracy, or R2 of values."),
            integer_parameter("shuffles", 5, "Shuffles",
                              "How often each column is shuffled to see what it is worth; 0: never.")
                .range(0, 1000),
            integer_parameter("explain-rows", 500, "Rows explained",
                              "Partial dependence and Shapley values are averaged over so many rows.")
                .range(10, 100000)
                .rarely(),
        };
        const auto& registry = services_.registries.estimators;
        const auto models = spec.is_object() ? chosen_models(spec, registry) : std::vector<std::string>();
        for (const std::string& model : models)
            for (ParameterSpec one : registry.at(model).parameters.specs()) {
                one.name = model + "." + one.name;
                one.group = registry.at(model).title;
                if (!one.visible_when.empty())
                    one.visible_when = model + "." + one.visible_when;
                schema.add(std::move(one));
            }
        return schema;
    }

    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        const auto models = chosen_models(spec, services_.registries.estimators);
        if (!spec.contains("target") || !spec["target"].is_string())
            result.errors.push_back("What is to be predicted? Name the column as \"target\".");
        if (!spec.contains("input") || !spec["input"].is_object() || !spec["input"].contains("path"))
            result.errors.push_back("The spec does not say \"input\": {\"path\": FILE}.");
        result.summary = "Compares " + std::to_string(models.size()) + " models with the baseline.";
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const Json& set = spec.at("set");
        const int threads = select_device(spec).threads;
        const std::uint64_t seed = spec.value("seed", std::uint64_t{1});
        const int folds = set.at("folds").get<int>(), repeats = set.at("repeat").get<int>();
        PartOfJob reading(context, 0, 0.05), validating(context, 0.05, 0.75), explaining(context, 0.75, 1);
        const fs::path save = text_member(spec, "save");
        check_folder_of(save);
        chosen_models(spec, services_.registries.estimators); // an unknown name, before the reading
        const EstimatorTable table = read_estimator_table(spec, {set.at("problem").get<std::string>(), true},
                                                          services_.registries.tables, reading);
        const EstimatorData data = table.data();
        const std::string rank_by = score_to_rank_by(set, data.classes > 0);
        warn_of(table, folds, spec, context);

        const std::vector<Candidate> candidates = candidates_for(spec, data.classes > 0);
        const auto& names = score_names(data.classes > 0);
        const CrossValidation validation = cross_validate(
            data, candidates, folds, repeats, seed, threads, validating, [&](const CandidateResult& result) {
                context.partial({{"model", result.name},
                                 {"error", result.error},
                                 {"scores", scores_json(result, names)}});
            });

        OperationResult result;
        Json& json = result.json;
        json = describe(table, data);
        json["folds"] = folds;
        json["repeat"] = repeats;
        json["rank_by"] = rank_by;
        json["seed"] = seed;
        const std::vector<std::size_t> order = ranking(validation, rank_by, data.classes > 0);
        json["models"] = models_json(validation, candidates, order, rank_by, data, folds);
        const auto best = std::find_if(order.begin(), order.end(), [&](std::size_t c) {
            return candidates[c].name != baseline && validation.results[c].error.empty();
        });
        const std::size_t chosen = best == order.end() ? 0 : *best;
        json["best"] = candidates[chosen].name;
        if (data.classes > 0 && validation.results[chosen].error.empty())
            json["confusion"] = confusion(data, validation.results[chosen].out_of_fold);
        std::unique_ptr<FittedEstimator> fitted;
        if (best != order.end() || (!save.empty() && candidates.size() == 1)) {
            explaining.progress(0, "Fitting " + candidates[chosen].name + " to all rows");
            fitted = fit_to_all(data, candidates[chosen], seed, threads, explaining);
        }
        if (best != order.end())
            json["explanation"] = explain(data, candidates, validation, order, chosen, *fitted, rank_by, set,
                                          seed, threads, explaining);
        if (spec.contains("out") && spec["out"].is_string()) {
            write(spec["out"].get<std::string>(), json, table, validation, chosen);
            json["out"] = spec["out"];
        }
        if (!save.empty()) {
            if (!fitted)
                throw Error(ErrorCode::BadInput, "No model could be fitted, so that none is stored. " +
                                                     validation.results[order.back()].error);
            write_fitted_model(save, {.model = candidates[chosen].name,
                                      .parameters = candidates[chosen].parameters,
                                      .seed = seed,
                                      .target = table.target,
                                      .classes = table.classes,
                                      .columns = table.columns,
                                      .steps = table.steps,
                                      .rows = table.rows.size(),
                                      .state = fitted->state()});
            json["save"] = save.string();
        }
        context.progress(1, "Done");
        return result;
    }

private:
    // Before the work, not after it.
    static void check_folder_of(const fs::path& file) {
        std::error_code ignored;
        if (file.has_parent_path() && !fs::is_directory(file.parent_path(), ignored))
            throw Error(ErrorCode::NotFound, "There is no folder " + file.parent_path().string() +
                                                 " to store the model in. Make it, or choose another.");
        if (fs::is_directory(file, ignored))
            throw Error(ErrorCode::BadInput, file.string() +
                                                 " is a folder: no model can be stored under that name. Name "
                                                 "a file.");
    }

    static std::unique_ptr<FittedEstimator> fit_to_all(const EstimatorData& data, const Candidate& candidate,
                                                       std::uint64_t seed, int threads, JobContext& context) {
        FitJob job(context);
        context.throw_if_cancelled();
        return candidate.estimator->fit({data, candidate.parameters, seed, threads}, job);
    }

    static std::string score_to_rank_by(const Json& set, bool classes) {
        const std::string asked = set.at("rank-by").get<std::string>();
        const auto& names = score_names(classes);
        if (asked == "automatic")
            return names.front();
        if (std::find(names.begin(), names.end(), asked) == names.end())
            throw Error(ErrorCode::BadInput, "\"" + asked + "\" is no score of " +
                                                 (classes ? "classes" : "values") +
                                                 ": choose another for rank-by.");
        return asked;
    }

    static void warn_of(const EstimatorTable& table, int folds, const Json& spec, JobContext& context) {
        for (const std::string& sentence : table.left_out)
            context.warn("Left out: " + sentence);
        for (const std::string& note : table.notes)
            context.warn(note);
        const std::vector<int> rows = rows_of_classes(table);
        for (std::size_t k = 0; k < rows.size(); ++k)
            if (rows[k] < folds)
                context.warn("The class \"" + table.classes[k] + "\" has " + std::to_string(rows[k]) +
                             (rows[k] == 1 ? " row" : " rows") + ", fewer than folds: some parts lack it.");
        if (table.classes.size() == 1)
            throw Error(ErrorCode::BadInput, "The target \"" + table.target +
                                                 "\" has one class only: there is nothing to tell apart.");
        for (const RecordedStep& step : table.steps)
            if (step.name == "scale" || step.name == "impute" || step.name == "highly-variable")
                context.warn(
                    "The step " + step.name +
                    " learns of all rows, held-out ones too: scores may come out a little too good. Each "
                    "model does the like itself, within the rows it is trained on.");
        if (spec.contains("group") && !spec["group"].is_null() && table.groups.empty())
            throw Error(ErrorCode::Internal, "The groups were lost.");
    }

    std::vector<Candidate> candidates_for(const Json& spec, bool classes) const {
        const auto& registry = services_.registries.estimators;
        if (!registry.find(baseline))
            throw Error(ErrorCode::NotFound,
                        "There are no models to fit: the plugin \"estimators\" is missing.");
        const Json models = spec.value("models", Json());
        const bool named = models.is_array() || (models.is_string() && models != "all");
        std::vector<Candidate> candidates{{baseline, registry.make(baseline), Json::object()}};
        for (const std::string& name : chosen_models(spec, registry)) {
            const auto& entry = registry.at(name);
            std::shared_ptr<const Estimator> estimator = entry.make();
            if (classes ? !estimator->fits_classes() : !estimator->fits_values()) {
                if (named)
                    throw Error(ErrorCode::BadInput, entry.title + " predicts no " +
                                                         (classes ? "classes" : "values") +
                                                         ". Choose another model, or another problem.");
                continue;
            }
            Json given = Json::object();
            for (const ParameterSpec& one : entry.parameters.specs())
                if (const auto found = spec.at("set").find(name + "." + one.name);
                    found != spec.at("set").end())
                    given[one.name] = *found;
            candidates.push_back({name, std::move(estimator), entry.parameters.complete(given)});
        }
        return candidates;
    }

    static Json describe(const EstimatorTable& table, const EstimatorData& data) {
        Json columns = Json::array(), classes = Json::array();
        for (const FeatureColumn& column : table.columns)
            columns.push_back(column.name);
        const std::vector<int> rows = rows_of_classes(table);
        for (std::size_t k = 0; k < rows.size(); ++k)
            classes.push_back({{"name", table.classes[k]}, {"rows", rows[k]}});
        return {{"problem", data.classes > 0 ? "classification" : "regression"},
                {"target", table.target},
                {"rows", table.rows.size()},
                {"columns", columns},
                {"left_out", table.left_out},
                {"classes", classes},
                {"steps", eyepiece::to_json(table.steps)},
                {"notes", table.notes}};
    }

    // The baseline, then the best score first; what failed comes last.
    static std::vector<std::size_t> ranking(const CrossValidation& validation, const std::string& rank_by,
                                            bool classes) {
        const auto& names = score_names(classes);
        const auto at = [&](const std::string& name) {
            return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
        };
        const std::size_t first = at(rank_by), second = classes ? at("log-loss") : at("mae");
        const auto key = [&](std::size_t c, std::size_t score) {
            const double mean = validation.results[c].scores[score].mean;
            return std::isnan(mean) ? HUGE_VAL : better_when_small(names[score]) ? mean : -mean;
        };
        std::vector<std::size_t> order(validation.results.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            if ((a == 0) != (b == 0))
                return a == 0;
            const bool a_failed = !validation.results[a].error.empty(),
                       b_failed = !validation.results[b].error.empty();
            if (a_failed || b_failed)
                return !a_failed && b_failed;
            return key(a, first) != key(b, first) ? key(a, first) < key(b, first)
                                                  : key(a, second) < key(b, second);
        });
        return order;
    }

    Json models_json(const CrossValidation& validation, const std::vector<Candidate>& candidates,
                     const std::vector<std::size_t>& order, const std::string& rank_by,
                     const EstimatorData& data, int folds) const {
        const auto& names = score_names(data.classes > 0);
        const auto score =
            static_cast<std::size_t>(std::find(names.begin(), names.end(), rank_by) - names.begin());
        Json models = Json::array();
        for (std::size_t place = 0; place < order.size(); ++place) {
            const CandidateResult& result = validation.results[order[place]];
            Json one{{"model", result.name},
                     {"title", services_.registries.estimators.at(result.name).title},
                     {"baseline", order[place] == 0},
                     {"parameters", candidates[order[place]].parameters},
                     {"seconds", result.seconds}};
            if (!result.error.empty()) {
                one["error"] = result.error;
            } else {
                one["rank"] = place;
                one["scores"] = scores_json(result, names);
                std::vector<double> difference;
                for (std::size_t i = 0; i < result.scores[score].parts.size(); ++i)
                    difference.push_back(
                        (result.scores[score].parts[i] - validation.results[0].scores[score].parts[i]) *
                        (better_when_small(rank_by) ? -1 : 1));
                // Against itself, or where a part has no score, there is nothing to beat.
                one["beats_baseline"] =
                    order[place] != 0 && spread_of(std::move(difference), 1.0 / (folds - 1)).low > 0;
            }
            models.push_back(std::move(one));
        }
        return models;
    }

    static Json confusion(const EstimatorData& data, const std::vector<double>& predicted) {
        const auto width = static_cast<std::size_t>(data.classes);
        std::vector<std::vector<int>> counts(width, std::vector<int>(width, 0));
        for (std::size_t i = 0; i < data.labels.size(); ++i) {
            const auto row = predicted.begin() + static_cast<std::ptrdiff_t>(i * width);
            ++counts[static_cast<std::size_t>(data.labels[i])][static_cast<std::size_t>(
                std::max_element(row, row + static_cast<std::ptrdiff_t>(width)) - row)];
        }
        return counts;
    }

    static Json explain(const EstimatorData& data, const std::vector<Candidate>& candidates,
                        const CrossValidation& validation, const std::vector<std::size_t>& order,
                        std::size_t chosen, const FittedEstimator& fitted, const std::string& rank_by,
                        const Json& set, std::uint64_t seed, int threads, JobContext& context) {
        const Candidate& candidate = candidates[chosen];
        const int most_rows = set.at("explain-rows").get<int>(), shuffles = set.at("shuffles").get<int>();
        context.progress(0, "Explaining " + candidate.name);
        Json json{{"model", candidate.name}, {"notes", fitted.notes()}, {"coefficients", Json::array()}};
        for (const Coefficient& one : fitted.coefficients())
            json["coefficients"].push_back({{"feature", one.feature}, {"values", one.values}});

        context.progress(0.1, "Shuffling columns");
        const auto columns = static_cast<std::size_t>(data.features.columns);
        std::vector<ColumnImportance> importance;
        if (shuffles > 0)
            importance = permutation_importance(data, candidate, validation.plans.front(), rank_by, shuffles,
                                                seed, threads, context);
        const std::vector<double> gain = fitted.importances();

        // The best one that has Shapley values, were it not the best of all.
        context.progress(0.6, "Shapley values");
        MeanShap shap;
        std::string shap_model;
        for (const std::size_t c : order) {
            if (c == 0 || !validation.results[c].error.empty())
                continue;
            std::unique_ptr<FittedEstimator> other;
            if (c != chosen) {
                if (fitted.has_shap())
                    break;
                other = fit_to_all(data, candidates[c], seed, threads, context);
            }
            const FittedEstimator& one = c == chosen ? fitted : *other;
            if (!one.has_shap())
                continue;
            shap = mean_shap(data, one, most_rows, seed, threads, context);
            shap_model = candidates[c].name;
            break;
        }

        Json list = Json::array();
        for (std::size_t c = 0; c < columns; ++c) {
            Json one{{"column", data.columns[c].name}};
            if (!importance.empty()) {
                one["permutation"] = importance[c].mean;
                one["permutation_sd"] = importance[c].sd;
            }
            if (!gain.empty())
                one["gain"] = gain[c];
            if (!shap.columns.empty())
                one["shap"] = shap.columns[c];
            list.push_back(std::move(one));
        }
        json["importances"] = std::move(list);
        if (!shap_model.empty()) {
            Json of_columns = Json::array();
            for (std::size_t c = 0; c < columns; ++c) {
                Json classes = Json::array();
                for (const auto& output : shap.outputs)
                    classes.push_back(output[c]);
                of_columns.push_back(
                    {{"column", data.columns[c].name}, {"value", shap.columns[c]}, {"classes", classes}});
            }
            json["shap"] = {
                {"model", shap_model}, {"unit", shap.unit}, {"rows", shap.rows}, {"columns", of_columns}};
        }

        context.progress(0.8, "Partial dependence");
        std::vector<std::size_t> strongest(columns);
        std::iota(strongest.begin(), strongest.end(), std::size_t{0});
        const auto strength = [&](std::size_t c) {
            return !importance.empty()     ? importance[c].mean
                   : !gain.empty()         ? gain[c]
                   : !shap.columns.empty() ? shap.columns[c]
                                           : 0.0;
        };
        std::stable_sort(strongest.begin(), strongest.end(),
                         [&](std::size_t a, std::size_t b) { return strength(a) > strength(b); });
        strongest.resize(std::min<std::size_t>(4, strongest.size()));
        json["partial_dependence"] = Json::array();
        for (const std::size_t column : strongest)
            json["partial_dependence"].push_back(dependence_json(
                data, partial_dependence(data, fitted, column, 20, most_rows, seed, threads, context)));
        return json;
    }

    static Json dependence_json(const EstimatorData& data, const PartialDependence& dependence) {
        Json curves = Json::array();
        for (std::size_t k = 0; k < dependence.curves.size(); ++k) {
            Json one{{"values", dependence.curves[k]}, {"spread", dependence.spread[k]}};
            if (data.classes > 0)
                one["class"] = data.classes == 2 ? 1 : static_cast<int>(k);
            curves.push_back(std::move(one));
        }
        Json json{{"column", data.columns[dependence.column].name},
                  {"grid", dependence.grid},
                  {"curves", std::move(curves)}};
        if (data.columns[dependence.column].categorical())
            json["labels"] = data.columns[dependence.column].categories;
        return json;
    }

    static void write(const std::string& path, const Json& json, const EstimatorTable& table,
                      const CrossValidation& validation, std::size_t chosen) {
        Json whole = json;
        Json rows = Json::array();
        for (std::size_t i = 0; i < table.rows.size(); ++i)
            rows.push_back(table.file_row(i));
        whole["row"] = std::move(rows);
        whole["folds_of"] = validation.plans;
        whole["out_of_fold"] = validation.results[chosen].out_of_fold;
        write_file_atomically(path, whole.dump() + "\n");
    }

    EngineServices& services_;
};

} // namespace

void register_fit_operation(EngineServices& services) {
    services.registries.operations.add({.name = "fit",
                                        .title = "Fit simple models",
                                        .help = "Cross-validates simple models of a table, ranks them "
                                                "against the baseline, and explains the best.",
                                        .parameters = {},
                                        .make = [&services] { return std::make_unique<Fit>(services); }});
}

} // namespace eyepiece
