// SPDX-License-Identifier: GPL-3.0-or-later
// What the readers of labels share: how data sets name their folders and files, and which image a label file
// belongs to. Internal to core/formats.
#pragma once
#include "core/formats/label_readers.h"

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace eyepiece {

std::string lower(std::string text); // ASCII

bool is_folder(const std::filesystem::path& path);
bool is_image_folder_name(const std::string& name);         // "images", "JPEGImages", "raw", ...
bool is_label_folder_name(const std::string& name);         // "masks", "labels", "SegmentationObject", ...
bool named_like_a_label(const std::filesystem::path& file); // "cell_3-Mask.png"
// A project may lie in the folder of its images: its thumbnails and runs are not more of them.
bool is_of_project(const std::filesystem::path& folder, std::string_view name);

// What lies in a folder and is wanted, in natural order; hidden files are not. A folder may hold 50,000
// files: what each one is comes with the listing, and only names that are wanted are sorted.
using Wanted = std::function<bool(const std::filesystem::directory_entry&, std::string_view name)>;
std::vector<std::filesystem::path> listed(const std::filesystem::path& folder, const Wanted& wanted);
std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder);
// The files that have one of these endings (".json"), in any case.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder,
                                            std::initializer_list<std::string_view> endings);
// Those that have an image's ending; none of a folder that cannot be read.
std::vector<std::filesystem::path> images_in(const std::filesystem::path& folder);
// The first folder below that is named as those of labels, or of images, are; empty when there is none.
std::filesystem::path subfolder(const std::filesystem::path& folder, bool labels);
// Where the images of a folder of labels may lie: beside it, or in it.
std::vector<std::filesystem::path> candidates_for(const std::filesystem::path& labels);

// The images of a set whose one label file lies in `folder`, by base name: paths inside such files are those
// of the machine that they were made on.
std::unordered_map<std::string, std::filesystem::path> images_below(const std::filesystem::path& folder);

// Images of a folder by every name that a label file may use for them.
class ImageNames {
public:
    explicit ImageNames(const std::vector<std::filesystem::path>& images);
    std::filesystem::path find(const std::filesystem::path& label) const; // empty when there is none

private:
    std::unordered_map<std::string, std::filesystem::path> exact_, loose_;
};

// A label file for each image: the one that `path` is, or those of the folder or of its folder of labels. One
// that is asked for by name is taken as it is; what is wrong with it comes out when it is read. `suffix`:
// what such files' stems may end in ("cells_RoiSet.zip"), in lower case.
std::vector<LabelEntry> label_files(const std::filesystem::path& path,
                                    std::initializer_list<std::string_view> endings,
                                    std::string_view suffix = {});
// Whether `path` is such a file, or a folder that has one among its first twenty: told by `looks`, from the
// content.
bool holds_label_files(const std::filesystem::path& path, std::initializer_list<std::string_view> endings,
                       bool (*looks)(const std::filesystem::path&));

} // namespace eyepiece
