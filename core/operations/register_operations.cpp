// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/list.h"
#include "core/operations/services.h"

namespace eyepiece {

// Adding an operation means one file beside this one and one line here.
void register_operations(EngineServices& services) {
    register_list_operations(services);
}

} // namespace eyepiece
