// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/scatter_export.h"

#include "widgets/plots/scatter_axes.h"
#include "widgets/plots/scatter_legend.h"
#include "widgets/theme/theme.h"

#include <QPainter>
#include <cmath>

namespace eyepiece {

namespace {

// The view on a page of another resolution.
ScatterTransform scaled(ScatterTransform view, double factor) {
    view.scale_x *= factor;
    view.scale_y *= factor;
    view.width *= factor;
    view.height *= factor;
    return view;
}

QImage points_as_picture(const ScatterView::Picture& picture, double scale) {
    const std::atomic<bool> never{false};
    const double now = picture.look.device_pixel_ratio;
    ScatterLook look = picture.look;
    look.radius *= scale / now;
    look.device_pixel_ratio = scale;
    QImage image = rasterise(*picture.scene, look, scaled(picture.view, scale / now), never);
    image.setDevicePixelRatio(1);
    return image;
}

void paint_shapes(QPainter& painter, const ScatterView::Picture& picture, const QSize& size) {
    const ScatterLook& look = picture.look;
    const ScatterTransform view = scaled(picture.view, 1 / look.device_pixel_ratio);
    const double radius = look.radius / look.device_pixel_ratio;
    const ScatterScene& scene = *picture.scene;
    painter.setPen(Qt::NoPen);
    const auto pass = [&](bool of_selected) {
        for (std::size_t at = 0; at < scene.x().size(); ++at) {
            const std::uint32_t row = scene.row()[at];
            const auto& codes = look.coloring->codes;
            const std::uint8_t code = row < codes.size() ? codes[row] : ScatterColoring::plain;
            const bool selected = look.any_selected && look.selected && (*look.selected)[row];
            if (look.hidden[code] || selected != of_selected)
                continue;
            const QPointF place(view.to_x(scene.x()[at]), view.to_y(scene.y()[at]));
            if (!QRectF(QPointF(), size).contains(place))
                continue;
            QColor color = QColor::fromRgb(look.coloring->color(code, look.dark));
            color.setAlpha(!look.any_selected ? 230 : selected ? 255 : 46);
            painter.setBrush(color);
            const bool sized = look.sizes && row < look.sizes->size();
            const double r = radius * (sized ? 0.55 + 1.75 * std::sqrt((*look.sizes)[row] / 7.0) : 1);
            painter.drawEllipse(place, r, r);
        }
    };
    pass(false);
    if (look.any_selected)
        pass(true);
}

} // namespace

PlotPage scatter_page(const ScatterView& view, const Theme& theme, const QString& title) {
    PlotPage page;
    page.ground = theme.color(Token::Ground);
    page.size = view.size();
    page.title = title;
    const ScatterView::Picture picture = view.picture();
    if (!picture.scene)
        return page;
    page.shapes = !picture.look.density && picture.scene->x().size() <= most_shapes;
    page.marks = [picture, size = view.size()](QPainter& painter, bool shapes, double scale) {
        if (shapes)
            paint_shapes(painter, picture, size);
        else
            painter.drawImage(QRectF(QPointF(), size), points_as_picture(picture, scale));
    };
    QPainter painter(&page.overlay);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme.strong());
    painter.setPen(theme.color(Token::Text));
    painter.drawText(QRect(14, 8, view.width() - 28, 20), Qt::AlignLeft | Qt::AlignVCenter, title);
    paint_axes(painter, theme, QRectF(QPointF(), view.size()), picture.scene->points(), picture.view,
               view.devicePixelRatioF());
    if (!view.legend()->isHidden()) {
        painter.translate(view.legend()->pos());
        view.legend()->paint_on(painter);
    }
    return page;
}

} // namespace eyepiece
