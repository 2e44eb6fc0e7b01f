// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/items.h"
#include "core/project/labels.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace eyepiece {

// What a project's labels amount to, as LabelStore::statistics() reads it.
struct EYEPIECE_EXPORT LabelStatistics {
    struct OfClass {
        ClassId id = 0;
        std::string name;
        std::int64_t images = 0;   // that have an object of it
        std::vector<double> areas; // of its objects, px, ascending; as many as there are objects
    };
    struct OfAnnotator {
        std::string name;         // empty: not known
        std::int64_t objects = 0; // made by them and still there
        std::int64_t images = 0;  // that have such an object, or on which their time was measured
        double seconds = 0;       // measured, also on what was undone or deleted since
        std::int64_t submitted = 0, accepted = 0, sent_back = 0; // steps of review they took
    };
    std::vector<OfClass> classes;                // all of the project, by id; the background is the first
    std::vector<OfAnnotator> annotators;         // by name
    std::map<std::string, std::int64_t> tools;   // objects by the tool or run that made them
    std::map<ReviewStatus, std::int64_t> images; // by status; every status is there

    std::int64_t objects() const; // of all classes
    double seconds() const;       // of all annotators
};

} // namespace eyepiece
