// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/plane_edits.h"

#include "core/data/slice_interpolation.h"
#include "core/project/project.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

namespace eyepiece {

namespace {

// A document of one plane with what the project holds of a region.
LabelDocument document_of(Project& project, ItemId item, std::int64_t width, std::int64_t height, int plane,
                          const Region& region, const std::map<ObjectId, LabelObject>& objects) {
    LabelDocument document(item, height, width, plane);
    document.tiles()->write(region, project.labels().read(item, region, plane));
    document.load_objects(objects, project.labels().next_object_id(item));
    return document;
}

std::map<ObjectId, LabelObject> objects_of(Project& project, ItemId item) {
    std::map<ObjectId, LabelObject> objects;
    for (LabelObject& object : project.labels().objects(item))
        objects.emplace(object.id, std::move(object));
    return objects;
}

void append(std::vector<LabelEdit>& all, std::vector<LabelEdit> more) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
}

} // namespace

double BallStroke::diameter_in(int other) const {
    const double away = std::abs(other - plane) * plane_step, radius = diameter / 2;
    return away < radius ? 2 * std::sqrt(radius * radius - away * away) : 0;
}

std::vector<LabelEdit> BallStroke::edits(Project& project) const {
    std::vector<LabelEdit> all;
    if (path.empty())
        return all;
    Region reach;
    for (const Point2& point : path) {
        const auto x = static_cast<std::int64_t>(std::floor(point.x - diameter / 2 - 1));
        const auto y = static_cast<std::int64_t>(std::floor(point.y - diameter / 2 - 1));
        const auto side = static_cast<std::int64_t>(std::ceil(diameter)) + 4;
        reach = reach.united({x, y, side, side});
    }
    reach = reach.intersected({0, 0, width, height});
    if (reach.empty())
        return all;
    const auto objects = objects_of(project, item);
    for (int other = planes.first; other < planes.first + planes.count; ++other) {
        const double here = diameter_in(other);
        if (other == plane || here <= 0)
            continue;
        LabelDocument document = document_of(project, item, width, height, other, reach, objects);
        document.begin("ball");
        for (std::size_t i = 0; i < path.size(); ++i)
            document.paint_line(path[i == 0 ? 0 : i - 1], path[i], here, rule);
        append(all, document.finish().edits());
    }
    return all;
}

std::vector<LabelEdit> BetweenPlanes::edits(Project& project) {
    std::vector<LabelEdit> all;
    filled = 0;
    std::vector<int> labelled = project.labels().labelled_planes(item);
    std::erase_if(labelled,
                  [this](int plane) { return plane < planes.first || plane >= planes.first + planes.count; });
    const auto known = objects_of(project, item);
    // One plane may get parts of several objects, each of which must see those before it.
    std::map<int, LabelDocument> documents;
    for (const ObjectId id : objects) {
        const auto object = known.find(id);
        if (object == known.end())
            continue;
        const Region place = object->second.bounds.intersected({0, 0, width, height});
        int before = -1;
        Mask shape_before;
        for (const int plane : labelled) {
            const LabelMap labels = project.labels().read(item, place, plane);
            Mask shape = mask_of(labels, id, {0, 0, place.width, place.height});
            if (std::none_of(shape.pixels.begin(), shape.pixels.end(), [](auto pixel) { return pixel; }))
                continue;
            for (int between = before + 1; before >= 0 && between < plane; ++between) {
                auto at = documents.find(between);
                if (at == documents.end()) {
                    at = documents
                             .emplace(between, document_of(project, item, width, height, between,
                                                           {0, 0, width, height}, known))
                             .first;
                    at->second.begin("fill between planes");
                }
                const double fraction = static_cast<double>(between - before) / (plane - before);
                at->second.paint_mask(interpolated(shape_before, shape, fraction), place.x, place.y,
                                      {id, only_where_empty, 0});
            }
            before = plane;
            shape_before = std::move(shape);
        }
    }
    for (auto& [plane, document] : documents) {
        std::vector<LabelEdit> made = document.finish().edits();
        filled += !made.empty();
        append(all, std::move(made));
    }
    return all;
}

} // namespace eyepiece
