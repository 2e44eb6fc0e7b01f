// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/changes.h"

namespace eyepiece {

std::shared_ptr<void> ProjectChanges::listen(Listener listener) {
    auto handle = std::make_shared<Listener>(std::move(listener));
    listeners_.push_back(handle);
    return handle;
}

void ProjectChanges::tell(const ProjectChange& change) {
    std::erase_if(listeners_, [](const auto& listener) { return listener.expired(); });
    // A copy: a listener may add or drop listeners while it is told.
    const auto present = listeners_;
    for (const auto& weak : present)
        if (const auto listener = weak.lock())
            (*listener)(change);
}

} // namespace eyepiece
