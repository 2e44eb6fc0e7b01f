// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/label_document.h"

#include "core/data/components.h"

#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

constexpr std::int64_t tile = LabelTiles::tile_size;
constexpr std::int64_t whole_edit = 1 << 20; // px: an edit up to this size is written as one rectangle
constexpr int tiles_a_part = 4;              // else in squares of this many tiles, or tile by tile

double distance_squared(double px, double py, Point2 a, Point2 b) {
    const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    const double t = length > 0 ? std::clamp(((px - a.x) * dx + (py - a.y) * dy) / length, 0.0, 1.0) : 0.0;
    const double ex = px - (a.x + t * dx), ey = py - (a.y + t * dy);
    return ex * ex + ey * ey;
}

// Brushes of a whole number of pixels sit on pixels: their middle is a pixel's middle or corner.
Point2 snapped(Point2 p, double diameter) {
    if (diameter > 32 || diameter != std::floor(diameter))
        return p;
    if (static_cast<int>(diameter) % 2 == 1)
        return {std::floor(p.x) + 0.5, std::floor(p.y) + 0.5};
    return {std::floor(p.x + 0.5), std::floor(p.y + 0.5)};
}

} // namespace

LabelDocument::LabelDocument(ItemId item, std::int64_t height, std::int64_t width, int plane)
    : item_(item), plane_(plane), tiles_(std::make_shared<LabelTiles>(height, width)) {}

void LabelDocument::turn_to(int plane) {
    plane_ = plane;
    tiles_ = std::make_shared<LabelTiles>(height(), width());
}

void LabelDocument::load(const Region& region, LabelTiles& pixels) {
    tiles_->take(pixels, region);
}

void LabelDocument::load_objects(std::map<ObjectId, LabelObject> objects, ObjectId next_id) {
    objects_ = std::move(objects);
    last_edit_.clear();
    next_id_ = std::max({next_id, next_id_, objects_.empty() ? 0 : objects_.rbegin()->first + 1});
}

void LabelDocument::update_object(const LabelObject& object, std::uint64_t number) {
    if (editing_ && objects_before_.contains(object.id))
        return;
    if (const auto last = last_edit_.find(object.id); last != last_edit_.end() && last->second > number)
        return;
    if (const auto found = objects_.find(object.id); found != objects_.end())
        found->second = object;
}

const LabelObject* LabelDocument::object(ObjectId id) const {
    const auto found = objects_.find(id);
    return found == objects_.end() ? nullptr : &found->second;
}

void LabelDocument::begin(std::string tool) {
    editing_ = true;
    tool_ = std::move(tool);
    before_.clear();
    changed_.clear();
    objects_before_.clear();
    declared_.clear();
    next_before_ = next_id_;
}

ObjectId LabelDocument::new_object(ClassId class_id) {
    const ObjectId id = next_id_++;
    LabelObject object;
    object.id = id;
    object.class_id = class_id;
    object.tool = tool_;
    objects_before_.try_emplace(id, std::nullopt);
    objects_.emplace(id, object);
    declared_.push_back(id);
    return id;
}

void LabelDocument::set_object(const LabelObject& object) {
    const auto found = objects_.find(object.id);
    if (found == objects_.end())
        return;
    objects_before_.try_emplace(object.id, found->second);
    const LabelObject kept = found->second;
    found->second = object;
    found->second.area = kept.area;
    found->second.bounds = kept.bounds;
    if (std::find(declared_.begin(), declared_.end(), object.id) == declared_.end())
        declared_.push_back(object.id);
}

void LabelDocument::remember(std::int64_t y, std::int64_t x0, std::int64_t x1) {
    const int row = static_cast<int>(y / tile);
    for (std::int64_t column = x0 / tile; column * tile < x1; ++column) {
        const TileKey key{static_cast<int>(column), row};
        if (!before_.contains(key))
            before_.emplace(key, tiles_->snapshot(Region{column * tile, row * tile, tile, tile}.intersected(
                                     tiles_->extent())));
    }
}

void LabelDocument::note(std::int64_t x, std::int64_t y, ObjectId before, ObjectId after) {
    const Region pixel{x, y, 1, 1};
    for (const auto& [id, step] : {std::pair{before, -1}, std::pair{after, 1}}) {
        const auto found = objects_.find(id);
        if (id == 0 || found == objects_.end())
            continue;
        objects_before_.try_emplace(id, found->second);
        found->second.area += step;
        if (step > 0)
            found->second.bounds = found->second.bounds.united(pixel);
    }
}

Region LabelDocument::paint_span(std::int64_t y, std::int64_t x0, std::int64_t x1, const PaintRule& rule) {
    x0 = std::max<std::int64_t>(x0, 0);
    x1 = std::min(x1, width());
    if (y < 0 || y >= height() || x0 >= x1)
        return {};
    remember(y, x0, x1);
    std::int64_t first = INT64_MAX, last = -1;
    // Runs of one former id are booked at once.
    std::int64_t run_start = -1, run_end = -1;
    ObjectId run_id = 0;
    const auto book = [&] {
        if (run_start < 0)
            return;
        note(run_start, y, run_id, rule.id);
        note(run_end, y, run_id, rule.id);
        const std::int64_t more = run_end - run_start + 1 - 2;
        for (const auto& [id, step] : {std::pair{run_id, -1}, std::pair{rule.id, 1}})
            if (const auto found = objects_.find(id); id != 0 && found != objects_.end())
                found->second.area += step * more;
    };
    tiles_->set_span(
        y, x0, x1, rule.id,
        [&](ObjectId old) {
            return (rule.only_on != 0 && old != rule.only_on) || (rule.only_where_empty && old != 0);
        },
        [&](std::int64_t x, ObjectId old) {
            first = std::min(first, x);
            last = std::max(last, x);
            if (run_start >= 0 && x == run_end + 1 && old == run_id) {
                run_end = x;
                return;
            }
            book();
            run_start = run_end = x;
            run_id = old;
        });
    book();
    if (last < 0)
        return {};
    const int row = static_cast<int>(y / tile);
    for (std::int64_t column = first / tile; column * tile <= last; ++column) {
        const std::int64_t from = std::max(first, column * tile),
                           to = std::min(last, column * tile + tile - 1);
        Region& region = changed_[{static_cast<int>(column), row}];
        region = region.united({from, y, to - from + 1, 1});
    }
    return {first, y, last - first + 1, 1};
}

Region LabelDocument::paint_line(Point2 from, Point2 to, double diameter, const PaintRule& rule) {
    from = snapped(from, diameter);
    to = snapped(to, diameter);
    const double radius = std::max(diameter, 1.0) / 2, reach = radius * radius + 1e-9;
    Region changed;
    const auto y0 = static_cast<std::int64_t>(std::floor(std::min(from.y, to.y) - radius));
    const auto y1 = static_cast<std::int64_t>(std::ceil(std::max(from.y, to.y) + radius));
    for (std::int64_t y = std::max<std::int64_t>(y0, 0); y < std::min(y1, height()); ++y) {
        const double cy = static_cast<double>(y) + 0.5;
        const auto inside = [&](std::int64_t x) {
            return distance_squared(static_cast<double>(x) + 0.5, cy, from, to) <= reach;
        };
        // The stroke is convex: its part in a row is one span. Start from a point of the axis as near as can
        // be to the row, and bound the ends by both discs and the band between them.
        double low = 1e300, high = -1e300;
        const auto widen = [&](double a, double b) {
            low = std::min(low, a);
            high = std::max(high, b);
        };
        for (const Point2& p : {from, to})
            if (const double d = reach - (cy - p.y) * (cy - p.y); d >= 0)
                widen(p.x - std::sqrt(d), p.x + std::sqrt(d));
        const double dx = to.x - from.x, dy = to.y - from.y, length = std::hypot(dx, dy);
        if (length > 0) {
            const double nx = -dy / length * radius, ny = dx / length * radius;
            const Point2 corners[4] = {{from.x + nx, from.y + ny},
                                       {to.x + nx, to.y + ny},
                                       {to.x - nx, to.y - ny},
                                       {from.x - nx, from.y - ny}};
            for (int i = 0; i < 4; ++i) {
                const Point2 &a = corners[i], &b = corners[(i + 1) % 4];
                if ((a.y <= cy) == (b.y <= cy))
                    continue;
                const double x = a.x + (b.x - a.x) * (cy - a.y) / (b.y - a.y);
                widen(x, x);
            }
        }
        if (low > high)
            continue;
        auto x0 = static_cast<std::int64_t>(std::floor(low - 1)),
             x1 = static_cast<std::int64_t>(std::ceil(high + 1));
        while (x0 < x1 && !inside(x0))
            ++x0;
        while (x1 > x0 && !inside(x1 - 1))
            --x1;
        changed = changed.united(paint_span(y, x0, x1, rule));
    }
    return changed;
}

Region LabelDocument::paint_mask(const Mask& mask, std::int64_t left, std::int64_t top,
                                 const PaintRule& rule) {
    Region changed;
    for (std::int64_t y = 0; y < mask.height; ++y)
        for (std::int64_t x = 0; x < mask.width;) {
            if (!mask.at(x, y)) {
                ++x;
                continue;
            }
            const std::int64_t start = x;
            while (x < mask.width && mask.at(x, y))
                ++x;
            changed = changed.united(paint_span(top + y, left + start, left + x, rule));
        }
    return changed;
}

Region LabelDocument::paint_polygon(const Polygon& polygon, const PaintRule& rule) {
    const Region place = bounds_of(polygon).intersected(tiles_->extent());
    if (polygon.size() < 3 || place.empty())
        return {};
    return paint_mask(rasterize(polygon, place), place.x, place.y, rule);
}

Region LabelDocument::measured_bounds(ObjectId id) const {
    const LabelObject* known = object(id);
    if (!known)
        return {};
    const Region limit = known->bounds.intersected(tiles_->extent());
    Region bounds;
    const LabelMap pixels = tiles_->read(limit);
    for (std::int64_t y = 0; y < limit.height; ++y) {
        const auto row = pixels.row(y);
        const auto first = std::find(row.begin(), row.end(), id);
        if (first == row.end())
            continue;
        const auto last = std::find(row.rbegin(), row.rend(), id);
        const auto x0 = first - row.begin(), x1 = row.rend() - last;
        bounds = bounds.united({limit.x + x0, limit.y + y, x1 - x0, 1});
    }
    return bounds;
}

Region LabelDocument::remove_object(ObjectId id) {
    const LabelObject* known = object(id);
    if (!known)
        return {};
    const Region bounds = known->bounds.intersected(tiles_->extent());
    Region changed;
    for (std::int64_t y = bounds.y; y < bounds.bottom(); ++y)
        changed = changed.united(paint_span(y, bounds.x, bounds.right(), {0, false, id}));
    return changed;
}

std::unordered_map<ObjectId, ObjectId>
LabelDocument::covered_labels(const LabelTiles& labels, std::int64_t left, std::int64_t top,
                              const std::vector<LabelObject>& objects) const {
    std::unordered_map<ObjectId, ObjectId> covered;
    const Region known = Region{left, top, labels.width(), labels.height()}.intersected(tiles_->extent());
    for (const LabelObject& each : objects) {
        const Region place = each.bounds.intersected(known);
        if (place.empty())
            continue;
        const LabelMap theirs = labels.read({place.x - left, place.y - top, place.width, place.height});
        const LabelMap ours = tiles_->read(place);
        std::map<ObjectId, std::int64_t> common; // px
        for (std::size_t i = 0; i < ours.ids().size(); ++i)
            if (ours.ids()[i] != 0 && theirs.ids()[i] == each.id)
                ++common[ours.ids()[i]];
        std::int64_t most = 0;
        for (const auto& [id, pixels] : common)
            if (const LabelObject* label = object(id);
                label && label->class_id == each.class_id && 2 * pixels >= label->area && pixels > most) {
                most = pixels;
                covered[each.id] = id;
            }
    }
    return covered;
}

Region LabelDocument::add_objects(const LabelTiles& labels, std::int64_t left, std::int64_t top,
                                  const std::vector<LabelObject>& objects, bool grow) {
    std::vector<LabelObject*> made; // by the id in `labels`; null: not wanted
    Region wanted;
    const auto covered =
        grow ? covered_labels(labels, left, top, objects) : std::unordered_map<ObjectId, ObjectId>();
    for (const LabelObject& each : objects) {
        if (each.id >= made.size())
            made.resize(each.id + std::size_t{1});
        wanted = wanted.united(each.bounds);
        if (const auto label = covered.find(each.id); label != covered.end()) {
            LabelObject& grown = objects_.at(label->second);
            objects_before_.try_emplace(grown.id, grown);
            made[each.id] = &grown;
            continue;
        }
        LabelObject& object = objects_.at(new_object(each.class_id));
        const ObjectId id = object.id;
        object = each;
        object.id = id;
        object.area = 0;
        object.bounds = {};
        made[each.id] = &object;
    }
    wanted = wanted.intersected({left, top, labels.width(), labels.height()}).intersected(tiles_->extent());
    Region changed;
    for (auto row = wanted.y / tile; row * tile < wanted.bottom(); ++row)
        for (auto column = wanted.x / tile; column * tile < wanted.right(); ++column) {
            const Region part = Region{column * tile, row * tile, tile, tile}.intersected(wanted);
            const LabelMap piece = labels.read({part.x - left, part.y - top, part.width, part.height});
            remember(part.y, part.x, part.right());
            Region in_tile;
            for (std::int64_t y = 0; y < part.height; ++y) {
                const auto ids = piece.row(y);
                for (std::size_t x = 0; x < ids.size();) {
                    const ObjectId id = ids[x];
                    const std::size_t start = x;
                    while (x < ids.size() && ids[x] == id)
                        ++x;
                    LabelObject* object = id != 0 && id < made.size() ? made[id] : nullptr;
                    if (!object)
                        continue;
                    std::int64_t first = INT64_MAX, last = -1;
                    tiles_->set_span(
                        part.y + y, part.x + static_cast<std::int64_t>(start),
                        part.x + static_cast<std::int64_t>(x), object->id,
                        [](ObjectId old) { return old != 0; },
                        [&](std::int64_t at, ObjectId) {
                            first = std::min(first, at);
                            last = at;
                            ++object->area;
                        });
                    if (last < 0)
                        continue;
                    const Region span{first, part.y + y, last - first + 1, 1};
                    object->bounds = object->bounds.united(span);
                    in_tile = in_tile.united(span);
                }
            }
            if (in_tile.empty())
                continue;
            Region& known = changed_[{static_cast<int>(column), static_cast<int>(row)}];
            known = known.united(in_tile);
            changed = changed.united(in_tile);
        }
    return changed;
}

Region LabelDocument::revert() {
    Region back;
    for (const auto& [key, snapshot] : before_)
        if (const auto changed = changed_.find(key); changed != changed_.end()) {
            tiles_->restore(snapshot);
            back = back.united(changed->second);
        }
    for (auto& [id, object] : objects_before_) {
        if (object)
            objects_[id] = *object;
        else
            objects_.erase(id);
    }
    next_id_ = next_before_;
    editing_ = false;
    before_.clear();
    return back;
}

// The rectangles to be written: one, or squares of some tiles, or single tiles, whatever writes few pixels
// that did not change.
std::vector<Region> LabelDocument::changed_parts() const {
    struct Part {
        Region region;
        std::int64_t changed = 0; // px
        std::vector<Region> tiles;
        bool compact() const { return region.width * region.height <= std::max(2 * changed, tile * tile); }
    };
    Part all;
    std::map<TileKey, Part> squares;
    for (const auto& [key, region] : changed_)
        for (Part* part : {&all, &squares[{key.column / tiles_a_part, key.row / tiles_a_part}]}) {
            part->region = part->region.united(region);
            part->changed += region.width * region.height;
            part->tiles.push_back(region);
        }
    if (all.tiles.empty())
        return {};
    if (all.compact() && all.region.width * all.region.height <= whole_edit)
        return {all.region};
    std::vector<Region> parts;
    for (const auto& [key, part] : squares) {
        if (part.compact())
            parts.push_back(part.region);
        else
            parts.insert(parts.end(), part.tiles.begin(), part.tiles.end());
    }
    return parts;
}

std::vector<LabelEdit> FinishedEdit::edits() const {
    std::vector<LabelEdit> edits;
    std::vector<LabelObject> waiting = objects;
    for (const LabelTiles::Snapshot& part : parts) {
        LabelEdit edit;
        edit.item = item;
        edit.plane = plane;
        edit.tool = tool;
        edit.region = part.region();
        edit.pixels = part.read();
        // The store must hear of an object in the edit that first uses it.
        if (parts.size() == 1) {
            edit.objects = std::exchange(waiting, {});
        } else if (!waiting.empty()) {
            std::vector<ObjectId> used(edit.pixels.ids().begin(), edit.pixels.ids().end());
            used.erase(std::unique(used.begin(), used.end()), used.end()); // runs, so that sorting is quick
            std::sort(used.begin(), used.end());
            std::erase_if(waiting, [&](const LabelObject& object) {
                if (!std::binary_search(used.begin(), used.end(), object.id))
                    return false;
                edit.objects.push_back(object);
                return true;
            });
        }
        edits.push_back(std::move(edit));
    }
    if (!waiting.empty()) { // said anew, no pixel of it changed
        LabelEdit edit;
        edit.item = item;
        edit.tool = tool;
        edit.objects = std::move(waiting);
        edits.push_back(std::move(edit));
    }
    if (!edits.empty())
        edits.front().seconds = seconds;
    return edits;
}

FinishedEdit LabelDocument::finish() {
    editing_ = false;
    before_.clear();
    FinishedEdit finished{item_, tool_, {}, {}, ++finished_, plane_, 0};
    for (const Region& region : changed_parts())
        finished.parts.push_back(tiles_->snapshot(region));
    for (const ObjectId id : declared_) {
        const LabelObject* known = object(id);
        if (known && known->area > 0)
            finished.objects.push_back(*known);
        else
            objects_.erase(id); // it never got a pixel
    }
    // What an object was drawn as no longer holds once other pixels of it changed; the store does the same.
    for (const auto& [id, before] : objects_before_) {
        last_edit_[id] = finished_;
        if (const auto found = objects_.find(id); found != objects_.end()) {
            if (before && before->area != found->second.area &&
                std::find(declared_.begin(), declared_.end(), id) == declared_.end())
                found->second.polygon.clear();
            if (found->second.area <= 0)
                objects_.erase(found);
        }
    }
    changed_.clear();
    objects_before_.clear();
    declared_.clear();
    return finished;
}

Mask LabelDocument::holes_of(ObjectId id, Region& place) const {
    place = measured_bounds(id);
    const LabelMap pixels = place.empty() ? LabelMap() : tiles_->read(place);
    Mask own(place.height, place.width);
    for (std::size_t i = 0; i < own.pixels.size(); ++i)
        own.pixels[i] = pixels.ids()[i] == id;
    Mask holes = fill_holes(own);
    for (std::size_t i = 0; i < holes.pixels.size(); ++i)
        holes.pixels[i] = holes.pixels[i] && pixels.ids()[i] == 0;
    return holes;
}

} // namespace eyepiece
