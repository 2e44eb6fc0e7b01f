// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/data/label_map.h"
#include "core/project/changes.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace eyepiece {

class Database;

// One labelled object. Its pixels are in the label tiles; what is said of it is here.
struct LabelObject {
    ObjectId id = 0;
    ClassId class_id = 0;
    std::int64_t area = 0; // px, of all planes; kept by the store
    Region bounds;         // of all planes together; kept by the store
    std::vector<Point2> polygon =
        {};                  // its outline when it was drawn as one; dropped when its pixels change otherwise
    std::string author = {}; // who
    std::string tool = {};   // with which tool: "brush", "polygon", "import", "prediction", ...
    std::string run = {};    // or which run made it
    double score = -1;       // of the model that made it; < 0: none
    std::string created = {}; // UTC, ISO 8601
    int edits = 0;            // times its pixels changed since
};

// What one person did on one object, or on one image.
struct LabelWork {
    std::string author;
    double seconds = 0;                // as measured while they were at it; pauses do not count
    std::int64_t edits = 0;            // that were measured, or changed what was there
    std::string first = {}, last = {}; // UTC, ISO 8601
    std::string tool = {};             // of the last
};

struct LabelStatistics; // core/project/label_statistics.h

// One object of the project.
struct ObjectKey {
    ItemId item = 0;
    ObjectId object = 0;
    bool operator==(const ObjectKey&) const = default;
};

// A change of one item's labels. Everything the user does to labels is one of these.
struct LabelEdit {
    ItemId item = 0;
    std::string tool; // as in LabelObject; also what the undo menu says ("Undo brush")
    // The new content of a region; empty when pixels do not change.
    Region region;
    LabelMap pixels; // region.height x region.width
    // Objects that are new or whose class, polygon, score ... change. `area` and `bounds` are ignored.
    // An object without pixels after the edit is removed by itself.
    std::vector<LabelObject> objects;
    // Of someone's time that it took, as measured by whoever asks for it; 0: no one's, as of an import.
    double seconds = 0;
    // Of a stack: t * depth + z. An object may have pixels in many planes.
    int plane = 0;
};

// Labels as compressed tiles of 256 x 256 ids, and rows for the objects. A stroke writes the tiles it
// touches.
class EYEPIECE_EXPORT LabelStore {
public:
    static constexpr int tile_size = 256; // px

    LabelStore(Database& database, ProjectChanges& changes);
    ~LabelStore();

    LabelMap read(ItemId item, const Region& region, int plane = 0) const; // 0 where nothing is stored
    // Every stored tile that meets the region, in no order: tile_size x tile_size ids, row by row. Of a slide
    // of which little is labelled this reads little.
    using VisitTile =
        std::function<void(std::int64_t row, std::int64_t column, std::span<const ObjectId> ids)>;
    void visit_tiles(ItemId item, const Region& region, const VisitTile& visit, int plane = 0) const;
    Region labelled_bounds(ItemId item) const;           // of all objects; empty when there is none
    std::vector<int> labelled_planes(ItemId item) const; // that bear a label, ascending
    std::vector<LabelObject> objects(ItemId item) const;
    std::optional<LabelObject> object(ItemId item, ObjectId id) const;
    ObjectId next_object_id(ItemId item) const; // unused so far in this item
    std::int64_t total_objects() const;
    std::vector<LabelWork> work(ItemId item, ObjectId id) const; // whoever began first is the first
    std::vector<ItemId> items_with(ClassId class_id) const;      // that have an object of it; by id
    // Reads a row for each object: of a large project not on the window's thread.
    LabelStatistics statistics() const; // in label_statistics.cpp

    // One durable, undoable transaction; tells LabelsChanged. Checks ids and classes: Error(BadInput).
    void commit(const LabelEdit& edit);
    // Several edits (an import, accepting predictions) as one undo step.
    void commit(const std::vector<LabelEdit>& edits, const std::string& title);
    // Gives these objects another class, as one undo step; all else that is said of them stays. Those that
    // are no longer there are left out: returns how many are. Error(BadInput) when there is no such class.
    std::int64_t set_class(std::span<const ObjectKey> objects, ClassId class_id);

    // Number that grows with every label edit of the project: runs record it as their annotation revision.
    std::int64_t revision() const;

private:
    Database& database_;
    ProjectChanges& changes_;
};

} // namespace eyepiece
