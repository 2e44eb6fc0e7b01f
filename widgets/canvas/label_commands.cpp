// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/label_commands.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"
#include "widgets/canvas/mark_tools.h"
#include "widgets/canvas/object_edits.h"
#include "widgets/canvas/plane_edits.h"

#include <algorithm>
#include <array>
#include <memory>

namespace eyepiece {

namespace {

// What a command for objects works on: the selected ones. Says what to do when there are too few.
std::vector<ObjectId> selected(LabelEditor& editor, std::size_t at_least = 1) {
    if (editor.selection().size() >= at_least)
        return editor.selection();
    Q_EMIT editor.refused(
        at_least > 1
            ? LabelTools::tr("Select two objects or more first: with Select (V), Shift-click them or drag "
                             "around them.")
            : LabelTools::tr("No object is selected. Click one with Select (V), or drag around several."));
    return {};
}

void fill_holes_below(LabelEditor& editor, const QPoint& pixel) {
    // The object below the pointer, but when it is one of the selected ones, all of these.
    const ObjectId below = editor.document().at(pixel.x(), pixel.y());
    const std::vector<ObjectId>& chosen = editor.selection();
    if (below != 0 && std::find(chosen.begin(), chosen.end(), below) == chosen.end())
        fill_holes(editor, std::array{below});
    else
        fill_holes(editor, selected(editor));
}

// The planes between those that the objects were drawn in, of the time point in sight.
void fill_between(LabelTools& tools, ImageCanvas& canvas, LabelEditor& editor,
                  const std::vector<ObjectId>& objects) {
    const OpenImage* image = canvas.image();
    if (objects.empty() || !image)
        return;
    const int depth = image->info().depth;
    if (depth <= 1) {
        Q_EMIT editor.refused(
            LabelTools::tr("This image has a single plane: there is nothing between planes."));
        return;
    }
    auto work = std::make_shared<BetweenPlanes>();
    work->item = editor.item();
    work->width = image->info().width;
    work->height = image->info().height;
    work->planes = {canvas.plane_t() * depth, depth};
    work->objects = objects;
    work->only_where_empty = tools.settings().only_where_empty();
    editor.commit_made(
        LabelTools::tr("fill between planes"), [work](Project& project) { return work->edits(project); },
        [work, &tools] {
            Q_EMIT tools.said(
                work->filled > 0
                    ? LabelTools::tr("%n plane(s) filled.", nullptr, work->filled)
                    : LabelTools::tr(
                          "There is no plane to fill: draw the object in two planes that are not next "
                          "to each other."));
        });
}

// A point takes any class, keypoints one whose skeleton has as many points.
void set_mark_class(LabelEditor& editor) {
    MarkEditor& marks = editor.marks();
    Mark mark = *marks.mark(marks.selected());
    if (editor.current_class() <= 0)
        return;
    const Skeleton* skeleton = marks.skeleton(editor.current_class());
    if (mark.kind == MarkKind::Keypoints && (!skeleton || skeleton->names.size() != mark.points.size())) {
        Q_EMIT editor.refused(
            LabelTools::tr("These keypoints cannot take this class: its skeleton has not the "
                           "same number of points."));
        return;
    }
    mark.class_id = editor.current_class();
    marks.put(mark, LabelTools::tr("class of points"));
}

void select_all(LabelEditor& editor) {
    std::vector<ObjectId> all;
    for (const auto& [id, object] : editor.document().objects())
        if (object.class_id != 0) // painted background is none
            all.push_back(id);
    editor.select_objects(std::move(all));
}

} // namespace

std::vector<LabelCommand> object_commands(LabelTools& tools, ImageCanvas& canvas, LabelEditor& editor) {
    const auto tr = [](const char* text) { return LabelTools::tr(text); };
    return {
        {.id = "label.select-all",
         .title = tr("Select all objects"),
         .help = tr("Every object of this image but painted background."),
         .key = QKeySequence(Qt::CTRL | Qt::Key_A),
         .run = [&] { select_all(editor); }},
        {.id = "label.merge",
         .title = tr("Merge objects"),
         .help = tr("The selected objects become one, of the class of the one chosen first."),
         .icon = "merge",
         .key = Qt::Key_J,
         .run =
             [&] {
                 if (const auto objects = selected(editor, 2); !objects.empty())
                     merge_objects(editor, objects);
             }},
        {.id = "label.split-parts",
         .title = tr("Split into parts"),
         .help = tr("Each connected part of the selected objects becomes an object of its own."),
         .icon = "split-parts",
         .key = QKeySequence(Qt::SHIFT | Qt::Key_J),
         .run =
             [&] {
                 const auto objects = selected(editor);
                 if (!objects.empty() && split_objects(editor, objects) == 0)
                     Q_EMIT editor.refused(
                         LabelTools::tr("Nothing to split: what is selected has one part each."));
             }},
        {.id = "label.keep-largest",
         .title = tr("Keep the largest part"),
         .help = tr("All other parts of the selected objects are erased."),
         .icon = "keep-largest",
         .key = Qt::Key_Q,
         .run =
             [&] {
                 const auto objects = selected(editor);
                 if (!objects.empty() && keep_largest(editor, objects) == 0)
                     Q_EMIT editor.refused(
                         LabelTools::tr("Nothing to erase: what is selected has one part each."));
             }},
        {.id = "label.fill-holes",
         .title = tr("Fill the holes of objects"),
         .help = tr("Of the object below the pointer, or of the selected ones."),
         .icon = "fill-holes",
         .key = Qt::Key_H,
         .run = [&] { fill_holes_below(editor, canvas.pixel_below_pointer()); }},
        {.id = "label.fill-between",
         .title = tr("Fill between planes"),
         .help = tr("Of a volume: the selected objects get their shape in the planes between those they were "
                    "drawn in."),
         .icon = "fill-between",
         .key = QKeySequence(Qt::SHIFT | Qt::Key_F),
         .run = [&] { fill_between(tools, canvas, editor, selected(editor)); }},
        {.id = "label.copy-to-next",
         .title = tr("Copy to the next image"),
         .help = tr("Copies the selected objects to the next image of this size, where it is empty, or the "
                    "selected points, and goes there."),
         .icon = "copy-to-next",
         .key = QKeySequence(Qt::SHIFT | Qt::Key_N),
         .run =
             [&] {
                 if (editor.marks().selected() != 0 || !selected(editor).empty())
                     Q_EMIT tools.copy_to_next_wanted();
             }},
        {.id = "label.set-class",
         .title = tr("Give the selected objects the current class"),
         .help = tr("The class chosen under Classes."),
         .key = Qt::Key_C,
         .run =
             [&] {
                 if (editor.marks().selected() != 0)
                     set_mark_class(editor);
                 else
                     set_class(editor, selected(editor), editor.current_class());
             }},
        {.id = "label.delete",
         .title = tr("Delete the selected objects"),
         .help = tr("Backspace does the same."),
         .icon = "trash",
         .key = Qt::Key_Delete,
         .run =
             [&] {
                 if (!delete_chosen(editor.marks()))
                     remove_objects(editor, selected(editor));
             }},
        {.id = "label.delete-mark",
         .title = tr("Delete the selected keypoints as a whole"),
         .help = tr("All points of the instance; Delete alone removes the chosen one."),
         .key = QKeySequence(Qt::CTRL | Qt::Key_Delete),
         .run =
             [&] {
                 MarkEditor& marks = editor.marks();
                 if (!marks.remove(marks.selected(), LabelTools::tr("delete keypoints")))
                     Q_EMIT editor.refused(LabelTools::tr(
                         "No keypoints are selected. Click one of their points with Keypoints (Shift+K)."));
             }},
    };
}

std::vector<LabelCommand> label_command_list(LabelTools& tools, ImageCanvas& canvas, LabelEditor& editor) {
    const auto tr = [](const char* text) { return LabelTools::tr(text); };
    std::vector<LabelCommand> list{
        {.id = "label.swap",
         .title = tr("Swap brush and eraser"),
         .help = tr("To the eraser, and from it back to the tool before."),
         .key = Qt::Key_X,
         .run = [&] { tools.swap_eraser(); }},
        {.id = "label.smaller",
         .title = tr("Smaller brush"),
         .help = tr("Or a smaller radius or area, of tools that have one. Ctrl and the wheel do the same."),
         .key = Qt::Key_BracketLeft,
         .run = [&] { tools.resize(-1); },
         .repeats = true},
        {.id = "label.larger",
         .title = tr("Larger brush"),
         .help = tr("Or a larger radius or area, of tools that have one. Ctrl and the wheel do the same."),
         .key = Qt::Key_BracketRight,
         .run = [&] { tools.resize(1); },
         .repeats = true},
        {.id = "label.pick",
         .title = tr("Pick the class below the pointer"),
         .help = tr("Alt-click does the same with any tool."),
         .key = Qt::Key_P,
         .run = [&] { tools.pick_at(canvas.pixel_below_pointer()); }},
        {.id = "label.next-object",
         .title = tr("Next object"),
         .help = tr("In reading order; brings it into sight."),
         .key = Qt::Key_Tab,
         .run = [&] { tools.next_object(1); },
         .repeats = true},
        {.id = "label.previous-object",
         .title = tr("Previous object"),
         .help = tr("In reading order; brings it into sight."),
         .key = QKeySequence(Qt::SHIFT | Qt::Key_Tab),
         .run = [&] { tools.next_object(-1); },
         .repeats = true},
        {.id = "label.next-unlabelled",
         .title = tr("Next unlabelled image"),
         .help = tr("The next in the list without objects that is not marked complete."),
         .key = Qt::Key_N,
         .run = [&] { Q_EMIT tools.next_unlabelled_wanted(); }},
        {.id = "label.accept-all",
         .title = tr("Accept the whole prediction"),
         .help = tr("What a person drew is never painted over."),
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
         .help = tr("On: pixels of other objects stay theirs."),
         .key = Qt::Key_M,
         .run = [&] { tools.settings().set_only_where_empty(!tools.settings().only_where_empty()); }},
    };
    for (LabelCommand& each : object_commands(tools, canvas, editor))
        list.push_back(std::move(each));
    return list;
}

} // namespace eyepiece
