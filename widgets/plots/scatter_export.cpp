// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/scatter_export.h"

#include "core/base/error.h"
#include "widgets/plots/scatter_axes.h"
#include "widgets/plots/scatter_legend.h"
#include "widgets/theme/theme.h"

#include <QBuffer>
#include <QFileInfo>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

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

QImage points_as_picture(const ScatterPage& page, double factor) {
    const std::atomic<bool> never{false};
    const double now = page.picture.look.device_pixel_ratio;
    ScatterLook look = page.picture.look;
    look.radius *= factor / now;
    look.device_pixel_ratio = factor;
    QImage image = rasterise(*page.picture.scene, look, scaled(page.picture.view, factor / now), never);
    image.setDevicePixelRatio(1);
    return image;
}

void paint_shapes(QPainter& painter, const ScatterPage& page) {
    const ScatterLook& look = page.picture.look;
    const ScatterTransform view = scaled(page.picture.view, 1 / look.device_pixel_ratio);
    const double radius = look.radius / look.device_pixel_ratio;
    const ScatterScene& scene = *page.picture.scene;
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
            if (!QRectF(QPointF(), page.size).contains(place))
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

void paint_page(QPainter& painter, const ScatterPage& page, bool shapes, double factor) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(QRect({}, page.size), page.ground);
    if (shapes)
        paint_shapes(painter, page);
    else
        painter.drawImage(QRectF(QPointF(), page.size), points_as_picture(page, factor));
    painter.drawPicture(0, 0, page.overlay);
}

} // namespace

ScatterPage scatter_page(const ScatterView& view, const Theme& theme, const QString& title) {
    ScatterPage page{view.picture(), QPicture(), theme.color(Token::Ground), view.size(), title};
    QPainter painter(&page.overlay);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme.strong());
    painter.setPen(theme.color(Token::Text));
    painter.drawText(QRect(14, 8, view.width() - 28, 20), Qt::AlignLeft | Qt::AlignVCenter, title);
    if (page.picture.scene)
        paint_axes(painter, theme, QRectF(QPointF(), view.size()), page.picture.scene->points(),
                   page.picture.view, view.devicePixelRatioF());
    if (!view.legend()->isHidden()) {
        painter.translate(view.legend()->pos());
        view.legend()->paint_on(painter);
    }
    return page;
}

bool save_scatter(const QString& file, const ScatterPage& page) {
    const QString suffix = QFileInfo(file).suffix().toLower();
    const auto failed = [&] {
        return Error(ErrorCode::Storage,
                     QObject::tr("The plot could not be written to \"%1\". Choose another place.")
                         .arg(file)
                         .toStdString());
    };
    if (!page.picture.scene)
        throw Error(ErrorCode::BadInput, QObject::tr("There are no points to save yet.").toStdString());
    const bool shapes = !page.picture.look.density && page.picture.scene->x().size() <= most_shapes;
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    bool good = false;
    if (suffix == QLatin1String("png")) {
        QImage image(page.size * 2, QImage::Format_ARGB32_Premultiplied);
        image.setDevicePixelRatio(2);
        QPainter painter(&image);
        paint_page(painter, page, false, 2);
        painter.end();
        good = image.save(&buffer, "PNG");
    } else if (suffix == QLatin1String("svg")) {
        QSvgGenerator generator;
        generator.setOutputDevice(&buffer);
        generator.setSize(page.size);
        generator.setViewBox(QRect({}, page.size));
        generator.setTitle(page.title);
        QPainter painter;
        good = painter.begin(&generator);
        if (good) {
            paint_page(painter, page, shapes, 2);
            good = painter.end();
        }
    } else if (suffix == QLatin1String("pdf")) {
        QPdfWriter writer(&buffer);
        writer.setTitle(page.title);
        writer.setResolution(96);
        writer.setPageSize(
            QPageSize(QSizeF(page.size) * 72.0 / 96, QPageSize::Point, {}, QPageSize::ExactMatch));
        writer.setPageMargins({});
        QPainter painter;
        good = painter.begin(&writer);
        if (good) {
            paint_page(painter, page, shapes, 2);
            good = painter.end();
        }
    } else {
        throw Error(ErrorCode::Unsupported,
                    QObject::tr("A plot cannot be saved as \"%1\". Choose PNG, SVG, PDF or CSV.")
                        .arg(suffix)
                        .toStdString());
    }
    buffer.close();
    QSaveFile out(file);
    if (!good || bytes.isEmpty() || !out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size() ||
        !out.commit())
        throw failed();
    return !shapes && suffix != QLatin1String("png");
}

} // namespace eyepiece
