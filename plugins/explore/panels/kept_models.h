// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/explore/panels/exploration_record.h"

#include <QString>
#include <QWidget>
#include <vector>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace eyepiece {

class Card;
class Exploration;
class ProgressLine;
class SectionHeader;
class WorkbenchContext;

// The fitted models that are kept with the exploration, to predict other tables with; and the way to a
// further one: the engine fits it to all rows and stores it in the exploration's folder.
class KeptModels : public QWidget {
    Q_OBJECT
public:
    KeptModels(WorkbenchContext& context, Exploration& exploration, QWidget* parent = nullptr);

    // What could be kept: the spec of the `fit` that brought it forth, for that model alone; null: nothing.
    void offer(const Json& spec, const QString& title);

Q_SIGNALS:
    void apply_asked(const eyepiece::KeptModel& model, const QString& file); // to the table in this file

private:
    void keep();
    void cancel();
    void refresh();
    void show_models();
    void forget(const KeptModel& model);

    WorkbenchContext& context_;
    Exploration& exploration_;
    Json offered_;
    QString offered_title_;
    quint64 request_ = 0;
    QPushButton *keep_, *cancel_;
    ProgressLine* progress_;
    QLabel* problem_;
    SectionHeader* header_;
    QVBoxLayout* list_;
    std::vector<Card*> cards_;
};

// "kind by Ridge": the step that predicts with it, and the columns that come of it.
std::string prediction_title(const KeptModel& model);

} // namespace eyepiece
