// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/indexed_layer.h"

#include <QAbstractListModel>
#include <QRect>
#include <memory>
#include <span>
#include <vector>

namespace eyepiece {

struct MarkScene;

// The layers of a canvas, kept by id, as a list model: the top layer is row 0. Lives on the window's thread.
//
//   stack.show_labels(LayerKind::Prediction, "prediction", "Prediction · run 7", tiles, colors);
//   stack.show_map("attribution", "Grad-CAM · nucleus", map);
//   stack.remove("attribution");
//
// Showing under an id that is there replaces the content and keeps visibility, opacity and place.
class EYEPIECE_EXPORT LayerStack : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { IdRole = Qt::UserRole + 1, KindRole, VisibleRole, OpacityRole, SwatchRole };

    explicit LayerStack(QObject* parent = nullptr);
    ~LayerStack() override;

    // Channels of the image, below everything else. Keeps nothing of those before.
    void set_channels(std::vector<std::unique_ptr<ChannelLayer>> channels);
    void set_channel_display(const QString& id, const ChannelDisplay& display);
    // How each channel is to be rendered: one entry a channel (three for an RGB picture).
    std::vector<ChannelContrast> channel_contrasts() const;

    void show_labels(LayerKind kind, const QString& id, const QString& title,
                     std::shared_ptr<LabelTiles> tiles, LabelColors colors, QPoint origin = {});
    void show_labels(LayerKind kind, const QString& id, const QString& title, const LabelMap& map,
                     LabelColors colors, QPoint origin = {});
    void set_label_colors(const QString& id, LabelColors colors);
    void set_object_colors(const QString& id, ObjectId object, QRgb fill, QRgb outline);
    void set_selected_objects(const QString& id, const std::vector<ObjectId>& objects, const QRect& changed,
                              QRgb color);
    void show_map(const QString& id, const QString& title, FloatMap map);
    // The tiles may change while they are shown, on the window's thread: touch() says where.
    void show_indexed(const QString& id, const QString& title, std::shared_ptr<const ByteTiles> tiles,
                      const IndexColors& colors);
    void set_index_colors(const QString& id, const IndexColors& colors);
    void show_marks(const QString& id, const QString& title, std::shared_ptr<const MarkScene> scene);
    void remove(const QString& id);
    void remove_all_but_channels();

    void set_visible(const QString& id, bool visible);
    void set_opacity(const QString& id, double opacity);
    void set_title(const QString& id, const QString& title);
    // Says that pixels of a layer changed; the rectangle is in image pixels.
    void touch(const QString& id, const QRect& image_rect);

    const Layer* find(const QString& id) const;
    const std::vector<std::unique_ptr<Layer>>& bottom_up() const { return layers_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    QHash<int, QByteArray> roleNames() const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

Q_SIGNALS:
    void channels_changed();                          // the image is to be rendered anew
    void appearance_changed(const QRect& image_rect); // compose anew; an empty rectangle: everything
    void painting_changed();                          // what layers paint above the pixels

private:
    Layer* get(const QString& id) const;
    void put(std::unique_ptr<Layer> layer);
    int row_of(const Layer* layer) const;
    void told(const Layer* layer, const QList<int>& roles);
    std::vector<std::unique_ptr<Layer>> layers_; // bottom first
};

} // namespace eyepiece
