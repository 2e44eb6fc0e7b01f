// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/preprocessing.h"
#include "core/formats/table_reader.h"
#include "core/intake/project_table.h"

#include <filesystem>
#include <vector>

namespace eyepiece {

// What every operation on a table reads of its spec: a member {"path", "format"?, "set"?: the reader's,
// "columns"?: [names], "relabel"?: {COLUMN: [{"row", "label"}]} (core/data/row_labels.h; rows of the file)},
// and "steps"?: [{"name", "set"}]. With "from": "images" | "objects" | ... the path is a project's (or a
// folder of images), the table is made of it as ProjectTable does, and the set is that one's.

// spec[member]["path"]. Throws Error(BadInput) when there is none, Error(NotFound) when there is no such
// file.
EYEPIECE_EXPORT std::filesystem::path path_in(const Json& spec, const char* member);

// The file read, or the table made. Its warnings go to the context. Throws Error, also for a table without
// rows.
OpenedTable open_table_in(const Json& spec, const char* member, const ProjectTableRegistry& tables,
                          JobContext& context);

// spec[name], or nothing.
std::string text_member(const Json& spec, const char* name);

// spec[member]["columns"]; empty: all.
std::vector<std::string> listed_columns(const Json& spec, const char* member);

// spec["steps"], checked.
std::vector<RecordedStep> steps_in(const Json& spec, const PreprocessingRegistry& registry);

// Another table prepared as a first one was: with what the steps learnt there, and with all of its rows.
Preprocessed prepare_more_rows(const Table& table, const std::vector<RecordedStep>& learnt,
                               JobContext& context);

} // namespace eyepiece
