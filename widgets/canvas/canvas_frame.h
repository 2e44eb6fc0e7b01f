// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/canvas/frame.h"
#include "widgets/canvas/tile_renderer.h"

#include <QImage>
#include <QRegion>
#include <vector>

namespace eyepiece {

class LayerStack;

// The picture of the view in device pixels, kept from one paint to the next: panning moves it and composes
// only the strips that come into sight; a stroke, or a tile that arrives, composes only its own rectangle.
class EYEPIECE_EXPORT CanvasFrame {
public:
    explicit CanvasFrame(QRgb ground) : ground_(ground) {}

    // Says from where to look; what has to be composed for it is kept in mind. Returns the part of the view
    // that looks different now.
    QRegion set_view(const ViewTransform& view);
    void invalidate();
    void invalidate(const QRect& device_rect);
    void set_outline_width(int device_pixels) { outline_ = device_pixels; }

    // Composes what is dirty from tiles (null scene: no image) and layers, and returns the picture.
    const QImage& compose(TileCache& tiles, const TileScene* scene, const LayerStack& layers);
    // Tiles that the view needs and the cache lacks or has with older settings, the most wanted first; behind
    // them those that a next step of panning or zooming will need.
    static std::vector<TileKey> wanted(const ViewTransform& view, TileCache& tiles, const TileScene& scene);
    // Where a tile lies in the view.
    static QRect device_rect(const ViewTransform& view, const TileKey& key);

    const ViewTransform& view() const { return view_; }

private:
    struct Draw { // one tile, or the part of a coarser or finer one that stands in for it
        QImage pixels;
        double corner_x, corner_y, step;
        QRect clip;
        bool smooth;
    };
    std::vector<Draw> plan(TileCache& tiles, const TileScene& scene, const QRect& rect) const;
    void scroll(const QPoint& by);
    void compose_part(const QRect& rect, const std::vector<Draw>& draws, const LayerStack& layers);

    QRgb ground_;
    int outline_ = 1;
    ViewTransform view_;
    QImage frame_;
    QRegion dirty_;
};

} // namespace eyepiece
