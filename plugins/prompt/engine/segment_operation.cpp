// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/project/project.h"
#include "plugins/prompt/engine/all_objects.h"
#include "plugins/prompt/engine/operations.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

namespace eyepiece::prompt {
namespace {

namespace fs = std::filesystem;

struct Asked {
    WantedImage image;
    fs::path project; // empty: none
};

Asked asked(const Json& spec) {
    Asked what;
    if (const auto plane = spec.find("plane"); plane != spec.end() && plane->is_object()) {
        what.image.z = plane->value("z", 0);
        what.image.t = plane->value("t", 0);
    }
    if (const auto project = spec.find("project"); project != spec.end() && project->is_string())
        what.project = project->get<std::string>();
    if (const auto image = spec.find("image"); image != spec.end() && image->is_string())
        what.image.file = image->get<std::string>();
    else if (!what.project.empty() && spec.contains("item"))
        what.image.file = Project::open(what.project, Project::Access::ReadOnly)
                              ->items()
                              .at(spec.at("item").get<ItemId>())
                              .path;
    else
        throw Error(ErrorCode::BadInput,
                    "The spec does not say which image: \"image\", or \"project\" and \"item\".");
    return what;
}

double number(const Json& value, const char* what) {
    if (!value.is_number() || !std::isfinite(value.get<double>()))
        throw Error(ErrorCode::BadInput, std::string(what) + " is given in numbers, in px.");
    return value.get<double>();
}

std::optional<Region> region_of(const Json& spec, const char* member) {
    const auto found = spec.find(member);
    if (found == spec.end() || found->is_null())
        return std::nullopt;
    if (!found->is_array() || found->size() != 4)
        throw Error(ErrorCode::BadInput,
                    "A " + std::string(member) + " is four numbers: x, y, width and height in px.");
    std::array<double, 4> at{};
    for (std::size_t i = 0; i < at.size(); ++i) {
        at[i] = number((*found)[i], "A box or view");
        if (std::abs(at[i]) > 1e9)
            throw Error(ErrorCode::BadInput, "A " + std::string(member) + " lies beside the image.");
    }
    return Region{std::llround(std::floor(at[0])), std::llround(std::floor(at[1])),
                  std::llround(std::ceil(at[2])), std::llround(std::ceil(at[3]))};
}

Prompt prompt_of(const Json& spec) {
    Prompt prompt;
    prompt.box = region_of(spec, "box");
    const auto clicks = spec.find("clicks");
    if (clicks == spec.end() || clicks->is_null())
        return prompt;
    if (!clicks->is_array())
        throw Error(ErrorCode::BadInput, "\"clicks\" is a list of {\"x\", \"y\", \"object\"}.");
    for (const Json& click : *clicks) {
        if (!click.is_object() || !click.contains("x") || !click.contains("y"))
            throw Error(ErrorCode::BadInput, "\"clicks\" is a list of {\"x\", \"y\", \"object\"}.");
        prompt.clicks.push_back({{number(click.at("x"), "A click"), number(click.at("y"), "A click")},
                                 click.value("object", true)});
    }
    return prompt;
}

Json to_json(const Region& region) {
    return {region.x, region.y, region.width, region.height};
}

class SegmentObject final : public Operation {
public:
    explicit SegmentObject(std::shared_ptr<ObjectMemory> memory) : memory_(std::move(memory)) {}

    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        try {
            const Asked what = asked(spec);
            prompt_of(spec);
            result.summary =
                "Finds the object that the clicks mean in " + what.image.file.filename().string() + ".";
        } catch (const Error& error) {
            result.errors.emplace_back(error.what());
        }
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const auto started = std::chrono::steady_clock::now();
        const Asked what = asked(spec);
        const Prompt prompt = prompt_of(spec);
        const auto view = region_of(spec, "view");
        const std::scoped_lock lock(memory_->mutex());
        context.throw_if_cancelled();
        const auto opened = memory_->open(what.image, what.project, select_device(spec));
        const FoundObject found =
            opened.finder.find(opened.image, prompt, view ? std::max(view->width, view->height) : 0, context);
        OperationResult result;
        result.json = {
            {"kind", "object-mask"},
            {"region", to_json(found.region)},
            {"expected_iou", found.expected_iou},
            {"network", opened.learnt ? "project" : "built-in"},
            {"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count()}};
        const auto bytes = std::as_bytes(std::span(found.mask.pixels));
        result.bytes.assign(bytes.begin(), bytes.end());
        return result;
    }

private:
    std::shared_ptr<ObjectMemory> memory_;
};

ParameterSchema everything_parameters() {
    return {
        real_parameter("size", 0, "Size of an object",
                       "The longer side of a typical object in px; 0: found by trial clicks.")
            .range(0, 100'000),
        real_parameter("least-iou", 0.7, "Sure enough",
                       "Objects whose outline the network trusts less than this are left out.")
            .range(0, 1),
        integer_parameter("least-area", 16, "Smallest area", "Objects of fewer px are left out.")
            .range(1, 1'000'000'000),
    };
}

class SegmentEverything final : public Operation {
public:
    explicit SegmentEverything(std::shared_ptr<ObjectMemory> memory) : memory_(std::move(memory)) {}

    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        try {
            const Asked what = asked(spec);
            options_of(spec);
            result.summary = "Finds all objects in " + what.image.file.filename().string() + ".";
        } catch (const Error& error) {
            result.errors.emplace_back(error.what());
        }
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const Asked what = asked(spec);
        const AllObjectsOptions options = options_of(spec);
        const auto view = region_of(spec, "view");
        const std::scoped_lock lock(memory_->mutex());
        const auto opened = memory_->open(what.image, what.project, select_device(spec));
        const AllObjects all = find_all(
            opened.finder, opened.network, opened.image,
            view.value_or(Region{0, 0, opened.image.width(), opened.image.height()}), options, context);
        OperationResult result;
        result.json = {{"kind", "object-ids"},     {"region", to_json(all.region)},
                       {"objects", Json::array()}, {"size", all.size},
                       {"clicks", all.clicks},     {"network", opened.learnt ? "project" : "built-in"}};
        for (std::size_t i = 0; i < all.expected_iou.size(); ++i)
            result.json["objects"].push_back({{"id", i + 1}, {"expected_iou", all.expected_iou[i]}});
        const auto bytes = std::as_bytes(all.labels.ids());
        result.bytes.assign(bytes.begin(), bytes.end());
        return result;
    }

private:
    static AllObjectsOptions options_of(const Json& spec) {
        const auto found = spec.find("set");
        const Json set = everything_parameters().complete(
            found == spec.end() || found->is_null() ? Json::object() : *found);
        AllObjectsOptions options;
        options.size = set.at("size");
        options.least_iou = set.at("least-iou");
        options.least_area = set.at("least-area");
        return options;
    }

    std::shared_ptr<ObjectMemory> memory_;
};

} // namespace

void register_segment_operations(OperationRegistry& operations, std::shared_ptr<ObjectMemory> memory) {
    operations.add({.name = "segment-object",
                    .title = "Object from a click",
                    .help = "Finds the object that clicks or a box mean.",
                    .parameters = {},
                    .make = [memory] { return std::make_unique<SegmentObject>(memory); }});
    operations.add({.name = "segment-everything",
                    .title = "Segment everything",
                    .help = "Clicks for you, all over a view, and keeps the objects that are sure.",
                    .parameters = everything_parameters(),
                    .make = [memory] { return std::make_unique<SegmentEverything>(memory); }});
}

} // namespace eyepiece::prompt
