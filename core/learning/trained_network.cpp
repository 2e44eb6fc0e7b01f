// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/trained_network.h"

#include "core/base/error.h"
#include "core/learning/checkpoint.h"
#include "core/learning/precision.h"
#include "core/project/runs.h"

namespace eyepiece {
namespace {

class RunNetwork : public TrainedNetwork {
public:
    RunNetwork(Json card, ComputeDevice device, std::shared_ptr<Model> model)
        : TrainedNetwork(std::move(card), std::move(device)), model_(std::move(model)) {}

    std::shared_ptr<Model> model() const override { return model_; }

protected:
    torch::Tensor forward(const torch::Tensor& input) override { return model_->forward(input); }

private:
    std::shared_ptr<Model> model_;
};

} // namespace

TrainedNetwork::TrainedNetwork(Json card, ComputeDevice device)
    : card_(std::move(card)), device_(std::move(device)) {
    try {
        const Json& input = card_.at("input");
        normalisation_ = Normalisation::from_json(input.at("normalisation"));
        input_channels_ = input.at("channels").get<int>();
        size_multiple_ = input.at("size-multiple").get<int>();
        margin_ = input.at("margin").get<int>();
        output_channels_ = card_.at("output").at("channels").get<int>();
        if (card_.at("classes").size() != static_cast<std::size_t>(output_channels_))
            throw Error(ErrorCode::BadInput, "The model's card names " +
                                                 std::to_string(card_["classes"].size()) + " classes for " +
                                                 std::to_string(output_channels_) + " outputs.");
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput, "The model's card lacks what is needed to use it.", error.what());
    }
    if (size_multiple_ < 1 || margin_ < 0 || input_channels_ < 1 || output_channels_ < 1)
        throw Error(ErrorCode::BadInput, "The model's card is damaged: its sizes make no sense.");
}

TrainedNetwork::~TrainedNetwork() = default;

torch::Tensor TrainedNetwork::predict(const torch::Tensor& input) {
    const c10::InferenceMode inference;
    const Autocast autocast(device_);
    return forward(for_device(input, device_)).to(torch::kCPU, torch::kFloat32).contiguous();
}

torch::Tensor TrainedNetwork::activation(const torch::Tensor& input, const std::string& layer) {
    const auto network = model();
    if (!network)
        throw Error(ErrorCode::Unsupported,
                    "This model only computes; it cannot be looked into. Choose a run.");
    require_layer(*network, layer);
    const c10::InferenceMode inference;
    const Autocast autocast(device_);
    torch::Tensor found;
    network->forward(for_device(input, device_), [&](const std::string& name, torch::Tensor output) {
        if (name == layer) // a copy: what comes after may work in place
            found = output.to(torch::kCPU, torch::kFloat32, false, true).contiguous();
        return output;
    });
    if (!found.defined() || found.dim() != 4)
        throw Error(ErrorCode::Unsupported,
                    "The layer \"" + layer + "\" has no maps over the image. Choose another one.");
    return found;
}

std::filesystem::path best_checkpoint(const std::filesystem::path& run_folder) {
    const auto best = run_folder / "checkpoints" / "best.pt";
    return std::filesystem::exists(best) ? best : run_folder / "checkpoints" / "last.pt";
}

std::shared_ptr<TrainedNetwork> load_run(const ModelRegistry& models, const std::filesystem::path& run_folder,
                                         const ComputeDevice& device) {
    const auto file = best_checkpoint(run_folder);
    if (!std::filesystem::exists(file))
        throw Error(ErrorCode::NotFound,
                    "The run " + run_folder.filename().string() +
                        " has no checkpoint yet. Wait for its first epoch, or train again.");
    Json card = read_json_file(run_folder / "card.json");
    try {
        const Json& model = card.at("model");
        ModelShape shape;
        shape.input_channels = card.at("input").at("channels").get<int>();
        shape.output_channels = card.at("output").at("channels").get<int>();
        const auto network =
            models.make(model.at("name").get<std::string>())->make(shape, model.at("parameters"));
        const Json state = load_checkpoint(file, *network);
        network->eval();
        network->prepare_for_prediction();
        for (auto& parameter : network->parameters())
            parameter.requires_grad_(false);
        move_to_device(*network, device);
        card["metrics"] = state.value("metrics", Json::object());
        card["epoch"] = state.value("epoch", 0);
        return std::make_shared<RunNetwork>(std::move(card), device, network);
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput,
                    "The run " + run_folder.filename().string() +
                        " is damaged: card.json lacks what is needed.",
                    error.what());
    }
}

} // namespace eyepiece
