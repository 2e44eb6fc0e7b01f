// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/label_map.h"
#include "core/project/changes.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace eyepiece {

class Database;

using Rgb = std::array<std::uint8_t, 3>;

struct LabelClass {
    ClassId id = -1;
    std::string name;
    Rgb color{};
    std::string key; // "1".."9" or empty
};

// Okabe and Ito's colours in order, safe for the colour-blind; wraps around.
EYEPIECE_EXPORT Rgb default_class_color(std::size_t index);

// Class 0 is "background" and always there. All edits are undoable.
class EYEPIECE_EXPORT ClassStore {
public:
    ClassStore(Database& database, ProjectChanges& changes);
    std::vector<LabelClass> all() const; // in order of id
    std::optional<LabelClass> find(ClassId id) const;
    std::optional<LabelClass> find(const std::string& name) const;
    ClassId
    add(const std::string& name); // with the next colour and key; Error(Conflict) when the name is taken
    ClassId find_or_add(const std::string& name);
    void update(const LabelClass& changed);
    void remove(ClassId id); // with its objects, marks and skeleton; Error(BadInput) for the background

private:
    Database& database_;
    ProjectChanges& changes_;
};

} // namespace eyepiece
