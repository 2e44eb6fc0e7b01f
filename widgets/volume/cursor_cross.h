// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QPointF>
#include <QWidget>

namespace eyepiece {

class ImageCanvas;

// The lines of a volume's cursor over the canvas. Lets every click through.
class CursorCross : public QWidget {
public:
    explicit CursorCross(ImageCanvas& canvas);
    void set_place(int x, int y); // px of the image

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    ImageCanvas& canvas_;
    QPointF place_;
};

} // namespace eyepiece
