// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/splits.h"

#include <QPointer>
#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QTimer;
class QVBoxLayout;

namespace eyepiece {

class BackgroundJob;
class Card;
class ItemListModel;
class SwitchRow;
class ValueSlider;
class WorkbenchContext;

// The right column of Data: which images belong together, and which are for training, validation and test.
// Shows what a split would give before it is made, and says in plain words what would be wrong with it.
class EYEPIECE_EXPORT GroupSplitPanel : public QWidget {
    Q_OBJECT
public:
    GroupSplitPanel(WorkbenchContext& context, ItemListModel& items, QWidget* parent = nullptr);
    SplitRequest request() const;
    QStringList split_command() const;

private:
    void build_groups(QVBoxLayout* column);
    void build_split(QVBoxLayout* column);
    QString group_rule() const; // as SplitStore::group_by takes it; empty: not complete
    void apply_groups();
    void apply_split();
    void refresh_columns();
    void refresh(); // what the project says now
    void preview_soon();
    void preview(); // in the background: with many images it takes longer than a frame
    void show_preview(const SplitResult& result);
    void show_impossible(const QString& why);
    void showEvent(QShowEvent* event) override;
    QString result_words(const SplitResult& result) const;

    WorkbenchContext& context_;
    ItemListModel& items_;
    QComboBox* rule_;
    QComboBox* column_;
    QLineEdit* pattern_;
    QPushButton* group_button_;
    QLabel* groups_now_;
    ValueSlider* train_;
    ValueSlider* val_;
    QLabel* test_share_;
    QComboBox* by_;
    QSpinBox* seed_;
    SwitchRow* only_labelled_;
    SwitchRow* keep_;
    Card* outcome_;
    QPushButton* split_button_;
    QLabel* split_now_;
    QTimer* soon_;
    QPointer<BackgroundJob> previewing_;
    bool preview_again_ = false;
};

} // namespace eyepiece
