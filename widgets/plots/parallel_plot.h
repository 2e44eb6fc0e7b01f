// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/line_raster.h"
#include "widgets/plots/table_plot.h"

#include <map>

namespace eyepiece {

// Parallel coordinates (Inselberg 1985): each column an axis, each row a line over all of them. A drag along
// an axis brushes it: rows within all brushes are selected; a click on the axis takes its brush away. A drag
// of its name moves the axis. By keys: Left and Right choose an axis, with Ctrl they move it, Delete takes
// its brush away.
class EYEPIECE_EXPORT ParallelPlot : public TablePlot {
    Q_OBJECT
public:
    static constexpr std::size_t most_columns = 16;

    ParallelPlot(const Theme& theme, RowSelection& selection, QWidget* parent = nullptr);

    struct Brush {
        double low = 0, high = 0; // values of the column
    };
    // By the column's place in the table.
    const std::map<std::size_t, Brush>& brushes() const { return brushes_; }
    QRectF axis_rect(std::size_t axis) const; // from its upper to its lower end, px
    QRectF name_rect(std::size_t axis) const;
    double y_of(std::size_t axis, double value) const; // px

Q_SIGNALS:
    void reordered(const std::vector<std::size_t>& places); // by the user: the columns, as they shall be

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
    void give_up() override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QRectF box() const; // of the lines
    std::size_t axes() const;
    double axis_x(std::size_t axis) const;
    std::optional<std::size_t> axis_at(const QPointF& position) const;
    double value_at(std::size_t axis, double y) const;
    void move_axis(std::size_t from, std::size_t to);
    void select_brushed();

    ParallelLines lines_;
    std::map<std::size_t, Brush> brushes_;
    bool moving_ = false; // a name, not a brush
    std::optional<std::size_t> held_;
    std::size_t current_ = 0; // of the keys
    QPointF from_, to_;
};

} // namespace eyepiece
