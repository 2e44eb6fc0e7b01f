// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/example_tool.h"

#include "widgets/canvas/object_edits.h"
#include "widgets/canvas/tool_drawing.h"

#include <QPainter>
#include <algorithm>
#include <array>

namespace eyepiece {

namespace {
constexpr double smallest_shown = 8;          // device px across; smaller objects would be all dot
constexpr double least_dot = 3, most_dot = 6; // radius, device px
} // namespace

ExampleTool::ExampleTool(const LabelToolContext& context, QObject* parent) : LabelTool(context, parent) {
    connect(&settings(), &LabelToolSettings::examples_changed, this, &CanvasTool::repaint);
    connect(&editor(), &LabelEditor::objects_changed, this, &CanvasTool::repaint);
}

void ExampleTool::press(const CanvasPointer& pointer) {
    if (picked(pointer) || pointer.buttons != Qt::LeftButton)
        return;
    const QPoint pixel = pixel_of(pointer.image);
    const ObjectId id = editor().document().at(pixel.x(), pixel.y());
    if (id == 0) {
        Q_EMIT editor().refused(tr("There is no object here. Examples are objects that are labelled already: "
                                   "make some first, by hand, by a threshold or from a prediction."));
        return;
    }
    const LabelObject* object = editor().document().object(id);
    if (!object || !has_class() || !editor().ready())
        return;
    if (object->class_id == editor().current_class() && settings().examples().contains(id))
        return settings().choose_example(id, false);
    set_class(editor(), std::array{id}, editor().current_class());
    settings().choose_example(id, true);
    Q_EMIT repaint();
}

void ExampleTool::paint(QPainter& painter, const ViewTransform& view) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF seen = view.visible_image();
    for (const auto& [id, object] : editor().document().objects()) {
        const bool example = settings().examples().contains(id);
        const auto told = settings().told_classes().find(id);
        if (!example && told == settings().told_classes().end())
            continue;
        const QRectF bounds(static_cast<double>(object.bounds.x), static_cast<double>(object.bounds.y),
                            static_cast<double>(object.bounds.width),
                            static_cast<double>(object.bounds.height));
        if (!bounds.intersects(seen))
            continue;
        const QRectF shown = view.to_device(bounds);
        const double across = std::min(shown.width(), shown.height());
        if (across < smallest_shown)
            continue;
        const LabelClass* of = editor().find_class(example ? object.class_id : told->second);
        if (!of)
            continue;
        const double radius = std::clamp(across / 8, least_dot, most_dot);
        painter.setPen(QPen(Qt::black, 1));
        painter.setBrush(QColor(of->color[0], of->color[1], of->color[2]));
        painter.drawEllipse(shown.center(), radius, radius);
        if (example) {
            painter.setBrush(Qt::NoBrush);
            draw_twice(painter, [&] { painter.drawEllipse(shown.center(), radius + 3, radius + 3); });
        }
    }
    painter.restore();
}

LabelToolSpec example_tool() {
    return {.id = "label.example",
            .title = ExampleTool::tr("Example of the class"),
            .help =
                ExampleTool::tr("Choose objects whose class is an example: the others are sorted by them."),
            .hint = ExampleTool::tr("Click objects that are examples of the class in hand; the digits change "
                                    "it. \"Sort objects\" at the right sorts the others"),
            .icon = "example",
            .key = QKeySequence(Qt::SHIFT | Qt::Key_C),
            .make = [](const LabelToolContext& context) {
                return std::make_unique<ExampleTool>(context, nullptr);
            }};
}

} // namespace eyepiece
