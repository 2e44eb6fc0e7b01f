// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/operation.h"

namespace eyepiece {

Operation::~Operation() = default;

std::optional<ParameterSchema> Operation::parameters(const Json&) const {
    return std::nullopt;
}

} // namespace eyepiece
