// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eyepiece {

enum class DateOrder { YearFirst, DayFirst, MonthFirst };

// Microseconds since 1970-01-01 00:00 UTC of "2024-03-01", "2024/3/1", "2024-03-01 12:30",
// "2024-03-01T12:30:05.25Z", "...+02:00"; with DayFirst "1.3.2024", "01/03/2024"; with MonthFirst
// "03/01/2024". The year has four digits; a day that the month does not have is none. Nothing else may
// follow.
EYEPIECE_EXPORT std::optional<std::int64_t> parse_date(std::string_view text,
                                                       DateOrder order = DateOrder::YearFirst);

// "2024-03-01", with the time of day where it is not midnight: "2024-03-01 12:30:05.25".
EYEPIECE_EXPORT std::string format_date(std::int64_t microseconds);

} // namespace eyepiece
