// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"

#include <array>
#include <utility>

namespace eyepiece {
namespace {

constexpr std::array<std::pair<ErrorCode, std::string_view>, 8> names{{
    {ErrorCode::BadInput, "bad-input"},
    {ErrorCode::NotFound, "not-found"},
    {ErrorCode::Unsupported, "unsupported"},
    {ErrorCode::Conflict, "conflict"},
    {ErrorCode::Storage, "storage"},
    {ErrorCode::Memory, "memory"},
    {ErrorCode::Cancelled, "cancelled"},
    {ErrorCode::Internal, "internal"},
}};

} // namespace

std::string_view to_string(ErrorCode code) {
    for (const auto& [candidate, name] : names)
        if (candidate == code)
            return name;
    return "internal";
}

ErrorCode error_code_from_string(std::string_view name) {
    for (const auto& [code, candidate] : names)
        if (candidate == name)
            return code;
    return ErrorCode::Internal;
}

Error::Error(ErrorCode code, const std::string& message, std::string details)
    : std::runtime_error(message), code_(code), details_(std::move(details)) {}

Error::~Error() = default;

} // namespace eyepiece
