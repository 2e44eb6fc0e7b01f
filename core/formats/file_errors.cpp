// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/file_errors.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace eyepiece {

Error file_error(ErrorCode code, const std::filesystem::path& path, const std::string& reason,
                 std::string details) {
    const auto name = path.has_filename() ? path.filename() : path;
    if (details.empty())
        details = path.string();
    std::string message = "\"";
    message.append(name.string()).append("\" ").append(reason);
    return Error(code, message, std::move(details));
}

std::uintmax_t readable_size(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found)
        throw file_error(ErrorCode::NotFound, path, "does not exist. Was it moved or renamed?");
    if (error)
        throw file_error(ErrorCode::Storage, path, "cannot be reached: " + error.message() + ".");
    if (std::filesystem::is_directory(status))
        throw file_error(ErrorCode::BadInput, path, "is a folder, not a file.");
    // A pipe or a device could keep us waiting for ever.
    if (!std::filesystem::is_regular_file(status))
        throw file_error(ErrorCode::BadInput, path, "is not a regular file.");
    const auto size = std::filesystem::file_size(path, error);
    if (error)
        throw file_error(ErrorCode::Storage, path, "cannot be reached: " + error.message() + ".");
    if (size == 0)
        throw file_error(ErrorCode::BadInput, path, "is empty (0 bytes).");
    return size;
}

File open_for_reading(const std::filesystem::path& path) {
    readable_size(path);
    File file(std::fopen(path.c_str(), "rb"));
    if (!file)
        throw file_error(ErrorCode::Storage, path,
                         std::string("cannot be opened: ") + std::strerror(errno) + ".");
    return file;
}

AtomicFile::AtomicFile(std::filesystem::path target) : target_(std::move(target)) {
    static std::atomic<unsigned> counter{0}; // two writers of one process never share a temporary
    temporary_ = target_;
    temporary_ += std::string(".").append(std::to_string(::getpid())).append("-");
    temporary_ += std::to_string(counter++) + ".part";
}

AtomicFile::~AtomicFile() {
    std::error_code ignored;
    if (!committed_)
        std::filesystem::remove(temporary_, ignored);
}

void AtomicFile::commit() {
    std::error_code error;
    std::filesystem::rename(temporary_, target_, error);
    if (error)
        throw file_error(ErrorCode::Storage, target_, "cannot be written: " + error.message() + ".");
    committed_ = true;
}

} // namespace eyepiece
