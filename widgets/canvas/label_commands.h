// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QKeySequence>
#include <QString>
#include <functional>
#include <vector>

namespace eyepiece {

class ImageCanvas;
class LabelEditor;
class LabelTools;

// What the user can do in Label, as button, key and line of the palette.
struct LabelCommand {
    QString id;        // "label.brush"
    QString title;     // "Brush"
    QString help = {}; // one line
    QString icon = {}; // name; may be empty
    QKeySequence key = {};
    std::function<void()> run = {};
    bool chooses_tool = false; // the one of this id
    QString family = {};       // of that tool: LabelToolSpec::family
    bool repeats = false;      // while its key is held down
};

// Those that work on the selected objects.
std::vector<LabelCommand> object_commands(LabelTools& tools, ImageCanvas& canvas, LabelEditor& editor);
// These and every other command that does not choose a tool. What they refer to must outlive them.
std::vector<LabelCommand> label_command_list(LabelTools& tools, ImageCanvas& canvas, LabelEditor& editor);

} // namespace eyepiece
