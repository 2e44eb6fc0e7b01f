// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/project/labels.h"
#include "widgets/canvas/label_document.h"

#include <vector>

namespace eyepiece {

class Project;

// Edits of several planes of a stack. They run on the writing thread, each as one step of undo.

// The planes of one time point.
struct PlaneRange {
    int first = 0; // t * depth
    int count = 1; // depth
};

// A ball drawn along a path in one plane: in the planes beside it the discs that the ball cuts there.
struct EYEPIECE_EXPORT BallStroke {
    ItemId item = 0;
    std::int64_t width = 0, height = 0; // px of the image
    PlaneRange planes;
    int plane = 0;            // that it was drawn in
    double plane_step = 1;    // px (along x) from one plane to the next
    double diameter = 1;      // px
    std::vector<Point2> path; // px
    PaintRule rule;           // `id` exists, or is made by an edit before

    // In px; 0: the plane is out of reach.
    double diameter_in(int other) const;
    // Of the planes beside `plane`, which has been drawn already.
    std::vector<LabelEdit> edits(Project& project) const;
};

// Fills the planes between those that an object lies in, by interpolated() (core/data/slice_interpolation.h).
struct EYEPIECE_EXPORT BetweenPlanes {
    ItemId item = 0;
    std::int64_t width = 0, height = 0; // px of the image
    PlaneRange planes;
    std::vector<ObjectId> objects;
    bool only_where_empty = true; // leave pixels of other objects alone

    std::vector<LabelEdit> edits(Project& project);
    int filled = 0; // planes that got a pixel, once edits() has run
};

} // namespace eyepiece
