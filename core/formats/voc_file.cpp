// SPDX-License-Identifier: GPL-3.0-or-later
// Pascal VOC's boxes (Everingham et al. 2010, development kit, section 6): an XML file for each image in the
// folder Annotations. The upper left pixel is (1, 1), and both corners belong to the box.
#include "core/data/components.h"
#include "core/formats/file_errors.h"
#include "core/formats/label_files.h"
#include "core/formats/label_format_list.h"
#include "core/formats/label_painting.h"
#include "core/formats/label_writing.h"
#include "core/formats/outline_labels.h"
#include "core/formats/xml_labels.h"

#include <cmath>
#include <unordered_map>
#include <utility>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr double largest_side = 1 << 20;
constexpr double most_pixels = 2147483648.0;

// Throws Error(BadInput) with what is wrong with the object.
Box box_of(const pugi::xml_node& object) {
    const pugi::xml_node bounds = object.child("bndbox");
    if (!bounds)
        throw Error(ErrorCode::BadInput, "has no <bndbox>");
    const auto value = [&](const char* name) { return number_of(bounds.child_value(name), name); };
    const Box box{value("xmin") - 1, value("ymin") - 1, value("xmax"), value("ymax")};
    if (box.width() <= 0 || box.height() <= 0)
        throw Error(ErrorCode::BadInput, "has a box that ends before it begins");
    return box;
}

class VocSource final : public LabelSource {
public:
    VocSource(std::vector<LabelEntry> entries, LabelOptions options) : options_(std::move(options)) {
        entries_ = std::move(entries);
    }
    std::string_view format() const override { return "voc"; }

    ImportedLabels read(std::size_t entry) const override {
        const LabelEntry& item = entries_.at(entry);
        pugi::xml_document document;
        load_xml(document, item.file, "annotation");
        const pugi::xml_node root = document.document_element();
        const auto [height, width] = size_of(root, item);
        LeftOut left_out;
        std::vector<PaintedPart> parts;
        int number = 0;
        for (const pugi::xml_node& object : root.children("object")) {
            const std::string name = "Object " + std::to_string(++number);
            try {
                const std::vector<RingSet> shapes{{outline_of(box_of(object))}};
                parts.push_back(painted_shapes(shapes, height, width));
                const std::string label = object.child_value("name");
                parts.back().object.class_name = label.empty() ? options_.class_name : label;
                parts.back().name = name;
                if (object.child("part"))
                    left_out.add(name, "has parts, of which only the whole is read");
            } catch (const Error& error) {
                left_out.add(name, error.what());
            }
        }
        ImportedLabels labels = paint_parts(height, width, std::move(parts));
        left_out.tell(labels.problems);
        return labels;
    }

private:
    // Some programs write 0 where they did not look at the image.
    static ImageSize size_of(const pugi::xml_node& root, const LabelEntry& item) {
        const pugi::xml_node size = root.child("size");
        const double width = size.child("width").text().as_double(),
                     height = size.child("height").text().as_double();
        if (!(width > 0 && height > 0))
            return size_of_image(item);
        if (width > largest_side || height > largest_side || width * height > most_pixels)
            throw file_error(ErrorCode::BadInput, item.file, "states a size of its image that cannot be.");
        return {static_cast<std::int64_t>(height), static_cast<std::int64_t>(width)};
    }

    LabelOptions options_;
};

std::string voc_document(const ExportedImage& image) {
    pugi::xml_document document;
    pugi::xml_node root = document.append_child("annotation");
    root.append_child("folder").text().set(image.path.parent_path().filename().c_str());
    root.append_child("filename").text().set(image.path.filename().c_str());
    pugi::xml_node size = root.append_child("size");
    size.append_child("width").text().set(static_cast<long long>(image.labels.width()));
    size.append_child("height").text().set(static_cast<long long>(image.labels.height()));
    size.append_child("depth").text().set(image.channels);
    root.append_child("segmented").text().set(0);
    std::unordered_map<ObjectId, Region> bounds;
    for (const ObjectMeasures& measures : measure_objects(image.labels))
        bounds.emplace(measures.id, measures.bounds);
    for (const ExportedObject& written : image.objects) {
        const auto found = bounds.find(written.id);
        if (found == bounds.end())
            continue;
        pugi::xml_node object = root.append_child("object");
        object.append_child("name").text().set(written.class_name.c_str());
        object.append_child("pose").text().set("Unspecified");
        object.append_child("truncated").text().set(0);
        object.append_child("difficult").text().set(0);
        pugi::xml_node box = object.append_child("bndbox");
        const auto put = [&](const char* name, std::int64_t value) {
            box.append_child(name).text().set(static_cast<long long>(value));
        };
        put("xmin", found->second.x + 1);
        put("ymin", found->second.y + 1);
        put("xmax", found->second.right());
        put("ymax", found->second.bottom());
    }
    return xml_text(document);
}

bool looks_like_voc(const fs::path& file) {
    return xml_root(file) == "annotation";
}

} // namespace

LabelFormat voc_format() {
    return {"voc", "Pascal VOC boxes",
            "An XML file of boxes for each image; a box becomes a filled rectangle, the smaller on top.",
            [](const fs::path& path) { return holds_label_files(path, {".xml"}, looks_like_voc); },
            [](const fs::path& path, const LabelOptions& options) -> std::unique_ptr<LabelSource> {
                return std::make_unique<VocSource>(label_files(path, {".xml"}), options);
            }};
}

LabelWriterFormat voc_writer() {
    return {"voc",
            "Pascal VOC boxes",
            "An XML file for each image, with the box around each object.",
            "voc",
            false,
            true,
            false,
            lose_outlines,
            [](const fs::path& place, const std::vector<ExportedClass>&) {
                return write_text_files(place / "Annotations", ".xml", voc_document);
            }};
}

} // namespace eyepiece
