// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/model.h"

namespace eyepiece {

// Registers the architectures that come with the engine. Adding one means a file beside this and a line in
// models.cpp.
EYEPIECE_EXPORT void register_models(ModelRegistry& models);

} // namespace eyepiece
