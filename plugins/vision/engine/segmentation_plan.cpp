// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/engine/segmentation_plan.h"

#include "core/base/error.h"
#include "core/formats/image_reader.h"
#include "core/learning/normalisation.h"
#include "core/project/project.h"
#include "plugins/vision/engine/segmentation_data.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

namespace eyepiece::vision {
namespace {

double quantile(std::vector<double> values, double share) {
    if (values.empty())
        return 0;
    const auto at = static_cast<std::size_t>(std::llround(share * static_cast<double>(values.size() - 1)));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
    return values[at];
}

std::string number(double value, int digits = 0) {
    std::ostringstream text;
    text.setf(std::ios::fixed);
    text.precision(digits);
    text << value;
    return text.str();
}

// What one image is like, seen at no more than a megapixel of its labelled part.
struct Look {
    bool colour = false; // three channels that differ
    int channels = 1;
    bool rgb = false;
    bool bright_ground = false; // as Normalisation::invert_bright_ground judges it
    bool comparable = false;    // has both objects and ground
    bool objects_brighter = false;
};

Look look_at(Project& project, const Item& item, const std::vector<OutputClass>& classes) {
    const auto source = open_image(item.path);
    const ImageInfo& info = source->info();
    Region region = learning_region(project, item, 64);
    region.width = std::min<std::int64_t>(region.width, 1024);
    region.height = std::min<std::int64_t>(region.height, 1024);
    const Image image = source->read(region, 0, labelled_z, labelled_t);
    Look look;
    look.channels = image.channels();
    look.rgb = info.rgb && image.channels() == 3;
    look.colour = look.rgb && !is_gray(image);
    if (image.channels() != 1 && !look.rgb)
        return look;
    Normalisation gray;
    gray.invert_bright_ground = true;
    const Image luminance = gray.arranged(image);
    look.bright_ground = gray.measure(luminance).inverted;
    const auto found = read_classes(project.labels(), item, region, classes);
    double sum[2] = {0, 0}, count[2] = {0, 0};
    for (std::int64_t y = 0; y < region.height; ++y)
        for (std::int64_t x = 0; x < region.width; ++x) {
            const std::uint8_t c = found[static_cast<std::size_t>(y * region.width + x)];
            if (c == LabelledImage::unknown)
                continue;
            sum[c > 0] += luminance.value(0, x, y);
            count[c > 0] += 1;
        }
    look.comparable = count[0] >= 20 && count[1] >= 20;
    look.objects_brighter = look.comparable && sum[1] / count[1] > sum[0] / count[0];
    return look;
}

// The mean of (c_1 ... c_n) / pixels; text as the user writes it: "1, 2.5".
std::vector<double> numbers(const std::string& text) {
    std::vector<double> result;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, ',');) {
        try {
            result.push_back(std::stod(part));
        } catch (const std::exception&) {
            throw Error(ErrorCode::BadInput,
                        "The class weights \"" + text + "\" are not numbers with commas between.");
        }
    }
    return result;
}

} // namespace

Fingerprint segmentation_fingerprint(Project& project, const std::vector<Item>& train,
                                     const std::vector<Item>& val, JobContext& context) {
    std::int64_t objects = 0, complete = 0, largest = 0, smallest = 0;
    double patches = 0;
    std::map<ClassId, std::pair<std::int64_t, std::int64_t>> of_class; // objects, pixels
    std::vector<double> diameters;
    std::vector<Item> labelled;
    for (const Item& item : train) {
        context.throw_if_cancelled();
        const auto list = project.labels().objects(item.id);
        if (list.empty() && !item.complete)
            continue;
        labelled.push_back(item);
        complete += item.complete;
        patches += static_cast<double>(item.width * item.height) / (256.0 * 256.0);
        largest = std::max({largest, item.width, item.height});
        const auto shorter = std::min(item.width, item.height);
        smallest = smallest == 0 ? shorter : std::min(smallest, shorter);
        for (const LabelObject& object : list) {
            of_class[object.class_id].first += 1;
            of_class[object.class_id].second += object.area;
            if (object.class_id == 0)
                continue;
            ++objects;
            diameters.push_back(std::sqrt(4.0 / M_PI * static_cast<double>(object.area)));
        }
    }
    if (labelled.empty() || of_class.empty())
        throw Error(ErrorCode::BadInput,
                    "No image for training has labels. Label some objects in the stage Label, "
                    "or import masks, then train.");
    if (objects == 0)
        throw Error(ErrorCode::BadInput,
                    "Only background is labelled. Label some objects of another class too.");
    std::vector<OutputClass> classes;
    Json class_list = Json::array();
    for (const LabelClass& c : project.classes().all())
        if (c.id == 0 || of_class.count(c.id) > 0) {
            classes.push_back({c.id, c.name, c.color});
            class_list.push_back({{"id", c.id},
                                  {"name", c.name},
                                  {"color", c.color},
                                  {"objects", of_class[c.id].first},
                                  {"pixels", of_class[c.id].second}});
        }
    if (classes.size() > LabelledImage::unknown)
        throw Error(ErrorCode::BadInput, "A segmentation tells at most 254 classes apart.");
    if (complete == 0 && of_class[0].first == 0 && classes.size() == 2)
        throw Error(
            ErrorCode::BadInput,
            "Nothing says what is not \"" + classes[1].name +
                "\": paint some background, or mark the images whose every object is labelled as complete.");
    if (complete > 0) { // the pixels without an object
        double unlabelled = 0;
        for (const Item& item : labelled)
            if (item.complete)
                unlabelled += static_cast<double>(item.width * item.height);
        for (const auto& [id, counts] : of_class)
            unlabelled -= complete == static_cast<std::int64_t>(labelled.size())
                              ? static_cast<double>(counts.second)
                              : 0;
        class_list[0]["pixels"] = static_cast<std::int64_t>(std::max(0.0, unlabelled)) + of_class[0].second;
    }

    std::map<std::string, int> kinds, channels;
    std::set<int> counts;
    Json kind_of = Json::object();
    int comparable = 0, brighter = 0, rule_right = 0, seen = 0;
    const std::size_t every = (labelled.size() + pixel_sample - 1) / pixel_sample;
    for (std::size_t i = 0; i < labelled.size(); i += every) {
        context.throw_if_cancelled();
        const Look look = look_at(project, labelled[i], classes);
        const std::string kind = std::string(look.colour                      ? "colour"
                                             : look.channels == 1 || look.rgb ? "gray"
                                                                              : "multichannel") +
                                 (look.bright_ground ? " on bright ground" : " on dark ground");
        ++kinds[kind];
        kind_of[std::to_string(labelled[i].id)] = kind;
        ++channels[look.colour ? "colour" : look.channels == 1 || look.rgb ? "gray" : "other"];
        counts.insert(look.rgb ? (look.colour ? 3 : 1) : look.channels);
        ++seen;
        if (look.comparable) {
            ++comparable;
            brighter += look.objects_brighter;
            rule_right += look.bright_ground != look.objects_brighter;
        }
    }
    Fingerprint result;
    result.json = {
        {"items", labelled.size()},
        {"validation-items", val.size()},
        {"objects", objects},
        {"complete", complete},
        {"partial", static_cast<std::int64_t>(labelled.size()) - complete},
        {"patches", patches},
        {"largest-side", largest},
        {"smallest-side", smallest},
        {"classes", class_list},
        {"object-diameter",
         {{"low", quantile(diameters, 0.05)},
          {"median", quantile(diameters, 0.5)},
          {"high", quantile(diameters, 0.95)}}},
        {"channels", channels},
        {"channel-counts", counts},
        {"kinds", kinds},
        {"kind-of", kind_of},
        {"polarity", {{"compared", comparable}, {"objects-brighter", brighter}, {"rule-right", rule_right}}},
        {"looked-at", seen}};
    return result;
}

ParameterSchema segmentation_parameters() {
    const char* group = "Data";
    return {
        integer_parameter("patch-size", nullptr, "Patch",
                          "Side of the square patches that the network learns from.")
            .range(32, 2048)
            .with_unit("px")
            .in(group),
        choice_parameter("channels", nullptr, {"gray", "rgb", "all"}, "Channels",
                         "What the network sees: gray (luminance), colour, or each channel of the file.")
            .in(group),
        choice_parameter(
            "normalisation", "typical", {"typical", "percentile", "type"}, "Intensities",
            "Typical: a low percentile of each image becomes 0 and a typical bright object 0.8, however "
            "bright a few others are. Or map two percentiles, or the pixel type's full range, to 0 and 1.")
            .in(group),
        real_parameter("low-percentile", 1.0, "Low percentile", "The share of pixels that become 0 or less.")
            .range(0, 49)
            .with_unit("%")
            .in(group)
            .rarely(),
        real_parameter("high-percentile", 99.8, "High percentile",
                       "The share of pixels that stay at 1 or less.")
            .range(51, 100)
            .with_unit("%")
            .in(group)
            .rarely(),
        real_parameter("display-gamma", 1.0, "Gamma",
                       "Below 1 it lifts the dark parts before the network sees them.")
            .range(0.2, 5)
            .in(group)
            .rarely(),
        choice_parameter(
            "bright-ground", nullptr, {"as-is", "invert"}, "Bright images",
            "Invert turns images with a bright ground over, so that stained and fluorescent ones look alike.")
            .in(group),
        boolean_parameter("balance", true, "Balance kinds",
                          "Draw images of rare kinds (stained among fluorescent ones) more often.")
            .in(group)
            .rarely(),
        text_parameter("class-weights", nullptr, "Class weights",
                       "How much a pixel of each class counts, with commas between, background first.")
            .in(group)
            .rarely(),
        real_parameter("dice", 1.0, "Dice share", "Weight of the Dice loss beside cross-entropy.")
            .range(0, 100)
            .in(group)
            .rarely(),
        real_parameter("least-area", nullptr, "Smallest object",
                       "Predicted objects below this area are dropped.")
            .range(0, 1e9)
            .with_unit("px")
            .in(group)
            .rarely(),
    };
}

Json segmentation_plan(const Json& f, const Json& given) {
    Json plan = given;
    Json reasons = Json::object();
    const auto choose = [&](const char* name, const Json& value, const std::string& why) {
        if (plan.contains(name) && !plan[name].is_null()) {
            reasons[name] = "You set it.";
            return;
        }
        plan[name] = value;
        reasons[name] = why;
    };
    const double diameter = f.at("object-diameter").at("median");
    const double large = f.at("object-diameter").at("high");
    const auto largest = f.at("largest-side").get<std::int64_t>();
    const std::string size_text =
        "objects measure " + number(diameter) + " px, the largest " + number(large) + " px";

    // Model: the bottleneck should see a few objects.
    const int depth = large < 10 ? 3 : large > 160 ? 5 : 4;
    choose("depth", depth,
           "At this depth a cell of the coarsest level spans " + std::to_string(1 << depth) + " px; " +
               size_text + ".");
    choose("base-width", 16, "16 channels do well on images of cells, and train in minutes on a processor.");
    const std::int64_t multiple = std::int64_t{1} << plan.value("depth", depth);

    std::int64_t patch = large > 120 ? 384 : 256;
    const std::int64_t reach = (largest + multiple - 1) / multiple * multiple;
    const bool small = reach < patch;
    patch = std::min(patch, std::max<std::int64_t>(reach, std::max<std::int64_t>(64, multiple)));
    patch = (patch + multiple - 1) / multiple * multiple;
    choose("patch-size", patch,
           small ? "No image is larger than " + std::to_string(largest) + " px."
                 : "Holds several objects: " + size_text + ".");
    if (plan["patch-size"].get<std::int64_t>() % multiple != 0)
        throw Error(ErrorCode::BadInput, "A patch of " + plan["patch-size"].dump() + " px cannot be halved " +
                                             plan["depth"].dump() + " times. Choose a multiple of " +
                                             std::to_string(multiple) + " px.");

    // Input.
    const Json& channels = f.at("channels");
    const auto counts = f.at("channel-counts").get<std::vector<int>>();
    const int gray = channels.value("gray", 0), colour = channels.value("colour", 0),
              other = channels.value("other", 0);
    const bool given_channels = plan.contains("channels") && !plan["channels"].is_null();
    if (!given_channels && other > 0 && counts.size() > 1)
        throw Error(ErrorCode::BadInput,
                    "The labelled images have different numbers of channels. Train on images of "
                    "one kind, or set channels to gray.");
    if (other > 0)
        choose("channels", "all",
               "The images have " + std::to_string(counts.front()) + " channels, each with its own meaning.");
    else if (colour > 0)
        choose("channels", "rgb",
               gray > 0 ? std::to_string(colour) + " images are in colour, " + std::to_string(gray) +
                              " are gray: gray is shown to the network as colour."
                        : "The images are in colour.");
    else
        choose("channels", "gray", "All images are gray.");
    const Json& polarity = f.at("polarity");
    const int compared = polarity.at("compared"), brighter = polarity.at("objects-brighter"),
              right = polarity.at("rule-right");
    const bool mixed = compared > 0 && brighter > 0 && brighter < compared;
    if (mixed && right >= 0.85 * compared)
        choose("bright-ground", "invert",
               "Objects are brighter than the ground in " + std::to_string(brighter) +
                   " images and darker in " + std::to_string(compared - brighter) +
                   "; turning over those with a bright ground makes them alike.");
    else
        choose("bright-ground", "as-is",
               mixed ? "Objects are brighter in some images and darker in others, but the ground's "
                       "brightness does not tell which."
                     : "Objects differ from the ground the same way in all images.");
    Normalisation input;
    input.channels = plan["channels"];
    input.input_channels = input.channels == "gray" ? 1 : input.channels == "rgb" ? 3 : counts.front();
    input.mode = plan.value("normalisation", "typical");
    input.low_percentile = plan.value("low-percentile", 1.0);
    input.high_percentile = plan.value("high-percentile", 99.8);
    input.gamma = plan.value("display-gamma", 1.0);
    input.invert_bright_ground = plan["bright-ground"] == "invert";
    plan["input"] = input.to_json();

    // How long to learn: by the amount of data alone, so that the same project always gives the same plan.
    const std::int64_t batch = 4;
    choose("batch-size", batch,
           "Small batches take more steps in the same time; four patches keep two cores busy.");
    const double patches = f.at("patches");
    const double samples = std::clamp(36.0 * patches, 360.0, 3600.0); // patches of 256 x 256
    const double side = plan["patch-size"].get<double>() / 256;
    const auto epoch_size = std::max<double>(32, f.at("items").get<double>());
    const int epochs = std::max(2, static_cast<int>(std::lround(samples / (side * side) / epoch_size)));
    choose("epochs", epochs,
           "About " + number(samples) + " patches suffice for " + number(f.at("items").get<double>()) +
               " images; more changes little.");
    choose("patience", 0,
           "The learning rate falls to zero by the last epoch, and most runs are best near it: none is cut "
           "short.");

    // Classes.
    plan["classes"] = Json::array();
    double total = 0;
    for (const Json& c : f.at("classes")) {
        plan["classes"].push_back({{"id", c.at("id")}, {"name", c.at("name")}, {"color", c.at("color")}});
        total += c.at("pixels").get<double>();
    }
    std::string weights;
    bool rare = false;
    for (const Json& c : f.at("classes")) {
        const double share = c.at("pixels").get<double>() / std::max(1.0, total);
        const double weight = share > 0 && share < 0.03 ? std::min(5.0, std::sqrt(0.03 / share)) : 1.0;
        rare = rare || weight > 1;
        weights += (weights.empty() ? "" : ", ") + number(weight, 2);
    }
    choose("class-weights", weights,
           rare ? "Classes below 3 % of the labelled pixels count more." : "No class is rare.");
    const auto chosen = numbers(plan["class-weights"].get<std::string>());
    if (chosen.size() != plan["classes"].size() || *std::min_element(chosen.begin(), chosen.end()) < 0)
        throw Error(ErrorCode::BadInput, "There are " + std::to_string(plan["classes"].size()) +
                                             " classes, but the class weights are \"" +
                                             plan["class-weights"].get<std::string>() +
                                             "\". Give one number of 0 or more for each.");
    plan["class-weight-values"] = chosen;
    const double low = f.at("object-diameter").at("low");
    choose("least-area", std::floor(0.3 * M_PI / 4 * low * low), "A third of the smallest labelled objects.");

    plan["kind-of"] = f.at("kind-of");
    plan["reasons"] = reasons;
    return plan;
}

} // namespace eyepiece::vision
