// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/keypoints.h"
#include "core/data/label_map.h"
#include "core/project/changes.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace eyepiece {

class Database;

using MarkId = std::uint32_t; // within one item; 0: none

enum class MarkKind {
    Point,    // one place
    Keypoints // an instance of its class's skeleton: a place for each of the skeleton's points, or none
};

// What is marked on an image by points rather than by pixels.
struct Mark {
    MarkId id = 0;
    ClassId class_id = 0;
    MarkKind kind = MarkKind::Point;
    ImagePlane plane; // of a stack
    // Point: one, visible. Keypoints: one for each point of the skeleton, in its order.
    std::vector<Keypoint> points;
    std::string track = {}; // the same through the frames of a video: whose instance it is; empty: not said
    // In an edit, what is left empty of these three stays as it was.
    std::string author = {};  // who
    std::string tool = {};    // with which tool: "keypoints", "import", ...
    std::string created = {}; // UTC, ISO 8601
    std::string run = {};     // or which run made it
    double score = -1;        // of the model that made it; < 0: none
    int edits = 0;            // times its points changed since; kept by the store
};

// A change of one item's marks.
struct MarkEdit {
    ItemId item = 0;
    std::string tool;         // as in Mark; also what the undo menu says ("Undo keypoints")
    std::vector<Mark> marks;  // new, or said anew. Keypoints of which none has a place go by themselves
    std::vector<MarkId> gone; // those that are not there are passed over
    bool empty() const { return marks.empty() && gone.empty(); }
};

// Points and keypoints, a row each.
class EYEPIECE_EXPORT MarkStore {
public:
    MarkStore(Database& database, ProjectChanges& changes);

    std::vector<Mark> marks(ItemId item) const; // by id
    std::optional<Mark> mark(ItemId item, MarkId id) const;
    MarkId next_id(ItemId item) const; // unused so far in this item
    std::int64_t total() const;
    std::map<ClassId, std::int64_t> count_by_class(ItemId item) const; // of classes that have one

    // One durable, undoable transaction; tells MarksChanged. Checks ids, classes and points: Error(BadInput).
    void commit(const MarkEdit& edit);
    // Several edits (an import) as one undo step.
    void commit(const std::vector<MarkEdit>& edits, const std::string& title);

private:
    Database& database_;
    ProjectChanges& changes_;
};

} // namespace eyepiece
