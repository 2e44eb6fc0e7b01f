// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/canvas/frame.h"
#include "widgets/canvas/tile_renderer.h"

#include <QImage>
#include <QRegion>
#include <chrono>
#include <functional>
#include <vector>

namespace eyepiece {

class LayerStack;

// The picture of the view in device pixels, kept from one paint to the next: panning moves it and composes
// only the strips that come into sight; a stroke composes only its own rectangle. Zooming composes all of it,
// for as long as a frame may take: what is left then is the picture before, enlarged, and is composed in
// later frames. So it is with tiles that arrive to take a coarser one's place.
class EYEPIECE_EXPORT CanvasFrame {
public:
    using Clock = std::chrono::steady_clock;

    explicit CanvasFrame(QRgb ground) : ground_(ground) {}

    // Says from where to look; what has to be composed for it is kept in mind. Returns the part of the view
    // that looks different now.
    QRegion set_view(const ViewTransform& view);
    void invalidate(); // another picture: nothing of the one before may show
    void invalidate(const QRect& device_rect);
    void refine(const QRect& device_rect); // what shows there is right, but could be sharper
    void set_outline_width(int device_pixels) { outline_ = device_pixels; }

    // Composes what is dirty from tiles (null scene: no image) and layers, and returns the picture. What may
    // wait waits once it is `until`, and is done only where it lies in `seen`.
    const QImage& compose(TileCache& tiles, const TileScene* scene, const LayerStack& layers,
                          const QRect& seen, Clock::time_point until);
    QRect waiting() const {
        return waiting_.boundingRect();
    } // still to be composed; empty: the picture is whole
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
    // Rows [first, last) of `rect` at a time, from the middle outwards, on several threads.
    void compose_rect(const QRect& rect, TileCache& tiles, const TileScene* scene, const LayerStack& layers,
                      const std::function<bool(const QRect& rows)>& may_compose);
    void compose_part(const QRect& rect, const std::vector<Draw>& draws, const LayerStack& layers);
    void enlarge_before(const QRect& rect);

    QRgb ground_;
    int outline_ = 1;
    ViewTransform view_;
    QImage frame_;
    QRegion dirty_, waiting_;
    QImage before_; // the frame at the scale before, from which a zoom that takes too long is drawn
    ViewTransform before_view_;
    bool zoomed_ = false; // since the last frame
};

} // namespace eyepiece
