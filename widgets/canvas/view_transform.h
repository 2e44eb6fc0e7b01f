// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <QPoint>
#include <QPointF>
#include <QRect>
#include <QRectF>
#include <QSize>
#include <QSizeF>

namespace eyepiece {

// Where an image lies in a view. Image coordinates: pixel (0,0) covers [0,1) x [0,1). Device coordinates:
// physical pixels of the widget. A value type.
//
// The offset is kept exact, so that many small zoom steps around one point do not drift, but the picture is
// drawn at the whole device pixel nearest to it: panning then moves pixels without recomputing them.
class EYEPIECE_EXPORT ViewTransform {
public:
    static constexpr double max_scale = 128; // device pixels for one image pixel

    double scale() const { return scale_; } // device pixels for one image pixel
    QPoint offset() const {
        return {round(offset_.x()), round(offset_.y())};
    } // device position of the image's corner
    QSize view_size() const { return view_; }
    QSizeF image_size() const { return image_; }

    QPointF to_image(const QPointF& device) const { return (device - offset()) / scale_; }
    QPointF to_device(const QPointF& image) const { return image * scale_ + offset(); }
    QRectF to_device(const QRectF& image) const;
    // The device pixels that a rectangle of image pixels touches.
    QRect covering(const QRectF& image) const;
    QRectF visible_image() const; // in image pixels, clipped to the image
    bool has_image() const { return image_.width() > 0 && image_.height() > 0; }

    void set_image_size(const QSizeF& size) { image_ = size; }
    void set_view_size(const QSize& size);              // keeps the middle in the middle
    void fit();                                         // the whole image, with a small margin
    bool fitted() const { return fitted_; }             // nothing was zoomed or panned since fit()
    void zoom_at(const QPointF& device, double factor); // the image point below `device` stays there
    void set_scale_at(const QPointF& device, double scale);
    void pan(const QPoint& device_delta);
    void show(const QRectF& image, double margin = 0.15); // zooms and centres so that it is well in sight
    void center_on(const QPointF& image);
    // The same picture in device coordinates that begin at `corner`.
    void move_origin(const QPoint& corner) { offset_ -= corner; }
    double min_scale() const;
    double fit_scale() const;

    // The pyramid level to draw from: the coarsest one that is at least as fine as the screen.
    int level(int levels) const;
    bool operator==(const ViewTransform&) const = default;

private:
    static int round(double value);
    void clamp();
    double scale_ = 1;
    QPointF offset_;
    QSize view_{1, 1};
    QSizeF image_{0, 0};
    bool fitted_ = false;
};

} // namespace eyepiece
