// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/estimator_explanation.h"

#include "core/learning/fit_job.h"
#include "core/learning/parallel.h"
#include "core/learning/random.h"

#include <algorithm>
#include <cmath>

namespace eyepiece {
namespace {

std::vector<std::int64_t> some_rows(std::int64_t rows, std::int64_t most, std::uint64_t seed) {
    const auto order = Random(seed).permutation(static_cast<std::size_t>(rows));
    std::vector<std::int64_t> chosen(order.begin(),
                                     order.begin() + static_cast<std::ptrdiff_t>(std::min(rows, most)));
    std::sort(chosen.begin(), chosen.end());
    return chosen;
}

double score_of(const EstimatorData& held, const std::vector<double>& predicted, const std::string& score) {
    double value = 0;
    if (held.classes > 0) {
        const ClassScores s = score_classes(held.labels, held.classes, predicted);
        value = score == "accuracy"   ? s.accuracy
                : score == "roc-auc"  ? s.roc_auc
                : score == "log-loss" ? s.log_loss
                                      : s.balanced_accuracy;
    } else {
        const ValueScores s = score_values(held.values, predicted);
        value = score == "rmse" ? s.rmse : score == "mae" ? s.mae : s.r2;
    }
    return better_when_small(score) ? -value : value;
}

} // namespace

std::vector<ColumnImportance> permutation_importance(const EstimatorData& data, const Candidate& candidate,
                                                     const FoldPlan& plan, const std::string& score,
                                                     int shuffles, std::uint64_t seed, int threads,
                                                     JobContext& context) {
    const int folds = *std::max_element(plan.begin(), plan.end()) + 1;
    const auto columns = static_cast<std::size_t>(data.features.columns);
    struct Fold {
        std::unique_ptr<FittedEstimator> fitted;
        std::unique_ptr<DataSubset> held;
        double score = 0;
    };
    std::vector<Fold> fitted(static_cast<std::size_t>(folds));
    for_blocks(folds, threads, [&](std::int64_t fold) {
        std::vector<std::int64_t> inside, outside;
        for (std::size_t i = 0; i < plan.size(); ++i)
            (plan[i] == fold ? outside : inside).push_back(static_cast<std::int64_t>(i));
        const DataSubset train(data, inside);
        Fold& one = fitted[static_cast<std::size_t>(fold)];
        FitJob job(context);
        context.throw_if_cancelled();
        one.fitted = candidate.estimator->fit(
            {train.view(), candidate.parameters, fit_seed(seed, 0, static_cast<int>(fold)), 1}, job);
        std::vector<std::int64_t> looked;
        for (const std::int64_t i :
             some_rows(static_cast<std::int64_t>(outside.size()), 2000, mix_seed(seed, 3)))
            looked.push_back(outside[static_cast<std::size_t>(i)]);
        one.held = std::make_unique<DataSubset>(data, looked);
        one.score = score_of(one.held->view(), one.fitted->predict(one.held->view().features, 1, job), score);
    });
    std::vector<std::vector<double>> drops(
        columns, std::vector<double>(static_cast<std::size_t>(folds * shuffles), 0.0));
    for_blocks(static_cast<std::int64_t>(columns) * folds, threads, [&](std::int64_t unit) {
        context.throw_if_cancelled();
        const auto column = static_cast<std::size_t>(unit / folds);
        const auto fold = static_cast<std::size_t>(unit % folds);
        const EstimatorData held = fitted[fold].held->view();
        const auto rows = static_cast<std::size_t>(held.features.rows);
        std::vector<float> values(held.features.values.begin(), held.features.values.end());
        for (int shuffle = 0; shuffle < shuffles; ++shuffle) {
            const auto order = Random(mix_seed(mix_seed(seed, static_cast<std::uint64_t>(unit)),
                                               static_cast<std::uint64_t>(shuffle)))
                                   .permutation(rows);
            for (std::size_t i = 0; i < rows; ++i)
                values[i * columns + column] = held.features.values[order[i] * columns + column];
            MatrixView view = held.features;
            view.values = values;
            const double now = score_of(held, fitted[fold].fitted->predict(view, 1, context), score);
            drops[column][fold * static_cast<std::size_t>(shuffles) + static_cast<std::size_t>(shuffle)] =
                fitted[fold].score - now;
        }
    });
    std::vector<ColumnImportance> result;
    for (const auto& column : drops) {
        double count = 0, sum = 0, squares = 0;
        for (const double drop : column)
            if (std::isfinite(drop))
                count += 1, sum += drop;
        ColumnImportance one{count > 0 ? sum / count : 0, 0};
        for (const double drop : column)
            if (std::isfinite(drop))
                squares += (drop - one.mean) * (drop - one.mean);
        one.sd = count > 1 ? std::sqrt(squares / (count - 1)) : 0;
        result.push_back(one);
    }
    return result;
}

PartialDependence partial_dependence(const EstimatorData& data, const FittedEstimator& fitted,
                                     std::size_t column, int points, int most_rows, std::uint64_t seed,
                                     int threads, JobContext& context) {
    PartialDependence result;
    result.column = column;
    const auto columns = static_cast<std::size_t>(data.features.columns);
    if (data.columns[column].categorical()) {
        for (std::size_t k = 0; k < data.columns[column].categories.size(); ++k)
            result.grid.push_back(static_cast<double>(k));
    } else {
        std::vector<float> values;
        for (std::int64_t row = 0; row < data.features.rows; ++row)
            if (const float value = data.features.row(row)[column]; !std::isnan(value))
                values.push_back(value);
        std::sort(values.begin(), values.end());
        for (int i = 0; i < points && !values.empty(); ++i) {
            const double place =
                (0.02 + 0.96 * i / std::max(1, points - 1)) * static_cast<double>(values.size() - 1);
            const double value = values[static_cast<std::size_t>(std::lround(place))];
            if (result.grid.empty() || value > result.grid.back())
                result.grid.push_back(value);
        }
    }
    const DataSubset some(data, some_rows(data.features.rows, most_rows, mix_seed(seed, 7)));
    const EstimatorData rows = some.view();
    const auto outputs = static_cast<std::size_t>(data.outputs());
    std::vector<std::vector<double>> means(result.grid.size(), std::vector<double>(outputs, 0.0));
    for_blocks(static_cast<std::int64_t>(result.grid.size()), threads, [&](std::int64_t at) {
        context.throw_if_cancelled();
        const auto place = static_cast<std::size_t>(at);
        std::vector<float> values(rows.features.values.begin(), rows.features.values.end());
        for (std::size_t i = column; i < values.size(); i += columns)
            values[i] = static_cast<float>(result.grid[place]);
        MatrixView view = rows.features;
        view.values = values;
        const auto predicted = fitted.predict(view, 1, context);
        for (std::size_t i = 0; i < predicted.size(); ++i)
            means[place][i % outputs] += predicted[i] / static_cast<double>(view.rows);
    });
    for (std::size_t k = data.classes == 2 ? 1 : 0; k < outputs; ++k) {
        std::vector<double> curve;
        double sum = 0, squares = 0;
        for (const auto& one : means)
            curve.push_back(one[k]), sum += one[k];
        const double mean = sum / static_cast<double>(std::max<std::size_t>(1, curve.size()));
        for (const double value : curve)
            squares += (value - mean) * (value - mean);
        result.spread.push_back(
            std::sqrt(squares / static_cast<double>(std::max<std::size_t>(1, curve.size()))));
        result.curves.push_back(std::move(curve));
    }
    return result;
}

MeanShap mean_shap(const EstimatorData& data, const FittedEstimator& fitted, int most_rows,
                   std::uint64_t seed, int threads, JobContext& context) {
    const DataSubset some(data, some_rows(data.features.rows, most_rows, mix_seed(seed, 11)));
    const MatrixView rows = some.view().features;
    const ShapValues values = fitted.shap(rows, threads, context);
    const auto columns = static_cast<std::size_t>(rows.columns), outputs = values.base.size();
    MeanShap result;
    result.unit = values.unit;
    result.rows = rows.rows;
    result.columns.assign(columns, 0.0);
    result.outputs.assign(outputs, std::vector<double>(columns, 0.0));
    for (std::size_t i = 0; i < values.values.size(); ++i) {
        const double size = std::abs(values.values[i]) / static_cast<double>(rows.rows);
        const std::size_t column = i / outputs % columns;
        result.outputs[i % outputs][column] += size;
        result.columns[column] += size / static_cast<double>(outputs);
    }
    return result;
}

} // namespace eyepiece
