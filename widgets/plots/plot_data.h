// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/scatter_raster.h"

#include <QString>
#include <QStringList>
#include <memory>
#include <vector>

namespace eyepiece {

// One column as plots take it. Constant once read.
struct EYEPIECE_EXPORT PlotColumn {
    std::size_t place = 0; // in the table
    QString name;
    std::vector<float> values;   // one a row; NaN: missing, or infinite
    std::size_t finite = 0;      // of the values
    double low = 0, high = 0;    // of the finite ones
    bool dates = false;          // these are seconds since 1970
    QStringList categories = {}; // the values are their places; empty: numbers

    bool varies() const { return finite > 1 && high > low; }
    double share(double value) const { return varies() ? (value - low) / (high - low) : 0.5; } // 0 to 1
    QString shown(double value) const; // "0.25", "2024-05-01", "setosa"; "–" where there is none
};

// The columns that a plot shows. Constant once read; any thread.
struct PlotData {
    std::shared_ptr<const Table> table;
    std::vector<std::size_t> places; // of the columns, as asked for
    std::size_t rows = 0;
    std::vector<PlotColumn> columns;
};

// Text has no place on an axis. Everything else has.
EYEPIECE_EXPORT bool has_values(ColumnType type);

// Stops early, with what is then of no use, when told to.
EYEPIECE_EXPORT std::shared_ptr<const PlotData> read_plot_data(std::shared_ptr<const Table> table,
                                                               std::vector<std::size_t> places,
                                                               const std::atomic<bool>& stop);

// What a look says of one row, without a test of every vector at each of them.
class EYEPIECE_EXPORT RowInk {
public:
    explicit RowInk(const ScatterLook& look);
    std::uint8_t code(std::size_t row) const {
        return row < codes_.size() ? codes_[row] : ScatterColoring::plain;
    }
    bool hidden(std::size_t row) const { return look_.hidden[code(row)]; }
    bool any_selected() const { return !selected_.empty(); }
    bool selected(std::size_t row) const { return row < selected_.size() && selected_[row] != 0; }
    QRgb color(std::uint8_t code) const { return colors_[code]; } // opaque

private:
    const ScatterLook& look_;
    std::span<const std::uint8_t> codes_, selected_;
    std::array<QRgb, 256> colors_{};
};

} // namespace eyepiece
