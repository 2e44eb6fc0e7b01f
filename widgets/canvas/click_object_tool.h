// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/object_finder.h"
#include "widgets/canvas/smart_tool.h"

#include <QRectF>
#include <memory>

namespace eyepiece {

// An object from a click: the left button says what is meant, the right one (or Alt and the left) what is
// not, a drag draws a box around it. What is found is shown at once, corrected by further clicks, and made by
// Enter or a double click; Escape drops it, Backspace takes the last click back. The finding is another's.
class EYEPIECE_EXPORT ClickObjectTool : public SmartTool {
    Q_OBJECT
public:
    ClickObjectTool(const LabelToolContext& context, QObject* parent)
        : SmartTool(context, LatestWork::Policy::Interrupt, parent) {}
    // Without one the tool says why it cannot be used.
    void set_finder(std::unique_ptr<ObjectFinderService> finder) { finder_ = std::move(finder); }

    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void double_click(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    QCursor cursor() const override;
    bool busy() const override { return !question_.clicks.empty() || question_.box || SmartTool::busy(); }

protected:
    void drop() override;
    bool own_key(QKeyEvent* event) override;
    QString what() const override { return tr("object from clicks"); }
    QString note() const override;
    void proposed() override;

private:
    void say(const QPointF& at, bool object);
    void ask();
    void take(const ObjectAnswer& answer);
    void accept_when_found();

    std::unique_ptr<ObjectFinderService> finder_;
    ObjectQuestion question_;
    bool waiting_ = false; // for the finder
    bool accept_ = false;  // what it finds is wanted as it comes
    QString found_;        // a word on what was found
    QPointF from_, from_device_;
    QRectF drawn_; // the box that is being dragged, image px
    Qt::MouseButton held_ = Qt::NoButton;
    bool beside_ = false; // Alt was held: what is clicked is not of it
};

LabelToolSpec click_object_tool();

} // namespace eyepiece
