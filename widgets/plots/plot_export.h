// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QColor>
#include <QPicture>
#include <QSize>
#include <QString>
#include <cstddef>
#include <functional>

namespace eyepiece {

// A plot as it is in sight, ready to be written by any thread.
struct PlotPage {
    // Draws what stands for the data, in px of the view. Without shapes it draws pictures, of `scale` pixels
    // to a px.
    std::function<void(QPainter& painter, bool shapes, double scale)> marks;
    bool shapes = true; // few enough for an SVG or PDF
    QPicture overlay;   // title, axes, legend
    QColor ground;
    QSize size; // px of the view
    QString title;
};

// More marks than this are a picture within an SVG or PDF: as shapes no program would open them.
constexpr std::size_t most_shapes = 50'000;

// SVG, PDF or PNG (at twice the view's size) by the file's suffix. Throws Error(BadInput, Storage or
// Unsupported). True where the marks went in as a picture although the format has shapes.
EYEPIECE_EXPORT bool save_plot(const QString& file, const PlotPage& page);

} // namespace eyepiece
