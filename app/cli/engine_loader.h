// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "app/cli/verb.h"
#include "core/protocol/engine.h"

#include <memory>

namespace eyepiece::cli {

// Loads libeyepiece-engine, and LibTorch with it (0.5 to 1 s), which only the verbs that need it do. It lies
// beside libeyepiece-core. Throws Error(Unsupported) when this build or install has no engine.
std::unique_ptr<Engine> load_engine(const CommonOptions& options);

} // namespace eyepiece::cli
