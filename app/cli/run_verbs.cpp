// SPDX-License-Identifier: GPL-3.0-or-later
// train, evaluate, and run: any operation from its spec.
#include "app/cli/engine_loader.h"
#include "app/cli/requests.h"
#include "app/cli/verb.h"
#include "core/project/process.h"
#include "core/project/project.h"

#include <cstdio>

namespace eyepiece::cli {
namespace {

namespace fs = std::filesystem;

// The run whose folder a spec lies in, if any: runs/<id>/spec.json of a project.
std::optional<fs::path> run_folder_of(const Json& spec) {
    if (!spec.contains("project") || !spec.contains("run"))
        return std::nullopt;
    const fs::path folder =
        fs::path(spec["project"].get<std::string>()) / "runs" / spec["run"].get<std::string>();
    return fs::is_directory(folder) ? std::optional(folder) : std::nullopt;
}

void change_status(const fs::path& folder, const Json& changes) {
    Json status = read_json_file(folder / "status.json");
    status.update(changes);
    write_file_atomically(folder / "status.json", status.dump(2) + "\n");
}

// Runs an operation whose whole state is its run's folder. Whoever watches the folder learns of this process
// before LibTorch is loaded, and of an end that the operation itself could not write down.
Json perform_run(const std::string& operation, const Json& spec, Terminal& terminal) {
    const auto folder = run_folder_of(spec);
    if (folder)
        change_status(*folder, process_identity());
    try {
        return load_engine(terminal.options())->run(operation, spec, terminal).json;
    } catch (const Error& error) {
        if (folder) {
            const std::string state = read_json_file(*folder / "status.json").value("state", "");
            if (state == "queued" || state == "running" || state == "paused") {
                const bool cancelled = error.code() == ErrorCode::Cancelled;
                change_status(*folder,
                              {{"state", cancelled ? "cancelled" : "failed"}, {"reason", error.what()}});
            }
        }
        throw;
    }
}

struct TrainOptions {
    std::string project, task = "semantic-segmentation", model = "unet", method = "supervised", resume;
    std::vector<std::string> set;
    bool plan_only = false;
};

void say_plan(Terminal& terminal, const OperationCheck& check) {
    terminal.say(check.summary);
    for (const std::string& warning : check.warnings)
        terminal.warn(warning);
    const Json reasons = check.plan.value("reasons", Json::object());
    for (const auto& [name, value] : check.plan.items())
        if (name != "reasons" && !value.is_object())
            terminal.say("  " + name + " = " + value.dump() +
                         (reasons.contains(name) && reasons[name].is_string()
                              ? "   " + reasons[name].get<std::string>()
                              : ""));
}

void train(Terminal& terminal, const TrainOptions& options) {
    Json spec = terminal.options().spec();
    const fs::path folder = fs::absolute(options.project);
    const auto project = Project::open(folder);
    if (!options.resume.empty()) {
        const RunInfo run = project->runs().at(options.resume);
        if (run.alive)
            throw Error(ErrorCode::Conflict, "The run " + run.id + " is still under way.");
        const Json common = spec;
        spec = run.spec;
        spec.update(common);
        spec["resume"] = true;
        spec["run"] = run.id;
        spec["project"] = folder.string();
    } else {
        spec["operation"] = "train";
        spec["project"] = folder.string();
        spec["task"] = options.task;
        spec["model"] = options.model;
        spec["method"] = options.method;
        if (!spec.contains("seed"))
            spec["seed"] = 1;
        const auto engine = load_engine(terminal.options());
        spec["set"] = read_settings(*engine, "train", spec, options.set, terminal);
        const OperationCheck check = engine->check("train", spec, terminal);
        if (!check.errors.empty())
            throw Error(ErrorCode::BadInput, check.errors.front());
        if (!terminal.options().json)
            say_plan(terminal, check);
        if (options.plan_only) {
            terminal.answer({{"summary", check.summary},
                             {"seconds", check.seconds},
                             {"warnings", check.warnings},
                             {"plan", check.plan}});
            return;
        }
        spec = project->runs().create(spec, options.model).spec;
    }
    const Json result = perform_run("train", spec, terminal);
    terminal.say("Run " + result.value("run", "") + ": " + result.value("reason", ""));
    const Json metrics = result.value("metrics", Json::object());
    for (const auto& [name, value] : metrics.items())
        if (value.is_number())
            terminal.say("  " + name + " " + value.dump());
    terminal.answer(result);
}

void run_spec(Terminal& terminal, const std::string& file) {
    Json spec = read_json_file(file);
    if (!spec.is_object())
        throw Error(ErrorCode::BadInput, "The spec " + file + " is not a JSON object.");
    const fs::path folder = fs::absolute(file).parent_path();
    std::string operation = spec.value("operation", "");
    if (operation.empty() && folder.parent_path().filename() == "runs")
        operation = "train"; // what a project's runs are
    if (operation.empty())
        throw Error(ErrorCode::BadInput, "The spec " + file + " does not say which \"operation\" to run.");
    if (folder.parent_path().filename() == "runs" && fs::exists(folder / "status.json")) {
        // The project may have been moved since the spec was written.
        spec["run"] = folder.filename().string();
        spec["project"] = folder.parent_path().parent_path().string();
        // A run that began before goes on where it stopped.
        if (fs::exists(folder / "checkpoints" / "last.pt") && !spec.contains("resume"))
            spec["resume"] = true;
    }
    // What the command line says wins over the spec.
    const CommonOptions& common = terminal.options();
    if (common.seed)
        spec["seed"] = *common.seed;
    if (common.device != "auto" || !spec.contains("device"))
        spec["device"] = common.device;
    if (common.threads != 0 || !spec.contains("threads"))
        spec["threads"] = common.threads;
    const Json result = perform_run(operation, spec, terminal);
    terminal.say(result.dump(2));
    terminal.answer(result);
}

struct EvaluateOptions {
    std::string project, run, split = "test";
    std::vector<std::string> set;
};

std::string percent(const Json& value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", value.is_number() ? value.get<double>() : 0.0);
    return value.is_number() ? text : "-";
}

void evaluate(Terminal& terminal, const EvaluateOptions& options) {
    Json spec = terminal.options().spec();
    spec["project"] = fs::absolute(options.project).string();
    spec["run"] = Project::open(options.project, Project::Access::ReadOnly)->runs().at(options.run).id;
    spec["split"] = options.split;
    const auto engine = load_engine(terminal.options());
    spec["set"] = read_settings(*engine, "evaluate", spec, options.set, terminal);
    const Json result = engine->run("evaluate", spec, terminal).json;
    terminal.say("On " + std::to_string(result.value("images", Json::array()).size()) + " images of \"" +
                 options.split + "\":");
    terminal.say("  mean IoU " + percent(result.value("mean_iou", Json())) + ", pixel accuracy " +
                 percent(result.value("pixel_accuracy", Json())));
    for (const Json& one : result.value("classes", Json::array()))
        terminal.say("  " + one.value("name", "") + ": IoU " + percent(one.value("iou", Json())) + ", Dice " +
                     percent(one.value("dice", Json())));
    const Json baselines = result.value("baselines", Json::object());
    for (const auto& [name, baseline] : baselines.items())
        if (baseline.is_object())
            terminal.say("  baseline " + name + ": mean IoU " + percent(baseline.value("mean_iou", Json())));
    terminal.answer(result);
}

} // namespace

void add_run_verbs(CommandLine& command_line) {
    auto train_options = std::make_shared<TrainOptions>();
    CLI::App& train_command =
        command_line.add("train", "Train a network on a project's labels, in a run of its own",
                         "eyepiece-cli train nuclei --task semantic-segmentation --set epochs=40\n"
                         "eyepiece-cli train nuclei --resume 3",
                         [train_options](Terminal& terminal) { train(terminal, *train_options); });
    train_command.add_option("project", train_options->project, "Folder of the project")->required();
    train_command.add_option("--task", train_options->task, "Kind of prediction (`list tasks`)")
        ->capture_default_str();
    train_command.add_option("--model", train_options->model, "Architecture (`list models`)")
        ->capture_default_str();
    train_command.add_option("--method", train_options->method, "Learning process (`list methods`)")
        ->capture_default_str();
    train_command
        .add_option("--set", train_options->set, "A setting as name=value (`list parameters train`)")
        ->allow_extra_args(false);
    train_command.add_option("--resume", train_options->resume,
                             "Go on with this run from its last checkpoint");
    train_command.add_flag("--plan", train_options->plan_only,
                           "Only show what would be done, and how long it takes");

    auto spec_file = std::make_shared<std::string>();
    CLI::App& run_command = command_line.add(
        "run", "Run any operation from its spec, a JSON file",
        "eyepiece-cli run nuclei/runs/0003-unet/spec.json\n"
        "echo '{\"operation\": \"device\"}' > device.json && eyepiece-cli run device.json --json",
        [spec_file](Terminal& terminal) { run_spec(terminal, *spec_file); });
    run_command
        .add_option("spec", *spec_file, "The spec; of a run in a project, its folder shows how it goes")
        ->required();

    auto evaluate_options = std::make_shared<EvaluateOptions>();
    CLI::App& evaluate_command =
        command_line.add("evaluate", "Score a run on images that it did not learn from, beside baselines",
                         "eyepiece-cli evaluate nuclei --run 3 --split test",
                         [evaluate_options](Terminal& terminal) { evaluate(terminal, *evaluate_options); });
    evaluate_command.add_option("project", evaluate_options->project, "Folder of the project")->required();
    evaluate_command.add_option("--run", evaluate_options->run, "The run: its id or number")->required();
    evaluate_command.add_option("--split", evaluate_options->split, "Which side of the split")
        ->check(CLI::IsMember({"train", "val", "test"}))
        ->capture_default_str();
    evaluate_command.add_option("--set", evaluate_options->set, "A setting as name=value")
        ->allow_extra_args(false);
}

} // namespace eyepiece::cli
