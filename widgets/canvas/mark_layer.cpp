// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/mark_layer.h"

#include "core/project/classes.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>

namespace eyepiece {

namespace {

constexpr double radius = 4.5; // logical px
constexpr double name_gap = 4; // between a point and its name
constexpr std::size_t drawn_plainly =
    1500;                                 // points in sight: from there on as dots, so that drawing keeps up
constexpr std::size_t named_at_most = 80; // points in sight whose marks are not selected
const QColor halo(0, 0, 0, 190);

class Drawing {
public:
    Drawing(QPainter& painter, const ViewTransform& view, const MarkScene& scene)
        : painter_(painter)
        , view_(view)
        , scene_(scene)
        , ratio_(painter.device()->devicePixelRatioF())
        , seen_(painter.clipBoundingRect()) {}

    void draw() {
        for (const Mark& mark : scene_.marks)
            for (const Keypoint& point : mark.points)
                if (in_sight(point))
                    ++points_;
        if (points_ > drawn_plainly)
            return draw_dots();
        // The selected one last: it lies on top.
        for (const Mark& mark : scene_.marks)
            if (mark.id != scene_.selected)
                draw_mark(mark);
        for (const Mark& mark : scene_.marks)
            if (mark.id == scene_.selected)
                draw_mark(mark);
        // And its names first: those of others keep out of their way.
        for (const Mark& mark : scene_.marks)
            if (mark.id == scene_.selected)
                draw_names(mark);
        if (points_ <= named_at_most)
            for (const Mark& mark : scene_.marks)
                if (mark.id != scene_.selected)
                    draw_names(mark);
    }

private:
    QPointF place(const Keypoint& point) const {
        return view_.to_device(QPointF(point.place.x, point.place.y));
    }
    bool in_sight(const Keypoint& point) const {
        const double margin = 200 * ratio_; // a name may reach in
        return point.visibility != Visibility::Absent &&
               (seen_.isEmpty() || seen_.adjusted(-margin, -margin, margin, margin).contains(place(point)));
    }
    const Skeleton* skeleton_of(const Mark& mark) const {
        const auto found = scene_.skeletons.find(mark.class_id);
        return mark.kind == MarkKind::Keypoints && found != scene_.skeletons.end() &&
                       found->second.names.size() == mark.points.size()
                   ? &found->second
                   : nullptr;
    }
    QColor color_of(const Mark& mark) const {
        const auto found = scene_.colors.find(mark.class_id);
        return found == scene_.colors.end() ? QColor(Qt::white) : found->second;
    }

    void draw_dots() {
        painter_.setRenderHint(QPainter::Antialiasing, false);
        painter_.setPen(QPen(halo, ratio_));
        const double side = 5 * ratio_;
        for (const auto& [class_id, color] : scene_.colors) {
            QVector<QRectF> dots;
            for (const Mark& mark : scene_.marks)
                if (mark.class_id == class_id)
                    for (const Keypoint& point : mark.points)
                        if (in_sight(point))
                            dots.append(
                                QRectF(place(point) - QPointF(side / 2, side / 2), QSizeF(side, side)));
            painter_.setBrush(color);
            painter_.drawRects(dots);
        }
        painter_.setRenderHint(QPainter::Antialiasing);
    }

    void draw_mark(const Mark& mark) {
        const bool chosen = mark.id == scene_.selected;
        const Skeleton* skeleton = skeleton_of(mark);
        if (skeleton) {
            const double width = (chosen ? 2.2 : 1.4) * ratio_;
            for (const auto& [from, to] : skeleton->links) {
                const Keypoint &a = mark.points[static_cast<std::size_t>(from)],
                               &b = mark.points[static_cast<std::size_t>(to)];
                if (a.visibility == Visibility::Absent || b.visibility == Visibility::Absent)
                    continue;
                painter_.setPen(QPen(halo, width + 2 * ratio_));
                painter_.drawLine(place(a), place(b));
                painter_.setPen(QPen(color_of(mark), width));
                painter_.drawLine(place(a), place(b));
            }
        }
        for (int i = 0; i < static_cast<int>(mark.points.size()); ++i) {
            const Keypoint& point = mark.points[static_cast<std::size_t>(i)];
            if (!in_sight(point))
                continue;
            const bool right_one =
                skeleton && std::any_of(skeleton->pairs.begin(), skeleton->pairs.end(),
                                        [&](const Skeleton::Ends& ends) { return ends[1] == i; });
            draw_point(point, skeleton ? keypoint_color(*skeleton, i) : color_of(mark), right_one,
                       chosen && (i == scene_.point || mark.kind == MarkKind::Point));
        }
    }

    void draw_point(const Keypoint& point, const QColor& color, bool square, bool worked_on) {
        const double r = radius * ratio_;
        const auto shape = [&](double reach) {
            const QRectF box(place(point) - QPointF(reach, reach), QSizeF(2 * reach, 2 * reach));
            if (square)
                painter_.drawRect(box);
            else
                painter_.drawEllipse(box);
        };
        painter_.setBrush(Qt::NoBrush);
        if (worked_on) {
            painter_.setPen(QPen(halo, 4 * ratio_));
            shape(r + 3.5 * ratio_);
            painter_.setPen(QPen(Qt::white, 1.8 * ratio_));
            shape(r + 3.5 * ratio_);
        }
        if (point.visibility == Visibility::Hidden) {
            painter_.setBrush(halo); // no link shows within
            painter_.setPen(QPen(halo, 4 * ratio_));
            shape(r - 1 * ratio_);
            painter_.setBrush(Qt::NoBrush);
            painter_.setPen(QPen(color, 2 * ratio_));
            shape(r - 1 * ratio_);
            return;
        }
        painter_.setPen(QPen(halo, 1.5 * ratio_));
        painter_.setBrush(color);
        shape(r);
    }

    void draw_names(const Mark& mark) {
        const Skeleton* skeleton = skeleton_of(mark);
        if (!skeleton)
            return;
        QFont font = painter_.font();
        font.setPixelSize(std::max(1, static_cast<int>(12 * ratio_)));
        const QFontMetricsF metrics(font, painter_.device());
        const bool chosen = mark.id == scene_.selected;
        for (std::size_t i = 0; i < mark.points.size(); ++i) {
            if (!in_sight(mark.points[i]))
                continue;
            const QString name = QString::fromStdString(skeleton->names[i]);
            const QPointF at = place(mark.points[i]) + QPointF((radius + name_gap) * ratio_, 0);
            const QRectF box(at.x(), at.y() - metrics.height() / 2, metrics.horizontalAdvance(name),
                             metrics.height());
            // One that lies on another is left out: neither could be read.
            if (std::any_of(taken_.begin(), taken_.end(),
                            [&](const QRectF& other) { return other.intersects(box); }) &&
                !(chosen && static_cast<int>(i) == scene_.point))
                continue;
            taken_.push_back(box);
            QPainterPath path;
            path.addText(QPointF(box.left(), at.y() + metrics.ascent() / 2 - metrics.descent() / 2), font,
                         name);
            painter_.strokePath(
                path, QPen(QColor(0, 0, 0, 210), 3 * ratio_, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
            painter_.fillPath(path, chosen ? QColor(Qt::white) : QColor(0xd0, 0xd6, 0xde));
        }
    }

    QPainter& painter_;
    const ViewTransform& view_;
    const MarkScene& scene_;
    double ratio_;
    QRectF seen_;
    std::size_t points_ = 0;
    std::vector<QRectF> taken_; // by names
};

} // namespace

QColor keypoint_color(const Skeleton& skeleton, int point) {
    const auto at = static_cast<std::size_t>(point);
    const Rgb color = at < skeleton.colors.size() ? skeleton.colors[at] : default_class_color(at);
    return {color[0], color[1], color[2]};
}

MarkLayer::MarkLayer(QString id, QString title, std::shared_ptr<const MarkScene> scene)
    : Layer(LayerKind::Marks, std::move(id), std::move(title)), scene_(std::move(scene)) {}

void MarkLayer::paint(QPainter& painter, const ViewTransform& view) const {
    painter.save();
    Drawing(painter, view, *scene_).draw();
    painter.restore();
}

} // namespace eyepiece
