// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QToolButton>

namespace eyepiece {

class Theme;

// A button for several actions: shows one of them, and a small corner that says there are more. A click runs
// the one shown; holding the button, clicking it while that one is checked, or the right button opens the
// list of all, and the one chosen there is shown from then on.
class FamilyButton : public QToolButton {
    Q_OBJECT
public:
    FamilyButton(const Theme& theme, const QString& object_name, QWidget* parent = nullptr);
    void add(QAction* action); // the first is shown
    void show_action(QAction* action);

protected:
    bool event(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& theme_;
};

} // namespace eyepiece
