// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/operation.h"

#include <filesystem>
#include <string>
#include <vector>

namespace eyepiece {

struct EngineOptions {
    std::string device = "auto";                           // auto | cpu | cuda, for requests that do not say
    int threads = 0;                                       // 0: all cores, for requests that do not say
    std::vector<std::filesystem::path> plugin_search_path; // see core/base/plugin_manifest.h
};

// The engine as its callers see it: every operation by name, without a LibTorch header. Made by
// libeyepiece-engine, which eyepiece-cli loads only for the verbs that need it.
// check() and run() may be called from several threads at once.
class EYEPIECE_EXPORT Engine {
public:
    virtual ~Engine();

    // {"version", "api", "device", "threads", "precision", "torch", "plugins": [...]}: the head of the pipe's
    // hello.
    virtual Json hello() const = 0;

    // The spec's common members are device, threads and seed; "set" holds the operation's parameters.
    // Whatever goes wrong inside comes out as an Error whose what() is for the user.
    virtual OperationCheck check(const std::string& operation, const Json& spec, JobContext& context) = 0;
    virtual OperationResult run(const std::string& operation, const Json& spec, JobContext& context) = 0;
};

// What libeyepiece-engine exports, by these names, to whoever loads it with dlopen. The first says of which
// version the library is: a mix of two versions is refused before anything else is called. The second gives
// a new Engine that the caller owns; it throws Error.
using EngineVersionFunction = const char*();
using MakeEngineFunction = Engine*(const EngineOptions&);
inline constexpr const char* engine_version_symbol = "eyepiece_engine_version";
inline constexpr const char* make_engine_symbol = "eyepiece_make_engine";

} // namespace eyepiece
