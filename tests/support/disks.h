// SPDX-License-Identifier: GPL-3.0-or-later
// Disks that are small or may not be written, for as long as one of these lives. They take the right to
// mount.
#pragma once
#include <filesystem>
#include <string>
#include <sys/mount.h>
#include <utility>

namespace eyepiece::test {

class Mounted {
public:
    // An empty disk of so many bytes on an existing folder.
    static Mounted small_disk(const std::filesystem::path& folder, std::size_t bytes) {
        const std::string options = "size=" + std::to_string(bytes);
        const bool ok = ::mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID, options.c_str()) == 0;
        return Mounted(folder, ok ? 1 : 0);
    }
    // The folder with what is in it, but read-only.
    static Mounted read_only(const std::filesystem::path& folder) {
        if (::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) != 0)
            return Mounted(folder, 0);
        Mounted mounted(folder, 1);
        mounted.ok_ =
            ::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
        return mounted;
    }
    ~Mounted() {
        for (; mounts_ > 0; --mounts_)
            ::umount2(folder_.c_str(), MNT_DETACH);
    }
    Mounted(Mounted&& other) noexcept
        : folder_(std::move(other.folder_)), mounts_(std::exchange(other.mounts_, 0)), ok_(other.ok_) {}
    Mounted& operator=(Mounted&&) = delete;

    bool ok() const { return ok_; } // false: not allowed here

private:
    Mounted(std::filesystem::path folder, int mounts)
        : folder_(std::move(folder)), mounts_(mounts), ok_(mounts > 0) {}

    std::filesystem::path folder_;
    int mounts_ = 0;
    bool ok_ = false;
};

} // namespace eyepiece::test
