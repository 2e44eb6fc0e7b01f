// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/data/table.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace eyepiece {

// Rows of a table as text: with the column names first, and row names in a first column where there are any.
// Quoted as RFC 4180 has it where a value needs it; missing values are empty.
EYEPIECE_EXPORT std::string table_text(const Table& table, const std::vector<std::uint32_t>& rows,
                                       char separator);

// The same into a file, in pieces, as a whole or not at all. Throws Error(Storage).
EYEPIECE_EXPORT void save_table_csv(const std::filesystem::path& file, const Table& table,
                                    const std::vector<std::uint32_t>& rows, JobContext& context);

} // namespace eyepiece
