// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/coco_file.h"
#include "core/base/parameters.h"
#include "core/data/components.h"
#include "core/formats/file_errors.h"
#include "core/formats/image_reader.h"
#include "core/formats/label_files.h"
#include "core/formats/label_format_list.h"
#include "core/formats/label_painting.h"
#include "core/formats/outline_labels.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string_view>
#include <unordered_map>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t largest_side = 1 << 20;
constexpr std::int64_t most_pixels = std::int64_t{1} << 31;

// Hears only the names at the top of a JSON file; stops at once when it is none, or when both are known.
class TopNames : public Json::json_sax_t {
public:
    TopNames(std::string_view one, std::string_view other) : one_(one), other_(other) {}
    bool both() const { return has_one_ && has_other_; }

    bool null() override { return depth_ > 0; }
    bool boolean(bool) override { return depth_ > 0; }
    bool number_integer(number_integer_t) override { return depth_ > 0; }
    bool number_unsigned(number_unsigned_t) override { return depth_ > 0; }
    bool number_float(number_float_t, const string_t&) override { return depth_ > 0; }
    bool string(string_t&) override { return depth_ > 0; }
    bool binary(binary_t&) override { return depth_ > 0; }
    bool start_object(std::size_t) override {
        ++depth_;
        return true;
    }
    bool end_object() override {
        --depth_;
        return true;
    }
    bool start_array(std::size_t) override { return depth_++ > 0; }
    bool end_array() override {
        --depth_;
        return true;
    }
    bool key(string_t& name) override {
        if (depth_ == 1) {
            has_one_ |= name == one_;
            has_other_ |= name == other_;
        }
        return !both();
    }
    bool parse_error(std::size_t, const std::string&, const Json::exception&) override { return false; }

private:
    std::string_view one_, other_;
    bool has_one_ = false, has_other_ = false;
    int depth_ = 0;
};

std::int64_t whole(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_number() ? static_cast<std::int64_t>(found->get<double>()) : -1;
}

std::string text_or(const Json& json, const char* name, const std::string& fallback) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : fallback;
}

// The part that one annotation describes. Throws Error(BadInput or Unsupported) with what is wrong with it.
PaintedPart part_of(const Json& annotation, std::int64_t height, std::int64_t width) {
    const auto segmentation = annotation.find("segmentation");
    const bool nothing = segmentation == annotation.end() || segmentation->is_null() || segmentation->empty();
    if (nothing)
        throw Error(ErrorCode::Unsupported, annotation.contains("bbox")
                                                ? "has only a box, which says nothing of single pixels"
                                                : "has no segmentation");
    if (segmentation->is_object()) {
        const auto size = segmentation->find("size");
        if (size == segmentation->end() || !size->is_array() || size->size() != 2 ||
            !(*size)[0].is_number() || !(*size)[1].is_number() ||
            (*size)[0].get<double>() != static_cast<double>(height) ||
            (*size)[1].get<double>() != static_cast<double>(width))
            throw Error(ErrorCode::BadInput, "has run lengths of another size than its image");
        const auto counts = segmentation->find("counts");
        if (counts != segmentation->end() && counts->is_string())
            return cut_to_bounds(
                mask_from_coco_runs(coco_runs_from_text(counts->get<std::string>()), height, width));
        if (counts == segmentation->end() || !counts->is_array())
            throw Error(ErrorCode::BadInput, "has run lengths without counts");
        std::vector<std::uint32_t> runs;
        for (const Json& run : *counts) {
            if (!run.is_number() || run.get<double>() < 0 || run.get<double>() > 4e9)
                throw Error(ErrorCode::BadInput, "has run lengths that are not numbers");
            runs.push_back(static_cast<std::uint32_t>(run.get<double>()));
        }
        return cut_to_bounds(mask_from_coco_runs(runs, height, width));
    }
    if (!segmentation->is_array())
        throw Error(ErrorCode::BadInput, "has a segmentation of an unknown kind");
    std::vector<RingSet> polygons; // each ring by itself is even-odd
    for (const Json& ring : *segmentation) {
        if (!ring.is_array() || ring.size() < 6 || ring.size() % 2)
            throw Error(ErrorCode::BadInput, "has a polygon that is not a list of at least three x, y pairs");
        Polygon polygon;
        for (std::size_t i = 0; i < ring.size(); i += 2) {
            if (!ring[i].is_number() || !ring[i + 1].is_number())
                throw Error(ErrorCode::BadInput, "has a polygon with something that is no number");
            polygon.push_back({ring[i].get<double>(), ring[i + 1].get<double>()});
        }
        polygons.push_back({std::move(polygon)});
    }
    return painted_shapes(polygons, height, width);
}

class CocoSource final : public LabelSource {
public:
    CocoSource(const fs::path& path, LabelOptions options) : path_(path), options_(std::move(options)) {
        readable_size(path);
        std::ifstream file(path, std::ios::binary);
        try {
            document_ = Json::parse(file);
        } catch (const Json::exception& error) {
            throw file_error(ErrorCode::BadInput, path, "is damaged JSON.", error.what());
        }
        if (!document_.is_object() || !document_.contains("images") || !document_["images"].is_array() ||
            !document_.contains("annotations") || !document_["annotations"].is_array())
            throw file_error(ErrorCode::BadInput, path,
                             "is no COCO file: it lacks \"images\" or \"annotations\".");
        if (document_.contains("categories") && document_["categories"].is_array())
            for (const Json& category : document_["categories"])
                if (category.is_object())
                    names_[whole(category, "id")] = text_or(category, "name", options_.class_name);
        const auto files = images_below(fs::absolute(path).parent_path());
        std::unordered_map<std::int64_t, std::size_t> entry_of;
        for (const Json& image : document_["images"]) {
            const std::string name = image.is_object() ? text_or(image, "file_name", "") : "";
            const std::int64_t width = image.is_object() ? whole(image, "width") : -1,
                               height = image.is_object() ? whole(image, "height") : -1;
            if (name.empty() || width <= 0 || height <= 0 || width > largest_side || height > largest_side ||
                width * height > most_pixels) {
                problems_.push_back({path, "An image of the list has no usable name or size" +
                                               (name.empty() ? std::string(".") : ": \"" + name + "\".")});
                continue;
            }
            if (!entry_of.emplace(whole(image, "id"), entries_.size()).second) {
                problems_.push_back(
                    {path, "Two images of the list have the same id; \"" + name + "\" is left out."});
                continue;
            }
            entries_.push_back({fs::path(name).stem().string(), find_file(files, name), path});
            sizes_.push_back({width, height});
        }
        annotations_.resize(entries_.size());
        std::size_t orphans = 0;
        for (const Json& annotation : document_["annotations"]) {
            const auto found =
                annotation.is_object() ? entry_of.find(whole(annotation, "image_id")) : entry_of.end();
            if (found == entry_of.end())
                ++orphans;
            else
                annotations_[found->second].push_back(&annotation);
        }
        if (orphans)
            problems_.push_back(
                {path, std::to_string(orphans) + " annotations belong to no image of the list."});
    }
    std::string_view format() const override { return "coco"; }

    ImportedLabels read(std::size_t entry) const override {
        const auto [width, height] = sizes_.at(entry);
        std::vector<PaintedPart> parts;
        std::map<std::string, std::pair<int, std::string>> refused; // reason -> how many, first of them
        for (const Json* annotation : annotations_[entry]) {
            const std::int64_t id = whole(*annotation, "id");
            try {
                PaintedPart part = part_of(*annotation, height, width);
                const auto name = names_.find(whole(*annotation, "category_id"));
                part.object.class_name = name == names_.end() ? options_.class_name : name->second;
                part.object.crowd = whole(*annotation, "iscrowd") == 1;
                if (const auto score = annotation->find("score");
                    score != annotation->end() && score->is_number())
                    part.object.score = score->get<double>();
                part.name = "Annotation " + std::to_string(id);
                parts.push_back(std::move(part));
            } catch (const Error& error) {
                auto& [count, first] = refused[error.what()];
                if (!count++)
                    first = std::to_string(id);
            }
        }
        ImportedLabels labels = paint_parts(height, width, std::move(parts));
        for (const auto& [reason, who] : refused)
            labels.problems.push_back(
                "Annotation " + who.second + " " + reason +
                (who.first > 1 ? " (and " + std::to_string(who.first - 1) + " more)." : "."));
        return labels;
    }

private:
    static fs::path find_file(const std::unordered_map<std::string, fs::path>& files,
                              const std::string& name) {
        const auto found = files.find(fs::path(name).filename().string());
        return found == files.end() ? fs::path() : found->second;
    }

    struct Size {
        std::int64_t width, height;
    };
    fs::path path_;
    LabelOptions options_;
    Json document_;
    std::map<std::int64_t, std::string> names_;
    std::vector<Size> sizes_;
    std::vector<std::vector<const Json*>> annotations_; // of each entry
};

// All images in the one file.
class CocoLabels final : public LabelFileWriter {
public:
    CocoLabels(const fs::path& file, const std::vector<ExportedClass>& classes)
        : file_(file), writer_(file, names_of(classes)) {}
    void add(const ExportedImage& image, JobContext&) override {
        writer_.add(image.name, image.labels, image.objects);
    }
    void finish() override {
        writer_.finish();
        files_.push_back(file_);
    }

private:
    static std::vector<std::string> names_of(const std::vector<ExportedClass>& classes) {
        std::vector<std::string> names;
        for (const ExportedClass& known : classes)
            names.push_back(known.name);
        return names;
    }

    fs::path file_;
    CocoWriter writer_;
};

bool looks_like_coco(const fs::path& path) {
    return lower(path.extension().string()) == ".json" && json_has_names(path, "images", "annotations");
}

// The first COCO file in a folder or its "annotations" folder.
fs::path coco_file_in(const fs::path& folder) {
    for (const fs::path& place : {folder, folder / "annotations"})
        for (const fs::path& file : files_in(place, {".json"}))
            if (looks_like_coco(file))
                return file;
    return {};
}

} // namespace

bool json_has_names(const fs::path& path, std::string_view one, std::string_view other) {
    std::ifstream file(path, std::ios::binary);
    TopNames names(one, other);
    if (file)
        Json::sax_parse(file, &names);
    return names.both();
}

LabelWriterFormat coco_writer() {
    return {"coco",
            "COCO",
            "One JSON file with the outlines of all objects.",
            "labels.json",
            true,
            true,
            true,
            nullptr,
            [](const fs::path& place, const std::vector<ExportedClass>& classes)
                -> std::unique_ptr<LabelFileWriter> { return std::make_unique<CocoLabels>(place, classes); }};
}

LabelFormat coco_format() {
    return {"coco", "COCO", "A JSON file of polygons or run-length masks, with the images' names.",
            [](const fs::path& path) {
                return is_folder(path) ? !coco_file_in(path).empty() : looks_like_coco(path);
            },
            [](const fs::path& path, const LabelOptions& options) -> std::unique_ptr<LabelSource> {
                const fs::path file = is_folder(path) ? coco_file_in(path) : path;
                if (file.empty())
                    return nullptr;
                return std::make_unique<CocoSource>(file, options);
            }};
}

std::vector<std::uint32_t> coco_runs(const Mask& mask) {
    std::vector<std::uint32_t> runs;
    std::uint32_t run = 0;
    std::uint8_t current = 0;
    for (std::int64_t x = 0; x < mask.width; ++x)
        for (std::int64_t y = 0; y < mask.height; ++y) {
            const std::uint8_t value = mask.at(x, y) != 0;
            if (value != current) {
                runs.push_back(run);
                run = 0;
                current = value;
            }
            ++run;
        }
    runs.push_back(run);
    return runs;
}

Mask mask_from_coco_runs(const std::vector<std::uint32_t>& runs, std::int64_t height, std::int64_t width) {
    Mask mask(height, width);
    std::int64_t at = 0;
    bool on = false;
    for (const std::uint32_t run : runs) {
        if (run > height * width - at)
            throw Error(ErrorCode::BadInput, "has run lengths that go beyond its image");
        if (on)
            for (std::int64_t i = at; i < at + run; ++i)
                mask.set(i / height, i % height, true);
        at += run;
        on = !on;
    }
    if (at != height * width)
        throw Error(ErrorCode::BadInput, "has run lengths that end before its image does");
    return mask;
}

std::string coco_text(const std::vector<std::uint32_t>& runs) {
    std::string text;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        std::int64_t value = std::int64_t{runs[i]} - (i > 2 ? std::int64_t{runs[i - 2]} : 0);
        for (bool more = true; more;) {
            std::int64_t bits = value & 0x1f;
            value >>= 5;
            more = (bits & 0x10) ? value != -1 : value != 0;
            text += static_cast<char>(48 + (more ? bits | 0x20 : bits));
        }
    }
    return text;
}

std::vector<std::uint32_t> coco_runs_from_text(const std::string& text) {
    const Error damaged(ErrorCode::BadInput, "has run lengths that cannot be decoded");
    std::vector<std::uint32_t> runs;
    for (std::size_t i = 0; i < text.size();) {
        std::int64_t value = 0;
        int shift = 0;
        for (bool more = true; more; shift += 5) {
            if (i >= text.size() || shift > 35)
                throw damaged;
            const std::int64_t code = static_cast<unsigned char>(text[i++]) - std::int64_t{48};
            if (code < 0 || code > 63)
                throw damaged;
            value |= (code & 0x1f) << shift;
            more = code & 0x20;
            if (!more && (code & 0x10))
                value |= -(std::int64_t{1} << (shift + 5)); // negative
        }
        if (runs.size() > 2)
            value += runs[runs.size() - 2];
        if (value < 0 || value > 0xffffffffLL)
            throw damaged;
        runs.push_back(static_cast<std::uint32_t>(value));
    }
    return runs;
}

struct CocoWriter::State {
    State(const fs::path& path, std::vector<std::string> names)
        : target(path), file(path), out(file.temporary(), std::ios::binary), classes(std::move(names)) {}

    fs::path target;
    AtomicFile file;
    std::ofstream out;
    std::vector<std::string> classes;
    Json images = Json::array();
    std::int64_t annotations = 0;
};

CocoWriter::CocoWriter(const fs::path& path, std::vector<std::string> classes)
    : state_(std::make_unique<State>(path, std::move(classes))) {
    state_->out << "{\"info\": {\"description\": \"Exported by Eyepiece\"},\n\"annotations\": [";
    if (!state_->out)
        throw file_error(ErrorCode::Storage, path, "cannot be written.");
}

CocoWriter::~CocoWriter() = default;

void CocoWriter::add(const std::string& file_name, const LabelMap& labels,
                     const std::vector<ExportedObject>& objects) {
    State& s = *state_;
    const auto image_id = static_cast<std::int64_t>(s.images.size()) + 1;
    s.images.push_back(
        {{"id", image_id}, {"file_name", file_name}, {"width", labels.width()}, {"height", labels.height()}});
    std::unordered_map<ObjectId, ObjectMeasures> measures;
    for (const ObjectMeasures& m : measure_objects(labels))
        measures.emplace(m.id, m);
    for (const ExportedObject& object : objects) {
        const auto found = measures.find(object.id);
        if (found == measures.end())
            continue; // no pixels
        const auto category = std::find(s.classes.begin(), s.classes.end(), object.class_name);
        if (category == s.classes.end())
            throw file_error(ErrorCode::BadInput, s.target,
                             "cannot hold the class \"" + object.class_name +
                                 "\", which is not in its list.");
        const Region& bounds = found->second.bounds;
        const Mask mask = mask_of(labels, object.id, bounds);
        Json segmentation;
        const auto rings = trace_outlines(mask, static_cast<double>(bounds.x), static_cast<double>(bounds.y));
        // COCO's polygons are united, so a hole cannot be one.
        Mask united(bounds.height, bounds.width);
        for (const Polygon& ring : rings) {
            const Mask part = rasterize(ring, bounds);
            for (std::size_t i = 0; i < part.pixels.size(); ++i)
                united.pixels[i] |= part.pixels[i];
        }
        if (united == mask) {
            segmentation = Json::array();
            for (const Polygon& ring : rings) {
                Json points = Json::array();
                for (const Point2& point : ring) {
                    points.push_back(static_cast<std::int64_t>(point.x));
                    points.push_back(static_cast<std::int64_t>(point.y));
                }
                segmentation.push_back(std::move(points));
            }
        } else {
            segmentation = {
                {"size", {labels.height(), labels.width()}},
                {"counts", coco_runs(mask_of(labels, object.id, {0, 0, labels.width(), labels.height()}))}};
        }
        Json annotation{{"id", ++s.annotations},
                        {"image_id", image_id},
                        {"category_id", category - s.classes.begin() + 1},
                        {"segmentation", std::move(segmentation)},
                        {"area", found->second.area},
                        {"bbox", {bounds.x, bounds.y, bounds.width, bounds.height}},
                        {"iscrowd", 0}};
        if (object.score >= 0)
            annotation["score"] = object.score;
        s.out << (s.annotations > 1 ? ",\n" : "\n") << annotation.dump();
    }
}

void CocoWriter::finish() {
    State& s = *state_;
    Json categories = Json::array();
    for (std::size_t i = 0; i < s.classes.size(); ++i)
        categories.push_back({{"id", i + 1}, {"name", s.classes[i]}});
    s.out << "\n],\n\"images\": " << s.images.dump() << ",\n\"categories\": " << categories.dump() << "\n}\n";
    s.out.close();
    if (!s.out)
        throw file_error(ErrorCode::Storage, s.target, "could not be written. Is the disk full?");
    s.file.commit();
}

} // namespace eyepiece
