// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QListWidget>

namespace eyepiece {

class WorkbenchContext;

// The runs with their scores, newest first, and below them the baselines of the chosen one: what it must
// beat.
class RunList : public QListWidget {
    Q_OBJECT
public:
    explicit RunList(WorkbenchContext& context, QWidget* parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {100, 28}; }

private:
    void fill();
    void show_menu(const QPoint& position);
    WorkbenchContext& context_;
    bool filling_ = false;
};

} // namespace eyepiece
