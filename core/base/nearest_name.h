// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <string>
#include <string_view>
#include <vector>

namespace eyepiece {

// The known name that a misspelt one most likely means: the one of least edit distance (Levenshtein 1966),
// the first among equals. Empty when none shares enough letters to be worth naming.
EYEPIECE_EXPORT std::string nearest_name(std::string_view misspelt, const std::vector<std::string>& known);

// "; the nearest is "unet"", to go into the sentence that refuses a name, or "" when there is none.
EYEPIECE_EXPORT std::string nearest_hint(std::string_view misspelt, const std::vector<std::string>& known);

} // namespace eyepiece
