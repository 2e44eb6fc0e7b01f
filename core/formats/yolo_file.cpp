// SPDX-License-Identifier: GPL-3.0-or-later
// YOLO's labels (https://docs.ultralytics.com/datasets/): a text file for each image with a line for each
// object: its class's number, then a box (centre, width and height) or the points of a polygon, all as shares
// of the image's width and height; predictions may add how sure they are. The classes' names are in
// data.yaml, or line by line in classes.txt. Labels lie beside their images, or in labels/ where those are in
// images/.
#include "core/data/components.h"
#include "core/data/shapes.h"
#include "core/formats/file_errors.h"
#include "core/formats/label_files.h"
#include "core/formats/label_format_list.h"
#include "core/formats/label_painting.h"
#include "core/formats/label_writing.h"
#include "core/formats/outline_labels.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <utility>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    return first == std::string_view::npos
               ? std::string()
               : std::string(text.substr(first, text.find_last_not_of(" \t\r") + 1 - first));
}

std::string text_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// A plain or quoted YAML scalar, without a comment behind it.
std::string scalar(std::string_view text) {
    const std::string value = trimmed(text);
    if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'')) {
        std::string plain;
        for (std::size_t i = 1; i < value.size() && value[i] != value[0]; ++i)
            plain += value[0] == '"' && value[i] == '\\' && i + 1 < value.size() ? value[++i] : value[i];
        return plain;
    }
    return trimmed(std::string_view(value).substr(0, value.find(" #")));
}

using ClassNames = std::map<int, std::string>;

// "0: cell" or, of a list, "cell". False when it is no entry.
bool add_name(ClassNames& names, std::string_view entry) {
    int number = 0;
    const auto [end, problem] = std::from_chars(entry.data(), entry.data() + entry.size(), number);
    const bool numbered = problem == std::errc() && end < entry.data() + entry.size() && *end == ':';
    const std::string name =
        scalar(numbered ? entry.substr(static_cast<std::size_t>(end - entry.data()) + 1) : entry);
    if (name.empty())
        return false;
    names[numbered ? number : static_cast<int>(names.size())] = name;
    return true;
}

// What stands between the brackets of a flow list or map, which may take several lines.
void add_flow(ClassNames& names, std::string_view text) {
    std::string entry;
    char quote = 0;
    for (const char c : text) {
        if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? char{0} : c;
        if (!quote && (c == ',' || c == ']' || c == '}')) {
            add_name(names, trimmed(entry));
            entry.clear();
            if (c != ',')
                return;
        } else if (c != '\n') {
            entry += c;
        }
    }
}

struct DataSet {
    ClassNames names;
    bool keypoints = false;
};

// The part of data.yaml that labels need: "names" as a list or a map, in YAML's block or flow style, and
// whether there is a "kpt_shape". Nothing when it has no names.
std::optional<DataSet> read_data_yaml(const fs::path& file) {
    DataSet data;
    bool found = false;
    const std::string text = text_of(file);
    std::size_t at = 0;
    while (at < text.size()) {
        const auto end = std::min(text.find('\n', at), text.size());
        const std::string_view line = std::string_view(text).substr(at, end - at);
        const std::size_t start = at;
        at = end + 1;
        if (line.starts_with("kpt_shape:"))
            data.keypoints = true;
        if (!line.starts_with("names:"))
            continue;
        found = true;
        const std::string rest = trimmed(line.substr(6));
        if (rest.starts_with('[') || rest.starts_with('{')) {
            add_flow(data.names, std::string_view(text).substr(text.find_first_of("[{", start) + 1));
            continue;
        }
        while (at < text.size()) {
            const auto next = std::min(text.find('\n', at), text.size());
            std::string entry = trimmed(std::string_view(text).substr(at, next - at));
            const bool inside = text[at] == ' ' || text[at] == '\t' || text[at] == '-';
            if (!entry.empty() && !entry.starts_with('#')) {
                if (!inside)
                    break;
                if (entry.starts_with("- "))
                    entry = trimmed(entry.substr(2));
                add_name(data.names, entry);
            }
            at = next + 1;
        }
    }
    if (!found)
        return {};
    return data;
}

std::optional<DataSet> data_set_in(const fs::path& folder) {
    for (const fs::path& file : files_in(folder, {".yaml", ".yml"}))
        if (auto data = read_data_yaml(file))
            return data;
    for (const char* name : {"classes.txt", "obj.names"}) {
        std::ifstream file(folder / name);
        if (!file)
            continue;
        DataSet data;
        for (std::string line; std::getline(file, line);)
            if (const std::string known = trimmed(line); !known.empty())
                data.names.emplace(static_cast<int>(data.names.size()), known);
        return data;
    }
    return {};
}

// The names may stand above a folder of labels: labels/train of a set that is described at its top.
std::optional<DataSet> data_set_of(const fs::path& path) {
    fs::path folder = fs::absolute(path).lexically_normal();
    if (!is_folder(folder) || !folder.has_filename())
        folder = folder.parent_path();
    for (int up = 0; up < 3; ++up) {
        if (auto data = data_set_in(folder))
            return data;
        const bool labels = lower(folder.filename().string()) == "labels" || is_folder(folder / "labels") ||
                            lower(folder.parent_path().filename().string()) == "labels";
        if (!labels)
            break;
        folder = folder.parent_path();
    }
    return {};
}

// The numbers of a line; nothing when it has something else.
std::vector<double> numbers_of(std::string_view line) {
    std::vector<double> numbers;
    for (std::size_t at = line.find_first_not_of(" \t\r"); at != std::string_view::npos;) {
        const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
        double value = 0;
        const auto [stop, problem] = std::from_chars(line.data() + at, line.data() + end, value);
        if (problem != std::errc() || stop != line.data() + end)
            return {};
        numbers.push_back(value);
        at = line.find_first_not_of(" \t\r", end);
    }
    return numbers;
}

// Whether its first line that says anything is an object's; an empty file is an image without any.
bool looks_like_labels(const fs::path& file) {
    std::ifstream stream(file);
    std::array<char, 4096> head{};
    stream.read(head.data(), head.size());
    const std::string_view text(head.data(), static_cast<std::size_t>(stream.gcount()));
    const auto start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos)
        return true;
    std::string_view line = text.substr(start, text.find('\n', start) - start);
    if (line.size() == text.size() - start && text.size() == head.size())
        line = line.substr(0, line.rfind(' ')); // a long polygon, cut in a number
    const auto numbers = numbers_of(line);
    return numbers.size() >= 5 && numbers[0] >= 0 && numbers[0] == std::floor(numbers[0]);
}

// The label files at or below a folder; those of the set itself (classes.txt, train.txt) are none.
void collect(const fs::path& folder, int depth, std::vector<fs::path>& files) {
    for (fs::path& file : files_in(folder, {".txt"}))
        if (file.filename() != "classes.txt" && looks_like_labels(file))
            files.push_back(std::move(file));
    if (depth > 0)
        for (const fs::path& entry : folders_in(folder))
            if (!is_image_folder_name(entry.filename().string()) || files_in(entry, {".txt"}).size() > 0)
                collect(entry, depth - 1, files);
}

// ".../labels/train" -> ".../images/train"; the folder itself where no part of it is named so.
fs::path image_folder(const fs::path& labels) {
    fs::path below;
    for (fs::path folder = labels; folder.has_relative_path(); folder = folder.parent_path()) {
        if (lower(folder.filename().string()) == "labels") {
            const fs::path images = folder.parent_path() / "images";
            return is_folder(images) ? (below.empty() ? images : images / below) : labels;
        }
        below = below.empty() ? folder.filename() : folder.filename() / below;
    }
    return labels;
}

// The ring of a line's numbers in px. Throws Error(BadInput) with what is wrong with the line.
Polygon ring_of(std::span<const double> values, const ImageSize& size) {
    for (const double value : values)
        if (!(value >= -1 && value <= 2))
            throw Error(ErrorCode::BadInput,
                        "has numbers that are no shares (0 to 1) of the image's width and height");
    const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
    if (values.size() == 4)
        return outline_of(Box{(values[0] - values[2] / 2) * width, (values[1] - values[3] / 2) * height,
                              (values[0] + values[2] / 2) * width, (values[1] + values[3] / 2) * height});
    Polygon ring;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2)
        ring.push_back({values[i] * width, values[i + 1] * height});
    return ring;
}

class YoloSource final : public LabelSource {
public:
    YoloSource(const fs::path& path, LabelOptions options) : options_(std::move(options)) {
        if (auto data = data_set_of(path))
            data_ = std::move(*data);
        if (data_.keypoints)
            throw file_error(ErrorCode::Unsupported, path,
                             "is a YOLO set of keypoints, which encloses no pixels to read.");
        std::vector<fs::path> files;
        if (!is_folder(path) && lower(path.extension().string()) == ".txt" &&
            path.filename() != "classes.txt")
            files = {path};
        else
            collect(fs::absolute(is_folder(path) ? path : path.parent_path()).lexically_normal(), 4, files);
        std::map<fs::path, ImageNames> images;
        for (const fs::path& file : files) {
            const fs::path folder = image_folder(fs::absolute(file).lexically_normal().parent_path());
            const auto known = images.try_emplace(folder, images.contains(folder) ? std::vector<fs::path>()
                                                                                  : images_in(folder));
            const fs::path image = known.first->second.find(file);
            entries_.push_back({image.empty() ? file.stem().string() : image.stem().string(), image, file});
        }
    }
    std::string_view format() const override { return "yolo"; }

    ImportedLabels read(std::size_t entry) const override {
        const LabelEntry& item = entries_.at(entry);
        const ImageSize size = size_of_image(item);
        std::ifstream file(item.file, std::ios::binary);
        if (!file)
            throw file_error(ErrorCode::Storage, item.file, "cannot be opened.");
        LeftOut left_out;
        std::vector<PaintedPart> parts;
        int number = 0;
        for (std::string line; std::getline(file, line);) {
            ++number;
            if (trimmed(line).empty())
                continue;
            const std::string name = "Line " + std::to_string(number);
            try {
                parts.push_back(part_of(line, size));
                parts.back().name = name;
            } catch (const Error& error) {
                left_out.add(name, error.what());
            }
        }
        ImportedLabels labels = paint_parts(size.height, size.width, std::move(parts));
        left_out.tell(labels.problems);
        return labels;
    }

private:
    PaintedPart part_of(const std::string& line, const ImageSize& size) const {
        std::vector<double> numbers = numbers_of(line);
        if (numbers.size() < 5)
            throw Error(ErrorCode::BadInput, "is no class number with a box or at least three points");
        if (!(numbers[0] >= 0 && numbers[0] <= 1e6) || numbers[0] != std::floor(numbers[0]))
            throw Error(ErrorCode::BadInput, "begins with no class number");
        double score = -1;
        if (numbers.size() % 2 == 0) { // the shape is an even count of numbers behind the class
            score = numbers.back();
            numbers.pop_back();
            if (!(score >= 0 && score <= 1))
                throw Error(ErrorCode::BadInput, "has an odd count of coordinates");
        }
        const std::vector<RingSet> shapes{{ring_of(std::span(numbers).subspan(1), size)}};
        PaintedPart part = painted_shapes(shapes, size.height, size.width);
        const auto known = data_.names.find(static_cast<int>(numbers[0]));
        part.object.class_name = known != data_.names.end() ? known->second
                                 : data_.names.empty()
                                     ? options_.class_name
                                     : "class " + std::to_string(static_cast<int>(numbers[0]));
        part.object.score = score;
        return part;
    }

    LabelOptions options_;
    DataSet data_;
};

bool is_yolo(const fs::path& path) {
    if (!is_folder(path)) {
        const std::string ending = lower(path.extension().string());
        if (ending == ".yaml" || ending == ".yml")
            return read_data_yaml(path).has_value();
        return ending == ".txt" && path.filename() != "classes.txt" && looks_like_labels(path) &&
               data_set_of(path).has_value();
    }
    if (!data_set_of(path))
        return false;
    std::vector<fs::path> files;
    collect(path, 4, files);
    return !files.empty();
}

// Nine digits place a point to a thousandth of a pixel in any image.
std::string share(double value, std::int64_t whole) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value / static_cast<double>(whole),
                                   std::chars_format::general, 9);
    return " " + std::string(text.data(), end.ptr);
}

class YoloWriter final : public LabelFileWriter {
public:
    YoloWriter(const fs::path& folder, const std::vector<ExportedClass>& classes, bool segments)
        : folder_(folder), segments_(segments) {
        make_folder(folder / "labels");
        for (const ExportedClass& known : classes) // the background is no class to find
            if (known.id != 0)
                number_of(known.name);
    }

    void add(const ExportedImage& image, JobContext&) override {
        const std::int64_t height = image.labels.height(), width = image.labels.width();
        std::string text;
        for_each_object(image.labels, image.objects,
                        [&](const ExportedObject& object, const Region& bounds, const Mask& mask) {
                            text += std::to_string(number_of(object.class_name));
                            if (segments_) {
                                for (const Point2& point : joined_ring(parts_in_image(mask, bounds)))
                                    text += share(point.x, width) + share(point.y, height);
                            } else {
                                text += share(static_cast<double>(bounds.x + bounds.right()) / 2, width) +
                                        share(static_cast<double>(bounds.y + bounds.bottom()) / 2, height) +
                                        share(static_cast<double>(bounds.width), width) +
                                        share(static_cast<double>(bounds.height), height);
                            }
                            text += "\n";
                        });
        const fs::path file = folder_ / "labels" / (image.stem + ".txt");
        write_whole_file(file, text);
        files_.push_back(file);
    }

    void finish() override {
        std::string text = "# Put the images into the folder images beside labels.\n"
                           "path: .\ntrain: images\nval: images\nnames:\n";
        for (std::size_t i = 0; i < names_.size(); ++i)
            text += "  " + std::to_string(i) + ": " + Json(names_[i]).dump() + "\n";
        write_whole_file(folder_ / "data.yaml", text);
        files_.push_back(folder_ / "data.yaml");
    }

private:
    std::size_t number_of(const std::string& name) {
        const auto found = std::find(names_.begin(), names_.end(), name);
        if (found != names_.end())
            return static_cast<std::size_t>(found - names_.begin());
        names_.push_back(name);
        return names_.size() - 1;
    }

    fs::path folder_;
    bool segments_;
    std::vector<std::string> names_;
};

} // namespace

LabelFormat yolo_format() {
    return {"yolo", "YOLO",
            "A text file of boxes or polygons for each image, and data.yaml or classes.txt; a box becomes a "
            "filled rectangle, the smaller on top.",
            is_yolo, [](const fs::path& path, const LabelOptions& options) -> std::unique_ptr<LabelSource> {
                return std::make_unique<YoloSource>(path, options);
            }};
}

LabelWriterFormat yolo_box_writer() {
    return {"yolo",
            "YOLO boxes",
            "A text file for each image, with the box around each object, and data.yaml with the classes.",
            "yolo",
            false,
            true,
            false,
            lose_outlines,
            [](const fs::path& place,
               const std::vector<ExportedClass>& classes) -> std::unique_ptr<LabelFileWriter> {
                return std::make_unique<YoloWriter>(place, classes, false);
            }};
}

LabelWriterFormat yolo_segment_writer() {
    return {"yolo-segments",
            "YOLO segments",
            "A text file for each image, with one polygon for each object, and data.yaml with the classes.",
            "yolo-segments",
            false,
            true,
            false,
            nullptr,
            [](const fs::path& place,
               const std::vector<ExportedClass>& classes) -> std::unique_ptr<LabelFileWriter> {
                return std::make_unique<YoloWriter>(place, classes, true);
            }};
}

} // namespace eyepiece
