// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/mask.h"
#include "core/data/outlines.h"
#include "core/project/labels.h"
#include "widgets/canvas/label_tiles.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace eyepiece {

// How a paint operation treats what is there.
struct PaintRule {
    ObjectId id = 0;               // 0 erases
    bool only_where_empty = false; // leave labelled pixels of other objects alone
    ObjectId only_on = 0;          // not 0: touch pixels of this object only
};

// An edit that has ended, as it must be written. Taking it costs little; putting its pixels together is the
// writing thread's work.
struct EYEPIECE_EXPORT FinishedEdit {
    ItemId item = 0;
    std::string tool;
    std::vector<LabelTiles::Snapshot> parts;
    std::vector<LabelObject> objects; // new, or said anew
    std::uint64_t number = 0;         // grows with every edit of the document
    int plane = 0;                    // as LabelEdit has it
    double seconds = 0;               // of the user's time that went into it
    bool empty() const { return parts.empty() && objects.empty(); }
    std::vector<LabelEdit> edits() const; // to be committed as one step
};

// The labels of one item in memory, and the edit in hand: what was changed since begin(), as it must be
// written, and how to take it back. Plain C++, one thread.
class EYEPIECE_EXPORT LabelDocument {
public:
    LabelDocument() = default;
    LabelDocument(ItemId item, std::int64_t height, std::int64_t width, int plane = 0);

    ItemId item() const { return item_; }
    int plane() const { return plane_; } // of a stack, as LabelEdit has it
    // Another plane of the same stack, whose pixels are to be loaded; the objects are those of all planes.
    // Not in the middle of an edit.
    void turn_to(int plane);
    std::int64_t width() const { return tiles_->width(); }
    std::int64_t height() const { return tiles_->height(); }
    bool empty() const { return !tiles_; }
    const std::shared_ptr<LabelTiles>& tiles() const {
        return tiles_;
    } // shared with the layer that shows them
    ObjectId at(std::int64_t x, std::int64_t y) const { return tiles_ ? tiles_->at(x, y) : 0; }

    // What the store holds: replaces what is here. `pixels` gives its tiles away.
    void load(const Region& region, LabelTiles& pixels);
    void load_objects(std::map<ObjectId, LabelObject> objects, ObjectId next_id);
    // As the store keeps it after edit `number`: exact area and bounds. What was drawn since knows better.
    void update_object(const LabelObject& object, std::uint64_t number);

    const std::map<ObjectId, LabelObject>& objects() const { return objects_; }
    const LabelObject* object(ObjectId id) const;
    ObjectId next_id() const { return next_id_; }

    // ---- the edit in hand
    void begin(std::string tool);
    bool editing() const { return editing_; }
    ObjectId new_object(ClassId class_id);      // known from now on, gone again if it gets no pixel
    void set_object(const LabelObject& object); // class, polygon, score ... of one that is there
    // Each returns the pixels that changed, as a rectangle.
    Region paint_line(Point2 from, Point2 to, double diameter, const PaintRule& rule);
    Region paint_mask(const Mask& mask, std::int64_t x, std::int64_t y, const PaintRule& rule);
    Region paint_polygon(const Polygon& polygon, const PaintRule& rule);
    Region remove_object(ObjectId id);
    // New objects from labels whose (0,0) is at (x, y): `objects` says what ids are wanted; they get new ones
    // here, and only pixels that bear no label. A tile at a time, for there may be tens of thousands.
    // `grow`: one that covers most of a label of its class, a stroke within a nucleus, becomes part of that
    // one.
    Region add_objects(const LabelTiles& labels, std::int64_t x, std::int64_t y,
                       const std::vector<LabelObject>& objects, bool grow = false);
    Region revert();       // as if it had never begun; returns what changed back
    FinishedEdit finish(); // ends it; empty when nothing changed

    // Pixels enclosed by an object that belong to none; `place` receives where the mask lies.
    Mask holes_of(ObjectId id, Region& place) const;
    // Bounds of an object as its pixels are, also when the books are only an upper limit.
    Region measured_bounds(ObjectId id) const;

private:
    struct TileKey {
        int column, row;
        auto operator<=>(const TileKey&) const = default;
    };
    Region paint_span(std::int64_t y, std::int64_t x0, std::int64_t x1, const PaintRule& rule);
    void remember(std::int64_t y, std::int64_t x0, std::int64_t x1);
    std::vector<Region> changed_parts() const;
    void note(std::int64_t x, std::int64_t y, ObjectId before, ObjectId after);
    // By the id in `labels`: the label of its class that lies by at least half within it, the largest such
    // part first.
    std::unordered_map<ObjectId, ObjectId> covered_labels(const LabelTiles& labels, std::int64_t left,
                                                          std::int64_t top,
                                                          const std::vector<LabelObject>& objects) const;

    ItemId item_ = 0;
    int plane_ = 0;
    std::shared_ptr<LabelTiles> tiles_;
    std::map<ObjectId, LabelObject> objects_;
    ObjectId next_id_ = 1;
    std::uint64_t finished_ = 0;                  // edits
    std::map<ObjectId, std::uint64_t> last_edit_; // that changed an object

    bool editing_ = false;
    std::string tool_;
    std::map<TileKey, LabelTiles::Snapshot> before_; // tiles as they were, on their first touch
    std::map<TileKey, Region> changed_;              // what changed in each tile
    std::map<ObjectId, std::optional<LabelObject>> objects_before_;
    std::vector<ObjectId> declared_; // to be told to the store: new, or said anew
    ObjectId next_before_ = 1;
};

} // namespace eyepiece
