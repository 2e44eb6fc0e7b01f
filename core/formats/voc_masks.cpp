// SPDX-License-Identifier: GPL-3.0-or-later
// Pascal VOC's segmentations (Everingham et al. 2010, development kit, section 7): palette PNGs of classes in
// SegmentationClass and of objects in SegmentationObject, where 0 is background and 255 void. labelme's
// scripts write the same with class_names.txt beside them, and append "PNG" to the folders' names.
#include "core/data/components.h"
#include "core/formats/file_errors.h"
#include "core/formats/label_files.h"
#include "core/formats/label_format_list.h"
#include "core/formats/label_painting.h"
#include "core/formats/label_writing.h"
#include "core/formats/outline_labels.h"
#include "core/formats/png_file.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <unordered_map>
#include <utility>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr int void_index = 255;
constexpr std::size_t most_objects = 254;
constexpr const char* names_file = "class_names.txt";

// VOC's colours: the bits of the index are dealt out to red, green and blue, from the highest down.
std::array<std::array<std::uint8_t, 3>, 256> voc_palette() {
    std::array<std::array<std::uint8_t, 3>, 256> palette{};
    for (std::size_t index = 0; index < palette.size(); ++index)
        for (std::size_t bit = 0; bit < 8; ++bit)
            if (index >> bit & 1)
                palette[index][bit % 3] |= static_cast<std::uint8_t>(1 << (7 - bit / 3));
    return palette;
}

bool is_class_folder(const fs::path& folder) {
    const std::string name = lower(folder.filename().string());
    return name == "segmentationclass" || name == "segmentationclasspng";
}

// The folder that `path` is or has below it; empty when there is none.
fs::path class_folder(const fs::path& path) {
    if (!is_folder(path))
        return {};
    const fs::path whole = fs::absolute(path).lexically_normal();
    const fs::path given = whole.has_filename() ? whole : whole.parent_path();
    if (is_class_folder(given))
        return given;
    for (const fs::path& entry : folders_in(given))
        if (is_class_folder(entry))
            return entry;
    return {};
}

// One index a pixel; pictures that were saved in VOC's colours count as well.
std::vector<std::uint8_t> read_indices(const fs::path& file, ImageSize* size) {
    const Image image = read_label_pixels(file);
    *size = {image.height(), image.width()};
    std::vector<std::uint8_t> indices(static_cast<std::size_t>(image.height() * image.width()));
    if (image.type() == PixelType::UInt8 && image.channels() == 1) {
        const auto plane = image.plane_as<std::uint8_t>(0);
        std::copy(plane.begin(), plane.end(), indices.begin());
        return indices;
    }
    if (image.type() != PixelType::UInt8 || image.channels() != 3)
        throw file_error(ErrorCode::Unsupported, file,
                         "is no palette PNG of 8 bits, as Pascal VOC has them.");
    std::map<std::array<std::uint8_t, 3>, std::uint8_t> index_of;
    const auto palette = voc_palette();
    for (std::size_t i = 0; i < palette.size(); ++i)
        index_of.emplace(palette[i], static_cast<std::uint8_t>(i));
    const auto red = image.plane_as<std::uint8_t>(0), green = image.plane_as<std::uint8_t>(1),
               blue = image.plane_as<std::uint8_t>(2);
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const auto found = index_of.find({red[i], green[i], blue[i]});
        if (found == index_of.end())
            throw file_error(ErrorCode::BadInput, file,
                             "has colours that are not Pascal VOC's: import it as label images.");
        indices[i] = found->second;
    }
    return indices;
}

class VocMaskSource final : public LabelSource {
public:
    VocMaskSource(const fs::path& path, LabelOptions options) : options_(std::move(options)) {
        const fs::path classes = class_folder(path);
        if (classes.empty())
            return;
        for (const fs::path& entry : folders_in(classes.parent_path()))
            if (lower(entry.filename().string()).starts_with("segmentationobject"))
                objects_ = entry;
        std::ifstream names(classes.parent_path() / names_file);
        for (std::string line; std::getline(names, line);)
            names_.push_back(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
        const ImageNames images(candidates_for(classes));
        for (const fs::path& file : files_in(classes, {".png"})) {
            const fs::path image = images.find(file);
            entries_.push_back({image.empty() ? file.stem().string() : image.stem().string(), image, file});
        }
    }
    std::string_view format() const override { return "voc-masks"; }

    ImportedLabels read(std::size_t entry) const override {
        const fs::path& file = entries_.at(entry).file;
        ImageSize size;
        const auto classes = read_indices(file, &size);
        const fs::path whole = objects_.empty() ? fs::path() : objects_ / file.filename();
        std::error_code error;
        if (whole.empty() || !fs::exists(whole, error))
            return parts_of_classes(classes, size);
        ImageSize other;
        const auto objects = read_indices(whole, &other);
        if (other.width != size.width || other.height != size.height)
            throw file_error(ErrorCode::BadInput, whole, "is not of the size of its picture of classes.");
        std::map<ObjectId, std::map<int, std::int64_t>> votes;
        ImportedLabels labels;
        labels.map = LabelMap(size.height, size.width);
        for (std::size_t i = 0; i < objects.size(); ++i)
            if (objects[i] != 0 && objects[i] != void_index) {
                labels.map.ids()[i] = objects[i];
                ++votes[objects[i]][classes[i]];
            }
        std::array<ObjectId, 256> fresh{};
        for (const auto& [id, counts] : votes) {
            const auto most =
                std::max_element(counts.begin(), counts.end(),
                                 [](const auto& a, const auto& b) { return a.second < b.second; });
            fresh[id] = static_cast<ObjectId>(labels.objects.size() + 1);
            labels.objects.push_back({fresh[id], class_name(most->first), {}, -1, false});
        }
        for (ObjectId& id : labels.map.ids())
            id = fresh[id];
        return labels;
    }

private:
    // Without a picture of objects each connected part is one.
    ImportedLabels parts_of_classes(const std::vector<std::uint8_t>& classes, const ImageSize& size) const {
        LabelMap map(size.height, size.width);
        std::transform(classes.begin(), classes.end(), map.ids().begin(),
                       [](std::uint8_t index) { return index == void_index ? ObjectId{0} : index; });
        std::vector<ObjectId> origin;
        ImportedLabels labels;
        labels.map = split_parts(map, Connectivity::Eight, &origin);
        for (std::size_t i = 0; i < origin.size(); ++i)
            labels.objects.push_back(
                {static_cast<ObjectId>(i + 1), class_name(static_cast<int>(origin[i])), {}, -1, false});
        return labels;
    }

    std::string class_name(int index) const {
        if (static_cast<std::size_t>(index) < names_.size() &&
            !names_[static_cast<std::size_t>(index)].empty())
            return index == 0 && names_[0] == "_background_" ? "background"
                                                             : names_[static_cast<std::size_t>(index)];
        return index == 0 ? options_.class_name : "class " + std::to_string(index);
    }

    LabelOptions options_;
    fs::path objects_; // the folder; empty when there is none
    std::vector<std::string> names_;
};

class VocMaskWriter final : public LabelFileWriter {
public:
    VocMaskWriter(const fs::path& folder, const std::vector<ExportedClass>& classes)
        : folder_(folder), palette_(voc_palette()) {
        make_folder(folder / "SegmentationClass");
        make_folder(folder / "SegmentationObject");
        std::string names;
        for (const ExportedClass& known : classes) {
            index_of_.emplace(known.name, index_of_.size());
            names += (known.id == 0 ? "_background_" : known.name) + "\n";
        }
        write_whole_file(folder / names_file, names);
        files_.push_back(folder / names_file);
    }

    void add(const ExportedImage& image, JobContext&) override {
        const auto measures = measure_objects(image.labels);
        if (measures.size() > most_objects)
            throw Error(ErrorCode::Unsupported,
                        "It has " + std::to_string(measures.size()) +
                            " objects, and a Pascal VOC mask has room for 254: write label images instead.");
        struct Indices {
            std::uint8_t object = 0, of_class = 0;
        };
        std::unordered_map<ObjectId, Indices> indices;
        for (std::size_t i = 0; i < measures.size(); ++i)
            indices[measures[i].id].object = static_cast<std::uint8_t>(i + 1);
        for (const ExportedObject& object : image.objects) {
            const std::size_t index = index_of_.at(object.class_name);
            if (index >= void_index)
                throw Error(ErrorCode::Unsupported,
                            "Its class \"" + object.class_name +
                                "\" is beyond the 254 that a Pascal VOC mask has room for.");
            if (const auto found = indices.find(object.id); found != indices.end())
                found->second.of_class = static_cast<std::uint8_t>(index);
        }
        Image objects = Image::create(PixelType::UInt8, 1, image.labels.height(), image.labels.width());
        Image classes = Image::create(PixelType::UInt8, 1, image.labels.height(), image.labels.width());
        const auto object_plane = objects.writable_plane_as<std::uint8_t>(0),
                   class_plane = classes.writable_plane_as<std::uint8_t>(0);
        const auto ids = image.labels.ids();
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const Indices of = ids[i] ? indices.at(ids[i]) : Indices{};
            object_plane[i] = of.object;
            class_plane[i] = of.of_class;
        }
        for (const auto& [name, picture] :
             {std::pair{"SegmentationClass", &classes}, std::pair{"SegmentationObject", &objects}}) {
            const fs::path file = folder_ / name / (image.stem + ".png");
            write_palette_png(file, *picture, palette_);
            files_.push_back(file);
        }
    }

private:
    fs::path folder_;
    std::array<std::array<std::uint8_t, 3>, 256> palette_;
    std::map<std::string, std::size_t> index_of_;
};

} // namespace

LabelFormat voc_mask_format() {
    return {"voc-masks", "Pascal VOC masks",
            "Palette PNGs of classes and, where there are any, of objects, in SegmentationClass and "
            "SegmentationObject.",
            [](const fs::path& path) {
                const fs::path folder = class_folder(path);
                return !folder.empty() && !files_in(folder, {".png"}).empty();
            },
            [](const fs::path& path, const LabelOptions& options) -> std::unique_ptr<LabelSource> {
                return std::make_unique<VocMaskSource>(path, options);
            }};
}

LabelWriterFormat voc_mask_writer() {
    return {"voc-masks",
            "Pascal VOC masks",
            "Two palette PNGs for each image, of classes and of objects, and the names of the classes.",
            "voc-masks",
            false,
            true,
            false,
            [](const ExportedImage& image, LabelLosses& losses) {
                losses.images(measure_objects(image.labels).size() > most_objects, "more than 254 objects",
                              "left out as a whole");
            },
            [](const fs::path& place,
               const std::vector<ExportedClass>& classes) -> std::unique_ptr<LabelFileWriter> {
                return std::make_unique<VocMaskWriter>(place, classes);
            }};
}

} // namespace eyepiece
