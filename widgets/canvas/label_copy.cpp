// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/label_copy.h"

#include "core/project/project.h"
#include "widgets/canvas/label_acceptance.h"
#include "widgets/canvas/label_document.h"

namespace eyepiece {

LabelCopy::LabelCopy(const LabelDocument& from, ItemId to, const std::vector<ObjectId>& objects)
    : to_(to), width_(from.width()), height_(from.height()), plane_(from.plane()) {
    for (const ObjectId id : objects)
        if (const LabelObject* object = from.object(id))
            parts_.push_back(
                {*object, from.tiles()->snapshot(object->bounds.intersected(from.tiles()->extent()))});
}

std::vector<LabelEdit> LabelCopy::edits(Project& project) {
    LabelDocument document(to_, height_, width_, plane_);
    document.load_objects({}, project.labels().next_object_id(to_));
    Region bounds; // what is written may reach from one object to the other
    for (const Part& part : parts_)
        bounds = bounds.united(part.pixels.region());
    read_labels(document, project, bounds);
    document.begin("copy");
    copied = 0;
    for (const Part& part : parts_) {
        const Region& place = part.pixels.region();
        const ObjectId id = document.new_object(part.object.class_id);
        document.paint_mask(mask_of(part.pixels.read(), part.object.id, {0, 0, place.width, place.height}),
                            place.x, place.y, {id, true, 0});
        const LabelObject* made = document.object(id);
        if (made->area > 0)
            ++copied;
        if (made->area > 0 && made->area == part.object.area && !part.object.polygon.empty()) {
            LabelObject with_outline = *made;
            with_outline.polygon = part.object.polygon;
            document.set_object(with_outline);
        }
    }
    return document.finish().edits();
}

} // namespace eyepiece
