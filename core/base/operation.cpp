// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/operation.h"

namespace eyepiece {

Operation::~Operation() = default;

} // namespace eyepiece
