// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/nmf.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "core/learning/simd.h"
#include "plugins/explore/engine/linear_algebra.h"
#include "plugins/explore/engine/show.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>

namespace eyepiece::explore {
namespace {

constexpr std::int64_t lanes = 16;
constexpr std::size_t listed_columns = 20; // of each part, in the notes

std::int64_t padded(std::int64_t width) {
    return (width + lanes - 1) / lanes * lanes;
}

// out[4][width] = four rows times right (columns, width).
EYEPIECE_SIMD void rows_times(const float* const* rows, const float* right, std::int64_t columns,
                              std::int64_t width, float* out) {
    for (std::int64_t p = 0; p < width; p += lanes) {
        Lanes sum[4] = {};
        for (std::int64_t j = 0; j < columns; ++j) {
            const Lanes b = *reinterpret_cast<const Lanes*>(right + j * width + p);
            for (int r = 0; r < 4; ++r)
                sum[r] += b * rows[r][j];
        }
        for (int r = 0; r < 4; ++r)
            *reinterpret_cast<Lanes*>(out + r * width + p) = sum[r];
    }
}

// sum (columns, width) += the outer products of eight rows with their left (8, width).
EYEPIECE_SIMD void add_outer_products(const float* const* rows, const float* left, std::int64_t columns,
                                      std::int64_t width, float* sum) {
    for (std::int64_t p = 0; p < width; p += lanes) {
        Lanes weight[8];
        for (int r = 0; r < 8; ++r)
            weight[r] = *reinterpret_cast<const Lanes*>(left + r * width + p);
        for (std::int64_t j = 0; j < columns; ++j) {
            Lanes* const to = reinterpret_cast<Lanes*>(sum + j * width + p);
            Lanes total = *to;
            for (int r = 0; r < 8; ++r)
                total += weight[r] * rows[r][j];
            *to = total;
        }
    }
}

// Lowers w' gram w / 2 - target' w one coordinate after another, w >= 0, in at most so many sweeps; it ends
// where a sweep does a tenth of the first. `slope` is room for `width` numbers.
EYEPIECE_SIMD void descend(float* w, const float* target, const float* gram, std::int64_t count,
                           std::int64_t width, int sweeps, float* slope) {
    for (std::int64_t p = 0; p < width; p += lanes) {
        Lanes sum = -*reinterpret_cast<const Lanes*>(target + p);
        for (std::int64_t t = 0; t < count; ++t)
            sum += *reinterpret_cast<const Lanes*>(gram + t * width + p) * w[t];
        *reinterpret_cast<Lanes*>(slope + p) = sum;
    }
    float first = 0;
    for (int sweep = 0; sweep < sweeps; ++sweep) {
        float moved = 0;
        for (std::int64_t t = 0; t < count; ++t) {
            const float curvature = gram[t * width + t];
            if (!(curvature > 0))
                continue;
            const float next = std::max(0.f, w[t] - slope[t] / curvature), step = next - w[t];
            if (step == 0)
                continue;
            w[t] = next;
            moved += step * step * curvature;
            for (std::int64_t p = 0; p < width; p += lanes)
                *reinterpret_cast<Lanes*>(slope + p) +=
                    *reinterpret_cast<const Lanes*>(gram + t * width + p) * step;
        }
        if (sweep == 0)
            first = moved;
        if (moved <= 0.01f * first)
            return;
    }
}

// What the factors are of. Matrices beside it are rows of `width`, a multiple of 16.
class Data {
public:
    Data(MatrixView view, int threads, JobContext& context)
        : view_(view), threads_(threads), context_(context) {
        if (view.sparse)
            turned_ = view.sparse->transposed();
    }

    std::int64_t rows() const { return view_.rows; }
    std::int64_t columns() const { return view_.columns; }
    int threads() const { return threads_; }
    JobContext& context() const { return context_; }

    // Calls use(row, product) with each row times right (columns, width). One thread a block of rows.
    template<class Use>
    void each_product(const std::vector<float>& right, std::int64_t width, const Use& use) const {
        for_rows(rows(), 256, threads_, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            context_.throw_if_cancelled();
            products(right, width, from, to, use);
        });
    }

    // (columns, width) = X^T * left, of left (rows, width); before each row of it is used, prepare(from, to)
    // is called, so that a pass over the data can first make what it multiplies.
    template<class Prepare>
    std::vector<float> transposed_times(const std::vector<float>& left, std::int64_t width,
                                        const Prepare& prepare) const {
        if (turned_) {
            for_rows(rows(), 256, threads_,
                     [&](std::int64_t from, std::int64_t to, std::int64_t) { prepare(from, to); });
            std::vector<float> result(static_cast<std::size_t>(columns() * width));
            for_rows(columns(), 64, threads_, [&](std::int64_t from, std::int64_t to, std::int64_t) {
                context_.throw_if_cancelled();
                for (std::int64_t j = from; j < to; ++j)
                    sparse_row(*turned_, j, left, width, result.data() + j * width);
            });
            return result;
        }
        // As many sums as there are blocks: few enough to hold, and the same for any number of threads.
        const std::int64_t most =
            std::clamp<std::int64_t>((std::int64_t{16} << 20) / (columns() * width), 4, 64);
        const std::int64_t size = std::max<std::int64_t>(256, ((rows() + most - 1) / most + 255) / 256 * 256);
        const std::int64_t blocks = (rows() + size - 1) / size;
        std::vector<std::vector<float>> sums(static_cast<std::size_t>(blocks));
        for_rows(rows(), size, threads_, [&](std::int64_t from, std::int64_t to, std::int64_t block) {
            auto& sum = sums[static_cast<std::size_t>(block)];
            sum.assign(static_cast<std::size_t>(columns() * width), 0);
            std::vector<float> last(static_cast<std::size_t>(8 * width));
            for (std::int64_t start = from; start < to; start += 64) {
                const std::int64_t end = std::min(to, start + 64);
                context_.throw_if_cancelled();
                prepare(start, end);
                for (std::int64_t i = start; i < end; i += 8) {
                    const float* lines[8];
                    for (std::int64_t r = 0; r < 8; ++r)
                        lines[r] = view_.row(std::min(i + r, end - 1)).data();
                    const float* weight = left.data() + i * width;
                    if (i + 8 > end) { // the rows that are not there weigh nothing
                        std::fill(last.begin(), last.end(), 0.f);
                        std::copy(weight, left.data() + end * width, last.begin());
                        weight = last.data();
                    }
                    add_outer_products(lines, weight, columns(), width, sum.data());
                }
            }
        });
        for (std::size_t block = 1; block < sums.size(); ++block)
            for (std::size_t i = 0; i < sums[0].size(); ++i)
                sums[0][i] += sums[block][i];
        return std::move(sums[0]);
    }

    template<class Use>
    void products(const std::vector<float>& right, std::int64_t width, std::int64_t from, std::int64_t to,
                  const Use& use) const {
        std::vector<float> out(static_cast<std::size_t>(4 * width));
        for (std::int64_t i = from; i < to; i += view_.sparse ? 1 : 4) {
            if (view_.sparse) {
                sparse_row(*view_.sparse, i, right, width, out.data());
                use(i, out.data());
                continue;
            }
            const float* lines[4];
            for (std::int64_t r = 0; r < 4; ++r)
                lines[r] = view_.row(std::min(i + r, to - 1)).data();
            rows_times(lines, right.data(), columns(), width, out.data());
            for (std::int64_t r = 0; r < std::min<std::int64_t>(4, to - i); ++r)
                use(i + r, out.data() + r * width);
        }
    }

    std::span<const float> stored() const {
        return view_.sparse ? std::span<const float>(view_.sparse->values) : view_.values;
    }

private:
    static void sparse_row(const SparseMatrix& matrix, std::int64_t row, const std::vector<float>& other,
                           std::int64_t width, float* out) {
        std::fill(out, out + width, 0.f);
        const auto indices = matrix.row_indices(static_cast<std::size_t>(row));
        const auto values = matrix.row_values(static_cast<std::size_t>(row));
        for (std::size_t at = 0; at < indices.size(); ++at) {
            const float* const line = other.data() + static_cast<std::int64_t>(indices[at]) * width;
            for (std::int64_t c = 0; c < width; ++c)
                out[c] += values[at] * line[c];
        }
    }

    MatrixView view_;
    int threads_;
    JobContext& context_;
    std::optional<SparseMatrix> turned_;
};

// (width, width) = A^T A of A (rows, width), in double over blocks.
std::vector<float> gram_of(const std::vector<float>& a, std::int64_t rows, std::int64_t width, int threads) {
    const Operand operand(a.data(), rows, width);
    const std::vector<double> product = multiply_in_double(operand.transposed(), operand, threads);
    return std::vector<float>(product.begin(), product.end());
}

double dot(const std::vector<float>& a, const std::vector<float>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0, std::plus<double>(),
                              [](double x, double y) { return x * y; });
}

struct Factors {
    std::int64_t width = 0;
    std::vector<float> w; // (rows, width)
    std::vector<float> h; // (columns, width)
};

// The first singular vectors by random projection (Halko et al. 2011), without the mean taken off; then the
// larger one of the sides above and below zero of each, and the mean of the data where that leaves nothing.
Factors started(const Data& data, int parts, double mean, std::uint64_t seed) {
    const std::int64_t width = std::min({padded(parts + 8), data.rows(), data.columns()});
    const std::int64_t wide = padded(width);
    const auto widened = [&](const std::vector<float>& values, std::int64_t rows) {
        std::vector<float> result(static_cast<std::size_t>(rows * wide));
        for (std::int64_t i = 0; i < rows; ++i)
            std::copy_n(values.begin() + i * width, width, result.begin() + i * wide);
        return result;
    };
    const auto times = [&](const std::vector<float>& right) {
        std::vector<float> result(static_cast<std::size_t>(data.rows() * width));
        data.each_product(widened(right, data.columns()), wide, [&](std::int64_t i, const float* product) {
            std::copy_n(product, width, result.begin() + i * width);
        });
        return result;
    };
    const auto transposed_times = [&](const std::vector<float>& left) {
        const auto product =
            data.transposed_times(widened(left, data.rows()), wide, [](std::int64_t, std::int64_t) {});
        std::vector<float> result(static_cast<std::size_t>(data.columns() * width));
        for (std::int64_t j = 0; j < data.columns(); ++j)
            std::copy_n(product.begin() + j * wide, width, result.begin() + j * width);
        return result;
    };
    Random random(mix_seed(seed, 0x4e4f));
    std::vector<float> start(static_cast<std::size_t>(data.columns() * width));
    for (float& value : start)
        value = static_cast<float>(std::sqrt(-2 * std::log(1 - random.uniform())) *
                                   std::cos(2 * std::numbers::pi * random.uniform()));
    std::vector<float> basis = times(start);
    for (int i = 0; i < 3; ++i) {
        basis = orthonormal(basis, data.rows(), width);
        basis = times(orthonormal(transposed_times(basis), data.columns(), width));
    }
    basis = orthonormal(basis, data.rows(), width);
    using FloatRows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const std::vector<float> small = transposed_times(basis);
    const Eigen::MatrixXd b = Eigen::Map<const FloatRows>(small.data(), data.columns(), width).cast<double>();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(b.transpose() * b);
    const Eigen::Map<const FloatRows> q(basis.data(), data.rows(), width);

    Factors factors;
    factors.width = padded(parts);
    factors.w.resize(static_cast<std::size_t>(data.rows() * factors.width));
    factors.h.resize(static_cast<std::size_t>(data.columns() * factors.width));
    for (std::int64_t c = 0; c < parts; ++c) {
        const Eigen::Index at = width - 1 - c;
        const double value = std::sqrt(std::max(solver.eigenvalues()[at], 0.0));
        const Eigen::VectorXd turn = solver.eigenvectors().col(at);
        Eigen::VectorXd u = (q * turn.cast<float>()).cast<double>(), v = b * turn;
        if (value > 0)
            v /= value;
        const auto side = [](const Eigen::VectorXd& x, double sign) -> Eigen::VectorXd {
            return (sign * x).cwiseMax(0.0);
        };
        const double above = side(u, 1).norm() * side(v, 1).norm();
        const double below = side(u, -1).norm() * side(v, -1).norm();
        const double sign = above >= below ? 1 : -1;
        u = side(u, sign);
        v = side(v, sign);
        const double scale = std::sqrt(value * std::max(above, below));
        const auto put = [&](const Eigen::VectorXd& x, std::vector<float>& out) {
            const double length = x.norm();
            for (Eigen::Index i = 0; i < x.size(); ++i) {
                const double entry = length > 0 ? scale * x[i] / length : 0;
                out[static_cast<std::size_t>(i * factors.width + c)] =
                    static_cast<float>(entry > 1e-6 ? entry : mean);
            }
        };
        put(u, factors.w);
        put(v, factors.h);
    }
    return factors;
}

void refuse_negative(MatrixView data, std::span<const std::string> names) {
    const std::span<const float> values =
        data.sparse ? std::span<const float>(data.sparse->values) : data.values;
    const auto found = std::find_if(values.begin(), values.end(), [](float value) { return value < 0; });
    if (found == values.end())
        return;
    const auto at = static_cast<std::size_t>(found - values.begin());
    const std::size_t column =
        data.sparse ? data.sparse->indices[at] : at % static_cast<std::size_t>(data.columns);
    throw Error(
        ErrorCode::BadInput,
        "The column \"" + (names.empty() ? std::to_string(column + 1) : names[column]) +
            "\" has a value below zero, and NMF is for amounts of zero and more. Leave out steps that "
            "centre the data (scale with method=min-max), leave out the column, or choose PCA.");
}

std::vector<float> narrow(const std::vector<float>& values, std::int64_t width, std::int64_t count) {
    const auto rows = static_cast<std::int64_t>(values.size()) / width;
    std::vector<float> result(static_cast<std::size_t>(rows * count));
    for (std::int64_t i = 0; i < rows; ++i)
        std::copy_n(values.begin() + i * width, count, result.begin() + i * count);
    return result;
}

class FittedNmf final : public FittedEmbedding {
public:
    FittedNmf(NonNegativeFactors factors, std::span<const std::string> names)
        : factors_(std::move(factors)), names_(names.begin(), names.end()) {
        dimensions_ = factors_.parts;
        points_ = std::move(factors_.weights);
        Json parts = Json::array();
        for (int part = 0; part < factors_.parts; ++part)
            parts.push_back(largest_columns(part));
        notes_ = {{"reconstruction_error", factors_.error},
                  {"relative_error", factors_.error / factors_.data_length},
                  {"iterations", factors_.iterations},
                  {"converged", factors_.converged},
                  {"finished_early", factors_.finished_early},
                  {"parts", std::move(parts)}};
    }

    std::vector<float> place(MatrixView rows, int threads, JobContext& context) const override {
        expect_columns(rows, factors_.columns);
        refuse_negative(rows, names_);
        return factors_.transform(rows, threads, context);
    }

private:
    Json largest_columns(int part) const {
        const float* const line = factors_.components.data() + part * factors_.columns;
        std::vector<std::size_t> order(static_cast<std::size_t>(factors_.columns));
        std::iota(order.begin(), order.end(), std::size_t{0});
        const std::size_t count = std::min(order.size(), listed_columns);
        std::partial_sort(
            order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
            [&](std::size_t a, std::size_t b) { return line[a] != line[b] ? line[a] > line[b] : a < b; });
        Json names = Json::array(), weights = Json::array();
        for (std::size_t i = 0; i < count && line[order[i]] > 0; ++i) {
            names.push_back(names_.empty() ? std::to_string(order[i] + 1) : names_[order[i]]);
            weights.push_back(line[order[i]]);
        }
        return {{"columns", std::move(names)}, {"weights", std::move(weights)}};
    }

    NonNegativeFactors factors_;
    std::vector<std::string> names_;
};

} // namespace

NonNegativeFactors non_negative_factors(MatrixView view, const NmfOptions& options, std::uint64_t seed,
                                        int threads, JobContext& context) {
    const std::int64_t side = std::min(view.rows, view.columns);
    if (options.parts < 1 || options.parts > side)
        throw Error(ErrorCode::BadInput,
                    "There can be " + std::to_string(side) +
                        " parts at most, as many as the smaller of rows and columns: fewer than the " +
                        std::to_string(options.parts) + " asked for. Choose at most " + std::to_string(side) +
                        " dimensions.");
    refuse_negative(view, {});
    context.progress(0, "Singular vectors");
    const Data data(view, threads, context);
    double sum = 0, squares = 0;
    for (const float value : data.stored()) {
        sum += value;
        squares += static_cast<double>(value) * value;
    }
    if (!(squares > 0))
        throw Error(ErrorCode::BadInput, "All values are zero: there are no parts to find. Check the data.");
    const double cells = static_cast<double>(view.rows) * static_cast<double>(view.columns);
    Factors factors = started(data, options.parts, sum / cells, seed);

    NonNegativeFactors result;
    result.parts = options.parts;
    result.columns = view.columns;
    result.data_length = std::sqrt(squares);
    const std::int64_t width = factors.width, parts = options.parts;
    constexpr int sweeps = 4;
    Showing showing(context, options.parts);
    double first = 0, before = 0;
    while (result.iterations < options.iterations && !result.converged) {
        context.throw_if_cancelled();
        const std::vector<float> gram = gram_of(factors.h, view.columns, width, threads);
        const std::vector<float> product =
            data.transposed_times(factors.w, width, [&](std::int64_t from, std::int64_t to) {
                std::vector<float> slope(static_cast<std::size_t>(width));
                data.products(factors.h, width, from, to, [&](std::int64_t i, const float* target) {
                    descend(factors.w.data() + i * width, target, gram.data(), parts, width, sweeps,
                            slope.data());
                });
            });
        const std::vector<float> of_weights = gram_of(factors.w, view.rows, width, threads);
        for_rows(view.columns, 256, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            std::vector<float> slope(static_cast<std::size_t>(width));
            for (std::int64_t j = from; j < to; ++j)
                descend(factors.h.data() + j * width, product.data() + j * width, of_weights.data(), parts,
                        width, sweeps, slope.data());
        });
        ++result.iterations;
        // |X - W H|^2 without W H: |X|^2 - 2 <X' W, H'> + <W' W, H H'>
        result.error =
            std::sqrt(std::max(0.0, squares - 2 * dot(product, factors.h) +
                                        dot(of_weights, gram_of(factors.h, view.columns, width, threads))));
        if (result.iterations == 1)
            first = before = result.error;
        if (result.iterations % 10 == 0) {
            result.converged = before - result.error <= options.tolerance * first;
            before = result.error;
        }
        context.progress(static_cast<double>(result.iterations) / options.iterations, "Factors");
        showing.points(narrow(factors.w, width, parts), result.iterations);
        if (context.finish_early_requested()) {
            result.finished_early = true;
            break;
        }
    }
    result.weights = narrow(factors.w, width, parts);
    result.components.resize(static_cast<std::size_t>(parts * view.columns));
    for (std::int64_t c = 0; c < parts; ++c)
        for (std::int64_t j = 0; j < view.columns; ++j)
            result.components[static_cast<std::size_t>(c * view.columns + j)] =
                factors.h[static_cast<std::size_t>(j * width + c)];
    return result;
}

std::vector<float> NonNegativeFactors::transform(MatrixView view, int threads, JobContext& context) const {
    const Data data(view, threads, context);
    const std::int64_t width = padded(parts);
    std::vector<float> h(static_cast<std::size_t>(columns * width));
    for (std::int64_t c = 0; c < parts; ++c)
        for (std::int64_t j = 0; j < columns; ++j)
            h[static_cast<std::size_t>(j * width + c)] =
                components[static_cast<std::size_t>(c * columns + j)];
    const std::vector<float> gram = gram_of(h, columns, width, threads);
    std::vector<float> w(static_cast<std::size_t>(view.rows * width));
    // A convex problem for each row: where it starts does not matter, so long as it goes on to the end.
    data.each_product(h, width, [&](std::int64_t i, const float* target) {
        std::vector<float> slope(static_cast<std::size_t>(width));
        for (int round = 0; round < 50; ++round)
            descend(w.data() + i * width, target, gram.data(), parts, width, 20, slope.data());
    });
    return narrow(w, width, parts);
}

ParameterSchema Nmf::parameters() {
    return {integer_parameter("dimensions", 2, "Dimensions", "How many parts.").range(1, 1000),
            integer_parameter("iterations", 400, "Iterations", "At most; it usually ends before.")
                .range(1, 100000)
                .rarely(),
            real_parameter("tolerance", 1e-5, "Tolerance",
                           "Ends when ten iterations lower the error by less than this part of the first.")
                .range(0, 1)
                .rarely()};
}

std::unique_ptr<FittedEmbedding> Nmf::fit(const EmbeddingRequest& request, JobContext& context) {
    NmfOptions options;
    options.parts = request.parameters.at("dimensions").get<int>();
    options.iterations = request.parameters.at("iterations").get<int>();
    options.tolerance = request.parameters.at("tolerance").get<double>();
    refuse_negative(request.data, request.names);
    NonNegativeFactors factors =
        non_negative_factors(request.data, options, request.seed, request.threads, context);
    auto fitted = std::make_unique<FittedNmf>(std::move(factors), request.names);
    context.progress(1, "Factors");
    return fitted;
}

} // namespace eyepiece::explore
