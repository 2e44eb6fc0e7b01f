// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/engine_object_finder.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/engine/engine_client.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace eyepiece {

namespace {

constexpr const char* topic = "label.object";

Json to_json(const Region& region) {
    return {region.x, region.y, region.width, region.height};
}

// Of the head, and as many bytes as it says. Throws Error(BadInput).
Region region_from(const EngineReply& reply, std::size_t bytes_a_pixel) {
    const Json& json = reply.json();
    const auto found = json.find("region");
    if (found == json.end() || !found->is_array() || found->size() != 4)
        throw Error(ErrorCode::BadInput, "The engine's answer says no region.");
    const Region region{found->at(0), found->at(1), found->at(2), found->at(3)};
    const std::size_t area =
        region.empty() ? 0 : static_cast<std::size_t>(region.width) * static_cast<std::size_t>(region.height);
    if (area > 0 && (!reply.bytes || reply.bytes->size() != area * bytes_a_pixel))
        throw Error(ErrorCode::BadInput, "The engine's answer is not as long as it says.");
    return region;
}

// Unpacks an answer and hands it on, or says what is wrong with it.
template<class Answer>
auto told(Answer (*unpack)(const EngineReply&), std::function<void(const Answer&)> found,
          ObjectFinderService::Failed failed) {
    return [unpack, found = std::move(found), failed = std::move(failed)](const EngineReply& reply) {
        try {
            found(unpack(reply));
        } catch (const std::exception& error) {
            failed(QString::fromUtf8(error.what()));
        }
    };
}

} // namespace

Json EngineObjectFinder::spec() const {
    Json spec = {{"project", context_.session.folder().toStdString()}, {"item", context_.labels.item()}};
    if (context_.canvas.has_image())
        if (const ImageInfo& info = context_.canvas.image()->info(); info.depth > 1 || info.frames > 1)
            spec["plane"] = {{"z", context_.canvas.plane_z()}, {"t", context_.canvas.plane_t()}};
    return spec;
}

void EngineObjectFinder::ask(const ObjectQuestion& question, Found found, Failed failed) {
    EngineRequest request;
    request.operation = QStringLiteral("segment-object");
    request.topic = QLatin1String(topic);
    request.spec = spec();
    request.spec["clicks"] = Json::array();
    for (const ObjectQuestion::Click& click : question.clicks)
        request.spec["clicks"].push_back(
            {{"x", click.at.x()}, {"y", click.at.y()}, {"object", click.object}});
    if (question.box)
        request.spec["box"] = to_json(*question.box);
    if (!question.view.empty())
        request.spec["view"] = to_json(question.view);
    EngineHandlers handlers;
    handlers.done = told<ObjectAnswer>(object_answer_from, std::move(found), failed);
    handlers.failed = [failed](const Error& error) { failed(QString::fromUtf8(error.what())); };
    context_.engine.send(request, this, std::move(handlers));
}

void EngineObjectFinder::ask_all(const Region& view, FoundAll found, Failed failed, Progress progress) {
    EngineRequest request;
    request.operation = QStringLiteral("segment-everything");
    request.title = tr("Segment everything here");
    request.topic = QLatin1String(topic);
    request.spec = spec();
    request.spec["view"] = to_json(view);
    EngineHandlers handlers;
    handlers.done = told<AllObjectsAnswer>(all_objects_answer_from, std::move(found), failed);
    handlers.failed = [failed](const Error& error) { failed(QString::fromUtf8(error.what())); };
    handlers.progress = [progress](double fraction, const QString&) { progress(fraction); };
    context_.engine.send(request, this, std::move(handlers));
}

void EngineObjectFinder::drop() {
    context_.engine.cancel_topic(QLatin1String(topic), this);
}

ObjectAnswer object_answer_from(const EngineReply& reply) {
    ObjectAnswer answer;
    answer.region = region_from(reply, 1);
    answer.expected_iou = reply.json().value("expected_iou", 0.0);
    if (reply.json().value("network", std::string()) == "project")
        answer.network = EngineObjectFinder::tr("by this project's network");
    if (answer.region.empty())
        return answer;
    answer.mask = Mask(answer.region.height, answer.region.width);
    std::transform(reply.bytes->begin(), reply.bytes->end(), answer.mask.pixels.begin(),
                   [](std::byte each) { return each != std::byte{0} ? std::uint8_t{1} : std::uint8_t{0}; });
    return answer;
}

AllObjectsAnswer all_objects_answer_from(const EngineReply& reply) {
    AllObjectsAnswer answer;
    answer.region = region_from(reply, sizeof(ObjectId));
    answer.labels = LabelMap(answer.region.height, answer.region.width);
    for (std::int64_t at = 0; at < answer.region.width * answer.region.height; ++at) {
        ObjectId id = 0;
        std::memcpy(&id, reply.bytes->data() + static_cast<std::size_t>(at) * sizeof id, sizeof id);
        answer.labels.set(at % answer.region.width, at / answer.region.width, id);
    }
    return answer;
}

} // namespace eyepiece
