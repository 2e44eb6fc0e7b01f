// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/explain.h"

#include "core/data/color_map.h"
#include "core/data/contrast.h"
#include "core/formats/image_writer.h"
#include "core/operations/open.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

// A window of this side is looked at with some 2 GiB by a usual U-Net, whose activations are all kept for the
// way back; an image of no more pixels is looked at as a whole.
constexpr std::int64_t window_side = 1024; // px

// The class's place among the network's outputs.
int output_of(const TrainedNetwork& network, const std::string& name) {
    const Json& classes = network.card().at("classes");
    std::string known;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        const std::string candidate = classes[i].value("name", "");
        if (candidate == name)
            return static_cast<int>(i);
        known += (known.empty() ? "" : ", ") + candidate;
    }
    throw Error(ErrorCode::NotFound, "The model knows no class \"" + name + "\". It knows: " + known + ".");
}

std::string class_name(const TrainedNetwork& network, int output) {
    const Json& classes = network.card().at("classes");
    const auto index = static_cast<std::size_t>(output);
    return index < classes.size() ? classes[index].value("name", "") : std::to_string(output);
}

// The part of the image that is looked at: all of a small one, else a window around what is asked about.
Region window_around(const Region& focus, const ImageInfo& info) {
    const Region whole{0, 0, info.width, info.height};
    if (info.width * info.height <= window_side * window_side)
        return whole;
    const auto place = [](std::int64_t from, std::int64_t length, std::int64_t limit) {
        const std::int64_t side = std::min(limit, window_side);
        return std::pair(std::clamp<std::int64_t>(from + length / 2 - side / 2, 0, limit - side), side);
    };
    const auto [x, width] = place(focus.x, focus.width, info.width);
    const auto [y, height] = place(focus.y, focus.height, info.height);
    return {x, y, width, height};
}

// (1,C,H,W), H and W brought to a multiple by repeating the rim.
torch::Tensor padded(const torch::Tensor& input, int multiple) {
    const auto missing = [&](std::int64_t size) { return (multiple - size % multiple) % multiple; };
    return torch::replication_pad2d(input, {0, missing(input.size(3)), 0, missing(input.size(2))});
}

struct Question {
    int output = 1;
    torch::Tensor mask;    // (h,w) float32 of the window
    std::string explained; // in words
};

// The connected pixels of the predicted class around one of them.
torch::Tensor object_at(const torch::Tensor& is_target, std::int64_t x, std::int64_t y) {
    const torch::Tensor bytes = is_target.to(torch::kUInt8).contiguous();
    const cv::Mat mask(static_cast<int>(bytes.size(0)), static_cast<int>(bytes.size(1)), CV_8UC1,
                       bytes.data_ptr());
    cv::Mat components;
    cv::connectedComponents(mask, components, 4, CV_32S);
    const int wanted = components.at<int>(static_cast<int>(y), static_cast<int>(x));
    const cv::Mat same = components == wanted; // 255 where it holds
    return torch::from_blob(same.data, {same.rows, same.cols}, torch::kUInt8).to(torch::kFloat32).div(255);
}

Question make_question(const Json& spec, const TrainedNetwork& network,
                       const torch::Tensor& labels, // (h,w) int64
                       const Region& window, const std::optional<Region>& region,
                       const std::optional<std::pair<std::int64_t, std::int64_t>>& point) {
    const auto part = [&](const Region& r) {
        return std::pair(torch::indexing::Slice(r.y - window.y, r.bottom() - window.y),
                         torch::indexing::Slice(r.x - window.x, r.right() - window.x));
    };
    Question question;
    const std::string target =
        spec.contains("target") && spec["target"].is_string() ? spec["target"].get<std::string>() : "";
    if (!target.empty()) {
        question.output = output_of(network, target);
    } else if (point) {
        question.output =
            static_cast<int>(labels[point->second - window.y][point->first - window.x].item<std::int64_t>());
    } else {
        torch::Tensor seen = labels;
        if (region) {
            const auto [rows, columns] = part(*region);
            seen = labels.index({rows, columns});
        }
        torch::Tensor counts = torch::bincount(seen.flatten(), {}, network.output_channels());
        counts[0] = 0; // the background only where there is nothing else
        question.output = counts.sum().item<std::int64_t>() == 0
                              ? 0
                              : static_cast<int>(counts.argmax().item<std::int64_t>());
    }
    const std::string name = class_name(network, question.output);
    const torch::Tensor is_target = labels == question.output;
    if (region) {
        question.mask = torch::zeros(labels.sizes(), torch::kFloat32);
        const auto [rows, columns] = part(*region);
        question.mask.index_put_({rows, columns}, 1.0);
        question.explained = "\"" + name + "\" in the rectangle";
    } else if (point) {
        const std::int64_t x = point->first - window.x, y = point->second - window.y;
        if (is_target[y][x].item<bool>()) {
            question.mask = object_at(is_target, x, y);
            question.explained = "\"" + name + "\" of the object at the point";
        } else {
            question.mask = torch::zeros(labels.sizes(), torch::kFloat32);
            question.mask[y][x] = 1;
            question.explained = "\"" + name + "\" at the point, where the network sees another class";
        }
    } else if (is_target.any().item<bool>()) {
        question.mask = is_target.to(torch::kFloat32);
        question.explained = "\"" + name + "\" wherever the network sees it";
    } else {
        question.mask = torch::ones(labels.sizes(), torch::kFloat32);
        question.explained = "\"" + name + "\" over the whole image, since the network sees it nowhere";
    }
    return question;
}

Image to_image(const torch::Tensor& map) {
    Image image = Image::create(PixelType::Float32, 1, map.size(0), map.size(1));
    std::memcpy(image.writable_plane(0).data(), map.data_ptr<float>(), image.plane_bytes());
    return image;
}

// The map's colours over the gray image: strong where it is, clear where it is not.
Image overlay(const Image& pixels, const torch::Tensor& map, bool is_signed) {
    const std::int64_t width = pixels.width(), height = pixels.height();
    const ColorMap colors = color_map(is_signed ? "blue-white-red" : "inferno");
    const float largest = std::max(map.abs().max().item<float>(), 1e-30f);
    std::vector<ValueRange> ranges;
    for (int c = 0; c < pixels.channels(); ++c)
        ranges.push_back(percentile_range(pixels, c, 0.5, 99.5));
    const bool rgb = pixels.channels() == 3;
    Image result = Image::create(PixelType::UInt8, 3, height, width);
    const float* const values = map.data_ptr<float>();
    for (int c = 0; c < 3; ++c) {
        const auto out = result.writable_plane_as<std::uint8_t>(c);
        const int channel = rgb ? c : 0;
        const ValueRange range = ranges[static_cast<std::size_t>(channel)];
        for (std::int64_t y = 0; y < height; ++y)
            for (std::int64_t x = 0; x < width; ++x) {
                const auto i = static_cast<std::size_t>(y * width + x);
                const double gray =
                    std::clamp((pixels.value(channel, x, y) - range.low) / (range.high - range.low), 0.0,
                               1.0) *
                    255;
                const float value = values[i] / largest; // [-1,1] or [0,1]
                const float place = is_signed ? (value + 1) / 2 : value;
                const auto index = static_cast<std::size_t>(std::clamp(place * 255.f + 0.5f, 0.f, 255.f));
                const double alpha = 0.8 * std::sqrt(std::min(1.f, std::abs(value)));
                out[i] = static_cast<std::uint8_t>(
                    gray * (1 - alpha) + colors.colors[index][static_cast<std::size_t>(c)] * alpha + 0.5);
            }
    }
    return result;
}

class Explain final : public Operation {
public:
    explicit Explain(EngineServices& services) : services_(services) {}

    std::optional<ParameterSchema> parameters(const Json& spec) const override {
        return services_.registries.explainers.at(spec.value("method", std::string("grad-cam"))).parameters;
    }

    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        const auto note = [&](const auto& action) {
            try {
                action();
            } catch (const Error& error) {
                result.errors.push_back(error.what());
            }
        };
        note([&] { resolve_model(spec.value("model", std::string())); });
        note([&] { region_of(spec, open_input(spec.value("input", Json())).source->info()); });
        result.summary =
            "Explains with " +
            services_.registries.explainers.at(spec.value("method", std::string("grad-cam"))).title + ".";
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const auto explainer = services_.registries.explainers.make(spec.value("method", std::string()));
        const auto network = open_network(services_, spec.value("model", std::string()), select_device(spec));
        const auto model = network->model();
        if (!model)
            throw Error(ErrorCode::Unsupported,
                        "This model only computes; it cannot be looked into. Choose a run.");
        const OperationInput input = open_input(spec.value("input", Json()));
        const ImageInfo& info = input.source->info();
        context.progress(0.05, "Reading the image");

        std::optional<Region> region;
        if (spec.contains("region") && !spec["region"].is_null())
            region = region_of(spec, info);
        const auto point = point_of(spec, info);
        const Region focus = region  ? *region
                             : point ? Region{point->first, point->second, 1, 1}
                                     : Region{0, 0, info.width, info.height};
        const Region window = window_around(focus, info);
        if (region) {
            const Region seen = region->intersected(window);
            if (!(seen == *region))
                context.warn(
                    "The rectangle is larger than what is looked at in one go; its middle is explained.");
            region = seen;
        }

        const Normalisation& normalisation = network->normalisation();
        const Image pixels = normalisation.arranged(input.source->read(window));
        const torch::Tensor tensor =
            padded(normalisation.apply(pixels, normalisation.measure(*input.source)).unsqueeze(0),
                   network->size_multiple());
        context.throw_if_cancelled();
        const torch::Tensor labels = network->predict(tensor)[0]
                                         .argmax(0)
                                         .narrow(0, 0, window.height)
                                         .narrow(1, 0, window.width)
                                         .contiguous();
        context.throw_if_cancelled();
        const Question question = make_question(spec, *network, labels, window, region, point);

        ExplainRequest request;
        request.input = tensor.to(network->device().device);
        request.output_channel = question.output;
        request.region = torch::constant_pad_nd(
            question.mask, {0, tensor.size(3) - window.width, 0, tensor.size(2) - window.height});
        request.layer =
            spec.contains("layer") && spec["layer"].is_string() ? spec["layer"].get<std::string>() : "";
        request.parameters = spec.value("set", Json::object());
        const Attribution attribution = explainer->explain(*model, request, context);
        context.throw_if_cancelled();
        const torch::Tensor map = attribution.map.to(torch::kCPU, torch::kFloat32)
                                      .narrow(0, 0, window.height)
                                      .narrow(1, 0, window.width)
                                      .contiguous();

        OperationResult result;
        result.json = {{"region", {window.x, window.y, window.width, window.height}},
                       {"width", window.width},
                       {"height", window.height},
                       {"signed", attribution.is_signed},
                       {"score", attribution.score},
                       {"minimum", map.min().item<double>()},
                       {"maximum", map.max().item<double>()},
                       {"layer", attribution.notes.value("layer", request.layer)},
                       {"target", class_name(*network, question.output)},
                       {"explained", question.explained},
                       {"method", spec.at("method")}};
        if (spec.contains("out") && spec["out"].is_string())
            write(spec["out"].get<std::string>(), pixels, map, attribution.is_signed, result.json);
        const auto* bytes = reinterpret_cast<const std::byte*>(map.data_ptr<float>());
        result.bytes.assign(bytes, bytes + map.numel() * static_cast<std::int64_t>(sizeof(float)));
        return result;
    }

private:
    static std::optional<std::pair<std::int64_t, std::int64_t>> point_of(const Json& spec,
                                                                         const ImageInfo& info) {
        const auto found = spec.find("point");
        if (found == spec.end() || found->is_null())
            return std::nullopt;
        if (!found->is_array() || found->size() != 2 || !(*found)[0].is_number() || !(*found)[1].is_number())
            throw Error(ErrorCode::BadInput, "A point is two numbers: x and y in px.");
        const auto x = static_cast<std::int64_t>(std::floor((*found)[0].get<double>()));
        const auto y = static_cast<std::int64_t>(std::floor((*found)[1].get<double>()));
        if (x < 0 || y < 0 || x >= info.width || y >= info.height)
            throw Error(ErrorCode::BadInput, "The point " + found->dump() + " lies outside of the image.");
        return std::pair(x, y);
    }

    static void write(const fs::path& file, const Image& pixels, const torch::Tensor& map, bool is_signed,
                      Json& result) {
        write_image(file, to_image(map));
        fs::path picture = file;
        picture.replace_extension(".png");
        write_image(picture, overlay(pixels, map, is_signed), true);
        result["out"] = file.string();
        result["overlay"] = picture.string();
    }

    EngineServices& services_;
};

class Layers final : public Operation {
public:
    explicit Layers(EngineServices& services) : services_(services) {}
    OperationCheck check(const Json& spec, JobContext&) override {
        resolve_model(spec.value("model", std::string()));
        OperationCheck result;
        result.summary = "Lists the layers of a network.";
        return result;
    }
    OperationResult run(const Json& spec, JobContext&) override {
        const auto network = open_network(services_, spec.value("model", std::string()), select_device(spec));
        const auto model = network->model();
        return {{{"layers", model ? model->layers() : std::vector<std::string>()}}};
    }

private:
    EngineServices& services_;
};

} // namespace

void register_explain_operations(EngineServices& services) {
    services.registries.operations.add(
        {.name = "explain",
         .title = "Explain",
         .help = "Shows which pixels mattered for what a network sees in an image.",
         .parameters = {},
         .make = [&services] { return std::make_unique<Explain>(services); }});
    services.registries.operations.add({.name = "layers",
                                        .title = "Layers",
                                        .help = "Lists the layers of a network that can be looked into.",
                                        .parameters = {},
                                        .make = [&services] { return std::make_unique<Layers>(services); }});
}

} // namespace eyepiece
