// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/distribution_groups.h"
#include "widgets/plots/table_plot.h"

namespace eyepiece {

// How up to a dozen columns are spread, each in a small plot of its own: bars stacked by group, or a violin
// or a box beside each other for each group. A drag along the values selects the rows that have them, a click
// the rows of a bar or of a group.
class EYEPIECE_EXPORT DistributionsPlot : public TablePlot {
    Q_OBJECT
public:
    enum class Style { Histogram, Violin, Box };
    static constexpr std::size_t most_columns = 12;

    DistributionsPlot(const Theme& theme, RowSelection& selection, QWidget* parent = nullptr);

    void set_style(Style style);
    Style style() const { return style_; }

    const std::vector<Distribution>& distributions() const;
    QRectF cell(std::size_t column) const;                    // where its values are drawn, px
    QPointF place_of(std::size_t column, double value) const; // in the middle of the cell, px

protected:
    Preparation preparation() override;
    Marks marks() const override;
    std::size_t shapes() const override;
    void paint_words(QPainter& painter) const override;
    void paint_gesture(QPainter& painter) const override;
    QString words_at(const QPointF& position) const override;
    bool press(const QPointF& position) override;
    void drag_to(const QPointF& position) override;
    void release(const QPointF& position, Qt::KeyboardModifiers modifiers) override;
    void give_up() override { brushed_.reset(); }

private:
    bool upright(std::size_t column) const; // its values run upwards
    std::optional<std::size_t> cell_at(const QPointF& position) const;
    double value_at(std::size_t column, const QPointF& position) const;
    const DistributionGroup* group_at(std::size_t column, const QPointF& position) const;
    QRectF brush() const;

    Style style_ = Style::Histogram;
    std::shared_ptr<const std::vector<Distribution>> made_;
    std::optional<std::size_t> brushed_; // the column
    QPointF from_, to_;
};

} // namespace eyepiece
