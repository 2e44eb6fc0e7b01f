// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "plugins/explore/panels/exploration_record.h"

#include <QWidget>
#include <array>
#include <vector>

class QLabel;
class QMenu;
class QPushButton;
class QVBoxLayout;

namespace eyepiece {

class Exploration;
class StepCard;
class StepRunner;
class WorkbenchContext;

// The steps done to the table, in their order, and the way to a further one. Which there are the engine says.
class StepsSection : public QWidget {
    Q_OBJECT
public:
    StepsSection(WorkbenchContext& context, Exploration& exploration, StepRunner& runner,
                 QWidget* parent = nullptr);
    void set_shown(int id);                         // whose map is in the middle; 0: none
    void set_models(std::vector<KeptModel> models); // that can predict this table

Q_SIGNALS:
    void show_asked(int id);
    void other_table_asked(); // the same steps on new data

protected:
    void showEvent(QShowEvent* event) override;

private:
    void ask_kinds();
    void fill_menu();
    void add_models();
    void predict_with(const KeptModel& model);
    void rebuild();
    void run_all();
    const Json* entry(StepKind kind, const std::string& name) const;

    WorkbenchContext& context_;
    Exploration& exploration_;
    StepRunner& runner_;
    std::array<Json, 3> entries_; // by StepKind; null until the engine has said; but models are kept here
    std::vector<KeptModel> models_;
    std::vector<StepCard*> cards_;
    int shown_ = 0;
    QVBoxLayout* list_;
    QPushButton *add_, *again_, *other_;
    QMenu* menu_;
    QLabel *hint_, *problem_;
};

} // namespace eyepiece
