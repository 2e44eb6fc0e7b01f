// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/table_reader.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>
#include <zlib.h>

namespace eyepiece {

// A folder for the files that a test writes.
class TableFolder {
public:
    std::filesystem::path write(const std::string& name, const std::string& bytes) const {
        const auto path = place() / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }
    std::filesystem::path write_gzip(const std::string& name, const std::string& bytes) const {
        const auto path = place() / name;
        std::filesystem::create_directories(path.parent_path());
        gzFile file = gzopen(path.c_str(), "wb6");
        gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
        gzclose(file);
        return path;
    }
    std::filesystem::path place() const { return folder_.path().toStdString(); }

private:
    QTemporaryDir folder_;
};

// The tiny tables that tests/formats/tables/make_fixtures.py wrote.
inline std::filesystem::path fixture(const std::string& name) {
    return std::filesystem::path(EYEPIECE_TEST_TABLES) / name;
}

inline std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline OpenedTable opened(const std::filesystem::path& path, const Json& set = Json::object(),
                          const std::string& format = "auto") {
    TableOptions options;
    options.set = set;
    options.format = format;
    return open_table(path, options);
}

// The sentence with which a file is refused; "" when it is not.
inline QString refusal(const std::filesystem::path& path, const TableOptions& options = {}) {
    try {
        open_table(path, options);
    } catch (const Error& error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

// "real,text*,integer!": the types of the columns; * marks a target, ! an annotation.
inline std::string types_of(const Table& table) {
    std::string text;
    for (std::size_t i = 0; i < table.columns(); ++i) {
        text += (i ? "," : "") + std::string(to_string(table.type(i)));
        text += table.role(i) == ColumnRole::Target       ? "*"
                : table.role(i) == ColumnRole::Annotation ? "!"
                                                          : "";
    }
    return text;
}

inline std::string names_of(const Table& table) {
    std::string text;
    for (std::size_t i = 0; i < table.columns(); ++i)
        text += (i ? "|" : "") + table.name(i);
    return text;
}

// "1|2|": a column as it is shown.
inline std::string shown(const Table& table, const std::string& name) {
    const Column column = table.column(table.at(name));
    std::string text;
    for (std::size_t row = 0; row < column.size(); ++row)
        text += (row ? "|" : "") + column.shown(row);
    return text;
}

} // namespace eyepiece
