// SPDX-License-Identifier: GPL-3.0-or-later
// list and serve: what the engine has, and the engine behind a pipe.
#include "app/cli/engine_loader.h"
#include "app/cli/verb.h"
#include "core/protocol/server.h"

#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace eyepiece::cli {

void print_parameters(Terminal& terminal, const Json& parameters) {
    for (const Json& parameter : parameters) {
        std::string line = "    --set " + parameter.value("name", "") + "=";
        const Json value = parameter.value("default", Json());
        line += value.is_null() ? "(automatic)" : value.is_string() ? value.get<std::string>() : value.dump();
        terminal.say(line + "  " + parameter.value("help", ""));
    }
}

namespace {

void list(Terminal& terminal, const std::string& kind, const std::string& of) {
    Json spec = terminal.options().spec();
    spec["kind"] = kind;
    if (!of.empty()) {
        if (kind != "parameters")
            throw UsageError("Only `list parameters` takes the name of an operation.");
        spec["operation"] = of;
    } else if (kind == "parameters") {
        throw UsageError("Of which operation? For instance `eyepiece-cli list parameters train`.");
    }
    // What reads files is no part of the engine, which takes a second to load.
    if (list_tables(terminal, kind))
        return;
    const auto engine = load_engine(terminal.options());
    const Json result = engine->run("list", spec, terminal).json;
    if (kind == "parameters") {
        print_parameters(terminal, result.at("entries"));
    } else if (kind == "plugins") {
        for (const Json& plugin : result.at("entries"))
            terminal.say(plugin.value("id", "") + " " + plugin.value("version", "") + "  " +
                         plugin.value("state", "") + "  " + plugin.value("folder", "") +
                         (plugin.value("reason", "").empty() ? "" : "\n    " + plugin.value("reason", "")));
    } else {
        for (const Json& entry : result.at("entries")) {
            terminal.say(entry.value("name", "") + "  " + entry.value("help", ""));
            print_parameters(terminal, entry.value("parameters", Json::array()));
        }
    }
    terminal.answer(result);
}

// Nothing but events may reach the pipe: whatever a library prints goes to standard error.
int take_standard_output() {
    std::fflush(stdout);
    const int output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (output < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        throw Error(ErrorCode::Storage, "The engine's output cannot be opened.");
    return output;
}

void serve(Terminal& terminal) {
    const int output = take_standard_output();
    const auto engine = load_engine(terminal.options());
    const int status = Server(*engine, STDIN_FILENO, output, terminal.stop_descriptor()).run();
    close(output);
    terminal.throw_if_cancelled();
    if (status != 0)
        throw Error(ErrorCode::BadInput,
                    "The engine ended: the other side of the pipe sent something that is not "
                    "a message, or has gone.");
}

} // namespace

void add_list_verbs(CommandLine& command_line) {
    auto kind = std::make_shared<std::string>();
    auto of = std::make_shared<std::string>();
    CLI::App& list_command =
        command_line.add("list", "List what there is: models, methods, explainers, plugins, ...",
                         "eyepiece-cli list models\neyepiece-cli list parameters train",
                         [kind, of](Terminal& terminal) { list(terminal, *kind, *of); });
    list_command
        .add_option("kind", *kind,
                    "tasks, models, methods, explainers, exporters, embeddings, clusterings, estimators, "
                    "operations, plugins, importers, label-exporters, tables, preprocessing or parameters")
        ->required();
    list_command.add_option("operation", *of, "With parameters: of which operation");

    command_line.add("serve",
                     "Answer requests on standard input with events on standard output, as the window asks",
                     "ssh gpu-box eyepiece-cli serve", [](Terminal& terminal) { serve(terminal); });
}

} // namespace eyepiece::cli
