// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/csv_file.h"
#include "core/formats/file_errors.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

namespace eyepiece {
namespace {

constexpr std::uintmax_t largest_table = 256u << 20;

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

char separator_of(const std::string& text) {
    const std::string first = text.substr(0, text.find_first_of("\r\n"));
    char best = ',';
    for (const char candidate : {',', ';', '\t'})
        if (std::count(first.begin(), first.end(), candidate) > std::count(first.begin(), first.end(), best))
            best = candidate;
    return best;
}

} // namespace

int CsvTable::column(const std::string& name) const {
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (lower(columns[i]) == lower(name))
            return static_cast<int>(i);
    return -1;
}

std::unordered_map<std::string, std::size_t> CsvTable::rows_by_stem() const {
    int key = -1;
    for (const char* name : {"id", "image", "file", "filename", "file_name", "name", "path", "stem"})
        if (key < 0)
            key = column(name);
    std::unordered_map<std::string, std::size_t> result;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const std::filesystem::path value = rows[row][static_cast<std::size_t>(std::max(key, 0))];
        // An id such as "1.2.840" has dots of its own: only what looks like an ending is cut off.
        const std::string ending = lower(value.extension().string());
        const bool image = ending == ".png" || ending == ".jpg" || ending == ".jpeg" || ending == ".tif" ||
                           ending == ".tiff";
        result.try_emplace((image ? value.stem() : value.filename()).string(), row);
    }
    return result;
}

CsvTable parse_csv(const std::string& text, const std::filesystem::path& name) {
    const std::size_t start = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    const char separator = separator_of(text.substr(start));
    CsvTable table;
    std::vector<std::string> row;
    std::string field;
    std::size_t line = 1, row_line = 1;
    bool quoted = false, was_quoted = false;
    const auto fail = [&](const std::string& what) {
        return file_error(ErrorCode::BadInput, name,
                          "is not a readable table: line " + std::to_string(row_line) + " " + what + ".");
    };
    const auto end_row = [&] {
        const bool blank = row.empty() && field.empty() && !was_quoted;
        row.push_back(std::move(field));
        field.clear();
        was_quoted = false;
        if (blank) {
            row.clear();
            return;
        }
        if (table.columns.empty()) {
            table.columns = std::move(row);
        } else {
            if (row.size() != table.columns.size())
                throw fail("has " + std::to_string(row.size()) + " fields where the first line has " +
                           std::to_string(table.columns.size()));
            table.rows.push_back(std::move(row));
        }
        row.clear();
    };
    for (std::size_t i = start; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\0')
            throw fail("holds binary data");
        if (quoted) {
            if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
                field += '"';
                ++i;
            } else if (c == '"') {
                quoted = false;
            } else {
                line += c == '\n';
                field += c;
            }
        } else if (c == '"' && field.empty() && !was_quoted) {
            quoted = was_quoted = true;
        } else if (c == separator) {
            row.push_back(std::move(field));
            field.clear();
            was_quoted = false;
        } else if (c == '\n') {
            end_row();
            row_line = ++line;
        } else if (c != '\r') {
            field += c;
        }
    }
    if (quoted)
        throw fail("opens a quote that is never closed");
    end_row();
    if (table.columns.empty())
        throw file_error(ErrorCode::BadInput, name,
                         "is not a readable table: it has no line with column names.");
    return table;
}

CsvTable read_csv(const std::filesystem::path& path) {
    if (readable_size(path) > largest_table)
        throw file_error(ErrorCode::Unsupported, path, "is too large for a table of names (over 256 MB).");
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file)
        throw file_error(ErrorCode::Storage, path, "cannot be read.");
    return parse_csv(text.str(), path);
}

void write_csv(const std::filesystem::path& path, const CsvTable& table) {
    AtomicFile target(path);
    std::ofstream file(target.temporary(), std::ios::binary);
    const auto write = [&](const std::vector<std::string>& row) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            file << (i ? "," : "");
            if (row[i].find_first_of(",;\t\"\r\n") == std::string::npos) {
                file << row[i];
                continue;
            }
            file << '"';
            for (const char c : row[i])
                file << (c == '"' ? "\"\"" : std::string(1, c));
            file << '"';
        }
        file << "\r\n";
    };
    write(table.columns);
    for (const auto& row : table.rows)
        write(row);
    file.close();
    if (!file)
        throw file_error(ErrorCode::Storage, path, "could not be written. Is the disk full?");
    target.commit();
}

} // namespace eyepiece
