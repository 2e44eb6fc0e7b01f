// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/seed_strokes.h"
#include "widgets/canvas/smart_tool.h"

#include <QRectF>
#include <memory>

namespace eyepiece {

// GrabCut: a dragged box proposes the object in it, strokes correct it (left: object, right: background),
// Enter accepts. With Only where empty, other objects are background.
class GrabCutTool : public SmartTool {
    Q_OBJECT
public:
    GrabCutTool(const LabelToolContext& context, QObject* parent)
        : SmartTool(context, LatestWork::Policy::Interrupt, parent) {}
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void double_click(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    bool resize(double steps) override; // of the pen
    QCursor cursor() const override;
    bool busy() const override { return !box_.isEmpty(); }

protected:
    void drop() override;
    bool own_key(QKeyEvent* event) override;
    QString what() const override { return tr("GrabCut"); }
    QString note() const override;

private:
    enum class Drag { None, Box, Stroke };
    struct Looked;
    void look();
    Drag drag_ = Drag::None;
    QRectF box_;   // image px; empty: none
    QPointF from_; // of the box that is being dragged
    SeedStrokes strokes_;
    std::shared_ptr<Looked> looked_; // what the box looks at, read once
};

LabelToolSpec grab_cut_tool();

} // namespace eyepiece
