// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <QPointer>
#include <QStringList>
#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;

namespace eyepiece {

class DifferenceBars;
class ExplanationDialog;
class KeptModels;
class Exploration;
class ModelRanking;
class ProgressLine;
class SectionHeader;
class TableInquiry;
class WorkbenchContext;

// Simple models first: what is to be predicted, all models by one button, ranked beside the baseline, and
// what the one that is chosen goes by. The target and the groups are kept with the exploration, in its look.
class ModelsSection : public QWidget {
    Q_OBJECT
public:
    ModelsSection(WorkbenchContext& context, Exploration& exploration, QWidget* parent = nullptr);
    KeptModels& kept() const { return *kept_; }

Q_SIGNALS:
    void column_chosen(std::size_t column); // of the table

private:
    void fill_boxes();
    void remember();
    void run();
    void explain(const QString& model);
    void refresh();
    void show_progress();
    void show_ranking(const Json& answer);
    void show_explanation();
    void show_whole();
    const Json& explaining() const; // the answer that explains the model chosen, or null
    QString title_of(const QString& model) const;
    Json spec() const; // empty: nothing is to be predicted
    Json explanation_spec() const;

    WorkbenchContext& context_;
    Exploration& exploration_;
    TableInquiry *fit_, *explanation_;
    QComboBox *target_, *group_;
    QPushButton *run_, *cancel_, *copy_, *whole_;
    ProgressLine* progress_;
    QLabel *stage_, *problem_, *facts_, *words_;
    ModelRanking* ranking_;
    SectionHeader* goes_by_;
    DifferenceBars* bars_;
    KeptModels* kept_;
    QPointer<ExplanationDialog> dialog_;
    QString explained_; // the model's name
    bool filling_ = false;
};

// The spec of `fit` or `check` for the exploration's table, target and groups; and the words of eyepiece-cli.
Json with_target(const Exploration& exploration);
QStringList target_words(const Exploration& exploration, const QString& verb);

} // namespace eyepiece
