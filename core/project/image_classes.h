// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/label_map.h"
#include "core/project/changes.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace eyepiece {

class Database;

// A class of an image as a whole.
struct ImageClass {
    ClassId class_id = 0;
    std::string author = {};  // who
    std::string tool = {};    // "image class", "import", ...
    std::string run = {};     // or which run said so
    double score = -1;        // of the model that said so; < 0: none
    std::string created = {}; // UTC, ISO 8601
};

// What classes images as a whole have: none, one or several each. All edits are undoable and tell
// MarksChanged. The background is no class of an image: Error(BadInput).
class EYEPIECE_EXPORT ImageClassStore {
public:
    ImageClassStore(Database& database, ProjectChanges& changes);
    std::vector<ImageClass> classes(ItemId item) const;     // in order of class
    std::map<ClassId, std::int64_t> count_by_class() const; // images; of classes that have one

    // These classes and no others, as one undo step; one that was there already stays as it was.
    void set(ItemId item, std::span<const ImageClass> classes, const std::string& tool);
    // Gives the class to all these images, or takes it from them, as one undo step. `alone`: an image that
    // gets it loses the others.
    void assign(std::span<const ItemId> items, ClassId class_id, bool on, bool alone = false);

private:
    Database& database_;
    ProjectChanges& changes_;
};

} // namespace eyepiece
