// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/keypoints.h"
#include "core/data/label_map.h"
#include "core/project/changes.h"

#include <map>
#include <optional>
#include <span>

namespace eyepiece {

class Database;

// The skeletons of classes: a class that has one is labelled by keypoints. All edits are undoable and tell
// ClassesChanged.
class EYEPIECE_EXPORT SkeletonStore {
public:
    SkeletonStore(Database& database, ProjectChanges& changes);
    std::map<ClassId, Skeleton> all() const;
    std::optional<Skeleton> find(ClassId class_id) const;

    // The class's skeleton from now on. `origins` says of each of its points which of the old skeleton it
    // was, -1: it is new; by it the instances keep their places, in the same edit, and those that have none
    // left go. Empty: points of the same name are the same. Throws Error(BadInput) for a skeleton that
    // check_skeleton() refuses or an origin that is not there or given twice, Error(NotFound) without the
    // class.
    void set(ClassId class_id, const Skeleton& skeleton, std::span<const int> origins = {});
    void remove(ClassId class_id); // with its instances; nothing when there is none

private:
    Database& database_;
    ProjectChanges& changes_;
};

} // namespace eyepiece
