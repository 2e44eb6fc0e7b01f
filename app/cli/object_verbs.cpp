// SPDX-License-Identifier: GPL-3.0-or-later
// sort: the classes of a project's objects from a few examples.
#include "app/cli/engine_loader.h"
#include "app/cli/requests.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/formats/csv_file.h"
#include "core/project/project.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace eyepiece::cli {
namespace {

namespace fs = std::filesystem;

struct SortOptions {
    std::string project, out;
    std::vector<std::string> examples, set;
    bool apply = false;
};

// "field_01.png:3"
Json example_of(const std::vector<Item>& items, const std::string& text) {
    const auto colon = text.rfind(':');
    const std::string name = text.substr(0, colon), object = colon == text.npos ? "" : text.substr(colon + 1);
    if (object.empty() || object.size() > 9 || object.find_first_not_of("0123456789") != object.npos)
        throw UsageError("\"" + text + "\" is no example. Write IMAGE:OBJECT, as in field_01.png:3.");
    const auto named = [&](const Item& item) { return item.name == name; };
    const auto found = std::ranges::find_if(items, named);
    if (found == items.end())
        throw Error(ErrorCode::NotFound, "There is no image \"" + name + "\" in the project.");
    if (std::ranges::count_if(items, named) > 1)
        throw Error(ErrorCode::Conflict, "Several images of the project are called \"" + name + "\".");
    return {found->id, std::stoul(object)};
}

// What is to become of each object, by class. Those that have their class already are left out.
std::map<ClassId, std::vector<ObjectKey>> changes_of(Project& project, const Json& objects) {
    std::map<ClassId, std::vector<ObjectKey>> changes;
    for (const Json& one : objects) {
        const ObjectKey key{one.at(0).get<ItemId>(), one.at(1).get<ObjectId>()};
        const auto told = one.at(2).get<ClassId>();
        const auto now = project.labels().object(key.item, key.object);
        if (now && now->class_id != told)
            changes[told].push_back(key);
    }
    return changes;
}

void write_table(const fs::path& path, Project& project, const std::vector<Item>& items,
                 const Json& objects) {
    std::map<ItemId, std::string> names;
    for (const Item& item : items)
        names.emplace(item.id, item.name);
    std::map<ClassId, std::string> classes;
    for (const LabelClass& known : project.classes().all())
        classes.emplace(known.id, known.name);
    CsvTable table;
    table.columns = {"item", "item id", "object id", "class", "certainty"};
    for (const Json& one : objects)
        table.rows.push_back({names[one.at(0)], one.at(0).dump(), one.at(1).dump(), classes[one.at(2)],
                              std::to_string(std::round(1000 * one.at(3).get<double>()) / 1000)});
    write_csv(path, table);
}

void sort(Terminal& terminal, const SortOptions& options) {
    const auto engine = load_engine(terminal.options());
    Json spec = terminal.options().spec();
    spec["project"] = options.project;
    spec["set"] = read_settings(*engine, "sort-objects", spec, options.set, terminal);
    const auto project =
        Project::open(options.project, options.apply ? Project::Access::Editor : Project::Access::ReadOnly);
    const std::vector<Item> items = project->items().all();
    if (!options.examples.empty())
        spec["examples"] = Json::array();
    for (const std::string& example : options.examples)
        spec["examples"].push_back(example_of(items, example));
    Json result = engine->run("sort-objects", spec, terminal).json;
    const Json& objects = result.at("objects");
    terminal.say("Sorted " + std::to_string(objects.size()) + " objects into " +
                 std::to_string(result.at("examples").size()) + " classes.");
    if (const Json& right = result.at("out_of_bag"); right.is_number())
        terminal.say("Of examples that a tree had not seen, " +
                     std::to_string(std::lround(100 * right.get<double>())) + " % were told rightly.");
    if (!options.out.empty()) {
        write_table(options.out, *project, items, objects);
        terminal.say("Wrote " + options.out);
    }
    std::int64_t changed = 0;
    if (options.apply) {
        const auto changes = changes_of(*project, objects);
        project->history().together("sort objects", [&] {
            for (const auto& [class_id, keys] : changes)
                changed += project->labels().set_class(keys, class_id);
        });
        terminal.say(std::to_string(changed) + " objects have another class now.");
    } else {
        terminal.say(result.at("changes").dump() +
                     " objects would have another class. Nothing was changed: --apply does it.");
    }
    result["changed"] = changed;
    terminal.answer(result);
}

} // namespace

void add_object_verbs(CommandLine& command_line) {
    auto options = std::make_shared<SortOptions>();
    CLI::App& command =
        command_line.add("sort", "Sort a project's objects into classes, from a few examples",
                         "eyepiece-cli sort cells --out classes.csv\n"
                         "eyepiece-cli sort cells --example field_01.png:3 --example field_01.png:8 --apply",
                         [options](Terminal& terminal) { sort(terminal, *options); });
    command.add_option("project", options->project, "The project's folder")->required();
    command
        .add_option(
            "--example", options->examples,
            "An object whose class is right, as IMAGE:OBJECT; without any, those chosen in the window")
        ->allow_extra_args(false);
    command.add_option("--out", options->out, "A CSV of each object's class and how sure it is");
    command.add_flag("--apply", options->apply,
                     "Give the objects these classes, as one step that undo takes back");
    command.add_option("--set", options->set, "A setting as name=value (`list parameters sort-objects`)")
        ->allow_extra_args(false);
}

} // namespace eyepiece::cli
