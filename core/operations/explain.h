// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/operations/services.h"

namespace eyepiece {

// explain: {"model", "input", "method": an explainer, "target"?: a class's name, "region"?: [x,y,w,h] or
//           "point"?: [x,y], "layer"?, "set"?, "out"?: FILE.tif}
//       -> {"region": [x,y,w,h], "width", "height", "signed", "score", "minimum", "maximum", "layer",
//       "target",
//           "explained", "method"} and float32 (height,width): the attribution of each pixel of "region".
//
// What is explained: the rectangle; or the object of the target's class under the point, as the network sees
// it (the point alone where it sees another class); or, with neither, all that it takes for the target.
// Without a target: the class it sees at the point or most of in the rectangle, the background last.
// "explained" says which it was. Networks look at some distance only, so of a large image a window around
// that is looked at: "region" says which. With "out", the map is written as a float TIFF, and beside it as a
// PNG over the image.
//
// layers: {"model"} -> {"layers": [...]} in the order of the network; empty for an exported file.
void register_explain_operations(EngineServices& services);

} // namespace eyepiece
