// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/run_operation.h"

#include "core/learning/device.h"

#include <filesystem>
#include <new>
#include <opencv2/core.hpp>
#include <torch/torch.h>

namespace eyepiece {
namespace {

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

// LibTorch says it in different words on the CPU (alloc_cpu.cpp), in oneDNN and on CUDA.
bool speaks_of_memory(const std::string& text) {
    for (const char* words : {"can't allocate memory", "out of memory", "not enough memory", "bad_alloc",
                              "could not create a memory", "Cannot allocate memory"})
        if (text.find(words) != std::string::npos)
            return true;
    return false;
}

Error out_of_memory(const std::string& doing, const std::string& details) {
    return Error(ErrorCode::Memory,
                 doing +
                     " ran out of memory. Close other programs, or choose a smaller patch, batch or model, "
                     "and try again.",
                 details);
}

// The given spec with "set" complete, and the thread prepared.
Json prepare(const EngineServices& services, const OperationRegistry::Entry& entry,
             const Operation& operation, const Json& spec) {
    if (!spec.is_object())
        throw Error(ErrorCode::BadInput, "The spec of \"" + entry.name + "\" is not a JSON object.");
    Json complete = spec;
    const Json given = spec.value("set", Json::object());
    if (!given.is_object() && !given.is_null())
        throw Error(ErrorCode::BadInput,
                    "The member \"set\" of the spec is not a JSON object of parameters.");
    const ParameterSchema schema = operation.parameters(spec).value_or(entry.parameters);
    complete["set"] = schema.complete(given.is_null() ? Json::object() : given);
    if (!complete.contains("device"))
        complete["device"] = services.options.device;
    if (!complete.contains("threads"))
        complete["threads"] = services.options.threads;
    use_threads(select_device(complete).threads);
    return complete;
}

} // namespace

Error translate_exception(const std::exception_ptr& exception, const std::string& doing) {
    try {
        std::rethrow_exception(exception);
    } catch (const Error& error) {
        return error;
    } catch (const std::bad_alloc& error) {
        return out_of_memory(doing, error.what());
    } catch (const c10::Error& error) {
        const std::string text = error.what_without_backtrace();
        if (speaks_of_memory(text))
            return out_of_memory(doing, error.what());
        return Error(ErrorCode::Internal, doing + " failed in LibTorch: " + first_line(text), error.what());
    } catch (const Json::exception& error) {
        return Error(ErrorCode::BadInput,
                     doing + " was given a value of the wrong kind: " + error.what() + ".", error.what());
    } catch (const std::filesystem::filesystem_error& error) {
        return Error(ErrorCode::Storage,
                     doing + " could not use " + error.path1().string() + ": " + error.code().message() + ".",
                     error.what());
    } catch (const cv::Exception& error) {
        if (error.code == cv::Error::StsNoMem)
            return out_of_memory(doing, error.what());
        return Error(ErrorCode::Internal, doing + " failed in OpenCV: " + error.err, error.what());
    } catch (const std::exception& error) {
        const std::string text = error.what();
        if (speaks_of_memory(text))
            return out_of_memory(doing, text);
        return Error(ErrorCode::Internal, doing + " failed: " + first_line(text), text);
    } catch (...) {
        return Error(ErrorCode::Internal, doing + " failed for an unknown reason.", "not a std::exception");
    }
}

ParameterSchema operation_parameters(const EngineServices& services, const std::string& name,
                                     const Json& spec) {
    const auto& entry = services.registries.operations.at(name);
    return entry.make()->parameters(spec).value_or(entry.parameters);
}

OperationCheck check_operation(const EngineServices& services, const std::string& name, const Json& spec,
                               JobContext& context) {
    try {
        const auto& entry = services.registries.operations.at(name);
        const auto operation = entry.make();
        return operation->check(prepare(services, entry, *operation, spec), context);
    } catch (...) {
        throw translate_exception(std::current_exception(), "The operation \"" + name + "\"");
    }
}

OperationResult run_operation(EngineServices& services, const std::string& name, const Json& spec,
                              JobContext& context) {
    try {
        const auto& entry = services.registries.operations.at(name);
        const auto operation = entry.make();
        return operation->run(prepare(services, entry, *operation, spec), context);
    } catch (...) {
        const Error error = translate_exception(std::current_exception(), "The operation \"" + name + "\"");
        if (error.code() == ErrorCode::Memory)
            services.models.clear(); // the next attempt finds what room there is
        throw error;
    }
}

} // namespace eyepiece
