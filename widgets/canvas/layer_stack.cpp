// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/layer_stack.h"

#include "widgets/canvas/mark_layer.h"

#include <algorithm>

namespace eyepiece {

namespace {

// Channels lie at the bottom, maps above them, then classes of pixels, predictions and labels, whatever the
// order of arrival.
int height_of(LayerKind kind) {
    switch (kind) {
    case LayerKind::Channel:
        return 0;
    case LayerKind::Map:
        return 1;
    case LayerKind::Classes:
        return 2;
    case LayerKind::Prediction:
        return 3;
    case LayerKind::Labels:
        return 4;
    case LayerKind::Marks:
        return 5;
    }
    return 0;
}

} // namespace

LayerStack::LayerStack(QObject* parent) : QAbstractListModel(parent) {}
LayerStack::~LayerStack() = default;

Layer* LayerStack::get(const QString& id) const {
    const auto found =
        std::find_if(layers_.begin(), layers_.end(), [&](const auto& layer) { return layer->id() == id; });
    return found == layers_.end() ? nullptr : found->get();
}

const Layer* LayerStack::find(const QString& id) const {
    return get(id);
}

int LayerStack::row_of(const Layer* layer) const {
    const auto found =
        std::find_if(layers_.begin(), layers_.end(), [&](const auto& each) { return each.get() == layer; });
    return static_cast<int>(layers_.end() - found) - 1;
}

void LayerStack::told(const Layer* layer, const QList<int>& roles) {
    const QModelIndex at = index(row_of(layer));
    Q_EMIT dataChanged(at, at, roles);
}

void LayerStack::put(std::unique_ptr<Layer> layer) {
    if (Layer* old = get(layer->id())) {
        layer->visible_ = old->visible_;
        layer->opacity_ = old->opacity_;
        auto& place = *std::find_if(layers_.begin(), layers_.end(),
                                    [&](const auto& each) { return each.get() == old; });
        place = std::move(layer);
        told(place.get(), {});
    } else {
        const auto place = std::find_if(layers_.begin(), layers_.end(), [&](const auto& each) {
            return height_of(each->kind()) > height_of(layer->kind());
        });
        const int row = static_cast<int>(layers_.end() - place);
        beginInsertRows({}, row, row);
        layers_.insert(place, std::move(layer));
        endInsertRows();
    }
    Q_EMIT appearance_changed({});
}

void LayerStack::set_channels(std::vector<std::unique_ptr<ChannelLayer>> channels) {
    beginResetModel();
    std::erase_if(layers_, [](const auto& layer) { return layer->kind() == LayerKind::Channel; });
    // The first channel is the topmost of them, as it stands first in the list.
    for (auto& channel : channels) {
        channel->visible_ = channel->display_.contrast.visible;
        channel->opacity_ = channel->display_.contrast.opacity;
        layers_.insert(layers_.begin(), std::move(channel));
    }
    endResetModel();
    Q_EMIT channels_changed();
}

void LayerStack::set_channel_display(const QString& id, const ChannelDisplay& display) {
    auto* channel = dynamic_cast<ChannelLayer*>(get(id));
    if (!channel || channel->display_ == display)
        return;
    channel->display_ = display;
    channel->visible_ = display.contrast.visible;
    channel->opacity_ = display.contrast.opacity;
    told(channel, {VisibleRole, OpacityRole, SwatchRole});
    Q_EMIT channels_changed();
}

std::vector<ChannelContrast> LayerStack::channel_contrasts() const {
    std::vector<ChannelContrast> contrasts;
    for (const auto& layer : layers_) {
        const auto* channel = dynamic_cast<const ChannelLayer*>(layer.get());
        if (!channel)
            continue;
        if (channel->channel() < 0)
            return std::vector<ChannelContrast>(
                3, channel->display().contrast); // red, green, blue with one setting
        const auto at = static_cast<std::size_t>(channel->channel());
        contrasts.resize(std::max(contrasts.size(), at + 1));
        contrasts[at] = channel->display().contrast;
    }
    return contrasts;
}

void LayerStack::show_labels(LayerKind kind, const QString& id, const QString& title,
                             std::shared_ptr<LabelTiles> tiles, LabelColors colors, QPoint origin) {
    auto layer = std::make_unique<LabelLayer>(kind, id, title, std::move(tiles), std::move(colors));
    layer->opacity_ = 0.45;
    layer->origin_ = origin;
    put(std::move(layer));
}

void LayerStack::show_labels(LayerKind kind, const QString& id, const QString& title, const LabelMap& map,
                             LabelColors colors, QPoint origin) {
    show_labels(kind, id, title, std::make_shared<LabelTiles>(map), std::move(colors), origin);
}

void LayerStack::set_label_colors(const QString& id, LabelColors colors) {
    if (auto* layer = dynamic_cast<LabelLayer*>(get(id))) {
        layer->colors_ = std::move(colors);
        Q_EMIT appearance_changed({});
    }
}

void LayerStack::set_object_colors(const QString& id, ObjectId object, QRgb fill, QRgb outline) {
    if (auto* layer = dynamic_cast<LabelLayer*>(get(id))) {
        LabelColors& colors = layer->colors_;
        if (object >= colors.fill.size()) {
            const auto first = static_cast<ObjectId>(colors.fill.size());
            for (ObjectId each = first; each < object; ++each) { // ids in between keep what they showed
                colors.fill.push_back(LabelColors::object_color(each));
                colors.outline.push_back(LabelColors::outline_color(colors.fill.back()));
            }
            colors.fill.resize(object + std::size_t{1});
            colors.outline.resize(object + std::size_t{1});
        }
        colors.fill[object] = fill;
        colors.outline[object] = outline;
    }
}

void LayerStack::set_selected_objects(const QString& id, const std::vector<ObjectId>& objects,
                                      const QRect& changed, QRgb color) {
    if (auto* layer = dynamic_cast<LabelLayer*>(get(id))) {
        std::vector<std::uint8_t> selected;
        for (const ObjectId object : objects) {
            if (object >= selected.size())
                selected.resize(object + std::size_t{1}, 0);
            selected[object] = 1;
        }
        if (layer->selected_ == selected && layer->selection_color_ == color)
            return;
        layer->selected_ = std::move(selected);
        layer->selection_color_ = color;
        Q_EMIT appearance_changed(changed);
    }
}

void LayerStack::show_map(const QString& id, const QString& title, FloatMap map) {
    auto layer = std::make_unique<MapLayer>(id, title, std::move(map));
    layer->opacity_ = 0.7;
    put(std::move(layer));
}

void LayerStack::show_indexed(const QString& id, const QString& title, std::shared_ptr<const ByteTiles> tiles,
                              const IndexColors& colors) {
    auto layer = std::make_unique<IndexedLayer>(id, title, std::move(tiles), colors);
    layer->opacity_ = 0.45;
    put(std::move(layer));
}

void LayerStack::set_index_colors(const QString& id, const IndexColors& colors) {
    if (auto* layer = dynamic_cast<IndexedLayer*>(get(id))) {
        layer->colors_ = colors;
        layer->colors_[ByteTiles::unknown] = 0;
        Q_EMIT appearance_changed({});
    }
}

// Called for every move of a point: what is composed stays as it is.
void LayerStack::show_marks(const QString& id, const QString& title, std::shared_ptr<const MarkScene> scene) {
    if (auto* layer = dynamic_cast<MarkLayer*>(get(id)))
        layer->scene_ = std::move(scene);
    else
        put(std::make_unique<MarkLayer>(id, title, std::move(scene)));
    Q_EMIT painting_changed();
}

void LayerStack::remove(const QString& id) {
    const Layer* layer = get(id);
    if (!layer)
        return;
    const int row = row_of(layer);
    beginRemoveRows({}, row, row);
    std::erase_if(layers_, [&](const auto& each) { return each.get() == layer; });
    endRemoveRows();
    Q_EMIT appearance_changed({});
}

void LayerStack::remove_all_but_channels() {
    beginResetModel();
    std::erase_if(layers_, [](const auto& each) { return each->kind() != LayerKind::Channel; });
    endResetModel();
    Q_EMIT appearance_changed({});
}

void LayerStack::set_visible(const QString& id, bool visible) {
    Layer* layer = get(id);
    if (!layer || layer->visible_ == visible)
        return;
    layer->visible_ = visible;
    told(layer, {VisibleRole});
    if (auto* channel = dynamic_cast<ChannelLayer*>(layer)) {
        channel->display_.contrast.visible = visible;
        Q_EMIT channels_changed();
    } else {
        Q_EMIT appearance_changed({});
    }
}

void LayerStack::set_opacity(const QString& id, double opacity) {
    Layer* layer = get(id);
    opacity = std::clamp(opacity, 0.0, 1.0);
    if (!layer || layer->opacity_ == opacity)
        return;
    layer->opacity_ = opacity;
    told(layer, {OpacityRole});
    if (auto* channel = dynamic_cast<ChannelLayer*>(layer)) {
        channel->display_.contrast.opacity = opacity;
        Q_EMIT channels_changed();
    } else {
        Q_EMIT appearance_changed({});
    }
}

void LayerStack::set_title(const QString& id, const QString& title) {
    if (Layer* layer = get(id); layer && layer->title_ != title) {
        layer->title_ = title;
        told(layer, {Qt::DisplayRole});
    }
}

void LayerStack::touch(const QString& id, const QRect& image_rect) {
    if (const Layer* layer = get(id); layer && layer->visible() && !image_rect.isEmpty())
        Q_EMIT appearance_changed(image_rect);
}

int LayerStack::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(layers_.size());
}

QVariant LayerStack::data(const QModelIndex& at, int role) const {
    if (!checkIndex(at, CheckIndexOption::IndexIsValid))
        return {};
    const Layer& layer = *layers_[layers_.size() - 1 - static_cast<std::size_t>(at.row())];
    switch (role) {
    case Qt::DisplayRole:
        return layer.title();
    case Qt::CheckStateRole:
        return layer.visible() ? Qt::Checked : Qt::Unchecked;
    case IdRole:
        return layer.id();
    case KindRole:
        return static_cast<int>(layer.kind());
    case VisibleRole:
        return layer.visible();
    case OpacityRole:
        return layer.opacity();
    case SwatchRole:
        return layer.swatch();
    default:
        return {};
    }
}

bool LayerStack::setData(const QModelIndex& at, const QVariant& value, int role) {
    if (!checkIndex(at, CheckIndexOption::IndexIsValid))
        return false;
    const QString id = data(at, IdRole).toString();
    if (role == VisibleRole)
        set_visible(id, value.toBool());
    else if (role == Qt::CheckStateRole)
        set_visible(id, value.toInt() == Qt::Checked);
    else if (role == OpacityRole)
        set_opacity(id, value.toDouble());
    else
        return false;
    return true;
}

QHash<int, QByteArray> LayerStack::roleNames() const {
    auto names = QAbstractListModel::roleNames();
    names[IdRole] = "id";
    names[KindRole] = "kind";
    names[VisibleRole] = "visible";
    names[OpacityRole] = "opacity";
    names[SwatchRole] = "swatch";
    return names;
}

Qt::ItemFlags LayerStack::flags(const QModelIndex& at) const {
    return at.isValid() ? QAbstractListModel::flags(at) | Qt::ItemIsUserCheckable : Qt::NoItemFlags;
}

} // namespace eyepiece
