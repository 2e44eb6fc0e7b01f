// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/sort_objects.h"

#include "core/base/error.h"
#include "core/intake/project_table.h"
#include "core/learning/device.h"
#include "core/operations/part_of_job.h"
#include "core/project/class_examples.h"
#include "plugins/label/engine/random_forest.h"
#include "plugins/label/engine/row_sorting.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <numeric>

namespace eyepiece::label {

namespace {

constexpr std::size_t most_next = 20;

ParameterSchema sorting_parameters() {
    ParameterSchema schema;
    schema.add(integer_parameter("trees", 200, "Trees", "Of the forest; more are slower and a little surer.")
                   .range(10, 256));
    return schema;
}

std::unique_ptr<Project> open_project(const Json& spec) {
    const auto found = spec.find("project");
    if (found == spec.end() || !found->is_string())
        throw Error(ErrorCode::BadInput, "Say which project's objects are to be sorted.");
    return Project::open(found->get<std::string>(), Project::Access::ReadOnly);
}

std::vector<ObjectKey> examples_of(const Json& spec) {
    const auto found = spec.find("examples");
    if (found == spec.end() || found->is_null())
        return read_class_examples(spec.at("project").get<std::string>());
    std::vector<ObjectKey> examples;
    try {
        for (const Json& one : *found)
            examples.push_back({one.at(0).get<ItemId>(), one.at(1).get<ObjectId>()});
    } catch (const Json::exception& problem) {
        throw Error(ErrorCode::BadInput, "An example is a pair of numbers: its image and its object.",
                    problem.what());
    }
    return examples;
}

// The examples that are still there, by class.
std::map<ClassId, std::vector<ObjectKey>> by_class(Project& project, const std::vector<ObjectKey>& examples) {
    std::map<ClassId, std::vector<ObjectKey>> result;
    for (const ObjectKey& key : examples)
        if (const auto object = project.labels().object(key.item, key.object))
            result[object->class_id].push_back(key);
    if (result.size() > RandomForest::most_classes)
        throw Error(ErrorCode::BadInput, "At most " + std::to_string(RandomForest::most_classes) +
                                             " classes can be told apart; there are examples of " +
                                             std::to_string(result.size()) + ".");
    if (result.size() >= 2)
        return result;
    const std::string have =
        result.empty() ? "No object is an example yet." : "All examples are of one class" + [&] {
            const auto known = project.classes().find(result.begin()->first);
            return known ? " (" + known->name + ")." : std::string(".");
        }();
    throw Error(ErrorCode::BadInput,
                have + " Choose at least one object of each of two classes: a few of each are enough.");
}

// A row for each object, in the table's order.
struct Rows {
    NumericMatrix numbers;
    std::vector<ObjectKey> keys;
    std::map<std::pair<ItemId, ObjectId>, std::size_t> places;
};

Rows measured(const Json& spec, JobContext& context) {
    ProjectTableRegistry tables("table of a project");
    register_project_tables(tables);
    const Table table =
        tables.make("objects")->make(spec.at("project").get<std::string>(), {{"intensities", true}}, context);
    Rows rows;
    rows.numbers = numeric_matrix(table);
    const Column items = table.column(table.at(item_id_column)),
                 objects = table.column(table.at(object_id_column));
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const ObjectKey key{static_cast<ItemId>(items.number(row)),
                            static_cast<ObjectId>(objects.number(row))};
        rows.places.emplace(std::pair(key.item, key.object), row);
        rows.keys.push_back(key);
    }
    return rows;
}

class SortObjects final : public Operation {
public:
    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        try {
            sorting_parameters().complete(spec.value("set", Json::object()));
            const auto project = open_project(spec);
            const auto examples = by_class(*project, examples_of(spec));
            result.summary = "Sorts " + std::to_string(project->labels().total_objects()) + " objects into " +
                             std::to_string(examples.size()) + " classes.";
        } catch (const Error& error) {
            result.errors.emplace_back(error.what());
        }
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const auto start = std::chrono::steady_clock::now();
        const Json set = sorting_parameters().complete(spec.value("set", Json::object()));
        const auto project = open_project(spec);
        const auto examples = by_class(*project, examples_of(spec));
        PartOfJob measuring(context, 0, 0.8);
        const Rows rows = measured(spec, measuring);
        context.progress(0.8, "Sorting the objects");

        std::vector<ClassId> classes;
        std::vector<std::size_t> places;
        std::vector<std::uint8_t> indexes;
        Json counts = Json::object();
        for (const auto& [id, keys] : examples) {
            for (const ObjectKey& key : keys)
                if (const auto place = rows.places.find({key.item, key.object}); place != rows.places.end()) {
                    places.push_back(place->second);
                    indexes.push_back(static_cast<std::uint8_t>(classes.size()));
                }
            classes.push_back(id);
            counts[std::to_string(id)] = keys.size();
        }
        SortedRows sorted = sort_rows(rows.numbers, places, indexes, static_cast<int>(classes.size()),
                                      {.trees = set.at("trees").get<int>(),
                                       .seed = spec.value("seed", std::uint64_t{0}),
                                       .threads = select_device(spec).threads},
                                      context);
        std::vector<bool> chosen(rows.keys.size());
        for (std::size_t i = 0; i < places.size(); ++i) {
            sorted.classes[places[i]] = indexes[i];
            sorted.certainty[places[i]] = 1;
            chosen[places[i]] = true;
        }
        OperationResult result;
        result.json = answer(*project, rows, sorted, classes, chosen);
        result.json["examples"] = std::move(counts);
        result.json["seconds"] =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        return result;
    }

private:
    static Json answer(Project& project, const Rows& rows, const SortedRows& sorted,
                       const std::vector<ClassId>& classes, const std::vector<bool>& chosen) {
        Json objects = Json::array();
        std::int64_t changes = 0;
        std::map<ObjectId, ClassId> now;
        ItemId item = 0;
        for (std::size_t row = 0; row < rows.keys.size(); ++row) {
            const ObjectKey& key = rows.keys[row];
            if (key.item != item || row == 0) { // the rows of an image follow each other
                item = key.item;
                now.clear();
                for (const LabelObject& object : project.labels().objects(item))
                    now.emplace(object.id, object.class_id);
            }
            const ClassId told = classes[sorted.classes[row]];
            const auto known = now.find(key.object);
            changes += known != now.end() && known->second != told;
            objects.push_back({key.item, key.object, told, sorted.certainty[row]});
        }
        std::vector<std::size_t> order(rows.keys.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::erase_if(order, [&](std::size_t row) { return chosen[row]; });
        const std::size_t count = std::min(most_next, order.size());
        std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(count), {},
                                  [&](std::size_t row) { return std::pair(sorted.certainty[row], row); });
        Json next = Json::array();
        for (std::size_t i = 0; i < count; ++i)
            next.push_back({rows.keys[order[i]].item, rows.keys[order[i]].object});
        Json importances = Json::array();
        for (const auto& [feature, value] : sorted.importances)
            importances.push_back({{"feature", feature}, {"value", value}});
        return {{"objects", std::move(objects)},
                {"changes", changes},
                {"out_of_bag", sorted.out_of_bag < 0 ? Json() : Json(sorted.out_of_bag)},
                {"importances", std::move(importances)},
                {"next", std::move(next)}};
    }
};

} // namespace

void register_sort_objects(OperationRegistry& operations) {
    operations.add({.name = "sort-objects",
                    .title = "Sort objects into classes",
                    .help =
                        "Tells the class of every labelled object from a few examples, by its shape and its "
                        "intensities.",
                    .parameters = sorting_parameters(),
                    .make = [] { return std::make_unique<SortObjects>(); }});
}

} // namespace eyepiece::label
