// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/live_forest.h"

#include "core/base/error.h"
#include "core/formats/image_reader.h"
#include "core/learning/device.h"
#include "plugins/label/engine/forest_learning.h"
#include "plugins/label/engine/pixel_classifier.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace eyepiece::label {

namespace {

constexpr std::int64_t most_whole = 64 << 20; // px: of a larger image only the view is classified
constexpr std::int64_t suggestion_side = 64;  // px
constexpr std::size_t most_suggestions = 5;
constexpr double sure = 0.9; // certainty above which a place teaches nothing

Json head_of(const Region& region, const std::vector<ClassId>& classes) {
    return {{"kind", "pixel-classes"},
            {"region", {region.x, region.y, region.width, region.height}},
            {"classes", classes},
            {"layers", {"class", "certainty"}}};
}

Region view_of(const Json& spec, const Region& whole) {
    const auto found = spec.find("view");
    if (found == spec.end() || found->is_null())
        return whole;
    if (!found->is_array() || found->size() != 4 ||
        !std::all_of(found->begin(), found->end(), [](const Json& number) { return number.is_number(); }))
        throw Error(ErrorCode::BadInput, "A view is four numbers: x, y, width and height in px.");
    const auto at = [&](int i, double (*round)(double)) {
        return static_cast<std::int64_t>(round((*found)[static_cast<std::size_t>(i)].get<double>()));
    };
    return Region{at(0, std::floor), at(1, std::floor), at(2, std::ceil), at(3, std::ceil)}.intersected(
        whole);
}

PlaneIndex plane_of(const Json& spec, const ImageInfo& info) {
    PlaneIndex plane;
    if (const auto found = spec.find("plane"); found != spec.end() && found->is_object()) {
        plane.z = found->value("z", 0);
        plane.t = found->value("t", 0);
    }
    if (plane.z < 0 || plane.z >= info.depth || plane.t < 0 || plane.t >= info.frames)
        throw Error(ErrorCode::BadInput, "The image has no plane z " + std::to_string(plane.z) + ", t " +
                                             std::to_string(plane.t) + ".");
    return plane;
}

class LiveForest final : public Operation {
public:
    explicit LiveForest(std::shared_ptr<LiveMemory> memory) : memory_(std::move(memory)) {}

    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        try {
            PixelFeatureOptions::from_parameters(forest_parameters().complete(settings(spec)));
            if (!spec.contains("project") || !spec.contains("item"))
                throw Error(ErrorCode::BadInput,
                            "The spec does not say which image: \"project\" and \"item\".");
            const auto project = open_project(spec);
            result.summary = "Learns from all labels and classifies every pixel of " +
                             project->items().at(spec.at("item").get<ItemId>()).name + ".";
        } catch (const Error& error) {
            result.errors.emplace_back(error.what());
        }
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        if (!spec.contains("project") || !spec.contains("item"))
            throw Error(ErrorCode::BadInput, "The spec does not say which image: \"project\" and \"item\".");
        const Json set = forest_parameters().complete(settings(spec));
        const int threads = select_device(spec).threads;
        const auto project = open_project(spec);
        FeatureImage image;
        image.item = project->items().at(spec.at("item").get<ItemId>());
        image.source = open_image(image.item.path);
        const ImageInfo& info = image.source->info();
        image.plane = plane_of(spec, info);
        const PixelFeatures features(PixelFeatureOptions::from_parameters(set), info);

        const Region whole{0, 0, info.width, info.height};
        const Region view = view_of(spec, whole);
        const bool all = whole.width * whole.height <= most_whole;
        if (!all && view.width * view.height > most_whole)
            throw Error(ErrorCode::BadInput, "So much cannot be classified at once: zoom in.");

        const Clock clock;
        context.progress(0, "Reading the labels");
        const LabelledPixels labels = labelled_pixels(*project, features, *memory_, threads, context);
        require_two_classes(*project, labels);
        const double gathered = clock.seconds();
        context.progress(0.2, "Learning");
        const RandomForest forest =
            learn_forest(labels, set, spec.value("seed", std::uint64_t{0}), threads, context);
        const double learnt = clock.seconds();

        PixelClasses classes(all ? whole : view);
        PixelClassifier classifier(forest, image, features, *memory_, threads);
        const auto tell = [&](const Region& part) {
            if (part.empty())
                return;
            const std::vector<std::byte> bytes = classes.cropped(part).bytes();
            context.partial(head_of(part, labels.classes), bytes);
        };
        context.progress(0.3, "Classifying");
        classifier.classify(view, classes, context);
        tell(view);
        if (all)
            classifier.classify_rest(classes, context, [&](const Region& band) {
                context.progress(0.3 + 0.7 * static_cast<double>(band.bottom()) /
                                           static_cast<double>(whole.height),
                                 "Classifying");
                tell(band);
            });

        OperationResult result;
        result.json = head_of(classes.region, labels.classes);
        result.json["labelled_pixels"] = pixel_counts(labels.pixel_count);
        result.json["images"] = labels.images;
        result.json["out_of_bag"] = forest.out_of_bag() < 0 ? Json() : Json(forest.out_of_bag());
        result.json["importances"] = importances(forest, features);
        result.json["next"] = suggestions(classes);
        result.json["seconds"] = {
            {"features", gathered}, {"fit", learnt - gathered}, {"predict", clock.seconds() - learnt}};
        result.json["whole"] = all;
        result.bytes = classes.bytes();
        context.progress(1, "Done");
        return result;
    }

private:
    class Clock {
    public:
        double seconds() const {
            return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
        }

    private:
        std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    };

    static Json settings(const Json& spec) {
        const auto found = spec.find("set");
        return found == spec.end() || found->is_null() ? Json::object() : *found;
    }
    static std::unique_ptr<Project> open_project(const Json& spec) {
        return Project::open(spec.at("project").get<std::string>(), Project::Access::ReadOnly);
    }
    static Json importances(const RandomForest& forest, const PixelFeatures& features) {
        std::vector<std::size_t> order(features.names().size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return forest.importances()[a] > forest.importances()[b];
        });
        Json list = Json::array();
        for (const std::size_t at : order)
            list.push_back({{"feature", features.names()[at]}, {"value", forest.importances()[at]}});
        return list;
    }
    static Json suggestions(const PixelClasses& classes) {
        Json list = Json::array();
        for (const Suggestion& one : least_certain(classes, suggestion_side, most_suggestions)) {
            if (one.certainty > sure)
                break;
            list.push_back(
                {{"x", one.region.x},
                 {"y", one.region.y},
                 {"w", one.region.width},
                 {"h", one.region.height},
                 {"reason", "least sure here: " + std::to_string(std::lround(100 * one.certainty)) + " %"}});
        }
        return list;
    }

    std::shared_ptr<LiveMemory> memory_;
};

} // namespace

void register_live_forest(OperationRegistry& operations, std::shared_ptr<LiveMemory> memory) {
    operations.add({.name = "live-forest",
                    .title = "Learn as I paint",
                    .help = "Learns from all labels of a project and classifies every pixel of an image.",
                    .parameters = forest_parameters(),
                    .make = [memory] { return std::make_unique<LiveForest>(memory); }});
}

} // namespace eyepiece::label
