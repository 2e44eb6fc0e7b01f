// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

namespace eyepiece {

// {"pid", "host", "pid_started"} of this process, for a run's status. pid_started is the kernel's start time
// of the process, so that another that got the same number later is not taken for it.
EYEPIECE_EXPORT Json process_identity();

// Whether the process that `status` names still lives on this machine. False when it names none.
EYEPIECE_EXPORT bool is_alive(const Json& status);

} // namespace eyepiece
