// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <string>

namespace eyepiece {

// Who labels, when an edit does not say: the name of the user's account. Internal to core/project.
std::string default_author();

} // namespace eyepiece
