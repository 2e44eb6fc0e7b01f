// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/exploration_file.h"

#include "core/base/error.h"
#include "core/project/runs.h"

namespace eyepiece {

namespace fs = std::filesystem;

Json read_exploration_file(const fs::path& place) {
    std::error_code ignored;
    const fs::path file = fs::is_directory(place, ignored) ? place / exploration_file_name : place;
    Json record = read_json_file(file);
    if (!record.is_object() || !record.contains("input") || !record["input"].is_object() ||
        !record.contains("steps") || !record["steps"].is_array())
        throw Error(ErrorCode::BadInput,
                    file.string() + " is no exploration. Give the exploration.json of a project, or its "
                                    "folder: explorations/ID.");
    const Json version = record.value("version", Json(0));
    if (!version.is_number() || version.get<double>() > exploration_version)
        throw Error(ErrorCode::Unsupported, file.string() + " was made by a newer Eyepiece. Use that one.");
    return record;
}

} // namespace eyepiece
