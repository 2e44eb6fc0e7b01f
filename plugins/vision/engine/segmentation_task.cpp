// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/engine/segmentation_task.h"

#include "core/base/error.h"
#include "core/data/components.h"
#include "core/project/project.h"
#include "plugins/vision/engine/segmentation_plan.h"

#include <algorithm>
#include <cmath>

namespace eyepiece::vision {
namespace {

// Mean over images of the mean IoU of the foreground classes that occur in an image's labels or prediction.
class SegmentationScorer : public Scorer {
public:
    explicit SegmentationScorer(std::int64_t classes) : classes_(classes) {}

    void add(const torch::Tensor& output, const Example& batch) override {
        const auto predicted = output.argmax(1);
        const auto known = batch.weight.gt(0);
        for (std::int64_t i = 0; i < output.size(0); ++i) {
            const auto mask = known[i];
            const auto truth = batch.target[i].masked_select(mask), found = predicted[i].masked_select(mask);
            if (truth.numel() == 0)
                continue;
            const auto table = torch::bincount(truth * classes_ + found, {}, classes_ * classes_)
                                   .view({classes_, classes_})
                                   .to(torch::kFloat64);
            const auto both = table.diagonal(), either = table.sum(0) + table.sum(1) - both;
            double iou = 0, dice = 0;
            int present = 0;
            for (std::int64_t c = 1; c < classes_; ++c) {
                const double united = either[c].item<double>(), met = both[c].item<double>();
                if (united == 0)
                    continue;
                iou += met / united;
                dice += 2 * met / (united + met);
                ++present;
            }
            // Nothing there and nothing found is right.
            iou_ += present > 0 ? iou / present : 1;
            dice_ += present > 0 ? dice / present : 1;
            right_ += both.sum().item<double>();
            pixels_ += static_cast<double>(truth.numel());
            ++images_;
        }
    }

    std::map<std::string, double> result() const override {
        const double n = std::max(1.0, images_);
        return {{"iou", iou_ / n}, {"dice", dice_ / n}, {"accuracy", right_ / std::max(1.0, pixels_)}};
    }

private:
    std::int64_t classes_;
    double iou_ = 0, dice_ = 0, right_ = 0, pixels_ = 0, images_ = 0;
};

// The input of a single example as one gray channel, for thresholds.
Image gray_of(const Example& example) {
    const auto mean = example.input.mean(0).contiguous();
    Image image = Image::create(PixelType::Float32, 1, mean.size(0), mean.size(1));
    const auto to = image.writable_plane_as<float>(0);
    std::copy_n(mean.data_ptr<float>(), to.size(), to.begin());
    return image;
}

// Logits (1,K,H,W) that say class `yes` within the mask and class 0 elsewhere.
torch::Tensor as_output(const Mask& mask, std::int64_t classes, std::int64_t yes) {
    auto output = torch::zeros({1, classes, mask.height, mask.width});
    const auto inside = torch::from_blob(const_cast<std::uint8_t*>(mask.pixels.data()),
                                         {mask.height, mask.width}, torch::kUInt8);
    output[0][yes].copy_(inside.to(torch::kFloat32) * 2 - 1);
    return output;
}

Example batch_of_one(const Example& example) {
    return {example.input.unsqueeze(0), example.target.unsqueeze(0), example.weight.unsqueeze(0)};
}

// A window of at most `limit` px around the middle of what there is to learn from.
Region validation_region(Project& project, const Item& item) {
    Region region = learning_region(project, item, 32);
    const auto middle = [](std::int64_t& start, std::int64_t& size) {
        if (size > FixedSource::limit) {
            start += (size - FixedSource::limit) / 2;
            size = FixedSource::limit;
        }
    };
    middle(region.x, region.width);
    middle(region.y, region.height);
    return region;
}

} // namespace

Fingerprint SegmentationTask::fingerprint(Project& project, const std::vector<Item>& train,
                                          const std::vector<Item>& val, JobContext& context) const {
    return segmentation_fingerprint(project, train, val, context);
}

Json SegmentationTask::plan(const Fingerprint& fingerprint, const Json& given) const {
    return segmentation_plan(fingerprint.json, given);
}

void SegmentationTask::configure(const Json& plan) {
    plan_ = plan;
    input_ = Normalisation::from_json(plan.at("input"));
    classes_ = classes_from_json(plan.at("classes"));
    const auto weights = plan.at("class-weight-values").get<std::vector<float>>();
    class_weights_ = torch::tensor(weights, torch::kFloat32);
    dice_ = plan.at("dice");
}

ModelShape SegmentationTask::model_shape() const {
    return {input_.input_channels, static_cast<int>(classes_.size()), 2};
}

std::unique_ptr<ExampleSource> SegmentationTask::training_examples(Project& project,
                                                                   const std::vector<Item>& items,
                                                                   JobContext& context) const {
    const std::int64_t patch = plan_.at("patch-size");
    std::vector<LabelledImage> images;
    std::vector<std::string> kinds;
    for (const Item& item : items) {
        context.throw_if_cancelled();
        const Region region = learning_region(project, item, patch / 2);
        if (region.empty())
            continue;
        images.push_back(read_labelled(project, item, region, input_, classes_));
        kinds.push_back(plan_.at("kind-of").value(std::to_string(item.id), std::string()));
    }
    return std::make_unique<PatchSource>(std::move(images), std::move(kinds), input_, Augmentation(plan_),
                                         patch, plan_.at("balance").get<bool>(), 32);
}

std::unique_ptr<ExampleSource> SegmentationTask::validation_examples(Project& project,
                                                                     const std::vector<Item>& items,
                                                                     int size_multiple,
                                                                     JobContext& context) const {
    std::vector<LabelledImage> images;
    for (const Item& item : items) {
        context.throw_if_cancelled();
        const Region region = validation_region(project, item);
        if (!region.empty())
            images.push_back(read_labelled(project, item, region, input_, classes_));
    }
    return std::make_unique<FixedSource>(std::move(images), input_, size_multiple);
}

torch::Tensor SegmentationTask::loss(const torch::Tensor& output, const Example& batch) const {
    const auto log_likelihood = torch::log_softmax(output.to(torch::kFloat32), 1);
    constexpr std::int64_t ignored = -100;
    const auto known = batch.weight.gt(0);
    const auto target = batch.target.masked_fill(known.logical_not(), ignored);
    const auto weights = class_weights_.to(output.device());
    // The mean over known pixels, by class weight; zero when nothing in the batch is known.
    const auto sum = torch::nll_loss_nd(log_likelihood, target, weights, at::Reduction::Sum, ignored);
    const auto count = (weights.index({batch.target}) * batch.weight).sum().clamp_min(1);
    torch::Tensor loss = sum / count;
    if (dice_ <= 0)
        return loss;
    torch::Tensor dice = torch::zeros({}, loss.options());
    const auto classes = output.size(1);
    for (std::int64_t c = 1; c < classes; ++c) {
        const auto p = log_likelihood.select(1, c).exp() * batch.weight;
        const auto truth = batch.target.eq(c).to(torch::kFloat32) * batch.weight;
        constexpr double smooth = 16; // px: a batch without the class costs little
        dice = dice + 1 - (2 * (p * truth).sum() + smooth) / (p.sum() + truth.sum() + smooth);
    }
    return loss + dice_ / static_cast<double>(classes - 1) * dice;
}

std::unique_ptr<Scorer> SegmentationTask::make_scorer() const {
    return std::make_unique<SegmentationScorer>(static_cast<std::int64_t>(classes_.size()));
}

Json SegmentationTask::baselines(const ExampleSource& training, const ExampleSource& validation,
                                 JobContext& context) const {
    const auto classes = static_cast<std::int64_t>(classes_.size());
    // What the labels hold most of, and whether objects are the bright part: from at most 32 training
    // examples.
    auto counts = torch::zeros({classes}, torch::kFloat64);
    int votes = 0;
    const std::size_t step = std::max<std::size_t>(1, training.size() / 32);
    for (std::size_t i = 0; i < training.size(); i += step) {
        context.throw_if_cancelled();
        const Example example = training.draw(i, 1);
        const auto known = example.weight.gt(0);
        counts += torch::bincount(example.target.masked_select(known), {}, classes).to(torch::kFloat64);
        const auto gray = example.input.mean(0);
        const auto inside = gray.masked_select(known.logical_and(example.target.gt(0)));
        const auto outside = gray.masked_select(known.logical_and(example.target.eq(0)));
        if (inside.numel() > 0 && outside.numel() > 0)
            votes += inside.mean().item<float>() > outside.mean().item<float>() ? 1 : -1;
    }
    const auto majority = counts.argmax().item<std::int64_t>();
    const auto foreground = counts.narrow(0, 1, classes - 1).argmax().item<std::int64_t>() + 1;

    const auto of_majority = make_scorer(), of_otsu = make_scorer();
    for (std::size_t i = 0; i < validation.size(); ++i) {
        context.throw_if_cancelled();
        const Example example = validation.draw(i, 0);
        const auto height = example.input.size(1), width = example.input.size(2);
        auto constant = torch::zeros({1, classes, height, width});
        constant[0][majority].fill_(1);
        of_majority->add(constant, batch_of_one(example));
        const Image gray = gray_of(example);
        const auto cut = otsu_threshold(gray);
        const Mask mask = cut ? threshold(gray, 0, *cut, votes < 0) : Mask(height, width);
        of_otsu->add(as_output(mask, classes, foreground), batch_of_one(example));
    }
    return {{"majority",
             {{"title", "Always \"" + classes_[static_cast<std::size_t>(majority)].name + "\""},
              {"metrics", of_majority->result()}}},
            {"otsu", {{"title", "Otsu's threshold"}, {"metrics", of_otsu->result()}}}};
}

Image SegmentationTask::picture(const torch::Tensor& output, const Example& example) const {
    const auto input = example.input.dim() == 4 ? example.input[0] : example.input;
    const auto found = (output.dim() == 4 ? output[0] : output).argmax(0).to(torch::kUInt8).contiguous();
    const auto height = found.size(0), width = found.size(1);
    const auto shown = (input.clamp(0, 1) * 255).to(torch::kUInt8).contiguous();
    const auto* classes = found.data_ptr<std::uint8_t>();
    Image image = Image::create(PixelType::UInt8, 3, height, width);
    for (int c = 0; c < 3; ++c) {
        const auto* from = shown[shown.size(0) == 3 ? c : 0].data_ptr<std::uint8_t>();
        const auto to = image.writable_plane_as<std::uint8_t>(c);
        for (std::int64_t y = 0; y < height; ++y)
            for (std::int64_t x = 0; x < width; ++x) {
                const auto at = static_cast<std::size_t>(y * width + x);
                const std::uint8_t k = classes[at];
                double value = from[at];
                if (k > 0) { // an outline, and a breath of colour within
                    const bool rim = x == 0 || y == 0 || x + 1 == width || y + 1 == height ||
                                     classes[at - 1] != k || classes[at + 1] != k ||
                                     classes[at - static_cast<std::size_t>(width)] != k ||
                                     classes[at + static_cast<std::size_t>(width)] != k;
                    const double share = rim ? 1.0 : 0.25;
                    value += share * (classes_[k].color[static_cast<std::size_t>(c)] - value);
                }
                to[at] = static_cast<std::uint8_t>(std::lround(value));
            }
    }
    return image;
}

void SegmentationTask::describe(Json& card) const {
    card["classes"] = to_json(classes_);
    card["input"]["normalisation"] = input_.to_json();
    card["input"]["channels"] = input_.input_channels;
    card["output"] = {{"axes", "NCHW"}, {"channels", classes_.size()}, {"meaning", "logits"}};
}

} // namespace eyepiece::vision
