// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QString>
#include <QWidget>

namespace eyepiece {

class Theme;

// A few lines of one height, drawn by whoever derives from it, of which a click or Return chooses one. Up and
// Down move about; the pointer reads each line's tip.
class LineList : public QWidget {
    Q_OBJECT
public:
    QRect line_rect(int at) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {120, sizeHint().height()}; }

protected:
    LineList(const Theme& theme, int line_height, QWidget* parent);
    virtual int count() const = 0;
    virtual QString tip(int at) const = 0;
    virtual void choose(int at) = 0;
    void lines_changed(const QStringList& said, int current); // said: to a screen reader
    int current() const { return current_; }
    void paint_focus(QPainter& painter) const; // about the current line, while the keyboard is here
    const Theme& theme() const { return theme_; }

    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    void take(int at);

    const Theme& theme_;
    const int line_height_; // px
    int current_ = 0;
};

} // namespace eyepiece
