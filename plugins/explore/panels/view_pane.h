// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/scatter_coloring.h"

#include <QWidget>
#include <memory>

namespace eyepiece {

class ScatterLegend;

// One way to look at the rows: a plot with its bar of settings. Only the one in sight works.
class ViewPane : public QWidget {
    Q_OBJECT
public:
    using QWidget::QWidget;
    virtual void set_coloring(std::shared_ptr<const ScatterColoring> coloring) = 0;
    virtual ScatterLegend* legend() const = 0;
    virtual bool can_save() const = 0;          // there is something to see
    virtual void save(const QString& file) = 0; // SVG, PDF, PNG or CSV by its suffix; needs can_save()
};

} // namespace eyepiece
