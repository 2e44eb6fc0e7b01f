// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/data/label_map.h"

#include <cstdint>
#include <span>
#include <vector>

namespace eyepiece {

// How often class `truth` was called class `predicted`, in pixels; sums over images with +=.
class EYEPIECE_EXPORT Confusion {
public:
    explicit Confusion(std::size_t classes) : classes_(classes), counts_(classes * classes, 0) {}
    // Pixels whose truth is `ignored` do not count. Both spans have one length.
    void add(std::span<const std::uint8_t> truth, std::span<const std::uint8_t> predicted,
             std::uint8_t ignored = 255);
    Confusion& operator+=(const Confusion& other);

    std::size_t classes() const { return classes_; }
    std::int64_t at(std::size_t truth, std::size_t predicted) const {
        return counts_[truth * classes_ + predicted];
    }
    std::int64_t total() const;
    // Of one class; 1 when neither labels nor prediction have it. accuracy: the share of its labelled pixels
    // found.
    double iou(std::size_t c) const;
    double dice(std::size_t c) const;
    double accuracy(std::size_t c) const;
    bool occurs(std::size_t c) const; // in labels or prediction
    double pixel_accuracy() const;
    double mean_foreground_iou() const; // over classes 1... that occur; 1 when none does
    double mean_foreground_dice() const;
    Json to_json() const; // rows: truth

private:
    std::size_t classes_;
    std::vector<std::int64_t> counts_;
};

// Objects matched at one IoU threshold.
struct EYEPIECE_EXPORT ObjectMatches {
    std::int64_t true_positives = 0, false_positives = 0, false_negatives = 0;
    // TP / (TP + FP + FN): what the 2018 Data Science Bowl and StarDist (Schmidt et al. 2018) call average
    // precision. 1 when there is nothing to find and nothing found.
    double average_precision() const;
    ObjectMatches& operator+=(const ObjectMatches& other);
};

// Matches the objects of two label maps one to one where their IoU is at least the threshold. From 0.5 on
// (which is required) a pair above the threshold is the only one for both, so the matching is unique; at
// exactly 0.5 a tie is resolved by the lower id. Objects only in `ignored` pixels (true there) do not count.
EYEPIECE_EXPORT std::vector<ObjectMatches> match_objects(const LabelMap& truth, const LabelMap& predicted,
                                                         std::span<const double> thresholds,
                                                         std::span<const std::uint8_t> ignored = {});

} // namespace eyepiece
