// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/scatter_view.h"

#include <QColor>
#include <QPicture>
#include <QSize>

namespace eyepiece {

// A scatter as it is in sight, ready to be written by any thread.
struct ScatterPage {
    ScatterView::Picture picture;
    QPicture overlay; // title, axes, legend
    QColor ground;
    QSize size; // px of the view
    QString title;
};

EYEPIECE_EXPORT ScatterPage scatter_page(const ScatterView& view, const Theme& theme, const QString& title);

// More points than this are a picture within an SVG or PDF: as shapes no program would open them.
constexpr std::size_t most_shapes = 50'000;

// SVG, PDF or PNG (at twice the view's size) by the file's suffix. Throws Error(Storage or Unsupported). True
// where the points went in as a picture although the format has shapes.
EYEPIECE_EXPORT bool save_scatter(const QString& file, const ScatterPage& page);

} // namespace eyepiece
