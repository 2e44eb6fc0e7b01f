// SPDX-License-Identifier: GPL-3.0-or-later
// Brush, eraser, fill and accept.
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"

#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineF>
#include <QPainter>
#include <QPointer>
#include <QThreadPool>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

Point2 to_point(const QPointF& p) {
    return {p.x(), p.y()};
}

QPoint pixel_of(const QPointF& p) {
    return {static_cast<int>(std::floor(p.x())), static_cast<int>(std::floor(p.y()))};
}

// A line that shows on dark and light ground.
void draw_twice(QPainter& painter, const std::function<void()>& draw) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 170), 3));
    draw();
    painter.setPen(QPen(Qt::white, 1.4));
    draw();
}

} // namespace

void LabelToolSettings::set_brush_size(double size) {
    size = std::round(std::clamp(size, smallest_brush, largest_brush));
    if (size == brush_size_)
        return;
    brush_size_ = size;
    Q_EMIT changed();
}

void LabelToolSettings::set_only_where_empty(bool on) {
    if (on == only_where_empty_)
        return;
    only_where_empty_ = on;
    Q_EMIT changed();
}

void LabelToolSettings::set_tolerance(double share) {
    share = std::clamp(share, 0.01, 1.0);
    if (share == tolerance_)
        return;
    tolerance_ = share;
    Q_EMIT changed();
}

void LabelToolSettings::step_brush_size(double steps) {
    const double by = std::max(1.0, brush_size_ * 0.1) * steps;
    set_brush_size(brush_size_ + (std::abs(by) < 1 ? std::copysign(1.0, by) : by));
}

// ---- what all have

bool LabelTool::key(QKeyEvent* event) {
    return own_key(event) || (fallback_ && fallback_(event));
}

bool LabelTool::resize(double steps) {
    if (steps == 0)
        return true;
    settings().step_brush_size(steps);
    Q_EMIT repaint();
    return true;
}

bool LabelTool::picked(const CanvasPointer& pointer) {
    if (!(pointer.modifiers & Qt::AltModifier))
        return false;
    const QPoint pixel = pixel_of(pointer.image);
    const LabelObject* object = editor().document().object(editor().document().at(pixel.x(), pixel.y()));
    if (object) {
        editor().set_current_class(object->class_id);
        editor().select(object->id);
    }
    return true;
}

// ---- brush and eraser

BrushTool::BrushTool(const LabelToolContext& context, bool erases, QObject* parent)
    : LabelTool(context, parent), erases_(erases) {
    connect(&settings(), &LabelToolSettings::changed, this, &CanvasTool::repaint);
}

// The object that a stroke from here belongs to; made when there is none. 0: no class to paint.
ObjectId BrushTool::target(const Point2& at) {
    const LabelDocument& document = editor().document();
    const ClassId wanted = editor().current_class();
    const auto x = static_cast<std::int64_t>(std::floor(at.x)),
               y = static_cast<std::int64_t>(std::floor(at.y));
    if (const LabelObject* below = document.object(document.at(x, y)); below && below->class_id == wanted)
        return below->id;
    if (wanted == 0) // painted background is one thing, not many
        for (const auto& [id, object] : document.objects())
            if (object.class_id == 0)
                return id;
    return editor().new_object();
}

void BrushTool::press(const CanvasPointer& pointer) {
    if (drawing_ || picked(pointer))
        return;
    const bool erase = erases_ || pointer.buttons == Qt::RightButton;
    if (pointer.buttons != Qt::LeftButton && pointer.buttons != Qt::RightButton)
        return;
    if (!erase && editor().current_class() < 0) {
        Q_EMIT editor().refused(tr("There is no class to paint yet. Add one under Classes at the right."));
        return;
    }
    if (!editor().begin(erase ? tr("eraser") : tr("brush")))
        return;
    const Point2 at = to_point(pointer.image);
    const bool straight =
        (pointer.modifiers & Qt::ShiftModifier) && has_last_ && last_item_ == editor().item();
    const LabelObject* before = editor().document().object(last_object_);
    rule_ = {};
    if (!erase) {
        // A straight line goes on with the stroke that it starts from.
        rule_.id =
            straight && before && before->class_id == editor().current_class() ? last_object_ : target(at);
        rule_.only_where_empty = settings().only_where_empty();
        editor().select(rule_.id);
    }
    drawing_ = true;
    editor().line(straight ? last_ : at, at, settings().brush_size(), rule_);
    last_ = at;
    last_item_ = editor().item();
    has_last_ = true;
    last_object_ = rule_.id;
}

void BrushTool::move(const CanvasPointer& pointer) {
    pointer_ = pointer.image;
    modifiers_ = pointer.modifiers;
    if (drawing_) {
        const Point2 at = to_point(pointer.image);
        editor().line(last_, at, settings().brush_size(), rule_);
        last_ = at;
    }
    Q_EMIT repaint();
}

void BrushTool::release(const CanvasPointer& pointer) {
    if (!drawing_)
        return;
    const Point2 at = to_point(pointer.image);
    if (at.x != last_.x || at.y != last_.y)
        editor().line(last_, at, settings().brush_size(), rule_);
    last_ = at;
    drawing_ = false;
    editor().commit();
}

void BrushTool::finish() {
    if (drawing_) {
        drawing_ = false;
        editor().commit();
    }
    pointer_.reset();
}

void BrushTool::leave() {
    pointer_.reset();
    Q_EMIT repaint();
}

bool BrushTool::own_key(QKeyEvent* event) {
    if (event->key() != Qt::Key_Escape || !drawing_)
        return false;
    drawing_ = false;
    editor().cancel();
    return true;
}

bool BrushTool::shows_line() const {
    return (modifiers_ & Qt::ShiftModifier) && has_last_ && last_item_ == editor().item() && !drawing_;
}

std::optional<QRectF> BrushTool::painted_area(const ViewTransform& view) const {
    if (!pointer_)
        return QRectF();
    const double reach = settings().brush_size() / 2 * view.scale() + 3;
    const QPointF middle = view.to_device(*pointer_);
    QRectF area(middle.x() - reach, middle.y() - reach, 2 * reach, 2 * reach);
    if (shows_line())
        area |= QRectF(view.to_device(QPointF(last_.x, last_.y)), QSizeF(1, 1)).adjusted(-3, -3, 3, 3);
    return area;
}

void BrushTool::paint(QPainter& painter, const ViewTransform& view) {
    if (!pointer_)
        return;
    const double radius = settings().brush_size() / 2 * view.scale();
    const QPointF middle = view.to_device(*pointer_);
    draw_twice(painter, [&] {
        painter.drawEllipse(middle, radius, radius);
        if (shows_line())
            painter.drawLine(view.to_device(QPointF(last_.x, last_.y)), middle);
    });
}

// ---- fill

namespace {

constexpr std::int64_t fill_reach = 1024; // px to each side of the click

struct FillWish {
    std::shared_ptr<PixelBlocks> blocks;
    int z = 0, t = 0;
    std::vector<std::pair<int, double>> channels; // and how far its values may differ
    Region window;
    LabelMap labels; // of the window
    QPoint seed;     // within the window
};

// The 4-connected area around the seed whose values are near the seed's and that bears no label.
Mask flood(const FillWish& wish) {
    const Image image = wish.blocks->read(wish.window, 0, wish.z, wish.t);
    Mask mask(wish.window.height, wish.window.width);
    const auto width = wish.window.width, height = wish.window.height;
    std::vector<std::uint8_t> allowed(static_cast<std::size_t>(width * height), 1);
    const auto seed = static_cast<std::size_t>(wish.seed.y() * width + wish.seed.x());
    for (std::size_t i = 0; i < allowed.size(); ++i)
        allowed[i] = wish.labels.ids()[i] == 0;
    for (const auto& [channel, reach] : wish.channels)
        with_pixel_type(image.type(), [&, channel = channel, reach = reach](auto sample) {
            const auto values = image.plane_as<decltype(sample)>(channel);
            const double at = static_cast<double>(values[seed]);
            for (std::size_t i = 0; i < allowed.size(); ++i)
                allowed[i] = allowed[i] && std::abs(static_cast<double>(values[i]) - at) <= reach;
        });
    std::vector<QPoint> stack{wish.seed};
    while (!stack.empty()) {
        const QPoint p = stack.back();
        stack.pop_back();
        if (p.x() < 0 || p.y() < 0 || p.x() >= width || p.y() >= height)
            continue;
        const auto i = static_cast<std::size_t>(p.y() * width + p.x());
        if (!allowed[i] || mask.pixels[i])
            continue;
        mask.pixels[i] = 1;
        for (const QPoint& by : {QPoint(1, 0), QPoint(-1, 0), QPoint(0, 1), QPoint(0, -1)})
            stack.push_back(p + by);
    }
    return mask;
}

} // namespace

void FillTool::press(const CanvasPointer& pointer) {
    if (picked(pointer) || pointer.buttons != Qt::LeftButton || busy_ || !canvas().image())
        return;
    const QPoint pixel = pixel_of(pointer.image);
    const LabelDocument& document = editor().document();
    if (document.empty() || pixel.x() < 0 || pixel.y() < 0 || pixel.x() >= document.width() ||
        pixel.y() >= document.height())
        return;
    if (const ObjectId id = document.at(pixel.x(), pixel.y())) {
        editor().fill_holes(id);
        return;
    }
    if (editor().current_class() < 0) {
        Q_EMIT editor().refused(tr("There is no class to paint yet. Add one under Classes at the right."));
        return;
    }
    FillWish wish;
    wish.blocks = canvas().image()->blocks;
    wish.z = canvas().plane_z();
    wish.t = canvas().plane_t();
    const bool rgb = canvas().image()->info().rgb;
    const std::vector<ChannelContrast> contrasts = canvas().layers().channel_contrasts();
    for (std::size_t c = 0; c < contrasts.size(); ++c)
        if (rgb || contrasts[c].visible)
            wish.channels.emplace_back(static_cast<int>(c),
                                       settings().tolerance() * (contrasts[c].high - contrasts[c].low));
    wish.window =
        Region{pixel.x() - fill_reach, pixel.y() - fill_reach, 2 * fill_reach, 2 * fill_reach}.intersected(
            document.tiles()->extent());
    wish.labels = document.tiles()->read(wish.window);
    wish.seed = pixel - QPoint(static_cast<int>(wish.window.x), static_cast<int>(wish.window.y));
    busy_ = true;
    QThreadPool::globalInstance()->start([wish = std::move(wish), item = document.item(),
                                          self = QPointer<FillTool>(this),
                                          extent = document.tiles()->extent()] {
        Mask mask;
        QString problem;
        try {
            mask = flood(wish);
        } catch (const std::exception& error) {
            problem = QString::fromUtf8(error.what());
        }
        bool cut = false; // it ran into the window's edge, where the image goes on
        for (std::int64_t y = 0; y < mask.height && !cut; ++y)
            cut = (wish.window.x > 0 && mask.at(0, y)) ||
                  (wish.window.right() < extent.width && mask.at(mask.width - 1, y));
        for (std::int64_t x = 0; x < mask.width && !cut; ++x)
            cut = (wish.window.y > 0 && mask.at(x, 0)) ||
                  (wish.window.bottom() < extent.height && mask.at(x, mask.height - 1));
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, mask, item, cut, problem,
             corner = QPoint(static_cast<int>(wish.window.x), static_cast<int>(wish.window.y))] {
                if (!self)
                    return;
                self->busy_ = false;
                if (!problem.isEmpty())
                    Q_EMIT self->editor().refused(problem);
                else
                    self->apply(mask, corner, item, cut);
            },
            Qt::QueuedConnection);
    });
}

void FillTool::apply(const Mask& mask, QPoint corner, ItemId item, bool cut) {
    if (item != editor().item())
        return; // another image is in front by now
    if (cut) {
        Q_EMIT editor().refused(
            tr("The area of similar brightness is larger than %1 pixels across, so it was left alone. "
               "Lower the tolerance of Fill and try again.")
                .arg(2 * fill_reach));
        return;
    }
    if (!editor().begin(tr("fill")))
        return;
    const ObjectId id = editor().new_object();
    editor().mask(mask, corner.x(), corner.y(), {id, true, 0});
    editor().commit();
    editor().select(id);
}

// ---- accept

void AcceptTool::press(const CanvasPointer& pointer) {
    if (picked(pointer) || pointer.buttons != Qt::LeftButton)
        return;
    dragging_ = true;
    from_ = to_ = pointer.image;
    from_device_ = pointer.device;
}

void AcceptTool::move(const CanvasPointer& pointer) {
    if (!dragging_)
        return;
    to_ = pointer.image;
    Q_EMIT repaint();
}

void AcceptTool::release(const CanvasPointer& pointer) {
    if (!dragging_)
        return;
    dragging_ = false;
    Q_EMIT repaint();
    if (!editor().has_prediction()) {
        Q_EMIT editor().refused(
            tr("There is no prediction on this image to accept. Train a model, then choose Predict."));
        return;
    }
    if (QLineF(from_device_, pointer.device).length() < 4) {
        const QPoint pixel = pixel_of(pointer.image);
        editor().accept_object(editor().predicted_at(pixel.x(), pixel.y()));
        return;
    }
    const QRect box = QRectF(from_, pointer.image).normalized().toAlignedRect();
    editor().accept_region({box.x(), box.y(), box.width(), box.height()});
}

void AcceptTool::finish() {
    dragging_ = false;
    Q_EMIT repaint();
}

void AcceptTool::paint(QPainter& painter, const ViewTransform& view) {
    if (dragging_)
        draw_twice(painter, [&] { painter.drawRect(view.to_device(QRectF(from_, to_).normalized())); });
}

} // namespace eyepiece
