// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/intake/label_export.h"

#include "core/formats/orange_tab.h"
#include "core/intake/project_table.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

bool labelled_beyond_the_first_plane(Project& project, const Item& item) {
    const std::vector<int> planes = project.labels().labelled_planes(item.id);
    return !planes.empty() && planes.back() > 0;
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

std::vector<ExportedClass> exported_classes(Project& project) {
    std::vector<ExportedClass> classes;
    for (const LabelClass& known : project.classes().all())
        classes.push_back({known.id, known.name, known.color});
    return classes;
}

ExportedImage labelled_image(Project& project, const Item& item,
                             const std::map<ClassId, std::string>& class_names) {
    ExportedImage image{item.name,     fs::path(item.name).stem().string(),
                        item.path,     item.channels,
                        item.complete, project.labels().read(item.id, {0, 0, item.width, item.height})};
    for (const LabelObject& object : project.labels().objects(item.id))
        image.objects.push_back({object.id, class_names.at(object.class_id), object.score});
    return image;
}

std::map<ClassId, std::string> names_of(const std::vector<ExportedClass>& classes) {
    std::map<ClassId, std::string> names;
    for (const ExportedClass& known : classes)
        names[known.id] = known.name;
    return names;
}

LabelExportReport write_labels(Project& project, const LabelExportFormat& format, const fs::path& place,
                               JobContext& job) {
    LabelExportReport report;
    const auto classes = exported_classes(project);
    const auto names = names_of(classes);
    const auto writer = format.open(place, classes);
    FileStems stems;
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
        ExportedImage image = labelled_image(project, item, names);
        image.stem = stems.next(item);
        if (labelled_beyond_the_first_plane(project, item)) { // these formats hold one picture an image
            const std::unordered_set<ObjectId> here(image.labels.ids().begin(), image.labels.ids().end());
            std::erase_if(image.objects,
                          [&](const ExportedObject& object) { return !here.contains(object.id); });
            report.skipped.push_back({item.name, "Labels of its planes beyond the first were left out."});
        }
        try {
            writer->add(image, job);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::Unsupported)
                throw;
            report.skipped.push_back({item.name, error.what()});
            continue;
        }
        ++report.images;
        report.objects += static_cast<std::int64_t>(image.objects.size());
    }
    writer->finish();
    report.files = writer->files();
    return report;
}

// The table that `tabulate` makes, as CSV: a table for a spreadsheet, not labels to be read again.
LabelExportReport write_measurements(Project& project, const LabelExportFormat&, const fs::path& place,
                                     JobContext& job) {
    ProjectTableRegistry tables("table");
    register_project_tables(tables);
    const auto& objects = tables.at("objects");
    const Table table =
        objects.make()->make(project.folder(), objects.parameters.complete(Json::object()), job);
    write_table_csv(place, table, job);
    LabelExportReport report;
    for (const Item& item : project.items().all())
        report.images += item.objects > 0;
    report.objects = static_cast<std::int64_t>(table.rows());
    report.files.push_back(place);
    return report;
}

} // namespace

std::span<const LabelExportFormat> label_export_formats() {
    static const std::vector<LabelExportFormat> formats = [] {
        std::vector<LabelExportFormat> all;
        for (const LabelWriterFormat& format : label_writer_formats())
            all.push_back({format, true, write_labels});
        all.push_back({{"measurements", "Measurements (CSV)",
                        "A table with a row for each object: class, place, area, shape, and intensities in "
                        "each channel. "
                        "It has no outlines to read back.",
                        "measurements.csv", true, true, true, nullptr, nullptr},
                       false,
                       write_measurements});
        return all;
    }();
    return formats;
}

const LabelExportFormat& label_export_format(std::string_view name) {
    std::string known;
    for (const LabelExportFormat& format : label_export_formats()) {
        if (format.name == name)
            return format;
        known += (known.empty() ? "" : ", ") + std::string(format.name);
    }
    throw Error(ErrorCode::BadInput,
                "Labels cannot be written as \"" + std::string(name) + "\". Known: " + known + ".");
}

Json list_label_exports() {
    Json list = Json::array();
    for (const LabelExportFormat& format : label_export_formats())
        list.push_back({{"name", format.name},
                        {"title", format.title},
                        {"help", format.help},
                        {"classes", format.classes},
                        {"scores", format.scores}});
    return list;
}

std::vector<std::string> label_losses(Project& project, const LabelExportFormat& format, JobContext& job) {
    LabelLosses losses;
    std::int64_t stacks = 0; // labelled in planes that these formats do not hold
    const auto names = names_of(exported_classes(project));
    const auto items = project.items().all();
    for (std::size_t i = 0; i < items.size(); ++i) {
        const Item& item = items[i];
        job.throw_if_cancelled();
        job.progress(static_cast<double>(i) / static_cast<double>(items.size()), "looking at labels");
        if (item.objects == 0 || item.width <= 0 || item.height <= 0)
            continue;
        stacks += labelled_beyond_the_first_plane(project, item);
        if (format.losses)
            format.losses(labelled_image(project, item, names), losses);
        if (!format.classes)
            losses.objects(item.objects, "a class", "it is left out");
        if (!format.scores) {
            const auto objects = project.labels().objects(item.id);
            losses.objects(std::count_if(objects.begin(), objects.end(),
                                         [](const LabelObject& object) { return object.score >= 0; }),
                           "a score", "it is left out");
        }
    }
    std::vector<std::string> sentences = losses.sentences(format.title);
    if (stacks > 0)
        sentences.push_back(std::to_string(stacks) + (stacks == 1 ? " image has" : " images have") +
                            " labels in planes beyond the first, which " + std::string(format.title) +
                            " cannot say: they are left out.");
    return sentences;
}

LabelExportReport export_labels(Project& project, const LabelExportFormat& format, const fs::path& place,
                                JobContext& job) {
    return format.write(project, format, place, job);
}

} // namespace eyepiece
