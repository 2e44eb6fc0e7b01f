// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QWidget>

class QLabel;
class QToolButton;

namespace eyepiece {

class WorkbenchContext;

// How far this image's labels are, who said so and when, and what can be said of them now.
class ReviewCard : public QWidget {
    Q_OBJECT
public:
    // The actions review.* must have been added to the registry.
    explicit ReviewCard(WorkbenchContext& context, QWidget* parent = nullptr);

private:
    void refresh();
    WorkbenchContext& context_;
    QLabel* mark_;
    QLabel* status_;
    QLabel* steps_; // the latest, newest first; all of them in its tooltip
};

} // namespace eyepiece
