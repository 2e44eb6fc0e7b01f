// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/intake/importer.h"

#include "core/formats/csv_file.h"
#include "core/formats/image_reader.h"
#include "core/formats/volume_reader.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

// Ordinary numbers become numbers, so that groups and plots can use them; "007" stays text.
Json cell_value(const std::string& text) {
    if (text.empty())
        return nullptr;
    const bool padded = text.size() > 1 && text[0] == '0' && text[1] != '.';
    if (!padded && text.find_first_not_of("0123456789.-+eE") == std::string::npos) {
        const Json number = Json::parse(text, nullptr, false);
        if (number.is_number())
            return number;
    }
    return text;
}

class Import {
public:
    Import(Project& project, const ImportOptions& options, JobContext& job)
        : project_(project), options_(options), job_(job) {
        load_classes();
    }

    ImportReport run(const std::vector<fs::path>& given) {
        std::vector<fs::path> paths; // that can be compared with those which a listing finds
        for (const fs::path& path : given) {
            if (std::error_code problem; !fs::exists(path, problem))
                throw Error(ErrorCode::NotFound,
                            "\"" + path.string() + "\" does not exist. Was it moved or renamed?");
            const fs::path whole = fs::absolute(path).lexically_normal();
            paths.push_back(whole.has_filename() ? whole : whole.parent_path());
        }
        auto group = project_.history().group("import");
        try {
            add_images(paths);
            for (const fs::path& path : paths)
                import_labels(path);
            for (std::size_t i = 0; i < paths.size(); ++i)
                if (!sources_[i] || fs::is_directory(paths[i])) // a .csv may hold labels
                    import_columns(paths[i]);
            if (!options_.split.empty())
                project_.splits().assign(std::vector<ItemId>(touched_.begin(), touched_.end()),
                                         options_.split);
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Cancelled)
                group.take_back();
            throw;
        }
        return std::move(report_);
    }

private:
    void add_images(const std::vector<fs::path>& paths) {
        job_.progress(-1, "looking for images");
        std::vector<fs::path> images;
        std::unordered_set<std::string> seen;
        const auto take = [&](const fs::path& image) {
            if (seen.insert(image.native()).second)
                images.push_back(image);
        };
        for (const fs::path& path : paths) {
            sources_.push_back(options_.format == "images" ? nullptr : labels_at(path));
            const auto& source = sources_.back();
            if (source)
                for (const LabelEntry& entry : source->entries())
                    if (!entry.image.empty())
                        take(entry.image);
            if (!source || fs::is_directory(path))
                for (const fs::path& image : find_images(path))
                    if (!source || !is_label_of(*source, image))
                        take(image);
        }
        job_.throw_if_cancelled();
        if (images.empty())
            return;
        VolumeFiles volumes = one_file_per_volume(images, job_);
        images = std::move(volumes.images);
        for (const VolumeFiles::Note& note : volumes.notes)
            report_.skipped.push_back({note.file.filename().string(), note.reason});
        const AddReport added = project_.items().add(images);
        report_.added = static_cast<std::int64_t>(added.added.size());
        report_.known = static_cast<std::int64_t>(added.known.size());
        report_.relinked = static_cast<std::int64_t>(added.relinked.size());
        for (const auto* list : {&added.added, &added.known, &added.relinked})
            touched_.insert(list->begin(), list->end());
        if (!added.added.empty()) {
            FactsReport facts = read_facts(project_, added.added, job_);
            report_.skipped.insert(report_.skipped.end(), facts.broken.begin(), facts.broken.end());
        }
    }

    std::unique_ptr<LabelSource> labels_at(const fs::path& path) {
        if (options_.format == "auto" && detect_label_format(path).empty())
            return nullptr;
        auto source = open_labels(path, options_.format, options_.labels);
        for (const LabelProblem& problem : source->problems())
            report_.skipped.push_back({problem.file.string(), problem.reason});
        return source;
    }

    bool is_label_of(const LabelSource& source, const fs::path& image) {
        if (label_files_of_ != &source) {
            label_files_of_ = &source;
            label_files_.clear();
            for (const LabelEntry& entry : source.entries())
                label_files_.insert(entry.file.native());
        }
        return label_files_.contains(image.native()) ||
               label_files_.contains(image.parent_path().native()); // a folder of masks
    }

    void import_labels(const fs::path&) {
        if (next_source_ >= sources_.size())
            return;
        const auto& source = sources_[next_source_++];
        if (!source)
            return;
        const auto& entries = source->entries();
        for (std::size_t i = 0; i < entries.size(); ++i) {
            job_.throw_if_cancelled();
            job_.progress(static_cast<double>(i) / static_cast<double>(entries.size()), "reading labels");
            const std::string name = entries[i].file.filename().string();
            try {
                if (const auto item = item_of(entries[i])) {
                    touched_.insert(item->id);
                    if (entries[i].image.empty())
                        source->set_image(i, item->path);
                    ImportedLabels labels = source->read(i);
                    for (const std::string& problem : labels.problems)
                        report_.skipped.push_back({name, problem});
                    store(*item, std::move(labels), name);
                }
            } catch (const Error& error) {
                if (error.code() == ErrorCode::Cancelled || error.code() == ErrorCode::Storage)
                    throw_unless_file(error, entries[i].file);
                report_.skipped.push_back({name, error.what()});
            }
        }
    }

    // A label file that cannot be read is skipped; a project that cannot be written ends the import.
    void throw_unless_file(const Error& error, const fs::path& file) {
        if (error.code() == ErrorCode::Cancelled ||
            std::string_view(error.what()).find(file.filename().string()) == std::string_view::npos)
            throw error;
    }

    std::optional<Item> item_of(const LabelEntry& entry) {
        const std::string name = entry.file.filename().string();
        if (!entry.image.empty())
            if (auto item = project_.items().find_path(entry.image))
                return item;
        const auto namesakes = project_.items().find_stem(entry.key);
        if (namesakes.size() == 1)
            return namesakes.front();
        report_.skipped.push_back(
            {name, namesakes.empty()
                       ? "There is no image named \"" + entry.key +
                             "\" in the project. Add the images first, or import "
                             "the folder that holds both."
                       : "There are " + std::to_string(namesakes.size()) + " images named \"" + entry.key +
                             "\" in the project, so it is not clear whose labels these are."});
        return {};
    }

    void store(const Item& item, ImportedLabels labels, const std::string& name) {
        if (item.state == ItemState::Broken) // said already
            return;
        if (item.width > 0 && (labels.map.width() != item.width || labels.map.height() != item.height)) {
            report_.skipped.push_back({name, "The labels are " + std::to_string(labels.map.width()) + " x " +
                                                 std::to_string(labels.map.height()) +
                                                 " pixels, the image \"" + item.name + "\" is " +
                                                 std::to_string(item.width) + " x " +
                                                 std::to_string(item.height) + "."});
            return;
        }
        if (labels.objects.empty() && !labels.problems.empty()) { // which is not to say that it is empty
            report_.skipped.push_back(
                {name, "\"" + item.name + "\" took no labels, since none of them could be read."});
            return;
        }
        if (!options_.replace && item.objects > 0) {
            report_.skipped.push_back({name, "\"" + item.name + "\" is labelled already."});
            return;
        }
        LabelEdit edit;
        edit.item = item.id;
        edit.tool = "import";
        edit.region = {0, 0, labels.map.width(), labels.map.height()};
        // Ids that the image used before stay theirs.
        const ObjectId offset = project_.labels().next_object_id(item.id) - 1;
        if (offset > 0)
            for (ObjectId& id : labels.map.ids())
                if (id != 0)
                    id += offset;
        edit.pixels = std::move(labels.map);
        try {
            project_.history().together("import", [&] {
                for (const ImportedObject& imported : labels.objects) {
                    LabelObject object;
                    object.id = imported.id + offset;
                    object.class_id = class_of(imported.class_name);
                    object.polygon = imported.outline;
                    object.score = imported.score;
                    object.tool = "import";
                    edit.objects.push_back(std::move(object));
                }
                project_.labels().commit(edit);
                if (options_.complete && !item.complete)
                    project_.items().set_complete(item.id, true);
            });
        } catch (const Error&) {
            load_classes(); // those that were added for this image are gone with it
            throw;
        }
        ++report_.labelled;
        report_.objects += static_cast<std::int64_t>(labels.objects.size());
    }

    void load_classes() {
        class_ids_.clear();
        for (const LabelClass& known : project_.classes().all())
            class_ids_[known.name] = known.id;
    }

    ClassId class_of(const std::string& name) {
        const auto known = class_ids_.find(name);
        if (known != class_ids_.end())
            return known->second;
        return class_ids_[name] = project_.classes().find_or_add(name);
    }

    // Rows of the index.csv in a folder, or of a .csv that was given itself, by file stem.
    void import_columns(const fs::path& path) {
        fs::path file = path;
        if (fs::is_directory(path))
            file = path / "index.csv";
        else if (path.extension() != ".csv")
            return;
        std::error_code problem;
        if (!fs::is_regular_file(file, problem))
            return;
        CsvTable table;
        try {
            table = read_csv(file);
        } catch (const Error& error) {
            report_.skipped.push_back({file.filename().string(), error.what()});
            return;
        }
        const std::string group = options_.group_column.empty() ? "group" : options_.group_column;
        const int group_column = table.column(group);
        if (group_column < 0 && !options_.group_column.empty())
            throw Error(ErrorCode::BadInput,
                        "\"" + file.string() + "\" has no column \"" + group + "\" to group images by.");
        const auto rows = table.rows_by_stem();
        std::map<std::string, std::vector<ItemId>> groups;
        project_.history().together("import", [&] {
            for (const Item& item : project_.items().all()) {
                const auto row = rows.find(item.path.stem().string());
                if (row == rows.end() || (!touched_.contains(item.id) && path != file))
                    continue;
                Json columns = item.columns;
                for (std::size_t c = 0; c < table.columns.size(); ++c)
                    columns[table.columns[c]] = cell_value(table.rows[row->second][c]);
                project_.items().set_columns(item.id, columns);
                if (group_column >= 0)
                    groups[table.rows[row->second][static_cast<std::size_t>(group_column)]].push_back(
                        item.id);
            }
            for (const auto& [name, members] : groups)
                project_.items().set_group(members, name);
        });
    }

    Project& project_;
    const ImportOptions& options_;
    JobContext& job_;
    ImportReport report_;
    std::vector<std::unique_ptr<LabelSource>> sources_; // of each path; null where there are only images
    std::size_t next_source_ = 0;
    std::set<ItemId> touched_;
    std::map<std::string, ClassId> class_ids_;
    const LabelSource* label_files_of_ = nullptr;
    std::unordered_set<std::string> label_files_;
};

} // namespace

std::vector<std::string> import_format_names() {
    std::vector<std::string> names{"auto", "images"};
    for (const LabelFormat& format : label_formats())
        names.emplace_back(format.name);
    return names;
}

Json list_importers() {
    ParameterSchema parameters;
    for (const ParameterSchema all = import_parameters(); const ParameterSpec& spec : all.specs())
        if (spec.name != "format")
            parameters.add(spec);
    Json list = Json::array();
    const auto add = [&](std::string_view name, std::string_view title, std::string_view help) {
        list.push_back({{"name", name},
                        {"title", title},
                        {"help", help},
                        {"plugin", ""},
                        {"parameters", parameters.to_json()}});
    };
    add("auto", "Automatic", "Images, and the labels that the folder's layout shows.");
    add("images", "Images alone",
        "Images, slides and volumes (DICOM, NIfTI, ...), whatever labels lie beside them.");
    for (const LabelFormat& format : label_formats())
        add(format.name, format.title, format.help);
    return list;
}

ParameterSchema import_parameters() {
    return {
        choice_parameter(
            "format", "auto", import_format_names(), "Format",
            "What the files are: images alone, or labels in one of the forms below. Automatic looks at the "
            "files and at the folder's layout."),
        choice_parameter("split", "none", {"none", "train", "val", "test"}, "Put into",
                         "The side of the split that these images go to; none leaves it open."),
        choice_parameter(
            "values", "auto", {"auto", "objects", "classes"}, "Values of label images",
            "Whether each value of a label image is an object or a class. Automatic looks at each image."),
        text_parameter("class", "object", "Class", "The class of objects whose file names none."),
        boolean_parameter(
            "complete", true, "Completely labelled",
            "Whether pixels without an object are known to be background. Switch it off when only a part "
            "of each image is labelled."),
        boolean_parameter(
            "replace", true, "Replace labels",
            "Whether imported labels take the place of those an image has; else such images are skipped."),
        text_parameter(
            "group-column", "", "Group by column",
            "The column of index.csv that says which images belong together (a slide, an animal, a video). "
            "Empty: its column \"group\", when it has one."),
    };
}

ImportOptions import_options(const Json& completed) {
    ImportOptions options;
    options.format = completed.at("format").get<std::string>();
    if (const auto split = completed.at("split").get<std::string>(); split != "none")
        options.split = split;
    const auto values = completed.at("values").get<std::string>();
    options.labels.values = values == "objects"   ? LabelValues::Objects
                            : values == "classes" ? LabelValues::Classes
                                                  : LabelValues::Automatic;
    options.labels.class_name = completed.at("class").get<std::string>();
    options.complete = completed.at("complete").get<bool>();
    options.replace = completed.at("replace").get<bool>();
    options.group_column = completed.at("group-column").get<std::string>();
    return options;
}

Json ImportReport::to_json() const {
    Json list = Json::array();
    for (const SkippedFile& file : skipped)
        list.push_back({{"name", file.name}, {"reason", file.reason}});
    return {{"added", added},       {"known", known},     {"relinked", relinked},      {"labelled", labelled},
            {"imported", labelled}, {"objects", objects}, {"skipped", std::move(list)}};
}

std::vector<fs::path> collect_images(const std::vector<fs::path>& paths, JobContext& job) {
    std::vector<fs::path> images;
    std::unordered_set<std::string> seen;
    for (const fs::path& path : paths) {
        job.throw_if_cancelled();
        for (fs::path& image : find_images(path))
            if (seen.insert(image.native()).second)
                images.push_back(std::move(image));
    }
    return one_file_per_volume(images, job).images;
}

ImportReport import_files(Project& project, const std::vector<fs::path>& paths, const ImportOptions& options,
                          JobContext& job) {
    return Import(project, options, job).run(paths);
}

} // namespace eyepiece
