// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/delimited_table.h"

#include "core/data/parallel.h"

#include <algorithm>
#include <memory>

namespace eyepiece {
namespace {

constexpr std::size_t piece_size = 4 << 20;
constexpr std::size_t longest_row = 256u << 20;

// One reading of a file from front to back.
class Reading {
public:
    Reading(const std::filesystem::path& path, const DelimitedOptions& options, TextEncoding encoding,
            JobContext& context)
        : path_(path), options_(options), context_(context), text_(path, encoding, options.mark) {}

    using Builders = std::vector<std::unique_ptr<ColumnBuilder>>;

    // Fills the builders of which the bit in `wanted` is set; makes them all in the first pass.
    void run(Builders& builders, std::vector<bool>& wanted) {
        std::string text;
        SplitRows rows;
        std::uint64_t line = 1;
        bool more = true;
        skip(text, line, more);
        while (more || !text.empty()) {
            if (more)
                more = text_.read(text, std::max(piece_size, text.size())); // a long row is not scanned often
            split(text, !more, line, rows);
            std::size_t first = 0;
            if (!started_ && rows.rows() > 0) {
                first = begin(rows, builders, wanted, more);
                if (!started_) { // only the header so far
                    if (rows.consumed == 0 && !more)
                        break;
                    continue_from(text, rows, more);
                    continue;
                }
            }
            if (!take(rows, first, builders, wanted))
                break; // as many rows as were asked for
            if (rows.consumed == 0 && text.size() > longest_row)
                throw file_error(ErrorCode::BadInput, path_,
                                 "is not a readable table: the row at line " + std::to_string(line) +
                                     " does not end within " + memory_text(longest_row) +
                                     "; is a quote never closed, or is it no text?");
            continue_from(text, rows, more);
        }
        if (!started_ && !header_.empty())
            make(header_, builders, wanted);
    }

    std::uint64_t rows() const { return taken_; }

private:
    static void continue_from(std::string& text, const SplitRows& rows, bool more) {
        text.erase(0, more ? rows.consumed : text.size());
    }

    void split(const std::string& text, bool last, std::uint64_t& line, SplitRows& rows) const {
        try {
            split_rows(text, options_.dialect, last, line, path_, rows);
        } catch (const Error& error) {
            if (error.details() != unclosed_quote)
                throw;
            const std::string sentence = error.what();
            throw Error(error.code(), sentence.substr(0, sentence.size() - 1) +
                                          ": close it, or set quote=none where quotes are plain signs.");
        }
    }

    void skip(std::string& text, std::uint64_t& line, bool& more) {
        for (std::size_t left = options_.skip_lines; left > 0;) {
            const std::size_t end = text.find(options_.dialect.line_end);
            if (end != std::string::npos) {
                text.erase(0, end + 1);
                ++line;
                --left;
            } else if (more) {
                if (text.size() > longest_row)
                    text.clear(); // part of a line that is skipped anyway
                more = text_.read(text, left > 1 ? piece_size : 1 << 16);
            } else {
                text.clear();
                return;
            }
        }
    }

    // Names and number of the columns, from the first row and the one after it.
    std::size_t begin(const SplitRows& rows, Builders& builders, std::vector<bool>& wanted, bool more) {
        if (!options_.header && options_.names.empty()) {
            make(std::vector<std::string>(rows.row_size(0)), builders, wanted);
            return 0;
        }
        if (!options_.header) {
            make(options_.names, builders, wanted);
            return 0;
        }
        if (header_.empty())
            for (std::size_t i = 0; i < rows.row_size(0); ++i)
                header_.push_back(rows.fields[i].text(options_.dialect.quote));
        else if (rows.rows() > 0) { // it came at the end of the piece before
            shift_names(rows, 0);
            make(header_, builders, wanted);
            return 0;
        }
        if (rows.rows() > 1) {
            shift_names(rows, 1);
            make(header_, builders, wanted);
        } else if (!more) {
            make(header_, builders, wanted);
        }
        return 1;
    }

    // R writes no name above the row names. A separator at the end of the rows alone is no column.
    void shift_names(const SplitRows& rows, std::size_t row) {
        if (rows.row_size(row) == header_.size() + 1 && rows.fields[rows.row_ends[row] - 1].length > 0)
            header_.insert(header_.begin(), std::string());
    }

    void make(std::vector<std::string> names, Builders& builders, std::vector<bool>& wanted) {
        started_ = true;
        columns_ = names.size();
        if (!builders.empty())
            return;
        for (std::size_t i = 0; i < names.size(); ++i) {
            std::string& name = names[i];
            name.erase(0, std::min(name.find_first_not_of(" \t\r\n"), name.size()));
            name.erase(name.find_last_not_of(" \t\r\n") + 1);
            if (name.empty())
                name = i == 0 && options_.header ? "row" : "column " + std::to_string(i + 1);
            const ColumnPlan plan = options_.plan ? options_.plan(i, name) : ColumnPlan{};
            builders.push_back(std::make_unique<ColumnBuilder>(name, plan, options_.missing, options_.decimal,
                                                               options_.dialect.quote, path_));
        }
        wanted.assign(builders.size(), true);
    }

    // False when enough rows were taken.
    bool take(const SplitRows& rows, std::size_t first, Builders& builders, const std::vector<bool>& wanted) {
        context_.throw_if_cancelled();
        std::size_t last = rows.rows();
        bool enough = false;
        if (options_.max_rows && taken_ + (last - first) >= *options_.max_rows) {
            last = first + static_cast<std::size_t>(*options_.max_rows - taken_);
            enough = true;
        }
        if (last <= first)
            return !enough;
        bool even = true;
        for (std::size_t row = first; row < last && even; ++row)
            even = rows.row_size(row) == columns_;
        if (even) {
            parallel_for(columns_, [&](std::size_t column) {
                if (wanted[column])
                    builders[column]->append(rows.fields.data() + rows.row_begin(first) + column, columns_,
                                             last - first, rows.lines.data() + first);
            });
        } else {
            for (std::size_t row = first; row < last; ++row)
                take_uneven(rows, row, builders, wanted);
        }
        taken_ += last - first;
        watch_memory(builders);
        context_.progress(text_.fraction(), "Reading the table");
        return !enough;
    }

    void take_uneven(const SplitRows& rows, std::size_t row, Builders& builders,
                     const std::vector<bool>& wanted) {
        const std::size_t size = rows.row_size(row);
        const Field* fields = rows.fields.data() + rows.row_begin(row);
        const bool longer =
            size > columns_ && !std::all_of(fields + columns_, fields + size,
                                            [](const Field& field) { return field.length == 0; });
        if (longer || (size < columns_ && !options_.fill_short_rows))
            throw file_error(
                ErrorCode::BadInput, path_,
                "is not a readable table: line " + std::to_string(rows.lines[row]) + " has " +
                    std::to_string(size) + (size == 1 ? " field" : " fields") + " where the first line has " +
                    std::to_string(columns_) +
                    (longer ? ". Correct the line, or set another separator or quote."
                            : ". Correct the line, or let short rows be filled (short-rows=fill)."));
        for (std::size_t column = 0; column < columns_; ++column)
            if (wanted[column]) {
                if (column < size)
                    builders[column]->append(fields + column, columns_, 1, rows.lines.data() + row);
                else
                    builders[column]->append_missing();
            }
    }

    void watch_memory(const Builders& builders) {
        double bytes = 0;
        for (const auto& builder : builders)
            bytes += static_cast<double>(builder->memory());
        // What the rest will take, as long as it goes on like this; found out early, before the machine is
        // full.
        double expected = bytes;
        if (text_.fraction() > 0 && !options_.max_rows && bytes > 64e6)
            expected = bytes / std::min(1.0, text_.fraction());
        require_memory(path_, expected - (options_.memory_limit ? 0 : bytes), options_.memory_limit,
                       "read only the first rows (max-rows)");
    }

    const std::filesystem::path& path_;
    const DelimitedOptions& options_;
    JobContext& context_;
    TextSource text_;
    std::vector<std::string> header_;
    std::size_t columns_ = 0;
    std::uint64_t taken_ = 0;
    bool started_ = false;
};

DelimitedTable finish(const std::filesystem::path& path, Reading::Builders& builders, std::uint64_t rows) {
    if (builders.empty())
        throw file_error(ErrorCode::BadInput, path, "is not a readable table: it has no rows.");
    if (rows == 0)
        throw file_error(ErrorCode::BadInput, path,
                         "has no rows, only a line of column names; if that line is data, set header=no.");
    DelimitedTable result;
    std::vector<Column> columns;
    for (std::size_t i = 0; i < builders.size(); ++i) {
        Column column = builders[i]->finish();
        // A separator at the end of each line is no column.
        const bool nameless = builders[i]->name() == "column " + std::to_string(i + 1);
        const bool ghost =
            nameless && i > 0 && i + 1 == builders.size() && column.missing_count() == column.size();
        if (ghost)
            continue;
        if (!builders[i]->warning().empty())
            result.warnings.push_back(builders[i]->warning());
        columns.push_back(std::move(column));
        builders[i].reset();
    }
    result.table = Table(std::move(columns));
    return result;
}

} // namespace

DelimitedTable read_delimited(const std::filesystem::path& path, const DelimitedOptions& options,
                              JobContext& context) {
    TextEncoding encoding = options.encoding;
    Reading::Builders builders;
    std::vector<bool> wanted;
    std::uint64_t rows = 0;
    // Each pass settles at least one column, or the encoding; a type widens at most twice.
    for (bool again = true; again;) {
        again = false;
        Reading reading(path, options, encoding, context);
        try {
            reading.run(builders, wanted);
        } catch (const TextSource::NotUtf8&) {
            if (options.encoding_fixed)
                throw file_error(
                    ErrorCode::BadInput, path,
                    "is not UTF-8 text: choose another encoding, for instance encoding=latin-1.");
            encoding = TextEncoding::Latin1;
            builders.clear();
            again = true;
            continue;
        }
        rows = reading.rows();
        for (std::size_t i = 0; i < builders.size(); ++i) {
            wanted[i] = wanted[i] && !builders[i]->end();
            if (wanted[i]) {
                builders[i]->restart();
                again = true;
            }
        }
    }
    DelimitedTable result = finish(path, builders, rows);
    result.encoding = encoding;
    return result;
}

} // namespace eyepiece
