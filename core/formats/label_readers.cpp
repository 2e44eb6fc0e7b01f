// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/label_readers.h"
#include "core/base/natural_order.h"
#include "core/formats/file_errors.h"
#include "core/formats/image_reader.h"
#include "core/formats/label_files.h"
#include "core/formats/label_format_list.h"
#include "core/formats/volume_files.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

void require_there(const fs::path& path) {
    if (std::error_code error; !fs::exists(path, error))
        throw file_error(ErrorCode::NotFound, path, "does not exist. Was it moved or renamed?");
}

} // namespace

LabelSource::~LabelSource() = default;

std::span<const LabelFormat> label_formats() {
    // Label images are told by names alone, so they stand first and are asked last.
    static const std::array formats{
        label_image_format(), mask_per_object_format(), coco_format(), labelme_format(), geojson_format(),
        voc_format(),         voc_mask_format(),        yolo_format(), imagej_format(),  cvat_format(),
        napari_format(),      nifti_format(),           nrrd_format(),
    };
    return formats;
}

const LabelFormat& label_format(std::string_view name) {
    std::string known = "auto";
    for (const LabelFormat& format : label_formats()) {
        if (format.name == name)
            return format;
        known += ", " + std::string(format.name);
    }
    throw Error(ErrorCode::BadInput,
                "There is no label format \"" + std::string(name) + "\". Known: " + known + ".");
}

std::string_view detect_label_format(const fs::path& path) {
    require_there(path);
    const auto formats = label_formats();
    const auto found = std::find_if(formats.rbegin(), formats.rend(),
                                    [&](const LabelFormat& format) { return format.recognises(path); });
    return found == formats.rend() ? std::string_view() : found->name;
}

std::unique_ptr<LabelSource> open_labels(const fs::path& path, std::string_view format,
                                         const LabelOptions& options) {
    require_there(path);
    if (format.empty() || format == "auto")
        format = detect_label_format(path);
    std::unique_ptr<LabelSource> source;
    if (!format.empty())
        source = label_format(format).open(path, options);
    if (source && (!source->entries().empty() || !source->problems().empty()))
        return source;
    std::string titles;
    for (const LabelFormat& known : label_formats())
        titles += (titles.empty() ? "" : ", ") + std::string(known.title);
    throw file_error(
        ErrorCode::Unsupported, path,
        "holds no labels that can be read as " +
            (format.empty() ? "any of: " + titles : std::string(label_format(format).title)) +
            ". Label files lie beside their images, or in a folder \"labels\" or \"masks\", and are named "
            "after them.");
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
                has_image_folder |= is_image_folder_name(it->path().filename().string());
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
            if (!is_label_folder_name(next.filename().string()) ||
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
