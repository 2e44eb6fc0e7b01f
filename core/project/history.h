// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/changes.h"

#include <cstdint>
#include <functional>
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
    // Bytes kept of the next step to undo, or to redo: the time that takes grows with them.
    std::int64_t undo_size() const;
    std::int64_t redo_size() const;
    std::optional<Step> undo(); // one durable transaction; nothing when there is nothing to undo
    std::optional<Step> redo();
    std::size_t depth() const; // number of steps that can be undone

    // All edits that `body` makes through the stores become one durable transaction and one undo step. When
    // `body` throws, nothing has happened. Listeners hear of it all at the end.
    void together(const std::string& title, const std::function<void()>& body, ItemId item = 0);

    // While it lives, every edit is a durable transaction of its own, and all share one undo step: for work
    // that is too long for one transaction, such as an import.
    class EYEPIECE_EXPORT Group {
    public:
        ~Group();
        Group(const Group&) = delete;
        Group& operator=(const Group&) = delete;
        void take_back(); // undoes what the group did so far, without a redo, and ends it

    private:
        friend class EditHistory;
        Group(EditHistory& history, const std::string& title);
        EditHistory& history_;
        bool open_ = true;
    };
    [[nodiscard]] Group group(const std::string& title);

    void forget(); // drops all steps, for instance of a sample project that was just made

private:
    std::optional<Step> move(bool back, std::int64_t only_step);
    Database& database_;
    ProjectChanges& changes_;
};

} // namespace eyepiece
