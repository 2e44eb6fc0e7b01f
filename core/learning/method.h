// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/task.h"

namespace eyepiece {

// The learning process: what one step does with a batch. Supervised is one of many.
class EYEPIECE_EXPORT Method {
public:
    virtual ~Method();
    virtual void configure(const Json& plan) = 0;
    // The loss of one batch, with its graph; the trainer does backward and the optimiser's step.
    virtual torch::Tensor step(Model& model, const Task& task, const Example& batch) = 0;
};

} // namespace eyepiece
