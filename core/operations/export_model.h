// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/operations/services.h"

namespace eyepiece {

// export: {"model": "PROJECT:RUN", "format": an exporter, "out": FILE, "set"?: {"license", "description"}}
//         -> {"file", "card", "largest_difference", "checked_inputs"}.
// The file is tested on pieces of the project's own images, which it also holds as its stored test; when none
// can be read any more, on noise, with a warning.
void register_export_operation(EngineServices& services);

} // namespace eyepiece
