// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/seed_strokes.h"
#include "widgets/canvas/smart_tool.h"

#include <memory>

namespace eyepiece {

// Watershed from seeds: each left stroke begins an object, with Shift it goes on with the last one; right
// strokes are background, which without any is what surely is so by its brightness and what lies around the
// part in sight. Enter makes all objects.
class WatershedTool : public SmartTool {
    Q_OBJECT
public:
    WatershedTool(const LabelToolContext& context, QObject* parent)
        : SmartTool(context, LatestWork::Policy::Interrupt, parent) {}
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    bool resize(double steps) override; // of the pen
    QCursor cursor() const override;
    bool busy() const override { return !strokes_.empty(); }

protected:
    void drop() override;
    bool own_key(QKeyEvent* event) override;
    QString what() const override { return tr("watershed"); }
    QString note() const override;

private:
    struct Looked;
    void look();
    bool drawing_ = false;
    SeedStrokes strokes_;
    std::shared_ptr<Looked> looked_; // what was in sight at the first stroke
};

LabelToolSpec watershed_tool();

} // namespace eyepiece
