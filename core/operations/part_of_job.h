// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"

namespace eyepiece {

// The context of a stage of a longer work: its progress is the part [begin, end] of the whole.
class PartOfJob : public JobContext {
public:
    PartOfJob(JobContext& whole, double begin, double end) : whole_(whole), begin_(begin), end_(end) {}
    bool cancelled() const noexcept override { return whole_.cancelled(); }
    bool finish_early_requested() const noexcept override { return whole_.finish_early_requested(); }
    bool pause_requested() const noexcept override { return whole_.pause_requested(); }
    void progress(double fraction, std::string_view stage) override {
        whole_.progress(fraction < 0 ? fraction : begin_ + fraction * (end_ - begin_), stage);
    }
    void metric(std::string_view series, std::int64_t step, double value) override {
        whole_.metric(series, step, value);
    }
    void partial(const Json& head, std::span<const std::byte> bytes) override { whole_.partial(head, bytes); }
    void warn(std::string_view message) override { whole_.warn(message); }

private:
    JobContext& whole_;
    double begin_, end_;
};

} // namespace eyepiece
