// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QToolButton;

namespace eyepiece {

class Card;
class Exploration;
class ParameterForm;
class ProgressLine;
class StepRunner;
class WorkbenchContext;

// One step of an exploration: its settings, what it is doing, what came of it and how far to trust that.
class StepCard : public QWidget {
    Q_OBJECT
public:
    StepCard(WorkbenchContext& context, Exploration& exploration, StepRunner& runner, int id,
             QWidget* parent = nullptr);
    int id() const { return id_; }
    // As the engine lists it: {name, title, help, parameters}; null: the engine has not said yet.
    void set_entry(const Json& entry);
    void set_place(int number, bool first, bool last);
    void refresh();
    void set_shown(bool shown); // its map is the one in the middle

Q_SIGNALS:
    void show_asked(int id); // its map

private:
    QString outcome_words() const;
    void fill_target(bool takes_one);

    WorkbenchContext& context_;
    Exploration& exploration_;
    StepRunner& runner_;
    const int id_;
    int number_ = 0;
    bool shown_ = false;
    QString title_;
    Card* card_;
    ParameterForm* form_;
    ProgressLine* progress_;
    QLabel *problem_, *target_words_;
    QComboBox* target_;
    QPushButton *run_, *keep_, *cancel_, *copy_, *show_;
    QToolButton *up_, *down_, *remove_;
};

// "Trustworthiness 0.96 · neighbours kept 0.31", of the smallest neighbourhood; or of clusters.
QString score_words(const Json& head);
// How far the clusters come back in random parts of the rows, and the columns that set each apart; empty
// where neither was asked for.
QString cluster_words(const Json& head);

} // namespace eyepiece
