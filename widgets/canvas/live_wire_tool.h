// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/outlines.h"
#include "widgets/canvas/image_part.h"
#include "widgets/canvas/label_tool.h"
#include "widgets/table/latest_work.h"

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace eyepiece {

class LiveWireCosts;

// The live-wire: between clicks the outline keeps to the image's edges. The first click snaps to the nearest
// edge, each further one fixes the path that follows the pointer; Ctrl sets a point just where it is. A click
// on the first point, Enter or a double click closes. Edges are sought in what is in sight, on another
// thread, where all ways from the last point are worked out ahead of the pointer.
class EYEPIECE_EXPORT LiveWireTool : public LabelTool {
    Q_OBJECT
public:
    LiveWireTool(const LabelToolContext& context, QObject* parent);
    ~LiveWireTool() override;
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void double_click(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    void finish() override;
    QCursor cursor() const override;
    bool busy() const override { return !points_.empty() || !clicks_.empty() || setting_; }
    // The path that follows the pointer has come to it.
    bool follows() const { return !wanted_ && clicks_.empty() && (!work_.busy() || growing_); }

protected:
    bool own_key(QKeyEvent* event) override;

private:
    struct Wires; // costs and paths, which one work at a time may touch
    struct Known {
        ImagePart part;
        std::shared_ptr<const LiveWireCosts> costs;
    };
    struct Click {
        QPointF at; // image px
        bool snaps = true, closes = false;
    };
    void pump(); // the next work: a click before a move, a move before working ahead
    void set_point(const Click& click);
    void follow(const QPointF& at);
    void work_ahead();
    void close();
    void take_back();
    bool near_first(const QPointF& device) const;

    LatestWork work_{LatestWork::Policy::Complete};
    std::shared_ptr<Wires> wires_;  // of the outline in hand; null: none
    std::optional<Known> known_;    // the edges found last
    std::vector<Point2> points_;    // image px
    std::vector<Polygon> segments_; // from each point to the next
    Polygon live_;                  // from the last point to the pointer
    std::deque<Click> clicks_;      // not worked on yet
    std::optional<QPointF> wanted_; // where the pointer went, not followed yet
    std::optional<QPointF> pointer_;
    bool setting_ = false;                    // a click is being worked on
    bool growing_ = false, complete_ = false; // ways ahead of the pointer
};

LabelToolSpec live_wire_tool();

} // namespace eyepiece
