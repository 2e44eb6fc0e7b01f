// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/class_examples.h"

#include "core/base/error.h"
#include "core/project/runs.h"

namespace eyepiece {

namespace {
std::filesystem::path file_in(const std::filesystem::path& project) {
    return project / "examples.json";
}
} // namespace

std::vector<ObjectKey> read_class_examples(const std::filesystem::path& project) {
    const std::filesystem::path file = file_in(project);
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
        return {};
    const Json record = read_json_file(file);
    std::vector<ObjectKey> examples;
    try {
        if (record.at("version").get<int>() > class_examples_version)
            throw Error(ErrorCode::Unsupported,
                        file.string() + " was made by a newer Eyepiece. Use that one.");
        for (const Json& one : record.at("examples"))
            examples.push_back({one.at(0).get<ItemId>(), one.at(1).get<ObjectId>()});
    } catch (const Json::exception& problem) {
        throw Error(ErrorCode::BadInput,
                    file.string() + " is damaged. Delete it: only the choice of examples is lost.",
                    problem.what());
    }
    return examples;
}

void write_class_examples(const std::filesystem::path& project, const std::vector<ObjectKey>& examples) {
    Json list = Json::array();
    for (const ObjectKey& one : examples)
        list.push_back({one.item, one.object});
    write_file_atomically(file_in(project),
                          Json{{"version", class_examples_version}, {"examples", std::move(list)}}.dump() +
                              "\n");
}

} // namespace eyepiece
