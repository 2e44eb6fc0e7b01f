// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"

#include <cstdint>
#include <filesystem>

namespace eyepiece {

struct SampleFolderOptions {
    int fields = 16;         // images
    int fields_per_well = 2; // images of one well share its staining, density and focus
    std::int64_t side = 256; // px
    std::uint64_t seed = 2020;
};

// Writes images/field_01.png ... (16-bit, with pixel size), masks/ of the same names (16-bit object ids),
// index.csv with the columns id, group, nuclei, brightness, and a README.txt. `folder` is made when it is
// missing. Throws Error.
EYEPIECE_EXPORT void write_sample_folder(const std::filesystem::path& folder,
                                         const SampleFolderOptions& options, JobContext& context);

} // namespace eyepiece
