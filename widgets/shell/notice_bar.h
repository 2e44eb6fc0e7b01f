// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/shell/notices.h"

#include <QList>
#include <QWidget>

class QLabel;
class QPushButton;
class QTimer;

namespace eyepiece {

class Theme;

// Shows notices one at a time, the newest first; the others wait behind it and are counted. It floats over
// the stage, so that nothing moves below the pointer when it comes and goes.
class EYEPIECE_EXPORT NoticeBar : public QWidget {
    Q_OBJECT
public:
    NoticeBar(const Theme& theme, Notices& notices, QWidget* parent = nullptr);
    int count() const { return static_cast<int>(waiting_.size()); }
    QString text() const;            // of the notice that shows; empty when none does
    void float_over(QWidget* stage); // a sibling; at its upper middle

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void add(const Notice& notice);
    void withdraw(const QString& topic);
    void dismiss();
    void refresh();
    void place();

    QWidget* stage_ = nullptr;
    const Theme& theme_;
    QList<Notice> waiting_; // the last one shows
    QLabel* icon_;
    QLabel* text_;
    QLabel* more_;
    QPushButton* action_;
    QTimer* leave_;
};

} // namespace eyepiece
