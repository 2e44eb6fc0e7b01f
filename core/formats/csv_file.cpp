// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/csv_file.h"

#include "core/formats/delimited_text.h"
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
    const std::string_view body = std::string_view(text).substr(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    Dialect dialect;
    dialect.separator = separator_of(std::string(body));
    SplitRows rows;
    std::uint64_t line = 1;
    split_rows(body, dialect, true, line, name, rows);
    if (rows.rows() == 0)
        throw file_error(ErrorCode::BadInput, name,
                         "is not a readable table: it has no line with column names.");
    CsvTable table;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        std::vector<std::string> fields;
        for (std::size_t i = rows.row_begin(row); i < rows.row_ends[row]; ++i)
            fields.push_back(rows.fields[i].text(dialect.quote));
        if (row == 0) {
            table.columns = std::move(fields);
            continue;
        }
        if (fields.size() != table.columns.size())
            throw file_error(ErrorCode::BadInput, name,
                             "is not a readable table: line " + std::to_string(rows.lines[row]) + " has " +
                                 std::to_string(fields.size()) + " fields where the first line has " +
                                 std::to_string(table.columns.size()) + ".");
        table.rows.push_back(std::move(fields));
    }
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

CsvWriter::CsvWriter(const std::filesystem::path& path, const std::vector<std::string>& columns)
    : path_(path)
    , target_(std::make_unique<AtomicFile>(path))
    , file_(target_->temporary(), std::ios::binary) {
    write(columns);
}

CsvWriter::~CsvWriter() = default;

void CsvWriter::write(const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
        file_ << (i ? "," : "");
        if (row[i].find_first_of(",;\t\"\r\n") == std::string::npos) {
            file_ << row[i];
            continue;
        }
        file_ << '"';
        for (const char c : row[i])
            file_ << (c == '"' ? "\"\"" : std::string(1, c));
        file_ << '"';
    }
    file_ << "\r\n";
}

void CsvWriter::finish() {
    file_.close();
    if (!file_)
        throw file_error(ErrorCode::Storage, path_, "could not be written. Is the disk full?");
    target_->commit();
}

void write_csv(const std::filesystem::path& path, const CsvTable& table) {
    CsvWriter writer(path, table.columns);
    for (const auto& row : table.rows)
        writer.write(row);
    writer.finish();
}

} // namespace eyepiece
