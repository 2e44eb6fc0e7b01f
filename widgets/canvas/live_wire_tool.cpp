// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/live_wire_tool.h"

#include "core/data/live_wire.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/tool_cursor.h"
#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>
#include <QLineF>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>
#include <utility>

namespace eyepiece {

namespace {

constexpr double snap_reach = 8;             // device px around a click
constexpr int largest_snap = 8;              // image px
constexpr std::size_t pixels_ahead = 40'000; // worked out at a time: some milliseconds
constexpr double tolerance = 0.5;            // px that fewer vertices may be off

constexpr std::int64_t reach = 1024; // px to each side of the first click in which edges are sought

Region around(const QPointF& at, std::int64_t distance) {
    const QPoint pixel = pixel_of(at);
    return {pixel.x() - distance, pixel.y() - distance, 2 * distance, 2 * distance};
}

} // namespace

struct LiveWireTool::Wires {
    ImagePart part;
    std::shared_ptr<const LiveWireCosts> costs; // null until the first work has found them
    std::optional<LiveWirePaths> paths;         // from the last point

    void find_costs() {
        if (!costs)
            costs = std::make_shared<const LiveWireCosts>(part.scaled(), LiveWireOptions{}, QuietJob());
    }
    std::pair<std::int64_t, std::int64_t> pixel(const QPointF& at) const { // within the window
        return {static_cast<std::int64_t>(std::floor(at.x())) - part.window.x,
                static_cast<std::int64_t>(std::floor(at.y())) - part.window.y};
    }
    void start_at(const Point2& point) {
        const auto [x, y] = pixel({point.x, point.y});
        paths.emplace(costs, x, y);
    }
    Polygon path_to(const QPointF& at) {
        Polygon path;
        if (!paths)
            return path;
        const auto [x, y] = pixel(at);
        for (const auto& [px, py] : paths->path_to(x, y, QuietJob()))
            path.push_back({static_cast<double>(part.window.x + px) + 0.5,
                            static_cast<double>(part.window.y + py) + 0.5});
        return path;
    }
    QPointF snapped(const QPointF& at, int radius) const {
        const auto [x, y] = pixel(at);
        const auto [sx, sy] = snapped_to_edge(*costs, x, y, radius);
        return {static_cast<double>(part.window.x + sx) + 0.5, static_cast<double>(part.window.y + sy) + 0.5};
    }
};

LiveWireTool::LiveWireTool(const LabelToolContext& context, QObject* parent) : LabelTool(context, parent) {
    connect(&work_, &LatestWork::failed, this, [this](const QString& problem) {
        finish();
        Q_EMIT editor().refused(problem);
    });
    connect(&work_, &LatestWork::idle, this, &LiveWireTool::pump);
}

LiveWireTool::~LiveWireTool() = default;

void LiveWireTool::press(const CanvasPointer& pointer) {
    if (pointer.buttons != Qt::LeftButton ||
        (!busy() && (picked(pointer) || !has_class() || !editor().ready())))
        return;
    if (!busy()) {
        auto part = image_part(canvas(), around(pointer.image, reach));
        if (!part)
            return;
        wires_ = std::make_shared<Wires>(Wires{*part, {}, {}});
        // Around here the edges may still be known.
        if (known_) {
            const Region near =
                around(pointer.image, reach / 2).intersected(canvas().image()->blocks->extent(0));
            part->window = known_->part.window;
            if (known_->part == *part && part->window.intersected(near) == near)
                wires_ = std::make_shared<Wires>(Wires{*part, known_->costs, {}});
        }
    } else if (points_.size() >= 3 && near_first(pointer.device)) {
        return close();
    }
    const QPoint pixel = pixel_of(pointer.image);
    if (wires_->part.window.intersected({pixel.x(), pixel.y(), 1, 1}).empty()) {
        Q_EMIT editor().refused(
            tr("That is outside the image, or more than %1 px from where the outline began. Close it "
               "here and draw the rest as another object, to be merged (J).")
                .arg(reach));
        return;
    }
    clicks_.push_back({pointer.image, !(pointer.modifiers & Qt::ControlModifier), false});
    pointer_ = pointer.image;
    pump();
}

void LiveWireTool::move(const CanvasPointer& pointer) {
    pointer_ = pointer.image;
    if (!busy())
        return;
    wanted_ = pointer.image;
    pump();
    Q_EMIT repaint();
}

void LiveWireTool::double_click(const CanvasPointer&) {
    close(); // the first click of the two has set the last point
}

void LiveWireTool::close() {
    if (points_.size() + clicks_.size() + setting_ < 2)
        return;
    clicks_.push_back({{}, false, true});
    pump();
}

void LiveWireTool::pump() {
    if (work_.busy() || !wires_)
        return;
    growing_ = false;
    if (!clicks_.empty()) {
        const Click click = clicks_.front();
        clicks_.pop_front();
        setting_ = true;
        set_point(click);
    } else if (points_.empty()) {
        wanted_.reset();
    } else if (wanted_) {
        follow(*std::exchange(wanted_, std::nullopt));
    } else if (!complete_) {
        work_ahead();
    }
}

void LiveWireTool::set_point(const Click& click) {
    const int radius =
        click.snaps ? std::clamp(static_cast<int>(snap_reach / canvas().view().scale()), 1, largest_snap) : 0;
    const QPointF first = points_.empty() ? QPointF() : QPointF(points_.front().x, points_.front().y);
    work_.start([this, wires = wires_, click, radius, first](LatestWork::Stop) -> LatestWork::Finish {
        wires->find_costs();
        const QPointF at = click.closes ? first : wires->snapped(click.at, radius);
        Polygon path = wires->path_to(at);
        const Point2 point = path.empty() ? to_point(at) : path.back();
        if (!click.closes)
            wires->start_at(point);
        return [this, wires, path = std::move(path), point, closes = click.closes] {
            if (wires != wires_)
                return;
            live_.clear();
            setting_ = complete_ = false;
            known_ = Known{wires->part, wires->costs};
            if (!path.empty())
                segments_.push_back(path);
            if (closes) {
                Polygon outline;
                for (const Polygon& segment : segments_)
                    outline.insert(outline.end(), segment.begin(), segment.end());
                finish();
                return add_object(simplified(outline, tolerance), tr("live-wire"));
            }
            points_.push_back(point);
            Q_EMIT repaint();
        };
    });
}

void LiveWireTool::follow(const QPointF& at) {
    work_.start([this, wires = wires_, at](LatestWork::Stop) -> LatestWork::Finish {
        return [this, wires, path = wires->path_to(at)] {
            if (wires != wires_)
                return;
            live_ = path;
            Q_EMIT repaint();
        };
    });
}

// The ways to what the pointer has not come to yet, a little at a time.
void LiveWireTool::work_ahead() {
    growing_ = true;
    work_.start([this, wires = wires_](LatestWork::Stop) -> LatestWork::Finish {
        return [this, wires, more = wires->paths->grow(pixels_ahead)] {
            if (wires != wires_)
                return;
            complete_ = !more;
        };
    });
}

// The newest click, whether it waits, is being worked on or has been done.
void LiveWireTool::take_back() {
    if (!clicks_.empty()) {
        clicks_.pop_back();
        return;
    }
    if (!setting_) {
        points_.pop_back();
        if (!segments_.empty())
            segments_.pop_back();
    }
    if (points_.empty())
        return finish();
    // On from the point before, on the same edges; what is being worked on is of no use any more.
    live_.clear();
    wires_ = std::make_shared<Wires>(Wires{wires_->part, known_ ? known_->costs : nullptr, {}});
    work_.drop();
    setting_ = complete_ = false;
    work_.start([wires = wires_, from = points_.back()](LatestWork::Stop) -> LatestWork::Finish {
        wires->find_costs();
        wires->start_at(from);
        return {};
    });
    wanted_ = pointer_;
    Q_EMIT repaint();
}

void LiveWireTool::finish() {
    work_.drop();
    points_.clear();
    segments_.clear();
    live_.clear();
    clicks_.clear();
    wanted_.reset();
    setting_ = complete_ = growing_ = false;
    wires_.reset();
    Q_EMIT repaint();
}

bool LiveWireTool::near_first(const QPointF& device) const {
    return !points_.empty() &&
           QLineF(canvas().view().to_device(QPointF(points_.front().x, points_.front().y)), device).length() <
               grab_reach;
}

bool LiveWireTool::own_key(QKeyEvent* event) {
    if (!busy())
        return false;
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
        close();
        return true;
    case Qt::Key_Escape:
        finish();
        return true;
    case Qt::Key_Backspace:
        take_back();
        return true;
    default:
        return false;
    }
}

QCursor LiveWireTool::cursor() const {
    return tool_cursor(QStringLiteral("live-wire"));
}

void LiveWireTool::paint(QPainter& painter, const ViewTransform& view) {
    if (points_.empty())
        return;
    QPolygonF line;
    for (const Polygon& segment : segments_)
        line << device_polygon(segment, view);
    const bool closes = pointer_ && points_.size() >= 3 && near_first(view.to_device(*pointer_));
    const QPolygonF live = device_polygon(live_, view);
    QPainterPath area;
    area.addPolygon(line + live);
    area.closeSubpath();
    painter.fillPath(area, QColor(255, 255, 255, 28));
    painter.setRenderHint(QPainter::Antialiasing);
    draw_twice(painter, [&] {
        painter.drawPolyline(line);
        painter.drawPolyline(live);
    });
    draw_handles(painter, device_polygon(points_, view), closes ? 0 : -1);
}

LabelToolSpec live_wire_tool() {
    return {
        .id = "label.live-wire",
        .title = LiveWireTool::tr("Live-wire"),
        .help =
            LiveWireTool::tr("An outline that snaps to edges between a few clicks (intelligent scissors)."),
        .hint = LiveWireTool::tr(
            "Click along an edge; Ctrl-click does not snap; Enter closes, Backspace takes back, "
            "Esc cancels"),
        .icon = "live-wire",
        .key = Qt::Key_I,
        .make =
            [](const LabelToolContext& context) { return std::make_unique<LiveWireTool>(context, nullptr); },
        .family = "smart"};
}

} // namespace eyepiece
