// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/panels/exploration_record.h"
#include "plugins/explore/panels/view_pane.h"
#include "widgets/plots/scatter_space.h"
#include "widgets/table/latest_work.h"

#include <memory>

class QComboBox;
class QLabel;
class QToolButton;

namespace eyepiece {

class ColorChoice;
class Exploration;
class ScatterView;
class StepRunner;
class WorkbenchContext;

// The exploration's points: which map or which columns, in a plane or a space, and sized by what.
class ScatterPane : public ViewPane {
    Q_OBJECT
public:
    ScatterPane(WorkbenchContext& context, Exploration& exploration, StepRunner& runner,
                const ColorChoice& color, QWidget* parent = nullptr);
    ~ScatterPane() override;
    ScatterView& view() { return *view_; }
    void show_map(int step); // of a step; 0: columns
    // As a space of three axes that one turns, instead of a plane.
    void set_solid(bool solid);
    bool solid() const { return solid_; }
    int shown_step() const { return step_; }
    void set_active(bool active); // whether its tools are in use
    void set_coloring(std::shared_ptr<const ScatterColoring> coloring) override;
    ScatterLegend* legend() const override;
    bool can_save() const override;
    void save(const QString& file) override;

Q_SIGNALS:
    void shown_step_changed(int step);

private:
    void adopt();
    void fill_boxes();
    void show_points();
    void show_columns();
    void adopt_space(std::shared_ptr<const ScatterSpace> space);
    void show_space();
    void show_problem(const QString& problem);
    void show_sizes();
    void show_title();
    void remember();
    void add_places(Table& table) const;
    QString describe(std::size_t row) const;

    WorkbenchContext& context_;
    Exploration& exploration_;
    StepRunner& runner_;
    ScatterView* view_;
    const ColorChoice& color_;
    QComboBox *map_, *x_, *y_, *z_, *size_; // all but the first over a ColumnListModel
    QToolButton *lasso_, *pan_, *density_;
    QLabel *title_, *empty_;
    QWidget* axes_;  // the boxes of the columns
    QWidget* third_; // of these, the one of a space
    bool solid_ = false;
    std::shared_ptr<const ScatterSpace> space_; // null: a plane
    ScatterTurn turn_ = ScatterTurn::at_first();
    QTimer* turned_; // runs until the hand rests
    int step_ = 0;
    std::shared_ptr<const StepOutcome> live_; // where the points are while the step runs
    std::shared_ptr<const void> shown_;       // what the view was given last
    bool filling_ = false;
    LatestWork points_, sizes_;
};

} // namespace eyepiece
