// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/morphology.h"
#include "core/data/outlines.h"
#include "widgets/canvas/label_editor.h"

#include <QString>
#include <span>
#include <vector>

namespace eyepiece {

// What is done to whole objects of the image in hand. Each function is one edit, which is one step of undo
// and on its way to the disk when it returns. Ids that do not exist are passed over. Only the bounds of the
// objects are read, however large the image. On the window's thread.

// What an object is to be: its pixels are those of the mask.
struct ObjectShape {
    ObjectId id = 0;
    Region place; // of the mask's (0,0), within the image; holds all the object is now
    Mask mask;
};
// An object left without pixels is gone. only_where_empty: pixels of other objects stay theirs.
EYEPIECE_EXPORT void apply_shapes(LabelEditor& editor, std::span<const ObjectShape> shapes,
                                  bool only_where_empty, const QString& what);

EYEPIECE_EXPORT void remove_objects(LabelEditor& editor, std::span<const ObjectId> objects);
EYEPIECE_EXPORT void set_class(LabelEditor& editor, std::span<const ObjectId> objects, ClassId class_id);
EYEPIECE_EXPORT void fill_holes(LabelEditor& editor, std::span<const ObjectId> objects);

// All become the first one, which keeps its class. False, and nothing is done, when fewer than two exist.
EYEPIECE_EXPORT bool merge_objects(LabelEditor& editor, std::span<const ObjectId> objects);

// The largest connected part (8-connected) keeps the object's id, each other one becomes an object of its
// class. Returns how many were made; all parts are selected then.
EYEPIECE_EXPORT int split_objects(LabelEditor& editor, std::span<const ObjectId> objects);
// The same by a line (image px) through them: see cut_apart().
EYEPIECE_EXPORT int cut_objects(LabelEditor& editor, std::span<const ObjectId> objects, const Polygon& line);
// Drops all but the largest part. Returns how many objects lost something.
EYEPIECE_EXPORT int keep_largest(LabelEditor& editor, std::span<const ObjectId> objects);

// ---- what is where

// Objects that have a pixel on the line, in ascending order.
EYEPIECE_EXPORT std::vector<ObjectId> objects_on(const LabelDocument& document, const Polygon& line);
// Objects of which at least half the area lies within the outline, in ascending order.
EYEPIECE_EXPORT std::vector<ObjectId> objects_within(const LabelDocument& document, const Polygon& outline);
// Objects whose bounds lie at least half within a region, in ascending order.
EYEPIECE_EXPORT std::vector<ObjectId> objects_in(const LabelDocument& document, const Region& region);
// Objects of at most that area, or of at least; painted background is none. In ascending order.
EYEPIECE_EXPORT std::vector<ObjectId> objects_by_area(const LabelDocument& document, std::int64_t area,
                                                      bool larger);

} // namespace eyepiece
