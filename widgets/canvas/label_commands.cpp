// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/label_commands.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"

namespace eyepiece {

std::vector<LabelCommand> label_command_list(LabelTools& tools, ImageCanvas& canvas, LabelEditor& editor) {
    const auto tr = [](const char* text) { return LabelTools::tr(text); };
    return {
        {.id = "label.swap",
         .title = tr("Swap brush and eraser"),
         .key = Qt::Key_X,
         .run = [&] { tools.swap_eraser(); }},
        {.id = "label.smaller",
         .title = tr("Smaller brush"),
         .key = Qt::Key_BracketLeft,
         .run = [&] { tools.settings().step_brush_size(-1); },
         .repeats = true},
        {.id = "label.larger",
         .title = tr("Larger brush"),
         .key = Qt::Key_BracketRight,
         .run = [&] { tools.settings().step_brush_size(1); },
         .repeats = true},
        {.id = "label.pick",
         .title = tr("Pick the class below the pointer"),
         .help = tr("Alt-click does the same with any tool."),
         .key = Qt::Key_P,
         .run = [&] { tools.pick_at(canvas.pixel_below_pointer()); }},
        {.id = "label.fill-holes",
         .title = tr("Fill the holes of the object"),
         .key = Qt::Key_H,
         .run =
             [&] {
                 const QPoint pixel = canvas.pixel_below_pointer();
                 const ObjectId below = editor.document().at(pixel.x(), pixel.y());
                 editor.fill_holes(below ? below : editor.selected());
             }},
        {.id = "label.delete",
         .title = tr("Delete the object"),
         .key = Qt::Key_Delete,
         .run = [&] { editor.remove_object(editor.selected()); }},
        {.id = "label.set-class",
         .title = tr("Give the selected object the current class"),
         .key = Qt::Key_C,
         .run = [&] { editor.set_object_class(editor.selected(), editor.current_class()); }},
        {.id = "label.next-object",
         .title = tr("Next object"),
         .key = Qt::Key_Tab,
         .run = [&] { tools.next_object(1); },
         .repeats = true},
        {.id = "label.previous-object",
         .title = tr("Previous object"),
         .key = QKeySequence(Qt::SHIFT | Qt::Key_Tab),
         .run = [&] { tools.next_object(-1); },
         .repeats = true},
        {.id = "label.next-unlabelled",
         .title = tr("Next unlabelled image"),
         .key = Qt::Key_N,
         .run = [&] { Q_EMIT tools.next_unlabelled_wanted(); }},
        {.id = "label.accept-all",
         .title = tr("Accept the whole prediction"),
         .key = Qt::Key_A,
         .run =
             [&] {
                 const int count = editor.accept_all();
                 Q_EMIT tools.said(count > 0
                                       ? LabelTools::tr("%n predicted object(s) accepted.", nullptr, count)
                                       : LabelTools::tr("There is no prediction on this image to accept."));
             }},
        {.id = "label.where-empty",
         .title = tr("Paint only where it is empty"),
         .key = Qt::Key_M,
         .run = [&] { tools.settings().set_only_where_empty(!tools.settings().only_where_empty()); }},
    };
}

} // namespace eyepiece
