// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/engine/mds.h"

#include "core/learning/parallel.h"
#include "core/learning/random.h"
#include "plugins/explore/engine/principal_coordinates.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace eyepiece::explore {
namespace {

constexpr std::size_t drawn_rows = 1000;

void halve_squares(std::vector<float>& distances) {
    for (float& value : distances)
        value *= -0.5f * value;
}

// Of the eigenvalues of what is centred, the part below zero in the sum of their sizes.
double negative_part(const std::vector<float>& alike, std::int64_t rows, std::uint64_t seed,
                     std::size_t& used) {
    const auto side = static_cast<std::size_t>(rows);
    std::vector<std::size_t> which(side);
    std::iota(which.begin(), which.end(), std::size_t{0});
    if (side > drawn_rows) {
        which = Random(mix_seed(seed, 0x3d5)).permutation(side);
        which.resize(drawn_rows);
    }
    used = which.size();
    const auto n = static_cast<Eigen::Index>(used);
    Eigen::MatrixXd some(n, n);
    for (Eigen::Index i = 0; i < n; ++i)
        for (Eigen::Index j = 0; j < n; ++j)
            some(i, j) =
                alike[which[static_cast<std::size_t>(i)] * side + which[static_cast<std::size_t>(j)]];
    const Eigen::VectorXd mean = some.rowwise().mean();
    const double all = mean.mean();
    some.colwise() -= mean;
    some.rowwise() -= mean.transpose();
    some.array() += all;
    const Eigen::VectorXd values =
        Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(some, Eigen::EigenvaluesOnly).eigenvalues();
    const double size = values.cwiseAbs().sum();
    return size > 0 ? values.cwiseMin(0).cwiseAbs().sum() / size : 0;
}

} // namespace

ParameterSchema ClassicalMds::parameters() {
    return {integer_parameter("dimensions", 2, "Dimensions", "Of the points.").range(1, 1000),
            choice_parameter("metric", "euclidean", metric_names(), "Metric", "How far apart two rows are.")};
}

std::unique_ptr<FittedEmbedding> ClassicalMds::fit(const EmbeddingRequest& request, JobContext& context) {
    const MatrixView data = request.data;
    const int dimensions = request.parameters.at("dimensions").get<int>();
    const Metric metric = metric_from(request.parameters.at("metric"));
    check_square(data.rows, dimensions);
    context.progress(0, "Distances");
    auto rows = std::make_shared<const std::vector<float>>(prepared_rows(data, metric));
    const MatrixView old{*rows, data.rows, data.columns};
    std::vector<float> alike = distances_between(old, old, metric, request.threads, context);
    halve_squares(alike);
    context.progress(0.4, "Coordinates");
    PrincipalCoordinates coordinates(std::move(alike), data.rows, dimensions, request.seed, request.threads,
                                     context);
    Json notes{{"metric", request.parameters.at("metric")}};
    std::size_t used = static_cast<std::size_t>(data.rows);
    context.progress(0.9, "What no points can show");
    notes["negative_part"] =
        metric == Metric::Euclidean ? 0.0 : negative_part(coordinates.alike(), data.rows, request.seed, used);
    notes["negative_rows"] = used;
    if (coordinates.eigenvalues().back() <= 0)
        context.warn(
            "These distances fill fewer dimensions than were asked for: the last ones are all zero.");
    context.progress(1, "Coordinates");
    return fitted_coordinates(
        std::move(coordinates), data.columns,
        [rows, metric, old](MatrixView more, const PrincipalCoordinates&, int threads, JobContext& job) {
            const std::vector<float> prepared = prepared_rows(more, metric);
            std::vector<float> alike =
                distances_between({prepared, more.rows, more.columns}, old, metric, threads, job);
            halve_squares(alike);
            return alike;
        },
        std::move(notes));
}

} // namespace eyepiece::explore
