// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/intake/label_export.h"

#include "core/formats/coco_file.h"
#include "core/formats/geojson_file.h"
#include "core/formats/image_writer.h"
#include "core/formats/labelme_file.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_set>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::array<LabelExportFormat, 4> formats{{
    {"masks", "Label images",
     "A 16-bit picture of object numbers for each image, and the classes in a JSON file.", "masks", false,
     true, false, export_masks},
    {"coco", "COCO", "One JSON file with the outlines of all objects.", "labels.json", true, true, true,
     export_coco},
    {"labelme", "labelme", "A JSON file for each image, with a polygon for each part of an object.",
     "labelme", false, false, false, export_labelme},
    {"geojson", "QuPath GeoJSON",
     "A GeoJSON file for each image: outlines with holes, classes and their colours.", "geojson", false, true,
     false, export_geojson},
}};

bool labelled_beyond_the_first_plane(Project& project, const Item& item) {
    const std::vector<int> planes = project.labels().labelled_planes(item.id);
    return !planes.empty() && planes.back() > 0;
}

// Calls `write(item, labels, objects)` for every image that has something to export.
template<class Write>
void for_each_labelled(Project& project, LabelExportReport& report, JobContext& job, Write write) {
    const auto items = project.items().all();
    for (std::size_t i = 0; i < items.size(); ++i) {
        job.throw_if_cancelled();
        job.progress(static_cast<double>(i) / static_cast<double>(items.size()), "writing labels");
        const Item& item = items[i];
        if (item.objects == 0 && !item.complete)
            continue;
        if (item.width <= 0 || item.height <= 0) {
            report.skipped.push_back(
                {item.name, "The size of the image is not known, since it was not read yet."});
            continue;
        }
        const LabelMap labels = project.labels().read(item.id, {0, 0, item.width, item.height});
        std::vector<LabelObject> objects = project.labels().objects(item.id);
        if (labelled_beyond_the_first_plane(project, item)) { // these formats hold one picture an image
            const std::unordered_set<ObjectId> here(labels.ids().begin(), labels.ids().end());
            std::erase_if(objects, [&](const LabelObject& object) { return !here.contains(object.id); });
            report.skipped.push_back({item.name, "Labels of its planes beyond the first were left out."});
        }
        report.objects += static_cast<std::int64_t>(objects.size());
        write(item, labels, objects);
        ++report.images;
    }
}

std::map<ClassId, std::string> class_names(Project& project) {
    std::map<ClassId, std::string> names;
    for (const LabelClass& known : project.classes().all())
        names[known.id] = known.name;
    return names;
}

// Names for files after images: "x/same.png" -> "x_same". Shown names are unique, so these are, too, but for
// img.png and img.tif of one folder: the second becomes "img_2".
class FileStems {
public:
    std::string next(const Item& item) {
        std::string stem = fs::path(item.name).replace_extension().string();
        std::replace(stem.begin(), stem.end(), '/', '_');
        if (const int before = used_[stem]++; before > 0)
            stem += "_" + std::to_string(before + 1);
        return stem;
    }

private:
    std::map<std::string, int> used_;
};

void make_folder(const fs::path& folder) {
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem)
        throw Error(ErrorCode::Storage,
                    "The folder \"" + folder.string() + "\" cannot be made: " + problem.message() + ".");
}

template<class Objects>
std::vector<ExportedObject> exported(const Objects& objects, const std::map<ClassId, std::string>& names) {
    std::vector<ExportedObject> list;
    for (const LabelObject& object : objects)
        list.push_back({object.id, names.at(object.class_id), object.score});
    return list;
}

// A JSON file for each image: `document(item, labels, objects)`.
template<class Document>
LabelExportReport export_documents(Project& project, const fs::path& folder, const char* ending,
                                   JobContext& job, Document document) {
    make_folder(folder);
    LabelExportReport report;
    const auto names = class_names(project);
    FileStems stems;
    for_each_labelled(
        project, report, job, [&](const Item& item, const LabelMap& labels, const auto& objects) {
            const fs::path file = folder / (stems.next(item) + ending);
            write_file_atomically(file, document(item, labels, exported(objects, names)).dump() + "\n");
            report.files.push_back(file);
        });
    return report;
}

std::string objects_with(std::int64_t count, const char* what) {
    return std::to_string(count) + (count == 1 ? " object has " : " objects have ") + what;
}

} // namespace

LabelExportReport export_masks(Project& project, const fs::path& folder, JobContext& job) {
    make_folder(folder);
    LabelExportReport report;
    const auto names = class_names(project);
    Json classes = Json::array(), files = Json::object();
    for (const LabelClass& known : project.classes().all())
        classes.push_back({{"id", known.id}, {"name", known.name}, {"color", known.color}});
    FileStems stems;
    for_each_labelled(
        project, report, job, [&](const Item& item, const LabelMap& labels, const auto& objects) {
            const ObjectId largest = objects.empty() ? 0 : objects.back().id;
            const fs::path file = folder / (stems.next(item) + (largest > 65535 ? ".tif" : ".png"));
            write_label_image(file, labels);
            Json list = Json::array();
            for (const LabelObject& object : objects)
                list.push_back(
                    {{"id", object.id}, {"class", names.at(object.class_id)}, {"area", object.area}});
            files[file.filename().string()] = {
                {"image", item.path.string()}, {"complete", item.complete}, {"objects", std::move(list)}};
            report.files.push_back(file);
        });
    write_file_atomically(folder / "objects.json",
                          Json{{"classes", classes}, {"files", files}}.dump(1) + "\n");
    report.files.push_back(folder / "objects.json");
    return report;
}

LabelExportReport export_coco(Project& project, const fs::path& file, JobContext& job) {
    LabelExportReport report;
    const auto names = class_names(project);
    std::vector<std::string> in_order;
    for (const auto& [id, name] : names)
        in_order.push_back(name);
    CocoWriter writer(file, in_order);
    for_each_labelled(project, report, job,
                      [&](const Item& item, const LabelMap& labels, const auto& objects) {
                          writer.add(item.name, labels, exported(objects, names));
                      });
    writer.finish();
    report.files.push_back(file);
    return report;
}

LabelExportReport export_labelme(Project& project, const fs::path& folder, JobContext& job) {
    const fs::path from = fs::absolute(folder).lexically_normal();
    return export_documents(
        project, folder, ".json", job, [&](const Item& item, const LabelMap& labels, const auto& objects) {
            return labelme_document(item.path.lexically_proximate(from).string(), labels, objects);
        });
}

LabelExportReport export_geojson(Project& project, const fs::path& folder, JobContext& job) {
    ClassColors colors;
    for (const LabelClass& known : project.classes().all())
        colors[known.name] = known.color;
    return export_documents(project, folder, ".geojson", job,
                            [&](const Item&, const LabelMap& labels, const auto& objects) {
                                return geojson_document(labels, objects, colors);
                            });
}

std::span<const LabelExportFormat> label_export_formats() {
    return formats;
}

const LabelExportFormat& label_export_format(std::string_view name) {
    std::string known;
    for (const LabelExportFormat& format : formats) {
        if (format.name == name)
            return format;
        known += (known.empty() ? "" : ", ") + std::string(format.name);
    }
    throw Error(ErrorCode::BadInput,
                "Labels cannot be written as \"" + std::string(name) + "\". Known: " + known + ".");
}

Json list_label_exports() {
    Json list = Json::array();
    for (const LabelExportFormat& format : formats)
        list.push_back({{"name", format.name},
                        {"title", format.title},
                        {"help", format.help},
                        {"holes", format.holes},
                        {"scores", format.scores}});
    return list;
}

std::vector<std::string> label_losses(Project& project, const LabelExportFormat& format, JobContext& job) {
    std::int64_t holes = 0, scores = 0;
    if (!format.holes || !format.scores) {
        const auto items = project.items().all();
        for (std::size_t i = 0; i < items.size(); ++i) {
            const Item& item = items[i];
            job.throw_if_cancelled();
            job.progress(static_cast<double>(i) / static_cast<double>(items.size()), "looking at labels");
            if (item.objects == 0 || item.width <= 0 || item.height <= 0)
                continue;
            if (!format.holes)
                holes +=
                    objects_with_lost_holes(project.labels().read(item.id, {0, 0, item.width, item.height}));
            if (!format.scores) {
                const auto objects = project.labels().objects(item.id);
                scores += std::count_if(objects.begin(), objects.end(),
                                        [](const LabelObject& object) { return object.score >= 0; });
            }
        }
    }
    std::int64_t stacks = 0;
    for (const Item& item : project.items().all()) {
        job.throw_if_cancelled();
        stacks += item.objects > 0 && labelled_beyond_the_first_plane(project, item);
    }
    std::vector<std::string> losses;
    const std::string title(format.title);
    if (stacks)
        losses.push_back(std::to_string(stacks) + (stacks == 1 ? " image has" : " images have") +
                         " labels in planes beyond the first, which " + title +
                         " cannot say: they are left out.");
    if (holes)
        losses.push_back(objects_with(holes, "holes, which ") + title + " cannot say: they are filled.");
    if (scores)
        losses.push_back(objects_with(scores, "a score, which ") + title + " cannot say: it is left out.");
    return losses;
}

} // namespace eyepiece
