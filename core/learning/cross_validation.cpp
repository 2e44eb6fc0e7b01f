// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/cross_validation.h"

#include "core/learning/fit_job.h"
#include "core/learning/parallel.h"
#include "core/learning/random.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>

namespace eyepiece {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Shares of classes (of values: one class) in each part, with a group at a time put where they stay evenest.
FoldPlan plan_groups(const EstimatorData& data, int folds, std::uint64_t seed) {
    const int classes = std::max(1, data.classes);
    std::map<std::int32_t, std::size_t> number;
    for (const std::int32_t group : data.groups)
        number.emplace(group, number.size());
    if (number.size() < static_cast<std::size_t>(folds))
        throw Error(ErrorCode::BadInput, "There are " + std::to_string(number.size()) + " groups and " +
                                             std::to_string(folds) +
                                             " folds: choose at most as many folds as groups.");
    std::vector<std::vector<double>> counts(number.size(),
                                            std::vector<double>(static_cast<std::size_t>(classes), 0.0));
    std::vector<double> all(static_cast<std::size_t>(classes), 0.0);
    for (std::size_t i = 0; i < data.groups.size(); ++i) {
        const auto label = data.classes > 0 ? static_cast<std::size_t>(data.labels[i]) : 0;
        counts[number.at(data.groups[i])][label] += 1;
        all[label] += 1;
    }
    const auto unevenness = [](const std::vector<double>& values) {
        const double mean =
            std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
        double sum = 0;
        for (const double value : values)
            sum += (value - mean) * (value - mean);
        return std::sqrt(sum / static_cast<double>(values.size()));
    };
    // The most uneven groups first, and large ones, while there is most freedom.
    std::vector<std::size_t> order = Random(seed).permutation(number.size());
    std::vector<std::pair<double, double>> weight;
    for (const auto& one : counts)
        weight.emplace_back(unevenness(one), std::accumulate(one.begin(), one.end(), 0.0));
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return weight[a] > weight[b]; });
    std::vector<std::vector<double>> filled(static_cast<std::size_t>(folds),
                                            std::vector<double>(static_cast<std::size_t>(classes), 0.0));
    std::vector<std::int32_t> part(number.size());
    std::size_t left = number.size();
    std::vector<bool> empty(static_cast<std::size_t>(folds), true);
    for (const std::size_t group : order) {
        const auto empties = static_cast<std::size_t>(std::count(empty.begin(), empty.end(), true));
        double least = HUGE_VAL, least_rows = HUGE_VAL;
        int best = 0;
        for (int fold = 0; fold < folds; ++fold) {
            const auto f = static_cast<std::size_t>(fold);
            if (left <= empties && !empty[f])
                continue; // no part may go without
            double spread = 0;
            for (std::size_t c = 0; c < all.size(); ++c) {
                std::vector<double> shares;
                for (std::size_t other = 0; other < filled.size(); ++other)
                    shares.push_back((filled[other][c] + (other == f ? counts[group][c] : 0)) /
                                     std::max(1.0, all[c]));
                spread += unevenness(shares);
            }
            const double rows = std::accumulate(filled[f].begin(), filled[f].end(), 0.0);
            if (spread < least - 1e-12 || (spread < least + 1e-12 && rows < least_rows))
                least = spread, least_rows = rows, best = fold;
        }
        part[group] = best;
        empty[static_cast<std::size_t>(best)] = false;
        for (std::size_t c = 0; c < all.size(); ++c)
            filled[static_cast<std::size_t>(best)][c] += counts[group][c];
        --left;
    }
    FoldPlan plan;
    for (const std::int32_t group : data.groups)
        plan.push_back(part[number.at(group)]);
    return plan;
}

// Midranks: ties share the mean of their places, from 1.
std::vector<double> ranks(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> result(values.size());
    for (std::size_t from = 0; from < order.size();) {
        std::size_t to = from + 1;
        while (to < order.size() && values[order[to]] == values[order[from]])
            ++to;
        for (std::size_t i = from; i < to; ++i)
            result[order[i]] = (static_cast<double>(from + to) + 1) / 2;
        from = to;
    }
    return result;
}

// The regularised incomplete beta function, by Lentz's continued fraction (Numerical Recipes, 6.4).
double incomplete_beta(double a, double b, double x) {
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    if (x > (a + 1) / (a + b + 2))
        return 1 - incomplete_beta(b, a, 1 - x);
    const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) +
                                  b * std::log1p(-x)) /
                         a;
    constexpr double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (std::abs(d) < tiny ? tiny : d);
    double result = d;
    for (int m = 1; m < 500; ++m) {
        for (const double step : {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                                  -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))}) {
            d = 1 + step * d;
            d = 1 / (std::abs(d) < tiny ? tiny : d);
            c = 1 + step / c;
            c = std::abs(c) < tiny ? tiny : c;
            result *= c * d;
        }
        if (std::abs(c * d - 1) < 1e-14)
            break;
    }
    return front * result;
}

// The t that Student's distribution exceeds with probability 0.025.
double t_quantile(double degrees) {
    double low = 0, high = 1000;
    for (int i = 0; i < 100; ++i) {
        const double t = (low + high) / 2;
        const double outside = incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t));
        (outside > 0.05 ? low : high) = t;
    }
    return (low + high) / 2;
}

std::vector<double> scores_of(const EstimatorData& held, const std::vector<double>& predicted) {
    if (held.classes > 0) {
        const ClassScores s = score_classes(held.labels, held.classes, predicted);
        return {s.balanced_accuracy, s.accuracy, s.roc_auc, s.log_loss};
    }
    const ValueScores s = score_values(held.values, predicted);
    return {s.r2, s.rmse, s.mae};
}

} // namespace

FoldPlan plan_folds(const EstimatorData& data, int folds, std::uint64_t seed) {
    const auto rows = static_cast<std::size_t>(data.features.rows);
    if (folds < 2 || rows < static_cast<std::size_t>(folds))
        throw Error(ErrorCode::BadInput, "Cross-validation takes at least 2 folds and at least as many rows: "
                                         "there are " +
                                             std::to_string(rows) + " rows and " + std::to_string(folds) +
                                             " folds.");
    if (!data.groups.empty())
        return plan_groups(data, folds, seed);
    FoldPlan plan(rows);
    const auto order = Random(seed).permutation(rows);
    std::size_t dealt = 0; // goes on from class to class, so that parts are of one size
    for (int c = 0; c < std::max(1, data.classes); ++c)
        for (const std::size_t row : order)
            if (data.classes == 0 || data.labels[row] == c)
                plan[row] = static_cast<std::int32_t>(dealt++ % static_cast<std::size_t>(folds));
    return plan;
}

double area_under_roc(std::span<const double> scores, const std::vector<bool>& positive) {
    const auto ones = static_cast<double>(std::count(positive.begin(), positive.end(), true));
    const double zeros = static_cast<double>(positive.size()) - ones;
    if (ones == 0 || zeros == 0)
        return nan;
    const std::vector<double> rank = ranks(scores);
    double sum = 0;
    for (std::size_t i = 0; i < rank.size(); ++i)
        if (positive[i])
            sum += rank[i];
    return (sum - ones * (ones + 1) / 2) / (ones * zeros);
}

ClassScores score_classes(std::span<const std::int32_t> labels, int classes,
                          std::span<const double> probabilities) {
    ClassScores scores;
    const std::size_t rows = labels.size(), width = static_cast<std::size_t>(classes);
    if (rows == 0)
        return {nan, nan, nan, nan};
    std::vector<double> right(width, 0.0), count(width, 0.0);
    for (std::size_t i = 0; i < rows; ++i) {
        const auto row = probabilities.subspan(i * width, width);
        const auto taken = static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
        const auto label = static_cast<std::size_t>(labels[i]);
        count[label] += 1;
        right[label] += taken == labels[i];
        scores.log_loss -= std::log(std::clamp(row[label], 1e-15, 1.0)) / static_cast<double>(rows);
    }
    scores.accuracy = std::accumulate(right.begin(), right.end(), 0.0) / static_cast<double>(rows);
    double occurring = 0, areas = 0, with_area = 0;
    std::vector<double> column(rows);
    std::vector<bool> positive(rows);
    for (std::size_t c = 0; c < width; ++c) {
        if (count[c] > 0)
            occurring += 1, scores.balanced_accuracy += right[c] / count[c];
        if (width == 2 && c == 0)
            continue;
        for (std::size_t i = 0; i < rows; ++i) {
            column[i] = probabilities[i * width + c];
            positive[i] = labels[i] == static_cast<std::int32_t>(c);
        }
        if (const double area = area_under_roc(column, positive); !std::isnan(area))
            areas += area, with_area += 1;
    }
    scores.balanced_accuracy /= occurring;
    scores.roc_auc = with_area > 0 ? areas / with_area : nan;
    return scores;
}

ValueScores score_values(std::span<const double> truth, std::span<const double> predicted) {
    const auto rows = static_cast<double>(truth.size());
    if (truth.empty())
        return {nan, nan, nan};
    const double mean = std::accumulate(truth.begin(), truth.end(), 0.0) / rows;
    double squares = 0, total = 0;
    ValueScores scores;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        const double miss = truth[i] - predicted[i];
        squares += miss * miss;
        total += (truth[i] - mean) * (truth[i] - mean);
        scores.mae += std::abs(miss) / rows;
    }
    scores.rmse = std::sqrt(squares / rows);
    scores.r2 = total > 0 ? 1 - squares / total : nan;
    return scores;
}

ScoreSpread spread_of(std::vector<double> parts, double test_share) {
    ScoreSpread spread;
    double count = 0, sum = 0, squares = 0;
    for (const double part : parts)
        if (!std::isnan(part))
            count += 1, sum += part;
    spread.mean = count > 0 ? sum / count : nan;
    for (const double part : parts)
        if (!std::isnan(part))
            squares += (part - spread.mean) * (part - spread.mean);
    spread.parts = std::move(parts);
    if (count < 2) {
        spread.sd = spread.low = spread.high = nan;
        return spread;
    }
    const double variance = squares / (count - 1);
    spread.sd = std::sqrt(variance);
    const double half = t_quantile(count - 1) * std::sqrt((1 / count + test_share) * variance);
    spread.low = spread.mean - half;
    spread.high = spread.mean + half;
    return spread;
}

const std::vector<std::string>& score_names(bool classes) {
    static const std::vector<std::string> of_classes{"balanced-accuracy", "accuracy", "roc-auc", "log-loss"};
    static const std::vector<std::string> of_values{"r2", "rmse", "mae"};
    return classes ? of_classes : of_values;
}

bool better_when_small(const std::string& score) {
    return score == "log-loss" || score == "rmse" || score == "mae";
}

std::uint64_t fit_seed(std::uint64_t seed, int repeat, int fold) {
    return mix_seed(mix_seed(seed, 1000 + static_cast<std::uint64_t>(repeat)),
                    static_cast<std::uint64_t>(fold));
}

DataSubset::DataSubset(const EstimatorData& data, std::span<const std::int64_t> rows) : whole_(data) {
    features_.reserve(rows.size() * static_cast<std::size_t>(data.features.columns));
    for (const std::int64_t row : rows) {
        const auto values = data.features.row(row);
        const auto at = static_cast<std::size_t>(row);
        features_.insert(features_.end(), values.begin(), values.end());
        if (data.classes > 0)
            labels_.push_back(data.labels[at]);
        else
            values_.push_back(data.values[at]);
        if (!data.groups.empty())
            groups_.push_back(data.groups[at]);
    }
    whole_.features.rows = static_cast<std::int64_t>(rows.size());
}

EstimatorData DataSubset::view() const {
    EstimatorData data = whole_;
    data.features.values = features_;
    data.labels = labels_;
    data.values = values_;
    data.groups = groups_;
    return data;
}

CrossValidation cross_validate(const EstimatorData& data, const std::vector<Candidate>& candidates, int folds,
                               int repeats, std::uint64_t seed, int threads, JobContext& context,
                               const std::function<void(const CandidateResult&)>& done) {
    const auto rows = static_cast<std::size_t>(data.features.rows);
    const auto outputs = static_cast<std::size_t>(data.outputs());
    CrossValidation result;
    for (int repeat = 0; repeat < repeats; ++repeat)
        result.plans.push_back(plan_folds(data, folds, mix_seed(seed, static_cast<std::uint64_t>(repeat))));
    const int parts = folds * repeats;
    struct Part {
        std::vector<double> scores;
        Json notes;
        std::string error;
        double seconds = 0;
    };
    std::vector<std::vector<Part>> found(candidates.size(),
                                         std::vector<Part>(static_cast<std::size_t>(parts)));
    std::vector<int> left(candidates.size(), parts);
    std::mutex mutex;
    result.results.resize(candidates.size());
    for (std::size_t c = 0; c < candidates.size(); ++c) {
        result.results[c].name = candidates[c].name;
        result.results[c].out_of_fold.assign(rows * outputs, nan);
    }
    const double test_share = 1.0 / (folds - 1);
    const auto finish = [&](std::size_t c) {
        CandidateResult& one = result.results[c];
        const auto& names = score_names(data.classes > 0);
        for (const Part& part : found[c]) {
            one.seconds += part.seconds;
            one.notes.push_back(part.notes);
            if (one.error.empty())
                one.error = part.error;
        }
        if (!one.error.empty()) {
            one.out_of_fold.clear();
            return;
        }
        for (std::size_t s = 0; s < names.size(); ++s) {
            std::vector<double> values;
            for (const Part& part : found[c])
                values.push_back(part.scores[s]);
            ScoreSpread spread = spread_of(std::move(values), test_share);
            // Student's t knows no bounds; scores do.
            if (better_when_small(names[s]) || data.classes > 0)
                spread.low = std::isnan(spread.low) ? nan : std::max(spread.low, 0.0);
            if (!better_when_small(names[s]))
                spread.high = std::isnan(spread.high) ? nan : std::min(spread.high, 1.0);
            one.scores.push_back(std::move(spread));
        }
    };
    const auto units = static_cast<std::int64_t>(candidates.size()) * parts;
    std::int64_t through = 0;
    for_blocks(units, threads, [&](std::int64_t unit) {
        context.throw_if_cancelled();
        const auto c = static_cast<std::size_t>(unit / parts);
        const int number = static_cast<int>(unit % parts), repeat = number / folds, fold = number % folds;
        const FoldPlan& plan = result.plans[static_cast<std::size_t>(repeat)];
        std::vector<std::int64_t> inside, outside;
        for (std::size_t i = 0; i < rows; ++i)
            (plan[i] == fold ? outside : inside).push_back(static_cast<std::int64_t>(i));
        const DataSubset train(data, inside), test(data, outside);
        Part& part = found[c][static_cast<std::size_t>(number)];
        FitJob job(context);
        const auto start = std::chrono::steady_clock::now();
        try {
            const auto fitted = candidates[c].estimator->fit(
                {train.view(), candidates[c].parameters, fit_seed(seed, repeat, fold), 1}, job);
            const std::vector<double> predicted = fitted->predict(test.view().features, 1, job);
            for (const double value : predicted)
                if (!std::isfinite(value))
                    throw Error(ErrorCode::Internal, "Its predictions are not finite.");
            part.scores = scores_of(test.view(), predicted);
            part.notes = fitted->notes();
            if (repeat == 0)
                for (std::size_t i = 0; i < outside.size(); ++i)
                    std::copy_n(
                        predicted.begin() + static_cast<std::ptrdiff_t>(i * outputs), outputs,
                        result.results[c].out_of_fold.begin() +
                            static_cast<std::ptrdiff_t>(static_cast<std::size_t>(outside[i]) * outputs));
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Cancelled || error.code() == ErrorCode::Memory)
                throw;
            part.error = error.what();
        }
        part.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        const std::lock_guard lock(mutex);
        context.progress(static_cast<double>(++through) / static_cast<double>(units),
                         "Cross-validating " + candidates[c].name);
        if (--left[c] == 0) {
            finish(c);
            if (done)
                done(result.results[c]);
        }
    });
    context.throw_if_cancelled();
    return result;
}

} // namespace eyepiece
