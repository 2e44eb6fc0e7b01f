// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/label_map.h"

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

namespace eyepiece {

// The class of each object of an image, and its area in px.
struct LabelledObject {
    ClassId class_id = 0;
    std::int64_t area = 0;
};
using LabelledObjects = std::unordered_map<ObjectId, LabelledObject>;

// An object of the first image and the one of the second that is the same to both.
struct ObjectPair {
    ObjectId first = 0, second = 0;
    double iou = 0;
    bool operator==(const ObjectPair&) const = default;
};

// How far two people's labels agree: of one image block by block, and of several images by +=. A pixel
// without an object counts as background, whatever is said of the image's completeness. A value type, one
// thread.
class EYEPIECE_EXPORT LabelAgreement {
public:
    // Labels of the same pixels of one image; the objects are those of the whole image. Both maps are of one
    // size. An object of which nothing is said counts as background.
    void add(const LabelMap& first, const LabelMap& second, const LabelledObjects& of_first,
             const LabelledObjects& of_second);
    // Once all blocks of an image were added: pairs up its objects, and forgets them. Two are the same when
    // they are of one class and their IoU is at least 0.5: above that, no object has two partners; at exactly
    // 0.5 the lower id comes first.
    std::vector<ObjectPair> finish_image(const LabelledObjects& of_first, const LabelledObjects& of_second);
    LabelAgreement& operator+=(const LabelAgreement& other);

    std::int64_t pixels() const;
    std::int64_t agreeing() const;        // pixels of one class to both
    std::vector<ClassId> classes() const; // that occur, ascending
    // Dice (1945): twice the pixels of this class to both, by those to the first and those to the second.
    // 1 when neither has any.
    double dice(ClassId id) const;
    // Cohen (1960), "A coefficient of agreement for nominal scales": the agreement of the pixels' classes
    // beyond what chance gives. NaN when both know one and the same class only: nothing can be told then.
    double kappa() const;

    // Objects but the background's: paired, only the first's, only the second's. F1 of the pairs; 1 when
    // there is no object at all.
    std::int64_t matched() const { return matched_; }
    std::int64_t only_first() const { return only_first_; }
    std::int64_t only_second() const { return only_second_; }
    double f1() const;

private:
    std::map<std::pair<ClassId, ClassId>, std::int64_t> counts_;     // pixels by both classes
    std::map<std::pair<ObjectId, ObjectId>, std::int64_t> overlaps_; // of the image under way
    std::int64_t matched_ = 0, only_first_ = 0, only_second_ = 0;
};

} // namespace eyepiece
