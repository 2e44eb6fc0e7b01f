// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/task.h"
#include "plugins/vision/engine/segmentation_data.h"

namespace eyepiece::vision {

// Task "semantic-segmentation": a class for each pixel. Pixels that nobody labelled do not count, neither in
// the loss nor in the metrics. The loss is cross-entropy plus the soft Dice loss of the foreground classes
// (Milletari et al., V-Net, 3DV 2016), taken over the batch.
class SegmentationTask : public Task {
public:
    Fingerprint fingerprint(Project& project, const std::vector<Item>& train, const std::vector<Item>& val,
                            JobContext& context) const override;
    Json plan(const Fingerprint& fingerprint, const Json& given) const override;
    void configure(const Json& plan) override;
    ModelShape model_shape() const override;
    std::unique_ptr<ExampleSource> training_examples(Project& project, const std::vector<Item>& items,
                                                     JobContext& context) const override;
    std::unique_ptr<ExampleSource> validation_examples(Project& project, const std::vector<Item>& items,
                                                       int size_multiple, JobContext& context) const override;
    torch::Tensor loss(const torch::Tensor& output, const Example& batch) const override;
    std::unique_ptr<Scorer> make_scorer() const override;
    std::string main_metric() const override { return "iou"; }
    Json baselines(const ExampleSource& training, const ExampleSource& validation,
                   JobContext& context) const override;
    Image picture(const torch::Tensor& output, const Example& example) const override;
    void describe(Json& card) const override;
    ParameterSchema prediction_parameters() const override;
    OperationResult predict(TrainedNetwork& network, ImageSource& source, const Json& spec,
                            JobContext& context) const override;
    Json evaluate(TrainedNetwork& network, Project& project, const std::vector<Item>& items, const Json& spec,
                  JobContext& context) const override;

private:
    Json plan_;
    Normalisation input_;
    std::vector<OutputClass> classes_;
    torch::Tensor class_weights_; // (K) float32
    double dice_ = 1;
};

} // namespace eyepiece::vision
