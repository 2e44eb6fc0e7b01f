// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <fstream>

namespace eyepiece::testing {

// What make_peers.py wrote down of scikit-learn and umap-learn.
inline const Json& peers() {
    static const Json all = [] {
        std::ifstream file(EYEPIECE_SOURCE "/tests/explore_engine/peers.json");
        return Json::parse(file);
    }();
    return all;
}

} // namespace eyepiece::testing
