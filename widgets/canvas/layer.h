// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/label_map.h"
#include "widgets/canvas/channel_display.h"
#include "widgets/canvas/frame.h"
#include "widgets/canvas/label_tiles.h"

#include <QColor>
#include <QString>
#include <functional>
#include <memory>
#include <vector>

class QPainter;

namespace eyepiece {

enum class LayerKind { Channel, Labels, Prediction, Map, Classes, Marks };

// Something that lies on the canvas. The stack owns it; what may change at any time goes through the stack,
// which tells the canvas.
class EYEPIECE_EXPORT Layer {
public:
    Layer(LayerKind kind, QString id, QString title);
    virtual ~Layer();

    LayerKind kind() const { return kind_; }
    const QString& id() const { return id_; }
    const QString& title() const { return title_; }
    bool visible() const { return visible_; }
    double opacity() const { return opacity_; }  // 0 to 1
    virtual QColor swatch() const { return {}; } // the colour that stands for it in a list; invalid: none

    // Called on the window's thread before compose() is called from several threads at once.
    virtual void prepare(const ViewTransform&, const QRect&) {}
    virtual void compose(const FramePart& part) const = 0; // channels draw nothing here: the tiles hold them
    // What lies above all pixels: points and names, of one size at any zoom. In device pixels, clipped to
    // what is to be drawn anew.
    virtual void paint(QPainter&, const ViewTransform&) const {}

private:
    friend class LayerStack;
    LayerKind kind_;
    QString id_, title_;
    bool visible_ = true;
    double opacity_ = 1;
};

// One channel of the image: its layer only holds how it is shown.
class EYEPIECE_EXPORT ChannelLayer : public Layer {
public:
    ChannelLayer(int channel, QString title, ChannelDisplay display, ChannelStatistics statistics);
    int channel() const { return channel_; }                   // -1: all three of an RGB picture together
    const ChannelDisplay& display() const { return display_; } // with this layer's visibility and opacity
    const ChannelStatistics& statistics() const { return statistics_; }
    QColor swatch() const override;
    void compose(const FramePart&) const override {}

private:
    friend class LayerStack;
    int channel_;
    ChannelDisplay display_;
    ChannelStatistics statistics_;
};

// The colours of objects by id.
struct LabelColors {
    std::vector<QRgb> fill;    // index: object id; alpha 0: not shown
    std::vector<QRgb> outline; // alpha 0: no outline
    QRgb fill_of(ObjectId id) const { return id < fill.size() ? fill[id] : object_color(id); }
    QRgb outline_of(ObjectId id) const { return id < outline.size() ? outline[id] : 0xfff2f5f7u; }
    // A colour for each id, far from those of the ids next to it.
    EYEPIECE_EXPORT static QRgb object_color(ObjectId id);
    // A light, slightly tinted colour for the outline of something filled with `fill`.
    EYEPIECE_EXPORT static QRgb outline_color(QRgb fill);
};

// Objects as coloured areas with crisp outlines: labels and predictions.
class EYEPIECE_EXPORT LabelLayer : public Layer {
public:
    LabelLayer(LayerKind kind, QString id, QString title, std::shared_ptr<LabelTiles> tiles,
               LabelColors colors);
    const LabelTiles& tiles() const { return *tiles_; }
    bool selected(ObjectId id) const { return id < selected_.size() && selected_[id]; }
    void prepare(const ViewTransform& view, const QRect& rect) override;
    void compose(const FramePart& part) const override;

private:
    friend class LayerStack;
    // One row of device pixels; `above` is null where outlines are thin. All may be read one id beyond either
    // end.
    void compose_row(QRgb* out, int width, const ObjectId* here, const ObjectId* below, const ObjectId* above,
                     unsigned fill_alpha, unsigned line_alpha) const;
    bool keep_selected(std::vector<ObjectId>& row) const;
    std::shared_ptr<LabelTiles> tiles_;
    LabelColors colors_;
    std::vector<std::uint8_t> selected_; // index: object id; empty: none is
    QRgb selection_color_ = 0xff5aa9e6u;
    QPoint origin_; // image position of the tiles' pixel (0,0): a prediction may cover a region only
};

// A number for each pixel of the image or of a region, which may be coarser than the image: an attribution,
// an uncertainty.
struct FloatMap {
    std::int64_t width = 0, height = 0;
    std::vector<float> values;      // (H,W)
    Region region;                  // the image pixels it covers; empty: the whole image, one value a pixel
    bool is_signed = false;         // around zero: a diverging colour map
    float minimum = 0, maximum = 1; // shown as the ends of the colour map
    std::string color_map = {};     // empty: "inferno", or "blue-white-red" when signed
};

class EYEPIECE_EXPORT MapLayer : public Layer {
public:
    MapLayer(QString id, QString title, FloatMap map);
    const FloatMap& map() const { return map_; }
    void compose(const FramePart& part) const override;

private:
    friend class LayerStack;
    FloatMap map_;
    QImage colors_;   // RGB32
    QImage strength_; // RGB32 whose blue byte says how much of the colour covers
};

} // namespace eyepiece
