// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/labelme_file.h"
#include "core/data/components.h"
#include "core/formats/file_errors.h"
#include "core/formats/label_files.h"
#include "core/formats/label_format_list.h"
#include "core/formats/label_writing.h"
#include "core/formats/outline_labels.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

namespace eyepiece {
namespace {

constexpr std::int64_t largest_side = 1 << 20;
constexpr std::int64_t most_pixels = std::int64_t{1} << 31;

std::string text_of(const Json& json, const char* name, const std::string& otherwise) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

// Throws Error(BadInput or Unsupported) with what is wrong with the shape.
Polygon ring_of(const Json& shape) {
    const std::string type = text_of(shape, "shape_type", "polygon"); // older files name none
    if (type != "polygon" && type != "rectangle" && type != "circle")
        throw Error(ErrorCode::Unsupported,
                    "is of the type \"" + type + "\", which encloses no pixels to read");
    const auto list = shape.find("points");
    if (list == shape.end())
        throw Error(ErrorCode::BadInput, "has no points");
    std::vector<Point2> points = points_of_json(*list);
    if (type == "polygon") {
        if (points.size() < 3)
            throw Error(ErrorCode::BadInput, "is a polygon of fewer than three points");
        return points;
    }
    if (points.size() < 2)
        throw Error(ErrorCode::BadInput, "is a " + type + " of fewer than two points");
    const Point2 &a = points[0], &b = points[1];
    if (type == "circle") {
        const double radius = std::hypot(b.x - a.x, b.y - a.y);
        return ellipse_ring(a, {radius, 0}, {0, radius});
    }
    return {{a.x, a.y}, {b.x, a.y}, {b.x, b.y}, {a.x, b.y}};
}

class LabelmeSource final : public LabelSource {
public:
    LabelmeSource(std::vector<LabelEntry> entries, LabelOptions options) : options_(std::move(options)) {
        entries_ = std::move(entries);
    }
    std::string_view format() const override { return "labelme"; }

    ImportedLabels read(std::size_t entry) const override {
        const LabelEntry& item = entries_.at(entry);
        const Json document = read_json_object(item.file);
        const auto shapes = document.find("shapes");
        if (shapes == document.end() || !shapes->is_array())
            throw file_error(ErrorCode::BadInput, item.file,
                             "is no labelme file: it has no list \"shapes\".");
        const auto [height, width] = size_of(document, item);
        LeftOut left_out;
        std::vector<Collected> objects;
        std::map<std::pair<std::string, std::int64_t>, std::size_t> group_of;
        for (std::size_t i = 0; i < shapes->size(); ++i) {
            const Json& shape = (*shapes)[i];
            const std::string name = "Shape " + std::to_string(i + 1);
            try {
                if (!shape.is_object())
                    throw Error(ErrorCode::BadInput, "is no object");
                const std::string label = text_of(shape, "label", options_.class_name);
                if (label == "__ignore__")
                    throw Error(ErrorCode::Unsupported,
                                "is labelled \"__ignore__\", labelme's name for pixels that do not count");
                RingSet rings{ring_of(shape)};
                std::size_t at = objects.size();
                if (const auto group = shape.find("group_id");
                    group != shape.end() && group->is_number_integer())
                    at = group_of.emplace(std::pair(label, group->get<std::int64_t>()), at).first->second;
                if (at == objects.size())
                    objects.push_back({name, label, {}});
                objects[at].shapes.push_back(std::move(rings));
            } catch (const Error& error) {
                left_out.add(name, error.what());
            }
        }
        std::vector<PaintedPart> parts;
        for (const Collected& object : objects) {
            parts.push_back(painted_shapes(object.shapes, height, width));
            parts.back().object.class_name = object.label;
            parts.back().name = object.name;
        }
        ImportedLabels labels = paint_parts(height, width, std::move(parts));
        left_out.tell(labels.problems);
        return labels;
    }

private:
    struct Collected {
        std::string name, label;
        std::vector<RingSet> shapes;
    };

    static ImageSize size_of(const Json& document, const LabelEntry& item) {
        const auto height = document.find("imageHeight"), width = document.find("imageWidth");
        if (height == document.end() || width == document.end() || height->is_null() || width->is_null())
            return size_of_image(item);
        if (height->is_number() && width->is_number()) {
            const double h = height->get<double>(), w = width->get<double>();
            if (h >= 1 && w >= 1 && h <= largest_side && w <= largest_side && h * w <= most_pixels)
                return {static_cast<std::int64_t>(h), static_cast<std::int64_t>(w)};
        }
        throw file_error(ErrorCode::BadInput, item.file, "states a size of its image that cannot be.");
    }

    LabelOptions options_;
};

bool looks_like_labelme(const std::filesystem::path& file) {
    return json_has_names(file, "shapes", "imagePath");
}

} // namespace

LabelFormat labelme_format() {
    return {
        "labelme", "labelme",
        "A JSON file for each image: polygons, rectangles and circles; lines and points are left out.",
        [](const std::filesystem::path& path) {
            return holds_label_files(path, {".json"}, looks_like_labelme);
        },
        [](const std::filesystem::path& path, const LabelOptions& options) -> std::unique_ptr<LabelSource> {
            return std::make_unique<LabelmeSource>(label_files(path, {".json"}), options);
        }};
}

LabelWriterFormat labelme_writer() {
    return {"labelme",
            "labelme",
            "A JSON file for each image, with a polygon for each part of an object.",
            "labelme",
            false,
            true,
            false,
            [](const ExportedImage& image, LabelLosses& losses) {
                losses.objects(objects_with_lost_holes(image.labels), "holes", "they are filled");
            },
            [](const std::filesystem::path& place, const std::vector<ExportedClass>&) {
                const auto from = std::filesystem::absolute(place).lexically_normal();
                return write_text_files(place, ".json", [from](const ExportedImage& image) {
                    return labelme_document(image.path.lexically_proximate(from).string(), image.labels,
                                            image.objects)
                               .dump() +
                           "\n";
                });
            }};
}

Json labelme_document(const std::string& image_path, const LabelMap& labels,
                      const std::vector<ExportedObject>& objects) {
    Json shapes = Json::array();
    for_each_object(labels, objects,
                    [&](const ExportedObject& object, const Region& bounds, const Mask& mask) {
                        const auto parts = parts_in_image(mask, bounds);
                        for (const OutlinePart& part : parts)
                            shapes.push_back({{"label", object.class_name},
                                              {"points", json_points(part.outer, false)},
                                              {"group_id", parts.size() > 1 ? Json(object.id) : Json()},
                                              {"shape_type", "polygon"},
                                              {"flags", Json::object()}});
                    });
    return {{"version", "5.0.0"},          {"flags", Json::object()}, {"shapes", std::move(shapes)},
            {"imagePath", image_path},     {"imageData", nullptr},    {"imageHeight", labels.height()},
            {"imageWidth", labels.width()}};
}

std::int64_t objects_with_lost_holes(const LabelMap& labels) {
    struct Filled {
        Region bounds;
        Mask holes; // within the bounds
        std::int64_t area = 0;
    };
    std::map<ObjectId, Filled> objects;
    for (const ObjectMeasures& measures : measure_objects(labels)) {
        Filled& object = objects[measures.id];
        object.bounds = measures.bounds;
        const Mask mask = mask_of(labels, measures.id, object.bounds);
        object.holes = Mask(mask.height, mask.width);
        object.area = measures.area;
        for (const OutlinePart& part : trace_parts(mask)) {
            if (part.holes.empty())
                continue;
            const Mask full = rasterize(part.outer, {0, 0, mask.width, mask.height});
            for (std::size_t i = 0; i < full.pixels.size(); ++i)
                if (full.pixels[i] && !mask.pixels[i] && !object.holes.pixels[i]) {
                    object.holes.pixels[i] = 1;
                    ++object.area;
                }
        }
    }
    // Of two that are the same size, paint_parts() leaves the later on top.
    const auto lost = [&](const auto& entry) {
        const auto& [id, object] = entry;
        for (std::int64_t y = 0; y < object.holes.height; ++y)
            for (std::int64_t x = 0; x < object.holes.width; ++x)
                if (object.holes.at(x, y)) {
                    const ObjectId other = labels.at(object.bounds.x + x, object.bounds.y + y);
                    if (!other || std::pair(objects.at(other).area, id) > std::pair(object.area, other))
                        return true;
                }
        return false;
    };
    return std::count_if(objects.begin(), objects.end(), lost);
}

} // namespace eyepiece
