// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/data/table.h"

#include <QPixmap>
#include <QWidget>
#include <functional>
#include <string>
#include <vector>

class QComboBox;
class QLabel;
class QPushButton;
class QToolButton;

namespace eyepiece {

class Card;
class Exploration;
class WorkbenchContext;

// A walk through rows whose label looks wrong, one after the other: why, what rows like it say, what it is a
// picture of; and what is to be: keep, change, leave out. Decisions are the exploration's, which keeps them
// and applies them to its table; undone in their order. Hidden until it begins. The row at hand is selected.
class LabelWalk : public QWidget {
    Q_OBJECT
public:
    LabelWalk(WorkbenchContext& context, Exploration& exploration, QWidget* parent = nullptr);

    // `finding`: "label-error" of `check` (core/data/quality.h), about this column of the table. Goes to the
    // first row that nothing was decided about.
    void begin(const Json& finding, const std::string& column);
    void end();
    bool under_way() const { return !suspects_.empty(); }
    // What a row is a picture of, or none; may come later, then refresh() shows it.
    void set_pictures(std::function<QPixmap(std::size_t row)> picture);
    void refresh();

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Suspect {
        std::size_t row = 0;
        std::string suggested;
        double likely = 0, own = 0; // probabilities of the suggested class, and of the row's own
        std::vector<std::pair<std::size_t, std::string>> neighbours; // row, class
    };
    const Column& as_read() const;               // the labels of the file
    std::string label_of(std::size_t row) const; // as it is by now
    bool decided(std::size_t row) const;
    void go_to(std::size_t at);
    void decide(const std::string& label);
    void undo();
    void select_row(bool with_neighbours);
    bool handles(int key);
    QString words_of(const Suspect& suspect) const;

    WorkbenchContext& context_;
    Exploration& exploration_;
    std::function<QPixmap(std::size_t)> pictures_;
    std::string column_;
    QString model_;
    std::vector<Suspect> suspects_;
    std::size_t at_ = 0; // of suspects_; beyond: all were looked at
    Card* card_;
    QLabel *picture_, *neighbours_;
    QComboBox* classes_;
    QPushButton *keep_, *change_, *leave_out_, *undo_, *near_, *close_;
    QToolButton *previous_, *next_;
};

} // namespace eyepiece
