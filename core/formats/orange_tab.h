// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"
#include "core/data/table.h"

#include <filesystem>

namespace eyepiece {

// Writes Orange's .tab in its short form: one line of names with type and flag ("mS#item", "cD#class",
// "C#area"), then the rows. Unlike CSV it keeps what each column is there for, and its type, so that the
// reader gives the same table again; integers and booleans come back as reals, row names as the first
// column, and spaces around a text are lost.
// Numbers in the shortest form that reads back as the same. The file appears whole or not at all. Throws
// Error(Storage), and Error(Cancelled) within some 1000 rows.
EYEPIECE_EXPORT void write_orange_tab(const std::filesystem::path& path, const Table& table,
                                      JobContext& context);
// Writes CSV (RFC 4180, UTF-8) for spreadsheets and scripts: a line of names, then the rows; what is missing
// is empty. Otherwise as above.
EYEPIECE_EXPORT void write_table_csv(const std::filesystem::path& path, const Table& table,
                                     JobContext& context);

} // namespace eyepiece
