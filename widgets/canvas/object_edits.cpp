// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/object_edits.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_set>

namespace eyepiece {

namespace {

std::vector<ObjectId> existing(const LabelDocument& document, std::span<const ObjectId> objects) {
    std::vector<ObjectId> found;
    std::unordered_set<ObjectId> seen;
    for (const ObjectId id : objects)
        if (document.object(id) && seen.insert(id).second)
            found.push_back(id);
    return found;
}

// An object's own pixels within its bounds.
ObjectShape shape_of(const LabelDocument& document, ObjectId id) {
    const Region place = document.object(id)->bounds.intersected(document.tiles()->extent());
    return {id, place, mask_of(document.tiles()->read(place), id, {0, 0, place.width, place.height})};
}

// What it was drawn as holds no longer, even when as many pixels came as went.
void drop_outline(LabelEditor& editor, ObjectId id) {
    const LabelObject* object = editor.document().object(id);
    if (!object || object->polygon.empty())
        return;
    LabelObject plain = *object;
    plain.polygon.clear();
    editor.set_object(plain);
}

void paint_shape(LabelEditor& editor, const ObjectShape& shape, bool only_where_empty) {
    Mask outside(shape.mask.height, shape.mask.width);
    std::transform(shape.mask.pixels.begin(), shape.mask.pixels.end(), outside.pixels.begin(),
                   [](std::uint8_t in) { return static_cast<std::uint8_t>(!in); });
    editor.mask(outside, shape.place.x, shape.place.y, {0, false, shape.id});
    editor.mask(shape.mask, shape.place.x, shape.place.y, {shape.id, only_where_empty, 0});
    drop_outline(editor, shape.id);
}

// Gives every part but the largest an object of its own; `parts` numbers them, 0: none.
std::vector<ObjectId> give_apart(LabelEditor& editor, const ObjectShape& whole, const LabelMap& parts) {
    const ObjectId count = parts.largest_id();
    std::vector<std::int64_t> areas(count + std::size_t{1}, 0);
    for (const ObjectId part : parts.ids())
        ++areas[part];
    const auto largest =
        static_cast<ObjectId>(std::max_element(areas.begin() + 1, areas.end()) - areas.begin());
    std::vector<ObjectId> ids{whole.id};
    for (ObjectId part = 1; part <= count; ++part) {
        if (part == largest)
            continue;
        const ObjectId id = editor.new_object();
        LabelObject like = *editor.document().object(id);
        like.class_id = editor.document().object(whole.id)->class_id;
        editor.set_object(like);
        editor.mask(mask_of(parts, part, {0, 0, parts.width(), parts.height()}), whole.place.x, whole.place.y,
                    {id, false, whole.id});
        ids.push_back(id);
    }
    return ids;
}

template<class PartsOf>
int divide(LabelEditor& editor, std::span<const ObjectId> objects, const QString& what, PartsOf parts_of) {
    struct Division {
        ObjectShape whole;
        LabelMap parts;
    };
    if (!editor.begin(what)) // first: what is on its way from the disk is here then
        return 0;
    std::vector<Division> divisions;
    for (const ObjectId id : existing(editor.document(), objects)) {
        ObjectShape whole = shape_of(editor.document(), id);
        LabelMap parts = parts_of(whole);
        if (parts.largest_id() > 1)
            divisions.push_back({std::move(whole), std::move(parts)});
    }
    if (divisions.empty()) {
        editor.cancel();
        return 0;
    }
    std::vector<ObjectId> all;
    for (const Division& division : divisions) {
        const std::vector<ObjectId> ids = give_apart(editor, division.whole, division.parts);
        all.insert(all.end(), ids.begin(), ids.end());
    }
    editor.commit();
    editor.select_objects(all);
    return static_cast<int>(all.size() - divisions.size());
}

} // namespace

void apply_shapes(LabelEditor& editor, std::span<const ObjectShape> shapes, bool only_where_empty,
                  const QString& what) {
    if (shapes.empty() || !editor.ready() || !editor.begin(what))
        return;
    for (const ObjectShape& shape : shapes)
        if (editor.document().object(shape.id))
            paint_shape(editor, shape, only_where_empty);
    editor.commit();
}

void remove_objects(LabelEditor& editor, std::span<const ObjectId> objects) {
    const std::vector<ObjectId> wanted = existing(editor.document(), objects);
    if (wanted.empty() || !editor.begin(LabelEditor::tr("delete")))
        return;
    for (const ObjectId id : wanted)
        editor.clear_object(id);
    editor.commit();
}

void set_class(LabelEditor& editor, std::span<const ObjectId> objects, ClassId class_id) {
    std::vector<ObjectId> wanted = existing(editor.document(), objects);
    std::erase_if(wanted, [&](ObjectId id) { return editor.document().object(id)->class_id == class_id; });
    if (wanted.empty() || !editor.find_class(class_id) || !editor.begin(LabelEditor::tr("class")))
        return;
    for (const ObjectId id : wanted)
        if (const LabelObject* known = editor.document().object(id)) { // beginning may have read anew
            LabelObject changed = *known;
            changed.class_id = class_id;
            editor.set_object(changed);
        }
    editor.commit();
}

void fill_holes(LabelEditor& editor, std::span<const ObjectId> objects) {
    const std::vector<ObjectId> wanted = existing(editor.document(), objects);
    if (wanted.empty() || !editor.begin(LabelEditor::tr("fill holes")))
        return;
    for (const ObjectId id : wanted) {
        Region place;
        const Mask holes = editor.document().holes_of(id, place);
        editor.mask(holes, place.x, place.y, {id, true, 0});
    }
    editor.commit();
}

bool merge_objects(LabelEditor& editor, std::span<const ObjectId> objects) {
    const std::vector<ObjectId> wanted = existing(editor.document(), objects);
    if (wanted.size() < 2 || !editor.begin(LabelEditor::tr("merge")))
        return false;
    for (const ObjectId id : std::span(wanted).subspan(1)) {
        const ObjectShape other = shape_of(editor.document(), id);
        editor.mask(other.mask, other.place.x, other.place.y, {wanted.front(), false, id});
    }
    drop_outline(editor, wanted.front());
    editor.commit();
    editor.select(wanted.front());
    return true;
}

int split_objects(LabelEditor& editor, std::span<const ObjectId> objects) {
    return divide(editor, objects, LabelEditor::tr("split"),
                  [](const ObjectShape& whole) { return connected_components(whole.mask); });
}

int cut_objects(LabelEditor& editor, std::span<const ObjectId> objects, const Polygon& line) {
    return divide(editor, objects, LabelEditor::tr("cut"), [&](const ObjectShape& whole) {
        Polygon within = line;
        for (Point2& p : within) {
            p.x -= static_cast<double>(whole.place.x);
            p.y -= static_cast<double>(whole.place.y);
        }
        // An object that was in parts before is cut only when the line adds one.
        const LabelMap apart = connected_components(whole.mask), cut = cut_apart(whole.mask, within);
        return cut.largest_id() > apart.largest_id() ? cut : LabelMap(apart.height(), apart.width());
    });
}

int keep_largest(LabelEditor& editor, std::span<const ObjectId> objects) {
    if (!editor.begin(LabelEditor::tr("keep the largest part")))
        return 0;
    int changed = 0;
    for (const ObjectId id : existing(editor.document(), objects)) {
        ObjectShape shape = shape_of(editor.document(), id);
        Mask kept = largest_part(shape.mask);
        if (kept == shape.mask)
            continue;
        shape.mask = std::move(kept);
        paint_shape(editor, shape, true);
        ++changed;
    }
    editor.commit();
    return changed;
}

std::vector<ObjectId> objects_on(const LabelDocument& document, const Polygon& line) {
    std::set<ObjectId> found;
    if (document.empty())
        return {};
    const auto look = [&](double x, double y) {
        const auto px = static_cast<std::int64_t>(std::floor(x)),
                   py = static_cast<std::int64_t>(std::floor(y));
        if (px >= 0 && py >= 0 && px < document.width() && py < document.height())
            if (const ObjectId id = document.at(px, py); id != 0)
                found.insert(id);
    };
    constexpr double step = 0.25; // px
    for (std::size_t i = 0; i < line.size(); ++i) {
        const Point2 &a = line[i], &b = line[std::min(i + 1, line.size() - 1)];
        const auto steps =
            static_cast<int>(std::ceil(std::min(std::hypot(b.x - a.x, b.y - a.y) / step, 1e6))) + 1;
        for (int k = 0; k <= steps; ++k)
            look(a.x + (b.x - a.x) * k / steps, a.y + (b.y - a.y) * k / steps);
    }
    return {found.begin(), found.end()};
}

std::vector<ObjectId> objects_within(const LabelDocument& document, const Polygon& outline) {
    if (document.empty())
        return {};
    const LabelTiles& tiles = *document.tiles();
    const Region place = bounds_of(outline).intersected(tiles.extent());
    std::vector<ObjectId> found;
    if (place.empty())
        return found;
    std::map<ObjectId, std::int64_t> inside;
    constexpr std::int64_t side = LabelTiles::tile_size;
    for (std::int64_t row = place.y / side; row * side < place.bottom(); ++row)
        for (std::int64_t column = place.x / side; column * side < place.right(); ++column) {
            if (!tiles.tile(static_cast<int>(column), static_cast<int>(row), 0))
                continue; // it bears no label
            const Region part = Region{column * side, row * side, side, side}.intersected(place);
            for (const CoveredArea& each : covered_areas(tiles.read(part), rasterize(outline, part)))
                inside[each.id] += each.area;
        }
    for (const auto& [id, area] : inside)
        if (const LabelObject* object = document.object(id); object && 2 * area >= object->area)
            found.push_back(id);
    return found;
}

std::vector<ObjectId> objects_in(const LabelDocument& document, const Region& region) {
    std::vector<ObjectId> found;
    for (const auto& [id, object] : document.objects()) {
        const Region common = object.bounds.intersected(region);
        if (!common.empty() && 2 * common.width * common.height >= object.bounds.width * object.bounds.height)
            found.push_back(id);
    }
    return found;
}

std::vector<ObjectId> objects_by_area(const LabelDocument& document, std::int64_t area, bool larger) {
    std::vector<ObjectId> found;
    for (const auto& [id, object] : document.objects())
        if (object.class_id != 0 && (larger ? object.area >= area : object.area <= area))
            found.push_back(id);
    return found;
}

} // namespace eyepiece
