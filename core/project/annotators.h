// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/data/label_agreement.h"
#include "core/project/project.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace eyepiece {

// A second annotator's labels are a project of their own, in the folder annotators/<name> of the project
// whose labels are the final ones: it has the same images and classes, its own labels, reviews and undo
// steps. What is not in it cannot be seen by whoever labels there, so blind is blind.
struct Annotator {
    std::string name;
    std::filesystem::path folder; // of their project
};

EYEPIECE_EXPORT std::vector<Annotator> annotators(const std::filesystem::path& project_folder); // by name

// Makes an annotator's project, or brings in what the project has got since: images and classes. With
// `with_labels` images that are new there start with the labels they have here. All that is done there counts
// as done by this annotator. Throws Error(BadInput) for a name without a letter or digit, Error(Conflict)
// when the folder is another annotator's, or the project is an annotator's itself.
EYEPIECE_EXPORT Annotator prepare_annotator(Project& project, const std::string& name, bool with_labels,
                                            JobContext& context);

// The labels of one image in two projects.
struct ItemAgreement {
    Item first, second; // the image in each
    LabelAgreement agreement;
    std::vector<ObjectPair> pairs;
};

struct ProjectAgreement {
    std::vector<ItemAgreement> items; // labelled in both; the least alike first, by kappa
    LabelAgreement all;
    std::vector<std::string> class_names; // by the ids in the agreements: the first project's classes, then
                                          // those only the second has
    std::int64_t unlabelled = 0;          // images of both that one of them has not labelled
    std::int64_t apart = 0;               // images of the first that the second does not have
    std::vector<std::string> left_out;    // one sentence for each image that could not be compared
};

// Images are the same when their content is, or, where that is not known, their file; classes when their
// names are. Reads both in blocks; changes nothing.
EYEPIECE_EXPORT ProjectAgreement compare_labels(Project& first, Project& second, JobContext& context);

} // namespace eyepiece
