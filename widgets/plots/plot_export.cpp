// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/plot_export.h"

#include "core/base/error.h"

#include <QBuffer>
#include <QFileInfo>
#include <QObject>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

namespace eyepiece {

namespace {

constexpr int finer = 2; // pixels of a picture to a px of the view

void paint_page(QPainter& painter, const PlotPage& page, bool shapes) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(QRect({}, page.size), page.ground);
    painter.save();
    page.marks(painter, shapes, finer);
    painter.restore();
    painter.drawPicture(0, 0, page.overlay);
}

} // namespace

bool save_plot(const QString& file, const PlotPage& page) {
    const QString suffix = QFileInfo(file).suffix().toLower();
    const auto failed = [&] {
        return Error(ErrorCode::Storage,
                     QObject::tr("The plot could not be written to \"%1\". Choose another place.")
                         .arg(file)
                         .toStdString());
    };
    if (!page.marks)
        throw Error(ErrorCode::BadInput, QObject::tr("There is nothing to save yet.").toStdString());
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    bool good = false;
    if (suffix == QLatin1String("png")) {
        QImage image(page.size * finer, QImage::Format_ARGB32_Premultiplied);
        image.setDevicePixelRatio(finer);
        QPainter painter(&image);
        paint_page(painter, page, false);
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
            paint_page(painter, page, page.shapes);
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
            paint_page(painter, page, page.shapes);
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
    return !page.shapes && suffix != QLatin1String("png");
}

} // namespace eyepiece
