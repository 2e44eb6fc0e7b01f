// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/tsne.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "core/learning/simd.h"
#include "plugins/explore/engine/affinities.h"
#include "plugins/explore/engine/fast_math.h"
#include "plugins/explore/engine/pca.h"
#include "plugins/explore/engine/repulsion.h"
#include "plugins/explore/engine/show.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace eyepiece::explore {
namespace {

constexpr std::int64_t block_rows = 1024;
constexpr std::int64_t grid_pays = 30000; // rows from which interpolation is faster than Barnes-Hut

// sum_j p_j (y - y_j) / (1 + d_j^2) over one row of the affinities.
EYEPIECE_SIMD void attraction_row(const float* value, const std::int32_t* index, std::int64_t count,
                                  const float* points, int dimensions, const float* own, float* force) {
    if (dimensions == 2) {
        float fx = 0, fy = 0;
        const float x = own[0], y = own[1];
#pragma omp simd reduction(+ : fx, fy)
        for (std::int64_t at = 0; at < count; ++at) {
            const float dx = x - points[2 * index[at]], dy = y - points[2 * index[at] + 1];
            const float weight = value[at] / (1 + dx * dx + dy * dy);
            fx += weight * dx;
            fy += weight * dy;
        }
        force[0] = fx;
        force[1] = fy;
        return;
    }
    float fx = 0, fy = 0, fz = 0;
    for (std::int64_t at = 0; at < count; ++at) {
        const float* const other = points + 3 * index[at];
        const float dx = own[0] - other[0], dy = own[1] - other[1], dz = own[2] - other[2];
        const float weight = value[at] / (1 + dx * dx + dy * dy + dz * dz);
        fx += weight * dx;
        fy += weight * dy;
        fz += weight * dz;
    }
    force[0] = fx;
    force[1] = fy;
    force[2] = fz;
}

// sum_j p_j log((1 + d_j^2) p_j), the part of the divergence that the affinities see.
EYEPIECE_SIMD double divergence_row(const float* value, const std::int32_t* index, std::int64_t count,
                                    const float* points, int dimensions, const float* own) {
    double sum = 0;
    for (std::int64_t at = 0; at < count; ++at) {
        float square = 1;
        for (int c = 0; c < dimensions; ++c) {
            const float difference = own[c] - points[dimensions * index[at] + c];
            square += difference * difference;
        }
        if (value[at] > 1e-35f)
            sum += static_cast<double>(value[at] * fast_log2(value[at] * square));
    }
    return sum * 0.69314718056;
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

std::vector<float> starting_points(const EmbeddingRequest& request, int dimensions, JobContext& context) {
    const std::int64_t rows = request.data.rows;
    std::vector<float> points(static_cast<std::size_t>(rows * dimensions));
    if (request.parameters.at("start") == "pca") {
        const int axes = static_cast<int>(std::min<std::int64_t>({dimensions, rows, request.data.columns}));
        const PrincipalComponents pca = principal_components(request.data, axes, PcaSolver::Automatic,
                                                             request.seed, request.threads, context);
        const double spread = std::sqrt(pca.variance[0]);
        if (spread > 0)
            for (std::int64_t i = 0; i < rows; ++i)
                for (int c = 0; c < axes; ++c)
                    points[static_cast<std::size_t>(i * dimensions + c)] = static_cast<float>(
                        pca.scores[static_cast<std::size_t>(i * axes + c)] / spread * 1e-4);
    }
    // Rows that are the same would otherwise stay on top of each other for ever, and a random start is this
    // alone.
    const double noise = request.parameters.at("start") == "pca" ? 1e-7 : 1e-4;
    Random random(mix_seed(request.seed, 0x75e));
    for (float& value : points)
        value += static_cast<float>(noise * std::sqrt(-2 * std::log(1 - random.uniform())) *
                                    std::cos(6.283185307179586 * random.uniform()));
    return points;
}

class FittedTsne final : public FittedEmbedding {
public:
    FittedTsne(std::vector<float> points, int dimensions, Json notes, std::vector<float> rows,
               std::int64_t columns, Metric metric)
        : rows_(std::move(rows)), columns_(columns), metric_(metric) {
        points_ = std::move(points);
        dimensions_ = dimensions;
        notes_ = std::move(notes);
    }
    std::vector<float> place(MatrixView rows, int threads, JobContext& context) const override;

private:
    std::vector<float> rows_; // as prepared for the metric
    std::int64_t columns_;
    Metric metric_;
};

// Each new row is drawn to its neighbours among the old and pushed by all of the old (Policar et al. 2021,
// without any force between new rows): begun at the weighted mean of its neighbours.
std::vector<float> FittedTsne::place(MatrixView rows, int threads, JobContext& context) const {
    expect_columns(rows, columns_);
    if (dimensions_ != 2)
        throw Error(ErrorCode::Unsupported, "New rows can be placed in a t-SNE of two dimensions only.");
    const std::vector<float> prepared = prepared_rows(rows, metric_);
    const auto old_rows = static_cast<std::int64_t>(rows_.size()) / columns_;
    const double perplexity = std::min(5.0, static_cast<double>(old_rows) / 3);
    const int k = static_cast<int>(std::min<std::int64_t>(old_rows, std::lround(3 * perplexity)));
    const Neighbours neighbours = nearest_neighbours_of(
        {prepared, rows.rows, columns_}, {rows_, old_rows, columns_}, k, metric_, threads, context);
    const std::vector<float> affinity = conditional_affinities(neighbours, perplexity, threads);
    GridRepulsion field;
    field.prepare_field(points_, 5, threads);
    std::vector<float> placed(static_cast<std::size_t>(2 * rows.rows));
    constexpr int steps = 250;
    constexpr float exaggeration = 1.5f, rate = 0.1f, momentum = 0.8f, longest = 0.25f;
    for_rows(rows.rows, 64, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        context.throw_if_cancelled();
        for (std::int64_t i = from; i < to; ++i) {
            const float* const p = affinity.data() + i * k;
            const std::int32_t* const index = neighbours.index.data() + i * k;
            float x = 0, y = 0, vx = 0, vy = 0;
            for (int j = 0; j < k; ++j) {
                x += p[j] * points_[static_cast<std::size_t>(2 * index[j])];
                y += p[j] * points_[static_cast<std::size_t>(2 * index[j] + 1)];
            }
            for (int step = 0; step < steps; ++step) {
                const float own[2] = {x, y};
                float pull[2];
                attraction_row(p, index, k, points_.data(), 2, own, pull);
                const GridRepulsion::Field all = field.field_at(x, y);
                const float z = std::max(all.plain, 1e-12f);
                float gx = exaggeration * pull[0] - (all.squared * (x - field.centre_x()) - all.x) / z;
                float gy = exaggeration * pull[1] - (all.squared * (y - field.centre_y()) - all.y) / z;
                const float length = std::hypot(gx, gy);
                if (length > longest) {
                    gx *= longest / length;
                    gy *= longest / length;
                }
                vx = momentum * vx - rate * gx;
                vy = momentum * vy - rate * gy;
                x += vx;
                y += vy;
            }
            placed[static_cast<std::size_t>(2 * i)] = x;
            placed[static_cast<std::size_t>(2 * i + 1)] = y;
        }
    });
    return placed;
}

// The descent itself: gains and momentum as in van der Maaten's program and openTSNE.
class Descent {
public:
    Descent(SparseRows affinities, std::vector<float> points, int dimensions, Repulsion& repulsion,
            int threads)
        : affinities_(std::move(affinities))
        , points_(std::move(points))
        , dimensions_(dimensions)
        , repulsion_(repulsion)
        , threads_(threads)
        , repelling_(points_.size())
        , velocity_(points_.size())
        , gain_(points_.size(), 1.f) {}

    std::vector<float>& points() { return points_; }

    void start_phase() {
        std::fill(velocity_.begin(), velocity_.end(), 0.f);
        std::fill(gain_.begin(), gain_.end(), 1.f);
    }

    void step(double exaggeration, double rate, double momentum) {
        normalisation_ = repulsion_.compute(points_, repelling_, threads_);
        const auto d = static_cast<std::size_t>(dimensions_);
        const std::int64_t rows = affinities_.rows(), blocks = (rows + block_rows - 1) / block_rows;
        const auto inverse = static_cast<float>(1 / std::max(normalisation_, 1e-300));
        const auto drawn = static_cast<float>(exaggeration), speed = static_cast<float>(rate),
                   kept = static_cast<float>(momentum);
        std::vector<double> sums(static_cast<std::size_t>(blocks) * d);
        moved_.resize(points_.size());
        for_rows(rows, block_rows, threads_, [&](std::int64_t from, std::int64_t to, std::int64_t block) {
            double sum[3]{};
            for (std::int64_t i = from; i < to; ++i) {
                const auto at = static_cast<std::size_t>(i) * d;
                float pull[3], update[3], square = 0;
                const std::int64_t begin = affinities_.start[static_cast<std::size_t>(i)];
                attraction_row(affinities_.value.data() + begin, affinities_.index.data() + begin,
                               affinities_.start[static_cast<std::size_t>(i) + 1] - begin, points_.data(),
                               dimensions_, points_.data() + at, pull);
                for (std::size_t c = 0; c < d; ++c) {
                    const float gradient = drawn * pull[c] - repelling_[at + c] * inverse;
                    float& gain = gain_[at + c];
                    gain = (gradient > 0) != (velocity_[at + c] > 0) ? gain + 0.2f : gain * 0.8f;
                    gain = std::max(gain, 0.01f);
                    update[c] = kept * velocity_[at + c] - speed * gain * gradient;
                    square += update[c] * update[c];
                }
                const float shrink = square > 25 ? 5 / std::sqrt(square) : 1; // no step is longer than 5
                for (std::size_t c = 0; c < d; ++c) {
                    velocity_[at + c] = update[c] * shrink;
                    moved_[at + c] = points_[at + c] + velocity_[at + c];
                    sum[c] += moved_[at + c];
                }
            }
            for (std::size_t c = 0; c < d; ++c)
                sums[static_cast<std::size_t>(block) * d + c] = sum[c];
        });
        float mean[3]{};
        for (std::size_t c = 0; c < d; ++c) {
            double total = 0;
            for (std::size_t block = 0; block < static_cast<std::size_t>(blocks); ++block)
                total += sums[block * d + c];
            mean[c] = static_cast<float>(total / static_cast<double>(rows));
        }
        for (std::size_t i = 0; i < points_.size(); i += d)
            for (std::size_t c = 0; c < d; ++c)
                points_[i + c] = moved_[i + c] - mean[c];
    }

    // Kullback-Leibler, of the points as they are.
    double divergence() {
        normalisation_ = repulsion_.compute(points_, repelling_, threads_);
        const std::int64_t rows = affinities_.rows();
        std::vector<double> sums(static_cast<std::size_t>((rows + block_rows - 1) / block_rows));
        for_rows(rows, block_rows, threads_, [&](std::int64_t from, std::int64_t to, std::int64_t block) {
            double sum = 0;
            for (std::int64_t i = from; i < to; ++i) {
                const std::int64_t begin = affinities_.start[static_cast<std::size_t>(i)];
                sum += divergence_row(affinities_.value.data() + begin, affinities_.index.data() + begin,
                                      affinities_.start[static_cast<std::size_t>(i) + 1] - begin,
                                      points_.data(), dimensions_, points_.data() + i * dimensions_);
            }
            sums[static_cast<std::size_t>(block)] = sum;
        });
        return std::accumulate(sums.begin(), sums.end(), 0.0) + std::log(normalisation_);
    }

private:
    SparseRows affinities_;
    std::vector<float> points_;
    int dimensions_;
    Repulsion& repulsion_;
    int threads_;
    std::vector<float> repelling_, velocity_, gain_, moved_;
    double normalisation_ = 1;
};

} // namespace

ParameterSchema Tsne::parameters() {
    return {
        integer_parameter("dimensions", 2, "Dimensions",
                          "Of the points: two for a plot, three to turn about.")
            .range(2, 3),
        real_parameter(
            "perplexity", nullptr, "Perplexity",
            "How many neighbours a point keeps close, roughly. Automatic: 30, or less where there are few "
            "rows.")
            .range(1, 10000),
        choice_parameter("metric", "euclidean", metric_names(), "Metric", "How far apart two rows are."),
        real_parameter("early-exaggeration", 12, "Early exaggeration",
                       "How much stronger neighbours attract at first, while clusters find their places.")
            .range(1, 100)
            .rarely(),
        integer_parameter("early-iterations", 250, "Early iterations", "Steps with early exaggeration.")
            .range(0, 100000)
            .rarely(),
        integer_parameter("iterations", 500, "Iterations", "Steps after those of early exaggeration.")
            .range(0, 100000),
        real_parameter("exaggeration", 1, "Exaggeration",
                       "How much stronger neighbours attract to the end; above 1 the clusters are tighter.")
            .range(0.1, 100)
            .rarely(),
        real_parameter("learning-rate", nullptr, "Learning rate",
                       "Automatic: the number of rows divided by the exaggeration, at least 200.")
            .range(1e-6, 1e9)
            .rarely(),
        real_parameter("momentum", 0.8, "Momentum", "What part of its last step a point repeats.")
            .range(0, 0.999)
            .rarely(),
        choice_parameter("start", "pca", {"pca", "random"}, "Start",
                         "Where points begin. PCA keeps the large structure of the data."),
        choice_parameter(
            "repulsion", "automatic", {"automatic", "interpolation", "barnes-hut"}, "Repulsion",
            "How the force between all points is computed. Automatic: interpolation for 30,000 rows and "
            "more in two dimensions, else Barnes-Hut.")
            .rarely(),
        real_parameter("angle", 0.5, "Angle", "Of Barnes-Hut: smaller is more exact and slower.")
            .range(0, 1)
            .when("repulsion=barnes-hut")
            .rarely(),
        choice_parameter("neighbours", "automatic", {"automatic", "exact", "approximate"}, "Neighbour search",
                         "Automatic: exact up to 20,000 rows, beyond it approximate.")
            .rarely(),
    };
}

std::unique_ptr<FittedEmbedding> Tsne::fit(const EmbeddingRequest& request, JobContext& context) {
    const Json& set = request.parameters;
    const std::int64_t rows = request.data.rows;
    if (rows < 4)
        throw Error(ErrorCode::BadInput,
                    "t-SNE needs at least 4 rows, and there are " + std::to_string(rows) + ".");
    const double most = static_cast<double>(rows - 1) / 3;
    const double perplexity =
        set.at("perplexity").is_null() ? std::min(30.0, most) : set.at("perplexity").get<double>();
    if (perplexity > most)
        throw Error(ErrorCode::BadInput, "The perplexity " + number(perplexity) + " is too large for " +
                                             std::to_string(rows) + " rows. Choose at most " +
                                             number(std::floor(most)) + ".");
    const int dimensions = set.at("dimensions").get<int>();
    const std::string chosen = set.at("repulsion");
    if (chosen == "interpolation" && dimensions != 2)
        throw Error(ErrorCode::BadInput,
                    "Interpolation is for two dimensions. Choose the repulsion barnes-hut for three.");
    const bool grid =
        chosen == "interpolation" || (chosen == "automatic" && dimensions == 2 && rows >= grid_pays);
    const Metric metric = metric_from(set.at("metric"));
    const std::string search = set.at("neighbours");

    context.progress(0, "Finding neighbours");
    std::vector<float> prepared = prepared_rows(request.data, metric);
    const MatrixView view{prepared, rows, request.data.columns};
    const int k =
        static_cast<int>(std::min<std::int64_t>(rows - 1, std::max(1L, std::lround(3 * perplexity))));
    SparseRows affinities;
    {
        const Neighbours neighbours = nearest_neighbours(view, k, metric,
                                                         search == "exact"         ? Search::Exact
                                                         : search == "approximate" ? Search::Approximate
                                                                                   : Search::Automatic,
                                                         request.seed, request.threads, context);
        context.throw_if_cancelled();
        context.progress(0.1, "Weighing neighbours");
        affinities =
            joint_affinities(neighbours, conditional_affinities(neighbours, perplexity, request.threads));
    }
    context.throw_if_cancelled();
    std::vector<float> points = starting_points(request, dimensions, context);

    std::unique_ptr<Repulsion> repulsion;
    if (grid)
        repulsion = std::make_unique<GridRepulsion>();
    else
        repulsion = std::make_unique<TreeRepulsion>(dimensions, set.at("angle").get<double>());
    Descent descent(std::move(affinities), std::move(points), dimensions, *repulsion, request.threads);
    Showing showing(context, dimensions);
    const int early = set.at("early-iterations").get<int>(), total = early + set.at("iterations").get<int>();
    const double momentum = set.at("momentum").get<double>();
    int done = 0;
    bool stopped = false;
    for (; done < total && !stopped; ++done) {
        context.throw_if_cancelled();
        if (done == 0 || done == early)
            descent.start_phase();
        const double exaggeration =
            set.at(done < early ? "early-exaggeration" : "exaggeration").get<double>();
        const double rate = set.at("learning-rate").is_null()
                                ? std::max(200.0, static_cast<double>(rows) / exaggeration)
                                : set.at("learning-rate").get<double>();
        descent.step(exaggeration, rate, momentum);
        showing.points(descent.points(), done + 1);
        if ((done + 1) % 50 == 0)
            context.metric("divergence", done + 1, descent.divergence());
        context.progress(0.1 + 0.9 * (done + 1) / total, done < early ? "Early exaggeration" : "Optimising");
        stopped = context.finish_early_requested();
    }
    const Json notes{{"divergence", descent.divergence()},
                     {"perplexity", perplexity},
                     {"iterations", done},
                     {"finished_early", stopped && done < total},
                     {"repulsion", grid ? "interpolation" : "barnes-hut"}};
    return std::make_unique<FittedTsne>(std::move(descent.points()), dimensions, notes, std::move(prepared),
                                        request.data.columns, metric);
}

} // namespace eyepiece::explore
