// SPDX-License-Identifier: GPL-3.0-or-later
// napari's shapes layers as CSV (https://napari.org, "Shapes layer"): a row for each corner, with the columns
// index, shape-type, vertex-index, axis-0, axis-1. Axes go from the slowest, so that the last two are y and
// x, and the centre of the first pixel is (0, 0), which is (0.5, 0.5) here. napari passes over a column
// "class", by which labels keep theirs.
#include "core/data/shapes.h"
#include "core/formats/byte_source.h"
#include "core/formats/csv_file.h"
#include "core/formats/file_errors.h"
#include "core/formats/label_files.h"
#include "core/formats/label_format_list.h"
#include "core/formats/label_painting.h"
#include "core/formats/label_writing.h"
#include "core/formats/outline_labels.h"
#include "core/formats/xml_labels.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

struct Shape {
    std::string type, class_name;
    std::vector<Point2> points;
    std::string problem; // what is wrong with one of its rows
};

std::string axis(std::size_t number) {
    return "axis-" + std::to_string(number);
}

// Throws Error(BadInput or Unsupported) with what is wrong with the shape.
Polygon ring_of(const Shape& shape) {
    if (!shape.problem.empty())
        throw Error(ErrorCode::BadInput, shape.problem);
    if (shape.type == "ellipse" || shape.type == "rectangle") {
        if (shape.points.size() != 4)
            throw Error(ErrorCode::BadInput, "is of the type \"" + shape.type + "\" without four corners");
        if (shape.type == "rectangle")
            return shape.points;
        // It touches the middle of each side of the box, which may be turned.
        const Point2 &a = shape.points[0], &b = shape.points[1], &c = shape.points[2], &d = shape.points[3];
        const Point2 along{(b.x - a.x) / 2, (b.y - a.y) / 2}, across{(d.x - a.x) / 2, (d.y - a.y) / 2};
        return ellipse_ring({(a.x + c.x) / 2, (a.y + c.y) / 2}, along, across);
    }
    if (shape.type != "polygon")
        throw Error(ErrorCode::Unsupported,
                    "is of the type \"" + shape.type + "\", which encloses no pixels to read");
    if (shape.points.size() < 3)
        throw Error(ErrorCode::BadInput, "has fewer than three points");
    return shape.points;
}

class NapariSource final : public LabelSource {
public:
    NapariSource(std::vector<LabelEntry> entries, LabelOptions options) : options_(std::move(options)) {
        entries_ = std::move(entries);
    }
    std::string_view format() const override { return "napari"; }

    ImportedLabels read(std::size_t entry) const override {
        const LabelEntry& item = entries_.at(entry);
        const auto [height, width] = size_of_image(item);
        LeftOut left_out;
        std::vector<PaintedPart> parts;
        for (const auto& [index, shape] : shapes_of(item.file)) {
            const std::string name = "Shape " + std::to_string(index);
            try {
                parts.push_back(painted_shapes(std::vector<RingSet>{{ring_of(shape)}}, height, width));
                parts.back().object.class_name =
                    shape.class_name.empty() ? options_.class_name : shape.class_name;
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
    // By index; the rows of a shape are in the order of its corners.
    static std::map<std::int64_t, Shape> shapes_of(const fs::path& file) {
        const CsvTable table = read_csv(file);
        std::size_t axes = 0;
        while (table.column(axis(axes)) >= 0)
            ++axes;
        const int index = table.column("index"), type = table.column("shape-type"),
                  class_name = table.column("class");
        if (axes < 2 || index < 0 || type < 0)
            throw file_error(ErrorCode::BadInput, file,
                             "is no napari shapes layer: it lacks the columns index, shape-type, axis-0 and "
                             "axis-1.");
        const auto y = static_cast<std::size_t>(table.column(axis(axes - 2))),
                   x = static_cast<std::size_t>(table.column(axis(axes - 1)));
        std::map<std::int64_t, Shape> shapes;
        for (std::size_t row = 0; row < table.rows.size(); ++row) {
            const auto& cells = table.rows[row];
            std::int64_t number = 0;
            const std::string& text = cells[static_cast<std::size_t>(index)];
            const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (problem != std::errc() || (*end != '\0' && *end != '.'))
                throw file_error(ErrorCode::BadInput, file,
                                 "has no number in the column index of row " + std::to_string(row + 1) + ".");
            Shape& shape = shapes[number];
            shape.type = cells[static_cast<std::size_t>(type)];
            if (class_name >= 0)
                shape.class_name = cells[static_cast<std::size_t>(class_name)];
            try {
                shape.points.push_back(
                    {number_of(cells[x], "axis of x") + 0.5, number_of(cells[y], "axis of y") + 0.5});
                for (std::size_t i = 0; i + 2 < axes; ++i) // planes of a stack
                    if (number_of(cells[static_cast<std::size_t>(table.column(axis(i)))], "further axis") !=
                        0)
                        shape.problem = "lies on a further plane of a stack, and labels are of the first";
            } catch (const Error& error) {
                shape.problem = error.what();
            }
        }
        return shapes;
    }

    LabelOptions options_;
};

bool looks_like_shapes(const fs::path& file) {
    try {
        const std::string head = read_head(file, 512);
        const std::string line = head.substr(0, head.find('\n'));
        return line.find("shape-type") != std::string::npos &&
               line.find("vertex-index") != std::string::npos && line.find("axis-1") != std::string::npos;
    } catch (const Error&) { // whoever reads it says why
        return false;
    }
}

std::string number_text(double value) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::string csv_cell(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

std::string shapes_text(const ExportedImage& image) {
    std::string text = "index,shape-type,vertex-index,axis-0,axis-1,class\n";
    std::size_t index = 0;
    for_each_object(image.labels, image.objects,
                    [&](const ExportedObject& object, const Region& bounds, const Mask& mask) {
                        const std::string begin = std::to_string(index++) + ",polygon,",
                                          end = "," + csv_cell(object.class_name) + "\n";
                        std::size_t vertex = 0;
                        for (const Point2& point : joined_ring(parts_in_image(mask, bounds)))
                            text += begin + std::to_string(vertex++) + "," + number_text(point.y - 0.5) +
                                    "," + number_text(point.x - 0.5) + end;
                    });
    return text;
}

} // namespace

LabelFormat napari_format() {
    return {
        "napari", "napari shapes",
        "A CSV file of a shapes layer for each image: polygons, rectangles and ellipses; lines and paths are "
        "left out.",
        [](const fs::path& path) { return holds_label_files(path, {".csv"}, looks_like_shapes); },
        [](const fs::path& path, const LabelOptions& options) -> std::unique_ptr<LabelSource> {
            auto entries = label_files(path, {".csv"}, "shapes");
            if (is_folder(path)) // which may hold other tables
                std::erase_if(entries, [](const auto& entry) { return !looks_like_shapes(entry.file); });
            return std::make_unique<NapariSource>(std::move(entries), options);
        }};
}

LabelWriterFormat napari_writer() {
    return {"napari",
            "napari shapes",
            "A CSV file for each image, which napari opens as a shapes layer: a polygon for each object.",
            "napari",
            false,
            true,
            false,
            nullptr,
            [](const fs::path& place, const std::vector<ExportedClass>&) {
                return write_text_files(place, ".csv", shapes_text);
            }};
}

} // namespace eyepiece
