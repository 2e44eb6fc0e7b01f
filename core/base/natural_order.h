// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <string_view>

namespace eyepiece {

// Whether `a` comes before `b` when runs of digits count as numbers ("img2" before "img10") and ASCII letters
// of both cases as the same. A strict weak order; equal texts but for case and leading zeros are ordered byte
// by byte.
EYEPIECE_EXPORT bool natural_less(std::string_view a, std::string_view b);

} // namespace eyepiece
