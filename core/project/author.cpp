// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/author.h"

#include <cstdlib>

namespace eyepiece {

std::string default_author() {
    const char* user = std::getenv("USER");
    return user ? user : "";
}

} // namespace eyepiece
