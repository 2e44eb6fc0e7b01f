// SPDX-License-Identifier: GPL-3.0-or-later
// A multilayer perceptron with embeddings of categories (Guo & Berkhahn 2016), on LibTorch.
#include "plugins/estimators/engine/estimators.h"
#include "plugins/estimators/engine/pipeline.h"
#include "plugins/estimators/engine/state.h"

#include "core/learning/cross_validation.h"
#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "core/learning/row_fitting.h"
#include "core/learning/single_threaded.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace eyepiece::estimators {
namespace {

constexpr Eigen::Index least_rows_to_hold_out = 20;
constexpr std::int64_t most_width = 4096;

// The features as the network takes them.
struct Inputs {
    torch::Tensor numbers, codes; // (rows, numbers) float32, (rows, columns of codes) int64
};

Inputs inputs_of(const Matrix& x, const std::vector<int>& codes) {
    const auto coded =
        static_cast<std::int64_t>(std::count_if(codes.begin(), codes.end(), [](int k) { return k > 0; }));
    Inputs inputs{torch::empty({x.rows(), x.cols() - coded}, torch::kFloat32),
                  torch::empty({x.rows(), coded}, torch::kInt64)};
    float* number = inputs.numbers.data_ptr<float>();
    std::int64_t* code = inputs.codes.data_ptr<std::int64_t>();
    for (Eigen::Index r = 0; r < x.rows(); ++r)
        for (Eigen::Index c = 0; c < x.cols(); ++c)
            if (codes[static_cast<std::size_t>(c)] > 0)
                *code++ = static_cast<std::int64_t>(x(r, c));
            else
                *number++ = static_cast<float>(x(r, c));
    return inputs;
}

class MlpCore final : public Core {
public:
    MlpCore(DenseNetwork network, std::vector<int> codes, int classes, double mean, double scale, Json notes)
        : network_(std::move(network))
        , codes_(std::move(codes))
        , classes_(classes)
        , mean_(mean)
        , scale_(scale)
        , notes_(std::move(notes)) {}

    Matrix predict(const Matrix& x, int threads, JobContext& context) const override {
        Matrix result(x.rows(), std::max(1, classes_));
        for_rows(x.rows(), 1024, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            context.throw_if_cancelled();
            const SingleThreaded alone;
            const torch::NoGradGuard no_gradient;
            const Inputs inputs = inputs_of(x.middleRows(from, to - from), codes_);
            torch::Tensor out = network_.forward(inputs.numbers, inputs.codes).to(torch::kFloat64);
            out = classes_ > 0 ? torch::softmax(out, 1) : out * scale_ + mean_;
            const auto values = out.accessor<double, 2>();
            for (std::int64_t r = from; r < to; ++r)
                for (Eigen::Index k = 0; k < result.cols(); ++k)
                    result(r, k) = values[r - from][k];
        });
        return result;
    }
    Json notes() const override { return notes_; }

    Json state() const override {
        Json parameters = Json::array(), hidden = Json::array();
        for (const torch::Tensor& parameter : network_.parameters()) {
            const torch::Tensor values = parameter.detach().contiguous();
            const float* const from = values.data_ptr<float>();
            parameters.push_back(stored(std::vector<float>(from, from + values.numel())));
        }
        for (std::size_t i = 0; i + 1 < network_.biases().size(); ++i)
            hidden.push_back(network_.biases()[i].numel());
        return {{"hidden", std::move(hidden)},
                {"parameters", std::move(parameters)},
                {"mean", mean_},
                {"scale", scale_},
                {"notes", notes_}};
    }

    static std::unique_ptr<Core> restore(const Json& state, const CoreShape& shape) {
        DenseShape dense{.numbers = 0,
                         .hidden = state.at("hidden").get<std::vector<std::int64_t>>(),
                         .outputs = shape.outputs()};
        for (const int count : shape.codes)
            if (count > 0)
                dense.categories.push_back(count);
            else
                ++dense.numbers;
        for (const std::int64_t width : dense.hidden)
            require(width > 0 && width <= most_width);
        const Json& from = state.at("parameters"); // tables, weights and biases, in their order
        require(from.size() == dense.categories.size() + 2 * (dense.hidden.size() + 1));
        DenseNetwork network(dense, torch::kFloat32, 0);
        const torch::NoGradGuard no_gradient;
        std::vector<torch::Tensor> parameters = network.parameters();
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const auto& bytes = from[i].get_binary();
            require(bytes.size() == parameters[i].nbytes());
            std::memcpy(parameters[i].data_ptr<float>(), bytes.data(), bytes.size());
        }
        return std::make_unique<MlpCore>(std::move(network), shape.codes, shape.classes,
                                         state.at("mean").get<double>(), state.at("scale").get<double>(),
                                         state.at("notes"));
    }

private:
    DenseNetwork network_;
    std::vector<int> codes_; // of each feature, as in CoreRequest
    int classes_;
    double mean_, scale_; // of the values that were learnt from
    Json notes_;
};

// A tenth, with the classes' shares and with whole groups, as one fold of a cross-validation is. Where that
// would leave the training without a class, its rows go back to it; few rows, or groups, are all needed.
void hold_out(const CoreRequest& request, RowFitPlan& plan) {
    EstimatorData data;
    data.features.rows = request.rows();
    data.classes = request.classes;
    data.labels = request.labels;
    data.groups = request.groups;
    std::vector<std::int32_t> groups = request.groups;
    std::sort(groups.begin(), groups.end());
    const auto count = std::unique(groups.begin(), groups.end()) - groups.begin();
    const auto rows = static_cast<std::size_t>(request.rows());
    std::vector<bool> held(rows, false);
    if (request.rows() >= least_rows_to_hold_out && (groups.empty() || count >= 3)) {
        const int folds = groups.empty() ? 10 : static_cast<int>(std::min<std::ptrdiff_t>(10, count));
        const FoldPlan parts = plan_folds(data, folds, mix_seed(request.seed, 0x4e1d));
        for (std::size_t i = 0; i < rows; ++i)
            held[i] = parts[i] == 0;
        std::vector<bool> learnt(static_cast<std::size_t>(request.classes), false);
        for (std::size_t i = 0; i < rows && request.classes > 0; ++i)
            if (!held[i])
                learnt[static_cast<std::size_t>(request.labels[i])] = true;
        const bool whole = std::find(learnt.begin(), learnt.end(), false) == learnt.end();
        for (std::size_t i = 0; i < rows && !whole; ++i)
            if (!groups.empty() || !learnt[static_cast<std::size_t>(request.labels[i])])
                held[i] = false;
    }
    for (std::size_t i = 0; i < rows; ++i)
        (held[i] ? plan.held_out : plan.training).push_back(static_cast<std::int64_t>(i));
}

// For each row its class's weight: one, or so that all classes weigh the same (rows / (classes * rows of
// it)).
torch::Tensor row_weights(const CoreRequest& request, bool balanced) {
    torch::Tensor weights = torch::ones({request.rows()}, torch::kFloat32);
    if (!balanced || request.classes == 0)
        return weights;
    std::vector<double> counts(static_cast<std::size_t>(request.classes), 0.0);
    for (const std::int32_t label : request.labels)
        counts[static_cast<std::size_t>(label)] += 1;
    float* const out = weights.data_ptr<float>();
    for (std::size_t i = 0; i < request.labels.size(); ++i)
        out[i] = static_cast<float>(static_cast<double>(request.rows()) /
                                    (request.classes * counts[static_cast<std::size_t>(request.labels[i])]));
    return weights;
}

class Mlp final : public PipelineEstimator {
protected:
    bool scales() const override { return true; }
    bool keeps_categories() const override { return true; }
    std::unique_ptr<Core> restore_core(const Json& state, const CoreShape& shape) const override {
        return MlpCore::restore(state, shape);
    }

    std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext& context) const override {
        const Json& set = request.parameters;
        const Inputs inputs = inputs_of(request.x, request.codes);
        DenseShape shape{.numbers = inputs.numbers.size(1), .outputs = request.outputs()};
        for (const int count : request.codes)
            if (count > 0)
                shape.categories.push_back(count);
        shape.hidden.assign(static_cast<std::size_t>(number_of(set, "layers")),
                            static_cast<std::int64_t>(number_of(set, "width")));
        DenseNetwork network(shape, torch::kFloat32, mix_seed(request.seed, 1));
        forget_codes_without_rows(network, inputs.codes, shape.categories);

        torch::Tensor target;
        double mean = 0, scale = 1;
        if (request.classes > 0) {
            target = torch::empty({request.rows()}, torch::kInt64);
            std::copy(request.labels.begin(), request.labels.end(), target.data_ptr<std::int64_t>());
        } else {
            mean = request.values.mean();
            const double sd = std::sqrt((request.values.array() - mean).square().mean());
            scale = sd > 1e-9 * std::max(1e-30, std::abs(mean)) ? sd : 1;
            target = torch::empty({request.rows()}, torch::kFloat32);
            for (Eigen::Index i = 0; i < request.rows(); ++i)
                target.data_ptr<float>()[i] = static_cast<float>((request.values(i) - mean) / scale);
        }
        const torch::Tensor weights =
            row_weights(request, set.value("class-weights", std::string("equal")) == "balanced");
        const double dropout = number_of(set, "dropout");
        const auto loss = [&](const torch::Tensor& rows, std::optional<std::uint64_t> draw) {
            std::optional<DenseNetwork::Dropout> dropped;
            if (draw && dropout > 0)
                dropped = {dropout, *draw};
            const torch::Tensor out = network.forward(inputs.numbers.index_select(0, rows),
                                                      inputs.codes.index_select(0, rows), dropped);
            const torch::Tensor wanted = target.index_select(0, rows);
            const torch::Tensor each =
                request.classes > 0 ? -torch::log_softmax(out, 1).gather(1, wanted.unsqueeze(1)).squeeze(1)
                                    : (out.squeeze(1) - wanted).square();
            return (each * weights.index_select(0, rows)).sum();
        };

        RowFitPlan plan;
        hold_out(request, plan);
        plan.epochs = static_cast<int>(number_of(set, "epochs"));
        plan.patience = static_cast<int>(number_of(set, "patience"));
        plan.batch = static_cast<std::int64_t>(
            number_of(set, "batch-size",
                      static_cast<double>(std::clamp<std::size_t>(plan.training.size() / 20, 16, 256))));
        plan.learning_rate = number_of(set, "learning-rate");
        plan.weight_decay = number_of(set, "weight-decay");
        plan.seed = request.seed;
        plan.threads = request.threads;
        const RowFitResult result = fit_rows({&network, 1}, loss, plan, context);
        Json notes{{"epochs", result.epochs},   {"best_epoch", result.best_epoch},
                   {"stopped", result.stopped}, {"held_out_rows", plan.held_out.size()},
                   {"batch_size", plan.batch},  {"loss", result.loss}};
        if (result.finished_early)
            notes["finished_early"] = true;
        return std::make_unique<MlpCore>(std::move(network), request.codes, request.classes, mean, scale,
                                         std::move(notes));
    }

private:
    static void forget_codes_without_rows(DenseNetwork& network, const torch::Tensor& codes,
                                          const std::vector<std::int64_t>& counts) {
        const auto code = codes.accessor<std::int64_t, 2>();
        for (std::size_t c = 0; c < counts.size(); ++c) {
            std::vector<bool> seen(static_cast<std::size_t>(counts[c]), false);
            for (std::int64_t i = 0; i < codes.size(0); ++i)
                seen[static_cast<std::size_t>(code[i][static_cast<std::int64_t>(c)])] = true;
            for (std::size_t k = 0; k < seen.size(); ++k)
                if (!seen[k])
                    network.forget_code(c, static_cast<std::int64_t>(k));
        }
    }
};

} // namespace

void register_networks(Registry<Estimator>& registry) {
    registry.add(entry_of<Mlp>(
        "mlp", "Multilayer perceptron",
        "A small network of fully connected layers, with learnt embeddings of categories (Guo 2016).",
        {integer_parameter("layers", 1, "Hidden layers", "Between the columns and what is predicted.")
             .range(1, 10),
         integer_parameter("width", 100, "Width", "Of each hidden layer.").range(1, most_width),
         real_parameter("dropout", 0.0, "Dropout",
                        "The share of each hidden layer that is left out at random while it learns.")
             .range(0, 0.9),
         real_parameter("weight-decay", 0.5, "Weight decay", "How strongly weights are pulled to zero.")
             .range(0, 10),
         choice_parameter("class-weights", "equal", {"equal", "balanced"}, "Class weights",
                          "Whether every row weighs the same, or rare classes as much as common ones."),
         integer_parameter("epochs", 300, "Epochs",
                           "Most often that all rows are gone through; it stops when it no longer improves.")
             .range(1, 100000)
             .rarely(),
         integer_parameter("patience", 20, "Patience",
                           "Stops after so many epochs without a lower loss of the tenth held out.")
             .range(1, 100000)
             .rarely(),
         integer_parameter("batch-size", nullptr, "Batch",
                           "Rows that are learnt from at once. Automatic: a twentieth, from 16 to 256.")
             .range(1, 65536)
             .rarely(),
         real_parameter("learning-rate", 0.002, "Learning rate",
                        "The size of the steps; it halves while nothing improves.")
             .range(1e-6, 1)
             .rarely()}));
}

} // namespace eyepiece::estimators
