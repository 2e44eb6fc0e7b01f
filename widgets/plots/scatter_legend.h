// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/scatter_coloring.h"
#include "widgets/table/row_selection.h"

#include <QWidget>
#include <memory>

namespace eyepiece {

class Theme;

// What the colours mean. Of categories: a line each, which a click on the name selects (Shift: adds, Alt:
// takes away) and a click on the dot hides; by keys the arrows, Return and Space. Of numbers: a bar with its
// two ends. Lives on the window's thread.
class EYEPIECE_EXPORT ScatterLegend : public QWidget {
    Q_OBJECT
public:
    explicit ScatterLegend(const Theme& theme, QWidget* parent = nullptr);

    void set_coloring(std::shared_ptr<const ScatterColoring> coloring); // all shown again
    bool is_hidden(std::uint8_t code) const { return hidden_[code]; }
    const std::array<bool, 256>& hidden() const { return hidden_; }
    void set_code_hidden(std::uint8_t code, bool hidden);
    QRect entry_rect(int entry) const; // for tests, too
    int lines() const;                 // entries that have room

    QSize sizeHint() const override;
    // For a plot that is saved: the same, at the painter's origin. Returns its size.
    QSize paint_on(QPainter& painter) const;

Q_SIGNALS:
    void category_clicked(std::uint8_t code, Qt::KeyboardModifiers modifiers);
    void hidden_changed();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    int entry_at(const QPoint& point) const; // -1: none
    void paint_entries(QPainter& painter, bool with_focus) const;
    void paint_bar(QPainter& painter) const;
    QString figure(double value) const;

    const Theme& theme_;
    std::shared_ptr<const ScatterColoring> coloring_;
    std::array<bool, 256> hidden_{};
    int current_ = 0;
};

// The rows of a category, as a click on its name asks for.
EYEPIECE_EXPORT void select_category(RowSelection& selection, const ScatterColoring& coloring,
                                     std::uint8_t code, Qt::KeyboardModifiers modifiers);

} // namespace eyepiece
