// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sparse_matrix.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace eyepiece {

float SparseMatrix::at(std::size_t row, std::size_t column) const {
    const auto found = row_indices(row);
    const auto it = std::lower_bound(found.begin(), found.end(), static_cast<std::uint32_t>(column));
    if (it == found.end() || *it != column)
        return 0;
    return values[starts[row] + static_cast<std::size_t>(it - found.begin())];
}

std::size_t SparseMatrix::missing() const {
    return static_cast<std::size_t>(
        std::count_if(values.begin(), values.end(), [](float value) { return std::isnan(value); }));
}

SparseMatrix SparseMatrix::transposed() const {
    SparseMatrix result;
    result.rows = columns;
    result.columns = rows;
    result.starts.assign(columns + 1, 0);
    for (const std::uint32_t index : indices)
        ++result.starts[index + 1];
    std::partial_sum(result.starts.begin(), result.starts.end(), result.starts.begin());
    result.indices.resize(stored());
    result.values.resize(stored());
    std::vector<std::uint64_t> next(result.starts.begin(), result.starts.end() - 1);
    for (std::size_t row = 0; row < rows; ++row)
        for (std::uint64_t i = starts[row]; i < starts[row + 1]; ++i) {
            const std::uint64_t place = next[indices[i]]++;
            result.indices[place] = static_cast<std::uint32_t>(row);
            result.values[place] = values[i];
        }
    return result;
}

SparseMatrix SparseMatrix::take_rows(std::span<const std::size_t> which) const {
    SparseMatrix result;
    result.rows = which.size();
    result.columns = columns;
    result.starts.reserve(which.size() + 1);
    std::size_t total = 0;
    for (const std::size_t row : which)
        result.starts.push_back(total += starts[row + 1] - starts[row]);
    result.indices.reserve(total);
    result.values.reserve(total);
    for (const std::size_t row : which) {
        const auto found = row_indices(row);
        const auto numbers = row_values(row);
        result.indices.insert(result.indices.end(), found.begin(), found.end());
        result.values.insert(result.values.end(), numbers.begin(), numbers.end());
    }
    return result;
}

SparseMatrix SparseMatrix::take_columns(std::span<const std::size_t> which) const {
    // A column may be asked for more than once: its new places, as a chain.
    constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
    std::vector<std::uint32_t> first(columns, none), next(which.size(), none);
    for (std::size_t place = which.size(); place-- > 0;) {
        next[place] = first[which[place]];
        first[which[place]] = static_cast<std::uint32_t>(place);
    }
    SparseMatrix result;
    result.rows = rows;
    result.columns = which.size();
    result.starts.reserve(rows + 1);
    std::vector<std::pair<std::uint32_t, float>> row_found;
    for (std::size_t row = 0; row < rows; ++row) {
        row_found.clear();
        for (std::uint64_t i = starts[row]; i < starts[row + 1]; ++i)
            for (std::uint32_t place = first[indices[i]]; place != none; place = next[place])
                row_found.emplace_back(place, values[i]);
        std::sort(row_found.begin(), row_found.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
        for (const auto& [place, value] : row_found) {
            result.indices.push_back(place);
            result.values.push_back(value);
        }
        result.starts.push_back(result.indices.size());
    }
    return result;
}

SparseMatrix SparseMatrix::checked(std::size_t rows, std::size_t columns, std::vector<std::uint64_t> starts,
                                   std::vector<std::uint32_t> indices, std::vector<float> values) {
    const auto refuse = [](const char* why) {
        return Error(ErrorCode::BadInput, std::string("The sparse matrix is damaged: ") + why + ".");
    };
    if (starts.size() != rows + 1 || starts.front() != 0)
        throw refuse("its row pointers do not fit its number of rows");
    if (starts.back() != indices.size() || indices.size() != values.size())
        throw refuse("it has not as many values as its row pointers say");
    if (!std::is_sorted(starts.begin(), starts.end()))
        throw refuse("its row pointers fall");
    if (std::any_of(indices.begin(), indices.end(), [&](std::uint32_t index) { return index >= columns; }))
        throw refuse("it names a column that it does not have");
    bool ordered = true;
    for (std::size_t row = 0; row < rows && ordered; ++row)
        for (std::uint64_t i = starts[row] + 1; i < starts[row + 1] && ordered; ++i)
            ordered = indices[i - 1] < indices[i];
    SparseMatrix result;
    result.rows = rows;
    result.columns = columns;
    if (ordered) {
        result.starts = std::move(starts);
        result.indices = std::move(indices);
        result.values = std::move(values);
        return result;
    }
    result.starts.reserve(rows + 1);
    std::vector<std::pair<std::uint32_t, float>> found;
    for (std::size_t row = 0; row < rows; ++row) {
        found.clear();
        for (std::uint64_t i = starts[row]; i < starts[row + 1]; ++i)
            found.emplace_back(indices[i], values[i]);
        std::stable_sort(found.begin(), found.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        for (std::size_t i = 0; i < found.size(); ++i)
            if (i > 0 && found[i].first == found[i - 1].first) {
                result.values.back() += found[i].second;
            } else {
                result.indices.push_back(found[i].first);
                result.values.push_back(found[i].second);
            }
        result.starts.push_back(result.indices.size());
    }
    return result;
}

std::vector<SparseColumnSummary> summarise_columns(const SparseMatrix& matrix) {
    std::vector<SparseColumnSummary> result(matrix.columns);
    std::vector<double> sums(matrix.columns), squares(matrix.columns);
    std::vector<std::size_t> seen(matrix.columns); // stored at all, be it zero
    for (std::size_t i = 0; i < matrix.stored(); ++i) {
        const std::uint32_t column = matrix.indices[i];
        const float value = matrix.values[i];
        SparseColumnSummary& summary = result[column];
        if (std::isnan(value)) {
            ++summary.missing;
            continue;
        }
        if (seen[column]++ == 0)
            summary.minimum = summary.maximum = value;
        summary.stored += value != 0;
        sums[column] += value;
        squares[column] += static_cast<double>(value) * value;
        summary.minimum = std::min(summary.minimum, value);
        summary.maximum = std::max(summary.maximum, value);
    }
    for (std::size_t column = 0; column < matrix.columns; ++column) {
        SparseColumnSummary& summary = result[column];
        const auto count = static_cast<double>(matrix.rows - summary.missing);
        if (seen[column] + summary.missing < matrix.rows) { // some are zero
            summary.minimum = std::min(summary.minimum, 0.0f);
            summary.maximum = std::max(summary.maximum, 0.0f);
        }
        if (count > 0)
            summary.mean = sums[column] / count;
        if (count > 1)
            summary.variance = std::max(0.0, (squares[column] - sums[column] * summary.mean) / (count - 1));
    }
    return result;
}

} // namespace eyepiece
