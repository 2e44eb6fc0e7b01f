// SPDX-License-Identifier: GPL-3.0-or-later
// segment-object, segment-everything, learn-objects: objects by clicks.
#include "app/cli/engine_loader.h"
#include "app/cli/requests.h"
#include "app/cli/verb.h"
#include "core/formats/image_reader.h"
#include "core/formats/image_writer.h"

#include <cmath>
#include <cstring>

namespace eyepiece::cli {
namespace {

struct ObjectOptions {
    std::string image, box, out, project;
    std::vector<std::string> clicks, not_clicks, set;
};

void add_clicks(Json& clicks, const char* option, const std::vector<std::string>& texts, bool object) {
    for (const std::string& text : texts) {
        const Json at = read_numbers(option, text, 2);
        clicks.push_back({{"x", at[0]}, {"y", at[1]}, {"object", object}});
    }
}

// The region of a result, written into a label image of the whole picture.
void write_labels(const std::string& image, const std::string& out, const Json& region, const auto& id_at) {
    const ImageInfo info = probe_image(image);
    LabelMap labels(info.height, info.width);
    const std::int64_t left = region.at(0), top = region.at(1), width = region.at(2), height = region.at(3);
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x)
            if (const ObjectId id = id_at(static_cast<std::size_t>(y * width + x)))
                labels.set(left + x, top + y, id);
    write_label_image(out, labels, info.pixel_size);
}

Json spec_of(Terminal& terminal, const ObjectOptions& options) {
    Json spec = terminal.options().spec();
    spec["image"] = options.image;
    if (!options.project.empty())
        spec["project"] = options.project;
    return spec;
}

void segment_object(Terminal& terminal, const ObjectOptions& options) {
    Json spec = spec_of(terminal, options);
    spec["clicks"] = Json::array();
    add_clicks(spec["clicks"], "--click", options.clicks, true);
    add_clicks(spec["clicks"], "--not", options.not_clicks, false);
    if (!options.box.empty())
        spec["box"] = read_numbers("--box", options.box, 4);
    if (options.clicks.empty() && options.box.empty())
        throw UsageError("Say which object is meant: --click X,Y or --box X,Y,W,H.");
    const auto engine = load_engine(terminal.options());
    const OperationResult found = engine->run("segment-object", spec, terminal);
    Json answer = found.json;
    std::int64_t area = 0;
    for (const std::byte each : found.bytes)
        area += each != std::byte{0};
    answer["area"] = area;
    answer["out"] = options.out;
    write_labels(options.image, options.out, answer.at("region"), [&](std::size_t at) {
        return static_cast<ObjectId>(std::to_integer<int>(found.bytes[at]));
    });
    if (area == 0)
        terminal.say("No object was found there; the mask is empty.");
    else
        terminal.say("An object of " + std::to_string(area) + " px, expected to be " +
                     std::to_string(std::lround(100 * answer.at("expected_iou").get<double>())) +
                     " % right -> " + options.out);
    terminal.answer(answer);
}

void segment_everything(Terminal& terminal, const ObjectOptions& options) {
    Json spec = spec_of(terminal, options);
    if (!options.box.empty())
        spec["view"] = read_numbers("--box", options.box, 4);
    const auto engine = load_engine(terminal.options());
    spec["set"] = read_settings(*engine, "segment-everything", spec, options.set, terminal);
    const OperationResult found = engine->run("segment-everything", spec, terminal);
    write_labels(options.image, options.out, found.json.at("region"), [&](std::size_t at) {
        ObjectId id = 0;
        std::memcpy(&id, found.bytes.data() + at * sizeof id, sizeof id);
        return id;
    });
    Json answer = found.json;
    answer["out"] = options.out;
    terminal.say(std::to_string(answer.at("objects").size()) + " objects -> " + options.out);
    terminal.answer(answer);
}

void learn_objects(Terminal& terminal, const ObjectOptions& options) {
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    spec["project"] = options.project;
    spec["set"] = read_settings(*engine, "learn-objects", spec, options.set, terminal);
    const Json result = engine->run("learn-objects", spec, terminal).json;
    const auto percent = [&](const char* name) {
        return std::to_string(std::lround(100 * result.at(name).get<double>())) + " %";
    };
    terminal.say("One click on objects kept from learning: " + percent("before") + " right before, " +
                 percent("after") + " after.");
    terminal.say(result.at("kept").get<bool>() ? "Wrote " + result.at("file").get<std::string>()
                                               : "That is no better, so the network stays as it was.");
    terminal.answer(result);
}

} // namespace

void add_prompt_verbs(CommandLine& command_line) {
    auto object = std::make_shared<ObjectOptions>();
    CLI::App& object_command = command_line.add(
        "segment-object", "Find one object by clicks on it and beside it, or by a box around it",
        "eyepiece-cli segment-object cells.png --click 120,88 --out cell.png\n"
        "eyepiece-cli segment-object cells.png --click 120,88 --not 131,90 --out cell.png\n"
        "eyepiece-cli segment-object cells.png --box 100,70,40,36 --out cell.png",
        [object](Terminal& terminal) { segment_object(terminal, *object); });
    object_command.add_option("image", object->image, "An image file")->required();
    object_command
        .add_option("--click", object->clicks, "A place on the object, as X,Y in px; several times")
        ->allow_extra_args(false);
    object_command.add_option("--not", object->not_clicks, "A place that is not of it; several times")
        ->allow_extra_args(false);
    object_command.add_option("--box", object->box, "A box around it, as X,Y,W,H in px");
    object_command.add_option("--out", object->out, "The mask: a PNG or TIFF as large as the image")
        ->required();
    object_command.add_option("--project", object->project, "Whose own network to use, where it has one");

    auto all = std::make_shared<ObjectOptions>();
    CLI::App& all_command = command_line.add(
        "segment-everything", "Find all objects of an image by clicks of its own: a label image",
        "eyepiece-cli segment-everything cells.png --out cells-labels.png\n"
        "eyepiece-cli segment-everything cells.png --box 0,0,512,512 --set size=20 --out part.png",
        [all](Terminal& terminal) { segment_everything(terminal, *all); });
    all_command.add_option("image", all->image, "An image file")->required();
    all_command.add_option("--box", all->box, "Only there, as X,Y,W,H in px");
    all_command.add_option("--out", all->out, "A PNG or TIFF of object ids")->required();
    all_command.add_option("--project", all->project, "Whose own network to use, where it has one");
    all_command
        .add_option("--set", all->set, "A setting as name=value (`list parameters segment-everything`)")
        ->allow_extra_args(false);

    auto learn = std::make_shared<ObjectOptions>();
    CLI::App& learn_command = command_line.add(
        "learn-objects", "Let the network that finds objects by clicks learn on from a project's objects",
        "eyepiece-cli learn-objects nuclei\n"
        "eyepiece-cli learn-objects nuclei --set steps=400",
        [learn](Terminal& terminal) { learn_objects(terminal, *learn); });
    learn_command.add_option("project", learn->project, "The project's folder")->required();
    learn_command
        .add_option("--set", learn->set, "A setting as name=value (`list parameters learn-objects`)")
        ->allow_extra_args(false);
}

} // namespace eyepiece::cli
