// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/intake/label_export.h"

#include "core/formats/coco_file.h"
#include "core/formats/image_writer.h"

#include <algorithm>
#include <map>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

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
        write(item, project.labels().read(item.id, {0, 0, item.width, item.height}),
              project.labels().objects(item.id));
        ++report.images;
        report.objects += item.objects;
    }
}

std::map<ClassId, std::string> class_names(Project& project) {
    std::map<ClassId, std::string> names;
    for (const LabelClass& known : project.classes().all())
        names[known.id] = known.name;
    return names;
}

// "x/same.png" -> "x_same": shown names are unique, so files named after them are, too.
std::string stem_of(const Item& item) {
    std::string stem = fs::path(item.name).replace_extension().string();
    std::replace(stem.begin(), stem.end(), '/', '_');
    return stem;
}

} // namespace

LabelExportReport export_masks(Project& project, const fs::path& folder, JobContext& job) {
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (problem)
        throw Error(ErrorCode::Storage,
                    "The folder \"" + folder.string() + "\" cannot be made: " + problem.message() + ".");
    LabelExportReport report;
    const auto names = class_names(project);
    Json classes = Json::array(), files = Json::object();
    for (const LabelClass& known : project.classes().all())
        classes.push_back({{"id", known.id}, {"name", known.name}, {"color", known.color}});
    std::map<std::string, int> used;
    for_each_labelled(
        project, report, job, [&](const Item& item, const LabelMap& labels, const auto& objects) {
            std::string stem = stem_of(item);
            // img.png and img.tif of one folder would share a name.
            if (const int before = used[stem]++; before > 0)
                stem += "_" + std::to_string(before + 1);
            const ObjectId largest = objects.empty() ? 0 : objects.back().id;
            const fs::path file = folder / (stem + (largest > 65535 ? ".tif" : ".png"));
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
                          std::vector<ExportedObject> list;
                          for (const LabelObject& object : objects)
                              list.push_back({object.id, names.at(object.class_id), object.score});
                          writer.add(item.name, labels, list);
                      });
    writer.finish();
    report.files.push_back(file);
    return report;
}

} // namespace eyepiece
