// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"
#include "core/data/label_map.h"
#include "core/data/mask.h"

#include <QPointF>
#include <QString>
#include <functional>
#include <optional>
#include <vector>

namespace eyepiece {

// What the user has said of one object, in image px.
struct ObjectQuestion {
    struct Click {
        QPointF at;
        bool object = true; // false: this is not of it
    };
    std::vector<Click> clicks;
    std::optional<Region> box;
    Region view; // what is in sight: no object is sought that is much larger
};

struct ObjectAnswer {
    Region region; // empty: nothing was found
    Mask mask;
    double expected_iou = 0;
    QString network; // who found it, as people are told; empty: nothing to say
};

struct AllObjectsAnswer {
    Region region;
    LabelMap labels; // ids 1..n
};

// Who finds the object that clicks mean, in the image that is labelled. Lives on the window's thread.
class EYEPIECE_EXPORT ObjectFinderService {
public:
    virtual ~ObjectFinderService();
    // Exactly one of the two is called, later, unless a newer question or drop() comes first.
    using Found = std::function<void(const ObjectAnswer&)>;
    using Failed = std::function<void(const QString& problem)>;
    virtual void ask(const ObjectQuestion& question, Found found, Failed failed) = 0;
    // All objects of a part of the image; tells how far it has come, 0 to 1.
    using FoundAll = std::function<void(const AllObjectsAnswer&)>;
    using Progress = std::function<void(double fraction)>;
    virtual void ask_all(const Region& view, FoundAll found, Failed failed, Progress progress) = 0;
    virtual void drop() = 0; // nothing is to be called any more, and the work stops
};

} // namespace eyepiece
