// SPDX-License-Identifier: GPL-3.0-or-later
// "CVAT for images 1.1" (https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat/): one XML file for
// all images. Coordinates are ours; a mask's run lengths go row by row through its own box, zeros first.
#include "core/formats/file_errors.h"
#include "core/formats/image_reader.h"
#include "core/formats/label_files.h"
#include "core/formats/label_format_list.h"
#include "core/formats/label_painting.h"
#include "core/formats/label_writing.h"
#include "core/formats/outline_labels.h"
#include "core/formats/xml_labels.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <map>
#include <numbers>
#include <utility>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr double largest_side = 1 << 20;
constexpr double most_pixels = 2147483648.0;

double attribute(const pugi::xml_node& node, const char* name) {
    return number_of(node.attribute(name).value(), name);
}

double attribute_or(const pugi::xml_node& node, const char* name, double otherwise) {
    return node.attribute(name) ? attribute(node, name) : otherwise;
}

// Clockwise by degrees about a centre, as CVAT turns boxes and ellipses.
void turn(Polygon& ring, const Point2& centre, double degrees) {
    const double angle = degrees * std::numbers::pi / 180, c = std::cos(angle), s = std::sin(angle);
    for (Point2& point : ring) {
        const double x = point.x - centre.x, y = point.y - centre.y;
        point = {centre.x + x * c - y * s, centre.y + x * s + y * c};
    }
}

// "x,y;x,y"
Polygon points_of(std::string_view text) {
    Polygon points;
    while (!text.empty()) {
        const auto end = std::min(text.find(';'), text.size());
        const std::string_view pair = text.substr(0, end);
        const auto comma = pair.find(',');
        if (comma == std::string_view::npos)
            throw Error(ErrorCode::BadInput, "has a point that is no pair of numbers");
        points.push_back(
            {number_of(pair.substr(0, comma), "points"), number_of(pair.substr(comma + 1), "points")});
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (points.size() < 3)
        throw Error(ErrorCode::BadInput, "has fewer than three points");
    return points;
}

PaintedPart mask_part(const pugi::xml_node& shape, const ImageSize& size) {
    PaintedPart part;
    part.where = {static_cast<std::int64_t>(attribute(shape, "left")),
                  static_cast<std::int64_t>(attribute(shape, "top")),
                  static_cast<std::int64_t>(attribute(shape, "width")),
                  static_cast<std::int64_t>(attribute(shape, "height"))};
    if (part.where.empty() || part.where.intersected({0, 0, size.width, size.height}) != part.where)
        throw Error(ErrorCode::BadInput, "has a mask that does not lie in its image");
    const std::string_view text = shape.attribute("rle").value();
    std::vector<std::int64_t> runs;
    std::int64_t total = 0;
    const std::int64_t pixels = part.where.width * part.where.height;
    for (std::size_t at = 0; at < text.size();) {
        at = text.find_first_not_of(", \t\r\n", at);
        if (at == std::string_view::npos)
            break;
        std::int64_t run = -1;
        const auto [end, problem] = std::from_chars(text.data() + at, text.data() + text.size(), run);
        if (problem != std::errc() || run < 0 || run > pixels - total)
            throw Error(ErrorCode::BadInput, "has run lengths that do not fit its box");
        total += run;
        runs.push_back(run);
        at = static_cast<std::size_t>(end - text.data());
    }
    if (total != pixels)
        throw Error(ErrorCode::BadInput, "has run lengths that do not fit its box");
    part.mask = Mask(part.where.height, part.where.width);
    auto pixel = part.mask.pixels.begin();
    for (std::size_t i = 0; i < runs.size(); ++i) {
        std::fill(pixel, pixel + runs[i], static_cast<std::uint8_t>(i % 2));
        pixel += runs[i];
    }
    return part;
}

// The ring that a shape draws. Throws Error(BadInput or Unsupported) with what is wrong with it.
Polygon ring_of(const pugi::xml_node& shape) {
    const std::string_view kind = shape.name();
    if (kind == "polygon")
        return points_of(shape.attribute("points").value());
    const double degrees = attribute_or(shape, "rotation", 0);
    if (kind == "box") {
        const Box box{attribute(shape, "xtl"), attribute(shape, "ytl"), attribute(shape, "xbr"),
                      attribute(shape, "ybr")};
        if (box.width() <= 0 || box.height() <= 0)
            throw Error(ErrorCode::BadInput, "has a box that ends before it begins");
        Polygon ring = outline_of(box);
        if (degrees != 0)
            turn(ring, {(box.left + box.right) / 2, (box.top + box.bottom) / 2}, degrees);
        return ring;
    }
    if (kind == "ellipse") {
        const Point2 centre{attribute(shape, "cx"), attribute(shape, "cy")};
        const double rx = attribute(shape, "rx"), ry = attribute(shape, "ry");
        if (rx <= 0 || ry <= 0)
            throw Error(ErrorCode::BadInput, "has an ellipse without extent");
        Polygon axes{{centre.x + rx, centre.y}, {centre.x, centre.y + ry}};
        turn(axes, centre, degrees);
        return ellipse_ring(centre, {axes[0].x - centre.x, axes[0].y - centre.y},
                            {axes[1].x - centre.x, axes[1].y - centre.y});
    }
    throw Error(ErrorCode::Unsupported,
                "is of the type \"" + std::string(kind) + "\", which encloses no pixels to read");
}

void unite(PaintedPart& part, const PaintedPart& other) {
    const Region where = part.where.united(other.where);
    Mask mask(where.height, where.width);
    for (const PaintedPart* one : {static_cast<const PaintedPart*>(&part), &other})
        for (std::int64_t y = 0; y < one->mask.height; ++y)
            for (std::int64_t x = 0; x < one->mask.width; ++x)
                if (one->mask.at(x, y))
                    mask.set(one->where.x + x - where.x, one->where.y + y - where.y, true);
    part.where = where;
    part.mask = std::move(mask);
    part.object.outline.clear();
}

class CvatSource final : public LabelSource {
public:
    CvatSource(const fs::path& path, LabelOptions options) : path_(path), options_(std::move(options)) {
        load_xml(document_, path, "annotations");
        const fs::path folder = fs::absolute(path).parent_path();
        const auto files = images_below(folder);
        for (const pugi::xml_node& image : document_.document_element().children("image")) {
            const std::string name = image.attribute("name").value();
            const double width = image.attribute("width").as_double(),
                         height = image.attribute("height").as_double();
            if (name.empty() || !(width >= 1 && height >= 1 && width <= largest_side &&
                                  height <= largest_side && width * height <= most_pixels)) {
                problems_.push_back({path, "An image of the list has no usable name or size" +
                                               (name.empty() ? std::string(".") : ": \"" + name + "\".")});
                continue;
            }
            const auto found = files.find(fs::path(name).filename().string());
            entries_.push_back(
                {fs::path(name).stem().string(), found == files.end() ? fs::path() : found->second, path});
            images_.push_back({image, {static_cast<std::int64_t>(height), static_cast<std::int64_t>(width)}});
        }
        if (document_.document_element().child("track"))
            problems_.push_back({path, "Its tracks are of a video, and are left out: export it as \"CVAT for "
                                       "images\"."});
    }
    std::string_view format() const override { return "cvat"; }

    ImportedLabels read(std::size_t entry) const override {
        const auto& [image, size] = images_.at(entry);
        LeftOut left_out;
        std::vector<PaintedPart> parts;
        std::map<std::pair<std::string, std::string>, std::size_t> first_of; // label and group: one object
        int number = 0;
        for (const pugi::xml_node& shape : image.children()) {
            const std::string kind = shape.name();
            if (kind == "tag") // says something of the whole image
                continue;
            const std::string name = "Shape " + std::to_string(++number);
            const std::string label = shape.attribute("label").value();
            try {
                PaintedPart part = kind == "mask" ? mask_part(shape, size)
                                                  : painted_shapes(std::vector<RingSet>{{ring_of(shape)}},
                                                                   size.height, size.width);
                part.object.class_name = label.empty() ? options_.class_name : label;
                part.name = name;
                const std::string group = shape.attribute("group_id").value();
                std::size_t at = parts.size();
                if (!group.empty() && group != "0")
                    at = first_of.emplace(std::pair(label, group), at).first->second;
                if (at == parts.size())
                    parts.push_back(std::move(part));
                else
                    unite(parts[at], part);
            } catch (const Error& error) {
                left_out.add(name, error.what());
            }
        }
        ImportedLabels labels = paint_parts(size.height, size.width, std::move(parts));
        left_out.tell(labels.problems);
        return labels;
    }

private:
    struct Listed {
        pugi::xml_node node;
        ImageSize size;
    };
    fs::path path_;
    LabelOptions options_;
    pugi::xml_document document_;
    std::vector<Listed> images_;
};

std::string number_text(std::int64_t value) {
    return std::to_string(value);
}

std::string hex(const std::array<std::uint8_t, 3>& color) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "#%02x%02x%02x", color[0], color[1], color[2]);
    return text.data();
}

std::string runs_of(const Mask& mask) {
    std::string text;
    std::int64_t run = 0;
    std::uint8_t current = 0;
    const auto put = [&] { text += (text.empty() ? "" : ", ") + std::to_string(run); };
    for (const std::uint8_t pixel : mask.pixels) {
        if (pixel != current) {
            put();
            run = 0;
            current = pixel;
        }
        ++run;
    }
    put();
    return text;
}

// A mask for each object: nothing is lost. All images go into the one file.
class CvatWriter final : public LabelFileWriter {
public:
    CvatWriter(fs::path file, const std::vector<ExportedClass>& classes) : file_(std::move(file)) {
        root_ = document_.append_child("annotations");
        root_.append_child("version").text().set("1.1");
        pugi::xml_node labels = root_.append_child("meta").append_child("task").append_child("labels");
        for (const ExportedClass& known : classes) {
            pugi::xml_node label = labels.append_child("label");
            label.append_child("name").text().set(known.name.c_str());
            label.append_child("color").text().set(hex(known.color).c_str());
            label.append_child("attributes");
        }
    }

    void add(const ExportedImage& image, JobContext& job) override {
        pugi::xml_node node = root_.append_child("image");
        const auto put = [](pugi::xml_node& at, const char* name, const std::string& value) {
            at.append_attribute(name).set_value(value.c_str());
        };
        put(node, "id", number_text(count_++));
        put(node, "name", image.name);
        put(node, "width", number_text(image.labels.width()));
        put(node, "height", number_text(image.labels.height()));
        for_each_object(image.labels, image.objects,
                        [&](const ExportedObject& object, const Region& bounds, const Mask& mask) {
                            job.throw_if_cancelled();
                            pugi::xml_node shape = node.append_child("mask");
                            put(shape, "label", object.class_name);
                            put(shape, "source", "manual");
                            put(shape, "occluded", "0");
                            put(shape, "rle", runs_of(mask));
                            put(shape, "left", number_text(bounds.x));
                            put(shape, "top", number_text(bounds.y));
                            put(shape, "width", number_text(bounds.width));
                            put(shape, "height", number_text(bounds.height));
                            put(shape, "z_order", "0");
                        });
    }

    void finish() override {
        write_whole_file(file_, xml_text(document_));
        files_.push_back(file_);
    }

private:
    fs::path file_;
    pugi::xml_document document_;
    pugi::xml_node root_;
    std::int64_t count_ = 0;
};

bool looks_like_cvat(const fs::path& file) {
    return lower(file.extension().string()) == ".xml" && xml_root(file) == "annotations";
}

// The first such file of a folder or of its folder of labels.
fs::path cvat_file_in(const fs::path& folder) {
    for (const fs::path& place : {folder, subfolder(folder, true)})
        if (!place.empty())
            for (const fs::path& file : files_in(place, {".xml"})) {
                if (looks_like_cvat(file))
                    return file;
                break; // of Pascal VOC there are thousands
            }
    return {};
}

} // namespace

LabelFormat cvat_format() {
    return {
        "cvat", "CVAT",
        "CVAT for images 1.1, an XML file for all images: masks, polygons, boxes and ellipses; lines, points "
        "and tracks are left out.",
        [](const fs::path& path) {
            return is_folder(path) ? !cvat_file_in(path).empty() : looks_like_cvat(path);
        },
        [](const fs::path& path, const LabelOptions& options) -> std::unique_ptr<LabelSource> {
            const fs::path file = is_folder(path) ? cvat_file_in(path) : path;
            if (file.empty())
                return nullptr;
            return std::make_unique<CvatSource>(file, options);
        }};
}

LabelWriterFormat cvat_writer() {
    return {"cvat",
            "CVAT",
            "One XML file in the form \"CVAT for images 1.1\", with a mask for each object.",
            "annotations.xml",
            true,
            true,
            false,
            nullptr,
            [](const fs::path& place, const std::vector<ExportedClass>& classes)
                -> std::unique_ptr<LabelFileWriter> { return std::make_unique<CvatWriter>(place, classes); }};
}

} // namespace eyepiece
