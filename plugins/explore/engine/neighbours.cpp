// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/neighbours.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "core/learning/simd.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>

namespace eyepiece::explore {
namespace {

constexpr std::int64_t query_block = 64;    // rows that pass over the panels together: they stay in the cache
constexpr std::int64_t exact_limit = 20000; // rows up to which comparing all with all takes a second or less
constexpr std::int64_t rows_per_cell = 128;
constexpr std::int64_t most_cells = 4096;
constexpr std::int64_t probes = 48; // cells that each cell is compared with

struct Found {
    float distance;
    std::int32_t index;
    bool operator<(const Found& other) const {
        return distance != other.distance ? distance < other.distance : index < other.index;
    }
};

// The best k so far of one row. What passes the bar is only noted down; the bar is lowered when the notes are
// full, so that most distances cost one comparison.
class Best {
public:
    void begin(int k) {
        k_ = static_cast<std::size_t>(k);
        found_.clear();
        found_.reserve(3 * k_ + Panels::width);
        bar_ = std::numeric_limits<float>::infinity();
    }
    float bar() const { return bar_; }
    void add(float distance, std::int32_t index) { found_.push_back({distance, index}); }
    void settle() {
        if (found_.size() >= 3 * k_)
            trim();
    }
    void finish(float* distances, std::int32_t* indices, Metric metric) {
        trim();
        std::sort(found_.begin(), found_.end());
        for (std::size_t i = 0; i < k_; ++i) {
            const bool there = i < found_.size();
            distances[i] =
                there ? true_distance(found_[i].distance, metric) : std::numeric_limits<float>::infinity();
            indices[i] = there ? found_[i].index : -1;
        }
    }
    std::size_t size() const { return found_.size(); }

private:
    void trim() {
        if (found_.size() < k_)
            return;
        const auto last = found_.begin() + static_cast<std::ptrdiff_t>(k_) - 1;
        std::nth_element(found_.begin(), last, found_.end());
        found_.resize(k_);
        bar_ = found_.back().distance;
    }
    std::size_t k_ = 0;
    float bar_ = 0;
    std::vector<Found> found_;
};

// Whether any of the 32 reaches the bar.
EYEPIECE_SIMD bool any_within(const float* line, float bar) {
    int any = 0;
    for (int j = 0; j < Panels::width; ++j)
        any |= line[j] <= bar;
    return any != 0;
}

// Up to query_block rows against panels. names: the panels' rows by their index in the whole; own: the index
// in the whole of each query, or -1.
class Scan {
public:
    Scan(const float* queries, std::int64_t count, std::int64_t columns, int k, Metric metric)
        : count_(count)
        , columns_(columns)
        , tile_(tile_of(metric))
        , metric_(metric)
        , queries_(static_cast<std::size_t>((count + 3) / 4 * 4 * columns))
        , own_(query_block, -1) {
        std::copy(queries, queries + count * columns, queries_.begin());
        for (std::int64_t i = 0; i < count; ++i)
            best_[i].begin(k);
    }
    void set_own(std::int64_t query, std::int32_t index) { own_[static_cast<std::size_t>(query)] = index; }

    // One panel, whose lanes are the rows first_name, first_name + 1, ... or names[0], names[1], ...
    void panel(const float* panel, int lanes, std::int32_t first_name, const std::int32_t* names) {
        alignas(64) float out[4 * Panels::width];
        for (std::int64_t q = 0; q < count_; q += 4) {
            tile_(queries_.data() + q * columns_, columns_, panel, columns_, out);
            for (std::int64_t r = 0; r < std::min<std::int64_t>(4, count_ - q); ++r) {
                Best& best = best_[q + r];
                const float* const line = out + r * Panels::width;
                if (!any_within(line, best.bar()))
                    continue;
                const std::int32_t own = own_[static_cast<std::size_t>(q + r)];
                for (int j = 0; j < lanes; ++j)
                    if (line[j] <= best.bar()) {
                        const std::int32_t name = names ? names[j] : first_name + j;
                        if (name != own)
                            best.add(line[j], name);
                    }
                best.settle();
            }
        }
    }
    void finish(std::int64_t query, float* distances, std::int32_t* indices) {
        best_[query].finish(distances, indices, metric_);
    }

private:
    std::int64_t count_, columns_;
    Tile tile_;
    Metric metric_;
    std::vector<float> queries_;
    std::vector<std::int32_t> own_;
    Best best_[query_block];
};

Neighbours empty_result(std::int64_t rows, int k) {
    Neighbours result;
    result.rows = rows;
    result.k = k;
    result.index.resize(static_cast<std::size_t>(rows * k));
    result.distance.resize(static_cast<std::size_t>(rows * k));
    return result;
}

Neighbours exact(MatrixView queries, MatrixView rows, bool same, int k, Metric metric, int threads,
                 JobContext& context) {
    Neighbours result = empty_result(queries.rows, k);
    const Panels panels(rows);
    for_rows(queries.rows, query_block, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        context.throw_if_cancelled();
        Scan scan(queries.values.data() + from * queries.columns, to - from, queries.columns, k, metric);
        if (same)
            for (std::int64_t i = from; i < to; ++i)
                scan.set_own(i - from, static_cast<std::int32_t>(i));
        for (std::int64_t p = 0; p < panels.panels(); ++p)
            scan.panel(
                panels.panel(p),
                static_cast<int>(std::min<std::int64_t>(Panels::width, panels.count() - p * Panels::width)),
                static_cast<std::int32_t>(p * Panels::width), nullptr);
        for (std::int64_t i = from; i < to; ++i)
            scan.finish(i - from, result.distance.data() + i * k, result.index.data() + i * k);
    });
    return result;
}

// A few rounds of k-means on a sample: cells need not be good, only compact.
std::vector<float> cell_centres(MatrixView rows, std::int64_t cells, std::uint64_t seed, int threads,
                                JobContext& context) {
    Random random(seed);
    const auto order = random.permutation(static_cast<std::size_t>(rows.rows));
    const std::int64_t sampled = std::min(rows.rows, cells * 40);
    const auto columns = static_cast<std::size_t>(rows.columns);
    std::vector<float> sample(static_cast<std::size_t>(sampled) * columns);
    for (std::int64_t i = 0; i < sampled; ++i) {
        const auto from = rows.row(static_cast<std::int64_t>(order[static_cast<std::size_t>(i)]));
        std::copy(from.begin(), from.end(),
                  sample.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(i) * columns));
    }
    const MatrixView view{sample, sampled, rows.columns};
    std::vector<float> centres(sample.begin(),
                               sample.begin() +
                                   static_cast<std::ptrdiff_t>(static_cast<std::size_t>(cells) * columns));
    std::vector<std::int32_t> label(static_cast<std::size_t>(sampled));
    std::vector<float> distance(static_cast<std::size_t>(sampled));
    for (int round = 0; round < 4; ++round) {
        context.throw_if_cancelled();
        nearest_row(view, Panels({centres, cells, rows.columns}), Metric::Euclidean, threads, label,
                    distance);
        std::vector<double> sum(centres.size());
        std::vector<std::int64_t> count(static_cast<std::size_t>(cells));
        for (std::int64_t i = 0; i < sampled; ++i) {
            const auto cell = static_cast<std::size_t>(label[static_cast<std::size_t>(i)]);
            ++count[cell];
            for (std::size_t j = 0; j < columns; ++j)
                sum[cell * columns + j] += sample[static_cast<std::size_t>(i) * columns + j];
        }
        for (std::size_t cell = 0; cell < count.size(); ++cell)
            if (count[cell] > 0)
                for (std::size_t j = 0; j < columns; ++j)
                    centres[cell * columns + j] =
                        static_cast<float>(sum[cell * columns + j] / static_cast<double>(count[cell]));
    }
    return centres;
}

Neighbours approximate(MatrixView rows, int k, Metric metric, std::uint64_t seed, int threads,
                       JobContext& context) {
    const std::int64_t cells = std::clamp<std::int64_t>(rows.rows / rows_per_cell, 1, most_cells);
    const std::vector<float> centres = cell_centres(rows, cells, seed, threads, context);
    const MatrixView centre_view{centres, cells, rows.columns};
    const Panels centre_panels(centre_view);
    std::vector<std::int32_t> label(static_cast<std::size_t>(rows.rows));
    std::vector<float> distance(static_cast<std::size_t>(rows.rows));
    context.progress(0.1, "Parting the rows into cells");
    nearest_row(rows, centre_panels, Metric::Euclidean, threads, label, distance);
    context.throw_if_cancelled();
    std::vector<std::vector<std::int32_t>> members(static_cast<std::size_t>(cells));
    for (std::int64_t i = 0; i < rows.rows; ++i)
        members[static_cast<std::size_t>(label[static_cast<std::size_t>(i)])].push_back(
            static_cast<std::int32_t>(i));
    std::vector<Panels> packed(static_cast<std::size_t>(cells));
    for_blocks(cells, threads, [&](std::int64_t cell) {
        const auto& list = members[static_cast<std::size_t>(cell)];
        if (!list.empty())
            packed[static_cast<std::size_t>(cell)] = Panels(rows, list);
    });
    // Cells nearest to each cell, itself first: enough of them to hold k rows many times over.
    const int listed = static_cast<int>(std::min<std::int64_t>(cells, 4 * probes));
    Neighbours order = empty_result(cells, listed);
    for_rows(cells, query_block, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        Scan scan(centres.data() + from * rows.columns, to - from, rows.columns, listed, Metric::Euclidean);
        for (std::int64_t p = 0; p < centre_panels.panels(); ++p)
            scan.panel(centre_panels.panel(p),
                       static_cast<int>(std::min<std::int64_t>(Panels::width, cells - p * Panels::width)),
                       static_cast<std::int32_t>(p * Panels::width), nullptr);
        for (std::int64_t i = from; i < to; ++i)
            scan.finish(i - from, order.distance.data() + i * listed, order.index.data() + i * listed);
    });

    Neighbours result = empty_result(rows.rows, k);
    std::atomic<std::int64_t> done{0};
    for_blocks(cells, threads, [&](std::int64_t cell) {
        context.throw_if_cancelled();
        const auto& list = members[static_cast<std::size_t>(cell)];
        const auto size = static_cast<std::int64_t>(list.size());
        std::vector<float> gathered;
        for (std::int64_t from = 0; from < size; from += query_block) {
            const std::int64_t to = std::min(size, from + query_block);
            gathered.clear();
            for (std::int64_t i = from; i < to; ++i) {
                const auto row = rows.row(list[static_cast<std::size_t>(i)]);
                gathered.insert(gathered.end(), row.begin(), row.end());
            }
            Scan scan(gathered.data(), to - from, rows.columns, k, metric);
            for (std::int64_t i = from; i < to; ++i)
                scan.set_own(i - from, list[static_cast<std::size_t>(i)]);
            std::int64_t seen = 0;
            for (int at = 0; at < listed && (at < probes || seen < 8 * (k + 1)); ++at) {
                const auto other =
                    static_cast<std::size_t>(order.index[static_cast<std::size_t>(cell * listed + at)]);
                const Panels& panels = packed[other];
                for (std::int64_t p = 0; p < panels.panels(); ++p)
                    scan.panel(panels.panel(p),
                               static_cast<int>(
                                   std::min<std::int64_t>(Panels::width, panels.count() - p * Panels::width)),
                               0, members[other].data() + p * Panels::width);
                seen += panels.count();
            }
            for (std::int64_t i = from; i < to; ++i) {
                const std::int64_t row = list[static_cast<std::size_t>(i)];
                scan.finish(i - from, result.distance.data() + row * k, result.index.data() + row * k);
            }
        }
        const std::int64_t so_far = done += size;
        context.progress(0.1 + 0.9 * static_cast<double>(so_far) / static_cast<double>(rows.rows),
                         "Finding neighbours");
    });
    return result;
}

} // namespace

Neighbours nearest_neighbours(MatrixView rows, int k, Metric metric, Search search, std::uint64_t seed,
                              int threads, JobContext& context) {
    if (k < 1 || k >= rows.rows)
        throw Error(ErrorCode::BadInput, "There are only " + std::to_string(rows.rows) +
                                             " rows: fewer than the neighbours asked for (" +
                                             std::to_string(k) + "). Choose fewer neighbours.");
    // Few cells can hold fewer rows than are asked for: then nothing is gained by cells either.
    const bool few = rows.rows < 16 * rows_per_cell || rows.rows < 64 * static_cast<std::int64_t>(k);
    if (few || search == Search::Exact || (search == Search::Automatic && rows.rows <= exact_limit))
        return exact(rows, rows, true, k, metric, threads, context);
    return approximate(rows, k, metric, seed, threads, context);
}

Neighbours nearest_neighbours_of(MatrixView queries, MatrixView rows, int k, Metric metric, int threads,
                                 JobContext& context) {
    if (k < 1 || k > rows.rows)
        throw Error(ErrorCode::BadInput, "There are fewer rows than the neighbours asked for.");
    return exact(queries, rows, false, k, metric, threads, context);
}

} // namespace eyepiece::explore
