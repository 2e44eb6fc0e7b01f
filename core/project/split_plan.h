// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/splits.h"

#include <map>
#include <string>
#include <vector>

namespace eyepiece {

// The part of splitting that needs no database. Internal to core/project.
struct SplitItem {
    ItemId id = 0;
    std::filesystem::path path;
    std::string stem, hash, group, split;
    Json columns = Json::object();
    bool labelled = false;
    double foreground = 0; // share of the pixels that belong to objects
};

struct SplitPlan {
    std::map<ItemId, std::string> sides; // of every item that takes part
    std::int64_t torn_groups = 0;
    std::vector<std::string> warnings;
};

// A pure function of its arguments: same items in the same order, same seed, same plan on every machine.
SplitPlan plan_split(const std::vector<SplitItem>& items, const SplitRequest& request);

} // namespace eyepiece
