// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/distribution_groups.h"
#include "widgets/plots/table_plot.h"

namespace eyepiece {

// Each of two to eight columns against each: points below the diagonal, how a column is spread on it, and
// Pearson's correlation above. A drag over a cell selects the rows within it everywhere, a click on a bar of
// the diagonal its rows. Cells share one order and one sample of rows: of more than most_drawn every cell
// draws the same fixed sample, and says so; selecting always asks all rows.
class EYEPIECE_EXPORT ScatterMatrix : public TablePlot {
    Q_OBJECT
public:
    static constexpr std::size_t most_columns = 8, most_drawn = 100'000;

    ScatterMatrix(const Theme& theme, RowSelection& selection, QWidget* parent = nullptr);

    // The cell of a column across and a column up: px. Columns count as shown.
    QRectF cell(std::size_t across, std::size_t up) const;
    QPointF place_of(std::size_t across, std::size_t up, std::size_t row) const;
    double correlation(std::size_t a, std::size_t b) const; // NaN where there is none

protected:
    Preparation preparation() override;
    Marks marks() const override;
    std::size_t shapes() const override;
    void paint_words(QPainter& painter) const override;
    void paint_gesture(QPainter& painter) const override;
    QString words_at(const QPointF& position) const override;
    bool press(const QPointF& position) override;
    void drag_to(const QPointF& position) override { to_ = position; }
    void release(const QPointF& position, Qt::KeyboardModifiers modifiers) override;
    void give_up() override { held_.reset(); }

private:
    // What all cells share. Constant once made.
    struct Made {
        std::vector<std::uint32_t> order;        // the rows that are drawn
        std::vector<std::vector<float>> values;  // of each column, in that order
        std::vector<Distribution> distributions; // of each column
        std::vector<double> correlations;        // columns x columns
    };
    struct Cell {
        std::size_t across = 0, up = 0;
        bool operator==(const Cell&) const = default;
    };
    std::size_t columns() const { return made_ ? made_->values.size() : 0; }
    std::optional<Cell> cell_at(const QPointF& position) const;
    double value_at(std::size_t column, double share) const; // 0 to 1 along the column's side of a cell

    std::shared_ptr<const Made> made_;
    std::optional<Cell> held_;
    QPointF from_, to_;
};

// Pearson's r over the places where both are finite; NaN where one of them does not vary.
EYEPIECE_EXPORT double correlation_of(const std::vector<float>& a, const std::vector<float>& b);

} // namespace eyepiece
