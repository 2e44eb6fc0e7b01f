// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "app/cli/verb.h"

#include <string>
#include <vector>

namespace eyepiece::cli {

// What the verbs that work on a table are told of it: embed, cluster, fit, check.
struct TableArguments {
    std::string path, from, format = "auto", columns, target;
    std::vector<std::string> read, steps;
};

// The options for all of it but the target, which means something else to each verb.
void add_table_options(CLI::App& command, TableArguments& table);
// Only those that say how it is read, or made: --from, --format, --read.
void add_reading_options(CLI::App& command, TableArguments& table);

// The spec's members "input", "steps" and "target". UsageError for what cannot be.
void put_table(Json& spec, const TableArguments& table);

} // namespace eyepiece::cli
