// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/object_list.h"
#include "core/data/components.h"
#include "core/formats/label_writing.h"
#include "core/formats/outline_labels.h"

#include <unordered_map>

namespace eyepiece {

namespace fs = std::filesystem;

ObjectListWriter::ObjectListWriter(const std::vector<ExportedClass>& classes) {
    for (const ExportedClass& known : classes)
        classes_.push_back({{"id", known.id}, {"name", known.name}, {"color", known.color}});
}

void ObjectListWriter::add(const std::string& name, const ExportedImage& image) {
    std::unordered_map<ObjectId, std::int64_t> areas;
    for (const ObjectMeasures& measures : measure_objects(image.labels))
        areas.emplace(measures.id, measures.area);
    Json list = Json::array();
    for (const ExportedObject& object : image.objects)
        list.push_back({{"id", object.id}, {"class", object.class_name}, {"area", areas[object.id]}});
    files_[name] = {
        {"image", image.path.string()}, {"complete", image.complete}, {"objects", std::move(list)}};
}

void ObjectListWriter::write(const fs::path& folder) const {
    write_whole_file(folder / object_list_name,
                     Json{{"classes", classes_}, {"files", files_}}.dump(1) + "\n");
}

bool has_object_list(const fs::path& folder) {
    std::error_code error;
    return fs::is_regular_file(folder / object_list_name, error) &&
           json_has_names(folder / object_list_name, "classes", "files");
}

ObjectList ObjectList::read(const fs::path& folder) {
    ObjectList list;
    if (std::error_code error; !fs::exists(folder / object_list_name, error))
        return list;
    const Json document = read_json_object(folder / object_list_name);
    const auto files = document.find("files");
    if (files == document.end() || !files->is_object())
        return list; // another program's
    for (const auto& [name, file] : files->items()) {
        ObjectClasses& classes = list.files_[name];
        const auto objects = file.is_object() ? file.find("objects") : file.end();
        if (!file.is_object() || objects == file.end() || !objects->is_array())
            continue;
        for (const Json& object : *objects)
            if (object.is_object() && object.contains("id") && object["id"].is_number_unsigned() &&
                object.contains("class") && object["class"].is_string())
                classes[object["id"].get<ObjectId>()] = object["class"].get<std::string>();
    }
    return list;
}

const ObjectClasses* ObjectList::classes_of(const std::string& name) const {
    const auto found = files_.find(name);
    return found == files_.end() ? nullptr : &found->second;
}

} // namespace eyepiece
