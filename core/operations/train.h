// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/operations/services.h"

namespace eyepiece {

// "train", "predict", "evaluate", "augmentation-preview". Specs: CONTRIBUTING.md, and each class.
void register_training(EngineServices& services);
void register_prediction(EngineServices& services);

} // namespace eyepiece
