// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/operations/services.h"

namespace eyepiece {

// tabulate: writes a table of what a project holds, for whoever reads tables.
// {"input": {"path": PROJECT, "from": "images" | "objects" | "activations" | ..., "set"?}, "out": FILE.tab};
// the result says
// {"from", "rows", "columns", "out"}.
void register_tabulate_operation(EngineServices& services);

} // namespace eyepiece
