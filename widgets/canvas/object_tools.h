// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/path_tools.h"

namespace eyepiece {

// Tools that work on objects by a line drawn over them. Where the line meets a selected object they work on
// the selected ones alone, else on every object that it meets.

// Cuts objects apart along a line of no width; each part becomes an object.
class CutTool : public PathTool {
    Q_OBJECT
public:
    using PathTool::PathTool;

protected:
    double width() const override { return 0; }
    void drawn(const Polygon& path) override;
    QString note(double) const override { return {}; }
};

// Takes pixels away along a line as wide as the brush.
class EraseLineTool : public PathTool {
    Q_OBJECT
public:
    EraseLineTool(const LabelToolContext& context, QObject* parent);

protected:
    double width() const override { return settings().brush_size(); }
    void drawn(const Polygon& path) override;
};

// Deletes the objects that lie at least half within a line drawn around them.
class DeleteLassoTool : public PathTool {
    Q_OBJECT
public:
    using PathTool::PathTool;

protected:
    double width() const override { return 0; }
    bool closed() const override { return true; }
    void drawn(const Polygon& path) override;
    QString note(double) const override { return {}; }
};

LabelToolSpec cut_tool();
LabelToolSpec erase_line_tool();
LabelToolSpec delete_lasso_tool();

} // namespace eyepiece
