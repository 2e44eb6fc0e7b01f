// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/error.h"
#include "core/base/parameters.h"

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace eyepiece {

// What a running operation may ask of and tell to whoever started it. Handed down by reference; plain C++.
// All members may be called from any thread of the operation.
class EYEPIECE_EXPORT JobContext {
public:
    virtual ~JobContext();
    virtual bool cancelled() const noexcept = 0;              // stop now, the result is thrown away
    virtual bool finish_early_requested() const noexcept = 0; // stop soon, keep the best so far
    virtual bool pause_requested() const noexcept { return false; }
    virtual void progress(double fraction, std::string_view stage = {}) = 0; // fraction in [0,1]; <0: unknown
    virtual void metric(std::string_view series, std::int64_t step, double value) = 0;
    // An intermediate result: a JSON head, and raw bytes that the head describes.
    virtual void partial(const Json& head, std::span<const std::byte> bytes = {}) = 0;
    virtual void warn(std::string_view message) = 0; // one sentence for the user

    void throw_if_cancelled() const {
        if (cancelled())
            throw Error(ErrorCode::Cancelled, "Cancelled.");
    }
};

// A context that nobody listens to; cancel and finish early by its flags. For tests and plain calls.
class EYEPIECE_EXPORT QuietJob : public JobContext {
public:
    ~QuietJob() override;
    bool cancelled() const noexcept override { return cancel.load(); }
    bool finish_early_requested() const noexcept override { return finish_early.load(); }
    bool pause_requested() const noexcept override { return pause.load(); }
    void progress(double, std::string_view) override {}
    void metric(std::string_view, std::int64_t, double) override {}
    void partial(const Json&, std::span<const std::byte>) override {}
    void warn(std::string_view) override {}

    std::atomic<bool> cancel{false};
    std::atomic<bool> finish_early{false};
    std::atomic<bool> pause{false};
};

} // namespace eyepiece
