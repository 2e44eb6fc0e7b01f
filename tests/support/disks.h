// SPDX-License-Identifier: GPL-3.0-or-later
// Disks that are small, may not be written or go away, for as long as one of these lives. They take the right
// to mount.
#pragma once
#include <QProcess>
#include <QTest>
#include <filesystem>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
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

// A folder shown in another place through a file system of its own process, as a network drive is; when that
// process dies, every read and write fails in the middle of it.
class RemoteDrive {
public:
    RemoteDrive(const std::filesystem::path& folder, std::filesystem::path shown) : shown_(std::move(shown)) {
        server_.start("bindfs", {"-f", QString::fromStdString(folder.string()),
                                 QString::fromStdString(shown_.string())});
        if (!server_.waitForStarted())
            return;
        // The place belongs to another device once it is mounted.
        ok_ = QTest::qWaitFor([&] { return device(shown_) != device(folder); }, 10'000);
    }
    ~RemoteDrive() {
        lose();
        ::umount2(shown_.c_str(), MNT_DETACH);
    }
    RemoteDrive(const RemoteDrive&) = delete;
    RemoteDrive& operator=(const RemoteDrive&) = delete;

    bool ok() const { return ok_; } // false: not allowed here, or bindfs is not installed
    void lose() {
        server_.kill();
        server_.waitForFinished();
    }

private:
    static dev_t device(const std::filesystem::path& path) {
        struct stat facts {};
        return ::stat(path.c_str(), &facts) == 0 ? facts.st_dev : 0;
    }

    std::filesystem::path shown_;
    QProcess server_;
    bool ok_ = false;
};

} // namespace eyepiece::test
