// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/table.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <unordered_set>

namespace eyepiece {
namespace {

// "a", "a (2)", "a (3)": the first that is not taken.
std::string first_free(const std::string& wanted, const std::unordered_set<std::string>& taken) {
    if (!taken.contains(wanted))
        return wanted;
    for (std::size_t count = 2;; ++count)
        if (std::string candidate = wanted + " (" + std::to_string(count) + ")"; !taken.contains(candidate))
            return candidate;
}

std::string size_text(std::size_t bytes) {
    const auto megabytes = static_cast<double>(bytes) / 1e6;
    return megabytes < 1000 ? std::to_string(static_cast<long>(std::ceil(megabytes))) + " MB"
                            : std::to_string(static_cast<long>(std::ceil(megabytes / 1000))) + " GB";
}

} // namespace

Table::Table(std::vector<Column> columns) {
    std::unordered_set<std::string> taken;
    dense_.reserve(columns.size());
    for (Column& column : columns) {
        if (sized_ && column.size() != rows_)
            throw Error(ErrorCode::Internal, "The column \"" + column.name() + "\" has " +
                                                 std::to_string(column.size()) + " rows instead of " +
                                                 std::to_string(rows_) + ".");
        rows_ = column.size();
        sized_ = true;
        std::string name = first_free(column.name(), taken);
        taken.insert(name);
        dense_.push_back(name == column.name() ? std::move(column) : column.renamed(std::move(name)));
    }
}

std::string Table::unique_name(const std::string& wanted) const {
    std::string name = wanted;
    for (std::size_t count = 2; find(name); ++count)
        name = wanted + " (" + std::to_string(count) + ")";
    return name;
}

void Table::add(Column column) {
    if (sized_ && column.size() != rows_)
        throw Error(ErrorCode::Internal, "The column \"" + column.name() + "\" has " +
                                             std::to_string(column.size()) + " rows instead of " +
                                             std::to_string(rows_) + ".");
    rows_ = column.size();
    sized_ = true;
    std::string name = unique_name(column.name());
    dense_.push_back(name == column.name() ? std::move(column) : column.renamed(std::move(name)));
}

void Table::set_sparse(std::shared_ptr<const SparseMatrix> matrix, std::vector<std::string> names) {
    if ((sized_ && matrix->rows != rows_) || names.size() != matrix->columns)
        throw Error(ErrorCode::Internal, "A sparse matrix does not fit its table.");
    rows_ = matrix->rows;
    sized_ = true;
    std::unordered_set<std::string> taken;
    for (const Column& column : dense_)
        taken.insert(column.name());
    for (std::string& name : names) {
        name = first_free(name, taken);
        taken.insert(name);
    }
    sparse_ = std::move(matrix);
    sparse_names_ = std::make_shared<const std::vector<std::string>>(std::move(names));
}

void Table::set_row_names(Column text) {
    if (sized_ && text.size() != rows_)
        throw Error(ErrorCode::Internal, "There are not as many row names as rows.");
    rows_ = text.size();
    sized_ = true;
    row_names_ = std::move(text);
}

const std::vector<std::string>& Table::sparse_names() const {
    static const std::vector<std::string> none;
    return sparse_names_ ? *sparse_names_ : none;
}

const std::string& Table::name(std::size_t column) const {
    return column < dense_.size() ? dense_[column].name() : sparse_names().at(column - dense_.size());
}

ColumnType Table::type(std::size_t column) const {
    return column < dense_.size() ? dense_[column].type() : ColumnType::Real;
}

ColumnRole Table::role(std::size_t column) const {
    return column < dense_.size() ? dense_[column].role() : ColumnRole::Feature;
}

std::optional<std::size_t> Table::find(std::string_view name) const {
    for (std::size_t column = 0; column < dense_.size(); ++column)
        if (dense_[column].name() == name)
            return column;
    const auto& names = sparse_names();
    if (const auto it = std::find(names.begin(), names.end(), name); it != names.end())
        return dense_.size() + static_cast<std::size_t>(it - names.begin());
    return std::nullopt;
}

std::size_t Table::at(std::string_view name) const {
    if (const auto found = find(name))
        return *found;
    std::string known;
    const std::size_t listed = std::min<std::size_t>(columns(), 8);
    for (std::size_t column = 0; column < listed; ++column)
        known += (column ? ", \"" : "\"") + this->name(column) + "\"";
    if (listed < columns())
        known += ", ...";
    throw Error(ErrorCode::NotFound, "There is no column \"" + std::string(name) +
                                         "\". There are: " + (known.empty() ? "none" : known) + ".");
}

Column Table::column(std::size_t column) const {
    if (column < dense_.size())
        return dense_[column];
    std::vector<float> values(rows_);
    for (std::size_t row = 0; row < rows_; ++row)
        values[row] = sparse_->at(row, column - dense_.size());
    return Column::reals(name(column), std::move(values));
}

Table Table::take_rows(std::span<const std::size_t> rows) const {
    Table result;
    result.rows_ = rows.size();
    result.sized_ = true;
    result.dense_.reserve(dense_.size());
    for (const Column& column : dense_)
        result.dense_.push_back(column.take(rows));
    if (sparse_) {
        result.sparse_ = std::make_shared<const SparseMatrix>(sparse_->take_rows(rows));
        result.sparse_names_ = sparse_names_;
    }
    if (row_names_)
        result.row_names_ = row_names_->take(rows);
    return result;
}

Table Table::select(std::span<const std::size_t> columns) const {
    std::vector<Column> kept;
    std::vector<std::size_t> sparse_kept;
    std::vector<std::string> names;
    for (const std::size_t column : columns)
        if (column < dense_.size()) {
            kept.push_back(dense_[column]);
        } else {
            sparse_kept.push_back(column - dense_.size());
            names.push_back(name(column));
        }
    Table result(std::move(kept));
    result.rows_ = rows_;
    result.sized_ = true;
    if (!sparse_kept.empty()) {
        const bool all = sparse_kept.size() == sparse_->columns &&
                         std::is_sorted(sparse_kept.begin(), sparse_kept.end()) &&
                         std::adjacent_find(sparse_kept.begin(), sparse_kept.end()) == sparse_kept.end();
        result.set_sparse(all ? sparse_
                              : std::make_shared<const SparseMatrix>(sparse_->take_columns(sparse_kept)),
                          std::move(names));
    }
    result.row_names_ = row_names_;
    return result;
}

std::size_t Table::memory() const {
    std::size_t bytes = row_names_ ? row_names_->memory() : 0;
    for (const Column& column : dense_)
        bytes += column.memory();
    if (sparse_)
        bytes += sparse_->stored() * (sizeof(float) + sizeof(std::uint32_t)) +
                 sparse_->starts.size() * sizeof(std::uint64_t);
    return bytes;
}

Json describe(const Table& table) {
    Json columns = Json::array();
    for (const Column& column : table.dense()) {
        Json entry{{"name", column.name()},
                   {"type", to_string(column.type())},
                   {"role", to_string(column.role())},
                   {"missing", column.missing_count()}};
        if (column.type() == ColumnType::Categorical) {
            constexpr std::size_t listed = 100;
            const auto& categories = column.categories();
            entry["categories"] = std::vector<std::string>(
                categories.begin(),
                categories.begin() + static_cast<std::ptrdiff_t>(std::min(listed, categories.size())));
            entry["category_count"] = categories.size();
        }
        columns.push_back(std::move(entry));
    }
    Json json{{"rows", table.rows()}};
    if (const SparseMatrix* sparse = table.sparse()) {
        const auto summaries = summarise_columns(*sparse);
        for (std::size_t i = 0; i < summaries.size(); ++i)
            columns.push_back({{"name", table.sparse_names()[i]},
                               {"type", "real"},
                               {"role", "feature"},
                               {"missing", summaries[i].missing},
                               {"nonzero", summaries[i].stored}});
        json["sparse"] = {{"shape", {sparse->rows, sparse->columns}}, {"stored", sparse->stored()}};
    }
    json["columns"] = std::move(columns);
    json["row_names"] = table.row_names().has_value();
    json["bytes"] = table.memory();
    return json;
}

NumericMatrix numeric_matrix(const Table& table, std::size_t limit) {
    NumericMatrix result;
    result.rows = table.rows();
    for (std::size_t i = 0; i < table.dense().size(); ++i) {
        const Column& column = table.dense()[i];
        if (column.role() != ColumnRole::Feature)
            continue;
        (column.numeric() ? result.used : result.left_out).push_back(i);
    }
    const std::size_t dense = result.used.size();
    const SparseMatrix* sparse = table.sparse();
    for (std::size_t i = 0; sparse && i < sparse->columns; ++i)
        result.used.push_back(table.dense().size() + i);
    result.columns = result.used.size();
    if (result.columns == 0 || result.rows == 0)
        throw Error(ErrorCode::BadInput, "The table has no numbers: give it rows and at least one numeric "
                                         "column, or turn categories into numbers (one-hot).");
    for (const std::size_t column : result.used)
        result.names.push_back(table.name(column));
    const std::size_t bytes = result.rows * result.columns * sizeof(float);
    if (limit == 0)
        limit = free_memory() / 5 * 4;
    if (bytes > limit)
        throw Error(ErrorCode::Memory, "The table would take " + size_text(bytes) +
                                           " as a full matrix, but only " + size_text(limit) +
                                           " may be used: take fewer columns (highly variable ones) or rows "
                                           "(subsample) first.");
    result.values.resize(result.rows * result.columns);
    // Blocks of rows that fit the cache: a column is read in a run, and written with a stride.
    constexpr std::size_t block = 512;
    std::vector<float> strip(block);
    for (std::size_t first = 0; first < result.rows; first += block) {
        const std::size_t count = std::min(block, result.rows - first);
        for (std::size_t c = 0; c < dense; ++c) {
            table.dense()[result.used[c]].numbers(first, std::span(strip).first(count));
            float* target = result.values.data() + first * result.columns + c;
            for (std::size_t i = 0; i < count; ++i, target += result.columns)
                *target = strip[i];
        }
    }
    for (std::size_t row = 0; sparse && row < sparse->rows; ++row) {
        float* target = result.values.data() + row * result.columns + dense;
        for (std::uint64_t i = sparse->starts[row]; i < sparse->starts[row + 1]; ++i)
            target[sparse->indices[i]] = sparse->values[i];
    }
    return result;
}

std::size_t free_memory() {
    std::ifstream file("/proc/meminfo");
    for (std::string key; file >> key;) {
        std::size_t kilobytes = 0;
        if (key == "MemAvailable:" && file >> kilobytes)
            return kilobytes * 1024;
        file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return std::size_t{4} << 30; // not Linux: a machine of today
}

} // namespace eyepiece
