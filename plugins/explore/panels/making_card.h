// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/panels/exploration_record.h"
#include "widgets/theme/controls.h"

class QComboBox;

namespace eyepiece {

class ParameterForm;
class RunChooser;
class TableMaker;
class WorkbenchContext;

// A table to be made of the project: what its rows will be, its settings, and how far it has come. Of one
// that looks into a network the run and the layer are chosen from those that there are. Hidden until one is
// chosen.
class MakingCard : public Card {
    Q_OBJECT
public:
    MakingCard(WorkbenchContext& context, TableMaker& maker, QWidget* parent = nullptr);
    void choose(const std::string& from); // for a new exploration
    void choose_again(const Json& made);  // of TableSource: the same with other settings
    void put_away();

private:
    void show_chosen(const std::string& from, const Json& set);
    void make();
    void refresh();
    bool looks_into_network() const; // it has a run and a layer
    void ask_layers();

    WorkbenchContext& context_;
    TableMaker& maker_;
    std::string from_; // empty: none is chosen
    bool again_ = false;
    ParameterForm* form_;
    QWidget* network_;
    RunChooser* run_;
    QComboBox* layer_;
    QString wanted_layer_; // of the table that is made anew
    QPushButton *make_, *cancel_;
    ProgressLine* progress_;
    QLabel* problem_;
};

} // namespace eyepiece
