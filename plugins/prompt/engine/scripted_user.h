// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/random.h"
#include "plugins/prompt/engine/prompt.h"

#include <optional>

namespace eyepiece::prompt {

// A user for training and for measuring: clicks where a person would. The first click goes near the middle of
// the object; every further one into the largest connected region where the mask errs, far from its rim, and
// says which way it errs (Xu et al., Deep Interactive Object Selection, CVPR 2016; Sofiiuk et al., Reviving
// Iterative Training with Mask Guidance, ICIP 2022). `jitter`: by how much of the distance to the rim a hand
// misses the middle, 0 to below 1: a click stays within what it means.

// In px of the mask. nullopt for an empty mask.
std::optional<Point2> first_click(const Mask& object, double jitter, Random& random);
// nullopt where both masks, which have one size, are equal.
std::optional<Click> correcting_click(const Mask& object, const Mask& found, double jitter, Random& random);

double intersection_over_union(const Mask& a, const Mask& b); // of one size; 1 when both are empty

} // namespace eyepiece::prompt
