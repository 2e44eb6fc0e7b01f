// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "widgets/theme/tokens.h"

#include <QWidget>

class QLabel;
class QPushButton;
class QToolButton;

namespace eyepiece {

class ActionRegistry;
class JobModel;
class ProgressLine;
class StatusDot;
class Theme;

// The bottom bar: the newest job with its progress, key figure, time left and buttons; at the right how the
// engine is, its device and threads, and the theme.
class EYEPIECE_EXPORT BottomBar : public QWidget {
    Q_OBJECT
public:
    BottomBar(const Theme& theme, JobModel& jobs, ActionRegistry& actions, QWidget* parent = nullptr);
    // "CPU, 2 threads, bfloat16", and the engine's state in words as a dot.
    void set_engine(const QString& device_line, Token state, const QString& words);

Q_SIGNALS:
    void engine_clicked();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void refresh();
    void fit_engine_words();
    void show_list();

    JobModel& jobs_;
    quint64 shown_ = 0; // the job that shows; 0: none
    QLabel* title_;
    ProgressLine* progress_;
    QLabel* figures_;
    QPushButton* pause_;
    QPushButton* finish_;
    QPushButton* cancel_;
    QPushButton* more_;
    StatusDot* dot_;
    QPushButton* engine_;
    QString engine_words_;
    QToolButton* theme_button_;
};

} // namespace eyepiece
