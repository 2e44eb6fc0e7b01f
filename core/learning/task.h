// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/base/operation.h"
#include "core/base/registry.h"
#include "core/data/image.h"
#include "core/learning/model.h"

#include <map>
#include <memory>
#include <string>
#include <torch/torch.h>
#include <vector>

namespace eyepiece {

class Project;
class TrainedNetwork;
struct Item;

// One training example, or a batch of them (then with a leading N).
struct Example {
    torch::Tensor input;  // (C,H,W) float32, normalised
    torch::Tensor target; // the task's encoding; segmentation: (H,W) int64 class indices
    torch::Tensor weight; // (H,W) float32; 0 where nothing is known and the loss must not look
};

// The examples of one side of a split, held in memory in their compact form.
class EYEPIECE_EXPORT ExampleSource {
public:
    virtual ~ExampleSource();
    virtual std::size_t size() const = 0;
    // A training example drawn with `seed` (crop and augmentation); thread-safe and a pure function of its
    // arguments.
    virtual Example draw(std::size_t index, std::uint64_t seed) const = 0;
};

// Sums up how well outputs fit targets over many examples.
class EYEPIECE_EXPORT Scorer {
public:
    virtual ~Scorer();
    virtual void add(const torch::Tensor& output, const Example& batch) = 0;
    virtual std::map<std::string, double> result() const = 0; // by metric name
};

// What the data look like, small and serialisable; the source of every automatic setting.
struct Fingerprint {
    Json json = Json::object();
};

// The kind of prediction problem. Owns the encoding of targets, the loss, the metrics, the decoding.
// Stateless after configure(); one object serves one run.
class EYEPIECE_EXPORT Task {
public:
    virtual ~Task();

    // Reads what is needed of the items' labels and pixels (a sample of them). Error(BadInput) when there is
    // nothing to learn from, saying what the user should do.
    virtual Fingerprint fingerprint(Project& project, const std::vector<Item>& train,
                                    const std::vector<Item>& val, JobContext& context) const = 0;

    // Fills every automatic value of `given` (null) from the fingerprint: patch, normalisation, model size,
    // batch, class weights, epochs. The result is the plan that a person reads, changes, and a run records.
    virtual Json plan(const Fingerprint& fingerprint, const Json& given) const = 0;

    virtual void configure(const Json& plan) = 0; // once, before all below
    virtual ModelShape model_shape() const = 0;
    virtual std::unique_ptr<ExampleSource> training_examples(Project& project, const std::vector<Item>& items,
                                                             JobContext& context) const = 0;
    // Fixed examples that score a run after each epoch; their size suits the model's size multiple.
    virtual std::unique_ptr<ExampleSource> validation_examples(Project& project,
                                                               const std::vector<Item>& items,
                                                               int size_multiple,
                                                               JobContext& context) const = 0;
    virtual torch::Tensor loss(const torch::Tensor& output, const Example& batch) const = 0; // scalar
    virtual std::unique_ptr<Scorer> make_scorer() const = 0;
    virtual std::string main_metric() const = 0; // of the scorer; higher is better; picks the best checkpoint

    // What can be had without a network, by the same metrics on the same validation examples:
    // {name: {"title", "metrics": {...}}}. `training` is for baselines that have something to choose.
    virtual Json baselines(const ExampleSource& training, const ExampleSource& validation,
                           JobContext& context) const = 0;

    // A picture (RGB, 8 bit) of one example with the network's output for it, for the eye of a person.
    virtual Image picture(const torch::Tensor& output, const Example& example) const = 0;

    // Adds to a model's card what belongs to the task: input normalisation, classes. See TrainedNetwork.
    virtual void describe(Json& card) const = 0;

    // The predictions of a network of this task; needs no configure(). `spec` is that of the operations
    // "predict" and "evaluate", with "set" complete by these parameters.
    virtual ParameterSchema prediction_parameters() const = 0;
    virtual OperationResult predict(TrainedNetwork& network, ImageSource& source, const Json& spec,
                                    JobContext& context) const = 0;
    virtual Json evaluate(TrainedNetwork& network, Project& project, const std::vector<Item>& items,
                          const Json& spec, JobContext& context) const = 0;
};

} // namespace eyepiece
