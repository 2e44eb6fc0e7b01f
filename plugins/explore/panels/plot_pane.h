// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/panels/color_choice.h"
#include "plugins/explore/panels/view_pane.h"

#include <functional>
#include <utility>
#include <vector>

class QHBoxLayout;

namespace eyepiece {

class ColumnChooser;
class TablePlot;

// A plot of chosen columns, with the chooser and its few settings above it. What is chosen is remembered in
// the exploration's look under `views`, by the pane's key.
class PlotPane : public ViewPane {
    Q_OBJECT
public:
    struct Columns {
        std::size_t at_first = 4, most = 12;
        bool numbers_only = true;
    };
    // Takes the plot.
    PlotPane(WorkbenchContext& context, Exploration& exploration, const ColorChoice& color, const char* key,
             const QString& title, TablePlot* plot, const Columns& columns, QWidget* parent = nullptr);
    ~PlotPane() override;

    // A box of words, the first chosen at first; `chosen` is called with a word's key.
    using Words = std::vector<std::pair<const char*, QString>>;
    void add_setting(const char* key, const QString& title, const QString& help, const Words& words,
                     std::function<void(const std::string&)> chosen);
    void choose(const std::vector<std::size_t>& places); // as the chooser does, in this order

    TablePlot& plot() { return *plot_; }
    void set_coloring(std::shared_ptr<const ScatterColoring> coloring) override;
    ScatterLegend* legend() const override;
    bool can_save() const override;
    void save(const QString& file) override;

private:
    struct Setting {
        std::string key;
        QComboBox* box;
    };
    void adopt();
    void fill();
    void show_columns();
    void remember();
    std::vector<std::size_t> first_columns(const std::vector<std::size_t>& offered) const;
    Json kept() const;

    WorkbenchContext& context_;
    Exploration& exploration_;
    const ColorChoice& color_;
    std::string key_;
    QString title_;
    TablePlot* plot_;
    Columns columns_;
    ColumnChooser* chooser_;
    QHBoxLayout* bar_;
    std::vector<Setting> settings_;
    std::vector<std::string> names_; // of the columns that the user chose; empty: the usual ones
    bool filling_ = false;
};

} // namespace eyepiece
