// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/estimator.h"

namespace eyepiece {

FittedEstimator::~FittedEstimator() = default;
Estimator::~Estimator() = default;

std::vector<Coefficient> FittedEstimator::coefficients() const {
    return {};
}

std::vector<double> FittedEstimator::importances() const {
    return {};
}

bool FittedEstimator::has_shap() const {
    return false;
}

ShapValues FittedEstimator::shap(const MatrixView&, int, JobContext&) const {
    throw Error(ErrorCode::Unsupported,
                "This model has no Shapley values. Choose a tree, a forest or boosted trees.");
}

Json FittedEstimator::notes() const {
    return Json::object();
}

} // namespace eyepiece
