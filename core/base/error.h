// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <stdexcept>
#include <string>
#include <string_view>

namespace eyepiece {

// What kind of thing went wrong. Stable: written into runs and sent over the pipe by name.
enum class ErrorCode {
    BadInput,    // a file or value the user gave cannot be used
    NotFound,    // a file, item, run or registered name does not exist
    Unsupported, // a known format or request that this build cannot serve
    Conflict,    // the same thing is in use or was changed elsewhere
    Storage,     // disk full, read-only, input/output error, damaged project
    Memory,      // out of memory
    Cancelled,   // the user asked to stop; never shown as an error
    Internal     // a fault of ours
};

EYEPIECE_EXPORT std::string_view to_string(ErrorCode code);
EYEPIECE_EXPORT ErrorCode error_code_from_string(std::string_view name); // Internal when unknown

// The one exception type of the house. what() is one sentence for the user: what happened, to what,
// and what to do. details() is for the log.
class EYEPIECE_EXPORT Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& message, std::string details = {});
    ~Error() override;
    ErrorCode code() const noexcept { return code_; }
    const std::string& details() const noexcept { return details_; }

private:
    ErrorCode code_;
    std::string details_;
};

} // namespace eyepiece
