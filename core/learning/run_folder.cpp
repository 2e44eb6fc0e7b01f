// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/run_folder.h"

#include "core/base/stamp.h"
#include "core/project/runs.h"

#include <unistd.h>

namespace eyepiece {
namespace {

double now_seconds() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

} // namespace

RunFolder::RunFolder(std::filesystem::path folder, JobContext& outer)
    : folder_(std::move(folder)), outer_(outer), status_(Json::object()) {
    std::filesystem::create_directories(folder_ / "watched");
    std::filesystem::create_directories(folder_ / "checkpoints");
    if (std::filesystem::exists(folder_ / "status.json"))
        status_ = read_json_file(folder_ / "status.json");
    std::error_code ignored; // an order left from before does not concern this process
    std::filesystem::remove(folder_ / "control", ignored);
    metrics_.open(folder_ / "metrics.jsonl", std::ios::app);
    events_.open(folder_ / "events.jsonl", std::ios::app);
    log_.open(folder_ / "log.txt", std::ios::app);
    if (!metrics_ || !events_ || !log_)
        throw Error(ErrorCode::Storage,
                    "The run's folder " + folder_.string() +
                        " cannot be written. Check its permissions and the disk's free space.");
}

RunFolder::~RunFolder() = default;

std::string RunFolder::control() const noexcept {
    try {
        const std::lock_guard lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        if (now - looked_ >= std::chrono::milliseconds(50)) {
            looked_ = now;
            std::ifstream file(folder_ / "control");
            word_.clear();
            file >> word_;
        }
        return word_;
    } catch (...) {
        return {};
    }
}

bool RunFolder::cancelled() const noexcept {
    return outer_.cancelled() || control() == "cancel";
}
bool RunFolder::finish_early_requested() const noexcept {
    return outer_.finish_early_requested() || control() == "finish";
}
bool RunFolder::pause_requested() const noexcept {
    return outer_.pause_requested() || control() == "pause";
}

void RunFolder::event(const Json& json) {
    const std::lock_guard lock(mutex_);
    events_ << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n' << std::flush;
}

void RunFolder::progress(double fraction, std::string_view stage) {
    event({{"progress", fraction}, {"stage", stage}});
    outer_.progress(fraction, stage);
}

void RunFolder::metric(std::string_view series, std::int64_t step, double value) {
    {
        const std::lock_guard lock(mutex_);
        metrics_ << Json{{"series", series}, {"step", step}, {"value", value}, {"time", now_seconds()}}.dump()
                 << '\n'
                 << std::flush;
        if (!metrics_)
            throw Error(ErrorCode::Storage, "The metrics of the run cannot be written to " +
                                                folder_.string() +
                                                ". Is the disk full? Make room, then resume the run.");
    }
    event({{"metric", series}, {"step", step}, {"value", value}});
    outer_.metric(series, step, value);
}

void RunFolder::partial(const Json& head, std::span<const std::byte> bytes) {
    event({{"partial", head}, {"bytes", 0}});
    outer_.partial(head, bytes);
}

void RunFolder::warn(std::string_view message) {
    event({{"warn", message}});
    log("warning: " + std::string(message));
    outer_.warn(message);
}

void RunFolder::status(const Json& changes) {
    const std::lock_guard lock(mutex_);
    status_.update(changes);
    status_["pid"] = getpid();
    status_["host"] = host_name();
    status_["updated"] = utc_now();
    write_file_atomically(folder_ / "status.json", status_.dump(1));
}

void RunFolder::log(std::string_view line) {
    const std::lock_guard lock(mutex_);
    log_ << utc_now() << ' ' << line << '\n' << std::flush;
}

void RunFolder::forget_metrics_after(std::int64_t step) {
    const std::lock_guard lock(mutex_);
    std::ifstream in(folder_ / "metrics.jsonl");
    std::string line, kept;
    while (std::getline(in, line)) {
        const Json entry = Json::parse(line, nullptr, false); // the last line may be half a line
        if (entry.is_object() && entry.value("step", std::int64_t{0}) <= step)
            kept += line + "\n";
    }
    metrics_.close();
    write_file_atomically(folder_ / "metrics.jsonl", kept);
    metrics_.open(folder_ / "metrics.jsonl", std::ios::app);
}

} // namespace eyepiece
