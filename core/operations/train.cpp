// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/train.h"

#include "core/base/version.h"
#include "core/learning/checkpoint.h"
#include "core/learning/precision.h"
#include "core/learning/random.h"
#include "core/learning/run_folder.h"
#include "core/learning/trainer.h"
#include "core/project/project.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <torch/version.h>

namespace eyepiece {
namespace {

constexpr std::size_t most_watched = 4;
constexpr std::size_t least_to_hold_back = 15; // images; with fewer, each is worth more in training

std::string plural(std::int64_t count, const std::string& word) {
    return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

std::string duration(double seconds) {
    if (seconds < 90)
        return std::to_string(std::max(1L, std::lround(seconds))) + " s";
    return std::to_string(std::lround(seconds / 60)) + " min";
}

struct Selection {
    std::vector<Item> train, val;
    bool own_val = false; // val are training images too
    std::string note;     // how val came about
};

bool usable(const Item& item) {
    return (item.objects > 0 || item.complete) && item.width > 0 &&
           (item.state == ItemState::Ready || item.state == ItemState::Changed);
}

// Items of the splits train and val; all that have labels when nothing is split yet. Without a val part,
// whole groups are held back from train.
Selection select_items(Project& project, double share, std::uint64_t seed) {
    Selection selection;
    bool split = false;
    const auto all = project.items().all();
    for (const Item& item : all)
        split = split || item.split == "train";
    for (const Item& item : all) {
        if (!usable(item))
            continue;
        if (!split ? item.split.empty() : item.split == "train")
            selection.train.push_back(item);
        else if (item.split == "val")
            selection.val.push_back(item);
    }
    if (!selection.val.empty()) {
        selection.note = "The split's validation images score the run.";
        return selection;
    }
    const std::size_t count = selection.train.size();
    const auto wanted = static_cast<std::size_t>(std::lround(share * static_cast<double>(count)));
    if (count < least_to_hold_back || wanted == 0) {
        selection.val = selection.train;
        selection.own_val = true;
        selection.note =
            "No images are held back: the score is of the training images themselves and flatters.";
        return selection;
    }
    std::map<std::string, std::vector<Item>> groups;
    for (const Item& item : selection.train)
        groups[item.group.empty() ? "item " + std::to_string(item.id) : "group " + item.group].push_back(
            item);
    std::vector<const std::vector<Item>*> list;
    for (const auto& [name, items] : groups)
        list.push_back(&items);
    std::set<ItemId> held;
    for (const std::size_t i : Random(mix_seed(seed, 0x76616c)).permutation(list.size())) {
        if (held.size() >= wanted)
            break;
        if (held.size() + list[i]->size() > 2 * wanted || list[i]->size() > count / 2)
            continue; // a large group would leave too little
        for (const Item& item : *list[i]) {
            held.insert(item.id);
            selection.val.push_back(item);
        }
    }
    if (held.empty()) {
        selection.val = selection.train;
        selection.own_val = true;
        selection.note =
            "The groups are too large to hold one back: the score is of the training images and flatters.";
        return selection;
    }
    std::erase_if(selection.train, [&](const Item& item) { return held.count(item.id) > 0; });
    selection.note = plural(static_cast<std::int64_t>(held.size()), "image") +
                     " of the training images are held back to score the run.";
    return selection;
}

Json ids_of(const std::vector<Item>& items) {
    Json list = Json::array();
    for (const Item& item : items)
        list.push_back({{"id", item.id}, {"name", item.name}, {"hash", item.hash}});
    return list;
}

std::vector<Item> items_of(Project& project, const Json& list) {
    std::vector<Item> items;
    for (const Json& entry : list) {
        const Item item = project.items().at(entry.at("id").get<ItemId>());
        if (item.hash != entry.at("hash").get<std::string>())
            throw Error(ErrorCode::Conflict,
                        "The image " + item.name +
                            " has changed since the run began, so it cannot go on. Train anew.");
        items.push_back(item);
    }
    return items;
}

// Spread over the list, so that the watched images differ.
std::vector<Item> watched_first(std::vector<Item> items) {
    const std::size_t count = std::min(most_watched, items.size());
    for (std::size_t i = 0; i < count; ++i)
        std::swap(items[i], items[std::max(i, i * items.size() / count)]);
    return items;
}

// Seconds of one training step for one example of this plan, measured.
double probe_seconds(const ModelRegistry& models, const Json& spec, const Json& plan, const ModelShape& shape,
                     const ComputeDevice& device) {
    const KeepMemory keep;
    const auto model = models.make(spec.at("model").get<std::string>())->make(shape, plan);
    move_to_device(*model, device);
    const auto side = plan.value("patch-size", std::int64_t{256});
    const auto input = for_device(torch::rand({1, shape.input_channels, side, side}), device);
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
        const auto start = std::chrono::steady_clock::now();
        torch::Tensor loss;
        {
            const Autocast autocast(device);
            loss = model->forward(input).to(torch::kFloat32).square().mean();
        }
        loss.backward();
        best =
            std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
}

class TrainOperation : public Operation {
public:
    explicit TrainOperation(EngineServices& services) : services_(services) {}

    std::optional<ParameterSchema> parameters(const Json& spec) const override {
        const auto& r = services_.registries;
        ParameterSchema all = r.tasks.at(spec.value("task", "semantic-segmentation")).parameters;
        all.append(r.models.at(spec.value("model", "unet")).parameters);
        all.append(r.methods.at(spec.value("method", "supervised")).parameters);
        all.add(real_parameter("validation-share", 0.1, "Held back",
                               "Share of the training images that score the run, when no split says which.")
                    .range(0, 0.5)
                    .in("Data")
                    .rarely());
        return all;
    }

    OperationCheck check(const Json& given, JobContext& context) override {
        const Json spec = complete(given);
        const auto project = open(spec);
        const Prepared prepared = prepare(*project, spec, context);
        const ComputeDevice device = select_device(spec);
        const auto task = services_.registries.tasks.make(spec.at("task").get<std::string>());
        task->configure(prepared.plan);
        const double each =
            probe_seconds(services_.registries.models, spec, prepared.plan, task->model_shape(), device);
        OperationCheck result;
        result.plan = prepared.plan;
        result.plan["validation"] = prepared.selection.note;
        const double epoch = std::max(32.0, static_cast<double>(prepared.selection.train.size()));
        // A forward pass takes about a third of a step.
        result.seconds = 2 + prepared.plan.at("epochs").get<double>() * each *
                                 (epoch + 0.33 * static_cast<double>(prepared.selection.val.size()));
        result.summary = plural(static_cast<std::int64_t>(prepared.selection.train.size()), "image") + ", " +
                         plural(prepared.fingerprint.json.value("objects", std::int64_t{0}), "object") +
                         ": about " + duration(result.seconds);
        result.warnings = prepared.warnings;
        return result;
    }

    OperationResult run(const Json& given, JobContext& context) override {
        const Json spec = complete(given);
        const auto project = open(spec);
        const bool resume = spec.value("resume", false);
        if (resume && !spec.contains("run"))
            throw Error(ErrorCode::BadInput, "Say which run is to be resumed.");
        const RunInfo info = spec.contains("run") && !spec["run"].is_null()
                                 ? project->runs().at(spec["run"].get<std::string>())
                                 : project->runs().create(given, spec.at("model").get<std::string>());
        RunFolder folder(info.folder, context);
        try {
            folder.status({{"state", "running"}, {"reason", nullptr}, {"epoch", 0}, {"fraction", 0.0}});
            folder.log(resume ? "resumed" : "started");
            return train(*project, spec, info, resume, folder);
        } catch (const Error& error) {
            const bool cancelled = error.code() == ErrorCode::Cancelled;
            ended(folder, cancelled ? "cancelled" : "failed", cancelled ? "You cancelled it." : error.what(),
                  error.details());
            throw;
        } catch (const std::exception& error) {
            ended(folder, "failed",
                  "Training stopped by a fault: " + std::string(error.what()).substr(0, 200), error.what());
            throw;
        }
    }

private:
    struct Prepared {
        Selection selection;
        Fingerprint fingerprint;
        Json plan;
        std::vector<std::string> warnings;
    };

    static void ended(RunFolder& folder, const std::string& state, const std::string& reason,
                      const std::string& details) {
        folder.log(state + ": " + reason + (details.empty() ? "" : "\n" + details));
        folder.status({{"state", state}, {"reason", reason}, {"seconds_left", 0}});
    }

    Json complete(Json spec) const {
        for (const auto& [name, value] :
             {std::pair{"task", "semantic-segmentation"}, {"model", "unet"}, {"method", "supervised"}})
            if (!spec.contains(name))
                spec[name] = value;
        if (!spec.contains("seed") || spec["seed"].is_null())
            spec["seed"] = 1;
        spec["set"] = parameters(spec)->complete(spec.value("set", Json::object()));
        return spec;
    }

    static std::unique_ptr<Project> open(const Json& spec) {
        if (!spec.contains("project"))
            throw Error(ErrorCode::BadInput, "Say which project is to be trained on.");
        return Project::open(spec["project"].get<std::string>(), Project::Access::Shared);
    }

    Prepared prepare(Project& project, const Json& spec, JobContext& context) const {
        Prepared prepared;
        const Json& set = spec.at("set");
        prepared.selection =
            select_items(project, set.value("validation-share", 0.1), spec.at("seed").get<std::uint64_t>());
        const auto task = services_.registries.tasks.make(spec.at("task").get<std::string>());
        prepared.fingerprint =
            task->fingerprint(project, prepared.selection.train, prepared.selection.val, context);
        prepared.plan = task->plan(prepared.fingerprint, set);
        if (prepared.selection.own_val)
            prepared.warnings.push_back(prepared.selection.note);
        for (const Item& item : prepared.selection.train)
            if (item.state == ItemState::Changed) {
                prepared.warnings.push_back("The image " + item.name + " has changed since it was labelled.");
                break;
            }
        const Json record = project.splits().record();
        if (record.is_object())
            for (const Json& warning : record.value("warnings", Json::array()))
                if (warning.is_string())
                    prepared.warnings.push_back(warning.get<std::string>());
        return prepared;
    }

    OperationResult train(Project& project, const Json& spec, const RunInfo& info, bool resume,
                          RunFolder& folder) {
        const auto& r = services_.registries;
        ComputeDevice device = select_device(spec);
        Json plan, snapshot;
        std::vector<Item> train_items, val_items;
        auto seed = spec.at("seed").get<std::uint64_t>();
        std::string task_name = spec.at("task"), model_name = spec.at("model"),
                    method_name = spec.at("method");
        if (resume) {
            plan = read_json_file(info.folder / "plan.json");
            snapshot = read_json_file(info.folder / "snapshot.json");
            seed = snapshot.at("seed");
            task_name = snapshot.at("task"), model_name = snapshot.at("model"),
            method_name = snapshot.at("method");
            // The same number of threads adds up the same sums in the same order.
            device =
                select_device(snapshot.at("device").get<std::string>().substr(0, 3) == "cpu" ? "cpu" : "auto",
                              snapshot.at("threads").get<int>());
            train_items = items_of(project, snapshot.at("train"));
            val_items = items_of(project, snapshot.at("val"));
            if (project.labels().revision() != snapshot.at("annotation_revision").get<std::int64_t>())
                folder.warn("The labels have changed since the run began: it goes on with the new ones.");
        } else {
            folder.progress(-1, "looking at the data");
            Prepared prepared = prepare(project, spec, folder);
            for (const auto& warning : prepared.warnings)
                folder.warn(warning);
            plan = prepared.plan;
            train_items = prepared.selection.train;
            val_items = watched_first(prepared.selection.val);
            snapshot = {{"task", task_name},
                        {"model", model_name},
                        {"method", method_name},
                        {"seed", seed},
                        {"train", ids_of(train_items)},
                        {"val", ids_of(val_items)},
                        {"validation", prepared.selection.note},
                        {"annotation_revision", project.labels().revision()},
                        {"split", project.splits().record()},
                        {"device", device.name},
                        {"threads", device.threads},
                        {"precision", device.precision()},
                        {"versions", versions()}};
            write_file_atomically(info.folder / "fingerprint.json", prepared.fingerprint.json.dump(1));
            write_file_atomically(info.folder / "plan.json", plan.dump(1));
            write_file_atomically(info.folder / "snapshot.json", snapshot.dump(1));
        }
        use_threads(device.threads);
        folder.status(device.to_json());

        const auto task = r.tasks.make(task_name);
        task->configure(plan);
        const auto method = r.methods.make(method_name);
        method->configure(plan);
        torch::manual_seed(static_cast<std::int64_t>(seed >> 1));
        const auto model = r.models.make(model_name)->make(task->model_shape(), plan);
        write_card(info, plan, snapshot, *task, *model, model_name);

        folder.progress(-1, "reading the images");
        const auto examples = task->training_examples(project, train_items, folder);
        const auto validation = task->validation_examples(project, val_items, model->size_multiple(), folder);
        if (!resume) {
            folder.progress(-1, "baselines");
            const Json baselines = task->baselines(*examples, *validation, folder);
            write_file_atomically(info.folder / "baselines.json", baselines.dump(1));
            folder.partial({{"baselines", baselines}}, {});
        }
        std::vector<std::string> watched;
        for (std::size_t i = 0; i < std::min(most_watched, val_items.size()); ++i)
            watched.push_back(std::to_string(val_items[i].id));
        const bool from_checkpoint =
            resume && std::filesystem::exists(info.folder / "checkpoints" / "last.pt");
        const TrainingResult result = Trainer::run(
            {*task, *method, *model, *examples, *validation, watched, plan, seed, device, from_checkpoint},
            folder);

        ended(folder, result.stopped ? "stopped" : "finished", result.reason, {});
        folder.status({{"fraction", 1.0}, {"metrics", result.metrics}});
        return {{{"run", info.id},
                 {"metrics", result.metrics},
                 {"reason", result.reason},
                 {"best_epoch", result.best_epoch},
                 {"epochs", result.epochs}}};
    }

    static Json versions() { return {{"eyepiece", EYEPIECE_VERSION}, {"torch", TORCH_VERSION}}; }

    static void write_card(const RunInfo& info, const Json& plan, const Json& snapshot, const Task& task,
                           const Model& model, const std::string& model_name) {
        Json card = {
            {"format", "eyepiece-model"},
            {"version", 1},
            {"task", snapshot.at("task")},
            {"method", snapshot.at("method")},
            {"run", info.id},
            {"model", {{"name", model_name}, {"parameters", plan}}},
            {"input",
             {{"axes", "NCHW"}, {"size-multiple", model.size_multiple()}, {"margin", model.margin()}}},
            {"data",
             {{"train", snapshot.at("train").size()},
              {"val", snapshot.at("val").size()},
              {"annotation_revision", snapshot.at("annotation_revision")}}},
            {"seed", snapshot.at("seed")},
            {"versions", versions()}};
        Json brief = plan; // what is needed to use the model, not which image was which
        for (const char* name : {"reasons", "kind-of"})
            brief.erase(name);
        card["plan"] = brief;
        card["model"]["parameters"] = brief;
        task.describe(card);
        write_file_atomically(info.folder / "card.json", card.dump(1));
    }

    EngineServices& services_;
};

} // namespace

void register_training(EngineServices& services) {
    services.registries.operations.add({"train",
                                        "Train",
                                        "Trains a model on a project's labels; all of it is kept in a run.",
                                        {},
                                        [&services] { return std::make_unique<TrainOperation>(services); }});
}

} // namespace eyepiece
