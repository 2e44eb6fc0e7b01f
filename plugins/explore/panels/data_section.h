// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/table_reader.h"
#include "plugins/explore/panels/exploration_record.h"

#include <QWidget>
#include <vector>

class QComboBox;
class QLabel;
class QMenu;
class QPushButton;
class QVBoxLayout;

namespace eyepiece {

class Card;
class Exploration;
class MakingCard;
class ParameterForm;
class ProgressLine;
class TableMaker;
class TableOpener;
class WorkbenchContext;

// The table one works on: what it was taken for, how it was read and how to read it otherwise; the way to
// another one, from a file or made of the project, and the tables that this project has seen.
class DataSection : public QWidget {
    Q_OBJECT
public:
    DataSection(WorkbenchContext& context, Exploration& exploration, TableOpener& opener, TableMaker& maker,
                QWidget* parent = nullptr);
    void set_recent(const std::vector<ExplorationStore::Entry>& entries);
    MakingCard& making() { return *making_; }

Q_SIGNALS:
    void open_asked();                                          // the dialog
    void read_again_asked(const eyepiece::TableSource& source); // with other settings
    void recent_chosen(const QString& id);

protected:
    void showEvent(QShowEvent* event) override;

private:
    void fill_menu();
    void show_title();
    void show_table();
    void show_reading();
    void fill_form(const std::string& format);
    void apply();
    QString format_title(const std::string& name) const;

    WorkbenchContext& context_;
    Exploration& exploration_;
    TableOpener& opener_;
    TableMaker& maker_;
    TableReaderRegistry readers_;
    QMenu* menu_;
    MakingCard* making_;
    Card *card_, *reading_;
    QWidget* correction_;
    QComboBox* format_;
    ParameterForm* form_;
    QPushButton *correct_, *again_, *make_again_;
    ProgressLine* progress_;
    QLabel *stage_, *warnings_;
    QWidget* recent_;
    QVBoxLayout* recent_list_;
};

// "4 numbers, 1 category · nothing missing": what a table's columns are.
QString column_words(const Table& table);
// "comma, UTF-8": what was recognised, in the reader's own settings.
QString fact_words(const Json& facts);

} // namespace eyepiece
