// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/label_prediction.h"

#include "core/base/error.h"

#include <algorithm>

namespace eyepiece {

namespace {

// A class of the model, given by name, or by its place in the model's list.
ClassId class_of(const Json& said, const Json& model_classes, const std::vector<LabelClass>& classes) {
    std::string name;
    if (said.is_string()) {
        name = said.get<std::string>();
    } else if (said.is_number_integer()) {
        for (const Json& each : model_classes)
            if (each.value("id", -1) == said.get<int>())
                name = each.value("name", "");
    }
    const auto found =
        std::find_if(classes.begin(), classes.end(), [&](const LabelClass& c) { return c.name == name; });
    return found == classes.end() ? -1 : found->id;
}

} // namespace

LabelPrediction prediction_from(const Json& answer, std::span<const std::byte> bytes, QPoint origin,
                                const std::vector<LabelClass>& classes, const std::string& run,
                                const QString& title) {
    try {
        const auto width = answer.at("width").get<std::int64_t>(),
                   height = answer.at("height").get<std::int64_t>();
        const auto pixels = static_cast<std::size_t>(width * height);
        if (width <= 0 || height <= 0 || bytes.size() < pixels * sizeof(ObjectId))
            throw Error(ErrorCode::BadInput, "The prediction's picture is not whole. Predict again.");
        LabelPrediction prediction;
        prediction.origin = origin;
        prediction.title = title;
        const Json model_classes = answer.value("classes", Json::array());
        for (const Json& each : answer.at("objects")) {
            LabelObject object;
            object.id = each.at("id").get<ObjectId>();
            object.class_id = class_of(each.at("class"), model_classes, classes);
            if (object.class_id < 0)
                continue; // a class that this project does not have: shown, but nothing one could accept
            object.area = each.value("area", std::int64_t{0});
            const auto bounds = each.at("bounds").get<std::vector<std::int64_t>>();
            if (bounds.size() != 4)
                throw Error(ErrorCode::BadInput, "A predicted object has no bounds. Predict again.");
            object.bounds = {bounds[0] + origin.x(), bounds[1] + origin.y(), bounds[2], bounds[3]};
            object.score =
                each.contains("score") && each["score"].is_number() ? each["score"].get<double>() : -1;
            object.run = run;
            object.tool = "prediction";
            prediction.objects.push_back(std::move(object));
        }
        // Memory for bytes is aligned for any number.
        prediction.tiles = std::make_shared<LabelTiles>(
            height, width, std::span(reinterpret_cast<const ObjectId*>(bytes.data()), pixels));
        prediction.tiles->prepare(prediction.tiles->extent(), LabelTiles::levels - 1);
        return prediction;
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput, "The engine's prediction cannot be read. Predict again.",
                    error.what());
    }
}

} // namespace eyepiece
