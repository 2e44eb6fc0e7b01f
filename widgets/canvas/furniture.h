// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/image.h"
#include "widgets/canvas/frame.h"

#include <QString>

class QPainter;

namespace eyepiece {

// What lies above the picture and is not part of it.

struct ScaleBar {
    double device_length = 0; // device pixels
    QString text;             // "50 µm", or "100 px" when the pixel size is not known
};
// A round length (1, 2 or 5 times a power of ten) that is at most `longest` device pixels.
EYEPIECE_EXPORT ScaleBar scale_bar(double scale, const PixelSize& pixel_size, double longest);

EYEPIECE_EXPORT QString zoom_text(double scale); // "1.8 ×"
// A value of a pixel: whole numbers as they are in groups of three, others with four digits.
EYEPIECE_EXPORT QString value_text(double value, PixelType type);

// Text that stays readable on any picture.
void draw_text_on_image(QPainter& painter, const QRectF& box, int flags, const QString& text);
void draw_scale_bar(QPainter& painter, const QPointF& bottom_center, const ScaleBar& bar,
                    double device_pixel_ratio);
// Lines between the pixels, when they are large enough that one can count them.
void draw_pixel_grid(const FramePart& part);

} // namespace eyepiece
