// SPDX-License-Identifier: GPL-3.0-or-later
// init, import, info, split, labels, sample, check: what is done with a project's data, without the engine.
#include "app/cli/requests.h"
#include "app/cli/verb.h"
#include "core/data/volume.h"
#include "core/formats/image_reader.h"
#include "core/formats/openslide_file.h"
#include "core/formats/sample_folder.h"
#include "core/formats/table_reader.h"
#include "core/intake/importer.h"
#include "core/intake/label_export.h"
#include "core/intake/sample_project.h"
#include "core/project/project.h"

namespace eyepiece::cli {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> as_paths(const std::vector<std::string>& texts) {
    return std::vector<fs::path>(texts.begin(), texts.end());
}

std::string counted(std::int64_t count, const std::string& one, const std::string& many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

void init(Terminal& terminal, const std::string& folder, const std::string& name) {
    const auto project = Project::create(folder, name);
    terminal.say("Made the project \"" + project->name() + "\" in " + project->folder().string() + ".");
    terminal.answer({{"project", project->folder().string()}, {"name", project->name()}});
}

struct ImportArguments {
    std::string project, format, split;
    std::vector<std::string> paths, set;
};

void import_paths(Terminal& terminal, const ImportArguments& arguments) {
    const ParameterSchema schema = import_parameters();
    Json given = settings_of(schema, arguments.set);
    try {
        if (!arguments.format.empty())
            given["format"] = arguments.format;
        if (!arguments.split.empty())
            given["split"] = arguments.split;
        given = schema.complete(given);
    } catch (const Error& error) {
        throw UsageError(error.what());
    }
    const auto project = Project::open(arguments.project);
    const ImportReport report =
        import_files(*project, as_paths(arguments.paths), import_options(given), terminal);
    for (const SkippedFile& file : report.skipped)
        terminal.warn(file.name + ": " + file.reason);
    std::string text = counted(report.added, "image", "images") + " added";
    if (report.known > 0)
        text += ", " + std::to_string(report.known) + " known already";
    if (report.relinked > 0)
        text += ", " + std::to_string(report.relinked) + " found again at a new place";
    if (report.labelled > 0)
        text += ", " + counted(report.objects, "object", "objects") + " on " +
                counted(report.labelled, "image", "images") + " imported";
    if (!report.skipped.empty())
        text += ", " + std::to_string(report.skipped.size()) + " skipped";
    terminal.say(text + ".");
    terminal.answer(report.to_json());
    if (report.added + report.known + report.relinked + report.labelled == 0)
        throw Error(ErrorCode::BadInput,
                    "There was nothing to import: no image and no labels that fit the project's images.");
}

Json describe_file(const fs::path& path) {
    const auto source = open_image(path);
    const ImageInfo& info = source->info();
    // The axes that are there, slowest first, as NumPy would see the pixels.
    Json shape = Json::array();
    std::string axes;
    const auto axis = [&](char name, std::int64_t length) {
        shape.push_back(length);
        axes += name;
    };
    if (info.frames > 1)
        axis('T', info.frames);
    if (info.depth > 1)
        axis('Z', info.depth);
    if (info.channels > 1 && !info.rgb)
        axis('C', info.channels);
    axis('Y', info.height);
    axis('X', info.width);
    if (info.rgb)
        axis('S', info.channels);
    Json json = {{"kind", "image"},      {"file", path.string()},        {"shape", std::move(shape)},
                 {"axes", axes},         {"type", to_string(info.type)}, {"format", info.format},
                 {"width", info.width},  {"height", info.height},        {"channels", info.channels},
                 {"depth", info.depth},  {"frames", info.frames},        {"rgb", info.rgb},
                 {"levels", info.levels}};
    if (info.pixel_size.x > 0)
        json["pixel_size"] = {{"x", info.pixel_size.x},
                              {"y", info.pixel_size.y},
                              {"z", info.pixel_size.z},
                              {"unit", info.pixel_size.unit}};
    if (const auto* volume = dynamic_cast<const VolumeSource*>(source.get())) {
        const VolumeGeometry& geometry = volume->geometry();
        if (geometry.oriented)
            json["orientation"] = geometry.orientation();
        if (info.pixel_size.x > 0) {
            json["origin"] = geometry.origin;
            json["direction"] = geometry.direction;
        }
        if (const auto notes = volume->notes(); !notes.empty())
            json["notes"] = notes;
    }
    if (!info.channel_names.empty())
        json["names"] = info.channel_names;
    if (const std::vector<std::string> others = associated_images(path); !others.empty())
        json["associated"] = others; // not read: a label may say whose slide it is
    return json;
}

struct InfoArguments {
    std::string what, format = "auto";
    std::vector<std::string> set;
    bool statistics = false;
};

void info_of_image(Terminal& terminal, const std::string& what) {
    const Json json = describe_file(what);
    terminal.say(json["format"].get<std::string>() + " image, " + json["axes"].get<std::string>() + " " +
                 json["shape"].dump() + ", " + json["type"].get<std::string>());
    if (json.contains("pixel_size"))
        terminal.say("  pixel size " + json["pixel_size"]["x"].dump() + " x " +
                     json["pixel_size"]["y"].dump() + " " + json["pixel_size"]["unit"].get<std::string>());
    if (json.contains("names"))
        terminal.say("  channels " + json["names"].dump());
    if (json.contains("associated"))
        terminal.say("  beside it, not read: " + json["associated"].dump());
    terminal.answer(json);
}

void info(Terminal& terminal, const InfoArguments& arguments) {
    const std::string& what = arguments.what;
    const bool asked = arguments.format != "auto" || !arguments.set.empty() || arguments.statistics;
    // A folder of a project is told by its database; one of 10x counts by its three files.
    const bool project_folder =
        fs::exists(fs::path(what) / "project.eyepiece") || fs::path(what).filename() == "project.eyepiece";
    if (project_folder && arguments.statistics && arguments.format == "auto" && arguments.set.empty())
        return statistics_of_labels(terminal, what);
    if (asked || (!project_folder && is_table(what))) {
        info_of_table(terminal, what, arguments.format, arguments.set, arguments.statistics);
        return;
    }
    if (!fs::is_directory(what) && !project_folder) {
        info_of_image(terminal, what);
        return;
    }
    // Read-only: to look at a project needs no right to change it.
    const auto project = Project::open(what, Project::Access::ReadOnly);
    const Json json = project->summary();
    terminal.say(json["name"].get<std::string>() + " (" + project->folder().string() + ")");
    terminal.say("  " + counted(json["items"].get<std::int64_t>(), "image", "images") + ", " +
                 std::to_string(json["labelled"].get<std::int64_t>()) + " with labels, " +
                 counted(json["annotations"].get<std::int64_t>(), "annotation", "annotations"));
    for (const auto& [state, count] : json["states"].items())
        if (state != "ready")
            terminal.say("  " + count.dump() + " " + state);
    for (const auto& [side, count] : json["splits"].items())
        terminal.say("  " + side + ": " + count.dump());
    for (const Json& known : json["classes"])
        terminal.say("  class " + known["name"].get<std::string>());
    for (const Json& run : json["runs"])
        terminal.say("  run " + run["run"].get<std::string>() + ": " + run["state"].get<std::string>());
    terminal.answer(json);
}

struct SplitArguments {
    std::string project, by = "group", group_by;
    double train = 0.8, val = 0.1, test = 0.1;
    bool all = false, keep = false;
};

void split(Terminal& terminal, const SplitArguments& arguments) {
    const auto project = Project::open(arguments.project);
    SplitRequest request;
    request.train = arguments.train;
    request.val = arguments.val;
    request.test = arguments.test;
    request.by = arguments.by == "group" ? SplitBy::Group : SplitBy::Item;
    request.only_labelled = !arguments.all;
    request.keep_existing = arguments.keep;
    request.seed = terminal.options().seed.value_or(1);
    SplitResult result;
    project->history().together("split", [&] {
        if (!arguments.group_by.empty())
            project->splits().group_by(arguments.group_by);
        result = project->splits().apply(request);
    });
    for (const std::string& warning : result.warnings)
        terminal.warn(warning);
    terminal.say("train " + std::to_string(result.train) + ", val " + std::to_string(result.val) + ", test " +
                 std::to_string(result.test) + ".");
    terminal.answer({{"train", result.train},
                     {"val", result.val},
                     {"test", result.test},
                     {"torn_groups", result.torn_groups},
                     {"seed", request.seed},
                     {"warnings", result.warnings}});
}

void labels(Terminal& terminal, const std::string& folder, const std::string& format,
            const std::string& out) {
    const auto project = Project::open(folder, Project::Access::ReadOnly);
    const LabelExportFormat& written = label_export_format(format);
    const std::vector<std::string> losses = label_losses(*project, written, terminal);
    for (const std::string& loss : losses)
        terminal.warn(loss);
    const LabelExportReport report = export_labels(*project, written, out, terminal);
    Json skipped = Json::array();
    for (const SkippedFile& file : report.skipped) {
        terminal.warn(file.name + ": " + file.reason);
        skipped.push_back({{"name", file.name}, {"reason", file.reason}});
    }
    terminal.say(counted(report.objects, "object", "objects") + " of " +
                 counted(report.images, "image", "images") + " written to " + out + ".");
    terminal.answer({{"out", out},
                     {"images", report.images},
                     {"objects", report.objects},
                     {"losses", losses},
                     {"skipped", std::move(skipped)}});
}

std::vector<std::string> label_export_names() {
    std::vector<std::string> names;
    for (const LabelExportFormat& format : label_export_formats())
        names.emplace_back(format.name);
    return names;
}

void sample(Terminal& terminal, const std::string& folder, bool images_only) {
    const std::uint64_t seed = terminal.options().seed.value_or(2020);
    if (images_only) {
        SampleFolderOptions options;
        options.seed = seed;
        write_sample_folder(folder, options, terminal);
        terminal.say("Made " + std::to_string(options.fields) + " images with masks in " + folder + ".");
        terminal.answer({{"folder", folder}, {"images", options.fields}, {"seed", seed}});
        return;
    }
    const auto project = make_sample_project(folder, seed, terminal);
    terminal.say("Made the project \"" + project->name() + "\" in " + project->folder().string() + ": " +
                 counted(project->items().count(), "image", "images") + ", " +
                 counted(project->labels().total_objects(), "object", "objects") + ".");
    terminal.answer({{"project", project->folder().string()},
                     {"items", project->items().count()},
                     {"annotations", project->labels().total_objects()},
                     {"seed", seed}});
}

} // namespace

void check_project(Terminal& terminal, const std::string& folder) {
    const auto project = Project::open(folder, Project::Access::ReadOnly);
    const auto problems = project->check(terminal);
    for (const std::string& problem : problems)
        terminal.warn(problem);
    terminal.answer({{"sound", problems.empty()}, {"problems", problems}});
    if (!problems.empty())
        throw Error(ErrorCode::Storage,
                    "The project \"" + folder + "\" has " +
                        counted(static_cast<std::int64_t>(problems.size()), "fault", "faults") +
                        ". Restore it from a copy, or export its labels with `eyepiece-cli labels`.");
    terminal.say("The project is sound.");
}

void add_project_verbs(CommandLine& command_line) {
    {
        auto folder = std::make_shared<std::string>(), name = std::make_shared<std::string>();
        CLI::App& command = command_line.add("init", "Start a project in a folder",
                                             "eyepiece-cli init nuclei --name \"My nuclei\"",
                                             [=](Terminal& terminal) { init(terminal, *folder, *name); });
        command.add_option("project", *folder, "Folder of the project; made when it is missing")->required();
        command.add_option("--name", *name, "Shown name; else the folder's");
    }
    {
        auto arguments = std::make_shared<ImportArguments>();
        CLI::App& command =
            command_line.add("import", "Add images, and labels made elsewhere, to a project",
                             "eyepiece-cli import nuclei ~/images\n"
                             "eyepiece-cli import nuclei ~/dsb2018 --format masks --set class=nucleus\n"
                             "eyepiece-cli import nuclei annotations.json --format coco\n"
                             "eyepiece-cli import nuclei cells_RoiSet.zip",
                             [arguments](Terminal& terminal) { import_paths(terminal, *arguments); });
        command.add_option("project", arguments->project, "Folder of the project")->required();
        command.add_option("paths", arguments->paths, "Images, label files, and folders of them")->required();
        command.add_option("--format", arguments->format, "What they are; automatic by default")
            ->check(CLI::IsMember(import_format_names()));
        command.add_option("--split", arguments->split, "The side of the split that these images go to")
            ->check(CLI::IsMember({"train", "val", "test"}));
        std::string settings;
        for (const ParameterSchema schema = import_parameters(); const ParameterSpec& spec : schema.specs())
            settings += (settings.empty() ? "" : ", ") + spec.name;
        command.add_option("--set", arguments->set, "A setting as name=value: " + settings)
            ->allow_extra_args(false);
    }
    {
        auto arguments = std::make_shared<InfoArguments>();
        CLI::App& command =
            command_line.add("info", "Say what a project or a file holds",
                             "eyepiece-cli info nuclei\n"
                             "eyepiece-cli info field_01.tif --json\n"
                             "eyepiece-cli info nuclei --statistics\n"
                             "eyepiece-cli info cells.csv --statistics\n"
                             "eyepiece-cli info table.txt --format csv --set separator=semicolon",
                             [arguments](Terminal& terminal) { info(terminal, *arguments); });
        command.add_option("what", arguments->what, "Folder of a project, an image, or a table")->required();
        command.add_option("--format", arguments->format,
                           "How a table is read: auto, or one of `eyepiece-cli list importers`");
        command.add_option("--set", arguments->set, "A setting of that format as name=value")
            ->allow_extra_args(false);
        command.add_flag("--statistics", arguments->statistics,
                         "With statistics of a project's labels, or of a table's columns");
    }
    {
        auto arguments = std::make_shared<SplitArguments>();
        CLI::App& command = command_line.add(
            "split", "Divide a project's images into train, val and test",
            "eyepiece-cli split nuclei --seed 7\n"
            "eyepiece-cli split nuclei --group-by column:slide --train 0.6 --val 0.2 --test 0.2",
            [arguments](Terminal& terminal) { split(terminal, *arguments); });
        command.add_option("project", arguments->project, "Folder of the project")->required();
        command.add_option("--by", arguments->by, "group: groups stay whole; item: at random")
            ->check(CLI::IsMember({"group", "item"}))
            ->capture_default_str();
        command.add_option("--group-by", arguments->group_by,
                           "Group first: folder, column:NAME, name:REGEX or none");
        command.add_option("--train", arguments->train, "Share")
            ->check(CLI::NonNegativeNumber)
            ->capture_default_str();
        command.add_option("--val", arguments->val, "Share")
            ->check(CLI::NonNegativeNumber)
            ->capture_default_str();
        command.add_option("--test", arguments->test, "Share")
            ->check(CLI::NonNegativeNumber)
            ->capture_default_str();
        command.add_flag("--all", arguments->all, "Unlabelled images, too");
        command.add_flag("--keep", arguments->keep, "Images that are on a side already stay there");
    }
    {
        auto folder = std::make_shared<std::string>(), out = std::make_shared<std::string>();
        auto format = std::make_shared<std::string>("masks");
        CLI::App& command =
            command_line.add("labels", "Write a project's labels as files",
                             "eyepiece-cli labels nuclei --format masks --out masks\n"
                             "eyepiece-cli labels nuclei --format coco --out nuclei.json\n"
                             "eyepiece-cli labels nuclei --format geojson --out for-qupath\n"
                             "eyepiece-cli labels nuclei --format measurements --out nuclei.csv",
                             [=](Terminal& terminal) { labels(terminal, *folder, *format, *out); });
        command.add_option("project", *folder, "Folder of the project")->required();
        command.add_option("--format", *format, "One of `eyepiece-cli list label-exporters`")
            ->check(CLI::IsMember(label_export_names()))
            ->capture_default_str();
        command.add_option("--out", *out, "Where to write: a folder, or a file for coco, cvat and measurements")->required();
    }
    {
        auto folder = std::make_shared<std::string>();
        auto images_only = std::make_shared<bool>(false);
        CLI::App& command = command_line.add(
            "sample", "Make a sample project of fluorescent nuclei",
            "eyepiece-cli sample first-steps\neyepiece-cli sample data --images-only --seed 3",
            [=](Terminal& terminal) { sample(terminal, *folder, *images_only); });
        command.add_option("folder", *folder, "Where to make it")->required();
        command.add_flag("--images-only", *images_only, "Only the images and their label masks, no project");
    }
}

} // namespace eyepiece::cli
