// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/registry.h"
#include "core/learning/estimator.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace eyepiece {

// Which rows are held out together: of each row its part in [0, folds).
using FoldPlan = std::vector<std::int32_t>;

// Classes keep their shares in every part (stratified); rows of one group stay in one part, where the part is
// chosen that keeps the shares best (the greedy rule of scikit-learn's StratifiedGroupKFold). Values are
// dealt at random. The same seed gives the same plan. Throws Error(BadInput) when there are fewer rows, or
// groups, than folds, or folds < 2.
EYEPIECE_EXPORT FoldPlan plan_folds(const EstimatorData& data, int folds, std::uint64_t seed);

// Scores of predictions. NaN where one is not defined (one class only; constant values).
struct ClassScores {
    double accuracy = 0;
    double balanced_accuracy = 0; // mean recall over the classes that occur
    double roc_auc = 0; // of two classes that of the second; of more, each against the rest, averaged
    double log_loss = 0;
};
struct ValueScores {
    double r2 = 0, rmse = 0, mae = 0;
};
// `probabilities` (rows, classes), rows adding up to 1.
EYEPIECE_EXPORT ClassScores score_classes(std::span<const std::int32_t> labels, int classes,
                                          std::span<const double> probabilities);
EYEPIECE_EXPORT ValueScores score_values(std::span<const double> truth, std::span<const double> predicted);
// The share of pairs of a positive and another row that the score puts in the right order; ties count half.
EYEPIECE_EXPORT double area_under_roc(std::span<const double> scores, const std::vector<bool>& positive);

// A score over the parts held out. The interval is that of the mean, by Student's t with the variance of
// Nadeau & Bengio (2003), which counts that the training rows of the parts overlap. NaN in fewer than two
// parts: no spread.
struct ScoreSpread {
    double mean = 0, sd = 0;   // sd over the parts (n - 1)
    double low = 0, high = 0;  // 95 % interval of the mean
    std::vector<double> parts; // NaN where not defined
};
// `test_share`: rows held out for each row trained on.
EYEPIECE_EXPORT ScoreSpread spread_of(std::vector<double> parts, double test_share);

struct Candidate {
    std::string name;
    std::shared_ptr<const Estimator> estimator;
    Json parameters = Json::object(); // complete
};

struct CandidateResult {
    std::string name;
    std::string error;               // one sentence where it could not be fitted; then nothing else
    std::vector<ScoreSpread> scores; // as score_names() lists them
    std::vector<double> out_of_fold; // of the first repetition, for every row: (rows, outputs)
    std::vector<Json> notes;         // of each fit
    double seconds = 0;              // of fitting and predicting, over all parts, on one core
};

// Names of the scores, in order; the first is the one to rank by unless another is asked for. Errors and
// losses are better when small.
EYEPIECE_EXPORT const std::vector<std::string>& score_names(bool classes);
EYEPIECE_EXPORT bool better_when_small(const std::string& score);

struct CrossValidation {
    std::vector<FoldPlan> plans; // one for each repetition
    std::vector<CandidateResult> results;
};

// Fits every candidate to all parts but one, and scores it on that one; for each repetition with another
// plan. Fits run side by side on `threads` threads, each on one. The result depends on the seed, not on the
// threads. Calls `done` (from any thread, one at a time) when a candidate is through. Throws
// Error(Cancelled).
EYEPIECE_EXPORT CrossValidation cross_validate(const EstimatorData& data,
                                               const std::vector<Candidate>& candidates, int folds,
                                               int repeats, std::uint64_t seed, int threads,
                                               JobContext& context,
                                               const std::function<void(const CandidateResult&)>& done = {});

// Some rows of the data as data of its own. It owns them.
class EYEPIECE_EXPORT DataSubset {
public:
    DataSubset(const EstimatorData& data, std::span<const std::int64_t> rows);
    EstimatorData view() const;

private:
    EstimatorData whole_;
    std::vector<float> features_;
    std::vector<std::int32_t> labels_, groups_;
    std::vector<double> values_;
};

// The seed of one fit, by what it is for.
EYEPIECE_EXPORT std::uint64_t fit_seed(std::uint64_t seed, int repeat, int fold);

} // namespace eyepiece
