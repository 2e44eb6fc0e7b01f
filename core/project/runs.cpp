// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/runs.h"

#include "core/base/error.h"
#include "core/base/stamp.h"
#include "core/project/database.h"
#include "core/project/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/file.h>
#include <unistd.h>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

class File {
public:
    explicit File(int file) : file_(file) {}
    ~File() {
        if (file_ >= 0)
            ::close(file_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int get() const { return file_; }
    bool close() { return ::close(std::exchange(file_, -1)) == 0; }

private:
    int file_;
};

[[noreturn]] void storage_error(const std::string& what, const fs::path& path, int code) {
    const std::string why = code == ENOSPC || code == EDQUOT ? "the disk is full. Make space and do it again."
                            : code == EFBIG
                                ? "the disk is full, or files may not grow so large here (ulimit -f)."
                                : std::string(std::strerror(code)) + ".";
    throw Error(ErrorCode::Storage, what + " \"" + path.string() + "\": " + why);
}

// Number at the start of a run's id, 0 when there is none.
int number_of(const std::string& id) {
    std::size_t digits = 0;
    while (digits < id.size() && id[digits] >= '0' && id[digits] <= '9')
        ++digits;
    return digits > 0 && digits < 9 ? std::stoi(id.substr(0, digits)) : 0;
}

int largest_number(const fs::path& folder) {
    int largest = 0;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(folder, problem))
        largest = std::max(largest, number_of(entry.path().filename().string()));
    return largest;
}

std::string slug_of(const std::string& text) {
    std::string slug;
    for (const char c : text) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            slug += c;
        else if (c >= 'A' && c <= 'Z')
            slug += static_cast<char>(c - 'A' + 'a');
        else if (!slug.empty() && slug.back() != '-')
            slug += '-';
    }
    while (!slug.empty() && slug.back() == '-')
        slug.pop_back();
    return slug.substr(0, 40);
}

RunInfo read_run(const fs::path& folder) {
    RunInfo run;
    run.id = folder.filename().string();
    run.folder = folder;
    try {
        run.spec = read_json_file(folder / "spec.json");
        run.status = read_json_file(folder / "status.json");
        if (!run.spec.is_object() || !run.status.is_object() || !run.status.contains("state") ||
            !run.status["state"].is_string())
            throw Error(ErrorCode::BadInput,
                        "The run \"" + run.id + "\" is damaged: its status says no state.");
        run.alive = is_alive(run.status);
    } catch (const Error& error) {
        if (!run.spec.is_object())
            run.spec = Json::object();
        run.status = {{"state", "damaged"}, {"reason", error.what()}};
    }
    return run;
}

} // namespace

void write_file_atomically(const fs::path& path, std::string_view content) {
    fs::path temporary = path;
    temporary += ".new-" + std::to_string(::getpid());
    File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    const auto give_up = [&](int code) {
        ::unlink(temporary.c_str());
        storage_error("Cannot write", path, code);
    };
    if (file.get() < 0)
        storage_error("Cannot write", path, errno);
    for (std::size_t done = 0; done < content.size();) {
        const ssize_t count = ::write(file.get(), content.data() + done, content.size() - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            give_up(errno);
        done += static_cast<std::size_t>(count);
    }
    if (::fsync(file.get()) != 0 || !file.close())
        give_up(errno);
    if (::rename(temporary.c_str(), path.c_str()) != 0)
        give_up(errno);
    // The name too must outlive a power cut.
    const File folder(::open(path.has_parent_path() ? path.parent_path().c_str() : ".",
                             O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() >= 0)
        ::fsync(folder.get());
}

Json read_json_file(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream)
        throw Error(errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Storage,
                    "The file \"" + path.string() + "\" cannot be read: " + std::strerror(errno) + ".");
    std::ostringstream text;
    text << stream.rdbuf();
    Json json = Json::parse(text.str(), nullptr, false);
    if (json.is_discarded())
        throw Error(ErrorCode::BadInput, "The file \"" + path.string() + "\" is not whole JSON.");
    return json;
}

RunStore::RunStore(fs::path project_folder, ProjectChanges& changes)
    : folder_(std::move(project_folder)), changes_(changes) {}

RunInfo RunStore::create(const Json& spec, const std::string& slug) {
    if (!spec.is_object())
        throw Error(ErrorCode::Internal, "A run needs a spec that is a JSON object.");
    const fs::path runs = folder_ / "runs";
    std::error_code problem;
    fs::create_directories(runs, problem);
    if (problem)
        storage_error("Cannot make a run in", runs, problem.value());
    // One at a time, in this process and others: numbers are given once.
    const fs::path lock_path = runs / ".lock";
    const File lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (lock.get() < 0)
        storage_error("Cannot make a run in", runs, errno);
    while (::flock(lock.get(), LOCK_EX) != 0)
        if (errno != EINTR)
            storage_error("Cannot make a run in", runs, errno);
    const int number = std::max(largest_number(runs), largest_number(folder_ / "trash")) + 1;
    std::array<char, 16> digits{};
    std::snprintf(digits.data(), digits.size(), "%04d", number);
    const std::string name = slug_of(slug);
    const std::string id = std::string(digits.data()) + (name.empty() ? "" : "-" + name);
    const fs::path folder = runs / id;
    // Filled under a hidden name: whoever lists runs sees a whole one or none.
    const fs::path unfinished = runs / ("." + id + ".new");
    fs::remove_all(unfinished, problem);
    try {
        if (!fs::create_directory(unfinished, problem))
            storage_error("Cannot make the run", folder, problem.value());
        Json complete = spec;
        complete["run"] = id;
        if (!complete.contains("project"))
            complete["project"] = folder_.string();
        write_file_atomically(unfinished / "spec.json", complete.dump(2) + "\n");
        const Json status = {{"state", "queued"}, {"updated", utc_now()}};
        write_file_atomically(unfinished / "status.json", status.dump(2) + "\n");
        fs::rename(unfinished, folder, problem);
        if (problem)
            storage_error("Cannot make the run", folder, problem.value());
    } catch (...) {
        fs::remove_all(unfinished, problem);
        throw;
    }
    changes_.tell(RunsChanged{});
    return read_run(folder);
}

std::vector<RunInfo> RunStore::all() const {
    std::vector<RunInfo> runs;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(folder_ / "runs", problem)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with('.') && entry.is_directory(problem))
            runs.push_back(read_run(entry.path()));
    }
    std::sort(runs.begin(), runs.end(), [](const RunInfo& a, const RunInfo& b) {
        const int left = number_of(a.id), right = number_of(b.id);
        return left != right ? left < right : a.id < b.id;
    });
    return runs;
}

RunInfo RunStore::at(const std::string& id) const {
    const bool plain = !id.empty() && id.find('/') == std::string::npos && id.front() != '.';
    std::error_code problem;
    if (plain && fs::is_directory(folder_ / "runs" / id, problem))
        return read_run(folder_ / "runs" / id);
    const bool is_number = plain && id.find_first_not_of("0123456789") == std::string::npos;
    std::string known;
    for (auto& run : all()) {
        if (is_number && number_of(run.id) == number_of(id))
            return run;
        known += (known.empty() ? "" : ", ") + run.id;
    }
    throw Error(ErrorCode::NotFound, "There is no run \"" + id + "\" in the project. Known: " +
                                         (known.empty() ? "none" : known) + ".");
}

void RunStore::control(const std::string& id, const std::string& word) {
    constexpr std::array<std::string_view, 4> words{"pause", "resume", "finish", "cancel"};
    if (std::find(words.begin(), words.end(), word) == words.end())
        throw Error(ErrorCode::BadInput,
                    "A run cannot be told to \"" + word + "\", only to pause, resume, finish or cancel.");
    write_file_atomically(at(id).folder / "control", word + "\n");
}

void RunStore::remove(const std::string& id) {
    const RunInfo run = at(id);
    const bool under_way = run.state() == "queued" || run.state() == "running" || run.state() == "paused";
    if (run.alive && under_way)
        throw Error(ErrorCode::Conflict, "The run \"" + run.id + "\" is still running. Stop it first.");
    const fs::path trash = folder_ / "trash";
    std::error_code problem;
    fs::create_directories(trash, problem);
    if (!problem)
        fs::rename(run.folder, trash / run.id, problem);
    if (problem)
        storage_error("Cannot remove the run", run.folder, problem.value());
    changes_.tell(RunsChanged{});
}

} // namespace eyepiece
