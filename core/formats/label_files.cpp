// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/label_files.h"
#include "core/base/natural_order.h"
#include "core/formats/image_reader.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

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

// "cells_RoiSet.zip" as "cells.zip".
fs::path without_suffix(const fs::path& file, std::string_view suffix) {
    if (suffix.empty())
        return file;
    const std::string stem = without_ending(file.stem().string(), std::array{suffix});
    return file.parent_path() / (stem + file.extension().string());
}

bool has_ending(std::string_view name, std::initializer_list<std::string_view> endings) {
    const std::string small = lower(std::string(name));
    return std::any_of(endings.begin(), endings.end(),
                       [&](std::string_view ending) { return small.ends_with(ending); });
}

} // namespace

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

bool is_folder(const fs::path& path) {
    std::error_code error;
    return fs::is_directory(path, error);
}

bool is_image_folder_name(const std::string& name) {
    return contains(image_folders, name);
}

bool is_label_folder_name(const std::string& name) {
    return contains(label_folders, name);
}

bool named_like_a_label(const fs::path& file) {
    return label_key(file) != file.stem().string();
}

std::string label_key(const fs::path& file) {
    return without_ending(file.stem().string(), label_endings);
}

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

std::vector<fs::path> files_in(const fs::path& folder, std::initializer_list<std::string_view> endings) {
    return listed(folder, [&](const fs::directory_entry& entry, std::string_view name) {
        std::error_code error;
        return has_ending(name, endings) && !entry.is_directory(error);
    });
}

std::vector<fs::path> images_in(const fs::path& folder) {
    return listed(folder, [](const fs::directory_entry& entry, std::string_view) {
        std::error_code error;
        return has_image_extension(entry.path()) && !entry.is_directory(error);
    });
}

fs::path subfolder(const fs::path& folder, bool labels) {
    for (const fs::path& entry : folders_in(folder))
        if (labels ? is_label_folder_name(entry.filename().string())
                   : is_image_folder_name(entry.filename().string()))
            return entry;
    return {};
}

std::vector<fs::path> candidates_for(const fs::path& labels) {
    const fs::path whole = fs::absolute(labels).lexically_normal();
    const fs::path parent = (whole.has_filename() ? whole : whole.parent_path()).parent_path();
    if (const fs::path images = subfolder(parent, false); !images.empty() && images != whole)
        return images_in(images);
    return images_in(labels);
}

std::unordered_map<std::string, fs::path> images_below(const fs::path& folder) {
    std::unordered_map<std::string, fs::path> files;
    std::error_code error;
    // The file may lie in annotations/, beside the folder of its images.
    const fs::path root = folder.filename() == "annotations" ? folder.parent_path() : folder;
    std::size_t seen = 0;
    for (fs::recursive_directory_iterator it(root, fs::directory_options::skip_permission_denied, error), end;
         !error && it != end && seen < 1'000'000; it.increment(error), ++seen) {
        const std::string name = it->path().filename().string();
        // Label images are named as their images are.
        if (it.depth() >= 2 || is_label_folder_name(name) || is_of_project(it->path().parent_path(), name))
            it.disable_recursion_pending();
        if (has_image_extension(it->path()))
            files.emplace(it->path().filename().string(), it->path());
    }
    return files;
}

ImageNames::ImageNames(const std::vector<fs::path>& images) {
    for (const fs::path& image : images)
        exact_.emplace(image.stem().string(), image);
    for (const fs::path& image : images) {
        loose_.emplace(lower(image.stem().string()), image);
        loose_.emplace(lower(without_ending(image.stem().string(), image_endings)), image);
    }
}

fs::path ImageNames::find(const fs::path& label) const {
    const std::string stem = label.stem().string(), key = label_key(label);
    for (const std::string& name : {stem, key})
        if (const auto found = exact_.find(name); found != exact_.end() && found->second != label)
            return found->second;
    for (const std::string& name : {lower(stem), lower(key)})
        if (const auto found = loose_.find(name); found != loose_.end() && found->second != label)
            return found->second;
    return {};
}

std::vector<LabelEntry> label_files(const fs::path& path, std::initializer_list<std::string_view> endings,
                                    std::string_view suffix) {
    std::vector<fs::path> files;
    if (!is_folder(path))
        files = {path};
    else if (files = files_in(path, endings); files.empty())
        if (const fs::path labels = subfolder(path, true); !labels.empty())
            files = files_in(labels, endings);
    std::vector<LabelEntry> entries;
    if (files.empty())
        return entries;
    const fs::path folder = fs::absolute(files.front()).parent_path();
    const ImageNames beside(images_in(folder)), elsewhere(candidates_for(folder));
    for (const fs::path& file : files) {
        const fs::path named = without_suffix(file, suffix);
        fs::path image = beside.find(named);
        if (image.empty())
            image = elsewhere.find(named);
        entries.push_back({image.empty() ? label_key(named) : image.stem().string(), image, file});
    }
    return entries;
}

bool holds_label_files(const fs::path& path, std::initializer_list<std::string_view> endings,
                       bool (*looks)(const fs::path&)) {
    const auto is_one = [&](const fs::path& file) {
        return has_ending(file.filename().string(), endings) && looks(file);
    };
    if (!is_folder(path))
        return is_one(path);
    const auto entries = label_files(path, endings);
    const auto last =
        entries.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(entries.size(), 20));
    return std::any_of(entries.begin(), last, [&](const LabelEntry& entry) { return is_one(entry.file); });
}

} // namespace eyepiece
