// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "widgets/canvas/object_finder.h"

#include <QObject>

namespace eyepiece {

class EngineReply;
class WorkbenchContext;

// Asks the engine's "segment-object" and "segment-everything" about the image in front. A newer question
// takes the older one's place.
class EngineObjectFinder : public QObject, public ObjectFinderService {
    Q_OBJECT
public:
    explicit EngineObjectFinder(WorkbenchContext& context) : context_(context) {}
    void ask(const ObjectQuestion& question, Found found, Failed failed) override;
    void ask_all(const Region& view, FoundAll found, Failed failed, Progress progress) override;
    void drop() override;

private:
    Json spec() const; // which image
    WorkbenchContext& context_;
};

// What came, as the tools take it. Throws Error(BadInput) when the bytes are not what the head says.
ObjectAnswer object_answer_from(const EngineReply& reply);
AllObjectsAnswer all_objects_answer_from(const EngineReply& reply);

} // namespace eyepiece
