// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/kernel_pca.h"

#include "core/learning/parallel.h"
#include "plugins/explore/engine/linear_algebra.h"
#include "plugins/explore/engine/principal_coordinates.h"

#include <algorithm>
#include <cmath>

namespace eyepiece::explore {
namespace {

struct Kernel {
    std::string name;
    double gamma = 1, constant = 1;
    int degree = 3;

    Metric metric() const { return name == "cosine" ? Metric::Cosine : Metric::Euclidean; }
};

// (a.rows, b.rows), of prepared_rows().
std::vector<float> kernel_of(MatrixView a, MatrixView b, const Kernel& kernel, int threads,
                             JobContext& context) {
    std::vector<float> values;
    const auto each = [&](const auto& change) {
        for_rows(a.rows, 64, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            context.throw_if_cancelled();
            for (std::int64_t at = from * b.rows; at < to * b.rows; ++at) {
                float& value = values[static_cast<std::size_t>(at)];
                value = static_cast<float>(change(static_cast<double>(value)));
            }
        });
    };
    if (kernel.name == "rbf") { // by differences: a product would lose the digits of near rows
        values = distances_between(a, b, Metric::Euclidean, threads, context);
        each([&](double distance) { return std::exp(-kernel.gamma * distance * distance); });
        return values;
    }
    values.resize(static_cast<std::size_t>(a.rows * b.rows));
    for (std::int64_t from = 0; from < a.rows; from += 256) { // so that a cancel is heard
        context.throw_if_cancelled();
        const std::int64_t count = std::min<std::int64_t>(256, a.rows - from);
        const Operand some(a.values.data() + from * a.columns, count, a.columns);
        const std::vector<float> product = multiply(some, Operand(b).transposed(), threads);
        std::copy(product.begin(), product.end(), values.begin() + from * b.rows);
    }
    if (kernel.name == "polynomial")
        each([&](double dot) { return std::pow(kernel.gamma * dot + kernel.constant, kernel.degree); });
    else if (kernel.name == "sigmoid")
        each([&](double dot) { return std::tanh(kernel.gamma * dot + kernel.constant); });
    return values;
}

} // namespace

ParameterSchema KernelPca::parameters() {
    return {
        integer_parameter("dimensions", 2, "Dimensions", "How many components.").range(1, 1000),
        choice_parameter("kernel", "rbf", {"rbf", "polynomial", "cosine", "sigmoid", "linear"}, "Kernel",
                         "What makes two rows alike. rbf: a small distance; polynomial and sigmoid: a large "
                         "product; cosine: the same direction; linear: as PCA."),
        real_parameter("gamma", nullptr, "Gamma",
                       "How fast likeness falls with the distance (rbf), or rises with the product "
                       "(polynomial, sigmoid). Automatic: 1 / columns.")
            .range(1e-12, 1e12),
        integer_parameter("degree", 3, "Degree", "Of the polynomial.").range(1, 20).when("kernel=polynomial"),
        real_parameter("constant", 1, "Constant", "Added to the product by polynomial and sigmoid.")
            .range(-1e6, 1e6)
            .rarely()};
}

std::unique_ptr<FittedEmbedding> KernelPca::fit(const EmbeddingRequest& request, JobContext& context) {
    const Json& set = request.parameters;
    const MatrixView data = request.data;
    const int dimensions = set.at("dimensions").get<int>();
    check_square(data.rows, dimensions);
    Kernel kernel;
    kernel.name = set.at("kernel").get<std::string>();
    kernel.gamma =
        set.at("gamma").is_null() ? 1 / static_cast<double>(data.columns) : set.at("gamma").get<double>();
    kernel.constant = set.at("constant").get<double>();
    kernel.degree = set.at("degree").get<int>();
    context.progress(0, "Kernel");
    auto rows = std::make_shared<const std::vector<float>>(prepared_rows(data, kernel.metric()));
    const MatrixView old{*rows, data.rows, data.columns};
    std::vector<float> alike = kernel_of(old, old, kernel, request.threads, context);
    if (!std::all_of(alike.begin(), alike.end(), [](float value) { return std::isfinite(value); }))
        throw Error(ErrorCode::BadInput, "The kernel of these rows is too large for a float. Scale the data "
                                         "with the step scale, or choose a smaller gamma or degree.");
    context.progress(0.4, "Components");
    PrincipalCoordinates coordinates(std::move(alike), data.rows, dimensions, request.seed, request.threads,
                                     context);
    Json ratio = Json::array();
    for (const double value : coordinates.eigenvalues())
        ratio.push_back(coordinates.total() > 0 ? value / coordinates.total() : 0);
    Json notes{{"kernel", kernel.name}, {"explained_ratio", std::move(ratio)}};
    if (kernel.name != "cosine" && kernel.name != "linear")
        notes["gamma"] = kernel.gamma;
    context.progress(1, "Components");
    return fitted_coordinates(
        std::move(coordinates), data.columns,
        [rows, kernel, old](MatrixView more, const PrincipalCoordinates&, int threads, JobContext& job) {
            const std::vector<float> prepared = prepared_rows(more, kernel.metric());
            return kernel_of({prepared, more.rows, more.columns}, old, kernel, threads, job);
        },
        std::move(notes));
}

} // namespace eyepiece::explore
