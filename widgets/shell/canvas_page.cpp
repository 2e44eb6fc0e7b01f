// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/canvas_page.h"

#include "widgets/canvas/image_canvas.h"

namespace eyepiece {

CanvasPage::CanvasPage(ImageCanvas& canvas, QWidget* parent)
    : QSplitter(Qt::Horizontal, parent), canvas_(canvas) {
    setObjectName(QStringLiteral("canvas-page"));
    setHandleWidth(1);
    setChildrenCollapsible(false);
    addWidget(&canvas_);
    setStretchFactor(0, 1);
}

CanvasPage::~CanvasPage() {
    canvas_.setParent(nullptr);
}

CanvasPage* CanvasPage::of(ImageCanvas& canvas) {
    return qobject_cast<CanvasPage*>(canvas.parentWidget());
}

void CanvasPage::put_beside(QWidget* widget) {
    addWidget(widget);
    setStretchFactor(indexOf(widget), 0);
}

} // namespace eyepiece
