// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/fitted_model.h"

#include "core/project/runs.h"

#include <charconv>
#include <fstream>
#include <iterator>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kind = "eyepiece-fitted-model ";
constexpr int newest_version = 1;
constexpr std::size_t longest_head = 80;

std::string checksum(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char byte : bytes)
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

std::string content_of(const fs::path& path) {
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        throw Error(ErrorCode::NotFound, "There is no file " + path.string() + ". Check its name.");
    std::ifstream file(path, std::ios::binary);
    if (!fs::is_regular_file(path, ignored) || !file.is_open()) // a folder opens, too
        throw Error(ErrorCode::BadInput, path.string() + " cannot be read. Choose a file that fit stored.");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Json columns_json(const std::vector<FeatureColumn>& columns) {
    Json json = Json::array();
    for (const FeatureColumn& column : columns)
        json.push_back({{"name", column.name}, {"categories", column.categories}});
    return json;
}

} // namespace

void write_fitted_model(const fs::path& path, const FittedModel& model) {
    const Json json{{"model", model.model},
                    {"parameters", model.parameters},
                    {"seed", model.seed},
                    {"target", model.target},
                    {"classes", model.classes},
                    {"columns", columns_json(model.columns)},
                    {"steps", to_json(model.steps)},
                    {"rows", model.rows},
                    {"state", model.state}};
    std::string bytes;
    Json::to_cbor(json, bytes);
    write_file_atomically(path, std::string(kind) + std::to_string(newest_version) + " " + checksum(bytes) +
                                    "\n" + bytes);
}

FittedModel read_fitted_model(const fs::path& path) {
    const std::string content = content_of(path);
    const std::string_view whole = content;
    const std::size_t end = whole.substr(0, longest_head).find('\n');
    if (!whole.starts_with(kind) || end == std::string_view::npos)
        throw Error(ErrorCode::BadInput,
                    path.string() + " is no stored model. Choose a file that fit stored.");
    const std::string_view head = whole.substr(kind.size(), end - kind.size()), bytes = whole.substr(end + 1);
    int version = 0;
    const auto read = std::from_chars(head.data(), head.data() + head.size(), version);
    const Error damaged(ErrorCode::BadInput, path.string() +
                                                 " is damaged: bytes were changed or cut off. Copy it anew, "
                                                 "or fit and store the model again.");
    if (read.ec != std::errc() || version < 1)
        throw damaged;
    if (version > newest_version)
        throw Error(ErrorCode::Unsupported,
                    path.string() + " was stored by a newer Eyepiece (version " + std::to_string(version) +
                        " of the format, where this one reads " + std::to_string(newest_version) +
                        "). Update Eyepiece, or fit and store the model again.");
    if (std::string(read.ptr, head.data() + head.size()) != " " + checksum(bytes))
        throw damaged;
    try {
        const Json json = Json::from_cbor(bytes);
        PreprocessingRegistry steps("preprocessing step");
        register_preprocessing(steps);
        FittedModel model{.model = json.at("model").get<std::string>(),
                          .parameters = json.at("parameters"),
                          .seed = json.at("seed").get<std::uint64_t>(),
                          .target = json.at("target").get<std::string>(),
                          .classes = json.at("classes").get<std::vector<std::string>>(),
                          .columns = {},
                          .steps = steps_from_json(steps, json.at("steps")),
                          .rows = json.at("rows").get<std::size_t>(),
                          .state = json.at("state")};
        for (const Json& column : json.at("columns"))
            model.columns.push_back({column.at("name").get<std::string>(),
                                     column.at("categories").get<std::vector<std::string>>()});
        return model;
    } catch (const Json::exception& error) { // whoever wrote it meant something else
        throw Error(damaged.code(), damaged.what(), error.what());
    }
}

} // namespace eyepiece
