// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/outline_labels.h"
#include "core/data/components.h"
#include "core/formats/file_errors.h"
#include "core/formats/image_reader.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>
#include <unordered_map>

namespace eyepiece {
Json read_json_object(const std::filesystem::path& path) {
    readable_size(path);
    std::ifstream file(path, std::ios::binary);
    Json document;
    try {
        document = Json::parse(file);
    } catch (const Json::exception& error) {
        throw file_error(ErrorCode::BadInput, path, "is damaged JSON.", error.what());
    }
    if (!document.is_object())
        throw file_error(ErrorCode::BadInput, path, "holds JSON that is no object.");
    return document;
}

std::vector<Point2> points_of_json(const Json& list) {
    if (!list.is_array())
        throw Error(ErrorCode::BadInput, "has points that are no list");
    std::vector<Point2> points;
    points.reserve(list.size());
    for (const Json& pair : list) {
        if (!pair.is_array() || pair.size() < 2 || !pair[0].is_number() || !pair[1].is_number())
            throw Error(ErrorCode::BadInput, "has a point that is no pair of numbers");
        const Point2 point{pair[0].get<double>(), pair[1].get<double>()};
        if (!(std::abs(point.x) <= farthest_point && std::abs(point.y) <= farthest_point))
            throw Error(ErrorCode::BadInput, "has a point that lies beyond any image");
        points.push_back(point);
    }
    if (points.size() > 3 && points.front().x == points.back().x && points.front().y == points.back().y)
        points.pop_back();
    return points;
}

Json json_points(const Polygon& ring, bool closed) {
    Json points = Json::array();
    for (const Point2& point : ring)
        points.push_back({point.x, point.y});
    if (closed && !ring.empty())
        points.push_back({ring.front().x, ring.front().y});
    return points;
}

Polygon ellipse_ring(const Point2& centre, const Point2& along, const Point2& across) {
    const double radius = std::max(std::hypot(along.x, along.y), std::hypot(across.x, across.y));
    const auto corners = static_cast<std::size_t>(std::clamp(24 * std::sqrt(radius), 16.0, 1e5));
    Polygon ring(corners);
    for (std::size_t i = 0; i < corners; ++i) {
        const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(corners);
        const double c = std::cos(angle), s = std::sin(angle);
        ring[i] = {centre.x + c * along.x + s * across.x, centre.y + c * along.y + s * across.y};
    }
    return ring;
}

PaintedPart painted_shapes(std::span<const RingSet> shapes, std::int64_t height, std::int64_t width) {
    PaintedPart part;
    for (const RingSet& rings : shapes)
        for (const Polygon& ring : rings)
            part.where = part.where.united(bounds_of(ring));
    part.where = part.where.intersected({0, 0, width, height});
    part.mask = Mask(part.where.height, part.where.width);
    for (const RingSet& rings : shapes) {
        const Mask shape = rasterize(rings, part.where);
        std::transform(shape.pixels.begin(), shape.pixels.end(), part.mask.pixels.begin(),
                       part.mask.pixels.begin(),
                       [](std::uint8_t a, std::uint8_t b) { return static_cast<std::uint8_t>(a | b); });
    }
    if (shapes.size() == 1 && shapes[0].size() == 1)
        part.object.outline = shapes[0][0];
    return part;
}

void for_each_object(const LabelMap& labels, std::span<const ExportedObject> objects,
                     const TakeObject& take) {
    std::unordered_map<ObjectId, Region> bounds;
    for (const ObjectMeasures& measures : measure_objects(labels))
        bounds.emplace(measures.id, measures.bounds);
    for (const ExportedObject& object : objects)
        if (const auto found = bounds.find(object.id); found != bounds.end())
            take(object, found->second, mask_of(labels, object.id, found->second));
}

std::vector<OutlinePart> parts_in_image(const Mask& mask, const Region& bounds) {
    return trace_parts(mask, static_cast<double>(bounds.x), static_cast<double>(bounds.y));
}

Polygon joined_ring(const std::vector<OutlinePart>& parts) {
    Polygon joined;
    const auto join = [&](const Polygon& ring) {
        if (joined.empty()) {
            joined = ring;
            return;
        }
        const auto away = [&](const Point2& point) {
            return std::hypot(point.x - ring[0].x, point.y - ring[0].y);
        };
        const auto nearest =
            std::min_element(joined.begin(), joined.end(),
                             [&](const Point2& a, const Point2& b) { return away(a) < away(b); });
        Polygon detour = ring;
        detour.push_back(ring[0]);
        detour.push_back(*nearest);
        joined.insert(nearest + 1, detour.begin(), detour.end());
    };
    for (const OutlinePart& part : parts) {
        join(part.outer);
        for (const Polygon& hole : part.holes)
            join(hole);
    }
    return joined;
}

void LeftOut::add(const std::string& name, const std::string& reason) {
    auto& [count, first] = reasons_[reason];
    if (!count++)
        first = name;
}

void LeftOut::tell(std::vector<std::string>& problems) const {
    for (const auto& [reason, who] : reasons_)
        problems.push_back(who.second + " " + reason +
                           (who.first > 1 ? " (and " + std::to_string(who.first - 1) + " more)." : "."));
}

ImageSize size_of_image(const LabelEntry& entry) {
    if (entry.image.empty())
        throw file_error(ErrorCode::NotFound, entry.file,
                         "does not say how large its image is, and no image of the same name lies beside it. "
                         "Put both into one folder, or add the image first.");
    const ImageInfo info = probe_image(entry.image);
    return {info.height, info.width};
}

} // namespace eyepiece
