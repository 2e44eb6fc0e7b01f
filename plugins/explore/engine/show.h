// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"

#include <chrono>
#include <span>

namespace eyepiece::explore {

// Shows points at work, a few times a second: their bytes cost the pipe something.
class Showing {
public:
    Showing(JobContext& context, int dimensions) : context_(context), dimensions_(dimensions) {}
    // Whether points() would show any now: for methods that have to compute them first.
    bool due() const { return std::chrono::steady_clock::now() - last_ >= std::chrono::milliseconds(100); }
    void points(std::span<const float> points, std::int64_t step) {
        if (!due())
            return;
        last_ = std::chrono::steady_clock::now();
        context_.partial({{"kind", "points"},
                          {"rows", points.size() / static_cast<std::size_t>(dimensions_)},
                          {"dimensions", dimensions_},
                          {"step", step}},
                         std::as_bytes(points));
    }

private:
    JobContext& context_;
    int dimensions_;
    std::chrono::steady_clock::time_point last_{};
};

} // namespace eyepiece::explore
