// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <variant>
#include <vector>

namespace eyepiece {

using ItemId = std::int64_t; // within one project, never reused; 0: none

// What changed, told after it is on disk, on the thread of the Project that made it.
struct ItemsAdded {
    std::vector<ItemId> items;
};
struct ItemsRemoved {
    std::vector<ItemId> items;
};
struct ItemsChanged {
    std::vector<ItemId> items;
}; // path, hash, state, group, completeness, ...
struct LabelsChanged {
    ItemId item = 0;
    Region region;
}; // pixels or objects within the region
struct MarksChanged {
    ItemId item = 0;
};                        // its points, keypoints or classes as a whole
struct ClassesChanged {}; // or a skeleton of one
struct SplitsChanged {};
struct RunsChanged {};
struct HistoryChanged {}; // what undo and redo would do
struct ExternalChange {}; // someone else wrote: read anew
using ProjectChange =
    std::variant<ItemsAdded, ItemsRemoved, ItemsChanged, LabelsChanged, MarksChanged, ClassesChanged,
                 SplitsChanged, RunsChanged, HistoryChanged, ExternalChange>;

// The one typed change event. A listener stays as long as the returned handle.
class EYEPIECE_EXPORT ProjectChanges {
public:
    using Listener = std::function<void(const ProjectChange&)>;
    [[nodiscard]] std::shared_ptr<void> listen(Listener listener);
    void tell(const ProjectChange& change);

private:
    std::vector<std::weak_ptr<Listener>> listeners_;
};

} // namespace eyepiece
