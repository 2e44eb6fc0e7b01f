// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/label_tool.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>
#include <utility>

namespace eyepiece {

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

void LabelToolSettings::set_radius(double radius) {
    radius = std::round(std::clamp(radius, smallest_radius, largest_radius));
    if (radius == radius_)
        return;
    radius_ = radius;
    Q_EMIT changed();
}

void LabelToolSettings::set_area_limit(std::int64_t area) {
    area = std::max<std::int64_t>(area, 1);
    if (area == area_limit_)
        return;
    area_limit_ = area;
    Q_EMIT changed();
}

void LabelToolSettings::set_larger_ones(bool on) {
    if (on == larger_ones_)
        return;
    larger_ones_ = on;
    Q_EMIT changed();
}

void LabelToolSettings::set_one_class_an_image(bool on) {
    if (on == one_class_)
        return;
    one_class_ = on;
    Q_EMIT changed();
}

void LabelToolSettings::set_next_after_class(bool on) {
    if (on == next_after_class_)
        return;
    next_after_class_ = on;
    Q_EMIT changed();
}

void LabelToolSettings::step_brush_size(double steps) {
    const double by = std::max(1.0, brush_size_ * 0.1) * steps;
    set_brush_size(brush_size_ + (std::abs(by) < 1 ? std::copysign(1.0, by) : by));
}

void LabelToolSettings::show_examples(std::set<ObjectId> examples, std::map<ObjectId, ClassId> told_classes) {
    if (examples == examples_ && told_classes == told_classes_)
        return;
    examples_ = std::move(examples);
    told_classes_ = std::move(told_classes);
    Q_EMIT examples_changed();
}

void LabelToolSettings::choose_example(ObjectId id, bool is_one) {
    if (is_one ? !examples_.insert(id).second : examples_.erase(id) == 0)
        return;
    Q_EMIT examples_changed();
    Q_EMIT example_chosen(id, is_one);
}

// ---- what all tools have

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

PixelSize LabelTool::pixel_size() const {
    return canvas().image() ? canvas().image()->info().pixel_size : PixelSize{};
}

bool LabelTool::has_class() {
    if (editor().current_class() >= 0)
        return true;
    Q_EMIT editor().refused(tr("There is no class to draw with yet. Add one under Classes at the right."));
    return false;
}

void LabelTool::add_object(const Polygon& outline, const QString& what) {
    if (outline.size() < 3 || !editor().begin(what))
        return;
    const ObjectId id = editor().new_object();
    editor().polygon(outline, {id, settings().only_where_empty(), 0});
    const LabelObject* made = editor().document().object(id);
    const Region place = bounds_of(outline).intersected(editor().document().tiles()->extent());
    std::int64_t covered = 0;
    if (!place.empty())
        for (const std::uint8_t pixel : rasterize(outline, place).pixels)
            covered += pixel;
    if (made && made->area == covered && covered > 0) {
        LabelObject object = *made;
        object.polygon = outline;
        editor().set_object(object);
    }
    end_object(id);
}

void LabelTool::add_object(const Mask& mask, const Region& place, const QString& what) {
    if (!editor().begin(what))
        return;
    const ObjectId id = editor().new_object();
    editor().mask(mask, place.x, place.y, {id, settings().only_where_empty(), 0});
    end_object(id);
}

void LabelTool::end_object(ObjectId id) {
    const LabelObject* made = editor().document().object(id);
    const bool empty = !made || made->area <= 0;
    editor().commit();
    if (!empty)
        editor().select(id);
    else if (settings().only_where_empty())
        Q_EMIT editor().refused(tr("Nothing was drawn: there is no free pixel below it. Turn \"Only where "
                                   "empty\" off (M) to draw over other objects."));
    else
        Q_EMIT editor().refused(tr("Nothing was drawn: it holds no pixel of the image."));
}

} // namespace eyepiece
