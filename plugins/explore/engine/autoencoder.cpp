// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/autoencoder.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "core/learning/row_fitting.h"
#include "core/learning/single_threaded.h"
#include "core/operations/part_of_job.h"
#include "plugins/explore/engine/pca.h"
#include "plugins/explore/engine/show.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace eyepiece::explore {
namespace {

constexpr std::int64_t block_rows = 1024;
constexpr std::int64_t least_rows_to_hold_out = 20;

// Mean 0 and standard deviation 1; what is constant becomes 0.
class Standardisation {
public:
    explicit Standardisation(MatrixView data) {
        const auto columns = static_cast<std::size_t>(data.columns);
        std::vector<double> squares(columns, 0.0);
        mean_.assign(columns, 0.0);
        scale_.assign(columns, 0.0);
        for (std::int64_t i = 0; i < data.rows; ++i)
            for (std::size_t j = 0; j < columns; ++j)
                mean_[j] += data.row(i)[j] / static_cast<double>(data.rows);
        for (std::int64_t i = 0; i < data.rows; ++i)
            for (std::size_t j = 0; j < columns; ++j)
                squares[j] += std::pow(data.row(i)[j] - mean_[j], 2) / static_cast<double>(data.rows);
        for (std::size_t j = 0; j < columns; ++j)
            // Constant up to rounding stays so, and is never blown up.
            if (const double sd = std::sqrt(squares[j]); sd > 1e-6 * std::max(1e-30, std::abs(mean_[j]))) {
                scale_[j] = 1 / sd;
                ++varying_;
            }
    }

    std::vector<float> apply(MatrixView data) const {
        std::vector<float> out(data.values.size());
        const std::size_t columns = mean_.size();
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = static_cast<float>((data.values[i] - mean_[i % columns]) * scale_[i % columns]);
        return out;
    }
    std::int64_t columns() const { return static_cast<std::int64_t>(mean_.size()); }
    std::int64_t varying() const { return varying_; }

private:
    std::vector<double> mean_, scale_;
    std::int64_t varying_ = 0;
};

torch::Tensor view_of(std::span<const float> values, std::int64_t columns) {
    return torch::from_blob(const_cast<float*>(values.data()),
                            {static_cast<std::int64_t>(values.size()) / columns, columns}, torch::kFloat32);
}

// Blocks of rows of x through the network, on all threads: work(output, from, to).
void through(const DenseNetwork& network, const torch::Tensor& x, int threads, JobContext& context,
             const std::function<void(const torch::Tensor&, std::int64_t, std::int64_t)>& work) {
    for_rows(x.size(0), block_rows, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
        context.throw_if_cancelled();
        const SingleThreaded alone;
        const torch::NoGradGuard no_gradient;
        work(network.forward(x.slice(0, from, to)).contiguous(), from, to);
    });
}

std::vector<float> encoded(const DenseNetwork& encoder, const torch::Tensor& x, int dimensions, int threads,
                           JobContext& context) {
    std::vector<float> points(static_cast<std::size_t>(x.size(0) * dimensions));
    through(encoder, x, threads, context, [&](const torch::Tensor& some, std::int64_t from, std::int64_t) {
        std::copy_n(some.data_ptr<float>(), some.numel(), points.begin() + from * dimensions);
    });
    return points;
}

// The squared error of each row after its way there and back.
std::vector<double> errors(const DenseNetwork& encoder, const DenseNetwork& decoder, const torch::Tensor& x,
                           int threads, JobContext& context) {
    std::vector<double> result(static_cast<std::size_t>(x.size(0)));
    through(encoder, x, threads, context, [&](const torch::Tensor& code, std::int64_t from, std::int64_t to) {
        const torch::Tensor squares =
            (decoder.forward(code) - x.slice(0, from, to)).square().sum(1, false, torch::kFloat64);
        std::copy_n(squares.data_ptr<double>(), to - from, result.begin() + from);
    });
    return result;
}

// 1 - error / variance, of these rows: about the columns' means, which are 0.
double explained(const std::vector<double>& errors, const torch::Tensor& x,
                 const std::vector<std::int64_t>& rows) {
    double error = 0, total = 0;
    for (const std::int64_t row : rows) {
        error += errors[static_cast<std::size_t>(row)];
        total += x[row].square().sum(torch::kFloat64).item<double>();
    }
    return total > 0 ? 1 - error / total : 0;
}

// Wide enough for the columns, and narrowing by fours.
std::vector<std::int64_t> hidden_widths(const Json& set, std::int64_t columns, int dimensions) {
    const Json& given = set.at("width");
    std::int64_t width =
        given.is_null()
            ? std::clamp<std::int64_t>(
                  static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(columns))), 64, 256)
            : given.get<std::int64_t>();
    std::vector<std::int64_t> widths;
    for (int i = 0; i < set.at("layers").get<int>(); ++i) {
        widths.push_back(std::max<std::int64_t>({width, 2 * dimensions, 16}));
        width /= 4;
    }
    return widths;
}

class FittedAutoencoder final : public FittedEmbedding {
public:
    FittedAutoencoder(Standardisation standardisation, DenseNetwork encoder, std::vector<float> points,
                      int dimensions, Json notes)
        : standardisation_(std::move(standardisation)), encoder_(std::move(encoder)) {
        points_ = std::move(points);
        dimensions_ = dimensions;
        notes_ = std::move(notes);
    }
    std::vector<float> place(MatrixView rows, int threads, JobContext& context) const override {
        expect_columns(rows, standardisation_.columns());
        const std::vector<float> prepared = standardisation_.apply(rows);
        return encoded(encoder_, view_of(prepared, rows.columns), dimensions_, threads, context);
    }

private:
    Standardisation standardisation_;
    DenseNetwork encoder_;
};

} // namespace

ParameterSchema Autoencoder::parameters() {
    return {
        integer_parameter("dimensions", 2, "Dimensions", "Of the points: the width of the narrowest layer.")
            .range(1, 256),
        integer_parameter("epochs", 200, "Epochs",
                          "Most often that all rows are gone through; it stops when it no longer improves.")
            .range(1, 100000),
        integer_parameter(
            "width", nullptr, "Width",
            "Of the widest layer. Automatic: the columns, rounded up to a power of two, from 64 "
            "to 256.")
            .range(1, 4096)
            .rarely(),
        integer_parameter(
            "layers", 2, "Layers",
            "Before the narrowest one, each a quarter as wide as the one before; as many after.")
            .range(1, 8)
            .rarely(),
        integer_parameter("batch-size", nullptr, "Batch",
                          "Rows that are learnt from at once. Automatic: a fiftieth, from 16 to 256.")
            .range(1, 65536)
            .rarely(),
        real_parameter("learning-rate", 0.002, "Learning rate",
                       "The size of the steps; it halves while nothing improves.")
            .range(1e-6, 1)
            .rarely(),
        real_parameter("weight-decay", 1e-4, "Weight decay", "How strongly weights are pulled to zero.")
            .range(0, 1)
            .rarely(),
        integer_parameter("patience", 20, "Patience",
                          "Stops after so many epochs without a lower error of the rows held out.")
            .range(1, 100000)
            .rarely()};
}

std::unique_ptr<FittedEmbedding> Autoencoder::fit(const EmbeddingRequest& request, JobContext& context) {
    const Json& set = request.parameters;
    const std::int64_t rows = request.data.rows, columns = request.data.columns;
    const int dimensions = set.at("dimensions").get<int>();
    if (rows < 4)
        throw Error(ErrorCode::BadInput,
                    "An autoencoder needs at least 4 rows, and there are " + std::to_string(rows) + ".");
    Standardisation standardisation(request.data);
    if (standardisation.varying() == 0)
        throw Error(ErrorCode::BadInput,
                    "All rows are the same: there is no variance to show. Check the data.");
    if (dimensions >= columns)
        throw Error(ErrorCode::BadInput,
                    "An autoencoder needs fewer dimensions than columns, and the table has " +
                        std::to_string(columns) +
                        (columns > 1 ? " columns. Choose fewer dimensions." : " column. Use more columns."));
    const std::vector<float> prepared = standardisation.apply(request.data);
    const torch::Tensor x = view_of(prepared, columns);
    context.throw_if_cancelled();

    const auto axes = static_cast<int>(std::min<std::int64_t>({dimensions, rows - 1, columns}));
    context.progress(0, "Principal components to compare with");
    const PrincipalComponents pca = principal_components(
        {prepared, rows, columns}, axes, PcaSolver::Automatic, request.seed, request.threads, context);
    double linear = 0;
    for (const double variance : pca.variance)
        linear += variance / pca.total_variance;

    RowFitPlan plan;
    const auto order = Random(mix_seed(request.seed, 0x4e1d)).permutation(static_cast<std::size_t>(rows));
    for (std::int64_t i = 0; i < rows; ++i) {
        const bool held = rows >= least_rows_to_hold_out && i < rows / 10;
        (held ? plan.held_out : plan.training)
            .push_back(static_cast<std::int64_t>(order[static_cast<std::size_t>(i)]));
    }
    plan.epochs = set.at("epochs").get<int>();
    plan.patience = set.at("patience").get<int>();
    plan.batch = set.at("batch-size").is_null() ? std::clamp<std::int64_t>(rows / 50, 16, 256)
                                                : set.at("batch-size").get<std::int64_t>();
    plan.learning_rate = set.at("learning-rate").get<double>();
    plan.weight_decay = set.at("weight-decay").get<double>();
    plan.seed = request.seed;
    plan.threads = request.threads;

    DenseShape shape{.numbers = columns,
                     .hidden = hidden_widths(set, columns, dimensions),
                     .outputs = dimensions,
                     .activation = Activation::Elu};
    Json widths = shape.hidden;
    widths.push_back(dimensions);
    const DenseNetwork encoder(shape, torch::kFloat32, mix_seed(request.seed, 1));
    std::reverse(shape.hidden.begin(), shape.hidden.end());
    shape.numbers = dimensions;
    shape.outputs = columns;
    const DenseNetwork decoder(shape, torch::kFloat32, mix_seed(request.seed, 2));

    const auto loss = [&](const torch::Tensor& some, std::optional<std::uint64_t>) {
        const torch::Tensor rows_of = x.index_select(0, some);
        return (decoder.forward(encoder.forward(rows_of)) - rows_of).square().sum() /
               static_cast<double>(standardisation.varying());
    };
    PartOfJob fitting(context, 0.05, 0.98);
    Showing showing(context, dimensions);
    const DenseNetwork both[] = {encoder, decoder};
    const RowFitResult result = fit_rows(both, loss, plan, fitting, [&](int epoch) {
        if (showing.due())
            showing.points(encoded(encoder, x, dimensions, request.threads, context), epoch);
    });

    std::vector<float> points = encoded(encoder, x, dimensions, request.threads, context);
    const std::vector<double> error = errors(encoder, decoder, x, request.threads, context);
    std::vector<std::int64_t> all = plan.training;
    all.insert(all.end(), plan.held_out.begin(), plan.held_out.end());
    Json notes = {{"variance_explained", explained(error, x, all)},
                  {"pca_variance_explained", linear},
                  {"held_out_rows", plan.held_out.size()},
                  {"epochs", result.epochs},
                  {"best_epoch", result.best_epoch},
                  {"stopped", result.stopped},
                  {"finished_early", result.finished_early},
                  {"widths", std::move(widths)},
                  {"batch_size", plan.batch}};
    if (!plan.held_out.empty())
        notes["held_out_variance_explained"] = explained(error, x, plan.held_out);
    context.progress(1, "Autoencoder");
    return std::make_unique<FittedAutoencoder>(std::move(standardisation), encoder, std::move(points),
                                               dimensions, std::move(notes));
}

} // namespace eyepiece::explore
