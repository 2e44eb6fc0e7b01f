// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/editor_lock.h"

#include "core/base/error.h"
#include "core/base/stamp.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace eyepiece {
namespace {

std::string this_process() {
    return "process " + std::to_string(::getpid()) + " (" + program_invocation_short_name + ") on " +
           host_name();
}

std::string content(int file) {
    std::array<char, 512> text{};
    const ssize_t count = ::pread(file, text.data(), text.size() - 1, 0);
    return count > 0 ? std::string(text.data(), static_cast<std::size_t>(count)) : "another process";
}

} // namespace

EditorLock::EditorLock(const std::filesystem::path& folder) {
    const auto path = folder / "project.lock";
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file_ < 0)
        throw Error(ErrorCode::Storage, "The project \"" + folder.string() +
                                            "\" may not be written: " + std::strerror(errno) +
                                            ". Open it read-only, or copy it to another place.");
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
        const int code = errno;
        const std::string holder = content(file_);
        ::close(std::exchange(file_, -1));
        if (code == EWOULDBLOCK)
            throw Error(ErrorCode::Conflict, "The project \"" + folder.string() + "\" is being edited by " +
                                                 holder + ". Close it there, or open it read-only here.");
        throw Error(ErrorCode::Storage, "The project \"" + folder.string() +
                                            "\" cannot be locked for editing: " + std::strerror(code) + ".");
    }
    // Only for the other's message: failing to write it does no harm.
    const std::string self = this_process();
    if (::ftruncate(file_, 0) == 0) [[maybe_unused]]
        const ssize_t written = ::pwrite(file_, self.data(), self.size(), 0);
}

EditorLock::~EditorLock() {
    if (file_ >= 0)
        ::close(file_);
}

EditorLock::EditorLock(EditorLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

EditorLock& EditorLock::operator=(EditorLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
}

} // namespace eyepiece
