// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/table_plot.h"

namespace eyepiece {

// Rows over columns as colours: each column scaled to its standard deviations from its mean, along viridis,
// which is even to the eye and keeps apart for the colour-blind. Rows lie in the order of the table, of
// likeness (leaves of a dendrogram), or of what colours them. Of many rows a fixed sample is shown, and said;
// rows that share a line of pixels are averaged. A drag over rows selects them.
class EYEPIECE_EXPORT HeatMap : public TablePlot {
    Q_OBJECT
public:
    enum class Order { Table, Likeness, Color };
    static constexpr std::size_t most_columns = 60, most_rows = 2000;
    static constexpr double ends = 3; // standard deviations at the ends of the colours

    HeatMap(const Theme& theme, RowSelection& selection, QWidget* parent = nullptr);

    void set_order(Order order);
    Order order() const { return order_; }
    std::vector<std::uint32_t> shown_rows() const override; // from above, but for hidden ones
    QRectF map_rect() const;                                // px

protected:
    Preparation preparation() override;
    Marks marks() const override;
    std::size_t shapes() const override { return 0; } // a picture by its nature
    void paint_words(QPainter& painter) const override;
    void paint_gesture(QPainter& painter) const override;
    QString words_at(const QPointF& position) const override;
    bool press(const QPointF& position) override;
    void drag_to(const QPointF& position) override;
    void release(const QPointF& position, Qt::KeyboardModifiers modifiers) override;
    void give_up() override { held_ = false; }

private:
    // Constant once made.
    struct Made {
        std::vector<std::uint32_t> order; // rows of the table, from above
        std::vector<double> means, sds;   // of each column; sd 0: all alike
    };
    QRectF brush() const;

    Order order_ = Order::Likeness;
    std::shared_ptr<const Made> made_;
    bool held_ = false;
    QPointF from_, to_;
};

} // namespace eyepiece
