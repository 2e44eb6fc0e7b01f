// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/view_transform.h"

#include <algorithm>
#include <cmath>

namespace eyepiece {

int ViewTransform::round(double value) {
    return static_cast<int>(std::floor(value + 0.5));
}

QRectF ViewTransform::to_device(const QRectF& image) const {
    return {to_device(image.topLeft()), to_device(image.bottomRight())};
}

QRect ViewTransform::covering(const QRectF& image) const {
    return to_device(image).toAlignedRect();
}

QRectF ViewTransform::visible_image() const {
    const QRectF seen(to_image(QPointF(0, 0)), to_image(QPointF(view_.width(), view_.height())));
    return seen.intersected(QRectF(QPointF(0, 0), image_));
}

double ViewTransform::fit_scale() const {
    if (!has_image())
        return 1;
    const double margin = 0.98;
    const double scale = margin * std::min(view_.width() / image_.width(), view_.height() / image_.height());
    // A thumbnail-sized image blown up to the whole window says nothing more: stop at a few device pixels
    // each.
    return std::clamp(scale, 1e-4, 16.0);
}

double ViewTransform::min_scale() const {
    return std::min(1.0, fit_scale() * 0.25);
}

void ViewTransform::set_view_size(const QSize& size) {
    if (size == view_ || size.isEmpty())
        return;
    offset_ += QPointF((size.width() - view_.width()) / 2.0, (size.height() - view_.height()) / 2.0);
    view_ = size;
    if (fitted_)
        fit();
    else
        clamp();
}

void ViewTransform::fit() {
    scale_ = fit_scale();
    center_on({image_.width() / 2, image_.height() / 2});
    fitted_ = true;
}

void ViewTransform::set_scale_at(const QPointF& device, double scale) {
    scale = std::clamp(scale, min_scale(), max_scale);
    const QPointF image = (device - offset_) / scale_;
    scale_ = scale;
    offset_ = device - image * scale_;
    fitted_ = false;
    clamp();
}

void ViewTransform::zoom_at(const QPointF& device, double factor) {
    set_scale_at(device, scale_ * factor);
}

void ViewTransform::pan(const QPoint& device_delta) {
    offset_ += device_delta;
    fitted_ = false;
    clamp();
}

void ViewTransform::show(const QRectF& image, double margin) {
    if (image.isEmpty())
        return;
    const double scale =
        std::min(view_.width() / image.width(), view_.height() / image.height()) * (1 - 2 * margin);
    scale_ = std::clamp(scale, min_scale(), 32.0);
    center_on(image.center());
}

void ViewTransform::center_on(const QPointF& image) {
    offset_ = QPointF(view_.width() / 2.0, view_.height() / 2.0) - image * scale_;
    fitted_ = false;
    clamp();
}

void ViewTransform::clamp() {
    if (!has_image())
        return;
    // The image never leaves the view altogether: a part of it at least this large stays.
    const double keep = 48;
    const double width = image_.width() * scale_, height = image_.height() * scale_;
    offset_.setX(std::clamp(offset_.x(), keep - std::max(width, keep), std::max(view_.width() - keep, 0.0)));
    offset_.setY(
        std::clamp(offset_.y(), keep - std::max(height, keep), std::max(view_.height() - keep, 0.0)));
}

int ViewTransform::level(int levels) const {
    if (scale_ >= 1)
        return 0;
    const int wanted = static_cast<int>(std::floor(-std::log2(scale_) + 1e-9));
    return std::clamp(wanted, 0, std::max(levels - 1, 0));
}

} // namespace eyepiece
