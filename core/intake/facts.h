// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/project/project.h"

#include <string>
#include <vector>

namespace eyepiece {

// A file or image that was left out, for the list that the user reads.
struct SkippedFile {
    std::string name;
    std::string reason; // one sentence
};

struct FactsReport {
    std::int64_t read = 0;
    std::vector<SkippedFile> broken; // marked Broken in the project, too
};

// Reads hash and header of the items' files (of all unread items when `ids` is empty) on a few threads and
// writes what was found in batches. A file that cannot be read is marked Broken with its reason, and the rest
// goes on. Throws Error(Cancelled); what was read until then stays.
EYEPIECE_EXPORT FactsReport read_facts(Project& project, const std::vector<ItemId>& ids, JobContext& job);

// Hash and header of one file. Throws Error.
EYEPIECE_EXPORT ItemFacts facts_of(const std::filesystem::path& path);

} // namespace eyepiece
