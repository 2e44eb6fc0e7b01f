// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QHash>
#include <QImage>
#include <QWidget>
#include <vector>

class QLabel;
class QPushButton;
class QStackedWidget;

namespace eyepiece {

class LinePlot;
class WatchedPicture;
class WorkbenchContext;
struct RunRecord;

// The middle of the Train stage: how the chosen run learns, beside the run before it and the baselines, and
// what it makes of four watched images after each epoch.
class TrainProgress : public QWidget {
    Q_OBJECT
public:
    explicit TrainProgress(WorkbenchContext& context, QWidget* parent = nullptr);

Q_SIGNALS:
    void train_wanted();

private:
    void add_actions();
    void pause_or_go_on();
    void choose();
    void show_curves();
    void show_watched();
    void show_state();
    const RunRecord* run() const;

    WorkbenchContext& context_;
    QStackedWidget* pages_;
    LinePlot* plot_;
    QPushButton *score_button_, *loss_button_;
    QPushButton *pause_, *finish_, *cancel_, *resume_;
    QLabel* state_;
    std::vector<WatchedPicture*> watched_;
    bool show_loss_ = false;
};

} // namespace eyepiece
