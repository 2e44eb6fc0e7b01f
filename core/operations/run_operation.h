// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/operation.h"
#include "core/operations/services.h"

#include <exception>
#include <string>

namespace eyepiece {

// The edge of every operation, for the pipe, the command line and tests alike: looks it up, checks
// spec["set"] against its parameters and fills in their defaults, gives the calling thread its share of
// threads, and turns whatever is thrown into an Error.
EYEPIECE_EXPORT OperationCheck check_operation(const EngineServices& services, const std::string& name,
                                               const Json& spec, JobContext& context);
EYEPIECE_EXPORT OperationResult run_operation(EngineServices& services, const std::string& name,
                                              const Json& spec, JobContext& context);

// What spec["set"] of this operation may hold.
EYEPIECE_EXPORT ParameterSchema operation_parameters(const EngineServices& services, const std::string& name,
                                                     const Json& spec);

// The Error for a caught exception: what() one sentence for the user, details() the whole text. An exception
// of LibTorch loses its backtrace; running out of memory, whoever noticed it, becomes ErrorCode::Memory with
// advice. `doing` completes the sentence: "The operation \"predict\"".
EYEPIECE_EXPORT Error translate_exception(const std::exception_ptr& exception, const std::string& doing);

} // namespace eyepiece
