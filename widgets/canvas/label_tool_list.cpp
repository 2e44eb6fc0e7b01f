// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/accept_tool.h"
#include "widgets/canvas/ball_tool.h"
#include "widgets/canvas/click_object_tool.h"
#include "widgets/canvas/delete_area_tool.h"
#include "widgets/canvas/example_tool.h"
#include "widgets/canvas/fill_tool.h"
#include "widgets/canvas/grab_cut_tool.h"
#include "widgets/canvas/label_tool.h"
#include "widgets/canvas/live_wire_tool.h"
#include "widgets/canvas/mark_tools.h"
#include "widgets/canvas/object_tools.h"
#include "widgets/canvas/outline_tools.h"
#include "widgets/canvas/paint_tools.h"
#include "widgets/canvas/path_tools.h"
#include "widgets/canvas/refine_tool.h"
#include "widgets/canvas/reshape_tool.h"
#include "widgets/canvas/segment_everything_tool.h"
#include "widgets/canvas/select_tool.h"
#include "widgets/canvas/shape_tools.h"
#include "widgets/canvas/superpixel_tool.h"
#include "widgets/canvas/threshold_tool.h"
#include "widgets/canvas/watershed_tool.h"

namespace eyepiece {

std::vector<LabelToolSpec> label_tool_list() {
    return {
        select_tool(),             //
        brush_tool(),              //
        eraser_tool(),             //
        ball_tool(),               //
        line_tool(),               //
        erase_line_tool(),         //
        polygon_tool(),            //
        lasso_tool(),              //
        rectangle_tool(),          //
        rotated_rectangle_tool(),  //
        ellipse_tool(),            //
        fill_tool(),               //
        click_object_tool(),       //
        segment_everything_tool(), //
        live_wire_tool(),          //
        grab_cut_tool(),           //
        watershed_tool(),          //
        superpixel_tool(),         //
        threshold_tool(),          //
        cut_tool(),                //
        grow_tool(),               //
        shrink_tool(),             //
        smooth_tool(),             //
        refine_tool(),             //
        delete_lasso_tool(),       //
        delete_area_tool(),        //
        example_tool(),            //
        accept_tool(),             //
        keypoint_tool(),           //
        place_point_tool(),        //
        image_class_tool(),        //
    };
}

} // namespace eyepiece
