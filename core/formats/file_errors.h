// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/error.h"
#include "core/base/export.h"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace eyepiece {

// The one form of sentence in which a reader refuses a file: its name first, then the reason.
EYEPIECE_EXPORT Error file_error(ErrorCode code, const std::filesystem::path& path, const std::string& reason,
                                 std::string details = {});

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// A regular, non-empty file opened for reading; throws Error(NotFound, BadInput or Storage).
EYEPIECE_EXPORT File open_for_reading(const std::filesystem::path& path);
EYEPIECE_EXPORT std::uintmax_t readable_size(const std::filesystem::path& path); // the same checks

// A file that appears whole or not at all: write to temporary(), then commit() moves it over the target.
// Without commit() the temporary is removed.
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path target);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    const std::filesystem::path& temporary() const { return temporary_; }
    void commit();

private:
    std::filesystem::path target_, temporary_;
    bool committed_ = false;
};

} // namespace eyepiece
