// SPDX-License-Identifier: GPL-3.0-or-later
// Folds, scores, spread, and that no held-out row is seen before its time.
#include "core/learning/estimator_explanation.h"
#include "tests/estimators/estimator_tables.h"

#include <QtTest>

#include <algorithm>
#include <mutex>
#include <set>

using namespace eyepiece;
using namespace eyepiece::testing;

namespace {

// Keeps what it was shown: the first column is the row's number.
class Witness final : public Estimator {
public:
    struct Seen {
        std::set<int> fitted, asked;
    };
    static inline std::mutex mutex;
    static inline std::vector<std::shared_ptr<Seen>> fits;

    std::unique_ptr<FittedEstimator> fit(const FitRequest& request, JobContext&) const override {
        auto seen = std::make_shared<Seen>();
        for (std::int64_t i = 0; i < request.data.features.rows; ++i)
            seen->fitted.insert(static_cast<int>(request.data.features.row(i)[0]));
        const std::lock_guard lock(mutex);
        fits.push_back(seen);
        return std::make_unique<Fitted>(seen, request.data.outputs());
    }

private:
    class Fitted final : public FittedEstimator {
    public:
        Fitted(std::shared_ptr<Seen> seen, int outputs) : seen_(std::move(seen)), outputs_(outputs) {}
        std::vector<double> predict(const MatrixView& rows, int, JobContext&) const override {
            for (std::int64_t i = 0; i < rows.rows; ++i)
                seen_->asked.insert(static_cast<int>(rows.row(i)[0]));
            return std::vector<double>(static_cast<std::size_t>(rows.rows * outputs_), 1.0 / outputs_);
        }

    private:
        std::shared_ptr<Seen> seen_;
        int outputs_;
    };
};

class Broken final : public Estimator {
    std::unique_ptr<FittedEstimator> fit(const FitRequest&, JobContext&) const override {
        throw Error(ErrorCode::BadInput, "It is broken.");
    }
};

class CancelledAfter : public QuietJob {
public:
    explicit CancelledAfter(int patience) : patience_(patience) {}
    bool cancelled() const noexcept override { return ++asked_ > patience_; }

private:
    int patience_;
    mutable std::atomic<int> asked_{0};
};

} // namespace

class TestCrossValidation : public QObject {
    Q_OBJECT

    const Estimators estimators_;

    Candidate candidate(const std::string& name, const Json& set = Json::object()) const {
        return {name, estimators_.registry.make(name), estimators_.parameters(name, set)};
    }

private Q_SLOTS:
    void classes_keep_their_shares() {
        SmallTable table = class_table(103, 2, 2, 1, 1);
        table.classes = 3;
        for (std::size_t i = 0; i < 103; ++i)
            table.labels[i] = i < 70 ? 0 : i < 93 ? 1 : 2;
        const FoldPlan plan = plan_folds(table.data(), 5, 3);
        QCOMPARE(plan, plan_folds(table.data(), 5, 3));
        QVERIFY(plan != plan_folds(table.data(), 5, 4));
        int counts[5][3] = {};
        for (std::size_t i = 0; i < plan.size(); ++i)
            ++counts[plan[i]][table.labels[i]];
        for (const auto& count : counts) {
            QCOMPARE(count[0], 14);
            QVERIFY(count[1] == 4 || count[1] == 5);
            QCOMPARE(count[2], 2);
            QVERIFY(count[0] + count[1] + count[2] >= 20 && count[0] + count[1] + count[2] <= 21);
        }
        QVERIFY_THROWS_EXCEPTION(Error, plan_folds(table.data(), 104, 1));
        QVERIFY_THROWS_EXCEPTION(Error, plan_folds(table.data(), 1, 1));
    }

    void groups_stay_whole_and_even() {
        SmallTable table = class_table(200, 2, 2, 1, 1);
        for (std::int32_t i = 0; i < 200; ++i)
            table.groups.push_back(i / 8); // 25 groups
        const FoldPlan plan = plan_folds(table.data(), 5, 1);
        std::map<std::int32_t, std::set<std::int32_t>> parts;
        std::map<std::int32_t, int> sizes;
        for (std::size_t i = 0; i < plan.size(); ++i) {
            parts[table.groups[i]].insert(plan[i]);
            ++sizes[plan[i]];
        }
        for (const auto& [group, of] : parts)
            QCOMPARE(of.size(), std::size_t{1});
        QCOMPARE(sizes.size(), std::size_t{5});
        for (const auto& [part, size] : sizes)
            QCOMPARE(size, 40);
        // Groups of one class each: the parts still have both.
        for (std::size_t i = 0; i < 200; ++i)
            table.labels[i] = table.groups[i] % 5 == 0;
        const FoldPlan uneven = plan_folds(table.data(), 5, 1);
        std::map<std::int32_t, int> ones;
        for (std::size_t i = 0; i < 200; ++i)
            ones[uneven[i]] += table.labels[i];
        for (const auto& [part, count] : ones)
            QCOMPARE(count, 8);
        QVERIFY_THROWS_EXCEPTION(Error, plan_folds(table.data(), 26, 1));
    }

    void scores_are_scikit_learns() {
        const Json fixture = fixtures().at("scores");
        std::vector<std::int32_t> labels;
        for (const Json& label : fixture.at("labels"))
            labels.push_back(static_cast<std::int32_t>(label.get<double>()));
        const auto probabilities = fixture.at("probabilities").get<std::vector<double>>();
        const ClassScores scores = score_classes(labels, 3, probabilities);
        QVERIFY(std::abs(scores.balanced_accuracy - fixture.at("balanced_accuracy").get<double>()) < 1e-9);
        QVERIFY(std::abs(scores.roc_auc - fixture.at("roc_auc").get<double>()) < 1e-6);
        QVERIFY(std::abs(scores.log_loss - fixture.at("log_loss").get<double>()) < 1e-6);
        const std::vector<double> truth{1, 2, 4}, guess{1, 3, 3};
        const ValueScores values = score_values(truth, guess);
        QCOMPARE(values.mae, 2.0 / 3);
        QCOMPARE(values.rmse, std::sqrt(2.0 / 3));
        QCOMPARE(values.r2, 1 - 2 / (14.0 / 3));
        QVERIFY(std::isnan(area_under_roc(truth, {true, true, true})));
        QCOMPARE(area_under_roc(std::vector<double>{1, 1, 2, 0}, {true, false, true, false}), 0.875);
    }

    void spread_is_students() {
        const Json fixture = fixtures().at("spread");
        const ScoreSpread spread = spread_of(fixture.at("parts").get<std::vector<double>>(), 0.25);
        QVERIFY(std::abs(spread.sd - fixture.at("sd").get<double>()) < 1e-8);
        QVERIFY(std::abs(spread.low - fixture.at("low").get<double>()) < 1e-7);
        QVERIFY(std::abs(spread.high - fixture.at("high").get<double>()) < 1e-7);
        QVERIFY(std::isnan(spread_of({0.5}, 0.25).sd));
        QCOMPARE(spread_of({0.5, std::nan(""), 0.7}, 0.25).mean, 0.6);
    }

    void no_held_out_row_is_seen() {
        SmallTable table = class_table(60, 2, 2, 1, 1);
        for (std::size_t i = 0; i < 60; ++i)
            table.features[i * 2] = static_cast<float>(i);
        Witness::fits.clear();
        QuietJob job;
        const Candidate witness{"witness", std::make_shared<Witness>(), Json::object()};
        cross_validate(table.data(), {witness}, 4, 3, 1, 2, job);
        QCOMPARE(Witness::fits.size(), std::size_t{12});
        std::map<int, int> asked;
        for (const auto& seen : Witness::fits) {
            QCOMPARE(seen->fitted.size() + seen->asked.size(), std::size_t{60});
            for (const int row : seen->asked) {
                QVERIFY(!seen->fitted.contains(row));
                ++asked[row];
            }
        }
        QCOMPARE(asked.size(), std::size_t{60});
        for (const auto& [row, times] : asked)
            QCOMPARE(times, 3); // once for each repetition
    }

    void the_result_does_not_depend_on_threads() {
        const SmallTable table = class_table(120, 3, 4, 1, 1);
        const std::vector<Candidate> candidates{
            candidate("baseline"), candidate("random-forest", {{"trees", 20}}), candidate("rbf-svm"),
            candidate("gradient-boosting", {{"trees", 20}})};
        QuietJob job;
        const CrossValidation one = cross_validate(table.data(), candidates, 4, 2, 7, 1, job);
        const CrossValidation three = cross_validate(table.data(), candidates, 4, 2, 7, 3, job);
        const CrossValidation other = cross_validate(table.data(), candidates, 4, 2, 8, 3, job);
        QCOMPARE(one.plans, three.plans);
        for (std::size_t c = 0; c < candidates.size(); ++c) {
            QCOMPARE(one.results[c].error, std::string());
            QVERIFY(one.results[c].out_of_fold == three.results[c].out_of_fold);
            QCOMPARE(one.results[c].scores[0].parts.size(), std::size_t{8});
            QVERIFY(one.results[c].scores[0].parts == three.results[c].scores[0].parts);
        }
        QVERIFY(one.results[1].out_of_fold != other.results[1].out_of_fold);
        QVERIFY(std::abs(one.results[0].scores[0].mean - 1.0 / 3) < 1e-9);
        QVERIFY(one.results[1].scores[0].low > 0.34);
    }

    void one_that_fails_does_not_stop_the_others() {
        const SmallTable table = class_table(40, 2, 2, 3, 1);
        QuietJob job;
        const auto result = cross_validate(
            table.data(), {{"broken", std::make_shared<Broken>(), Json::object()}, candidate("logistic")}, 4,
            1, 1, 2, job);
        QCOMPARE(result.results[0].error, std::string("It is broken."));
        QVERIFY(result.results[0].scores.empty());
        QVERIFY(result.results[1].scores[0].mean > 0.9);
        CancelledAfter impatient(5);
        try {
            cross_validate(table.data(), {candidate("random-forest")}, 4, 1, 1, 2, impatient);
            QFAIL("it went on");
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::Cancelled);
        }
    }

    void importances_find_the_columns_that_count() {
        QuietJob job;
        const SmallTable classes = class_table(200, 2, 5, 2, 1); // the first column alone decides between two
        const FoldPlan plan = plan_folds(classes.data(), 4, 1);
        const auto found =
            permutation_importance(classes.data(), candidate("logistic"), plan, "roc-auc", 3, 1, 2, job);
        QCOMPARE(found.size(), std::size_t{5});
        QVERIFY(found[0].mean > 0.3);
        for (std::size_t c = 1; c < 5; ++c)
            QVERIFY(std::abs(found[c].mean) < 0.05);
        const auto same =
            permutation_importance(classes.data(), candidate("logistic"), plan, "roc-auc", 3, 1, 1, job);
        QCOMPARE(found[0].mean, same[0].mean);

        const SmallTable values = value_table(300, 3, 0.1, 1);
        const auto line = estimators_.fit("linear", values);
        const double slope = line->coefficients()[1].values[0];
        const auto curve = partial_dependence(values.data(), *line, 1, 15, 200, 1, 2, job);
        QCOMPARE(curve.curves.size(), std::size_t{1});
        QVERIFY(curve.grid.size() >= 10 && std::is_sorted(curve.grid.begin(), curve.grid.end()));
        for (std::size_t i = 1; i < curve.grid.size(); ++i)
            QVERIFY(
                std::abs((curve.curves[0][i] - curve.curves[0][i - 1]) / (curve.grid[i] - curve.grid[i - 1]) -
                         slope) < 1e-6);
        QVERIFY(partial_dependence(values.data(), *line, 2, 15, 200, 1, 2, job).spread[0] <
                curve.spread[0] / 10);

        const auto forest = estimators_.fit("random-forest", values);
        const MeanShap shap = mean_shap(values.data(), *forest, 100, 1, 2, job);
        QCOMPARE(shap.rows, std::int64_t{100});
        QVERIFY(shap.columns[0] > shap.columns[1] && shap.columns[1] > 3 * shap.columns[2]);
    }
};

QTEST_APPLESS_MAIN(TestCrossValidation)
#include "test_cross_validation.moc"
