// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"

namespace eyepiece {

// What one of many fits, or clusterings, may tell: it hears of pause, cancel and finish early, but progress
// is counted in whole fits, and warnings come once, from the final one.
class FitJob final : public JobContext {
public:
    explicit FitJob(JobContext& whole) : whole_(whole) {}
    bool cancelled() const noexcept override { return whole_.cancelled(); }
    bool finish_early_requested() const noexcept override { return whole_.finish_early_requested(); }
    bool pause_requested() const noexcept override { return whole_.pause_requested(); }
    void progress(double, std::string_view) override {}
    void metric(std::string_view, std::int64_t, double) override {}
    void partial(const Json&, std::span<const std::byte>) override {}
    void warn(std::string_view) override {}

private:
    JobContext& whole_;
};

} // namespace eyepiece
