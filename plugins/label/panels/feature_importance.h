// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QString>

namespace eyepiece {

// How much a classifier goes by one of its features.
struct FeatureImportance {
    QString feature;
    double value = 0; // share of all
};

} // namespace eyepiece
