// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explain/engine/explainers.h"

namespace eyepiece {

torch::Tensor score_over_region(const torch::Tensor& output, const ExplainRequest& request) {
    if (output.dim() != 4 || output.size(0) != 1)
        throw Error(ErrorCode::Unsupported, "This explainer needs a model whose output is a map of classes.");
    if (request.output_channel < 0 || request.output_channel >= output.size(1))
        throw Error(ErrorCode::BadInput, "The model has no output " + std::to_string(request.output_channel) +
                                             "; it has " + std::to_string(output.size(1)) + ".");
    const torch::Tensor logits = output[0][request.output_channel];
    const torch::Tensor region = request.region.to(logits.device(), logits.scalar_type());
    if (region.sizes() != logits.sizes())
        throw Error(ErrorCode::BadInput, "The region to explain is not of the image's size.");
    const torch::Tensor area = region.sum();
    if (area.item<double>() <= 0)
        throw Error(ErrorCode::BadInput,
                    "The region to explain is empty. Point at a pixel or drag a rectangle.");
    return (logits * region).sum() / area;
}

ParameterSchema InputGradient::parameters() {
    return {
        choice_parameter("channels", "maximum", {"maximum", "sum"}, "Channels",
                         "How the input's channels become one map: the largest magnitude of any, as in the "
                         "paper, or their signed sum, which tells brighter from darker.")};
}

Attribution InputGradient::explain(Model& model, const ExplainRequest& request, JobContext& context) {
    const torch::AutoGradMode with_gradient(true);
    const torch::Tensor input = request.input.detach().clone().requires_grad_(true);
    context.progress(0.1, "Looking");
    const torch::Tensor score = score_over_region(model.forward(input), request);
    context.throw_if_cancelled();
    context.progress(0.5, "Following the gradient back");
    const torch::Tensor gradient = torch::autograd::grad({score}, {input})[0][0]; // (C,H,W)
    Attribution attribution;
    attribution.is_signed = request.parameters.value("channels", "maximum") == "sum";
    attribution.map =
        (attribution.is_signed ? gradient.sum(0) : gradient.abs().amax(0)).to(torch::kCPU).contiguous();
    attribution.score = score.item<double>();
    return attribution;
}

} // namespace eyepiece
