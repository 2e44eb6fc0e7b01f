// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/project/project.h"

#include <cstdint>
#include <filesystem>

namespace eyepiece {

// Makes a project of made-up fluorescent nuclei for a newcomer without data: images below folder/images; most
// are labelled completely and split by well, the last few are not labelled, to try labelling and prediction
// on. The same seed gives the same images and labels. Starts with an empty history: undo must not take the
// sample away. Throws Error(Conflict) when the folder holds a project.
EYEPIECE_EXPORT std::unique_ptr<Project> make_sample_project(const std::filesystem::path& folder,
                                                             std::uint64_t seed, JobContext& job);

} // namespace eyepiece
