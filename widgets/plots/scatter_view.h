// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/scatter_raster.h"
#include "widgets/table/latest_work.h"
#include "widgets/table/row_selection.h"

#include <QElapsedTimer>
#include <QPixmap>
#include <QPolygonF>
#include <QWidget>
#include <functional>
#include <optional>

namespace eyepiece {

class ScatterLegend;
class Theme;

// A million rows as points in a plane. Zooms about the pointer (wheel, + and -), pans (middle button, Space
// and drag, arrows), fits (0); a drag draws a lasso that selects rows (Shift adds, Alt takes away), a click
// one point. A space is turned by a drag
// where a plane would move, and by the arrows: whoever has it gives the points that are seen then. Points are
// drawn on threads of their own: while one pans, the last picture moves along, and the
// new one takes its place when it is there. Lives on the window's thread.
class EYEPIECE_EXPORT ScatterView : public QWidget {
    Q_OBJECT
public:
    enum class Drag { Lasso, Pan };

    ScatterView(const Theme& theme, RowSelection& selection, QWidget* parent = nullptr);
    ~ScatterView() override;

    // The view stays where the user has moved it, or else shows all of it. As many rows as the selection has.
    void set_points(std::shared_ptr<const ScatterPoints> points); // null: nothing
    // The same, made on the thread that orders them: for what is worked out anew at every turn.
    void set_points_from(std::function<std::shared_ptr<const ScatterPoints>()> make);
    const ScatterPoints* points() const;
    void set_coloring(std::shared_ptr<const ScatterColoring> coloring);
    const ScatterColoring& coloring() const { return *look_.coloring; }
    void set_sizes(std::shared_ptr<const std::vector<std::uint8_t>> sizes); // null: all alike
    void set_density(bool density);
    bool density() const { return look_.density; }
    void set_drag(Drag drag);
    Drag drag() const { return drag_; }
    // What is said of the row below the pointer.
    void set_describe(std::function<QString(std::size_t)> describe) { describe_ = std::move(describe); }
    // And what is shown above the words; null: nothing. update() when one has come later.
    void set_row_picture(std::function<QPixmap(std::size_t)> picture) { row_picture_ = std::move(picture); }

    void fit();
    void zoom_at(const QPointF& position, double factor); // widget px
    void pan(const QPointF& delta);                       // widget px
    bool moved() const { return moved_; }                 // by the user, since the last fit()

    QPointF place_of(std::size_t row) const; // widget px
    std::optional<std::size_t> row_at(const QPointF& position) const;
    std::optional<std::size_t> hovered() const { return hovered_; }
    ScatterLegend* legend() const { return legend_; }
    // Nothing is being drawn, and what is shown is up to date.
    bool idle() const;

    // All that is needed to draw the same on paper.
    struct Picture {
        std::shared_ptr<const ScatterScene> scene;
        ScatterLook look;
        ScatterTransform view;
    };
    Picture picture() const;

Q_SIGNALS:
    void hovered_changed();
    void drawn();                 // a new picture is shown
    void picked(std::size_t row); // a click on a point
    void drag_changed();
    void turned(const QPointF& delta); // a space, by so many px
    void failed(const QString& message);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void adopt(std::shared_ptr<const ScatterScene> scene);
    void redraw();
    void refit();
    void hover(const QPointF& position);
    void select_inside(const QPolygonF& lasso, RowSelection::How how);
    void update_hidden_rows();
    void paint_overlay(QPainter& painter);
    bool is_space() const { return scene_ && !scene_->points().depth.empty(); }
    double ratio() const { return devicePixelRatioF(); }

    const Theme& theme_;
    RowSelection& selection_;
    ScatterLegend* legend_;
    std::shared_ptr<const ScatterScene> scene_;
    ScatterLook look_;
    ScatterTransform view_, fitted_;
    bool moved_ = false;
    std::vector<std::uint8_t> hidden_rows_; // one a row; empty: none

    QImage picture_;
    ScatterTransform picture_view_;
    bool stale_ = false; // what is shown is not what was asked for
    LatestWork building_, drawing_, selecting_;

    Drag drag_ = Drag::Lasso;
    bool space_ = false, panning_ = false, turning_ = false; // space_: the key
    QPolygonF lasso_;
    QPointF pressed_, last_;
    std::optional<std::size_t> hovered_;
    std::function<QString(std::size_t)> describe_;
    std::function<QPixmap(std::size_t)> row_picture_;
};

} // namespace eyepiece
