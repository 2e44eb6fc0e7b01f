// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/delete_area_tool.h"

#include "widgets/canvas/furniture.h"
#include "widgets/canvas/measure_text.h"
#include "widgets/canvas/object_edits.h"
#include "widgets/canvas/tool_drawing.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

namespace eyepiece {

void DeleteAreaTool::refresh() {
    doomed_ = objects_by_area(editor().document(), settings().area_limit(), settings().larger_ones());
    const std::vector<ObjectId>& selection = editor().selection();
    of_selection_ = selection.size() > 1;
    if (of_selection_) {
        const std::unordered_set<ObjectId> selected(selection.begin(), selection.end());
        std::erase_if(doomed_, [&](ObjectId id) { return !selected.contains(id); });
        among_ = static_cast<int>(selection.size());
    } else {
        among_ = static_cast<int>(std::count_if(editor().document().objects().begin(),
                                                editor().document().objects().end(),
                                                [](const auto& each) { return each.second.class_id != 0; }));
    }
    editor().mark(doomed_);
    Q_EMIT preview_changed();
}

void DeleteAreaTool::finish() {
    doomed_.clear();
    editor().mark({});
    Q_EMIT preview_changed();
}

QString DeleteAreaTool::status() const {
    const QString area = area_text(static_cast<double>(settings().area_limit()), pixel_size());
    const QString which = settings().larger_ones() ? tr("%1 or more") : tr("%1 or less");
    return (of_selection_ ? tr("%1 of the %2 selected: %3") : tr("%1 of %2: %3"))
        .arg(value_text(static_cast<double>(doomed_.size()), PixelType::UInt32),
             of_selection_ ? value_text(static_cast<double>(among_), PixelType::UInt32)
                           : objects_text(among_),
             which.arg(area));
}

void DeleteAreaTool::apply() {
    if (doomed_.empty()) {
        Q_EMIT editor().refused(tr("Nothing was deleted: no object is that %1.")
                                    .arg(settings().larger_ones() ? tr("large") : tr("small")));
        return;
    }
    const std::vector<ObjectId> going = std::exchange(doomed_, {});
    Q_EMIT over(); // first, so that nothing stays marked
    remove_objects(editor(), going);
}

bool DeleteAreaTool::resize(double steps) {
    const auto now = static_cast<double>(settings().area_limit());
    const double by = std::max(1.0, now * 0.1) * (std::abs(steps) < 1 ? std::copysign(1.0, steps) : steps);
    if (steps != 0)
        settings().set_area_limit(static_cast<std::int64_t>(std::round(now + by)));
    return true;
}

void DeleteAreaTool::press(const CanvasPointer& pointer) {
    if (pointer.buttons != Qt::LeftButton || picked(pointer))
        return;
    const QPoint pixel = pixel_of(pointer.image);
    if (const LabelObject* object = editor().document().object(editor().document().at(pixel.x(), pixel.y())))
        settings().set_area_limit(object->area);
}

bool DeleteAreaTool::own_key(QKeyEvent* event) {
    if (event->key() == Qt::Key_X && event->modifiers() == Qt::NoModifier) {
        settings().set_larger_ones(!settings().larger_ones());
        return true;
    }
    return PreviewTool::own_key(event);
}

LabelToolSpec delete_area_tool() {
    return {.id = "label.delete-area",
            .title = DeleteAreaTool::tr("Delete by area"),
            .help = DeleteAreaTool::tr("Delete all objects smaller, or larger, than an area."),
            .hint = DeleteAreaTool::tr("Enter deletes what is red, Esc leaves; Ctrl+wheel or a click on an "
                                       "object for the area"),
            .icon = "delete-area",
            .key = QKeySequence(Qt::SHIFT | Qt::Key_Delete),
            .make =
                [](const LabelToolContext& context) {
                    return std::make_unique<DeleteAreaTool>(context, nullptr);
                },
            .family = "delete"};
}

} // namespace eyepiece
