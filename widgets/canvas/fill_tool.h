// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/smart_tool.h"

#include <memory>

namespace eyepiece {

// The magic wand: fills the connected area of similar brightness that bears no label. While the button is
// held, dragging up or down changes the tolerance, and the area follows. On an object: fills its holes.
class FillTool : public SmartTool {
    Q_OBJECT
public:
    FillTool(const LabelToolContext& context, QObject* parent)
        : SmartTool(context, LatestWork::Policy::Complete, parent) {}
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    QCursor cursor() const override;
    bool busy() const override { return search_ != nullptr; }

protected:
    void drop() override;
    QString what() const override { return tr("fill"); }
    QString note() const override;

private:
    struct Search;
    void look();
    std::shared_ptr<Search> search_; // of the click in hand
    double pressed_y_ = 0, pressed_tolerance_ = 0;
    bool held_ = false, dragged_ = false;
};

LabelToolSpec fill_tool();

} // namespace eyepiece
