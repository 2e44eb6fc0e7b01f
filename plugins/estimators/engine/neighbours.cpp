// SPDX-License-Identifier: GPL-3.0-or-later
// The nearest neighbours (Cover & Hart 1967), found exactly: every distance is computed, block by block.
#include "plugins/estimators/engine/estimators.h"
#include "plugins/estimators/engine/pipeline.h"
#include "plugins/estimators/engine/state.h"

#include "core/learning/parallel.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace eyepiece::estimators {
namespace {

class NeighboursCore final : public Core {
public:
    NeighboursCore(const CoreRequest& request, int neighbours, bool by_distance)
        : x_(request.x.transpose())
        , squares_(x_.colwise().squaredNorm())
        , labels_(request.labels)
        , values_(request.values)
        , classes_(request.classes)
        , neighbours_(static_cast<int>(std::min<Eigen::Index>(neighbours, request.rows())))
        , by_distance_(by_distance) {}

    NeighboursCore(const Json& state, const CoreShape& shape)
        : x_(matrix_in(state, "x", shape.features()))
        , squares_(x_.colwise().squaredNorm())
        , labels_(numbers_in<std::int32_t>(state, "labels"))
        , classes_(shape.classes)
        , neighbours_(state.at("neighbours").get<int>())
        , by_distance_(state.at("by_distance").get<bool>()) {
        const auto rows = static_cast<std::size_t>(x_.cols());
        const auto values = numbers_in<double>(state, "values");
        require(neighbours_ >= 1 && neighbours_ <= x_.cols() && labels_.size() == (classes_ > 0 ? rows : 0) &&
                values.size() == (classes_ > 0 ? 0 : rows));
        for (const std::int32_t label : labels_)
            require(label >= 0 && label < classes_);
        values_ = Eigen::Map<const Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
    }

    Json state() const override {
        return {{"x", stored(x_)},
                {"labels", stored(labels_)},
                {"values", stored(std::vector<double>(values_.begin(), values_.end()))},
                {"neighbours", neighbours_},
                {"by_distance", by_distance_}};
    }

    Matrix predict(const Matrix& rows, int threads, JobContext& context) const override {
        Matrix result = Matrix::Zero(rows.rows(), std::max(1, classes_));
        const auto count = static_cast<std::size_t>(x_.cols());
        // A block of distances stays within some 64 MB.
        const std::int64_t block = std::clamp<std::int64_t>(8'000'000 / x_.cols(), 1, 256);
        for_rows(rows.rows(), block, threads, [&](std::int64_t from, std::int64_t to, std::int64_t) {
            context.throw_if_cancelled();
            const Matrix some = rows.middleRows(from, to - from).transpose();
            Matrix distances = -2 * (x_.transpose() * some); // (rows learnt, rows asked)
            distances.colwise() += squares_;
            std::vector<std::int32_t> order(count);
            for (std::int64_t i = 0; i < to - from; ++i) {
                const double* const d = distances.col(i).data();
                std::iota(order.begin(), order.end(), 0);
                // Equally far ones in their order, so that the answer does not depend on the sort.
                std::partial_sort(
                    order.begin(), order.begin() + neighbours_, order.end(),
                    [d](std::int32_t a, std::int32_t b) { return d[a] != d[b] ? d[a] < d[b] : a < b; });
                answer(some.col(i), std::span(order).first(static_cast<std::size_t>(neighbours_)), result,
                       from + i);
            }
        });
        return result;
    }

private:
    void answer(const Vector& row, std::span<const std::int32_t> nearest, Matrix& result,
                Eigen::Index at) const {
        double total = 0;
        bool exact = false; // a row that lies on the asked one decides alone
        std::vector<double> weights;
        for (const std::int32_t one : nearest) {
            const double distance = (x_.col(one) - row).norm();
            if (by_distance_ && distance < 1e-12)
                exact = true;
            weights.push_back(by_distance_ ? distance : 1.0);
        }
        for (double& weight : weights)
            if (by_distance_)
                weight = exact ? (weight < 1e-12 ? 1.0 : 0.0) : 1 / weight;
        for (std::size_t i = 0; i < nearest.size(); ++i) {
            const auto one = static_cast<std::size_t>(nearest[i]);
            if (classes_ > 0)
                result(at, labels_[one]) += weights[i];
            else
                result(at, 0) += weights[i] * values_(nearest[i]);
            total += weights[i];
        }
        result.row(at) /= total;
    }

    Matrix x_; // (features, rows)
    Vector squares_;
    std::vector<std::int32_t> labels_;
    Vector values_;
    int classes_, neighbours_;
    bool by_distance_;
};

class Neighbours final : public PipelineEstimator {
protected:
    bool scales() const override { return true; }
    std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext&) const override {
        return std::make_unique<NeighboursCore>(
            request, static_cast<int>(number_of(request.parameters, "neighbours", 5)),
            request.parameters.value("weights", std::string("equal")) == "distance");
    }
    std::unique_ptr<Core> restore_core(const Json& state, const CoreShape& shape) const override {
        return std::make_unique<NeighboursCore>(state, shape);
    }
};

} // namespace

void register_neighbours(Registry<Estimator>& registry) {
    registry.add(entry_of<Neighbours>(
        "k-nearest-neighbours", "Nearest neighbours", "Says what the most similar rows are (Cover 1967).",
        {integer_parameter("neighbours", 5, "Neighbours", "How many of the most similar rows have a say.")
             .range(1, 10000),
         choice_parameter("weights", "equal", {"equal", "distance"}, "Weights",
                          "Whether all neighbours count the same, or nearer ones more.")}));
}

} // namespace eyepiece::estimators
