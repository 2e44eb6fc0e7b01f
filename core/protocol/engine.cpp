// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/protocol/engine.h"

namespace eyepiece {

Engine::~Engine() = default;

} // namespace eyepiece
