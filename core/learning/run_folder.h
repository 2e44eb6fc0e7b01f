// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>

namespace eyepiece {

// A running training's side of runs/<id>/ (layout in core/project/runs.h), and the context it runs in:
// whatever the training tells goes into the folder and on to the context of whoever started it; the folder's
// `control` file is obeyed as that context is.
class EYEPIECE_EXPORT RunFolder : public JobContext {
public:
    RunFolder(std::filesystem::path folder, JobContext& outer);
    ~RunFolder() override;

    const std::filesystem::path& path() const { return folder_; }

    // JobContext. Requests are looked up in the folder at most 20 times a second.
    bool cancelled() const noexcept override;
    bool finish_early_requested() const noexcept override;
    bool pause_requested() const noexcept override;
    void progress(double fraction, std::string_view stage) override;
    void metric(std::string_view series, std::int64_t step, double value) override;
    void partial(const Json& head, std::span<const std::byte> bytes) override;
    void warn(std::string_view message) override;

    // Changes members of status.json and writes it, with "pid", "host" and "updated". "state" is kept unless
    // given.
    void status(const Json& changes);
    void log(std::string_view line); // into log.txt, with the time

    // A run that resumes from a checkpoint forgets what it told after it: metrics of steps beyond `step`.
    void forget_metrics_after(std::int64_t step);

private:
    std::string control() const noexcept;
    void event(const Json& json);

    std::filesystem::path folder_;
    JobContext& outer_;
    Json status_;
    std::ofstream metrics_, events_, log_;
    mutable std::mutex mutex_;
    mutable std::string word_;
    mutable std::chrono::steady_clock::time_point looked_{};
};

} // namespace eyepiece
