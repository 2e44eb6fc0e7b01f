// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/canvas/view_transform.h"

#include <QImage>
#include <QRect>
#include <functional>

namespace eyepiece {

// Where a layer draws: a part of the frame, which is an RGB32 picture of the view in device pixels. Several
// threads draw parts of one frame at a time.
struct FramePart {
    QImage* frame = nullptr;
    QRect rect; // in device pixels, inside the frame
    ViewTransform view;
    int outline = 1; // width of outlines in device pixels

    QRgb* row(int y) const { return reinterpret_cast<QRgb*>(frame->bits() + y * frame->bytesPerLine()); }
    // The first device pixel whose middle lies at or beyond an image coordinate.
    int device_x(double image) const;
    int device_y(double image) const;
};

// Runs work(first, last) over [0, count) in bands of at least `least`, on this thread and on those that are
// free, and returns when all are done.
EYEPIECE_EXPORT void in_bands(int count, int least, const std::function<void(int, int)>& work);

// Draws part of a square picture whose left upper corner lies at image coordinate `corner` and whose pixels
// cover `step` image pixels each; `apron` pixels around it are there for interpolation only.
EYEPIECE_EXPORT void draw_pixels(const FramePart& part, const QImage& pixels, double corner_x,
                                 double corner_y, double step, int apron, bool smooth);

// Mixes a colour into a pixel: alpha 0 leaves it, 256 replaces it.
inline QRgb mixed(QRgb below, QRgb above, unsigned alpha) {
    const unsigned keep = 256 - alpha;
    const unsigned rb = (((below & 0x00ff00ffu) * keep + (above & 0x00ff00ffu) * alpha) >> 8) & 0x00ff00ffu;
    const unsigned g = (((below & 0x0000ff00u) * keep + (above & 0x0000ff00u) * alpha) >> 8) & 0x0000ff00u;
    return 0xff000000u | rb | g;
}

} // namespace eyepiece
