// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/classifier_answer.h"

#include "core/base/error.h"

namespace eyepiece {

namespace {

[[noreturn]] void not_whole(const std::string& details) {
    throw Error(ErrorCode::BadInput,
                "The engine's answer is not whole. Switch learning off and on to ask again.", details);
}

Region region_from(const Json& numbers) {
    const auto values = numbers.get<std::vector<std::int64_t>>();
    if (values.size() != 4)
        not_whole("a region of " + std::to_string(values.size()) + " numbers");
    return {values[0], values[1], values[2], values[3]};
}

} // namespace

std::vector<FeatureImportance> importances_from(const Json& answer) {
    std::vector<FeatureImportance> result;
    const Json importances = answer.value("importances", Json::array());
    for (const Json& one : importances)
        result.push_back(
            {QString::fromStdString(one.at("feature").get<std::string>()), one.at("value").get<double>()});
    return result;
}

PixelClasses pixel_classes_from(const EngineReply& reply, const Region& extent) {
    try {
        const Json& head = reply.json();
        PixelClasses found;
        found.region = region_from(head.at("region"));
        found.classes = head.at("classes").get<std::vector<ClassId>>();
        if (found.region.empty() || !(found.region.intersected(extent) == found.region))
            not_whole("a region beside the image: " + head.at("region").dump());
        const auto pixels = static_cast<std::size_t>(found.region.width * found.region.height);
        if (found.classes.empty() || found.classes.size() > 255 || reply.bytes->size() < 2 * pixels)
            not_whole(std::to_string(found.classes.size()) + " classes, " +
                      std::to_string(reply.bytes->size()) + " bytes for " + std::to_string(pixels) + " px");
        found.bytes = reply.bytes;
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(reply.bytes->data());
        found.indexes = {bytes, pixels};
        found.certainty = {bytes + pixels, pixels};
        return found;
    } catch (const Json::exception& error) {
        not_whole(error.what());
    }
}

ClassifierReport classifier_report_from(const Json& answer, const Region& extent) {
    try {
        ClassifierReport report;
        for (const auto& [id, count] : answer.at("labelled_pixels").items())
            report.labelled_pixels += count.get<std::int64_t>();
        report.images = answer.at("images").get<std::int64_t>();
        if (const auto found = answer.find("out_of_bag"); found != answer.end() && found->is_number())
            report.out_of_bag = found->get<double>();
        report.importances = importances_from(answer);
        const Json next = answer.value("next", Json::array());
        for (const Json& one : next) {
            const auto number = [&](const char* name) { return one.at(name).get<std::int64_t>(); };
            const Region region =
                Region{number("x"), number("y"), number("w"), number("h")}.intersected(extent);
            if (!region.empty())
                report.next.push_back({region, QString::fromStdString(one.value("reason", std::string()))});
        }
        const Json seconds = answer.value("seconds", Json::object());
        for (const auto& [name, value] : seconds.items())
            if (value.is_number())
                report.seconds += value.get<double>();
        report.whole = answer.value("whole", true);
        return report;
    } catch (const Json::exception& error) {
        not_whole(error.what());
    }
}

} // namespace eyepiece
