// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "app/cli/verb.h"
#include "core/protocol/engine.h"

#include <filesystem>
#include <string>
#include <vector>

namespace eyepiece::cli {

// "name=value" settings as {"name": value}. An unknown name or bad value is a UsageError.
Json settings_of(const ParameterSchema& schema, const std::vector<std::string>& assignments);

// Reads `--set name=value` settings for this operation; the spec tells which task, model, ... they are for.
Json read_settings(Engine& engine, const std::string& operation, const Json& spec,
                   const std::vector<std::string>& assignments, Terminal& terminal);

// "a,b" as ["a", "b"].
std::vector<std::string> comma_separated(const std::string& text);

// "10,20,64,64" as [10,20,64,64]; UsageError unless it is `count` numbers.
Json read_numbers(const std::string& option, const std::string& text, std::size_t count);

// Files as given and, of folders, the images in them, by name. Error(NotFound) for what does not exist.
std::vector<std::filesystem::path> image_files(const std::vector<std::string>& inputs);

// Where the result for each input goes. `out` is a file when it ends as an image does and there is one input;
// else a folder, made here, in which each result is named after its input, with `suffix`. Error(BadInput)
// when a result would replace an input.
std::vector<std::filesystem::path> output_files(const std::vector<std::filesystem::path>& inputs,
                                                const std::filesystem::path& out, const std::string& suffix);

} // namespace eyepiece::cli
