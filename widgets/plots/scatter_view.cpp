// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/scatter_view.h"

#include "widgets/plots/scatter_axes.h"
#include "widgets/plots/scatter_legend.h"
#include "widgets/theme/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {
constexpr double margin = 36, overlap = 96;   // px about the points, and drawn beyond the view's edges
constexpr double hover_radius = 9, click = 4; // px
constexpr double key_step = 60, key_zoom = 1.25;
constexpr double most_zoom = 1e6; // of the fitted view
constexpr int legend_margin = 12;
} // namespace

ScatterView::ScatterView(const Theme& theme, RowSelection& selection, QWidget* parent)
    : QWidget(parent)
    , theme_(theme)
    , selection_(selection)
    , legend_(new ScatterLegend(theme, this))
    , building_(LatestWork::Policy::Complete)
    , drawing_(LatestWork::Policy::Complete) {
    setObjectName(QStringLiteral("scatter"));
    setAccessibleName(tr("Points"));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setMinimumSize(160, 120);
    look_.dark = theme.dark();
    connect(&theme_, &Theme::changed, this, [this] {
        look_.dark = theme_.dark();
        redraw();
    });
    connect(&selection_, &RowSelection::changed, this, [this] {
        look_.selected = selection_.snapshot();
        look_.any_selected = !selection_.empty();
        redraw();
    });
    connect(legend_, &ScatterLegend::hidden_changed, this, [this] {
        look_.hidden = legend_->hidden();
        update_hidden_rows();
        redraw();
    });
    connect(legend_, &ScatterLegend::category_clicked, this,
            [this](std::uint8_t code, Qt::KeyboardModifiers modifiers) {
                select_category(selection_, *look_.coloring, code, modifiers);
            });
    for (LatestWork* work : {&building_, &drawing_, &selecting_})
        connect(work, &LatestWork::failed, this, &ScatterView::failed);
}

ScatterView::~ScatterView() = default;

const ScatterPoints* ScatterView::points() const {
    return scene_ ? &scene_->points() : nullptr;
}

void ScatterView::set_points(std::shared_ptr<const ScatterPoints> points) {
    if (!points) {
        building_.drop();
        scene_.reset();
        picture_ = {};
        moved_ = false;
        hovered_.reset();
        update();
        return;
    }
    set_points_from([points = std::move(points)] { return points; });
}

void ScatterView::set_points_from(std::function<std::shared_ptr<const ScatterPoints>()> make) {
    building_.start([this, make = std::move(make)](LatestWork::Stop stop) {
        auto scene = ScatterScene::build(make(), stop);
        return LatestWork::Finish([this, scene] { adopt(scene); });
    });
}

void ScatterView::adopt(std::shared_ptr<const ScatterScene> scene) {
    const bool other = !scene_ || scene_->rows() != scene->rows() ||
                       scene_->points().x_title != scene->points().x_title ||
                       scene_->points().y_title != scene->points().y_title ||
                       scene_->points().equal_axes != scene->points().equal_axes ||
                       scene_->points().depth.empty() != scene->points().depth.empty();
    scene_ = std::move(scene);
    if (other) {
        moved_ = false;
        picture_ = {};
    }
    look_.selected = selection_.snapshot();
    look_.any_selected = !selection_.empty();
    hovered_.reset();
    update_hidden_rows();
    refit();
    redraw();
}

void ScatterView::set_coloring(std::shared_ptr<const ScatterColoring> coloring) {
    const bool same = coloring->title == look_.coloring->title && coloring->kind == look_.coloring->kind &&
                      coloring->entries.size() == look_.coloring->entries.size();
    const auto hidden = look_.hidden;
    look_.coloring = std::move(coloring);
    legend_->set_coloring(look_.coloring);
    if (same) // the same groups again, of points that moved: what was hidden stays so
        for (std::size_t code = 0; code < hidden.size(); ++code)
            if (hidden[code])
                legend_->set_code_hidden(static_cast<std::uint8_t>(code), true);
    look_.hidden = legend_->hidden();
    legend_->move(width() - legend_->width() - legend_margin, legend_margin);
    update_hidden_rows();
    redraw();
}

void ScatterView::set_sizes(std::shared_ptr<const std::vector<std::uint8_t>> sizes) {
    look_.sizes = std::move(sizes);
    redraw();
}

void ScatterView::set_density(bool density) {
    look_.density = density;
    redraw();
}

void ScatterView::set_drag(Drag drag) {
    if (drag_ == drag)
        return;
    drag_ = drag;
    setCursor(drag == Drag::Pan ? Qt::OpenHandCursor : Qt::ArrowCursor);
    Q_EMIT drag_changed();
}

void ScatterView::update_hidden_rows() {
    hidden_rows_.clear();
    if (std::none_of(look_.hidden.begin(), look_.hidden.end(), [](bool hidden) { return hidden; }))
        return;
    const auto& codes = look_.coloring->codes;
    hidden_rows_.resize(codes.size());
    for (std::size_t row = 0; row < codes.size(); ++row)
        hidden_rows_[row] = look_.hidden[codes[row]];
}

void ScatterView::refit() {
    if (!scene_)
        return;
    fitted_ = scene_->fitted(width() * ratio(), height() * ratio(), margin * ratio());
    if (!moved_) {
        view_ = fitted_;
    } else {
        view_.width = fitted_.width;
        view_.height = fitted_.height;
    }
}

void ScatterView::fit() {
    moved_ = false;
    refit();
    redraw();
}

void ScatterView::zoom_at(const QPointF& position, double factor) {
    if (!scene_)
        return;
    const double px = position.x() * ratio(), py = position.y() * ratio();
    const double x = view_.from_x(px), y = view_.from_y(py);
    const double now = view_.scale_x / fitted_.scale_x;
    factor = std::clamp(factor, 0.1 / now, most_zoom / now);
    view_.scale_x *= factor;
    view_.scale_y *= factor;
    view_.centre_x = x - (px - view_.width / 2) / view_.scale_x;
    view_.centre_y = y - (view_.height / 2 - py) / view_.scale_y;
    moved_ = true;
    redraw();
}

void ScatterView::pan(const QPointF& delta) {
    view_.centre_x -= delta.x() * ratio() / view_.scale_x;
    view_.centre_y += delta.y() * ratio() / view_.scale_y;
    moved_ = true;
    redraw();
}

ScatterView::Picture ScatterView::picture() const {
    Picture picture{scene_, look_, view_};
    picture.look.device_pixel_ratio = ratio();
    if (scene_ && (!look_.sizes || look_.sizes->empty()))
        picture.look.sizes = scene_->nearness(); // null of a plane
    if (scene_)
        picture.look.radius = scatter_radius(scene_->x().size(), view_, fitted_, ratio());
    return picture;
}

bool ScatterView::idle() const {
    return !building_.busy() && !drawing_.busy() && !stale_;
}

void ScatterView::redraw() {
    update();
    if (!scene_ || !isVisible() || width() < 2 || height() < 2)
        return;
    stale_ = true;
    Picture wanted = picture();
    // Beyond the edges as well, for what comes into sight before the next picture is there.
    wanted.view.width += 2 * overlap * ratio();
    wanted.view.height += 2 * overlap * ratio();
    drawing_.start([this, wanted](LatestWork::Stop stop) {
        QImage image = rasterise(*wanted.scene, wanted.look, wanted.view, stop);
        return LatestWork::Finish([this, image, view = wanted.view, scene = wanted.scene] {
            if (scene != scene_ || image.isNull())
                return;
            picture_ = image;
            picture_view_ = view;
            stale_ = drawing_.busy();
            update();
            Q_EMIT drawn();
        });
    });
}

void ScatterView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme_.color(Token::Ground));
    if (!picture_.isNull() && scene_) {
        // Where the picture's corners lie in the view as it is now.
        const double left = view_.to_x(picture_view_.from_x(0)) / ratio(),
                     top = view_.to_y(picture_view_.from_y(0)) / ratio(),
                     right = view_.to_x(picture_view_.from_x(picture_view_.width)) / ratio(),
                     bottom = view_.to_y(picture_view_.from_y(picture_view_.height)) / ratio();
        if (view_.scale_x == picture_view_.scale_x && view_.scale_y == picture_view_.scale_y)
            painter.drawImage(
                QPointF(std::round(left * ratio()) / ratio(), std::round(top * ratio()) / ratio()), picture_);
        else
            painter.drawImage(QRectF(QPointF(left, top), QPointF(right, bottom)), picture_);
    }
    painter.setRenderHint(QPainter::Antialiasing);
    paint_overlay(painter);
}

void ScatterView::paint_overlay(QPainter& painter) {
    if (scene_)
        paint_axes(painter, theme_, QRectF(rect()), scene_->points(), view_, ratio());
    if (lasso_.size() > 1) {
        painter.setPen(QPen(theme_.color(Token::Text), 1.4, Qt::DashLine));
        QColor inside = theme_.color(Token::Accent);
        inside.setAlpha(28);
        painter.setBrush(inside);
        painter.drawPolygon(lasso_);
    }
    if (!hovered_ || !scene_)
        return;
    const QPointF place = place_of(*hovered_);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme_.color(Token::Text), 1.6));
    painter.drawEllipse(place, 6, 6);
    const QString words = describe_ ? describe_(*hovered_) : QString();
    const QPixmap picture = row_picture_ ? row_picture_(*hovered_) : QPixmap();
    if (words.isEmpty() && picture.isNull())
        return;
    painter.setFont(theme_.body());
    const QFontMetrics metrics(painter.font());
    QRect box = metrics.boundingRect(QRect(0, 0, 260, 400), Qt::TextWordWrap, words).adjusted(-8, -6, 8, 6);
    const QSize small = picture.deviceIndependentSize().toSize(); // above the words
    const int above = picture.isNull() ? 0 : small.height() + 6;
    box.setHeight(box.height() + above);
    box.setWidth(std::max(box.width(), picture.isNull() ? 0 : small.width() + 16));
    box.moveTopLeft((place + QPointF(14, 14)).toPoint());
    if (box.right() > width() - 4)
        box.moveRight(static_cast<int>(place.x()) - 14);
    if (box.bottom() > height() - 4)
        box.moveBottom(static_cast<int>(place.y()) - 14);
    painter.setPen(QPen(theme_.color(Token::Line), 1));
    painter.setBrush(theme_.color(Token::Raised));
    painter.drawRoundedRect(box, 6, 6);
    if (!picture.isNull())
        painter.drawPixmap(box.topLeft() + QPoint(8, 8), picture);
    painter.setPen(theme_.color(Token::Text));
    painter.drawText(box.adjusted(8, 6 + above, -8, -6), Qt::TextWordWrap, words);
}

void ScatterView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    legend_->move(width() - legend_->width() - legend_margin, legend_margin);
    refit();
    redraw();
}

void ScatterView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    redraw(); // hidden, nothing was drawn
}

QPointF ScatterView::place_of(std::size_t row) const {
    if (!scene_ || row >= scene_->rows())
        return {};
    return {view_.to_x(scene_->points().x[row]) / ratio(), view_.to_y(scene_->points().y[row]) / ratio()};
}

std::optional<std::size_t> ScatterView::row_at(const QPointF& position) const {
    if (!scene_)
        return {};
    return scene_->nearest(view_, position.x() * ratio(), position.y() * ratio(), hover_radius * ratio(),
                           hidden_rows_);
}

void ScatterView::hover(const QPointF& position) {
    const auto now = row_at(position);
    if (now == hovered_)
        return;
    hovered_ = now;
    setAccessibleDescription(now && describe_ ? describe_(*now) : QString());
    update();
    Q_EMIT hovered_changed();
}

void ScatterView::mousePressEvent(QMouseEvent* event) {
    setFocus();
    pressed_ = last_ = event->position();
    const bool left = event->button() == Qt::LeftButton;
    turning_ = left && !space_ && drag_ == Drag::Pan && is_space();
    panning_ = !turning_ && (event->button() == Qt::MiddleButton || (left && (space_ || drag_ == Drag::Pan)));
    if (panning_ || turning_)
        setCursor(Qt::ClosedHandCursor);
    else if (left && scene_)
        lasso_ = QPolygonF{pressed_};
}

void ScatterView::mouseMoveEvent(QMouseEvent* event) {
    const QPointF now = event->position();
    if (panning_) {
        pan(now - last_);
    } else if (turning_) {
        Q_EMIT turned(now - last_);
    } else if (!lasso_.isEmpty()) {
        if (QLineF(lasso_.last(), now).length() >= 2) {
            lasso_ << now;
            update();
        }
    } else {
        hover(now);
    }
    last_ = now;
}

void ScatterView::mouseReleaseEvent(QMouseEvent* event) {
    if (panning_ || turning_) {
        panning_ = turning_ = false;
        setCursor(drag_ == Drag::Pan || space_ ? Qt::OpenHandCursor : Qt::ArrowCursor);
        return;
    }
    if (lasso_.isEmpty() || event->button() != Qt::LeftButton)
        return;
    const QPolygonF lasso = std::exchange(lasso_, {});
    update();
    const auto how = selection_how(event->modifiers());
    const QRectF extent = lasso.boundingRect();
    if (lasso.size() > 2 && std::max(extent.width(), extent.height()) > click)
        return select_inside(lasso, how);
    if (const auto row = row_at(event->position())) {
        selection_.select(std::vector<std::size_t>{*row}, how);
        Q_EMIT picked(*row);
    } else if (how == RowSelection::How::Replace) {
        selection_.clear();
    }
}

// The lasso is painted once, then each point looks up its pixel: as fast for a long lasso as for a short one.
void ScatterView::select_inside(const QPolygonF& lasso, RowSelection::How how) {
    selecting_.start([this, lasso, how, scene = scene_, view = view_, hidden = hidden_rows_,
                      ratio = ratio()](LatestWork::Stop) {
        QImage mask(static_cast<int>(view.width), static_cast<int>(view.height), QImage::Format_Grayscale8);
        mask.fill(0);
        QPainter painter(&mask);
        painter.scale(ratio, ratio);
        painter.setPen(Qt::NoPen);
        painter.setBrush(Qt::white);
        painter.drawPolygon(lasso, Qt::OddEvenFill);
        painter.end();
        auto flags = std::make_shared<RowSelection::Flags>(scene->rows(), std::uint8_t{0});
        const auto xs = scene->x(), ys = scene->y();
        for (std::size_t at = 0; at < xs.size(); ++at) {
            const double x = view.to_x(xs[at]), y = view.to_y(ys[at]);
            if (!(x >= 0 && y >= 0 && x < mask.width() && y < mask.height()))
                continue;
            const std::uint32_t row = scene->row()[at];
            if (mask.constScanLine(static_cast<int>(y))[static_cast<int>(x)] &&
                !(row < hidden.size() && hidden[row]))
                (*flags)[row] = 1;
        }
        return LatestWork::Finish([this, flags, how] {
            if (flags->size() == selection_.rows())
                selection_.select(std::move(*flags), how);
        });
    });
}

void ScatterView::wheelEvent(QWheelEvent* event) {
    event->accept();
    zoom_at(event->position(), std::pow(1.0015, event->angleDelta().y()));
}

void ScatterView::keyPressEvent(QKeyEvent* event) {
    const QPointF middle(width() / 2.0, height() / 2.0);
    const auto step = [this](const QPointF& delta) { is_space() ? Q_EMIT turned(-delta) : pan(delta); };
    switch (event->key()) {
    case Qt::Key_Left:
        return step({key_step, 0});
    case Qt::Key_Right:
        return step({-key_step, 0});
    case Qt::Key_Up:
        return step({0, key_step});
    case Qt::Key_Down:
        return step({0, -key_step});
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoom_at(middle, key_zoom);
    case Qt::Key_Minus:
        return zoom_at(middle, 1 / key_zoom);
    case Qt::Key_0:
        return fit();
    case Qt::Key_Escape:
        if (!lasso_.isEmpty()) {
            lasso_.clear();
            return update();
        }
        return selection_.clear();
    case Qt::Key_Space:
        if (!event->isAutoRepeat()) {
            space_ = true;
            setCursor(Qt::OpenHandCursor);
        }
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

void ScatterView::keyReleaseEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Space && !event->isAutoRepeat()) {
        space_ = false;
        setCursor(drag_ == Drag::Pan ? Qt::OpenHandCursor : Qt::ArrowCursor);
        return;
    }
    QWidget::keyReleaseEvent(event);
}

void ScatterView::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    if (hovered_) {
        hovered_.reset();
        update();
        Q_EMIT hovered_changed();
    }
}

void ScatterView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::EnabledChange)
        update();
}

} // namespace eyepiece
