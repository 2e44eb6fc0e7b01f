// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/label_acceptance.h"

#include "core/project/project.h"
#include "widgets/canvas/label_document.h"

#include <map>
#include <unordered_set>

namespace eyepiece {

void erase_objects(LabelTiles& tiles, const Region& region, const std::vector<LabelObject>& objects) {
    std::unordered_set<ObjectId> gone;
    for (const LabelObject& object : objects)
        gone.insert(object.id);
    tiles.erase(region, [&](ObjectId id) { return gone.contains(id); });
}

void read_labels(LabelDocument& document, Project& project, const Region& bounds) {
    constexpr std::int64_t side = 2048; // px: read in squares of this size
    for (std::int64_t y = bounds.y; y < bounds.bottom(); y += side)
        for (std::int64_t x = bounds.x; x < bounds.right(); x += side) {
            const Region part = Region{x, y, side, side}.intersected(bounds);
            document.tiles()->write(part, project.labels().read(document.item(), part, document.plane()));
        }
}

std::vector<LabelEdit> Acceptance::edits(Project& project) {
    LabelDocument document(item, extent.height, extent.width, plane);
    read_labels(document, project, bounds);
    std::map<ObjectId, LabelObject> objects;
    if (grow)
        for (LabelObject& object : project.labels().objects(item))
            objects.emplace(object.id, std::move(object));
    document.load_objects(std::move(objects), project.labels().next_object_id(item));
    document.begin("accept prediction");
    document.add_objects(*predicted, origin_x, origin_y, taken, grow);
    if (!left.empty()) {
        predicted_left = std::make_shared<LabelTiles>(predicted->height(), predicted->width());
        predicted_left->restore(predicted->snapshot(predicted->extent()));
        erase_objects(*predicted_left,
                      {bounds.x - origin_x, bounds.y - origin_y, bounds.width, bounds.height}, taken);
        predicted_left->prepare(predicted_left->extent(), LabelTiles::levels - 1);
    }
    return document.finish().edits();
}

} // namespace eyepiece
