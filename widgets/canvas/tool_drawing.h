// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/outlines.h"
#include "widgets/canvas/view_transform.h"

#include <QPoint>
#include <QPolygonF>
#include <QRectF>
#include <QString>
#include <functional>

class QPainter;

namespace eyepiece {

// How the labelling tools draw what is in hand, so that they look alike. Painters work in device pixels.

constexpr double grab_reach = 9;  // device px around a handle in which it is taken
constexpr double click_reach = 4; // device px that a click may move; further is a drag

Point2 to_point(const QPointF& p);
QPoint pixel_of(const QPointF& image); // the pixel that a place in the image lies in
QPolygonF device_polygon(const Polygon& polygon, const ViewTransform& view);

// Calls `draw` with a dark and then with a light pen: a line that shows on any ground.
void draw_twice(QPainter& painter, const std::function<void()>& draw);
void draw_handles(QPainter& painter, const QPolygonF& points, int highlighted); // -1: none
// A few words beside the pointer, kept within what is painted on. Draws within note_area().
void draw_note(QPainter& painter, const QPointF& pointer, const QString& text);
QRectF note_area(const QPointF& pointer, double device_pixel_ratio);

} // namespace eyepiece
