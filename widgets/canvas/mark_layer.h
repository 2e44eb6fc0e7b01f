// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/marks.h"
#include "widgets/canvas/layer.h"

#include <QColor>
#include <map>
#include <memory>
#include <vector>

namespace eyepiece {

// Points and keypoints of one plane, as they are to be drawn.
struct MarkScene {
    std::vector<Mark> marks;
    std::map<ClassId, Skeleton> skeletons; // of the classes that have one
    std::map<ClassId, QColor> colors;
    MarkId selected = 0;
    int point = -1; // of the selected one that is worked on; -1: none
};

// The colour of a skeleton's point: its own, or the palette's.
EYEPIECE_EXPORT QColor keypoint_color(const Skeleton& skeleton, int point);

// Draws them with a size that does not follow the zoom. What the eye has to tell apart differs in form as
// well as in colour: a hidden point is hollow, the right one of a pair is a square, and each has its name.
class EYEPIECE_EXPORT MarkLayer : public Layer {
public:
    MarkLayer(QString id, QString title, std::shared_ptr<const MarkScene> scene);
    const MarkScene& scene() const { return *scene_; }
    void compose(const FramePart&) const override {}
    void paint(QPainter& painter, const ViewTransform& view) const override;

private:
    friend class LayerStack;
    std::shared_ptr<const MarkScene> scene_;
};

} // namespace eyepiece
