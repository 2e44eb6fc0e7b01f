// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/plot_data.h"
#include "widgets/plots/plot_export.h"
#include "widgets/table/latest_work.h"
#include "widgets/table/row_selection.h"

#include <QWidget>
#include <functional>
#include <optional>

class QLabel;

namespace eyepiece {

class ScatterLegend;
class Theme;

// A plot of some columns of a table, whose rows are selected together with those of every other plot. Reads,
// prepares and draws on threads of its own: the last picture stays until the next is there. A plot says what
// it prepares, what it draws and what the mouse does; the rest is here: legend, title, the sentence where
// there is nothing to show, hovering, saving. Shift adds to a selection, Alt takes away, Escape clears it.
// Lives on the window's thread.
class EYEPIECE_EXPORT TablePlot : public QWidget {
    Q_OBJECT
public:
    TablePlot(const Theme& theme, RowSelection& selection, QWidget* parent = nullptr);
    ~TablePlot() override;

    // Columns by their places, in the order in which they are shown. As many rows as the selection has.
    void set_columns(std::shared_ptr<const Table> table, std::vector<std::size_t> places); // null: nothing
    void set_coloring(std::shared_ptr<const ScatterColoring> coloring);
    void set_title(const QString& title); // above the plot, and in what is saved
    ScatterLegend* legend() const { return legend_; }
    const PlotData* data() const { return data_.get(); } // null before it was read

    QString problem() const { return problem_; }     // why there is nothing to show, and what to do
    QString note() const { return note_; }           // what was left out; empty: nothing
    QString words() const { return hovered_words_; } // what is said of the place below the pointer
    bool idle() const;                               // what is shown is up to date

    PlotPage page() const; // as it is in sight
    // The rows to be saved as its data, in their order.
    virtual std::vector<std::uint32_t> shown_rows() const;

    QSize minimumSizeHint() const override { return {160, 120}; }

Q_SIGNALS:
    void drawn(); // a new picture is shown
    void failed(const QString& message);

protected:
    using Stop = LatestWork::Stop;
    struct Prepared {
        QString problem, note;
        std::function<void()> adopt; // on the window's thread; not called where there is a problem
    };
    // Called on the window's thread; what it gives runs on another, for these columns and groups.
    using Preparation = std::function<Prepared(const PlotData&, const ScatterColoring&, Stop)>;
    virtual Preparation preparation() = 0;
    // Draws within area(), on any thread: holds what it needs. Null: nothing yet. As PlotPage::marks.
    using Marks = std::function<void(QPainter&, const ScatterLook&, bool shapes, double scale, Stop)>;
    virtual Marks marks() const = 0;
    virtual std::size_t shapes() const = 0;                // about how many marks there are
    virtual void paint_words(QPainter& painter) const = 0; // names and ticks: saved, too
    virtual void paint_gesture(QPainter&) const {}         // what the mouse is about to do
    virtual QString words_at(const QPointF&) const { return {}; }
    // The left button. A press that begins nothing returns false.
    virtual bool press(const QPointF&) { return false; }
    virtual void drag_to(const QPointF&) {}
    virtual void release(const QPointF&, Qt::KeyboardModifiers) {}
    virtual void give_up() {} // Escape, in the middle of it

    static constexpr double click = 4; // px: less is no drag

    const Theme& theme() const { return theme_; }
    RowSelection& selection() const { return selection_; }
    const std::shared_ptr<const PlotData>& shared_data() const { return data_; }
    const ScatterColoring& coloring() const { return *look_.coloring; }
    QRectF area() const; // what title and legend leave, in px
    void prepare();      // anew, after a setting has changed
    void redraw();
    bool is_selecting() const { return selecting_now_; } // the selection changes for what was asked here
    // Selects the rows for which `inside` holds, but for hidden ones, on a thread of its own.
    void select_where(std::function<bool(std::size_t row)> inside, Qt::KeyboardModifiers modifiers);
    void paint_brush(QPainter& painter, const QRectF& box) const;

    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    void show_problem(const QString& problem);
    void place_parts();
    void paint_head(QPainter& painter) const;
    double ratio() const { return devicePixelRatioF(); }

    const Theme& theme_;
    RowSelection& selection_;
    ScatterLegend* legend_;
    QLabel* empty_;
    std::shared_ptr<const Table> table_;
    std::vector<std::size_t> places_;
    std::shared_ptr<const PlotData> data_;
    ScatterLook look_;
    QString title_, problem_, note_, hovered_words_;
    QImage picture_;
    bool pressed_ = false, stale_ = false, unprepared_ = false, selecting_now_ = false;
    LatestWork preparing_, drawing_, selecting_;
};

} // namespace eyepiece
