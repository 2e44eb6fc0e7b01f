// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QSplitter>

namespace eyepiece {

class ImageCanvas;

// The middle column while the shared canvas is in it, and what a panel puts beside the canvas.
class EYEPIECE_EXPORT CanvasPage : public QSplitter {
    Q_OBJECT
public:
    explicit CanvasPage(ImageCanvas& canvas, QWidget* parent = nullptr);
    ~CanvasPage() override; // the canvas is let go: it belongs to whoever made it

    // The page that a canvas is in; null: none.
    static CanvasPage* of(ImageCanvas& canvas);
    // Becomes the page's. It is its own to show itself or not.
    void put_beside(QWidget* widget);

private:
    ImageCanvas& canvas_;
};

} // namespace eyepiece
