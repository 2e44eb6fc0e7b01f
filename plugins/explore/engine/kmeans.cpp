// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/kmeans.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "core/learning/simd.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace eyepiece::explore {
namespace {

constexpr std::int64_t compared_rows = 20000;
constexpr std::int64_t lanes = 16;

// Centres side by side: panels of 16, in each of them dimension after dimension.
std::vector<float> side_by_side(const std::vector<float>& centres, std::int64_t k, std::int64_t columns) {
    const std::int64_t panels = (k + lanes - 1) / lanes;
    std::vector<float> packed(static_cast<std::size_t>(panels * lanes * columns));
    for (std::int64_t c = 0; c < k; ++c)
        for (std::int64_t j = 0; j < columns; ++j)
            packed[static_cast<std::size_t>((c / lanes * columns + j) * lanes + c % lanes)] =
                centres[static_cast<std::size_t>(c * columns + j)];
    return packed;
}

// Squared distances of `count` <= 4 rows to the 16 centres of a panel: out[4][16].
EYEPIECE_SIMD void centre_distances(const float* const* rows, const float* panel, std::int64_t columns,
                                    float* out) {
    Lanes sum[4] = {};
    for (std::int64_t j = 0; j < columns; ++j) {
        const Lanes c = *reinterpret_cast<const Lanes*>(panel + lanes * j);
        for (int r = 0; r < 4; ++r) {
            const Lanes d = c - rows[r][j];
            sum[r] += d * d;
        }
    }
    for (int r = 0; r < 4; ++r)
        *reinterpret_cast<Lanes*>(out + lanes * r) = sum[r];
}

std::int64_t block_size(std::int64_t rows) {
    return std::max<std::int64_t>(1024, (rows + 63) / 64); // so that the sums of blocks stay few
}

struct Assignment {
    std::vector<std::int32_t> labels;
    std::vector<float> distance; // squared
    double inertia = 0;
};

void assign(MatrixView data, const std::vector<float>& centres, int k, int threads, Assignment& result,
            JobContext& context) {
    const std::vector<float> packed = side_by_side(centres, k, data.columns);
    result.labels.resize(static_cast<std::size_t>(data.rows));
    result.distance.resize(static_cast<std::size_t>(data.rows));
    const std::int64_t size = block_size(data.rows);
    std::vector<double> sums(static_cast<std::size_t>((data.rows + size - 1) / size));
    for_rows(data.rows, size, threads, [&](std::int64_t from, std::int64_t to, std::int64_t block) {
        context.throw_if_cancelled();
        alignas(64) float out[4 * lanes];
        double sum = 0;
        for (std::int64_t i = from; i < to; i += 4) {
            const float* rows[4];
            for (std::int64_t r = 0; r < 4; ++r)
                rows[r] = data.row(std::min(i + r, to - 1)).data();
            float best[4];
            std::int32_t where[4] = {0, 0, 0, 0};
            std::fill(best, best + 4, std::numeric_limits<float>::infinity());
            for (std::int64_t p = 0; p * lanes < k; ++p) {
                centre_distances(rows, packed.data() + p * lanes * data.columns, data.columns, out);
                const std::int64_t count = std::min<std::int64_t>(lanes, k - p * lanes);
                for (int r = 0; r < 4; ++r)
                    for (std::int64_t c = 0; c < count; ++c)
                        if (out[r * lanes + c] < best[r]) {
                            best[r] = out[r * lanes + c];
                            where[r] = static_cast<std::int32_t>(p * lanes + c);
                        }
            }
            for (std::int64_t r = 0; r < std::min<std::int64_t>(4, to - i); ++r) {
                result.labels[static_cast<std::size_t>(i + r)] = where[r];
                result.distance[static_cast<std::size_t>(i + r)] = best[r];
                sum += best[r];
            }
        }
        sums[static_cast<std::size_t>(block)] = sum;
    });
    result.inertia = std::accumulate(sums.begin(), sums.end(), 0.0);
}

// Greedy k-means++: of a few candidates drawn by squared distance, the one that lowers the sum most.
std::vector<float> plus_plus(MatrixView data, int k, Random& random, int threads, JobContext& context) {
    const auto columns = static_cast<std::size_t>(data.columns);
    const auto rows = static_cast<std::size_t>(data.rows);
    std::vector<float> centres(static_cast<std::size_t>(k) * columns), distance(rows), trial(rows),
        best(rows);
    const int trials = 2 + static_cast<int>(std::log(k));
    const auto put = [&](int centre, std::int64_t row) {
        const auto from = data.row(row);
        std::copy(from.begin(), from.end(),
                  centres.begin() +
                      static_cast<std::ptrdiff_t>(centre) * static_cast<std::ptrdiff_t>(columns));
    };
    const auto against = [&](std::int64_t row, bool first, std::vector<float>& out) {
        for_rows(data.rows, block_size(data.rows), threads,
                 [&](std::int64_t from, std::int64_t to, std::int64_t) {
                     for (std::int64_t i = from; i < to; ++i) {
                         const float square =
                             squared_distance(data.row(row).data(), data.row(i).data(), data.columns);
                         const auto at = static_cast<std::size_t>(i);
                         out[at] = first ? square : std::min(distance[at], square);
                     }
                 });
        return std::accumulate(out.begin(), out.end(), 0.0);
    };
    const std::int64_t first = random.below(data.rows);
    put(0, first);
    double total = against(first, true, distance);
    for (int c = 1; c < k; ++c) {
        context.throw_if_cancelled();
        double least = std::numeric_limits<double>::infinity();
        std::int64_t chosen = 0;
        for (int t = 0; t < trials; ++t) {
            double left = random.uniform() * total;
            std::int64_t candidate = random.below(data.rows); // where all that is left coincides
            if (total > 0)
                for (candidate = 0; candidate < data.rows - 1; ++candidate)
                    if ((left -= distance[static_cast<std::size_t>(candidate)]) < 0)
                        break;
            const double sum = against(candidate, false, trial);
            if (sum < least) {
                least = sum;
                chosen = candidate;
                best.swap(trial);
            }
        }
        put(c, chosen);
        distance.swap(best);
        total = least;
    }
    return centres;
}

// The means of the clusters; an empty one takes the row that lies farthest from its own centre.
void move_centres(MatrixView data, const Assignment& assignment, int k, int threads,
                  std::vector<float>& centres) {
    const auto columns = static_cast<std::size_t>(data.columns);
    const std::int64_t size = block_size(data.rows);
    const auto blocks = static_cast<std::size_t>((data.rows + size - 1) / size);
    std::vector<std::vector<float>> sums(blocks);
    std::vector<std::vector<std::int64_t>> counts(blocks);
    for_rows(data.rows, size, threads, [&](std::int64_t from, std::int64_t to, std::int64_t block) {
        auto& sum = sums[static_cast<std::size_t>(block)];
        auto& count = counts[static_cast<std::size_t>(block)];
        sum.assign(static_cast<std::size_t>(k) * columns, 0);
        count.assign(static_cast<std::size_t>(k), 0);
        for (std::int64_t i = from; i < to; ++i) {
            const auto c = static_cast<std::size_t>(assignment.labels[static_cast<std::size_t>(i)]);
            ++count[c];
            float* const to_sum = sum.data() + c * columns;
            const float* const row = data.row(i).data();
            for (std::size_t j = 0; j < columns; ++j)
                to_sum[j] += row[j];
        }
    });
    std::vector<double> total(static_cast<std::size_t>(k) * columns);
    std::vector<std::int64_t> members(static_cast<std::size_t>(k));
    for (std::size_t block = 0; block < blocks; ++block) {
        for (std::size_t i = 0; i < total.size(); ++i)
            total[i] += sums[block][i];
        for (std::size_t c = 0; c < members.size(); ++c)
            members[c] += counts[block][c];
    }
    std::vector<bool> taken;
    for (std::size_t c = 0; c < members.size(); ++c) {
        if (members[c] > 0) {
            for (std::size_t j = 0; j < columns; ++j)
                centres[c * columns + j] =
                    static_cast<float>(total[c * columns + j] / static_cast<double>(members[c]));
            continue;
        }
        taken.resize(assignment.distance.size());
        std::size_t farthest = 0;
        for (std::size_t i = 1; i < assignment.distance.size(); ++i)
            if (!taken[i] && (taken[farthest] || assignment.distance[i] > assignment.distance[farthest]))
                farthest = i;
        taken[farthest] = true;
        const auto row = data.row(static_cast<std::int64_t>(farthest));
        std::copy(row.begin(), row.end(), centres.begin() + static_cast<std::ptrdiff_t>(c * columns));
    }
}

double moved(const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += std::pow(static_cast<double>(a[i]) - b[i], 2);
    return sum;
}

double mean_variance(MatrixView data) {
    std::vector<double> sum(static_cast<std::size_t>(data.columns)), squares(sum.size());
    for (std::int64_t i = 0; i < data.rows; ++i)
        for (std::size_t j = 0; j < sum.size(); ++j) {
            const double value = data.row(i)[j];
            sum[j] += value;
            squares[j] += value * value;
        }
    double total = 0;
    const auto n = static_cast<double>(data.rows);
    for (std::size_t j = 0; j < sum.size(); ++j)
        total += std::max(0.0, squares[j] / n - sum[j] / n * (sum[j] / n));
    return total / static_cast<double>(data.columns);
}

KMeansResult lloyd(MatrixView data, std::vector<float> centres, const KMeansOptions& options,
                   double tolerance, int threads, JobContext& context) {
    KMeansResult result;
    Assignment assignment;
    std::vector<std::int32_t> before;
    for (; result.iterations < options.iterations && !result.converged; ++result.iterations) {
        assign(data, centres, options.clusters, threads, assignment, context);
        std::vector<float> next = centres;
        move_centres(data, assignment, options.clusters, threads, next);
        result.converged = before == assignment.labels || moved(next, centres) <= tolerance;
        before = assignment.labels;
        centres = std::move(next);
        if (context.finish_early_requested())
            break;
    }
    assign(data, centres, options.clusters, threads, assignment, context);
    result.centres = std::move(centres);
    result.labels = std::move(assignment.labels);
    result.inertia = assignment.inertia;
    return result;
}

// Each row of a batch draws its centre nearer, by less the more rows the centre has drawn.
KMeansResult mini_batches(MatrixView data, std::vector<float> centres, const KMeansOptions& options,
                          Random& random, int threads, JobContext& context) {
    const auto columns = static_cast<std::size_t>(data.columns);
    const std::int64_t batch = std::min(options.batch, data.rows);
    std::vector<float> rows(static_cast<std::size_t>(batch) * columns);
    std::vector<double> drawn(static_cast<std::size_t>(options.clusters));
    KMeansResult result;
    Assignment assignment;
    double smoothed = -1, least = std::numeric_limits<double>::infinity();
    int idle = 0;
    const std::int64_t steps = std::max<std::int64_t>(1, options.iterations * data.rows / batch);
    const double weight =
        std::min(1.0, 2.0 * static_cast<double>(batch) / static_cast<double>(data.rows + 1));
    for (std::int64_t step = 0; step < steps && idle < 10; ++step, ++result.iterations) {
        for (std::int64_t i = 0; i < batch; ++i) {
            const auto row = data.row(random.below(data.rows));
            std::copy(row.begin(), row.end(),
                      rows.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(i) * columns));
        }
        const MatrixView view{rows, batch, data.columns};
        assign(view, centres, options.clusters, threads, assignment, context);
        for (std::int64_t i = 0; i < batch; ++i) {
            const auto c = static_cast<std::size_t>(assignment.labels[static_cast<std::size_t>(i)]);
            const auto rate = static_cast<float>(1 / ++drawn[c]);
            for (std::size_t j = 0; j < columns; ++j)
                centres[c * columns + j] += rate * (view.row(i)[j] - centres[c * columns + j]);
        }
        const double mean = assignment.inertia / static_cast<double>(batch);
        smoothed = smoothed < 0 ? mean : smoothed * (1 - weight) + mean * weight;
        if (smoothed < least) {
            least = smoothed;
            idle = 0;
        } else {
            ++idle;
        }
        if (context.finish_early_requested())
            break;
    }
    result.converged = idle >= 10;
    assign(data, centres, options.clusters, threads, assignment, context);
    result.centres = std::move(centres);
    result.labels = std::move(assignment.labels);
    result.inertia = assignment.inertia;
    return result;
}

} // namespace

void check_cluster_count(int clusters, std::int64_t rows) {
    if (clusters > rows)
        throw Error(ErrorCode::BadInput, "There are " + std::to_string(rows) + " rows: fewer than the " +
                                             std::to_string(clusters) +
                                             " clusters asked for. Choose at most " + std::to_string(rows) +
                                             ".");
}

KMeansResult k_means(MatrixView data, const KMeansOptions& options, std::uint64_t seed, int threads,
                     JobContext& context) {
    check_cluster_count(options.clusters, data.rows);
    Random random(mix_seed(seed, 0x3ea5));
    // The rows on which the restarts are compared.
    std::vector<float> some;
    MatrixView compared = data;
    if (options.restarts > 1 && data.rows > compared_rows && options.clusters * 20 <= compared_rows) {
        const auto order = random.permutation(static_cast<std::size_t>(data.rows));
        for (std::int64_t i = 0; i < compared_rows; ++i) {
            const auto row = data.row(static_cast<std::int64_t>(order[static_cast<std::size_t>(i)]));
            some.insert(some.end(), row.begin(), row.end());
        }
        compared = {some, compared_rows, data.columns};
    }
    const double tolerance = options.tolerance * mean_variance(compared);
    KMeansResult best;
    best.inertia = std::numeric_limits<double>::infinity();
    for (int restart = 0; restart < options.restarts; ++restart) {
        context.progress(0.8 * restart / options.restarts, "Comparing starts");
        std::vector<float> start = plus_plus(compared, options.clusters, random, threads, context);
        KMeansResult found = options.batch > 0
                                 ? mini_batches(compared, std::move(start), options, random, threads, context)
                                 : lloyd(compared, std::move(start), options, tolerance, threads, context);
        if (found.inertia < best.inertia)
            best = std::move(found);
        if (context.finish_early_requested())
            break;
    }
    if (compared.rows == data.rows)
        return best;
    context.progress(0.8, "All rows");
    return options.batch > 0 ? mini_batches(data, std::move(best.centres), options, random, threads, context)
                             : lloyd(data, std::move(best.centres), options, tolerance, threads, context);
}

ParameterSchema KMeans::parameters() {
    return {
        integer_parameter("clusters", 8, "Clusters", "How many.").range(1, 10000),
        integer_parameter("restarts", 10, "Restarts",
                          "From how many starts the best is taken; beyond 20,000 rows they are compared on "
                          "that many.")
            .range(1, 1000)
            .rarely(),
        integer_parameter("iterations", 300, "Iterations", "At most; it usually ends before.")
            .range(1, 100000)
            .rarely(),
        boolean_parameter(
            "mini-batch", false, "Mini-batches",
            "Draws rows instead of taking all in each step: quicker on millions, a little worse."),
        integer_parameter("batch-size", 4096, "Rows a batch", "Of mini-batches.")
            .range(1, 1000000)
            .when("mini-batch=true")
            .rarely()};
}

ClusteringResult KMeans::cluster(const ClusteringRequest& request, JobContext& context) {
    const Json& set = request.parameters;
    KMeansOptions options;
    options.clusters = set.at("clusters").get<int>();
    options.restarts = set.at("restarts").get<int>();
    options.iterations = set.at("iterations").get<int>();
    options.batch = set.at("mini-batch").get<bool>() ? set.at("batch-size").get<std::int64_t>() : 0;
    KMeansResult found = k_means(request.data, options, request.seed, request.threads, context);
    ClusteringResult result;
    result.labels = std::move(found.labels);
    result.notes = {
        {"inertia", found.inertia}, {"iterations", found.iterations}, {"converged", found.converged}};
    return result;
}

} // namespace eyepiece::explore
