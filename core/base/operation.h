// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/base/registry.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace eyepiece {

// What check() says before anything is done.
struct OperationCheck {
    std::string summary;               // "12 images, 214 objects: about 90 s"
    double seconds = -1;               // estimated duration; < 0: unknown
    std::vector<std::string> warnings; // it can run, but
    std::vector<std::string> errors;   // it cannot run because
    Json plan = Json::object();        // every automatic value as it would be chosen
};

// A result: JSON, and raw bytes that it describes (an image, a map); bytes are empty for most operations.
struct OperationResult {
    Json json = Json::object();
    std::vector<std::byte> bytes = {};
};

// Anything the workbench does to data. Stateless: everything is in the spec, a JSON object whose values are
// checked against parameters(). Runs on any thread; throws Error, caught once at the job's edge.
class EYEPIECE_EXPORT Operation {
public:
    virtual ~Operation();
    // What spec["set"] may hold, where that depends on the rest of the spec (on a training's task, model and
    // method). Without a value: the parameters it was registered with.
    virtual std::optional<ParameterSchema> parameters(const Json& spec) const;
    virtual OperationCheck check(const Json& spec, JobContext& context) = 0; // cheap, changes nothing
    virtual OperationResult run(const Json& spec, JobContext& context) = 0;
};

using OperationRegistry = Registry<Operation>;

} // namespace eyepiece
