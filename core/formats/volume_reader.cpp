// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/volume_reader.h"

#include "core/base/plugin_manifest.h"
#include "core/formats/file_errors.h"
#include "core/formats/pyramid.h"
#include "core/formats/volume_files.h"
#include "core/formats/volume_protocol.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <poll.h>
#include <set>
#include <span>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr int patience_ms = 120'000; // without a byte of an answer
constexpr std::size_t longest_line = std::size_t{64} << 20;

// The process ended, or said something that is no answer.
struct Fallen : Error {
    explicit Fallen(const fs::path& path)
        : Error(file_error(ErrorCode::BadInput, path,
                           "cannot be read: it is damaged in a way that made its reader stop. Open it in the "
                           "program that wrote it and save it anew.",
                           path.string() + ": the reader process ended")) {}
};

// A running reader. Not thread-safe.
class ReaderProcess {
public:
    ReaderProcess() {
        const fs::path program = library_folder() / "eyepiece" / "volume-reader";
        int ends[2] = {-1, -1};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            throw cannot_start(program, errno);
        socket_ = ends[0];
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        std::string name = program.string();
        char* arguments[] = {name.data(), nullptr};
        const int problem = ::posix_spawn(&process_, name.c_str(), &actions, nullptr, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        if (problem != 0) {
            ::close(socket_);
            throw cannot_start(program, problem);
        }
    }
    ~ReaderProcess() {
        ::close(socket_);
        ::kill(process_, SIGKILL); // it may be in the middle of a long decoding
        int status = 0;
        while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
        }
    }
    ReaderProcess(const ReaderProcess&) = delete;
    ReaderProcess& operator=(const ReaderProcess&) = delete;

    // `path` is whom an error is about.
    Json ask(const Json& request, const fs::path& path) {
        const std::string line = request.dump() + "\n";
        for (std::size_t sent = 0; sent < line.size();) {
            const ssize_t count = ::send(socket_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
            if (count < 0 && errno != EINTR)
                throw Fallen(path);
            sent += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
        }
        std::size_t end = 0;
        while ((end = buffer_.find('\n')) == std::string::npos) {
            if (buffer_.size() > longest_line)
                throw Fallen(path);
            char piece[1 << 14];
            buffer_.append(piece, receive(piece, sizeof piece, path));
        }
        const Json answer =
            Json::parse(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
        buffer_.erase(0, end + 1);
        if (!answer.is_object())
            throw Fallen(path);
        if (answer.contains("error")) {
            const Json& error = answer["error"];
            throw Error(error_code_from_string(error.value("code", "")), error.value("message", ""),
                        error.value("details", ""));
        }
        return answer;
    }

    void read(std::span<std::byte> out, const fs::path& path) {
        auto* to = reinterpret_cast<char*>(out.data());
        std::size_t done = std::min(out.size(), buffer_.size());
        std::memcpy(to, buffer_.data(), done);
        buffer_.erase(0, done);
        while (done < out.size())
            done += receive(to + done, out.size() - done, path);
    }

private:
    static Error cannot_start(const fs::path& program, int problem) {
        return Error(ErrorCode::Internal, "The reader of volumes, \"" + program.string() +
                                              "\", cannot be started: " + std::strerror(problem) +
                                              ". Install Eyepiece again.");
    }

    std::size_t receive(char* out, std::size_t size, const fs::path& path) {
        for (;;) {
            pollfd wait{socket_, POLLIN, 0};
            const int ready = ::poll(&wait, 1, patience_ms);
            if (ready == 0)
                throw file_error(ErrorCode::BadInput, path,
                                 "cannot be read: its reader did not answer for two minutes. If it lies on a "
                                 "network drive, copy it to this computer.");
            const ssize_t count = ready < 0 ? -1 : ::recv(socket_, out, size, 0);
            if (count > 0)
                return static_cast<std::size_t>(count);
            if (count == 0 || errno != EINTR)
                throw Fallen(path);
        }
    }

    int socket_ = -1;
    pid_t process_ = -1;
    std::string buffer_; // what came beyond the line or the bytes asked for
};

// Asks a fresh process; once more, carefully, when that falls: it may be a file beside the one wanted that
// does it.
Json ask_fresh(std::unique_ptr<ReaderProcess>& process, Json request, const fs::path& path) {
    process = std::make_unique<ReaderProcess>();
    try {
        return process->ask(request, path);
    } catch (const Fallen&) {
        process = std::make_unique<ReaderProcess>();
        request["careful"] = true;
        return process->ask(request, path);
    }
}

class ProcessVolume final : public VolumeSource {
public:
    explicit ProcessVolume(const fs::path& path) : path_(path) {
        const Json answer = ask_fresh(process_, {{"open", path_to_hex(path)}}, path);
        info_ = info_from_json(answer.at("info"));
        geometry_ = geometry_from_json(answer.at("geometry"));
        notes_ = answer.at("notes").get<std::vector<std::string>>();
        overviews_ = std::make_unique<Overviews>(
            LevelSize{info_.width, info_.height},
            bytes_per_pixel(info_.type) * static_cast<std::size_t>(info_.channels), info_.height,
            [this](const Region& part, int z, int t) { return finest(part, z, t); });
    }

    const ImageInfo& info() const override { return info_; }
    const VolumeGeometry& geometry() const override { return geometry_; }
    std::vector<std::string> notes() const override { return notes_; }

    Image read(const Region& region, int level, int z, int t) override {
        if (level < 0 || z < 0 || t < 0 || z >= info_.depth || t >= info_.frames)
            throw file_error(ErrorCode::BadInput, path_,
                             "has no plane z = " + std::to_string(z) + ", t = " + std::to_string(t) + ".");
        const LevelSize size = level_size(info_.width, info_.height, level);
        const Region clipped = region.intersected({0, 0, size.width, size.height});
        if (clipped.empty())
            throw file_error(ErrorCode::BadInput, path_, "was read outside of its bounds.");
        return level == 0 ? finest(clipped, z, t) : overviews_->read(clipped, level, z, t);
    }

private:
    Image finest(const Region& region, int z, int t) {
        Image image = Image::create(info_.type, info_.channels, region.height, region.width);
        const std::lock_guard lock(mutex_);
        const Json answer =
            process_->ask({{"read", {region.x, region.y, region.width, region.height, z, t}}}, path_);
        if (answer.value("bytes", std::size_t{0}) != image.bytes())
            throw file_error(ErrorCode::Conflict, path_, "was replaced while it was open. Open it again.");
        for (int channel = 0; channel < image.channels(); ++channel)
            process_->read(image.writable_plane(channel), path_);
        return image;
    }

    fs::path path_;
    ImageInfo info_;
    VolumeGeometry geometry_;
    std::vector<std::string> notes_;
    std::mutex mutex_; // of the process, which answers one question after the other
    std::unique_ptr<ReaderProcess> process_;
    std::unique_ptr<Overviews> overviews_;
};

struct Series {
    fs::path first;
    std::vector<fs::path> files;
    std::vector<std::string> notes;
};

std::vector<Series> series_in(const fs::path& folder) {
    std::unique_ptr<ReaderProcess> process;
    const Json answer = ask_fresh(process, {{"series", path_to_hex(folder)}}, folder);
    std::vector<Series> found;
    for (const Json& one : answer.at("series")) {
        Series series;
        series.first = path_from_hex(one.at("first").get<std::string>());
        for (const Json& file : one.at("files"))
            series.files.push_back(path_from_hex(file.get<std::string>()));
        series.notes = one.at("notes").get<std::vector<std::string>>();
        found.push_back(std::move(series));
    }
    return found;
}

} // namespace

std::unique_ptr<VolumeSource> open_volume(const fs::path& path) {
    return std::make_unique<ProcessVolume>(path);
}

VolumeFiles one_file_per_volume(const std::vector<fs::path>& images, const JobContext& job) {
    std::map<fs::path, std::map<fs::path, fs::path>> folders; // of each slice the file that stands for it
    std::set<fs::path> taken;
    VolumeFiles result;
    for (const fs::path& image : images) {
        if (!named_like_dicom(image)) {
            result.images.push_back(image);
            continue;
        }
        const fs::path folder = image.has_parent_path() ? image.parent_path() : fs::path(".");
        const auto [known, fresh] = folders.try_emplace(folder);
        if (fresh) {
            job.throw_if_cancelled();
            try {
                for (const Series& series : series_in(folder)) {
                    for (const fs::path& file : series.files)
                        known->second[file] = series.first;
                    for (const std::string& note : series.notes)
                        result.notes.push_back({series.first, note});
                }
            } catch (const Error& error) { // a damaged file among them: each is then an image of its own
                result.notes.push_back({folder, error.what()});
            }
        }
        const auto part = known->second.find(folder / image.filename());
        const fs::path& stands = part == known->second.end() ? image : part->second;
        if (taken.insert(stands).second)
            result.images.push_back(stands);
    }
    return result;
}

} // namespace eyepiece
