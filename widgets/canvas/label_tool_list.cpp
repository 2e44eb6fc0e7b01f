// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/accept_tool.h"
#include "widgets/canvas/fill_tool.h"
#include "widgets/canvas/label_tool.h"
#include "widgets/canvas/outline_tools.h"
#include "widgets/canvas/paint_tools.h"
#include "widgets/canvas/path_tools.h"
#include "widgets/canvas/select_tool.h"
#include "widgets/canvas/shape_tools.h"

namespace eyepiece {

std::vector<LabelToolSpec> label_tool_list() {
    return {
        select_tool(),            //
        brush_tool(),             //
        eraser_tool(),            //
        line_tool(),              //
        polygon_tool(),           //
        lasso_tool(),             //
        rectangle_tool(),         //
        rotated_rectangle_tool(), //
        ellipse_tool(),           //
        fill_tool(),              //
        accept_tool(),            //
    };
}

} // namespace eyepiece
