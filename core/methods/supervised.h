// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/method.h"

namespace eyepiece {

// Learning from labels: the task's loss of the model's output.
class EYEPIECE_EXPORT Supervised : public Method {
public:
    ~Supervised() override;
    void configure(const Json& plan) override;
    torch::Tensor step(Model& model, const Task& task, const Example& batch) override;
};

EYEPIECE_EXPORT void register_methods(Registry<Method>& methods);

} // namespace eyepiece
