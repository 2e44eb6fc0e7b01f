// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/prompt/engine/object_network.h"

#include "core/base/error.h"
#include "core/learning/checkpoint.h"
#include "core/learning/precision.h"
#include "core/models/unet.h"

namespace eyepiece::prompt {
namespace {

constexpr const char* format = "eyepiece-object-network";
constexpr int version = 1; // a change of the architecture or of the input's planes makes a new one

} // namespace

ObjectNetwork::ObjectNetwork(std::uint64_t seed) {
    torch::manual_seed(seed);
    model_ = UNetFactory().make({.input_channels = input_planes, .output_channels = 2, .dimensions = 2},
                                {{"depth", 4}, {"base-width", 8}, {"norm", "batch"}, {"dropout", 0.0}});
    device_.name = "cpu";
}

ObjectNetwork ObjectNetwork::load(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file))
        throw Error(ErrorCode::NotFound, "The network that finds objects is missing: there is no file " +
                                             file.string() + ". Install Eyepiece anew.");
    ObjectNetwork network(0);
    try {
        network.about_ = load_checkpoint(file, *network.model_);
        if (network.about_.value("format", "") != format || network.about_.value("version", 0) != version)
            throw Error(ErrorCode::BadInput, "not one");
    } catch (const Error& error) {
        throw Error(ErrorCode::BadInput,
                    file.string() + " is damaged or holds no network that finds objects by clicks.",
                    error.what());
    }
    return network;
}

void ObjectNetwork::save(const std::filesystem::path& file, const Json& about) const {
    Json state = about;
    state["format"] = format;
    state["version"] = version;
    save_checkpoint(file, *model_, nullptr, state);
}

void ObjectNetwork::prepare(const ComputeDevice& device) {
    device_ = device;
    model_->prepare_for_prediction();
    move_to_device(*model_, device_);
}

std::vector<CropAnswer> ObjectNetwork::predict(std::span<const float> inputs, std::size_t count) {
    const torch::NoGradGuard no_grad;
    // Crops are so small that OpenMP's threads, which spin while they wait, cost more than they bring: with
    // two on a machine with other work a click took six times as long.
    use_threads(1);
    const auto input =
        torch::from_blob(const_cast<float*>(inputs.data()),
                         {static_cast<std::int64_t>(count), input_planes, crop_side, crop_side});
    torch::Tensor output;
    {
        const Autocast autocast(device_);
        output = model_->forward(for_device(input, device_));
    }
    output = output.to(torch::kCPU, torch::kFloat32);
    const auto masks = torch::sigmoid(output.select(1, 0)).contiguous();
    const auto expected = torch::sigmoid(output.select(1, 1).mean({1, 2})).contiguous();
    std::vector<CropAnswer> answers(count);
    for (std::size_t i = 0; i < count; ++i) {
        const float* from = masks.data_ptr<float>() + i * crop_pixels;
        answers[i].probability.assign(from, from + crop_pixels);
        answers[i].expected_iou = expected.data_ptr<float>()[i];
    }
    return answers;
}

} // namespace eyepiece::prompt
