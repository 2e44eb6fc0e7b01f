// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/object_tools.h"

#include "widgets/canvas/object_edits.h"

#include <algorithm>

namespace eyepiece {

namespace {

// Those of `met` that are selected.
std::vector<ObjectId> selected_of(const LabelEditor& editor, const std::vector<ObjectId>& met) {
    std::vector<ObjectId> selected;
    for (const ObjectId id : editor.selection())
        if (std::binary_search(met.begin(), met.end(), id))
            selected.push_back(id);
    return selected;
}

} // namespace

void CutTool::drawn(const Polygon& path) {
    const std::vector<ObjectId> met = objects_on(editor().document(), path);
    const std::vector<ObjectId> selected = selected_of(editor(), met);
    if (cut_objects(editor(), selected.empty() ? met : selected, path) == 0)
        Q_EMIT editor().refused(tr("Nothing was cut: the line does not go all the way through an object."));
}

EraseLineTool::EraseLineTool(const LabelToolContext& context, QObject* parent) : PathTool(context, parent) {
    connect(&settings(), &LabelToolSettings::changed, this, &CanvasTool::repaint);
}

void EraseLineTool::drawn(const Polygon& path) {
    const std::vector<ObjectId> selected = selected_of(editor(), objects_on(editor().document(), path));
    if (!editor().begin(tr("erase line")))
        return;
    const auto erase = [&](const PaintRule& rule) {
        editor().line(path.front(), path.front(), width(), rule);
        for (std::size_t i = 1; i < path.size(); ++i)
            editor().line(path[i - 1], path[i], width(), rule);
    };
    if (selected.empty())
        erase({});
    for (const ObjectId id : selected)
        erase({0, false, id});
    editor().commit();
}

void DeleteLassoTool::drawn(const Polygon& path) {
    const std::vector<ObjectId> within = objects_within(editor().document(), path);
    if (within.empty())
        Q_EMIT editor().refused(
            tr("Nothing was deleted: no object lies at least half within what you drew around."));
    else
        remove_objects(editor(), within);
}

LabelToolSpec cut_tool() {
    return {
        .id = "label.cut",
        .title = CutTool::tr("Cut"),
        .help = CutTool::tr("Cut objects apart along a line; each part becomes an object."),
        .hint = CutTool::tr("Drag a line through an object, or click point by point and Enter"),
        .icon = "cut",
        .key = Qt::Key_K,
        .make = [](const LabelToolContext& context) { return std::make_unique<CutTool>(context, nullptr); },
        .family = "reshape"};
}

LabelToolSpec erase_line_tool() {
    return {
        .id = "label.erase-line",
        .title = EraseLineTool::tr("Erase along a line"),
        .help = EraseLineTool::tr(
            "Erase along a line as wide as the brush, of the selected objects when it meets one."),
        .hint = EraseLineTool::tr("Click point by point and Enter, or drag; Ctrl+wheel or [ ] for the width"),
        .icon = "erase-line",
        .key = QKeySequence(Qt::SHIFT | Qt::Key_E),
        .make =
            [](const LabelToolContext& context) { return std::make_unique<EraseLineTool>(context, nullptr); },
        .family = "lines"};
}

LabelToolSpec delete_lasso_tool() {
    return {.id = "label.delete-lasso",
            .title = DeleteLassoTool::tr("Delete within a lasso"),
            .help = DeleteLassoTool::tr("Delete all objects that you draw around."),
            .hint = DeleteLassoTool::tr("Drag around what is to be deleted: objects at least half within go"),
            .icon = "delete-lasso",
            .key = QKeySequence(Qt::SHIFT | Qt::Key_L),
            .make =
                [](const LabelToolContext& context) {
                    return std::make_unique<DeleteLassoTool>(context, nullptr);
                },
            .family = "delete"};
}

} // namespace eyepiece
