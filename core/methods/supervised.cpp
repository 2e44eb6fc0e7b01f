// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/supervised.h"

#include "core/learning/augmentation.h"
#include "core/learning/trainer.h"

namespace eyepiece {

Supervised::~Supervised() = default;

void Supervised::configure(const Json&) {}

torch::Tensor Supervised::step(Model& model, const Task& task, const Example& batch) {
    return task.loss(model.forward(batch.input), batch);
}

void register_methods(Registry<Method>& methods) {
    ParameterSchema parameters = Trainer::parameters();
    parameters.append(Augmentation::parameters());
    methods.add({"supervised", "Supervised", "Learns from the labels alone.", parameters,
                 [] { return std::make_unique<Supervised>(); }});
}

} // namespace eyepiece
