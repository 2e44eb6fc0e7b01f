// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/panels/exploration_record.h"
#include "widgets/table/latest_work.h"

#include <QWidget>
#include <memory>

class QComboBox;
class QLabel;
class QToolButton;

namespace eyepiece {

class Exploration;
class ScatterView;
class StepRunner;
class WorkbenchContext;

// The exploration's points: which map or which two columns, coloured and sized by what, and the ways to save
// that.
class ScatterPane : public QWidget {
    Q_OBJECT
public:
    ScatterPane(WorkbenchContext& context, Exploration& exploration, StepRunner& runner,
                QWidget* parent = nullptr);
    ~ScatterPane() override;
    ScatterView& view() { return *view_; }
    void show_map(int step); // of a step; 0: two columns
    int shown_step() const { return step_; }
    void save(const QString& file); // SVG, PDF, PNG or CSV by its suffix

Q_SIGNALS:
    void shown_step_changed(int step);

private:
    void adopt();
    void fill_boxes();
    void show_points();
    void show_colors();
    void show_sizes();
    void show_title();
    void remember();
    void ask_save();
    QString describe(std::size_t row) const;

    WorkbenchContext& context_;
    Exploration& exploration_;
    StepRunner& runner_;
    ScatterView* view_;
    QComboBox *map_, *x_, *y_, *color_, *size_; // all but the first over a ColumnListModel
    QToolButton *lasso_, *pan_, *density_;
    QLabel* title_;
    QWidget* axes_; // the boxes of the two columns
    int step_ = 0;
    std::shared_ptr<const StepOutcome> live_; // where the points are while the step runs
    std::shared_ptr<const void> shown_;       // what the view was given last
    bool filling_ = false;
    LatestWork points_, colors_, sizes_;
};

} // namespace eyepiece
