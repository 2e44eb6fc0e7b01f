// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/estimators/engine/estimators.h"

namespace eyepiece::estimators {

void register_estimators(Registry<Estimator>& registry) {
    register_linear(registry);
    register_logistic(registry);
    register_trees(registry);
    register_boosting(registry);
    register_neighbours(registry);
    register_support_vectors(registry);
    register_networks(registry);
}

} // namespace eyepiece::estimators
