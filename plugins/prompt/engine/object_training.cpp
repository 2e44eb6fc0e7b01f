// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/prompt/engine/object_training.h"

#include "core/base/error.h"
#include "core/learning/precision.h"
#include "core/learning/random.h"
#include "core/learning/weight_average.h"
#include "plugins/prompt/engine/scripted_user.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace eyepiece::prompt {
namespace {

constexpr int most_rounds = 4;
constexpr double good_enough = 0.97; // of the intersection over union: a user would stop
constexpr double goes_on = 0.7;      // how likely a user corrects rather than leaves
constexpr double judging = 2;        // weight of the expected intersection over union in the loss

class Conversation {
public:
    Conversation(std::span<const FieldGroup> groups, const ObjectTrainingOptions& options)
        : groups_(groups), options_(options), crops_(static_cast<std::size_t>(options.batch)) {
        for (const FieldGroup& group : groups)
            total_ += group.fields.empty() ? 0 : group.share;
        if (!(total_ > 0))
            throw Error(ErrorCode::BadInput, "There are no objects to learn from. Label some first.");
        for (std::size_t i = 0; i < crops_.size(); ++i)
            crops_[i] = fresh(0, i);
    }

    const std::vector<TrainingCrop>& crops() const { return crops_; }

    std::vector<float> inputs() const {
        std::vector<float> all(crops_.size() * input_planes * crop_pixels);
        for (std::size_t i = 0; i < crops_.size(); ++i) {
            const std::span<float> into(all.data() + i * input_planes * crop_pixels,
                                        input_planes * crop_pixels);
            std::copy(crops_[i].planes.begin(), crops_[i].planes.end(), into.begin());
            write_prompt(crops_[i].prompt, CropFrame{}, crops_[i].planes, crops_[i].last,
                         into.subspan(image_planes * crop_pixels));
        }
        return all;
    }

    // `probabilities`: (crops, crop_pixels).
    void answered(std::span<const float> probabilities, std::span<const double> ious, int step) {
        for (std::size_t i = 0; i < crops_.size(); ++i) {
            Random random(key(step, i, 1));
            const bool leaves = crops_[i].background || crops_[i].rounds + 1 >= most_rounds ||
                                ious[i] > good_enough || !random.chance(goes_on);
            if (leaves ||
                !correct(crops_[i], probabilities.subspan(i * crop_pixels, crop_pixels), key(step, i, 2)))
                crops_[i] = fresh(step + 1, i);
        }
    }

private:
    std::uint64_t key(int step, std::size_t slot, std::uint64_t what) const {
        return mix_seed(mix_seed(mix_seed(options_.seed, static_cast<std::uint64_t>(step)), slot), what);
    }
    TrainingCrop fresh(int step, std::size_t slot) const {
        Random random(key(step, slot, 3));
        double at = random.uniform() * total_;
        const FieldGroup* chosen = nullptr;
        for (const FieldGroup& group : groups_)
            if (!group.fields.empty() && (chosen == nullptr || at >= 0)) {
                chosen = &group;
                at -= group.share;
                if (at < 0)
                    break;
            }
        const auto count = static_cast<std::int64_t>(chosen->fields.size());
        return draw_crop(chosen->fields[static_cast<std::size_t>(random.below(count))], random.bits());
    }

    std::span<const FieldGroup> groups_;
    const ObjectTrainingOptions& options_;
    double total_ = 0;
    std::vector<TrainingCrop> crops_;
};

double learning_rate(const ObjectTrainingOptions& options, int step) {
    const double warm = std::max(1.0, std::min(0.1 * options.steps, 100.0));
    if (step < warm)
        return options.learning_rate * (step + 1) / (warm + 1);
    return options.learning_rate * 0.5 *
           (1 + std::cos(M_PI * (step - warm) / std::max(1.0, options.steps - warm)));
}

// Means over the last steps.
class Recent {
public:
    void add(double value, double count = 1) {
        sum_ += value;
        count_ += count;
    }
    double take() {
        const double mean = count_ > 0 ? sum_ / count_ : 0;
        sum_ = count_ = 0;
        return mean;
    }

private:
    double sum_ = 0, count_ = 0;
};

void adopt(WeightAverage& average, torch::nn::Module& model) {
    const torch::NoGradGuard no_grad;
    auto current = model.parameters();
    const auto buffers = model.buffers();
    current.insert(current.end(), buffers.begin(), buffers.end());
    for (std::size_t i = 0; i < current.size(); ++i)
        current[i].copy_(average.tensors()[i]);
}

} // namespace

ObjectTrainingResult train(ObjectNetwork& network, std::span<const FieldGroup> groups,
                           const ObjectTrainingOptions& options, const ComputeDevice& device,
                           JobContext& context) {
    const KeepMemory keep;
    use_threads(device.threads);
    at::globalContext().setFlushDenormal(true);
    Model& model = network.model();
    move_to_device(model, device);
    model.train();
    torch::optim::AdamW optimizer(model.parameters(),
                                  torch::optim::AdamWOptions(options.learning_rate).weight_decay(0.01));
    WeightAverage average;
    average.begin(model);
    Conversation talk(groups, options);
    ObjectTrainingResult result;
    Recent loss_sum, first, later;
    const int last_fifth = options.steps - options.steps / 5, told_every = std::max(1, options.steps / 100);
    Recent last_loss, last_first, last_later;
    for (int step = 0; step < options.steps; ++step) {
        context.throw_if_cancelled();
        if (context.finish_early_requested())
            break;
        const std::vector<TrainingCrop>& crops = talk.crops();
        const auto count = static_cast<std::int64_t>(crops.size());
        const std::vector<float> inputs = talk.inputs();
        const auto input =
            torch::from_blob(const_cast<float*>(inputs.data()), {count, input_planes, crop_side, crop_side});
        auto target = torch::zeros({count, crop_side, crop_side});
        auto meant = torch::zeros({count});
        for (std::int64_t i = 0; i < count; ++i) {
            const TrainingCrop& crop = crops[static_cast<std::size_t>(i)];
            std::copy(crop.object.pixels.begin(), crop.object.pixels.end(),
                      target.data_ptr<float>() + i * static_cast<std::int64_t>(crop_pixels));
            meant.data_ptr<float>()[i] = crop.background ? 0 : 1;
        }
        for (auto& group : optimizer.param_groups())
            static_cast<torch::optim::AdamWOptions&>(group.options()).lr(learning_rate(options, step));
        optimizer.zero_grad();
        torch::Tensor output;
        {
            const Autocast autocast(device);
            output = network.forward(for_device(input, device));
        }
        output = output.to(torch::kCPU, torch::kFloat32);
        const auto logits = output.select(1, 0), probability = torch::sigmoid(logits);
        const auto expected = torch::sigmoid(output.select(1, 1).mean({1, 2}));
        const auto found = (probability.detach() > 0.5).to(torch::kFloat32);
        const auto both = (found * target).sum({1, 2}), either = torch::maximum(found, target).sum({1, 2});
        const auto iou = meant * both / either.clamp_min(1);
        const auto entropy =
            torch::binary_cross_entropy_with_logits(logits, target, {}, {}, at::Reduction::None).mean({1, 2});
        const auto dice = 1 - (2 * (probability * target).sum({1, 2}) + 1) /
                                  (probability.sum({1, 2}) + target.sum({1, 2}) + 1);
        const auto loss = (meant * (2 * entropy + dice)).sum() / meant.sum().clamp_min(1) +
                          judging * (expected - iou).square().mean();
        const double value = loss.item<double>();
        if (!std::isfinite(value))
            throw Error(ErrorCode::BadInput, "The loss became infinite. Choose a smaller learning rate.");
        loss.backward();
        torch::nn::utils::clip_grad_norm_(model.parameters(), 5.0);
        optimizer.step();
        average.follow(model, step);

        const auto probabilities = probability.detach().contiguous();
        std::vector<double> ious;
        for (std::int64_t i = 0; i < count; ++i) {
            const TrainingCrop& crop = crops[static_cast<std::size_t>(i)];
            ious.push_back(iou.data_ptr<float>()[i]);
            if (crop.background)
                continue;
            (crop.rounds == 0 ? first : later).add(ious.back());
            if (step >= last_fifth)
                (crop.rounds == 0 ? last_first : last_later).add(ious.back());
        }
        loss_sum.add(value);
        if (step >= last_fifth)
            last_loss.add(value);
        talk.answered({probabilities.data_ptr<float>(), crops.size() * crop_pixels}, ious, step);
        ++result.steps;
        if ((step + 1) % told_every == 0) {
            context.metric("loss", step + 1, loss_sum.take());
            context.metric("first-iou", step + 1, first.take());
            context.metric("later-iou", step + 1, later.take());
            context.progress(static_cast<double>(step + 1) / options.steps, "Learning");
        }
    }
    adopt(average, model);
    result.loss = last_loss.take();
    result.first_iou = last_first.take();
    result.later_iou = last_later.take();
    return result;
}

} // namespace eyepiece::prompt
