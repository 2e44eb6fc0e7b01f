// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/preview_tool.h"
#include "widgets/canvas/proposal.h"
#include "widgets/table/latest_work.h"

#include <cstdint>

namespace eyepiece {

// Moves the outlines of the selected objects to the edges of the image near them (a morphological snake).
// They keep off other objects. What they would be is worked out on another thread and shown; Enter applies.
class EYEPIECE_EXPORT RefineTool : public PreviewTool {
    Q_OBJECT
public:
    RefineTool(const LabelToolContext& context, QObject* parent);
    Setting setting() const override { return Setting::Radius; }
    QString status() const override;
    bool can_apply() const override { return shown_ == wanted_ && !proposal_.empty(); }
    void apply() override;
    void chosen() override;
    bool resize(double steps) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    void finish() override;

protected:
    void refresh() override;

private:
    double reach() const { return 3 * settings().radius(); } // px that an outline may move
    void take(std::uint64_t number, Proposal proposal);
    LatestWork work_;
    std::uint64_t wanted_ = 0, shown_ = 0;
    Proposal proposal_;
    bool apply_when_ready_ = false;
};

LabelToolSpec refine_tool();

} // namespace eyepiece
