// SPDX-License-Identifier: GPL-3.0-or-later
// MatrixMarket files, and the folders in which 10x Genomics' programs write counts: matrix.mtx (genes x
// cells) with genes.tsv or features.tsv and barcodes.tsv, each packed or not. The table has a row a cell.
#include "core/formats/delimited_table.h"
#include "core/formats/table_formats.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <unordered_map>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

// Lines of a text, read in pieces.
class Lines {
public:
    explicit Lines(const fs::path& path) : source_(open_bytes(path)), path_(path) {}

    // The next line without its end; false at the end of the file. Valid until the next call.
    bool next(std::string_view& line) {
        for (;;) {
            const std::size_t end = buffer_.find('\n', at_);
            if (end != std::string::npos) {
                line = std::string_view(buffer_).substr(at_, end - at_);
                at_ = end + 1;
                break;
            }
            if (ended_) {
                if (at_ >= buffer_.size())
                    return false;
                line = std::string_view(buffer_).substr(at_);
                at_ = buffer_.size();
                break;
            }
            buffer_.erase(0, at_);
            at_ = 0;
            if (buffer_.size() > (1u << 20))
                throw file_error(ErrorCode::BadInput, path_,
                                 "has a line without an end: is it no MatrixMarket text?");
            const std::size_t before = buffer_.size();
            buffer_.resize(before + (1u << 20));
            const std::size_t got = source_->read(std::span(buffer_).subspan(before));
            buffer_.resize(before + got);
            ended_ = got == 0;
        }
        ++number_;
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        return true;
    }
    std::uint64_t number() const { return number_; }
    const ByteSource& source() const { return *source_; }

private:
    std::unique_ptr<ByteSource> source_;
    fs::path path_;
    std::string buffer_;
    std::size_t at_ = 0;
    std::uint64_t number_ = 0;
    bool ended_ = false;
};

class Numbers {
public:
    explicit Numbers(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}
    template<class Number>
    bool next(Number& value) {
        while (at_ < end_ && (*at_ == ' ' || *at_ == '\t'))
            ++at_;
        if (at_ < end_ && *at_ == '+')
            ++at_;
        const auto [stop, error] = std::from_chars(at_, end_, value);
        at_ = stop;
        return error == std::errc() && (at_ == end_ || *at_ == ' ' || *at_ == '\t');
    }

private:
    const char* at_;
    const char* end_;
};

struct Market {
    SparseMatrix matrix; // as asked for: transposed or not
    std::string type;    // "real", "integer", "pattern"
};

// Reads "row column value" lines straight into compressed rows of the transpose, or of the matrix itself.
Market read_market(const fs::path& path, bool transpose, std::size_t memory_limit, JobContext& context) {
    Lines lines(path);
    std::string_view line;
    const auto bad = [&](const std::string& why) {
        return file_error(ErrorCode::BadInput, path, "is no readable MatrixMarket file: " + why);
    };
    if (!lines.next(line) || !line.starts_with("%%MatrixMarket"))
        throw bad("its first line does not say so.");
    std::string head(line);
    std::transform(head.begin(), head.end(), head.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto says = [&](const char* word) { return head.find(word) != std::string::npos; };
    Market market;
    market.type = says("pattern") ? "pattern" : says("integer") ? "integer" : "real";
    if (says("complex"))
        throw file_error(ErrorCode::Unsupported, path, "holds complex numbers, which a table cannot.");
    const bool dense = says(" array");
    const bool symmetric = says("symmetric") || says("hermitian"), skew = says("skew-symmetric");
    if (!dense && !says(" coordinate"))
        throw bad("it is neither \"coordinate\" nor \"array\".");
    do {
        if (!lines.next(line))
            throw bad("it ends before its size.");
    } while (line.empty() || line.front() == '%');
    std::uint64_t rows = 0, columns = 0, stored = 0;
    Numbers size(line);
    if (!size.next(rows) || !size.next(columns) || (!dense && !size.next(stored)))
        throw bad("line " + std::to_string(lines.number()) + " should give its size.");
    if (rows == 0 || columns == 0 || rows > 0xFFFFFFF0u || columns > 0xFFFFFFF0u)
        throw bad("its size of " + std::to_string(rows) + " x " + std::to_string(columns) +
                  " is impossible.");
    if (dense)
        stored = symmetric ? rows * (rows + 1) / 2 : rows * columns;
    // A line of an entry has at least two bytes; what claims more is not believed.
    if (stored > lines.source().at_most() / 2 || rows > (std::uint64_t{1} << 31))
        throw bad("it claims " + std::to_string(stored) + " values, more than the file can hold.");
    require_memory(path, static_cast<double>(stored) * 24 + static_cast<double>(rows + columns) * 16,
                   memory_limit, "take fewer cells when writing it");
    const std::uint64_t out_rows = transpose ? columns : rows, out_columns = transpose ? rows : columns;
    std::vector<std::uint32_t> row_of, column_of;
    std::vector<float> values;
    row_of.reserve(stored);
    column_of.reserve(stored);
    values.reserve(stored);
    const auto put = [&](std::uint64_t row, std::uint64_t column, float value) {
        row_of.push_back(static_cast<std::uint32_t>(transpose ? column : row));
        column_of.push_back(static_cast<std::uint32_t>(transpose ? row : column));
        values.push_back(value);
    };
    std::uint64_t seen = 0;
    while (seen < stored && lines.next(line)) {
        if (line.empty() || line.find_first_not_of(" \t") == std::string_view::npos)
            continue;
        std::uint64_t row = 0, column = 0;
        double value = 1;
        Numbers numbers(line);
        if (dense) {
            row = symmetric ? 0 : seen % rows + 1; // filled column after column
            column = symmetric ? 0 : seen / rows + 1;
            if (symmetric) {
                std::uint64_t left = seen;
                for (column = 1; left >= rows - column + 1; ++column)
                    left -= rows - column + 1;
                row = column + left;
            }
        } else if (!numbers.next(row) || !numbers.next(column)) {
            throw bad("line " + std::to_string(lines.number()) + " does not begin with a row and a column.");
        }
        if (market.type != "pattern" && !numbers.next(value))
            throw bad("line " + std::to_string(lines.number()) + " has no number as its value.");
        if (row < 1 || row > rows || column < 1 || column > columns)
            throw bad("line " + std::to_string(lines.number()) + " lies outside of its " +
                      std::to_string(rows) + " x " + std::to_string(columns) + ".");
        if (value != 0) {
            put(row - 1, column - 1, static_cast<float>(value));
            if (symmetric && row != column)
                put(column - 1, row - 1, static_cast<float>(skew ? -value : value));
        }
        if ((++seen & 0xFFFFF) == 0) {
            context.throw_if_cancelled();
            context.progress(static_cast<double>(seen) / static_cast<double>(stored), "Reading the matrix");
        }
    }
    if (seen < stored)
        throw bad("it holds " + std::to_string(seen) + " of the " + std::to_string(stored) +
                  " values that its size line promises. Copy or download it again.");
    while (lines.next(line))
        if (line.find_first_not_of(" \t") != std::string_view::npos)
            throw bad("it holds more values than the " + std::to_string(stored) +
                      " that its size line promises.");
    std::vector<std::uint64_t> starts(out_rows + 1, 0);
    for (const std::uint32_t row : row_of)
        ++starts[row + 1];
    std::partial_sum(starts.begin(), starts.end(), starts.begin());
    if (!std::is_sorted(row_of.begin(), row_of.end())) {
        std::vector<std::uint64_t> next(starts.begin(), starts.end() - 1);
        std::vector<std::uint32_t> sorted_columns(column_of.size());
        std::vector<float> sorted_values(values.size());
        for (std::size_t i = 0; i < row_of.size(); ++i) {
            const std::uint64_t place = next[row_of[i]]++;
            sorted_columns[place] = column_of[i];
            sorted_values[place] = values[i];
        }
        column_of = std::move(sorted_columns);
        values = std::move(sorted_values);
    }
    row_of = {};
    market.matrix = SparseMatrix::checked(out_rows, out_columns, std::move(starts), std::move(column_of),
                                          std::move(values));
    return market;
}

fs::path first_of(const fs::path& folder, std::initializer_list<const char*> names) {
    std::error_code ignored;
    for (const char* name : names)
        for (const char* packed : {"", ".gz"})
            if (fs::path path = folder / (std::string(name) + packed); fs::exists(path, ignored))
                return path;
    return {};
}

struct Folder {
    fs::path matrix, features, barcodes;
    explicit Folder(const fs::path& folder)
        : matrix(first_of(folder, {"matrix.mtx"}))
        , features(first_of(folder, {"features.tsv", "genes.tsv"}))
        , barcodes(first_of(folder, {"barcodes.tsv"})) {}
    bool whole() const { return !matrix.empty() && !features.empty() && !barcodes.empty(); }
};

// The names in a list without header; `column` is counted from 0, and the last one is taken where there are
// fewer.
std::vector<std::string> names_in(const fs::path& path, std::size_t column, JobContext& context) {
    DelimitedOptions options = guess_delimited(path, true).options;
    options.dialect = {'\t', '\0', options.dialect.line_end};
    options.header = false;
    options.missing = MissingTexts(std::vector<std::string>{}); // a gene may be called NA
    options.plan = [](std::size_t, const std::string&) {
        ColumnPlan plan;
        plan.type = ColumnType::Text;
        return plan;
    };
    const Table table = read_delimited(path, options, context).table;
    const Column& found = table.dense()[std::min(column, table.columns() - 1)];
    std::vector<std::string> names;
    for (std::size_t row = 0; row < found.size(); ++row)
        names.push_back(found.shown(row));
    return names;
}

// A table of the cells in the same folder: columns that say something of each, found by its barcode.
void add_cells(const fs::path& folder, const std::vector<std::string>& barcodes, OpenedTable& opened,
               const TableReaderRegistry& readers, const TableOptions& options, JobContext& context) {
    const fs::path path =
        first_of(folder, {"cells.csv", "cells.tsv", "metadata.csv", "metadata.tsv", "obs.csv"});
    if (path.empty())
        return;
    TableOptions plain;
    plain.format = name_ends(path, {".csv"}) ? "csv" : "tsv";
    plain.memory_limit = options.memory_limit;
    OpenedTable cells;
    try {
        cells = open_table(readers, path, plain, context);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::Cancelled)
            throw;
        opened.warnings.push_back(std::string("The table of the cells was left out: ") + error.what());
        return;
    }
    const auto& columns = cells.table.dense();
    std::unordered_map<std::string, std::size_t> row_of;
    for (std::size_t row = 0; row < cells.table.rows(); ++row)
        row_of.emplace(columns.front().shown(row), row);
    std::vector<std::size_t> rows;
    for (const std::string& barcode : barcodes) {
        const auto found = row_of.find(barcode);
        if (found == row_of.end()) {
            opened.warnings.push_back("The table \"" + path.filename().string() +
                                      "\" was left out: it does not name the cell \"" + barcode +
                                      "\" in its first column.");
            return;
        }
        rows.push_back(found->second);
    }
    for (std::size_t i = 1; i < columns.size(); ++i)
        opened.table.add(columns[i].take(rows).with_role(ColumnRole::Annotation));
    opened.facts["cells"] = path.filename().string();
}

class MatrixMarketReader final : public TableReader {
public:
    std::vector<std::string> extensions() const override { return {".mtx"}; }
    bool recognises(const fs::path& path, const std::string& head) const override {
        std::error_code ignored;
        if (fs::is_directory(path, ignored))
            return Folder(path).whole();
        return head.starts_with("%%MatrixMarket");
    }

    OpenedTable read(const fs::path& path, const Json& set, const TableOptions& options,
                     JobContext& context) const override {
        std::error_code ignored;
        const bool is_folder = fs::is_directory(path, ignored);
        const fs::path place = is_folder ? path : path.parent_path();
        const Folder folder(place.empty() ? fs::path(".") : place);
        const bool with_names = folder.whole() && (is_folder || fs::equivalent(folder.matrix, path, ignored));
        if (is_folder && !with_names)
            throw file_error(
                ErrorCode::BadInput, path,
                "is no 10x folder: it needs matrix.mtx, genes.tsv or features.tsv, and barcodes.tsv.");
        const std::string orientation = set["orientation"].get<std::string>();
        const bool transpose = orientation == "auto" ? with_names : orientation == "columns";
        OpenedTable opened;
        Market market =
            read_market(is_folder ? folder.matrix : path, transpose, options.memory_limit, context);
        const std::size_t rows = market.matrix.rows, columns = market.matrix.columns;
        opened.type = market.type;
        opened.shape = {rows, columns};
        opened.facts = {{"stored", market.matrix.stored()}, {"transposed", transpose}};
        std::vector<std::string> names, cells;
        if (with_names) {
            // In features.tsv the second column is the name that people know, the first the identifier.
            names = names_in(folder.features, set["feature-names"] == "id" ? 0 : 1, context);
            cells = names_in(folder.barcodes, 0, context);
            if (!transpose)
                std::swap(names, cells);
            if (names.size() != columns || cells.size() != rows)
                throw file_error(ErrorCode::BadInput, path,
                                 "does not fit together: the matrix is " + std::to_string(columns) +
                                     " genes x " + std::to_string(rows) + " cells, but there are " +
                                     std::to_string(names.size()) + " names of genes and " +
                                     std::to_string(cells.size()) +
                                     " barcodes. Take the three files of one run.");
            TextValues texts;
            for (const std::string& cell : cells)
                texts.push_back(cell);
            opened.table.set_row_names(Column::text(transpose ? "barcode" : "gene", std::move(texts)));
            if (set["cells"] == "add" && transpose) {
                TableReaderRegistry readers("importer");
                register_csv_reader(readers);
                add_cells(place, cells, opened, readers, options, context);
            }
        } else {
            names = element_names_of(columns);
        }
        opened.table.set_sparse(std::make_shared<const SparseMatrix>(std::move(market.matrix)),
                                std::move(names));
        return opened;
    }

private:
    static std::vector<std::string> element_names_of(std::size_t count) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < count; ++i)
            names.push_back("column " + std::to_string(i + 1));
        return names;
    }
};

} // namespace

void register_matrix_market_readers(TableReaderRegistry& readers) {
    readers.add(
        {.name = "10x",
         .title = "MatrixMarket and 10x folders",
         .help = "Sparse counts: matrix.mtx, alone or in a folder with genes (features) and barcodes; a row "
                 "a cell.",
         .parameters =
             {choice_parameter(
                  "orientation", "auto", {"auto", "rows", "columns"}, "Items",
                  "Which way the items lie; automatic: the columns (cells) of a 10x folder, else the rows."),
              choice_parameter("feature-names", "name", {"name", "id"}, "Names of genes",
                               "The second column of features.tsv (name) or the first (identifier)."),
              choice_parameter(
                  "cells", "add", {"add", "leave"}, "Table of cells",
                  "Columns of cells.csv or metadata.csv in the folder, found by barcode, are added.")},
         .make = [] { return std::make_unique<MatrixMarketReader>(); }});
}

} // namespace eyepiece
