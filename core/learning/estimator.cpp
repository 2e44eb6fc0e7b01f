// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/estimator.h"

namespace eyepiece {
namespace {

[[noreturn]] void cannot_be_stored() {
    throw Error(ErrorCode::Unsupported, "This model cannot be stored. Choose another model.");
}

} // namespace

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

Json FittedEstimator::state() const {
    cannot_be_stored();
}

std::unique_ptr<FittedEstimator> Estimator::restore(const Json&, std::span<const FeatureColumn>, int) const {
    cannot_be_stored();
}

} // namespace eyepiece
