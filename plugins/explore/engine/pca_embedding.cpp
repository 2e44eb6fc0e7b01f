// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/pca_embedding.h"

#include "plugins/explore/engine/pca.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace eyepiece::explore {
namespace {

// Loadings of all columns while they are few; of many, those that weigh most, so that a result of thousands
// of genes stays small.
constexpr std::int64_t most_loadings = 1000, listed_of_many = 200;

const std::vector<std::string>& solver_names() { // in the order of PcaSolver
    static const std::vector<std::string> names{"automatic", "exact", "randomised", "incremental"};
    return names;
}

class FittedPca final : public FittedEmbedding {
public:
    FittedPca(PrincipalComponents components, bool whiten, std::span<const std::string> column_names)
        : components_(std::move(components)), whiten_(whiten) {
        dimensions_ = components_.count;
        points_ = std::exchange(components_.scores, {});
        if (whiten)
            components_.whiten_scores(points_);
        Json variance = Json::array(), ratio = Json::array();
        for (const double value : components_.variance) {
            variance.push_back(value);
            ratio.push_back(components_.total_variance > 0 ? value / components_.total_variance : 0);
        }
        const std::vector<std::int64_t> shown = shown_columns();
        Json names = Json::array(), loadings = Json::array();
        for (const std::int64_t column : shown)
            names.push_back(column_names.empty() ? std::to_string(column + 1)
                                                 : column_names[static_cast<std::size_t>(column)]);
        for (int c = 0; c < components_.count; ++c) {
            Json axis = Json::array();
            for (const std::int64_t column : shown)
                axis.push_back(loading(c, column));
            loadings.push_back(std::move(axis));
        }
        notes_ = {{"explained_variance", std::move(variance)},
                  {"explained_variance_ratio", std::move(ratio)},
                  {"total_variance", components_.total_variance},
                  {"solver", solver_names()[static_cast<std::size_t>(components_.solver)]},
                  {"columns", std::move(names)},
                  {"loadings", std::move(loadings)}};
    }
    std::vector<float> place(MatrixView rows, int threads, JobContext& context) const override {
        expect_columns(rows, components_.columns);
        return components_.transform(rows, whiten_, threads, context);
    }

private:
    float loading(int component, std::int64_t column) const {
        return components_.axes[static_cast<std::size_t>(component * components_.columns + column)];
    }

    std::vector<std::int64_t> shown_columns() const {
        std::vector<std::int64_t> order(static_cast<std::size_t>(components_.columns));
        std::iota(order.begin(), order.end(), std::int64_t{0});
        if (components_.columns <= most_loadings)
            return order;
        std::vector<double> weight(order.size());
        for (int c = 0; c < components_.count; ++c)
            for (std::size_t j = 0; j < weight.size(); ++j) {
                const double value = loading(c, static_cast<std::int64_t>(j));
                weight[j] += value * value * components_.variance[static_cast<std::size_t>(c)];
            }
        std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
            return weight[static_cast<std::size_t>(a)] > weight[static_cast<std::size_t>(b)];
        });
        order.resize(listed_of_many);
        return order;
    }

    PrincipalComponents components_;
    bool whiten_;
};

std::unique_ptr<FittedEmbedding> fitted(PrincipalComponents components, const Json& parameters,
                                        std::span<const std::string> names) {
    if (!(components.total_variance > 0))
        throw Error(ErrorCode::BadInput,
                    "All rows are the same: there is no variance to show. Check the data.");
    return std::make_unique<FittedPca>(std::move(components), parameters.at("whiten").get<bool>(), names);
}

} // namespace

ParameterSchema Pca::parameters() {
    return {
        integer_parameter("dimensions", 2, "Dimensions", "How many principal components.").range(1, 10000),
        boolean_parameter("whiten", false, "Whiten", "Give every component the variance one."),
        choice_parameter(
            "solver", "automatic", solver_names(), "Solver",
            "Automatic: exact while rows or columns are at most 1,000, else randomised. Sparse data stay "
            "sparse with the randomised one. Incremental: batch by batch, with little memory beside the "
            "data; a .npy file without further steps may be larger than the memory.")
            .rarely(),
        integer_parameter("batch-size", nullptr, "Rows a batch",
                          "Of the incremental solver. Automatic: five times the columns, fewer of wide data.")
            .range(2, 1000000)
            .when("solver=incremental")
            .rarely()};
}

std::unique_ptr<FittedEmbedding> Pca::fit(const EmbeddingRequest& request, JobContext& context) {
    const auto& names = solver_names();
    const auto solver = static_cast<PcaSolver>(
        std::find(names.begin(), names.end(), request.parameters.at("solver").get<std::string>()) -
        names.begin());
    const Json& batch = request.parameters.at("batch-size");
    context.progress(0, "Principal components");
    PrincipalComponents components = principal_components(
        request.data, request.parameters.at("dimensions").get<int>(), solver, request.seed, request.threads,
        context, batch.is_null() ? 0 : batch.get<std::int64_t>());
    context.progress(1, "Principal components");
    return fitted(std::move(components), request.parameters, request.names);
}

bool Pca::fits_batches(const Json& parameters) const {
    return parameters.value("solver", std::string()) == "incremental";
}

std::unique_ptr<FittedEmbedding> Pca::fit_batches(RowStream& rows, const EmbeddingRequest& request,
                                                  JobContext& context) {
    const Json& batch = request.parameters.at("batch-size");
    return fitted(principal_components(rows, request.parameters.at("dimensions").get<int>(), request.threads,
                                       context, batch.is_null() ? 0 : batch.get<std::int64_t>()),
                  request.parameters, rows.names());
}

} // namespace eyepiece::explore
