// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/changes.h"

#include <optional>
#include <string>

namespace eyepiece {

class Database;

// Unlimited undo and redo, kept in the project file beside each edit: across images and restarts.
class EYEPIECE_EXPORT EditHistory {
public:
    struct Step {
        std::string title; // "brush on field_017.tif"
        ItemId item = 0;   // where it happened; 0: not on one item
    };

    EditHistory(Database& database, ProjectChanges& changes);
    ~EditHistory();
    std::optional<Step> next_undo() const;
    std::optional<Step> next_redo() const;
    std::optional<Step> undo(); // one durable transaction; nothing when there is nothing to undo
    std::optional<Step> redo();

private:
    Database& database_;
    ProjectChanges& changes_;
};

} // namespace eyepiece
