// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/image_canvas.h"

#include "core/data/volume.h"
#include "core/formats/image_reader.h"
#include "widgets/canvas/furniture.h"
#include "widgets/canvas/plane_bar.h"

#include <QPaintEvent>
#include <QPainter>
#include <QThread>
#include <QTimer>
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <utility>

namespace eyepiece {

namespace {

constexpr QRgb ground = 0xff08090bu;                   // near-black in both themes
constexpr std::chrono::milliseconds compose_budget{7}; // of the 16 that a frame has
constexpr int refine_after_ms = 30;
constexpr double least_seen = 12; // device px: a narrower object is hardly seen
constexpr std::size_t tile_budget = 256u << 20;
constexpr std::size_t pixel_budget = 512u << 20;

std::shared_ptr<ImageSource> open_file(const QString& path) {
    return open_image(std::filesystem::path(path.toStdString()));
}

} // namespace

ImageCanvas::ImageCanvas(QWidget* parent) : ImageCanvas(open_file, parent) {}

ImageCanvas::ImageCanvas(ImageLoader::Opener opener, QWidget* parent)
    : QWidget(parent)
    , layers_(new LayerStack(this))
    , loader_(new ImageLoader(std::move(opener), pixel_budget, this))
    , renderer_(new TileRenderer(std::clamp(QThread::idealThreadCount() - 1, 1, 4), this))
    , tiles_(tile_budget)
    , frame_(ground)
    , planes_(new PlaneBar(this))
    , refine_(new QTimer(this)) {
    setObjectName(QStringLiteral("canvas"));
    setAccessibleName(tr("Image"));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAttribute(Qt::WA_AcceptTouchEvents, false);
    connect(renderer_, &TileRenderer::ready, this, &ImageCanvas::take_tiles, Qt::QueuedConnection);
    connect(
        renderer_, &TileRenderer::failed, this,
        [this](const QString& why) { Q_EMIT image_failed(path_, why); }, Qt::QueuedConnection);
    connect(loader_, &ImageLoader::opened, this, &ImageCanvas::adopt);
    connect(loader_, &ImageLoader::failed, this, [this](const QString& path, const QString& why) {
        show_nothing(why);
        path_ = path;
        Q_EMIT image_failed(path, why);
    });
    connect(layers_, &LayerStack::channels_changed, this, [this] {
        make_scene();
        request_tiles();
    });
    connect(layers_, &LayerStack::appearance_changed, this, [this](const QRect& image_rect) {
        if (image_rect.isEmpty()) {
            frame_.invalidate();
            update();
            return;
        }
        const QRect rect = view_.covering(QRectF(image_rect)).adjusted(-3, -3, 3, 3);
        frame_.invalidate(rect);
        update(logical(rect));
    });
    connect(layers_, &LayerStack::painting_changed, this, qOverload<>(&QWidget::update));
    connect(planes_, &PlaneBar::moved, this, &ImageCanvas::set_plane);
    refine_->setSingleShot(true);
    refine_->setInterval(refine_after_ms);
    connect(refine_, &QTimer::timeout, this, [this] {
        if (const QRect waiting = frame_.waiting(); !waiting.isEmpty())
            update(logical(waiting));
    });
}

ImageCanvas::~ImageCanvas() = default;

// ---- the image

void ImageCanvas::show_file(const QString& path) {
    if (path == path_ && image_ && image_->path == path)
        return;
    path_ = path;
    loader_->open(path);
}

void ImageCanvas::show_source(const QString& name, std::shared_ptr<ImageSource> source) {
    path_ = name;
    loader_->add(name, std::move(source));
}

void ImageCanvas::show_nothing(const QString& message) {
    if (tool_)
        tool_->finish();
    path_.clear();
    message_ = message;
    image_.reset();
    scene_.reset();
    marked_ = {};
    loader_->open({}); // whatever is on its way is not wanted any more
    renderer_->want(nullptr, {});
    view_.set_image_size({0, 0});
    planes_->set_range(1, 1);
    layers_->set_channels({});
    pointer_pixel_ = {-1, -1};
    readout_text_.clear();
    view_moved();
    frame_.invalidate();
    update();
}

void ImageCanvas::prefetch(const QStringList& paths) {
    loader_->prefetch(paths);
}

void ImageCanvas::reload() {
    const QString path = path_;
    loader_->forget(path);
    path_.clear();
    image_.reset();
    show_file(path);
}

void ImageCanvas::adopt(std::shared_ptr<OpenImage> image) {
    wanted_in_sight_.reset(); // of the image before
    if (tool_)
        tool_->finish();
    const bool same_size = image_ && image_->info().width == image->info().width &&
                           image_->info().height == image->info().height;
    image_ = std::move(image);
    path_ = image_->path;
    message_.clear();
    marked_ = {};
    const ImageInfo& info = image_->info();
    // A volume opens in its middle: its ends hold nothing.
    z_ = dynamic_cast<const VolumeSource*>(&image_->blocks->source()) ? info.depth / 2 : 0;
    t_ = 0;
    planes_->set_range(info.depth, info.frames);
    planes_->set_plane(z_, t_);
    view_.set_image_size(QSizeF(info.width, info.height));
    // Pictures of one size are compared by flipping through them: the view stays.
    if (!same_size || view_.fitted())
        view_.fit();
    make_channels();
    view_moved();
    frame_.invalidate();
    update();
    refresh_readout();
    Q_EMIT image_shown(path_);
}

void ImageCanvas::make_channels() {
    const ImageInfo& info = image_->info();
    std::vector<ChannelDisplay> displays = image_->displays;
    // What the user chose for the images before holds for this one if it has the same channels.
    const auto before = [&] {
        std::vector<const ChannelLayer*> channels;
        for (auto it = layers_->bottom_up().rbegin(); it != layers_->bottom_up().rend(); ++it)
            if (const auto* channel = dynamic_cast<const ChannelLayer*>(it->get()))
                channels.push_back(channel);
        return channels;
    }();
    std::vector<std::unique_ptr<ChannelLayer>> channels;
    for (std::size_t c = 0; c < displays.size(); ++c) {
        const int number = info.rgb ? -1 : static_cast<int>(c);
        QString title = info.rgb               ? tr("Image")
                        : displays.size() == 1 ? tr("Image")
                                               : tr("Channel %1").arg(c + 1);
        if (!info.rgb && c < info.channel_names.size() && !info.channel_names[c].empty())
            title = QString::fromStdString(info.channel_names[c]);
        if (before.size() == displays.size() && before[c]->channel() == number &&
            before[c]->title() == title) {
            displays[c] = before[c]->display();
            apply_range(displays[c], image_->statistics[c]);
        }
        channels.push_back(std::make_unique<ChannelLayer>(number, title, displays[c], image_->statistics[c]));
    }
    layers_->set_channels(std::move(channels)); // which makes the scene
}

void ImageCanvas::make_scene() {
    if (!image_) {
        scene_.reset();
        return;
    }
    auto scene = std::make_shared<TileScene>();
    // Planes of a stack are pictures of their own, which are kept side by side.
    scene->image =
        image_->serial * 1'000'003u + static_cast<std::uint64_t>(t_) * 8191u + static_cast<std::uint64_t>(z_);
    scene->revision = ++revision_;
    scene->blocks = image_->blocks;
    scene->colors = std::make_shared<ContrastRenderer>(image_->info().type, layers_->channel_contrasts(),
                                                       image_->info().rgb);
    scene->z = z_;
    scene->t = t_;
    if (scene_ && scene_->image != scene->image)
        frame_.invalidate();
    scene_ = std::move(scene);
    update();
}

void ImageCanvas::set_plane(int z, int t) {
    if (!image_)
        return;
    z = std::clamp(z, 0, image_->info().depth - 1);
    t = std::clamp(t, 0, image_->info().frames - 1);
    if (z == z_ && t == t_)
        return;
    z_ = z;
    t_ = t;
    planes_->set_plane(z, t);
    make_scene();
    request_tiles();
    refresh_readout();
    Q_EMIT plane_changed(z, t);
}

void ImageCanvas::request_tiles() {
    if (scene_)
        renderer_->want(scene_, CanvasFrame::wanted(view_, tiles_, *scene_));
}

void ImageCanvas::take_tiles() {
    for (TileRenderer::Result& result : renderer_->take_results()) {
        const Tile* old = tiles_.peek(result.key);
        if (old && old->revision > result.tile.revision)
            continue;
        tiles_.insert(result.key, std::move(result.tile));
        if (scene_ && result.key.image == scene_->image) {
            const QRect rect = CanvasFrame::device_rect(view_, result.key);
            if (rect.intersects(QRect(QPoint(0, 0), view_.view_size()))) {
                frame_.refine(rect);
                // While the view is being zoomed every frame takes the newest tiles anyway.
                if (!refine_->isActive())
                    update(logical(rect));
            }
        }
    }
}

bool ImageCanvas::idle() const {
    return renderer_->idle() && frame_.waiting().isEmpty() &&
           (!scene_ || CanvasFrame::wanted(view_, const_cast<TileCache&>(tiles_), *scene_).empty());
}

// ---- the view

QPoint ImageCanvas::device(const QPointF& position) const {
    return (position * devicePixelRatioF()).toPoint();
}

QRect ImageCanvas::logical(const QRect& rect) const {
    const double ratio = devicePixelRatioF();
    return QRectF(rect.x() / ratio, rect.y() / ratio, rect.width() / ratio, rect.height() / ratio)
        .toAlignedRect();
}

void ImageCanvas::view_moved() {
    if (frame_.view().scale() != view_.scale())
        refine_->start();
    if (!frame_.set_view(view_).isEmpty())
        update();
    request_tiles();
    refresh_readout();
    Q_EMIT view_changed();
}

void ImageCanvas::fit() {
    view_.fit();
    view_moved();
}

void ImageCanvas::zoom_to(double scale) {
    view_.set_scale_at(QPointF(view_.view_size().width() / 2.0, view_.view_size().height() / 2.0), scale);
    view_moved();
}

void ImageCanvas::zoom_by(double factor) {
    zoom_to(view_.scale() * factor);
}

void ImageCanvas::zoom_at(const QPointF& point, double factor) {
    view_.zoom_at(point, factor);
    view_moved();
}

void ImageCanvas::pan(const QPoint& delta) {
    view_.pan(delta);
    view_moved();
}

void ImageCanvas::show_region(const Region& region) {
    view_.show(QRectF(region.x, region.y, region.width, region.height));
    view_moved();
}

void ImageCanvas::bring_into_sight(const Region& region) {
    if (!isVisible()) {
        wanted_in_sight_ = region;
        return;
    }
    const QRectF bounds(region.x, region.y, region.width, region.height);
    if (!view_.visible_image().contains(bounds) || bounds.width() * view_.scale() < least_seen)
        show_region(region);
}

void ImageCanvas::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (wanted_in_sight_) // after the layout has had its say
        QTimer::singleShot(0, this, [this] {
            if (const auto region = std::exchange(wanted_in_sight_, std::nullopt))
                bring_into_sight(*region);
        });
}

void ImageCanvas::resizeEvent(QResizeEvent*) {
    view_.set_view_size((QSizeF(size()) * devicePixelRatioF()).toSize());
    frame_.set_outline_width(devicePixelRatioF() >= 1.5 ? 2 : 1);
    planes_->move((width() - planes_->width()) / 2, 12);
    view_moved();
}

// ---- painting

void ImageCanvas::paintEvent(QPaintEvent* event) {
    QElapsedTimer timer;
    timer.start();
    const double ratio = devicePixelRatioF();
    if (view_.view_size() != (QSizeF(size()) * ratio).toSize()) // moved to a screen of another scale
        resizeEvent(nullptr);
    frame_.set_view(view_);
    const QRectF shown(event->region().boundingRect());
    const QRect seen(
        QRectF(shown.x() * ratio, shown.y() * ratio, shown.width() * ratio, shown.height() * ratio)
            .toAlignedRect());
    const QImage& picture =
        frame_.compose(tiles_, scene_.get(), *layers_, seen, CanvasFrame::Clock::now() + compose_budget);
    if (!frame_.waiting().isEmpty())
        refine_->start();
    QPainter painter(this);
    for (const QRect& rect : event->region()) {
        const QRectF source(rect.x() * ratio, rect.y() * ratio, rect.width() * ratio, rect.height() * ratio);
        painter.drawImage(QRectF(rect), picture, source);
    }
    painter.save();
    painter.scale(1 / ratio, 1 / ratio);
    if (image_)
        paint_marked(painter);
    painter.setClipRect(seen); // so that who has much to draw can leave out what is not asked for
    painter.setRenderHint(QPainter::Antialiasing);
    if (image_)
        for (const auto& layer : layers_->bottom_up())
            if (layer->visible()) {
                painter.setOpacity(layer->opacity());
                layer->paint(painter, view_);
            }
    painter.setOpacity(1);
    if (tool_ && image_) {
        tool_->paint(painter, view_);
        tool_area_ = tool_->painted_area(view_); // the view may have moved below it
    }
    painter.restore();
    paint_furniture(painter, event->rect());
    last_frame_ms_ = static_cast<double>(timer.nsecsElapsed()) / 1e6;
}

void ImageCanvas::paint_furniture(QPainter& painter, const QRect&) {
    const int margin = 12;
    if (!image_) {
        painter.setPen(QColor(0x9a, 0xa3, 0xb0));
        painter.drawText(rect().adjusted(48, 48, -48, -48), Qt::AlignCenter | Qt::TextWordWrap, message_);
        return;
    }
    const double ratio = devicePixelRatioF();
    painter.setRenderHint(QPainter::Antialiasing);
    const int line = fontMetrics().height() + 4;
    const int bottom = height() - margin;
    const QString zoom = zoom_text(view_.scale() / ratio);
    draw_text_on_image(painter, QRectF(width() - margin - 120, bottom - line, 120, line),
                       Qt::AlignRight | Qt::AlignVCenter, zoom);
    const ScaleBar bar = scale_bar(view_.scale(), image_->info().pixel_size, 140 * ratio);
    const double middle = width() * 0.6;
    draw_scale_bar(painter, QPointF(middle, bottom - 2), bar, ratio);
    if (!readout_text_.isEmpty()) {
        const double room = middle - bar.device_length / ratio / 2 - 2 * margin;
        draw_text_on_image(painter, QRectF(margin, bottom - line, room, line),
                           Qt::AlignLeft | Qt::AlignVCenter,
                           fontMetrics().elidedText(readout_text_, Qt::ElideRight, static_cast<int>(room)));
    }
    if (!hint_.isEmpty()) {
        const QSize size = fontMetrics().size(0, hint_) + QSize(24, 12);
        const QRect box((width() - size.width()) / 2, 12 + (planes_->isVisible() ? planes_->height() + 8 : 0),
                        size.width(), size.height());
        painter.setPen(Qt::NoPen);
        painter.setBrush(QColor(20, 22, 27, 215));
        painter.drawRoundedRect(box, 6, 6);
        painter.setPen(QColor(0xe4, 0xe7, 0xec));
        painter.drawText(box, Qt::AlignCenter, hint_);
    }
}

// In device pixels, as tools paint; dashes of both colours show on dark and light ground.
void ImageCanvas::paint_marked(QPainter& painter) const {
    if (marked_.empty())
        return;
    const double ratio = devicePixelRatioF();
    const QRectF frame = view_.to_device(QRectF(marked_.x, marked_.y, marked_.width, marked_.height));
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 190), 4 * ratio));
    painter.drawRect(frame);
    QPen dashes(Qt::white, 2 * ratio);
    dashes.setDashPattern({4, 3});
    painter.setPen(dashes);
    painter.drawRect(frame);
}

void ImageCanvas::mark_region(const Region& region) {
    if (region == marked_)
        return;
    marked_ = region;
    update();
}

void ImageCanvas::set_hint(const QString& hint) {
    if (hint == hint_)
        return;
    hint_ = hint;
    update();
}

void ImageCanvas::refresh_readout() {
    QString text;
    if (image_ && pointer_pixel_.x() >= 0) {
        text = tr("x %1  y %2").arg(pointer_pixel_.x()).arg(pointer_pixel_.y());
        const ImageInfo& info = image_->info();
        std::array<double, 8> values{};
        const auto count = std::min<std::size_t>(values.size(), static_cast<std::size_t>(info.channels));
        if (image_->blocks->peek(pointer_pixel_.x(), pointer_pixel_.y(), z_, t_,
                                 std::span(values).first(count))) {
            if (info.rgb) {
                text += QStringLiteral(" · RGB %1 %2 %3")
                            .arg(value_text(values[0], info.type), value_text(values[1], info.type),
                                 value_text(values[2], info.type));
            } else {
                const auto& stack = layers_->bottom_up();
                for (auto layer = stack.rbegin(); layer != stack.rend();
                     ++layer) { // the first channel is on top
                    const auto* channel = dynamic_cast<const ChannelLayer*>(layer->get());
                    if (channel && channel->visible() && channel->channel() >= 0 &&
                        static_cast<std::size_t>(channel->channel()) < count) {
                        const QString value =
                            value_text(values[static_cast<std::size_t>(channel->channel())], info.type);
                        text += QStringLiteral(" · %1 %2")
                                    .arg(count == 1 && info.channel_names.empty() ? tr("value")
                                                                                  : channel->title(),
                                         value);
                    }
                }
            }
        }
        for (const auto& layer : layers_->bottom_up())
            if (const auto* map = dynamic_cast<const MapLayer*>(layer.get()); map && map->visible()) {
                const FloatMap& values_of = map->map();
                const auto x = (pointer_pixel_.x() - values_of.region.x) * values_of.width /
                               std::max<std::int64_t>(values_of.region.width, 1);
                const auto y = (pointer_pixel_.y() - values_of.region.y) * values_of.height /
                               std::max<std::int64_t>(values_of.region.height, 1);
                if (x >= 0 && y >= 0 && x < values_of.width && y < values_of.height)
                    text += QStringLiteral(" · %1 %2")
                                .arg(map->title(),
                                     value_text(
                                         values_of.values[static_cast<std::size_t>(y * values_of.width + x)],
                                         PixelType::Float32));
            }
        if (extra_readout_)
            if (const QString extra = extra_readout_(pointer_pixel_); !extra.isEmpty())
                text += QStringLiteral(" · ") + extra;
    }
    if (text == readout_text_)
        return;
    readout_text_ = text;
    const int line = fontMetrics().height() + 18;
    update(QRect(0, height() - line, width() * 2 / 3, line));
}

} // namespace eyepiece
