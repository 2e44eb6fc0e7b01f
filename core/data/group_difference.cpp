// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/group_difference.h"

#include "core/base/error.h"
#include "core/data/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace eyepiece {
namespace {

constexpr double tiny = 1e-300, enough = 1e-15;
constexpr int most_turns = 10'000;

// Lentz's method for the continued fraction of the incomplete beta function (Press et al. 2007, Numerical
// Recipes, 6.4).
double beta_fraction(double a, double b, double x) {
    const double ab = a + b, above = a + 1, below = a - 1;
    double c = 1, d = 1 - ab * x / above;
    d = 1 / (std::abs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m < most_turns; ++m) {
        const double m2 = 2.0 * m;
        for (const double term : {m * (b - m) * x / ((below + m2) * (a + m2)),
                                  -(a + m) * (ab + m) * x / ((a + m2) * (above + m2))}) {
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (std::abs(d) < tiny ? tiny : d);
            c = std::abs(c) < tiny ? tiny : c;
            h *= d * c;
        }
        if (std::abs(d * c - 1) < enough)
            break;
    }
    return h;
}

double incomplete_beta(double a, double b, double x) {
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    const double front =
        std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                     : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

// Q(a, x): by its series below a + 1, by its continued fraction above (Numerical Recipes, 6.2).
double upper_gamma(double a, double x) {
    if (x <= 0)
        return 1;
    const double front = std::exp(a * std::log(x) - x - std::lgamma(a));
    if (x < a + 1) {
        double term = 1 / a, sum = term;
        for (int n = 1; n < most_turns && std::abs(term) > std::abs(sum) * enough; ++n)
            sum += term *= x / (a + n);
        return 1 - front * sum;
    }
    double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;
    for (int i = 1; i < most_turns; ++i) {
        const double an = -i * (i - a);
        b += 2;
        d = an * d + b;
        d = 1 / (std::abs(d) < tiny ? tiny : d);
        c = b + an / c;
        c = std::abs(c) < tiny ? tiny : c;
        h *= d * c;
        if (std::abs(d * c - 1) < enough)
            break;
    }
    return front * h;
}

// Count, mean and sum of squares about it, of the values on one side.
struct Moments {
    double n = 0, mean = 0, squares = 0;
    void add(double value) { // Welford 1962
        ++n;
        const double delta = value - mean;
        mean += delta / n;
        squares += delta * (value - mean);
    }
    void add_zeros(double zeros) { // Chan et al. 1979
        if (zeros <= 0)
            return;
        const double all = n + zeros;
        squares += mean * mean * n * zeros / all;
        mean *= n / all;
        n = all;
    }
    double variance() const { return squares / (n - 1); }
};

std::optional<ColumnDifference> of_numbers(std::size_t column, const Moments& group, const Moments& rest) {
    if (group.n < 2 || rest.n < 2)
        return {};
    ColumnDifference result;
    result.column = column;
    result.group = static_cast<std::size_t>(group.n);
    result.rest = static_cast<std::size_t>(rest.n);
    result.group_mean = group.mean;
    result.rest_mean = rest.mean;
    const double apart = group.mean - rest.mean;
    const double pooled = std::sqrt((group.squares + rest.squares) / (group.n + rest.n - 2));
    const double a = group.variance() / group.n, b = rest.variance() / rest.n;
    if (!(a + b > 0)) { // neither side varies
        result.effect = apart == 0 ? 0 : std::copysign(std::numeric_limits<double>::infinity(), apart);
        result.p = apart == 0 ? 1 : 0;
        return result;
    }
    result.effect = apart / pooled;
    const double df = (a + b) * (a + b) / (a * a / (group.n - 1) + b * b / (rest.n - 1));
    result.p = student_t_two_sided(apart / std::sqrt(a + b), df);
    return result;
}

std::optional<ColumnDifference> of_categories(std::size_t place, const Column& column,
                                              std::span<const std::uint8_t> group) {
    const bool boolean = column.type() == ColumnType::Boolean;
    const std::size_t kinds = boolean ? 2 : column.categories().size();
    std::vector<double> inside(kinds, 0), outside(kinds, 0);
    double in = 0, out = 0;
    for (std::size_t row = 0; row < group.size(); ++row) {
        if (column.missing(row))
            continue;
        const auto kind = static_cast<std::size_t>(column.number(row));
        (group[row] ? inside : outside)[kind] += 1;
        (group[row] ? in : out) += 1;
    }
    if (in < 2 || out < 2)
        return {};
    double chi = 0, used = 0, most = -2;
    ColumnDifference result;
    result.column = place;
    result.group = static_cast<std::size_t>(in);
    result.rest = static_cast<std::size_t>(out);
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        const double both = inside[kind] + outside[kind];
        if (both == 0)
            continue;
        ++used;
        const double expected_in = both * in / (in + out), expected_out = both * out / (in + out);
        chi += (inside[kind] - expected_in) * (inside[kind] - expected_in) / expected_in +
               (outside[kind] - expected_out) * (outside[kind] - expected_out) / expected_out;
        if (const double excess = inside[kind] / in - outside[kind] / out; excess > most) {
            most = excess;
            result.category = boolean ? (kind == 1 ? "true" : "false") : column.categories()[kind];
            result.group_share = inside[kind] / in;
            result.rest_share = outside[kind] / out;
        }
    }
    if (used < 2)
        return result;                           // one category for all: no difference
    result.effect = std::sqrt(chi / (in + out)); // two groups: the smaller side of the table is 2
    result.p = chi_squared_upper(chi, used - 1);
    return result;
}

// Both sides of each sparse column, in one pass over the stored values.
std::vector<std::optional<ColumnDifference>> of_sparse(const SparseMatrix& matrix, std::size_t first,
                                                       std::span<const std::uint8_t> group, double in,
                                                       double out) {
    struct Sides {
        Moments in, out;
        double missing_in = 0, missing_out = 0;
    };
    std::vector<Sides> sides(matrix.columns);
    for (std::size_t row = 0; row < matrix.rows; ++row) {
        const auto indices = matrix.row_indices(row);
        const auto values = matrix.row_values(row);
        for (std::size_t at = 0; at < indices.size(); ++at) {
            Sides& side = sides[indices[at]];
            if (std::isnan(values[at]))
                (group[row] ? side.missing_in : side.missing_out) += 1;
            else
                (group[row] ? side.in : side.out).add(static_cast<double>(values[at]));
        }
    }
    std::vector<std::optional<ColumnDifference>> found;
    for (std::size_t column = 0; column < sides.size(); ++column) {
        Sides& side = sides[column];
        side.in.add_zeros(in - side.missing_in - side.in.n);
        side.out.add_zeros(out - side.missing_out - side.out.n);
        found.push_back(of_numbers(first + column, side.in, side.out));
    }
    return found;
}

void adjust(std::vector<ColumnDifference>& found) {
    std::vector<std::size_t> order(found.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return found[a].p > found[b].p; });
    double least = 1;
    const auto count = static_cast<double>(found.size());
    for (std::size_t at = 0; at < order.size(); ++at) {
        least = std::min(least, found[order[at]].p * count / (count - static_cast<double>(at)));
        found[order[at]].q = least;
    }
}

} // namespace

double student_t_two_sided(double t, double df) {
    return std::isnan(t) ? 1 : incomplete_beta(df / 2, 0.5, df / (df + t * t));
}

double chi_squared_upper(double x, double df) {
    return upper_gamma(df / 2, x / 2);
}

std::vector<ColumnDifference> group_differences(const Table& table, std::span<const std::uint8_t> group,
                                                JobContext& context) {
    if (group.size() != table.rows())
        throw Error(ErrorCode::Internal, "A group of rows is not as long as its table.");
    const auto in = static_cast<double>(group.size()) -
                    static_cast<double>(std::count(group.begin(), group.end(), std::uint8_t{0}));
    const double out = static_cast<double>(group.size()) - in;
    if (in < 2 || out < 2)
        throw Error(
            ErrorCode::BadInput,
            "Both the selected rows and the rest must be two or more to be compared. Select other rows.");
    std::vector<std::optional<ColumnDifference>> each(table.dense().size());
    parallel_for(each.size(), [&](std::size_t at) {
        context.throw_if_cancelled();
        const Column& column = table.dense()[at];
        if (column.type() == ColumnType::Categorical || column.type() == ColumnType::Boolean) {
            each[at] = of_categories(at, column, group);
        } else if (column.numeric()) {
            Moments inside, outside;
            std::vector<double> values(column.size());
            column.numbers(0, values);
            for (std::size_t row = 0; row < values.size(); ++row)
                if (std::isfinite(values[row]))
                    (group[row] ? inside : outside).add(values[row]);
            each[at] = of_numbers(at, inside, outside);
        }
    });
    if (table.sparse()) {
        const auto more = of_sparse(*table.sparse(), each.size(), group, in, out);
        each.insert(each.end(), more.begin(), more.end());
    }
    std::vector<ColumnDifference> found;
    for (const auto& one : each)
        if (one)
            found.push_back(*one);
    adjust(found);
    std::stable_sort(found.begin(), found.end(), [](const ColumnDifference& a, const ColumnDifference& b) {
        const double x = std::abs(a.effect), y = std::abs(b.effect);
        return x != y ? x > y : a.q < b.q;
    });
    return found;
}

} // namespace eyepiece
