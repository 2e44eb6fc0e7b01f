// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/forest_learning.h"

#include "core/base/error.h"
#include "core/formats/image_reader.h"

#include <algorithm>
#include <utility>

namespace eyepiece::label {

ParameterSchema forest_parameters() {
    ParameterSchema schema = PixelFeatureOptions::parameters();
    schema.add(integer_parameter("trees", 100, "Trees",
                                 "How many trees vote on each pixel: more are smoother, and slower.")
                   .range(1, RandomForest::most_trees));
    return schema;
}

void require_two_classes(Project& project, const LabelledPixels& labels) {
    if (labels.classes.size() >= 2)
        return;
    if (labels.classes.empty())
        throw Error(ErrorCode::BadInput,
                    "Paint a little of at least two classes to learn from: what you are looking for, and "
                    "background.");
    const ClassId only = labels.classes.front();
    const auto known = project.classes().find(only);
    const std::string name = known ? known->name : "one class";
    throw Error(ErrorCode::BadInput, "Only " + name + " is labelled so far. Paint a little of " +
                                         (only == 0 ? "another class" : "background or of another class") +
                                         " too, and the rest can be told apart.");
}

RandomForest learn_forest(const LabelledPixels& labels, const Json& set, std::uint64_t seed, int threads,
                          const JobContext& context) {
    return RandomForest::fit(labels.examples, static_cast<int>(labels.classes.size()),
                             {.trees = set.at("trees").get<int>(), .seed = seed, .threads = threads},
                             context);
}

Json pixel_counts(const std::map<ClassId, std::int64_t>& counts) {
    Json json = Json::object();
    for (const auto& [id, count] : counts)
        json[std::to_string(id)] = count;
    return json;
}

ImageInfo kind_of_labelled_images(Project& project, const PixelFeatureOptions& options,
                                  const JobContext& context) {
    struct Kind {
        std::vector<std::string> features;
        ImageInfo info;
        int images = 0;
    };
    std::vector<Kind> kinds;
    std::string unread;
    for (const Item& item : project.items().all()) {
        if (item.objects == 0)
            continue;
        context.throw_if_cancelled();
        try {
            ImageInfo info = probe_image(item.path);
            std::vector<std::string> names = PixelFeatures(options, info).names();
            const auto same = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) {
                return kind.info.type == info.type && kind.features == names;
            });
            if (same == kinds.end())
                kinds.push_back({std::move(names), std::move(info), 1});
            else
                ++same->images;
        } catch (const Error& error) {
            unread = error.what();
        }
    }
    if (kinds.empty() && !unread.empty())
        throw Error(ErrorCode::BadInput, "No labelled image can be read: " + unread);
    if (kinds.empty())
        require_two_classes(project, {});
    return std::max_element(kinds.begin(), kinds.end(), // of as many, the first
                            [](const Kind& a, const Kind& b) { return a.images < b.images; })
        ->info;
}

} // namespace eyepiece::label
