// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/registry.h"
#include "core/learning/estimator.h"

namespace eyepiece::estimators {

// One function for each file beside this one.
void register_linear(Registry<Estimator>& registry);   // baseline, linear, ridge, lasso, elastic-net
void register_logistic(Registry<Estimator>& registry); // logistic
void register_trees(Registry<Estimator>& registry);    // decision-tree, random-forest
void register_boosting(Registry<Estimator>& registry); // gradient-boosting
void register_neighbours(Registry<Estimator>& registry);
void register_support_vectors(Registry<Estimator>& registry); // linear-svm, rbf-svm
void register_networks(Registry<Estimator>& registry);        // mlp

// All of them, in the order of lists.
void register_estimators(Registry<Estimator>& registry);

} // namespace eyepiece::estimators
