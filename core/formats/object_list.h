// SPDX-License-Identifier: GPL-3.0-or-later
// objects.json beside exported pixels: which objects there are, and of which class, which pixels cannot say.
// Internal to core/formats.
#pragma once
#include "core/base/parameters.h"
#include "core/formats/label_painting.h"
#include "core/formats/label_writers.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace eyepiece {

inline constexpr const char* object_list_name = "objects.json";

// {"classes": [{"id", "name", "color"}], "files": {NAME: {"image", "complete", "objects": [{"id", "class",
// "area"}]}}}; a NAME is of what lies in the same folder.
class ObjectListWriter {
public:
    explicit ObjectListWriter(const std::vector<ExportedClass>& classes);
    void add(const std::string& name, const ExportedImage& image);
    void write(const std::filesystem::path& folder) const; // throws Error(Storage)

private:
    Json classes_ = Json::array(), files_ = Json::object();
};

class ObjectList {
public:
    // Nothing when the folder has none. Throws Error that names the file when it is damaged.
    static ObjectList read(const std::filesystem::path& folder);
    const ObjectClasses* classes_of(const std::string& name) const; // null: not listed

private:
    std::map<std::string, ObjectClasses> files_;
};
bool has_object_list(const std::filesystem::path& folder);

} // namespace eyepiece
