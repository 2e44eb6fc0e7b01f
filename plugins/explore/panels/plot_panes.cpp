// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/plot_panes.h"

#include "plugins/explore/panels/exploration.h"
#include "widgets/plots/distributions_plot.h"
#include "widgets/plots/heat_map.h"
#include "widgets/plots/parallel_plot.h"
#include "widgets/plots/scatter_matrix.h"
#include "widgets/shell/workbench_context.h"

namespace eyepiece {

PlotPane* matrix_pane(WorkbenchContext& context, Exploration& exploration, const ColorChoice& color,
                      QWidget* parent) {
    auto* plot = new ScatterMatrix(context.theme, exploration.selection());
    return new PlotPane(context, exploration, color, "matrix", QObject::tr("Columns against each other"),
                        plot, {.at_first = 4, .most = ScatterMatrix::most_columns, .numbers_only = true},
                        parent);
}

PlotPane* heat_map_pane(WorkbenchContext& context, Exploration& exploration, const ColorChoice& color,
                        QWidget* parent) {
    auto* plot = new HeatMap(context.theme, exploration.selection());
    auto* pane = new PlotPane(context, exploration, color, "heat-map", QObject::tr("Heat map"), plot,
                              {.at_first = 30, .most = HeatMap::most_columns, .numbers_only = true}, parent);
    pane->add_setting("order", QObject::tr("Order of the rows"),
                      QObject::tr("Rows that are alike beside each other, by what colours them, or as in the "
                                  "table"),
                      {{"likeness", QObject::tr("By likeness")},
                       {"color", QObject::tr("By colour")},
                       {"table", QObject::tr("As in the table")}},
                      [plot](const std::string& word) {
                          plot->set_order(word == "color"   ? HeatMap::Order::Color
                                          : word == "table" ? HeatMap::Order::Table
                                                            : HeatMap::Order::Likeness);
                      });
    return pane;
}

PlotPane* parallel_pane(WorkbenchContext& context, Exploration& exploration, const ColorChoice& color,
                        QWidget* parent) {
    auto* plot = new ParallelPlot(context.theme, exploration.selection());
    auto* pane =
        new PlotPane(context, exploration, color, "parallel", QObject::tr("Parallel coordinates"), plot,
                     {.at_first = 6, .most = ParallelPlot::most_columns, .numbers_only = false}, parent);
    QObject::connect(plot, &ParallelPlot::reordered, pane, &PlotPane::choose);
    return pane;
}

PlotPane* distributions_pane(WorkbenchContext& context, Exploration& exploration, const ColorChoice& color,
                             QWidget* parent) {
    auto* plot = new DistributionsPlot(context.theme, exploration.selection());
    auto* pane =
        new PlotPane(context, exploration, color, "distributions", QObject::tr("Distributions"), plot,
                     {.at_first = 4, .most = DistributionsPlot::most_columns, .numbers_only = false}, parent);
    pane->add_setting("style", QObject::tr("Drawn as"),
                      QObject::tr("Bars stacked by group, or a violin or a box for each group"),
                      {{"histogram", QObject::tr("Histograms")},
                       {"violin", QObject::tr("Violins")},
                       {"box", QObject::tr("Boxes")}},
                      [plot](const std::string& word) {
                          plot->set_style(word == "violin" ? DistributionsPlot::Style::Violin
                                          : word == "box"  ? DistributionsPlot::Style::Box
                                                           : DistributionsPlot::Style::Histogram);
                      });
    return pane;
}

} // namespace eyepiece
