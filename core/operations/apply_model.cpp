// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/apply_model.h"

#include "core/learning/cross_validation.h"
#include "core/learning/device.h"
#include "core/operations/estimator_input.h"
#include "core/operations/fitted_model.h"
#include "core/operations/part_of_job.h"
#include "core/operations/table_input.h"
#include "core/operations/table_source.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t rows_at_once = 1 << 15; // so that a cancel is heard between

std::string text_of(double value) {
    char text[32]; // the shortest that reads back as the same number, with a point in every locale
    const auto end = std::to_chars(text, text + sizeof text, value);
    return {text, end.ptr};
}

std::size_t largest(std::span<const double> row) {
    return static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

class Apply final : public Operation {
public:
    explicit Apply(EngineServices& services) : services_(services) {}

    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        const FittedModel model = read_fitted_model(path_in_spec(spec));
        result.summary = "Predicts \"" + model.target + "\" of the rows of " +
                         path_in(spec, "input").filename().string() + " by " +
                         services_.registries.estimators.at(model.model).title + ".";
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const FittedModel model = read_fitted_model(path_in_spec(spec));
        path_in(spec, "input"); // throws, before the work
        const auto& entry = services_.registries.estimators.at(model.model);
        const int threads = select_device(spec).threads;
        const auto fitted =
            entry.make()->restore(model.state, model.columns, static_cast<int>(model.classes.size()));
        PartOfJob reading(context, 0, 0.3), predicting(context, 0.3, 0.9);
        EstimatorTable known;
        known.columns = model.columns;
        known.steps = model.steps;
        known.target = model.target;
        const EstimatorTable table =
            read_more_rows(spec.at("input"), known, services_.registries.tables, reading);
        for (const std::string& note : table.notes)
            context.warn(note);
        const std::vector<double> predicted = predict(*fitted, table, threads, predicting);

        OperationResult result;
        Json& json = result.json;
        const bool classes = !model.classes.empty();
        json = {{"model", model.model},
                {"title", entry.title},
                {"problem", classes ? "classification" : "regression"},
                {"target", model.target},
                {"rows", table.rows.size()},
                {"learnt_rows", model.rows},
                {"columns", Json::array()},
                {"classes", taken(model, predicted)},
                {"notes", table.notes}};
        for (const FeatureColumn& column : model.columns)
            json["columns"].push_back(column.name);
        if (table.kept.size() != table.rows_read) // steps only leave rows out
            json["kept_rows"] = table.kept;
        if (const Json scores = score(model, table, predicted); !scores.is_null())
            json["scores"] = scores;
        const auto bytes = std::as_bytes(std::span(predicted));
        result.bytes.assign(bytes.begin(), bytes.end());
        if (const std::string out = text_member(spec, "out"); !out.empty()) {
            context.progress(0.9, "Writing");
            write(out, model, table, predicted);
            json["out"] = out;
        }
        context.progress(1, "Done");
        return result;
    }

private:
    static fs::path path_in_spec(const Json& spec) {
        const auto model = spec.find("model");
        if (model == spec.end() || !model->is_string())
            throw Error(ErrorCode::BadInput, "The spec does not say \"model\": a file that fit stored.");
        return model->get<std::string>();
    }

    static std::vector<double> predict(const FittedEstimator& fitted, const EstimatorTable& table,
                                       int threads, JobContext& context) {
        const MatrixView all = table.data().features;
        std::vector<double> predicted;
        for (std::int64_t from = 0; from < all.rows; from += rows_at_once) {
            context.throw_if_cancelled();
            context.progress(static_cast<double>(from) / static_cast<double>(all.rows), "Predicting");
            const std::int64_t rows = std::min(rows_at_once, all.rows - from);
            const std::vector<double> some =
                fitted.predict({all.values.subspan(static_cast<std::size_t>(from * all.columns),
                                                   static_cast<std::size_t>(rows * all.columns)),
                                rows, all.columns, nullptr},
                               threads, context);
            predicted.insert(predicted.end(), some.begin(), some.end());
        }
        context.throw_if_cancelled();
        return predicted;
    }

    static Json taken(const FittedModel& model, std::span<const double> predicted) {
        const std::size_t width = model.classes.size();
        std::vector<std::size_t> rows(width, 0);
        for (std::size_t at = 0; width > 0 && at < predicted.size(); at += width)
            ++rows[largest(predicted.subspan(at, width))];
        Json json = Json::array();
        for (std::size_t k = 0; k < width; ++k)
            json.push_back({{"name", model.classes[k]}, {"rows", rows[k]}});
        return json;
    }

    // Null: the table does not know the target of any row, or only classes that the model does not know.
    static Json score(const FittedModel& model, const EstimatorTable& table,
                      std::span<const double> predicted) {
        const std::size_t width = std::max<std::size_t>(1, model.classes.size());
        const auto& columns = table.table.dense();
        const auto column = std::find_if(columns.begin(), columns.end(),
                                         [&](const Column& one) { return one.name() == model.target; });
        if (column == columns.end() || (model.classes.empty() && !column->numeric()))
            return nullptr;
        std::unordered_map<std::string, std::int32_t> code;
        for (std::size_t k = 0; k < model.classes.size(); ++k)
            code.emplace(model.classes[k], static_cast<std::int32_t>(k));
        std::vector<std::int32_t> labels;
        std::vector<double> values, of_known;
        for (std::size_t i = 0; i < table.rows.size(); ++i) {
            const std::size_t row = table.rows[i];
            if (column->missing(row))
                continue;
            if (model.classes.empty()) {
                if (!std::isfinite(column->number(row)))
                    continue;
                values.push_back(column->number(row));
            } else {
                const auto found = code.find(column->shown(row));
                if (found == code.end())
                    continue;
                labels.push_back(found->second);
            }
            const auto own = predicted.subspan(i * width, width);
            of_known.insert(of_known.end(), own.begin(), own.end());
        }
        if (of_known.empty())
            return nullptr;
        const std::size_t rows = of_known.size() / width;
        if (model.classes.empty()) {
            const ValueScores scores = score_values(values, of_known);
            return {{"r2", scores.r2}, {"rmse", scores.rmse}, {"mae", scores.mae}, {"rows", rows}};
        }
        const ClassScores scores = score_classes(labels, static_cast<int>(width), of_known);
        return {{"balanced-accuracy", scores.balanced_accuracy},
                {"accuracy", scores.accuracy},
                {"roc-auc", scores.roc_auc},
                {"log-loss", scores.log_loss},
                {"rows", rows}};
    }

    static void write(const fs::path& path, const FittedModel& model, const EstimatorTable& table,
                      std::span<const double> predicted) {
        std::vector<std::string> columns{"predicted"};
        for (const std::string& name : model.classes)
            columns.push_back("probability " + name);
        const std::size_t width = std::max<std::size_t>(1, model.classes.size());
        write_item_table(path, item_names(table.table, table.kept), columns,
                         [&](std::size_t row, std::vector<std::string>& out) {
                             const auto own = predicted.subspan(row * width, width);
                             if (!model.classes.empty())
                                 out.push_back(model.classes[largest(own)]);
                             for (const double value : own)
                                 out.push_back(text_of(value));
                         });
    }

    EngineServices& services_;
};

} // namespace

void register_apply_operation(EngineServices& services) {
    services.registries.operations.add({.name = "apply",
                                        .title = "Apply a stored model",
                                        .help = "Predicts the rows of a table with a simple model that fit "
                                                "has stored.",
                                        .parameters = {},
                                        .make = [&services] { return std::make_unique<Apply>(services); }});
}

} // namespace eyepiece
