// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/parameters.h"

#include <filesystem>

namespace eyepiece {

// explorations/<id>/exploration.json of a project, which the window writes, and which the window and the
// command line read:
//   {"version", "input": {"path", "from"?, "format"?, "set"?}, "rows", "columns",
//    "corrections": {COLUMN: {"role"?, "categorical"?}},
//    "steps": [{"id", "kind": prepare | reduce | cluster, "name", "title", "set",
//               "outcome"?: {"head", "spec", "file"}}],
//    "classes", "class_revision", "look"}
inline constexpr const char* exploration_file_name = "exploration.json";
inline constexpr int exploration_version = 1;

// The file, or the one in the folder <id>. Throws Error(NotFound), Error(BadInput) for what is no
// exploration, Error(Unsupported) for one of a newer version; what lies within input and steps is for the
// caller to judge.
EYEPIECE_EXPORT Json read_exploration_file(const std::filesystem::path& place);

} // namespace eyepiece
