// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <string>

namespace eyepiece {

// What records say of when, where and by whom something was done.
EYEPIECE_EXPORT std::string utc_now();   // ISO 8601, to the second: 2020-03-26T12:00:00Z
EYEPIECE_EXPORT std::string host_name(); // empty when the system does not say
EYEPIECE_EXPORT std::string user_name(); // who is at work here; empty when the system does not say

} // namespace eyepiece
