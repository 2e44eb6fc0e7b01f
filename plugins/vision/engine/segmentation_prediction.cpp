// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of SegmentationTask that ask a trained network: predict and evaluate.
#include "core/base/error.h"
#include "core/data/components.h"
#include "core/formats/image_reader.h"
#include "core/formats/image_writer.h"
#include "core/learning/segmentation_metrics.h"
#include "core/learning/tiled_prediction.h"
#include "core/project/project.h"
#include "plugins/vision/engine/segmentation_objects.h"
#include "plugins/vision/engine/segmentation_task.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

namespace eyepiece::vision {
namespace {

constexpr std::array thresholds{0.5, 0.6, 0.7, 0.8, 0.9};

// What the network says of each pixel of a region: the output with the largest probability, and that
// probability.
struct PixelPrediction {
    std::int64_t width = 0, height = 0;
    std::vector<std::uint8_t> classes, confidence;
};

PixelPrediction predict_pixels(TrainedNetwork& network, ImageSource& source, const Region& region,
                               const Json& set, JobContext& context) {
    PixelPrediction result{region.width, region.height, {}, {}};
    result.classes.resize(static_cast<std::size_t>(region.width * region.height));
    result.confidence.resize(result.classes.size());
    TilingOptions options;
    options.tile = set.contains("tile") && set["tile"].is_number() ? set["tile"].get<std::int64_t>() : 0;
    options.flips = set.value("flips", false);
    options.z = labelled_z;
    options.t = labelled_t;
    const auto take = [&](std::int64_t y, const torch::Tensor& probabilities) {
        const auto pixels = probabilities.size(1) * region.width;
        const auto outputs = probabilities.size(0);
        const float* p = probabilities.data_ptr<float>();
        std::uint8_t* to = result.classes.data() + y * region.width;
        std::uint8_t* sure = result.confidence.data() + y * region.width;
        for (std::int64_t i = 0; i < pixels; ++i) {
            std::int64_t best = 0;
            for (std::int64_t k = 1; k < outputs; ++k)
                if (p[k * pixels + i] > p[best * pixels + i])
                    best = k;
            to[i] = static_cast<std::uint8_t>(best);
            sure[i] = static_cast<std::uint8_t>(std::min(255.f, p[best * pixels + i] * 255.f + 0.5f));
        }
    };
    predict_region(network, source, region, options, take, context);
    return result;
}

std::int64_t least_area_of(const TrainedNetwork& network, const Json& set) {
    if (set.contains("least-area") && set["least-area"].is_number())
        return set["least-area"].get<std::int64_t>();
    const Json plan = network.card().value("plan", Json::object());
    return plan.contains("least-area") && plan["least-area"].is_number()
               ? plan["least-area"].get<std::int64_t>()
               : 0;
}

Region region_from(const Json& spec, const ImageInfo& info) {
    const Region whole{0, 0, info.width, info.height};
    if (!spec.contains("region") || spec["region"].is_null())
        return whole;
    const Json& r = spec["region"];
    if (!r.is_array() || r.size() != 4)
        throw Error(ErrorCode::BadInput, "A region is [x, y, width, height].");
    const Region region = Region{r[0], r[1], r[2], r[3]}.intersected(whole);
    if (region.empty())
        throw Error(ErrorCode::BadInput, "The region lies outside of the image.");
    return region;
}

// Sums over images for one way of segmenting them.
struct Tally {
    explicit Tally(std::size_t classes) : confusion(classes) {}
    Confusion confusion;
    double iou = 0, dice = 0;
    int images = 0;
    void add(const Confusion& image) {
        confusion += image;
        iou += image.mean_foreground_iou();
        dice += image.mean_foreground_dice();
        ++images;
    }
    Json to_json(const std::string& title) const {
        const double n = std::max(1, images);
        return {{"title", title},
                {"mean_iou", iou / n},
                {"mean_dice", dice / n},
                {"pixel_accuracy", confusion.pixel_accuracy()}};
    }
};

Json ap_json(const std::vector<ObjectMatches>& matches) {
    Json json = Json::object();
    for (std::size_t i = 0; i < thresholds.size(); ++i) {
        char name[8];
        std::snprintf(name, sizeof name, "%.1f", thresholds[i]);
        json[name] = matches.at(i).average_precision();
    }
    return json;
}

// An item's objects of the foreground classes, in parts that hang together: "connected" splits what the label
// says is one.
LabelMap truth_objects(Project& project, const Item& item, const std::vector<std::uint8_t>& classes) {
    LabelMap ids = project.labels().read(item.id, {0, 0, item.width, item.height});
    for (std::size_t i = 0; i < classes.size(); ++i)
        if (classes[i] == 0 || classes[i] == LabelledImage::unknown)
            ids.ids()[i] = 0;
    return ids;
}

// Otsu's threshold on the image as the network would see it, so that the comparison is of what is done with
// it.
std::vector<std::uint8_t> otsu_classes(const Image& arranged, const Normalisation& normalisation, bool dark,
                                       std::uint8_t output) {
    const auto input = normalisation.apply(arranged, normalisation.measure(arranged)).mean(0).contiguous();
    Image gray = Image::create(PixelType::Float32, 1, input.size(0), input.size(1));
    const auto to = gray.writable_plane_as<float>(0);
    std::copy_n(input.data_ptr<float>(), to.size(), to.begin());
    std::vector<std::uint8_t> classes(to.size(), 0);
    if (const auto cut = otsu_threshold(gray)) {
        const Mask mask = threshold(gray, 0, *cut, dark);
        std::transform(mask.pixels.begin(), mask.pixels.end(), classes.begin(),
                       [&](std::uint8_t v) { return v ? output : std::uint8_t{0}; });
    }
    return classes;
}

// What Otsu and the majority need to know of the training images: whether objects are darker than the ground,
// the commonest class, and the commonest class of objects. From at most 24 of them.
struct TrainingFacts {
    bool dark = false;
    std::uint8_t majority = 0, foreground = 1;
};

TrainingFacts training_facts(Project& project, const Normalisation& normalisation,
                             const std::vector<OutputClass>& classes, JobContext& context) {
    std::vector<Item> items;
    for (const Item& item : project.items().all())
        if (item.split == "train" && (item.objects > 0 || item.complete) &&
            item.width * item.height <= 4096 * 4096)
            items.push_back(item);
    if (items.empty())
        for (const Item& item : project.items().all())
            if (item.objects > 0 && item.width * item.height <= 4096 * 4096)
                items.push_back(item);
    std::vector<std::int64_t> counts(classes.size(), 0);
    int votes = 0;
    const std::size_t step = std::max<std::size_t>(1, items.size() / 24);
    for (std::size_t i = 0; i < items.size(); i += step) {
        context.throw_if_cancelled();
        const auto image =
            read_labelled(project, items[i], {0, 0, items[i].width, items[i].height}, normalisation, classes);
        const auto input = normalisation.apply(image.pixels, image.limits).mean(0).contiguous();
        double sum[2] = {0, 0}, count[2] = {0, 0};
        for (std::size_t p = 0; p < image.classes.size(); ++p) {
            const std::uint8_t c = image.classes[p];
            if (c == LabelledImage::unknown)
                continue;
            ++counts[c];
            sum[c > 0] += input.data_ptr<float>()[p];
            count[c > 0] += 1;
        }
        if (count[0] > 0 && count[1] > 0)
            votes += sum[1] / count[1] > sum[0] / count[0] ? 1 : -1;
    }
    TrainingFacts facts;
    facts.dark = votes < 0;
    facts.majority =
        static_cast<std::uint8_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
    facts.foreground =
        static_cast<std::uint8_t>(std::max_element(counts.begin() + 1, counts.end()) - counts.begin());
    return facts;
}

} // namespace

ParameterSchema SegmentationTask::prediction_parameters() const {
    return {
        choice_parameter(
            "objects", "watershed", {"watershed", "connected", "none"}, "Objects",
            "Split touching objects by a watershed of their distance to the ground, take what hangs "
            "together as one, or find none."),
        integer_parameter("least-area", nullptr, "Smallest object", "Objects of fewer pixels are dropped.")
            .range(0, 1e9)
            .with_unit("px"),
        boolean_parameter(
            "flips", false, "Mirror and average",
            "Also predicts the mirrored image and takes the mean: a little better, four times the work.")
            .rarely(),
        integer_parameter("tile", nullptr, "Tile", "Side of the tiles that large images are predicted in.")
            .range(64, 8192)
            .with_unit("px")
            .rarely(),
    };
}

OperationResult SegmentationTask::predict(TrainedNetwork& network, ImageSource& source, const Json& spec,
                                          JobContext& context) const {
    const auto start = std::chrono::steady_clock::now();
    const Json set = prediction_parameters().complete(spec.value("set", Json::object()));
    const Region region = region_from(spec, source.info());
    const auto classes = classes_from_json(network.card().at("classes"));
    PixelPrediction pixels = predict_pixels(network, source, region, set, context);
    context.progress(-1, "finding objects");
    FoundObjects found = find_objects(pixels.classes, pixels.confidence, region.width, region.height,
                                      static_cast<int>(classes.size()), set.at("objects"),
                                      least_area_of(network, set), context);
    pixels.confidence = {};

    OperationResult result;
    Json objects = Json::array();
    for (const FoundObject& o : found.objects)
        objects.push_back({{"id", o.id},
                           {"class", classes[static_cast<std::size_t>(o.output)].id},
                           {"area", o.area},
                           {"bounds", {o.bounds.x, o.bounds.y, o.bounds.width, o.bounds.height}},
                           {"score", o.score}});
    result.json = {{"width", region.width},
                   {"height", region.height},
                   {"region", {region.x, region.y, region.width, region.height}},
                   {"classes", to_json(classes)},
                   {"objects", std::move(objects)},
                   {"device", network.device().name},
                   {"precision", network.device().precision()}};
    if (spec.contains("out") && !spec["out"].is_null()) {
        const std::filesystem::path out = spec["out"].get<std::string>();
        if (set.at("objects") == "none") // then the classes themselves are what is wanted
            for (std::size_t i = 0; i < pixels.classes.size(); ++i)
                found.ids.ids()[i] = pixels.classes[i];
        write_label_image(out, found.ids);
        result.json["out"] = out.string();
        std::filesystem::path beside = out;
        beside.replace_extension(".json");
        Json brief = result.json;
        brief["model"] = spec.value("model", Json());
        write_file_atomically(beside, brief.dump(1));
    } else {
        const std::size_t count = pixels.classes.size();
        result.bytes.resize(count * 5);
        std::memcpy(result.bytes.data(), found.ids.ids().data(), count * 4);
        std::memcpy(result.bytes.data() + count * 4, pixels.classes.data(), count);
    }
    result.json["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
}

Json SegmentationTask::evaluate(TrainedNetwork& network, Project& project, const std::vector<Item>& items,
                                const Json& spec, JobContext& context) const {
    const Json set = prediction_parameters().complete(spec.value("set", Json::object()));
    const auto classes = classes_from_json(network.card().at("classes"));
    const auto outputs = classes.size();
    const std::int64_t least_area = least_area_of(network, set);
    const Normalisation& normalisation = network.normalisation();
    const TrainingFacts facts = training_facts(project, normalisation, classes, context);

    Tally tally(outputs), majority(outputs), otsu(outputs);
    std::map<std::string, std::vector<ObjectMatches>> matches{
        {"connected", std::vector<ObjectMatches>(thresholds.size())},
        {"watershed", std::vector<ObjectMatches>(thresholds.size())}};
    std::vector<Json> images;
    for (std::size_t i = 0; i < items.size(); ++i) {
        context.throw_if_cancelled();
        context.progress(static_cast<double>(i) / static_cast<double>(items.size()), items[i].name);
        const Item& item = items[i];
        const auto source = open_image(item.path);
        const Region whole{0, 0, source->info().width, source->info().height};
        const auto truth = read_classes(project.labels(), item, whole, classes);
        const PixelPrediction pixels = predict_pixels(network, *source, whole, set, context);
        Confusion confusion(outputs);
        confusion.add(truth, pixels.classes);
        if (confusion.total() == 0)
            continue; // nothing labelled
        tally.add(confusion);

        Confusion always(outputs), cut(outputs);
        always.add(truth, std::vector<std::uint8_t>(truth.size(), facts.majority));
        majority.add(always);
        const Image arranged = normalisation.arranged(source->read(whole, 0, labelled_z, labelled_t));
        cut.add(truth, otsu_classes(arranged, normalisation, facts.dark, facts.foreground));
        otsu.add(cut);

        std::vector<std::uint8_t> unknown(truth.size());
        std::transform(truth.begin(), truth.end(), unknown.begin(),
                       [](std::uint8_t c) { return c == LabelledImage::unknown; });
        const LabelMap true_objects = truth_objects(project, item, truth);
        Json ap = Json::object();
        std::size_t count = 0;
        for (auto& [mode, sums] : matches) {
            const FoundObjects found =
                find_objects(pixels.classes, pixels.confidence, whole.width, whole.height,
                             static_cast<int>(outputs), mode, least_area, context);
            const auto of_image = match_objects(true_objects, found.ids, thresholds, unknown);
            for (std::size_t k = 0; k < sums.size(); ++k)
                sums[k] += of_image[k];
            ap[mode] = ap_json(of_image);
            count = found.objects.size();
        }
        images.push_back({{"item", item.id},
                          {"name", item.name},
                          {"iou", confusion.mean_foreground_iou()},
                          {"dice", confusion.mean_foreground_dice()},
                          {"pixel_accuracy", confusion.pixel_accuracy()},
                          {"otsu_iou", cut.mean_foreground_iou()},
                          {"objects_found", count},
                          {"objects_labelled", item.objects},
                          {"ap", ap}});
    }
    if (images.empty())
        throw Error(ErrorCode::BadInput, "None of the images of this split has labels to compare with.");
    std::stable_sort(images.begin(), images.end(),
                     [](const Json& a, const Json& b) { return a.at("iou") < b.at("iou"); });
    Json of_classes = Json::array();
    for (std::size_t c = 0; c < outputs; ++c)
        of_classes.push_back({{"id", classes[c].id},
                              {"name", classes[c].name},
                              {"color", classes[c].color},
                              {"iou", tally.confusion.iou(c)},
                              {"dice", tally.confusion.dice(c)},
                              {"accuracy", tally.confusion.accuracy(c)}});
    const Json summary = tally.to_json("");
    return {
        {"images", images},
        {"classes", of_classes},
        {"pixel_accuracy", tally.confusion.pixel_accuracy()},
        {"mean_iou", summary.at("mean_iou")},
        {"mean_dice", summary.at("mean_dice")},
        {"ap", {{"connected", ap_json(matches["connected"])}, {"watershed", ap_json(matches["watershed"])}}},
        {"confusion", tally.confusion.to_json()},
        {"baselines",
         {{"majority", majority.to_json("Always \"" + classes[facts.majority].name + "\"")},
          {"otsu", otsu.to_json("Otsu's threshold")}}}};
}

} // namespace eyepiece::vision
