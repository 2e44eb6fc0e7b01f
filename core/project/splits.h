// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/changes.h"
#include "core/project/items.h"

#include <cstdint>
#include <string>
#include <vector>

namespace eyepiece {

enum class SplitBy { Group, Item }; // Item: at random, groups may be torn apart

struct SplitRequest {
    double train = 0.8, val = 0.1, test = 0.1; // shares; normalised
    SplitBy by = SplitBy::Group;
    std::uint64_t seed = 1;
    bool only_labelled = true;
    bool keep_existing = false; // items that already have a split keep it
};

struct SplitResult {
    std::int64_t train = 0, val = 0, test = 0;
    std::int64_t torn_groups = 0;      // groups that ended on more than one side
    std::vector<std::string> warnings; // for instance that near-copies now sit on both sides
};

class EYEPIECE_EXPORT SplitStore {
public:
    SplitStore(Database& database, ProjectChanges& changes);
    SplitResult preview(const SplitRequest& request) const; // changes nothing
    SplitResult apply(const SplitRequest& request);         // same seed, same items: same split. Undoable
    void assign(const std::vector<ItemId>& items, const std::string& split); // by hand. Undoable
    // How the present split was made, with its warnings, for the record of a run.
    Json record() const;

    // Groups by what the files say: "folder" (the parent folder's name), "column:NAME", or "name:REGEX" whose
    // first capture is the group. Returns how many groups there are now.
    std::int64_t group_by(const std::string& rule);

private:
    Database& database_;
    ProjectChanges& changes_;
};

} // namespace eyepiece
