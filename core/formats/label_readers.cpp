// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/label_readers.h"
#include "core/base/natural_order.h"
#include "core/formats/file_errors.h"
#include "core/formats/image_reader.h"
#include "core/formats/label_painting.h"
#include "core/formats/volume_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// Names by which data sets call the two folders.
constexpr std::array<std::string_view, 22> label_folders{"mask",
                                                         "masks",
                                                         "label",
                                                         "labels",
                                                         "annotation",
                                                         "annotations",
                                                         "annots",
                                                         "gt",
                                                         "groundtruth",
                                                         "ground_truth",
                                                         "ground-truth",
                                                         "seg",
                                                         "segmentation",
                                                         "segmentations",
                                                         "segmentationclass",
                                                         "segmentationclasspng",
                                                         "segmentationobject",
                                                         "segmentationobjectpng",
                                                         "instance",
                                                         "instances",
                                                         "targets",
                                                         "1st_manual"};
constexpr std::array<std::string_view, 11> image_folders{
    "image", "images", "img", "imgs", "raw", "input", "inputs", "jpegimages", "rgb", "tiffs", "pngimages"};
// Endings of a label file's stem, longest first.
constexpr std::array<std::string_view, 15> label_endings{
    "segmentation", "annotation", "groundtruth", "instances", "cp_masks", "instance", "manual1", "labels",
    "masks",        "label",      "mask",        "gt",        "seg",      "lbl",      "annot"};
constexpr std::array<std::string_view, 4> image_endings{"image", "img", "raw", "input"};

template<std::size_t N>
bool contains(const std::array<std::string_view, N>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), lower(name)) != names.end();
}

// "cell_3-Mask" without "-Mask"; the stem itself when it has no such ending.
template<std::size_t N>
std::string without_ending(const std::string& stem, const std::array<std::string_view, N>& endings) {
    const std::string small = lower(stem);
    for (const auto ending : endings) {
        if (!small.ends_with(ending) || small.size() < ending.size() + 2)
            continue;
        const char joint = small[small.size() - ending.size() - 1];
        if (joint == '_' || joint == '-' || joint == '.' || joint == ' ')
            return stem.substr(0, stem.size() - ending.size() - 1);
    }
    return stem;
}

bool is_folder(const fs::path& path) {
    std::error_code error;
    return fs::is_directory(path, error);
}

// Images of a folder by every name that a label file may use for them.
class ImageNames {
public:
    explicit ImageNames(const std::vector<fs::path>& images) {
        for (const fs::path& image : images)
            exact_.emplace(image.stem().string(), image);
        for (const fs::path& image : images) {
            loose_.emplace(lower(image.stem().string()), image);
            loose_.emplace(lower(without_ending(image.stem().string(), image_endings)), image);
        }
    }
    fs::path find(const fs::path& label) const {
        const std::string stem = label.stem().string(), key = label_key(label);
        for (const std::string& name : {stem, key})
            if (const auto found = exact_.find(name); found != exact_.end() && found->second != label)
                return found->second;
        for (const std::string& name : {lower(stem), lower(key)})
            if (const auto found = loose_.find(name); found != loose_.end() && found->second != label)
                return found->second;
        return {};
    }

private:
    std::unordered_map<std::string, fs::path> exact_, loose_;
};

// What lies in a folder and is wanted, in natural order; hidden files are not. A folder may hold 50,000
// files: what each one is comes with the listing, and only names that are wanted are sorted.
template<class Wanted>
std::vector<fs::path> listed(const fs::path& folder, const Wanted& wanted) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
         !error && it != end; it.increment(error)) {
        const std::string& whole = it->path().native();
        const std::string_view name = std::string_view(whole).substr(whole.rfind('/') + 1);
        if (name.front() != '.' && wanted(*it, name))
            names.emplace_back(name);
    }
    std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return natural_less(a, b); });
    std::vector<fs::path> paths;
    paths.reserve(names.size());
    for (const std::string& name : names)
        paths.push_back(folder / name);
    return paths;
}

// A project may lie in the folder of its images: its thumbnails and runs are not more of them.
bool is_of_project(const fs::path& folder, std::string_view name) {
    std::error_code error;
    return (name == "cache" || name == "runs") && fs::exists(folder / "project.eyepiece", error);
}

std::vector<fs::path> folders_in(const fs::path& folder) {
    return listed(folder, [&](const fs::directory_entry& entry, std::string_view name) {
        std::error_code error;
        return entry.is_directory(error) && !is_of_project(folder, name);
    });
}

fs::path subfolder(const fs::path& folder, bool labels) {
    for (const fs::path& entry : folders_in(folder))
        if (labels ? contains(label_folders, entry.filename().string())
                   : contains(image_folders, entry.filename().string()))
            return entry;
    return {};
}

bool named_like_a_label(const fs::path& file) {
    return label_key(file) != file.stem().string();
}

// images/ with one image and masks/ with anything: one item of Kaggle's layout.
bool is_mask_folder(const fs::path& folder) {
    const fs::path images = folder / "images", masks = folder / "masks";
    if (!is_folder(images) || !is_folder(masks))
        return false;
    const auto pictures = images_in(images), objects = images_in(masks);
    // One image with one mask of its own name is the other layout with a single image.
    return pictures.size() == 1 && !(objects.size() == 1 && objects[0].stem() == pictures[0].stem());
}

// Where the images of a folder of labels may lie: beside it, or in it.
std::vector<fs::path> candidates_for(const fs::path& labels) {
    const fs::path whole = fs::absolute(labels).lexically_normal();
    const fs::path parent = (whole.has_filename() ? whole : whole.parent_path()).parent_path();
    if (const fs::path images = subfolder(parent, false); !images.empty() && images != whole)
        return images_in(images);
    return images_in(labels);
}

bool looks_like(LabelFormat format, const fs::path& file) {
    const std::string ending = lower(file.extension().string());
    if (format == LabelFormat::GeoJson)
        return ending == ".geojson";
    return ending == ".json" && json_has_names(file, "shapes", "imagePath");
}

// A label file for each image: the one that `path` is, or those of the folder or of its folder of labels. One
// that is asked for by name is taken as it is; what is wrong with it comes out when it is read.
std::vector<LabelEntry> label_files(const fs::path& path, LabelFormat format) {
    const std::string ending = format == LabelFormat::GeoJson ? ".geojson" : ".json";
    const auto in = [&](const fs::path& folder) {
        return listed(folder, [&](const fs::directory_entry& entry, std::string_view name) {
            std::error_code error;
            return lower(fs::path(name).extension().string()) == ending && !entry.is_directory(error);
        });
    };
    std::vector<fs::path> files;
    if (!is_folder(path))
        files = {path};
    else if (files = in(path); files.empty())
        if (const fs::path labels = subfolder(path, true); !labels.empty())
            files = in(labels);
    std::vector<LabelEntry> entries;
    if (files.empty())
        return entries;
    const fs::path folder = fs::absolute(files.front()).parent_path();
    const ImageNames beside(images_in(folder)), elsewhere(candidates_for(folder));
    for (const fs::path& file : files) {
        fs::path image = beside.find(file);
        if (image.empty())
            image = elsewhere.find(file);
        entries.push_back({image.empty() ? file.stem().string() : image.stem().string(), image, file});
    }
    return entries;
}

// The format of which a folder's label files are, told by the first.
LabelFormat label_files_format(const fs::path& path) {
    for (const LabelFormat format : {LabelFormat::GeoJson, LabelFormat::Labelme})
        if (const auto entries = label_files(path, format);
            !entries.empty() && looks_like(format, entries.front().file))
            return format;
    return LabelFormat::Unknown;
}

class LabelImageSource final : public LabelSource {
public:
    // Where nothing says which files are labels, `assume` takes all of them for labels.
    LabelImageSource(const fs::path& path, LabelOptions options, bool assume = true)
        : options_(std::move(options)) {
        if (!is_folder(path)) {
            add(path, ImageNames(candidates_for(path.parent_path())));
        } else {
            collect(path, 3);
            if (entries_.empty() && assume) {
                const ImageNames images(candidates_for(path));
                for (const fs::path& file : images_in(path))
                    add(file, images);
            }
        }
        std::stable_sort(entries_.begin(), entries_.end(),
                         [](const auto& a, const auto& b) { return natural_less(a.key, b.key); });
    }
    LabelFormat format() const override { return LabelFormat::LabelImages; }
    ImportedLabels read(std::size_t entry) const override {
        return read_label_image(entries_.at(entry).file, options_);
    }

private:
    void add(const fs::path& file, const ImageNames& images) {
        entries_.push_back({label_key(file), images.find(file), file});
        if (!entries_.back().image.empty())
            entries_.back().key = entries_.back().image.stem().string();
    }

    void collect(const fs::path& folder, int depth) {
        const fs::path labels = subfolder(folder, true);
        if (!labels.empty()) {
            fs::path pictures = subfolder(folder, false);
            const ImageNames images(images_in(pictures.empty() ? folder : pictures));
            for (const fs::path& file : images_in(labels))
                add(file, images);
        } else if (contains(label_folders, fs::absolute(folder).lexically_normal().filename().string())) {
            const ImageNames images(candidates_for(folder));
            for (const fs::path& file : images_in(folder))
                add(file, images);
            return;
        } else { // cell_1.png and cell_1_mask.png side by side
            const auto files = images_in(folder);
            if (std::any_of(files.begin(), files.end(), named_like_a_label)) {
                const ImageNames images(files);
                for (const fs::path& file : files)
                    if (named_like_a_label(file) && !images.find(file).empty())
                        add(file, images);
            }
        }
        if (depth > 0) // train/images, train/masks, test/...
            for (const fs::path& entry : folders_in(folder))
                if (entry != labels && !contains(image_folders, entry.filename().string()))
                    collect(entry, depth - 1);
    }

    LabelOptions options_;
};

class MaskFolderSource final : public LabelSource {
public:
    MaskFolderSource(const fs::path& path, LabelOptions options) : options_(std::move(options)) {
        std::vector<fs::path> folders;
        if (is_mask_folder(path))
            folders.push_back(path);
        else
            for (const fs::path& entry : folders_in(path)) {
                if (is_mask_folder(entry))
                    folders.push_back(entry);
                else if (is_folder(entry / "images") && is_folder(entry / "masks"))
                    problems_.push_back({entry, "Its images folder should hold one image."});
            }
        for (const fs::path& folder : folders) {
            const fs::path image = images_in(folder / "images").front();
            entries_.push_back({image.stem().string(), image, folder / "masks"});
        }
    }
    LabelFormat format() const override { return LabelFormat::MaskPerObject; }

    ImportedLabels read(std::size_t entry) const override {
        const LabelEntry& item = entries_.at(entry);
        const ImageInfo info = probe_image(item.image);
        std::vector<PaintedPart> parts;
        std::vector<std::string> problems;
        for (const fs::path& file : images_in(item.file)) {
            try {
                const Image pixels = read_label_pixels(file);
                if (pixels.width() != info.width || pixels.height() != info.height)
                    throw file_error(ErrorCode::BadInput, file,
                                     "is " + std::to_string(pixels.width()) + " x " +
                                         std::to_string(pixels.height()) + " px and its image " +
                                         std::to_string(info.width) + " x " + std::to_string(info.height) +
                                         ".");
                Mask mask(pixels.height(), pixels.width());
                for (int channel = 0; channel < pixels.channels(); ++channel)
                    with_pixel_type(pixels.type(), [&](auto sample) {
                        const auto plane = pixels.plane_as<decltype(sample)>(channel);
                        for (std::size_t i = 0; i < plane.size(); ++i)
                            mask.pixels[i] |= plane[i] != 0;
                    });
                PaintedPart part = cut_to_bounds(mask);
                part.object.class_name = options_.class_name;
                part.name = std::string("\"").append(file.filename().string()).append("\"");
                parts.push_back(std::move(part));
            } catch (const Error& error) {
                problems.emplace_back(error.what());
            }
        }
        ImportedLabels labels = paint_parts(info.height, info.width, std::move(parts));
        labels.problems.insert(labels.problems.begin(), problems.begin(), problems.end());
        return labels;
    }

private:
    LabelOptions options_;
};

// The first COCO file in a folder or its "annotations" folder.
fs::path coco_file_in(const fs::path& folder) {
    for (const fs::path& place : {folder, folder / "annotations"})
        for (const fs::path& entry : listed(place, [](const fs::directory_entry&, std::string_view name) {
                 return name.size() > 5 && lower(std::string(name.substr(name.size() - 5))) == ".json";
             }))
            if (looks_like_coco(entry))
                return entry;
    return {};
}

} // namespace

LabelSource::~LabelSource() = default;

std::string_view to_string(LabelFormat format) {
    switch (format) {
    case LabelFormat::LabelImages:
        return "masks";
    case LabelFormat::MaskPerObject:
        return "mask-per-object";
    case LabelFormat::Coco:
        return "coco";
    case LabelFormat::Labelme:
        return "labelme";
    case LabelFormat::GeoJson:
        return "geojson";
    case LabelFormat::Unknown:
        break;
    }
    return "unknown";
}

LabelFormat label_format_from_string(std::string_view name) {
    for (const LabelFormat format : {LabelFormat::LabelImages, LabelFormat::MaskPerObject, LabelFormat::Coco,
                                     LabelFormat::Labelme, LabelFormat::GeoJson})
        if (to_string(format) == name)
            return format;
    if (name == "auto" || name.empty())
        return LabelFormat::Unknown;
    throw Error(ErrorCode::BadInput, "There is no label format \"" + std::string(name) +
                                         "\". Known: auto, masks, mask-per-object, coco, labelme, geojson.");
}

std::string label_key(const fs::path& file) {
    return without_ending(file.stem().string(), label_endings);
}

std::vector<fs::path> images_in(const fs::path& folder) {
    return listed(folder, [](const fs::directory_entry& entry, std::string_view) {
        std::error_code error;
        return has_image_extension(entry.path()) && !entry.is_directory(error);
    });
}

LabelFormat detect_label_format(const fs::path& path) {
    std::error_code error;
    if (!fs::exists(path, error))
        throw file_error(ErrorCode::NotFound, path, "does not exist. Was it moved or renamed?");
    if (!is_folder(path)) {
        for (const LabelFormat format : {LabelFormat::GeoJson, LabelFormat::Labelme})
            if (looks_like(format, path))
                return format;
        if (lower(path.extension().string()) == ".json")
            return looks_like_coco(path) ? LabelFormat::Coco : LabelFormat::Unknown;
        return has_image_extension(path) &&
                       (label_key(path) != path.stem().string() ||
                        contains(label_folders, fs::absolute(path).parent_path().filename().string()))
                   ? LabelFormat::LabelImages
                   : LabelFormat::Unknown;
    }
    if (is_mask_folder(path))
        return LabelFormat::MaskPerObject;
    int looked_at = 0;
    for (const fs::path& entry : folders_in(path)) {
        if (is_mask_folder(entry))
            return LabelFormat::MaskPerObject;
        if (++looked_at == 20)
            break;
    }
    if (!coco_file_in(path).empty())
        return LabelFormat::Coco;
    if (const LabelFormat format = label_files_format(path); format != LabelFormat::Unknown)
        return format;
    if (contains(label_folders, fs::absolute(path).lexically_normal().filename().string()))
        return images_in(path).empty() ? LabelFormat::Unknown : LabelFormat::LabelImages;
    const auto says_so = [](const LabelEntry& entry) {
        return named_like_a_label(entry.file) ||
               contains(label_folders, entry.file.parent_path().filename().string());
    };
    const LabelImageSource source(path, {}, false);
    if (std::any_of(source.entries().begin(), source.entries().end(), says_so))
        return LabelFormat::LabelImages;
    const auto files = source.entries().empty() ? images_in(path) : std::vector<fs::path>();
    return std::any_of(files.begin(), files.end(), named_like_a_label) ? LabelFormat::LabelImages
                                                                       : LabelFormat::Unknown;
}

std::unique_ptr<LabelSource> open_labels(const fs::path& path, LabelFormat format,
                                         const LabelOptions& options) {
    if (format == LabelFormat::Unknown)
        format = detect_label_format(path);
    std::error_code error;
    if (!fs::exists(path, error))
        throw file_error(ErrorCode::NotFound, path, "does not exist. Was it moved or renamed?");
    std::unique_ptr<LabelSource> source;
    switch (format) {
    case LabelFormat::LabelImages:
        source = std::make_unique<LabelImageSource>(path, options);
        break;
    case LabelFormat::MaskPerObject:
        source = std::make_unique<MaskFolderSource>(path, options);
        break;
    case LabelFormat::Coco:
        source = list_coco(is_folder(path) ? coco_file_in(path) : path, options);
        break;
    case LabelFormat::Labelme:
        source = list_labelme(label_files(path, format), options);
        break;
    case LabelFormat::GeoJson:
        source = list_geojson(label_files(path, format), options);
        break;
    case LabelFormat::Unknown:
        break;
    }
    if (!source || (source->entries().empty() && source->problems().empty()))
        throw file_error(
            ErrorCode::Unsupported, path,
            "holds no labels that can be read: label images (a folder named masks or labels, or files "
            "named like image_mask.png), one folder an image with images/ and masks/, a COCO JSON file, or "
            "labelme's JSON or QuPath's GeoJSON files named after their images.");
    return source;
}

std::vector<fs::path> find_images(const fs::path& path, std::size_t limit) {
    std::error_code error;
    if (!is_folder(path)) {
        if (!fs::exists(path, error))
            throw file_error(ErrorCode::NotFound, path, "does not exist. Was it moved or renamed?");
        return {path};
    }
    std::vector<fs::path> result, open{path};
    while (!open.empty() && result.size() < limit) {
        const fs::path folder = open.back();
        open.pop_back();
        std::vector<fs::path> files, folders;
        bool has_image_folder = false;
        for (fs::directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
             !error && it != end; it.increment(error)) {
            std::error_code ignored;
            if (it->path().filename().string().front() == '.')
                continue;
            if (it->is_directory(ignored)) {
                if (!it->is_symlink(ignored) && // links may lead in circles
                    !is_of_project(folder, it->path().filename().native()))
                    folders.push_back(it->path());
                has_image_folder |= contains(image_folders, it->path().filename().string());
            } else if (has_image_extension(it->path()) || is_nameless_dicom(it->path())) {
                files.push_back(it->path());
            }
        }
        std::unordered_set<std::string> stems;
        for (const fs::path& file : files)
            stems.insert(file.stem().string());
        for (const fs::path& file : files)
            if (const std::string key = label_key(file); key == file.stem().string() || !stems.count(key))
                result.push_back(file);
        for (const fs::path& next : folders)
            if (!contains(label_folders, next.filename().string()) ||
                (files.empty() && !has_image_folder && folders.size() == 1))
                open.push_back(next);
    }
    std::sort(result.begin(), result.end(),
              [](const fs::path& a, const fs::path& b) { return natural_less(a.native(), b.native()); });
    if (result.size() > limit)
        result.resize(limit);
    return result;
}

} // namespace eyepiece
