// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/object_edits.h"
#include "widgets/canvas/view_transform.h"

#include <QColor>
#include <QPainterPath>
#include <QString>
#include <span>
#include <vector>

class QPainter;

namespace eyepiece {

// Objects that a tool would make, before anyone has agreed to them. Made on any thread.
struct EYEPIECE_EXPORT Proposal {
    std::vector<ObjectShape> shapes;
    std::vector<QPainterPath> outlines; // one a shape, image px
    QString problem;                    // one sentence: why there is none

    bool empty() const { return shapes.empty(); }
    // Adds an object, cropped to where it has pixels; nothing when it has none. `id` 0: a new one.
    void add(const Mask& mask, const Region& place, ObjectId id = 0);
};

// The outlines of a mask, whose (0,0) lies at the place.
QPainterPath outline_of(const Mask& mask, const Region& place);
// In the colour of what is not yet so; the fill may be transparent. Very many are drawn as thin lines.
void draw_proposal(QPainter& painter, const ViewTransform& view, std::span<const QPainterPath> outlines,
                   const QColor& fill);

} // namespace eyepiece
