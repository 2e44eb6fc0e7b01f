// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/geojson_file.h"
#include "core/data/components.h"
#include "core/formats/file_errors.h"
#include "core/formats/label_files.h"
#include "core/formats/label_format_list.h"
#include "core/formats/label_writing.h"
#include "core/formats/outline_labels.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace eyepiece {
namespace {

RingSet rings_of(const Json& list) {
    if (!list.is_array() || list.empty())
        throw Error(ErrorCode::BadInput, "has a polygon without rings");
    RingSet rings;
    for (const Json& ring : list) {
        rings.push_back(points_of_json(ring));
        if (rings.back().size() < 3)
            throw Error(ErrorCode::BadInput, "has a ring of fewer than three points");
    }
    return rings;
}

// Throws Error(BadInput or Unsupported) with what is wrong with the feature.
std::vector<RingSet> shapes_of(const Json& feature) {
    const auto geometry = feature.is_object() ? feature.find("geometry") : feature.end();
    if (!feature.is_object() || geometry == feature.end() || !geometry->is_object())
        throw Error(ErrorCode::BadInput, "has no geometry");
    const auto type = geometry->find("type"), coordinates = geometry->find("coordinates");
    const std::string kind = type != geometry->end() && type->is_string() ? type->get<std::string>() : "";
    if (kind != "Polygon" && kind != "MultiPolygon")
        throw Error(ErrorCode::Unsupported,
                    "is of the type \"" + kind + "\", which encloses no pixels to read");
    if (coordinates == geometry->end() || !coordinates->is_array())
        throw Error(ErrorCode::BadInput, "has no coordinates");
    std::vector<RingSet> shapes;
    if (kind == "Polygon")
        shapes.push_back(rings_of(*coordinates));
    else
        for (const Json& polygon : *coordinates)
            shapes.push_back(rings_of(polygon));
    return shapes;
}

// QuPath's class; one of several parts ("Tumor: Positive") is one name.
std::string class_of(const Json& feature, const std::string& otherwise) {
    const auto properties = feature.find("properties");
    if (properties == feature.end() || !properties->is_object())
        return otherwise;
    const auto classification = properties->find("classification");
    if (classification == properties->end() || !classification->is_object())
        return otherwise;
    if (const auto name = classification->find("name"); name != classification->end() && name->is_string())
        return name->get<std::string>();
    std::string joined; // QuPath 0.4 and later write the parts
    if (const auto names = classification->find("names"); names != classification->end() && names->is_array())
        for (const Json& name : *names)
            if (name.is_string())
                joined += (joined.empty() ? "" : ": ") + name.get<std::string>();
    return joined.empty() ? otherwise : joined;
}

class GeoJsonSource final : public LabelSource {
public:
    GeoJsonSource(std::vector<LabelEntry> entries, LabelOptions options) : options_(std::move(options)) {
        entries_ = std::move(entries);
    }
    std::string_view format() const override { return "geojson"; }

    ImportedLabels read(std::size_t entry) const override {
        const LabelEntry& item = entries_.at(entry);
        const auto [height, width] = size_of_image(item);
        const Json document = read_json_object(item.file);
        const auto features = document.find("features");
        if (features == document.end() || !features->is_array())
            throw file_error(
                ErrorCode::BadInput, item.file,
                "is no GeoJSON feature collection: it has no list \"features\". In QuPath, export "
                "with \"Export as FeatureCollection\".");
        LeftOut left_out;
        std::vector<PaintedPart> parts;
        for (std::size_t i = 0; i < features->size(); ++i) {
            const std::string name = "Feature " + std::to_string(i + 1);
            try {
                const auto shapes = shapes_of((*features)[i]);
                parts.push_back(painted_shapes(shapes, height, width));
                parts.back().object.class_name = class_of((*features)[i], options_.class_name);
                parts.back().name = name;
            } catch (const Error& error) {
                left_out.add(name, error.what());
            }
        }
        ImportedLabels labels = paint_parts(height, width, std::move(parts));
        left_out.tell(labels.problems);
        return labels;
    }

private:
    LabelOptions options_;
};

bool is_geojson(const std::filesystem::path&) {
    return true; // the ending says so
}

} // namespace

LabelFormat geojson_format() {
    return {
        "geojson", "QuPath GeoJSON",
        "A GeoJSON file for each image: polygons with holes and their classes, as QuPath exports them.",
        [](const std::filesystem::path& path) { return holds_label_files(path, {".geojson"}, is_geojson); },
        [](const std::filesystem::path& path, const LabelOptions& options) -> std::unique_ptr<LabelSource> {
            return std::make_unique<GeoJsonSource>(label_files(path, {".geojson"}), options);
        }};
}

LabelWriterFormat geojson_writer() {
    return {"geojson",
            "QuPath GeoJSON",
            "A GeoJSON file for each image: outlines with holes, classes and their colours.",
            "geojson",
            false,
            true,
            false,
            nullptr,
            [](const std::filesystem::path& place, const std::vector<ExportedClass>& classes) {
                ClassColors colors;
                for (const ExportedClass& known : classes)
                    colors[known.name] = known.color;
                return write_text_files(place, ".geojson", [colors](const ExportedImage& image) {
                    return geojson_document(image.labels, image.objects, colors).dump() + "\n";
                });
            }};
}

Json geojson_document(const LabelMap& labels, const std::vector<ExportedObject>& objects,
                      const ClassColors& colors) {
    Json features = Json::array();
    for_each_object(
        labels, objects, [&](const ExportedObject& object, const Region& bounds, const Mask& mask) {
            Json polygons = Json::array();
            for (const OutlinePart& part : parts_in_image(mask, bounds)) {
                Json rings = Json::array({json_points(part.outer, true)});
                for (const Polygon& hole : part.holes)
                    rings.push_back(json_points(hole, true));
                polygons.push_back(std::move(rings));
            }
            Json classification{{"name", object.class_name}};
            if (const auto color = colors.find(object.class_name); color != colors.end())
                classification["color"] = color->second;
            Json geometry = Json::object();
            geometry["type"] = polygons.size() == 1 ? "Polygon" : "MultiPolygon";
            geometry["coordinates"] = polygons.size() == 1 ? Json(polygons[0]) : std::move(polygons);
            features.push_back(
                {{"type", "Feature"},
                 {"geometry", std::move(geometry)},
                 {"properties",
                  {{"objectType", "annotation"}, {"classification", std::move(classification)}}}});
        });
    return {{"type", "FeatureCollection"}, {"features", std::move(features)}};
}

} // namespace eyepiece
