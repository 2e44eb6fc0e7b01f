// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/row_fitting.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "core/learning/single_threaded.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace eyepiece {
namespace {

torch::Tensor as_tensor(std::span<const std::int64_t> rows) {
    torch::Tensor tensor = torch::empty({static_cast<std::int64_t>(rows.size())}, torch::kInt64);
    std::copy(rows.begin(), rows.end(), tensor.data_ptr<std::int64_t>());
    return tensor;
}

double judged(const RowLoss& loss, std::span<const std::int64_t> rows, std::int64_t piece, int threads,
              JobContext& context) {
    const auto count = static_cast<std::int64_t>(rows.size());
    std::vector<double> sums(static_cast<std::size_t>((count + piece - 1) / piece));
    for_rows(count, piece, threads, [&](std::int64_t from, std::int64_t to, std::int64_t block) {
        context.throw_if_cancelled();
        const SingleThreaded alone;
        const torch::NoGradGuard no_gradient;
        const auto some = rows.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
        sums[static_cast<std::size_t>(block)] = loss(as_tensor(some), std::nullopt).item<double>();
    });
    double sum = 0;
    for (const double one : sums)
        sum += one;
    return sum / static_cast<double>(count);
}

// The weights that judged best so far.
class BestWeights {
public:
    explicit BestWeights(std::vector<torch::Tensor> parameters) : parameters_(std::move(parameters)) {
        keep();
    }
    void keep() {
        kept_.clear();
        for (const torch::Tensor& parameter : parameters_)
            kept_.push_back(parameter.detach().clone());
    }
    void put_back() {
        const torch::NoGradGuard no_gradient;
        for (std::size_t i = 0; i < parameters_.size(); ++i)
            parameters_[i].copy_(kept_[i]);
    }

private:
    std::vector<torch::Tensor> parameters_, kept_;
};

void set_rate(torch::optim::AdamW& optimizer, double rate) {
    for (auto& group : optimizer.param_groups())
        static_cast<torch::optim::AdamWOptions&>(group.options()).lr(rate);
}

} // namespace

std::int64_t piece_rows(std::span<const DenseNetwork> networks) {
    std::int64_t weights = 0;
    for (const DenseNetwork& network : networks)
        for (const torch::Tensor& one : network.parameters())
            weights += one.numel();
    // Forward and back cost six operations a weight and row: twenty million are one or two milliseconds,
    // beside which the cost of a thread's start is nothing. Fewer than 32 rows are slow matrix products.
    return std::max<std::int64_t>(32, 20'000'000 / (6 * std::max<std::int64_t>(1, weights)));
}

std::vector<torch::Tensor> gradient_of(const std::vector<torch::Tensor>& parameters, const RowLoss& loss,
                                       std::span<const std::int64_t> rows, std::int64_t piece,
                                       std::uint64_t draw, int threads, JobContext& context, double& sum) {
    const auto count = static_cast<std::int64_t>(rows.size());
    const auto pieces = static_cast<std::size_t>((count + piece - 1) / piece);
    std::vector<std::vector<torch::Tensor>> gradients(pieces);
    std::vector<double> sums(pieces);
    for_rows(count, piece, threads, [&](std::int64_t from, std::int64_t to, std::int64_t block) {
        context.throw_if_cancelled();
        const SingleThreaded alone;
        const auto some = rows.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
        const auto at = static_cast<std::size_t>(block);
        const torch::Tensor value = loss(as_tensor(some), mix_seed(draw, static_cast<std::uint64_t>(block)));
        sums[at] = value.item<double>();
        gradients[at] = torch::autograd::grad({value}, parameters);
    });
    for (std::size_t i = 0; i < pieces; ++i) {
        sum += sums[i];
        for (std::size_t p = 0; i > 0 && p < parameters.size(); ++p)
            gradients[0][p].add_(gradients[i][p]);
    }
    return std::move(gradients[0]);
}

RowFitResult fit_rows(std::span<const DenseNetwork> networks, const RowLoss& loss, const RowFitPlan& plan,
                      JobContext& context, const std::function<void(int epoch)>& each_epoch) {
    const SingleThreaded alone; // the optimiser's steps as well
    std::vector<torch::Tensor> parameters, weights, biases;
    for (const DenseNetwork& network : networks) {
        for (const torch::Tensor& one : network.weights())
            weights.push_back(one);
        for (const torch::Tensor& one : network.biases())
            biases.push_back(one);
    }
    parameters = weights;
    parameters.insert(parameters.end(), biases.begin(), biases.end());
    using Options = torch::optim::AdamWOptions;
    std::vector<torch::optim::OptimizerParamGroup> groups;
    groups.emplace_back(
        weights, std::make_unique<Options>(Options(plan.learning_rate).weight_decay(plan.weight_decay)));
    groups.emplace_back(biases, std::make_unique<Options>(Options(plan.learning_rate).weight_decay(0)));
    torch::optim::AdamW optimizer(std::move(groups), Options(plan.learning_rate));

    const std::size_t count = plan.training.size();
    const auto batch = static_cast<std::size_t>(std::max<std::int64_t>(1, plan.batch));
    const std::int64_t piece = piece_rows(networks);
    BestWeights best(parameters);
    RowFitResult result;
    result.loss = std::numeric_limits<double>::infinity();
    double rate = plan.learning_rate;
    int waited = 0;
    while (result.stopped.empty()) {
        const std::uint64_t key = mix_seed(plan.seed, static_cast<std::uint64_t>(result.epochs));
        const std::vector<std::size_t> order = Random(key).permutation(count);
        double sum = 0;
        for (std::size_t first = 0; first < count; first += batch) {
            const std::size_t rows = std::min(batch, count - first);
            std::vector<std::int64_t> some(rows);
            for (std::size_t i = 0; i < rows; ++i)
                some[i] = plan.training[order[first + i]];
            std::vector<torch::Tensor> gradients =
                gradient_of(parameters, loss, some, piece, mix_seed(key, first), plan.threads, context, sum);
            for (std::size_t p = 0; p < parameters.size(); ++p)
                parameters[p].mutable_grad() = gradients[p].div_(static_cast<double>(rows));
            optimizer.step();
        }
        ++result.epochs;
        const double now = plan.held_out.empty()
                               ? sum / static_cast<double>(count)
                               : judged(loss, plan.held_out, 8 * piece, plan.threads, context);
        if (!std::isfinite(now))
            throw Error(ErrorCode::BadInput,
                        "The loss became infinite in epoch " + std::to_string(result.epochs) +
                            ". Choose a smaller learning rate than " + Json(plan.learning_rate).dump() + ".");
        ++waited;
        if (now < result.loss * (1 - 1e-4) || result.epochs == 1) {
            result.loss = now;
            result.best_epoch = result.epochs;
            best.keep();
            waited = 0;
        } else if (waited % std::max(1, plan.patience / 3) == 0) {
            set_rate(optimizer, rate /= 2);
        }
        context.progress(static_cast<double>(result.epochs) / plan.epochs,
                         "Epoch " + std::to_string(result.epochs));
        if (each_epoch)
            each_epoch(result.epochs);
        const std::string of_best = "the best is of epoch " + std::to_string(result.best_epoch) + ".";
        if (waited >= plan.patience)
            result.stopped = "No lower loss for " + std::to_string(plan.patience) + " epochs; " + of_best;
        else if (result.epochs >= plan.epochs)
            result.stopped = "All " + std::to_string(plan.epochs) + " epochs are done; " + of_best;
        else if (context.finish_early_requested()) {
            result.finished_early = true;
            result.stopped = "You asked to stop; " + of_best;
        }
    }
    best.put_back();
    context.throw_if_cancelled();
    return result;
}

} // namespace eyepiece
