// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/object_edits.h"
#include "widgets/canvas/preview_tool.h"

#include <QPainterPath>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace eyepiece {

// Grows, shrinks or smooths the selected objects by a radius. What they would be is worked out on another
// thread and shown as an outline.
class ReshapeTool : public PreviewTool {
    Q_OBJECT
public:
    ReshapeTool(const LabelToolContext& context, Reshaping how, QObject* parent);
    ~ReshapeTool() override;

    // What the objects would be.
    struct Preview {
        std::vector<ObjectShape> shapes;    // of those that change
        std::vector<QPainterPath> outlines; // of each; image px
        int objects = 0;                    // that were looked at
        int lost = 0;                       // that would have no pixel, and stay as they are
        QString problem;                    // why there is none
    };

    Setting setting() const override { return Setting::Radius; }
    QString status() const override;
    bool can_apply() const override;
    void apply() override;
    void chosen() override;
    bool resize(double steps) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    void finish() override;

protected:
    void refresh() override;

private:
    void take(std::uint64_t number, Preview preview);
    QString title() const;
    Reshaping how_;
    std::shared_ptr<std::atomic<std::uint64_t>> wanted_; // the number of the preview asked for last
    std::uint64_t shown_ = 0;                            // and of the one that is here
    Preview preview_;
    bool apply_when_ready_ = false;
};

LabelToolSpec grow_tool();
LabelToolSpec shrink_tool();
LabelToolSpec smooth_tool();

} // namespace eyepiece
