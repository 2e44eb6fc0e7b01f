// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/requests.h"

#include "core/formats/image_reader.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

namespace eyepiece::cli {

namespace fs = std::filesystem;

Json settings_of(const ParameterSchema& schema, const std::vector<std::string>& assignments) {
    Json values = Json::object();
    for (const std::string& assignment : assignments) {
        try {
            auto [name, value] = schema.parse_assignment(assignment);
            values[name] = std::move(value);
        } catch (const Error& error) {
            throw UsageError(error.what());
        }
    }
    return values;
}

Json read_settings(Engine& engine, const std::string& operation, const Json& spec,
                   const std::vector<std::string>& assignments, Terminal& terminal) {
    if (assignments.empty())
        return Json::object();
    const Json request{{"kind", "parameters"}, {"operation", operation}, {"spec", spec}};
    const Json listed = engine.run("list", request, terminal).json;
    return settings_of(ParameterSchema::from_json(listed.at("entries")), assignments);
}

std::vector<std::string> comma_separated(const std::string& text) {
    std::vector<std::string> parts;
    std::istringstream list(text);
    for (std::string part; std::getline(list, part, ',');)
        parts.push_back(part);
    return parts;
}

Json read_numbers(const std::string& option, const std::string& text, std::size_t count) {
    Json numbers = Json::array();
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, ',');) {
        double number = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
        if (error != std::errc() || end != part.data() + part.size())
            throw UsageError(option + ": \"" + part + "\" is not a number.");
        numbers.push_back(number);
    }
    if (numbers.size() != count)
        throw UsageError(option + " takes " + std::to_string(count) +
                         " numbers with commas between them, in px.");
    return numbers;
}

std::vector<fs::path> image_files(const std::vector<std::string>& inputs) {
    std::vector<fs::path> files;
    for (const std::string& input : inputs) {
        std::error_code error;
        if (!fs::is_directory(input, error)) {
            if (!fs::exists(input, error))
                throw Error(ErrorCode::NotFound, "There is no file or folder " + input + ".");
            files.emplace_back(input);
            continue;
        }
        std::vector<fs::path> here;
        for (fs::directory_iterator entry(input, error), end; !error && entry != end; entry.increment(error))
            if (has_image_extension(entry->path()))
                here.push_back(entry->path());
        if (error)
            throw Error(ErrorCode::Storage,
                        "The folder " + input + " cannot be read: " + error.message() + ".");
        if (here.empty())
            throw Error(ErrorCode::NotFound, "There are no images in the folder " + input + ".");
        std::sort(here.begin(), here.end());
        files.insert(files.end(), here.begin(), here.end());
    }
    return files;
}

std::vector<fs::path> output_files(const std::vector<fs::path>& inputs, const fs::path& out,
                                   const std::string& suffix) {
    std::vector<fs::path> outputs;
    std::error_code error;
    if (inputs.size() == 1 && has_image_extension(out) && !fs::is_directory(out, error)) {
        if (out.has_parent_path())
            fs::create_directories(out.parent_path(), error);
        outputs.push_back(out);
    } else {
        fs::create_directories(out, error);
        if (!fs::is_directory(out))
            throw Error(ErrorCode::Storage, "The folder " + out.string() + " cannot be made" +
                                                (error ? ": " + error.message() : std::string()) + ".");
        std::map<std::string, int> stems;
        for (const fs::path& input : inputs)
            ++stems[input.stem().string()];
        std::map<std::string, int> names;
        for (const fs::path& input : inputs) {
            // a.png and a.tif in one call must not become one a.tif
            std::string name =
                stems[input.stem().string()] > 1 ? input.filename().string() : input.stem().string();
            if (const int seen = names[name]++; seen > 0) // the same name in two folders
                name += "-" + std::to_string(seen + 1);
            outputs.push_back(out / (name + suffix));
        }
    }
    for (const fs::path& output : outputs)
        for (const fs::path& input : inputs)
            if (fs::equivalent(output, input, error) && !error)
                throw Error(ErrorCode::BadInput, "The result would replace the input " + input.string() +
                                                     ". Choose another --out.");
    return outputs;
}

} // namespace eyepiece::cli
