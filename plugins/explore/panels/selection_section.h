// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QWidget>

class QLabel;
class QLineEdit;
class QMenu;
class QPushButton;

namespace eyepiece {

class ApartSection;
class ColumnSummary;
class FindingsSection;
class Exploration;
class SectionHeader;
class WorkbenchContext;

// What is selected, and what can be made of it: a class, a file of these rows, an edit of the project. Below,
// the values of a column.
class SelectionSection : public QWidget {
    Q_OBJECT
public:
    // `in_project`: what can be made of the rows in the project.
    SelectionSection(WorkbenchContext& context, Exploration& exploration, QMenu& in_project,
                     QWidget* parent = nullptr);
    ColumnSummary& column() { return *column_; }
    FindingsSection& findings() { return *findings_; }
    void save_selected(const QString& file); // as CSV

private:
    void refresh();
    void name_class();
    void ask_save();

    WorkbenchContext& context_;
    Exploration& exploration_;
    SectionHeader* header_;
    QLineEdit* name_;
    QPushButton *name_button_, *keep_, *nothing_, *in_project_;
    QLabel* hint_;
    ApartSection* apart_;
    FindingsSection* findings_;
    ColumnSummary* column_;
};

} // namespace eyepiece
