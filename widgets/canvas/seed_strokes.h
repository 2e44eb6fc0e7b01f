// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/label_map.h"
#include "widgets/canvas/view_transform.h"

#include <QColor>
#include <QPolygonF>
#include <functional>
#include <vector>

class QPainter;

namespace eyepiece {

// Strokes that tell a tool what is what, kept as they were drawn until the tool is done. Window's thread.
class SeedStrokes {
public:
    // A stroke that says `id` of what lies below it, as wide as the pen is at this scale (device px an image
    // px). Later strokes cover earlier ones.
    void begin(ObjectId id, double scale, const QPointF& at);
    void extend(const QPointF& to);
    void resize_pen(double steps);
    void take_back(); // the last one
    void clear() { strokes_.clear(); }
    bool empty() const { return strokes_.empty(); }
    bool has(ObjectId id) const;
    ObjectId largest_id() const;                 // 0: no stroke
    ObjectId last_other_than(ObjectId id) const; // of the newest such stroke; 0: none
    // Pixels whose middle lies below a stroke, and those it begins in; 0 elsewhere. (0,0) is the window's
    // corner.
    LabelMap drawn(const Region& window) const;
    void paint(QPainter& painter, const ViewTransform& view,
               const std::function<QColor(ObjectId)>& color) const;

private:
    double pen_ = 6; // device px
    struct Stroke {
        ObjectId id;
        double diameter;
        QPolygonF points; // image px
    };
    std::vector<Stroke> strokes_;
};

} // namespace eyepiece
