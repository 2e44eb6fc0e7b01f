// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/byte_tiles.h"
#include "widgets/canvas/layer.h"

#include <array>

namespace eyepiece {

// The colour of each byte, as in a picture of indexed colours; its alpha says how much of it covers. What is
// not known (255) is never drawn.
using IndexColors = std::array<QRgb, 256>;

// What a pixel classifier says, as coloured areas without outlines: classes, or how sure it is of them.
class EYEPIECE_EXPORT IndexedLayer : public Layer {
public:
    IndexedLayer(QString id, QString title, std::shared_ptr<const ByteTiles> tiles,
                 const IndexColors& colors);
    const ByteTiles& tiles() const { return *tiles_; }
    void compose(const FramePart& part) const override;

private:
    friend class LayerStack;
    std::shared_ptr<const ByteTiles> tiles_;
    IndexColors colors_;
};

} // namespace eyepiece
