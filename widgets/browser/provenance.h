// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/project/labels.h"

#include <QString>
#include <string>
#include <vector>

namespace eyepiece {

// A stored time, UTC in ISO 8601, as this user's clock and language have it; as it is when it is no time.
EYEPIECE_EXPORT QString local_time(const std::string& utc);
EYEPIECE_EXPORT QString duration_text(double seconds); // "8 s", "3 min 20 s", "2 h 05 min"

// Where an object comes from, a line each: who made it, when and with what, or which run; how sure that was;
// how long who worked on it, and who changed it since. Lines of which nothing is known are left out.
EYEPIECE_EXPORT QString provenance_text(const LabelObject& object, const std::vector<LabelWork>& work);

} // namespace eyepiece
