// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/label_tool.h"
#include "widgets/canvas/proposal.h"
#include "widgets/table/latest_work.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace eyepiece {

// A tool that looks at the image and proposes objects: worked out on another thread, of several wishes only
// the newest, and painted before it is so. Enter accepts it as one edit, Escape drops it.
class EYEPIECE_EXPORT SmartTool : public LabelTool {
    Q_OBJECT
public:
    SmartTool(const LabelToolContext& context, LatestWork::Policy policy, QObject* parent);
    void paint(QPainter& painter, const ViewTransform& view) override;
    void finish() override { drop(); }
    bool busy() const override { return !proposal_.empty() || working(); }

protected:
    using Work = std::function<Proposal(JobContext&)>; // on another thread; may throw
    void propose(Work work);
    // What is proposed and what is being worked out: as if nothing had been begun.
    virtual void drop();
    // Makes the proposed objects once the newest proposal is there, as one edit called what() says; selects
    // them.
    void accept();
    virtual QString what() const = 0;                          // "wand": in the history
    virtual void make(const std::vector<ObjectShape>& shapes); // as new objects of the current class
    virtual QString note() const { return {}; }                // beside the pointer
    virtual void proposed() {}                                 // a proposal has come, or none will
    bool own_key(QKeyEvent* event) override;
    bool working() const { return shown_ != wanted_; }
    const Proposal& proposal() const { return proposal_; }
    void set_pointer(const CanvasPointer& pointer);
    QRectF noted_area(const ViewTransform& view) const; // of the note, device px

private:
    void take(std::uint64_t number, Proposal proposal);
    LatestWork work_;
    std::uint64_t wanted_ = 0, shown_ = 0; // the proposal asked for last, and the one that is here
    Proposal proposal_;
    bool accept_when_ready_ = false;
    std::optional<QPointF> pointer_; // image px
};

} // namespace eyepiece
