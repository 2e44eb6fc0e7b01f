// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/object_finder.h"
#include "widgets/canvas/smart_tool.h"

#include <memory>

namespace eyepiece {

// All objects in sight, found by another's clicks: shown first, made by Enter as one edit; Escape stops it.
// Then the tool before comes back.
class EYEPIECE_EXPORT SegmentEverythingTool : public SmartTool {
    Q_OBJECT
public:
    SegmentEverythingTool(const LabelToolContext& context, QObject* parent)
        : SmartTool(context, LatestWork::Policy::Interrupt, parent) {}
    // Without one the tool says why it cannot be used.
    void set_finder(std::unique_ptr<ObjectFinderService> finder) { finder_ = std::move(finder); }
    QString status() const; // one line: how far it is, or what it found
    bool can_apply() const { return !waiting_ && !working() && !proposal().empty(); }
    bool passing() const override { return true; }
    void chosen() override;
    void press(const CanvasPointer& pointer) override { picked(pointer); }
    void move(const CanvasPointer& pointer) override;
    std::optional<QRectF> painted_area(const ViewTransform& view) const override { return noted_area(view); }
    QCursor cursor() const override { return Qt::ArrowCursor; }
    bool busy() const override { return false; }

protected:
    void drop() override;
    bool own_key(QKeyEvent* event) override;
    QString what() const override { return tr("segment everything"); }
    void make(const std::vector<ObjectShape>& shapes) override;
    QString note() const override { return status(); }

private:
    std::unique_ptr<ObjectFinderService> finder_;
    bool waiting_ = false; // for the finder
    double fraction_ = 0;
};

LabelToolSpec segment_everything_tool();

} // namespace eyepiece
