// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/table/table_text.h"

#include <QSaveFile>
#include <cmath>
#include <functional>

namespace eyepiece {

namespace {

void append(std::string& text, std::string_view value, char separator) {
    if (value.find_first_of("\"\r\n") == std::string_view::npos &&
        value.find(separator) == std::string_view::npos) {
        text.append(value);
        return;
    }
    text.push_back('"');
    for (const char c : value) {
        if (c == '"')
            text.push_back('"');
        text.push_back(c);
    }
    text.push_back('"');
}

void append_head(std::string& text, const Table& table, char separator) {
    if (table.row_names())
        append(text, table.row_names()->name(), separator);
    for (std::size_t column = 0; column < table.columns(); ++column) {
        if (column > 0 || table.row_names())
            text.push_back(separator);
        append(text, table.name(column), separator);
    }
    text.push_back('\n');
}

void append_row(std::string& text, const Table& table, std::size_t row, char separator) {
    if (table.row_names())
        append(text, table.row_names()->shown(row), separator);
    for (std::size_t column = 0; column < table.columns(); ++column) {
        if (column > 0 || table.row_names())
            text.push_back(separator);
        const std::size_t dense = table.dense().size();
        if (column < dense)
            append(text, table.dense()[column].shown(row), separator);
        else if (const float value = table.sparse()->at(row, column - dense); !std::isnan(value))
            text.append(QByteArray::number(static_cast<double>(value), 'g', 9).toStdString());
    }
    text.push_back('\n');
}

} // namespace

std::string table_text(const Table& table, const std::vector<std::uint32_t>& rows, char separator) {
    std::string text;
    append_head(text, table, separator);
    for (const std::uint32_t row : rows)
        append_row(text, table, row, separator);
    return text;
}

void save_table_csv(const std::filesystem::path& file, const Table& table,
                    const std::vector<std::uint32_t>& rows, JobContext& context) {
    constexpr std::size_t piece = 1 << 20; // bytes
    QSaveFile out(QString::fromStdString(file.string()));
    const auto failed = [&] {
        return Error(ErrorCode::Storage,
                     "\"" + file.string() + "\" could not be written. Choose another place.",
                     out.errorString().toStdString());
    };
    if (!out.open(QIODevice::WriteOnly))
        throw failed();
    std::string text;
    const auto flush = [&] {
        if (out.write(text.data(), static_cast<qint64>(text.size())) != static_cast<qint64>(text.size()))
            throw failed();
        text.clear();
    };
    append_head(text, table, ',');
    for (std::size_t at = 0; at < rows.size(); ++at) {
        append_row(text, table, rows[at], ',');
        if (text.size() >= piece) {
            context.throw_if_cancelled();
            context.progress(static_cast<double>(at) / static_cast<double>(rows.size()), {});
            flush();
        }
    }
    flush();
    if (!out.commit())
        throw failed();
}

} // namespace eyepiece
