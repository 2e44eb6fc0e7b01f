// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explain/engine/explainers.h"

namespace eyepiece {
namespace {

// The last layer among those with the fewest pixels, where the features are the most of a whole.
std::string deepest_layer(Model& model, const torch::Tensor& input) {
    const torch::NoGradGuard no_gradient;
    std::string deepest;
    std::int64_t fewest = 0;
    model.forward(input, [&](const std::string& layer, torch::Tensor output) {
        if (output.dim() == 4) {
            const std::int64_t pixels = output.size(2) * output.size(3);
            if (deepest.empty() || pixels <= fewest) {
                deepest = layer;
                fewest = pixels;
            }
        }
        return output;
    });
    return deepest;
}

} // namespace

ParameterSchema GradCam::parameters() {
    return {boolean_parameter(
        "positive-only", true, "Only what speaks for it",
        "Keep only evidence for the class, as in the paper. Without it, evidence against the "
        "class is shown too, in the other colour.")};
}

Attribution GradCam::explain(Model& model, const ExplainRequest& request, JobContext& context) {
    if (model.layers().empty())
        throw Error(
            ErrorCode::Unsupported,
            "This model has no layers to look into, as is so of an exported file. Choose the run it was "
            "exported from, or the method input-gradient.");
    std::string layer = request.layer;
    if (layer.empty())
        layer = deepest_layer(model, request.input);
    require_layer(model, layer);
    context.throw_if_cancelled();

    const torch::AutoGradMode with_gradient(true);
    // Requiring the input's gradient makes the graph reach every layer, even of a model with frozen weights.
    const torch::Tensor input = request.input.detach().clone().requires_grad_(true);
    torch::Tensor activation;
    context.progress(0.1, "Looking");
    const torch::Tensor output = model.forward(input, [&](const std::string& name, torch::Tensor value) {
        if (name == layer)
            activation = value;
        return value;
    });
    if (!activation.defined() || activation.dim() != 4)
        throw Error(ErrorCode::Unsupported,
                    "The layer \"" + layer + "\" has no maps that Grad-CAM could weigh.");
    const torch::Tensor score = score_over_region(output, request);
    context.throw_if_cancelled();
    context.progress(0.5, "Following the gradient back");
    torch::Tensor gradient = torch::autograd::grad({score}, {activation}, {}, false, false, true)[0];
    if (!gradient.defined()) // the score does not depend on this layer
        gradient = torch::zeros_like(activation);

    const torch::NoGradGuard no_gradient;
    const torch::Tensor weights =
        gradient.mean(std::vector<std::int64_t>{2, 3}, true); // (1,F,1,1): equation 1
    torch::Tensor map =
        (weights * activation.detach()).sum(1, true); // (1,1,h,w): equation 2, before its ReLU
    const bool positive_only = request.parameters.value("positive-only", true);
    if (positive_only)
        map = map.relu();
    map = torch::upsample_bilinear2d(map, request.input.sizes().slice(2), false);

    Attribution attribution;
    attribution.map = map[0][0].to(torch::kCPU).contiguous();
    attribution.is_signed = !positive_only;
    attribution.score = score.item<double>();
    attribution.notes["layer"] = layer;
    return attribution;
}

} // namespace eyepiece
