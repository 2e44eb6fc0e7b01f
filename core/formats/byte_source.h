// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/formats/file_errors.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace eyepiece {

// The bytes of a file from front to back, unpacked where it is gzip (told by its content). Nothing is ever
// unpacked ahead of what was asked for, so a file that unpacks to terabytes costs only what is read of it.
class EYEPIECE_EXPORT ByteSource {
public:
    virtual ~ByteSource();
    // As many bytes as fit, fewer only at the end. Throws Error(BadInput) for a damaged or truncated gzip.
    virtual std::size_t read(std::span<char> out) = 0;
    virtual double fraction() const = 0; // how much of the file on disk is behind us
    // What read() will give altogether; 0: not known (gzip).
    virtual std::uintmax_t size() const = 0;
    // What it can give at most, so that a header which claims more is not believed: gzip packs no tighter
    // than 1 to 1032.
    virtual std::uintmax_t at_most() const { return size(); }

    // All of `out`; throws Error(BadInput) saying that `what` is cut short otherwise.
    void read_all(std::span<char> out, const std::string& what);

protected:
    explicit ByteSource(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

EYEPIECE_EXPORT std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path);

// The first bytes, unpacked; fewer when the file is shorter. Throws Error as open_for_reading does.
EYEPIECE_EXPORT std::string read_head(const std::filesystem::path& path, std::size_t count);

// Throws Error(Memory) that says how much is needed and free, and to take a part, when `bytes` is more than
// `limit` (0: four fifths of what is free now).
EYEPIECE_EXPORT void require_memory(const std::filesystem::path& path, double bytes, std::size_t limit,
                                    const std::string& advice);

// "12 MB", "3.4 GB"
EYEPIECE_EXPORT std::string memory_text(double bytes);

// The name without a final ".gz", in lower case: "a/B.CSV.gz" -> "b.csv".
std::string plain_name(const std::filesystem::path& path);
EYEPIECE_EXPORT bool name_ends(const std::filesystem::path& path,
                               std::initializer_list<std::string_view> endings);

} // namespace eyepiece
