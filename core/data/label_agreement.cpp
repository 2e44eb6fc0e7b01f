// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/label_agreement.h"

#include "core/base/error.h"

#include <algorithm>
#include <limits>
#include <set>

namespace eyepiece {
namespace {

constexpr double same_iou = 0.5;

ClassId class_of(const LabelledObjects& objects, ObjectId id) {
    const auto at = objects.find(id);
    return at == objects.end() ? ClassId{0} : at->second.class_id;
}

std::int64_t foreground(const LabelledObjects& objects) {
    return std::count_if(objects.begin(), objects.end(),
                         [](const auto& entry) { return entry.second.class_id != 0; });
}

} // namespace

void LabelAgreement::add(const LabelMap& first, const LabelMap& second, const LabelledObjects& of_first,
                         const LabelledObjects& of_second) {
    if (first.width() != second.width() || first.height() != second.height())
        throw Error(ErrorCode::Internal, "Labels of different sizes were compared.");
    const auto a = first.ids(), b = second.ids();
    // Equal pairs come in runs: one look-up each.
    for (std::size_t i = 0; i < a.size();) {
        const std::size_t start = i;
        while (i < a.size() && a[i] == a[start] && b[i] == b[start])
            ++i;
        const auto length = static_cast<std::int64_t>(i - start);
        const ClassId one = class_of(of_first, a[start]), other = class_of(of_second, b[start]);
        counts_[{one, other}] += length;
        if (one != 0 && one == other)
            overlaps_[{a[start], b[start]}] += length;
    }
}

std::vector<ObjectPair> LabelAgreement::finish_image(const LabelledObjects& of_first,
                                                     const LabelledObjects& of_second) {
    std::vector<ObjectPair> pairs;
    std::set<ObjectId> taken;
    ObjectId last = 0;
    for (const auto& [ids, overlap] : overlaps_) { // by the first's id, then the second's
        const std::int64_t united = of_first.at(ids.first).area + of_second.at(ids.second).area - overlap;
        const double iou = united > 0 ? static_cast<double>(overlap) / static_cast<double>(united) : 0;
        if (iou < same_iou || ids.first == last || taken.contains(ids.second))
            continue;
        last = ids.first;
        taken.insert(ids.second);
        pairs.push_back({ids.first, ids.second, iou});
    }
    const auto found = static_cast<std::int64_t>(pairs.size());
    matched_ += found;
    only_first_ += foreground(of_first) - found;
    only_second_ += foreground(of_second) - found;
    overlaps_.clear();
    return pairs;
}

LabelAgreement& LabelAgreement::operator+=(const LabelAgreement& other) {
    for (const auto& [classes, pixels] : other.counts_)
        counts_[classes] += pixels;
    matched_ += other.matched_;
    only_first_ += other.only_first_;
    only_second_ += other.only_second_;
    return *this;
}

std::int64_t LabelAgreement::pixels() const {
    std::int64_t all = 0;
    for (const auto& [classes, pixels] : counts_)
        all += pixels;
    return all;
}

std::int64_t LabelAgreement::agreeing() const {
    std::int64_t same = 0;
    for (const auto& [classes, pixels] : counts_)
        same += classes.first == classes.second ? pixels : 0;
    return same;
}

std::vector<ClassId> LabelAgreement::classes() const {
    std::set<ClassId> found;
    for (const auto& [classes, pixels] : counts_) {
        found.insert(classes.first);
        found.insert(classes.second);
    }
    return {found.begin(), found.end()};
}

double LabelAgreement::dice(ClassId id) const {
    std::int64_t both = 0, sum = 0;
    for (const auto& [classes, pixels] : counts_) {
        sum += (classes.first == id ? pixels : 0) + (classes.second == id ? pixels : 0);
        both += classes.first == id && classes.second == id ? pixels : 0;
    }
    return sum == 0 ? 1 : 2.0 * static_cast<double>(both) / static_cast<double>(sum);
}

double LabelAgreement::kappa() const {
    const auto all = static_cast<double>(pixels());
    if (all == 0)
        return std::numeric_limits<double>::quiet_NaN();
    std::map<ClassId, double> of_first, of_second; // shares
    for (const auto& [classes, pixels] : counts_) {
        of_first[classes.first] += static_cast<double>(pixels) / all;
        of_second[classes.second] += static_cast<double>(pixels) / all;
    }
    double chance = 0;
    for (const auto& [id, share] : of_first)
        if (const auto other = of_second.find(id); other != of_second.end())
            chance += share * other->second;
    if (of_first.size() == 1 && of_second.size() == 1 && of_first.begin()->first == of_second.begin()->first)
        return std::numeric_limits<double>::quiet_NaN();
    return (static_cast<double>(agreeing()) / all - chance) / (1 - chance);
}

double LabelAgreement::f1() const {
    const std::int64_t sum = 2 * matched_ + only_first_ + only_second_;
    return sum == 0 ? 1 : 2.0 * static_cast<double>(matched_) / static_cast<double>(sum);
}

} // namespace eyepiece
