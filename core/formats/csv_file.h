// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace eyepiece {

// A small text table (RFC 4180: quotes, doubled quotes, line breaks within quotes; CRLF or LF; a byte order
// mark is skipped). The separator is a comma, semicolon or tab, whichever the first line has most of.
struct EYEPIECE_EXPORT CsvTable {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows; // each as long as `columns`

    int column(const std::string& name) const; // -1: none
    // Rows by the stem of the file that they are about: of the column "id", "image", "file", "filename",
    // "file_name", "name", "path" or "stem" (in any case), else the first. "a/b.png" and "b" are the same
    // stem.
    std::unordered_map<std::string, std::size_t> rows_by_stem() const;
};

// Throws Error that names the file and, for a malformed row, its line.
EYEPIECE_EXPORT CsvTable read_csv(const std::filesystem::path& path);
EYEPIECE_EXPORT CsvTable parse_csv(const std::string& text, const std::filesystem::path& name);
EYEPIECE_EXPORT void write_csv(const std::filesystem::path& path, const CsvTable& table);

class AtomicFile;

// Row by row, so that the whole is never in memory. There is nothing at `path`, or what was there before,
// until finish(). Throws Error(Storage).
class EYEPIECE_EXPORT CsvWriter {
public:
    CsvWriter(const std::filesystem::path& path, const std::vector<std::string>& columns);
    ~CsvWriter();
    void write(const std::vector<std::string>& row); // as long as the columns
    void finish();

private:
    std::filesystem::path path_;
    std::unique_ptr<AtomicFile> target_;
    std::ofstream file_;
};

} // namespace eyepiece
