// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <filesystem>

namespace eyepiece {

// The one editor of a project: an flock on project.lock, which the kernel releases however the process ends.
// Internal to core/project.
class EditorLock {
public:
    EditorLock() = default; // holds nothing
    // Throws Error(Conflict) naming the holder, Error(Storage) where nothing may be written.
    explicit EditorLock(const std::filesystem::path& folder);
    ~EditorLock();
    EditorLock(EditorLock&& other) noexcept;
    EditorLock& operator=(EditorLock&& other) noexcept;

private:
    int file_ = -1;
};

} // namespace eyepiece
