// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/volume/plane_view.h"

#include "widgets/canvas/furniture.h"
#include "widgets/volume/volume_labels.h"
#include "widgets/volume/volume_stack.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <vector>

namespace eyepiece {

namespace {

constexpr QRgb ground = 0xff08090bu; // as on the canvas
constexpr double label_opacity = 0.45;
constexpr std::array<QRgb, 3> axis_colors{0xffe69f00u, 0xff56b4e9u, 0xff009e73u}; // lines at a fixed x, y, z

QRgb mixed(QRgb below, QRgb above, double opacity) {
    const auto mix = [opacity](int a, int b) { return static_cast<int>(a + (b - a) * opacity + 0.5); };
    return qRgb(mix(qRed(below), qRed(above)), mix(qGreen(below), qGreen(above)),
                mix(qBlue(below), qBlue(above)));
}

QChar opposite(QChar side) {
    static const QString sides = QStringLiteral("LRPASI");
    return sides.at(sides.indexOf(side) ^ 1);
}

} // namespace

PlaneView::PlaneView(PlaneAxes kind, const VolumeStack& stack, const VolumeLabels& labels, QWidget* parent)
    : QWidget(parent), kind_(kind), stack_(stack), labels_(labels) {
    const char* names[] = {"xy", "xz", "yz"};
    const QString name = QString::fromLatin1(names[static_cast<int>(kind)]);
    setObjectName("volume-plane-" + name);
    setAccessibleName(tr("Cut along %1 and %2").arg(name.at(0)).arg(name.at(1)));
    setToolTip(tr("Click or drag to move the cursor; the wheel goes to the next cut"));
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setCursor(Qt::CrossCursor);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

PlaneView::Axes PlaneView::axes() const {
    switch (kind_) {
    case PlaneAxes::XY:
        return {0, 1, 2};
    case PlaneAxes::XZ:
        return {0, 2, 1};
    case PlaneAxes::YZ:
        break;
    }
    return {1, 2, 0};
}

std::array<int, 3> PlaneView::extent() const {
    if (stack_.empty())
        return {0, 0, 0};
    const ImageInfo& info = stack_.info();
    return {static_cast<int>(info.width), static_cast<int>(info.height), info.depth};
}

std::int64_t PlaneView::cut_size(std::size_t axis) const {
    return axis == 0 ? stack_.width() : axis == 1 ? stack_.height() : stack_.depth();
}

bool PlaneView::upside_down() const {
    return geometry_.oriented && kind_ != PlaneAxes::XY && geometry_.orientation().substr(2) == "S";
}

void PlaneView::set_contrast(std::shared_ptr<const ContrastRenderer> contrast) {
    contrast_ = std::move(contrast);
    refresh();
}

void PlaneView::set_geometry(const VolumeGeometry& geometry) {
    geometry_ = geometry;
    refresh();
}

void PlaneView::set_colors(std::function<QRgb(ObjectId)> fill) {
    fill_ = std::move(fill);
    refresh();
}

void PlaneView::set_cursor(const std::array<int, 3>& voxel) {
    if (voxel == cursor_)
        return;
    const std::size_t through = axes().through;
    if (voxel[through] != cursor_[through])
        fresh_ = false;
    cursor_ = voxel;
    update();
}

void PlaneView::refresh() {
    fresh_ = false;
    update();
}

QRectF PlaneView::picture_rect() const {
    const Axes axis = axes();
    const auto size = extent();
    const double wide = size[axis.across] * geometry_.spacing[axis.across];
    const double high = size[axis.down] * geometry_.spacing[axis.down];
    if (wide <= 0 || high <= 0)
        return {};
    constexpr double margin = 6;
    const double scale = std::min((width() - 2 * margin) / wide, (height() - 2 * margin) / high);
    const QSizeF shown(wide * scale, high * scale);
    return {QPointF((width() - shown.width()) / 2, (height() - shown.height()) / 2), shown};
}

const QImage& PlaneView::picture() {
    if (!fresh_)
        compose();
    return picture_;
}

// Rows along x lie in memory as they are painted; a cut along y and z gathers them.
void PlaneView::compose() {
    fresh_ = true;
    if (stack_.empty() || !contrast_) {
        picture_ = {};
        return;
    }
    const Axes axis = axes();
    const auto across = cut_size(axis.across), down = cut_size(axis.down);
    if (picture_.width() != across || picture_.height() != down)
        picture_ = QImage(static_cast<int>(across), static_cast<int>(down), QImage::Format_RGB32);
    picture_.fill(ground);
    const int shift = axis.through == 2 ? 0 : stack_.level();
    const std::int64_t through = std::clamp<std::int64_t>(
        cursor_[axis.through] >> shift, 0, std::max<std::int64_t>(cut_size(axis.through) - 1, 0));
    const std::size_t pixel = bytes_per_pixel(stack_.info().type);
    const auto channels = static_cast<std::size_t>(stack_.info().channels);
    std::vector<const std::byte*> rows(channels);
    std::vector<std::byte> gathered(channels * static_cast<std::size_t>(across) * pixel);
    for (std::int64_t y = 0; y < down; ++y) {
        const Image& plane = stack_.plane(static_cast<int>(axis.through == 2 ? through : y));
        if (plane.empty())
            continue;
        for (std::size_t c = 0; c < channels; ++c) {
            const std::byte* pixels = plane.plane(static_cast<int>(c)).data();
            const auto line = static_cast<std::size_t>(plane.width()) * pixel;
            if (axis.across == 0) {
                rows[c] = pixels + static_cast<std::size_t>(axis.through == 2 ? y : through) * line;
                continue;
            }
            std::byte* out = gathered.data() + c * static_cast<std::size_t>(across) * pixel;
            rows[c] = out;
            const std::byte* in = pixels + static_cast<std::size_t>(through) * pixel;
            for (std::int64_t i = 0; i < across; ++i, in += line, out += pixel)
                std::copy_n(in, pixel, out);
        }
        contrast_->render_row(rows, across,
                              reinterpret_cast<std::uint32_t*>(picture_.scanLine(static_cast<int>(y))));
    }
    compose_labels();
}

ObjectId PlaneView::label_at(std::int64_t across, std::int64_t down) const {
    const Axes axis = axes();
    if (across < 0 || down < 0 || across >= cut_size(axis.across) || down >= cut_size(axis.down))
        return 0;
    std::array<std::int64_t, 3> voxel{};
    voxel[axis.across] = across;
    voxel[axis.down] = down;
    voxel[axis.through] = cursor_[axis.through] >> (axis.through == 2 ? 0 : stack_.level());
    const LabelMap* labels = labels_.plane(static_cast<int>(voxel[2]));
    if (!labels || voxel[0] >= labels->width() || voxel[1] >= labels->height())
        return 0;
    return labels->at(voxel[0], voxel[1]);
}

void PlaneView::compose_labels() {
    if (!fill_)
        return;
    for (int y = 0; y < picture_.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(picture_.scanLine(y));
        for (int x = 0; x < picture_.width(); ++x) {
            const ObjectId id = label_at(x, y);
            if (id == 0)
                continue;
            const bool rim = label_at(x + 1, y) != id || label_at(x, y + 1) != id ||
                             label_at(x - 1, y) != id || label_at(x, y - 1) != id;
            line[x] = mixed(line[x], fill_(id), rim ? 1 : label_opacity);
        }
    }
}

void PlaneView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), QColor(ground));
    const QImage& image = picture();
    const QRectF place = picture_rect();
    if (image.isNull() || place.isEmpty())
        return;
    painter.save();
    if (upside_down()) {
        painter.translate(0, place.top() + place.bottom());
        painter.scale(1, -1);
    }
    // Voxels stay visible as such where they are large.
    painter.setRenderHint(QPainter::SmoothPixmapTransform, place.width() < 2.0 * image.width());
    painter.drawImage(place, image);
    const Axes axis = axes();
    const auto size = extent();
    const double x = place.left() + (cursor_[axis.across] + 0.5) / size[axis.across] * place.width();
    const double y = place.top() + (cursor_[axis.down] + 0.5) / size[axis.down] * place.height();
    painter.setPen(QPen(QColor(axis_colors[axis.across]), 1));
    painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()));
    painter.setPen(QPen(QColor(axis_colors[axis.down]), 1));
    painter.drawLine(QPointF(place.left(), y), QPointF(place.right(), y));
    painter.restore();
    paint_sides(painter, place);
    const char* letters = "xyz";
    draw_text_on_image(painter, QRectF(8, 4, width() - 16.0, fontMetrics().height() + 4),
                       Qt::AlignLeft | Qt::AlignVCenter,
                       QStringLiteral("%1 %2 / %3")
                           .arg(QLatin1Char(letters[axis.through]))
                           .arg(cursor_[axis.through] + 1)
                           .arg(size[axis.through]));
    if (hasFocus()) {
        painter.setPen(QPen(QColor(0x5a, 0xa9, 0xe6), 1));
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

// Left, right, up and down of the patient, where the file says.
void PlaneView::paint_sides(QPainter& painter, const QRectF& place) const {
    const QString sides = QString::fromStdString(geometry_.orientation());
    if (sides.size() != 3)
        return;
    const Axes axis = axes();
    const QChar right = sides.at(static_cast<qsizetype>(axis.across));
    const QChar down = upside_down() ? opposite(sides.at(static_cast<qsizetype>(axis.down)))
                                     : sides.at(static_cast<qsizetype>(axis.down));
    const QRectF seen = place.intersected(QRectF(rect())).adjusted(4, 2, -4, -2);
    draw_text_on_image(painter, seen, Qt::AlignLeft | Qt::AlignVCenter, opposite(right));
    draw_text_on_image(painter, seen, Qt::AlignRight | Qt::AlignVCenter, right);
    draw_text_on_image(painter, seen, Qt::AlignHCenter | Qt::AlignTop, opposite(down));
    draw_text_on_image(painter, seen, Qt::AlignHCenter | Qt::AlignBottom, down);
}

void PlaneView::go_to(const QPointF& position) {
    const QRectF place = picture_rect();
    if (place.isEmpty())
        return;
    const Axes axis = axes();
    const auto size = extent();
    const auto voxel = [](double fraction, int count) {
        return std::clamp(static_cast<int>(std::floor(fraction * count)), 0, count - 1);
    };
    double down = (position.y() - place.top()) / place.height();
    if (upside_down())
        down = 1 - down;
    std::array<int, 3> wanted = cursor_;
    wanted[axis.across] = voxel((position.x() - place.left()) / place.width(), size[axis.across]);
    wanted[axis.down] = voxel(down, size[axis.down]);
    Q_EMIT cursor_wanted(wanted);
}

void PlaneView::step(int cuts) {
    const std::size_t through = axes().through;
    std::array<int, 3> wanted = cursor_;
    wanted[through] = std::clamp(wanted[through] + cuts, 0, std::max(extent()[through] - 1, 0));
    Q_EMIT cursor_wanted(wanted);
}

void PlaneView::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton)
        go_to(event->position());
}

void PlaneView::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons() & Qt::LeftButton)
        go_to(event->position());
}

void PlaneView::wheelEvent(QWheelEvent* event) {
    wheel_ += event->angleDelta().y();
    constexpr int notch = 120;
    if (const int cuts = wheel_ / notch) {
        wheel_ -= cuts * notch;
        step(-cuts);
    }
    event->accept();
}

void PlaneView::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Up:
        return step(-1);
    case Qt::Key_Down:
        return step(1);
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace eyepiece
