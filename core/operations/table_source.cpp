// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/table_source.h"

#include "core/data/row_labels.h"

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

// A spec's "name" beside the record's own "step".
Json recorded(const Json& spec) {
    Json steps = Json::array();
    if (!spec.contains("steps") || spec["steps"].is_null())
        return steps;
    if (!spec["steps"].is_array())
        return spec["steps"]; // refused by steps_from_json, with its sentence
    for (Json entry : spec["steps"]) {
        if (entry.is_object() && !entry.contains("step") && entry.contains("name"))
            entry["step"] = entry["name"];
        steps.push_back(std::move(entry));
    }
    return steps;
}

Table as_relabelled(Table table, const Json& file) {
    const auto found = file.find("relabel");
    return found == file.end() || found->is_null() ? std::move(table)
                                                   : relabelled(table, labels_from_json(*found));
}

} // namespace

fs::path path_in(const Json& spec, const char* member) {
    const auto found = spec.find(member);
    if (found == spec.end() || !found->is_object() || !found->contains("path") ||
        !found->at("path").is_string())
        throw Error(ErrorCode::BadInput,
                    std::string("The spec does not say \"") + member + "\": {\"path\": FILE}.");
    const fs::path path = found->at("path").get<std::string>();
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        throw Error(ErrorCode::NotFound, "There is no file " + path.string() + ". Check its name.");
    return path;
}

OpenedTable open_table_in(const Json& spec, const char* member, const ProjectTableRegistry& tables,
                          JobContext& context) {
    const fs::path path = path_in(spec, member);
    const Json& file = spec.at(member);
    if (const std::string from = text_member(file, "from"); !from.empty()) {
        const auto& entry = tables.at(from);
        OpenedTable made;
        made.table = as_relabelled(
            entry.make()->make(path, entry.parameters.complete(file.value("set", Json::object())), context),
            file);
        made.format = from;
        made.type = "table";
        return made;
    }
    TableReaderRegistry readers("importer");
    register_table_readers(readers);
    TableOptions options;
    if (file.contains("format") && !file["format"].is_null())
        options.format = file["format"].get<std::string>();
    if (file.contains("set") && !file["set"].is_null())
        options.set = file["set"];
    OpenedTable opened = open_table(readers, path, options, context);
    for (const std::string& warning : opened.warnings)
        context.warn(path.filename().string() + ": " + warning);
    if (opened.table.rows() == 0)
        throw Error(ErrorCode::BadInput,
                    "The table " + path.filename().string() + " has no rows. Choose a file with data in it.");
    opened.table = as_relabelled(std::move(opened.table), file);
    return opened;
}

std::string text_member(const Json& spec, const char* name) {
    return spec.contains(name) && !spec[name].is_null() ? spec[name].get<std::string>() : std::string();
}

std::vector<std::string> listed_columns(const Json& spec, const char* member) {
    const Json& file = spec.at(member);
    return file.contains("columns") && !file["columns"].is_null()
               ? file["columns"].get<std::vector<std::string>>()
               : std::vector<std::string>();
}

std::vector<RecordedStep> steps_in(const Json& spec, const PreprocessingRegistry& registry) {
    return steps_from_json(registry, recorded(spec));
}

Preprocessed prepare_more_rows(const Table& table, const std::vector<RecordedStep>& learnt,
                               JobContext& context) {
    PreprocessingRegistry registry("preprocessing step");
    register_preprocessing(registry);
    std::vector<RecordedStep> steps;
    for (const RecordedStep& step : learnt)
        if (step.name != "subsample") // which chose what to learn from
            steps.push_back(step);
    return preprocess(registry, table, steps, context);
}

} // namespace eyepiece
