// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/prediction.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>

namespace eyepiece {

PredictedObjects predicted_objects(const EngineReply& reply, ItemId item, const std::string& run) {
    PredictedObjects found;
    found.item = item;
    found.run = run;
    try {
        const Json& json = reply.json();
        const auto width = json.at("width").get<std::int64_t>(),
                   height = json.at("height").get<std::int64_t>();
        found.region = {0, 0, width, height};
        if (const auto region = json.find("region");
            region != json.end() && region->is_array() && region->size() == 4)
            found.region = {(*region)[0].get<std::int64_t>(), (*region)[1].get<std::int64_t>(), width,
                            height};
        const auto count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
        if (width <= 0 || height <= 0 || reply.bytes->size() < count * sizeof(ObjectId))
            throw Error(ErrorCode::BadInput, "The engine's prediction is not of the size it says.");
        found.ids = LabelMap(height, width);
        std::memcpy(found.ids.ids().data(), reply.bytes->data(), count * sizeof(ObjectId));
        found.tiles = std::make_shared<LabelTiles>(found.ids);
        std::map<std::int64_t, std::string> names;
        for (const Json& one : json.value("classes", Json::array()))
            names[one.at("id").get<std::int64_t>()] = one.value("name", std::string());
        found.class_names.resize(names.empty() ? 1 : static_cast<std::size_t>(names.rbegin()->first) + 1);
        for (const auto& [id, name] : names)
            if (id >= 0)
                found.class_names[static_cast<std::size_t>(id)] = name;
        for (const Json& one : json.value("objects", Json::array())) {
            LabelObject object;
            object.id = one.at("id").get<ObjectId>();
            object.class_id = one.at("class").get<ClassId>();
            object.area = one.value("area", std::int64_t{0});
            object.score = one.value("score", -1.0);
            if (const auto bounds = one.find("bounds"); bounds != one.end() && bounds->size() == 4)
                object.bounds = {(*bounds)[0].get<std::int64_t>(), (*bounds)[1].get<std::int64_t>(),
                                 (*bounds)[2].get<std::int64_t>(), (*bounds)[3].get<std::int64_t>()};
            object.run = run;
            object.tool = "prediction";
            found.objects.push_back(object);
        }
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput, "The engine's prediction cannot be read.", error.what());
    }
    return found;
}

int accept_prediction(Project& project, const PredictedObjects& prediction,
                      const std::function<bool(const LabelObject&)>& wanted) {
    std::unordered_map<ObjectId, ObjectId> new_ids;
    LabelEdit edit;
    edit.item = prediction.item;
    edit.tool = "prediction";
    ObjectId next = project.labels().next_object_id(prediction.item);
    std::map<ClassId, ClassId> classes;
    for (const LabelObject& object : prediction.objects) {
        if (wanted && !wanted(object))
            continue;
        auto known = classes.find(object.class_id);
        if (known == classes.end()) {
            const auto at = static_cast<std::size_t>(std::max<ClassId>(0, object.class_id));
            const std::string name =
                at < prediction.class_names.size() ? prediction.class_names[at] : std::string();
            known =
                classes
                    .emplace(object.class_id,
                             object.class_id == 0 || name.empty() ? 0 : project.classes().find_or_add(name))
                    .first;
        }
        LabelObject taken = object;
        taken.id = next++;
        taken.class_id = known->second;
        new_ids[object.id] = taken.id;
        edit.objects.push_back(taken);
    }
    if (new_ids.empty())
        return 0;
    edit.region = prediction.region;
    edit.pixels = project.labels().read(prediction.item, prediction.region);
    std::unordered_map<ObjectId, std::int64_t> painted;
    const auto from = prediction.ids.ids();
    const auto to = edit.pixels.ids();
    ObjectId last = 0, last_new = 0; // runs of the same object are long
    for (std::size_t at = 0; at < from.size(); ++at) {
        if (from[at] == 0 || to[at] != 0)
            continue;
        if (from[at] != last) {
            last = from[at];
            const auto found = new_ids.find(last);
            last_new = found == new_ids.end() ? 0 : found->second;
        }
        if (last_new != 0) {
            to[at] = last_new;
            ++painted[last_new];
        }
    }
    std::erase_if(edit.objects, [&](const LabelObject& object) { return !painted.contains(object.id); });
    if (edit.objects.empty())
        return 0;
    project.labels().commit(edit);
    return static_cast<int>(edit.objects.size());
}

} // namespace eyepiece
