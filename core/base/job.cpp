// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/job.h"

namespace eyepiece {

// Out of line so that the vtables live in one library, which dynamic_cast across plugins needs.
JobContext::~JobContext() = default;
QuietJob::~QuietJob() = default;

} // namespace eyepiece
