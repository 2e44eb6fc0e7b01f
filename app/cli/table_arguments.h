// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "app/cli/verb.h"
#include "core/protocol/engine.h"

#include <string>
#include <vector>

namespace eyepiece::cli {

// What the verbs that work on a table are told of it: embed, cluster, fit, apply, check.
struct TableArguments {
    std::string path, from, run, layer, format = "auto", columns, target;
    std::vector<std::string> read, steps, relabel;
};

// The options for all of it but the target, which means something else to each verb.
void add_table_options(CLI::App& command, TableArguments& table);
// Only those that say how it is read, or made: --format, --read, and those of add_making_options.
void add_reading_options(CLI::App& command, TableArguments& table);
// Only those that say how it is made of a project: --from, --run, --layer.
CLI::Option& add_making_options(CLI::App& command, TableArguments& table);

// The spec's members "input", "steps" and "target"; the engine says what tables can be made of a project, and
// their settings. UsageError for what cannot be.
void put_table(Json& spec, const TableArguments& table, Engine& engine, Terminal& terminal);

} // namespace eyepiece::cli
