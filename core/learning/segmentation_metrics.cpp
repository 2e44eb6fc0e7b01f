// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/segmentation_metrics.h"

#include "core/base/error.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <unordered_map>

namespace eyepiece {

void Confusion::add(std::span<const std::uint8_t> truth, std::span<const std::uint8_t> predicted,
                    std::uint8_t ignored) {
    if (truth.size() != predicted.size())
        throw Error(ErrorCode::Internal, "Labels and prediction differ in size.");
    for (std::size_t i = 0; i < truth.size(); ++i)
        if (truth[i] != ignored && truth[i] < classes_ && predicted[i] < classes_)
            ++counts_[truth[i] * classes_ + predicted[i]];
}

Confusion& Confusion::operator+=(const Confusion& other) {
    if (other.classes_ != classes_)
        throw Error(ErrorCode::Internal, "Two confusion matrices differ in size.");
    for (std::size_t i = 0; i < counts_.size(); ++i)
        counts_[i] += other.counts_[i];
    return *this;
}

std::int64_t Confusion::total() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

namespace {
struct Sums {
    double both = 0, truth = 0, predicted = 0;
};
Sums sums(const Confusion& confusion, std::size_t c) {
    Sums s;
    s.both = static_cast<double>(confusion.at(c, c));
    for (std::size_t k = 0; k < confusion.classes(); ++k) {
        s.truth += static_cast<double>(confusion.at(c, k));
        s.predicted += static_cast<double>(confusion.at(k, c));
    }
    return s;
}
double ratio(double part, double whole) {
    return whole > 0 ? part / whole : 1;
}
} // namespace

double Confusion::iou(std::size_t c) const {
    const Sums s = sums(*this, c);
    return ratio(s.both, s.truth + s.predicted - s.both);
}

double Confusion::dice(std::size_t c) const {
    const Sums s = sums(*this, c);
    return ratio(2 * s.both, s.truth + s.predicted);
}

double Confusion::accuracy(std::size_t c) const {
    const Sums s = sums(*this, c);
    return ratio(s.both, s.truth);
}

bool Confusion::occurs(std::size_t c) const {
    const Sums s = sums(*this, c);
    return s.truth + s.predicted > 0;
}

double Confusion::pixel_accuracy() const {
    double right = 0;
    for (std::size_t c = 0; c < classes_; ++c)
        right += static_cast<double>(at(c, c));
    return ratio(right, static_cast<double>(total()));
}

double Confusion::mean_foreground_iou() const {
    double sum = 0, count = 0;
    for (std::size_t c = 1; c < classes_; ++c)
        if (occurs(c))
            sum += iou(c), count += 1;
    return ratio(sum, count);
}

double Confusion::mean_foreground_dice() const {
    double sum = 0, count = 0;
    for (std::size_t c = 1; c < classes_; ++c)
        if (occurs(c))
            sum += dice(c), count += 1;
    return ratio(sum, count);
}

Json Confusion::to_json() const {
    Json rows = Json::array();
    for (std::size_t t = 0; t < classes_; ++t) {
        Json row = Json::array();
        for (std::size_t p = 0; p < classes_; ++p)
            row.push_back(at(t, p));
        rows.push_back(row);
    }
    return rows;
}

double ObjectMatches::average_precision() const {
    return ratio(static_cast<double>(true_positives),
                 static_cast<double>(true_positives + false_positives + false_negatives));
}

ObjectMatches& ObjectMatches::operator+=(const ObjectMatches& other) {
    true_positives += other.true_positives;
    false_positives += other.false_positives;
    false_negatives += other.false_negatives;
    return *this;
}

std::vector<ObjectMatches> match_objects(const LabelMap& truth, const LabelMap& predicted,
                                         std::span<const double> thresholds,
                                         std::span<const std::uint8_t> ignored) {
    if (truth.width() != predicted.width() || truth.height() != predicted.height())
        throw Error(ErrorCode::Internal, "Labels and prediction differ in size.");
    std::unordered_map<ObjectId, std::int64_t> truth_area, predicted_area;
    std::unordered_map<std::uint64_t, std::int64_t> shared; // (truth << 32 | predicted) -> px
    for (std::size_t i = 0; i < truth.ids().size(); ++i) {
        if (!ignored.empty() && ignored[i])
            continue;
        const ObjectId t = truth.ids()[i], p = predicted.ids()[i];
        if (t)
            ++truth_area[t];
        if (p)
            ++predicted_area[p];
        if (t && p)
            ++shared[static_cast<std::uint64_t>(t) << 32 | p];
    }
    std::vector<std::pair<double, std::uint64_t>> pairs; // IoU, best first
    for (const auto& [key, area] : shared) {
        const auto t = truth_area[static_cast<ObjectId>(key >> 32)],
                   p = predicted_area[static_cast<ObjectId>(key)];
        pairs.emplace_back(static_cast<double>(area) / static_cast<double>(t + p - area), key);
    }
    std::sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::vector<ObjectMatches> result;
    for (const double threshold : thresholds) {
        if (threshold < 0.5)
            throw Error(ErrorCode::Internal, "Objects are matched at IoU thresholds from 0.5 on.");
        std::set<ObjectId> truth_used, predicted_used;
        for (const auto& [iou, key] : pairs) {
            if (iou < threshold)
                break;
            const auto t = static_cast<ObjectId>(key >> 32), p = static_cast<ObjectId>(key);
            if (truth_used.count(t) == 0 && predicted_used.count(p) == 0) {
                truth_used.insert(t);
                predicted_used.insert(p);
            }
        }
        const auto hits = static_cast<std::int64_t>(truth_used.size());
        result.push_back({hits, static_cast<std::int64_t>(predicted_area.size()) - hits,
                          static_cast<std::int64_t>(truth_area.size()) - hits});
    }
    return result;
}

} // namespace eyepiece
