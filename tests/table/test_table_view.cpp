// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/table/table_view.h"

#include "core/base/error.h"
#include "core/formats/table_reader.h"
#include "support/gui_driver.h"
#include "widgets/table/column_summary.h"
#include "widgets/table/distribution_view.h"
#include "widgets/table/table_model.h"
#include "widgets/table/table_text.h"
#include "widgets/theme/theme.h"

#include <QClipboard>
#include <QHeaderView>
#include <QLabel>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QtTest>
#include <cmath>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

constexpr int patience = 20'000; // ms

TextValues texts(const std::vector<std::string>& list) {
    TextValues values;
    for (const std::string& text : list)
        values.push_back(text);
    return values;
}

// Five rows with all that a table can hold.
std::shared_ptr<const Table> small() {
    Table table;
    table.add(Column::reals("weight", std::vector<double>{3.5, std::nan(""), 1, 10, 2}));
    table.add(Column::categorical("kind", {1, 0, 1, -1, 0}, {"pear", "Apple"}));
    table.add(Column::text("note", texts({"first, with a comma", "", "third", "four \"quoted\"", "fifth"}),
                           {false, true, false, false, false}));
    table.add(Column::integers("count", std::vector<std::int32_t>{5, 4, 3, 2, 1}));
    return std::make_shared<const Table>(std::move(table));
}

std::vector<std::uint32_t> rows_of(const Table& table, const std::string& column, const std::string& typed) {
    const std::atomic<bool> never{false};
    RowQuery query;
    std::optional<std::size_t> at;
    if (!column.empty())
        at = table.at(column);
    if (const auto condition = parse_condition(table, at, typed))
        query.conditions.push_back(*condition);
    return ordered_rows(table, query, never);
}

using Rows = std::vector<std::uint32_t>;

} // namespace

class TestTableView : public QObject {
    Q_OBJECT
    Theme theme_;
    RowSelection selection_;
    std::unique_ptr<TableView> view_;

    void show(std::shared_ptr<const Table> table) {
        selection_.reset(table->rows());
        view_ = std::make_unique<TableView>(theme_, selection_);
        view_->resize(900, 400);
        view_->set_table(std::move(table));
        view_->show();
        QVERIFY(QTest::qWaitForWindowExposed(view_.get()));
    }
    QPoint cell(int row, int column = 0) const {
        return view_->grid()->visualRect(view_->grid()->model()->index(row, column)).center();
    }
    void press(int row, Qt::KeyboardModifiers modifiers = {}) {
        QTest::mouseClick(view_->grid()->viewport(), Qt::LeftButton, modifiers, cell(row));
    }
    void click_header(int column) {
        QHeaderView* header = view_->grid()->horizontalHeader();
        QTest::mouseClick(header->viewport(), Qt::LeftButton, {},
                          QPoint(header->sectionViewportPosition(column) + 12, header->height() / 2));
    }

private Q_SLOTS:
    void initTestCase() { theme_.apply_to(*qApp); }
    void cleanup() { view_.reset(); }

    void conditions_find_rows_data() {
        QTest::addColumn<QString>("column");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QList<int>>("rows");
        QTest::newRow("nothing") << "weight"
                                 << " " << QList<int>{0, 1, 2, 3, 4};
        QTest::newRow("range") << "weight"
                               << "2..5" << QList<int>{0, 4};
        QTest::newRow("half a range") << "weight"
                                      << "3.." << QList<int>{0, 3};
        QTest::newRow("more") << "weight"
                              << "> 2" << QList<int>{0, 3};
        QTest::newRow("at least") << "weight"
                                  << ">=2" << QList<int>{0, 3, 4};
        QTest::newRow("less") << "count"
                              << "<3" << QList<int>{3, 4};
        QTest::newRow("number") << "count"
                                << "4" << QList<int>{1};
        QTest::newRow("equal") << "count"
                               << "=4" << QList<int>{1};
        QTest::newRow("missing number") << "weight"
                                        << "missing" << QList<int>{1};
        QTest::newRow("missing category") << "kind"
                                          << "missing" << QList<int>{3};
        QTest::newRow("part of a category") << "kind"
                                            << "app" << QList<int>{0, 2};
        QTest::newRow("whole category") << "kind"
                                        << "=pear" << QList<int>{1, 4};
        QTest::newRow("text") << "note"
                              << "FI" << QList<int>{0, 4};
        QTest::newRow("any column") << ""
                                    << "apple" << QList<int>{0, 2};
        QTest::newRow("any column, number") << ""
                                            << "10" << QList<int>{3};
    }
    void conditions_find_rows() {
        QFETCH(QString, column);
        QFETCH(QString, typed);
        QFETCH(QList<int>, rows);
        const Rows found = rows_of(*small(), column.toStdString(), typed.toStdString());
        QCOMPARE(QList<int>(found.begin(), found.end()), rows);
    }

    void what_is_no_number_is_said() {
        try {
            rows_of(*small(), "weight", "> heavy");
            QFAIL("it was taken");
        } catch (const Error& error) {
            QVERIFY2(QString::fromUtf8(error.what()).contains("\"heavy\" is no number"), error.what());
        }
    }

    void sorts_every_type_with_missing_ones_last() {
        const auto table = small();
        const std::atomic<bool> never{false};
        const auto sorted = [&](const char* column, bool descending) {
            RowQuery query;
            query.sort_column = table->at(column);
            query.descending = descending;
            return ordered_rows(*table, query, never);
        };
        QVERIFY((sorted("weight", false) == Rows{2, 4, 0, 3, 1}));
        QVERIFY((sorted("weight", true) == Rows{3, 0, 4, 2, 1}));
        QVERIFY((sorted("kind", false) == Rows{0, 2, 1, 4, 3})); // Apple, pear, missing
        QVERIFY((sorted("note", false) == Rows{4, 0, 3, 2, 1}));
        QVERIFY((sorted("count", false) == Rows{4, 3, 2, 1, 0}));
    }

    void clicks_and_keys_select_rows() {
        show(small());
        press(1);
        QVERIFY((selection_.selected() == std::vector<std::size_t>{1}));
        press(3, Qt::ShiftModifier);
        QVERIFY((selection_.selected() == std::vector<std::size_t>{1, 2, 3}));
        press(2, Qt::ControlModifier);
        QVERIFY((selection_.selected() == std::vector<std::size_t>{1, 3}));
        QTest::keyClick(view_->grid(), Qt::Key_Down);
        QVERIFY((selection_.selected() == std::vector<std::size_t>{3}));
        QTest::keyClick(view_->grid(), Qt::Key_Down, Qt::ShiftModifier);
        QVERIFY((selection_.selected() == std::vector<std::size_t>{3, 4}));
        QTest::keyClick(view_->grid(), Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(selection_.count(), std::size_t{5});
        QTest::keyClick(view_->grid(), Qt::Key_Escape);
        QVERIFY(selection_.empty());
    }

    void a_click_on_the_head_sorts_and_the_rows_stay_selected() {
        show(small());
        press(0);
        click_header(0);
        QTRY_VERIFY_WITH_TIMEOUT((view_->shown_rows() == Rows{2, 4, 0, 3, 1}), patience);
        QCOMPARE(view_->grid()->model()->headerData(0, Qt::Horizontal).toString(), "weight ↑");
        QVERIFY(selection_.contains(0));
        QVERIFY(view_->grid()->model()->index(2, 0).data(TableModel::SelectedRole).toBool());
        click_header(0);
        QTRY_VERIFY_WITH_TIMEOUT((view_->shown_rows() == Rows{3, 0, 4, 2, 1}), patience);
        click_header(0);
        QTRY_VERIFY_WITH_TIMEOUT((view_->shown_rows() == Rows{0, 1, 2, 3, 4}), patience);
    }

    void filters_as_one_types() {
        show(small());
        QVERIFY(choose(*view_, "table.filter-column", "weight"));
        QVERIFY(type(*view_, "table.filter", "2..5"));
        QTRY_VERIFY_WITH_TIMEOUT((view_->shown_rows() == Rows{0, 4}), patience);
        QVERIFY(type(*view_, "table.filter", "> heavy", true));
        QVERIFY2(shown<QLabel>(*view_, "table.problem")->text().contains("is no number"),
                 qPrintable(shown<QLabel>(*view_, "table.problem")->text()));
        QVERIFY((view_->shown_rows() == Rows{0, 4})); // nothing is lost
        QVERIFY(type(*view_, "table.filter", ""));
        QTRY_COMPARE_WITH_TIMEOUT(view_->shown_rows().size(), std::size_t{5}, patience);
        press(2);
        QVERIFY(click(*view_, "table.only-selected"));
        QTRY_VERIFY_WITH_TIMEOUT((view_->shown_rows() == Rows{2}), patience);
    }

    void copies_as_tsv() {
        show(small());
        press(0);
        press(3, Qt::ControlModifier);
        QTest::keyClick(view_->grid(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), "weight\tkind\tnote\tcount\n3.5\tApple\tfirst, with a "
                                                       "comma\t5\n10\t\t\"four \"\"quoted\"\"\"\t2\n");
    }

    void a_saved_csv_reads_back_the_same() {
        const QTemporaryDir folder;
        const std::filesystem::path file = folder.filePath("rows.csv").toStdString();
        QuietJob quiet;
        save_table_csv(file, *small(), {3, 0, 1}, quiet);
        const Table back = open_table(file).table;
        QCOMPARE(back.rows(), std::size_t{3});
        QCOMPARE(back.column(back.at("weight")).number(1), 3.5);
        QVERIFY(back.column(back.at("weight")).missing(2));
        QCOMPARE(back.column(back.at("note")).shown(0), std::string("four \"quoted\""));
        QCOMPARE(back.column(back.at("note")).shown(1), std::string("first, with a comma"));
        try {
            save_table_csv("/nowhere/at/all.csv", *small(), {0}, quiet);
            QFAIL("it was written");
        } catch (const Error& error) {
            QVERIFY2(QString::fromUtf8(error.what()).contains("could not be written"), error.what());
        }
    }

    void missing_values_are_muted_and_numbers_to_the_right() {
        show(small());
        const auto* model = view_->grid()->model();
        QCOMPARE(model->index(1, 0).data().toString(), "–");
        QVERIFY(model->index(1, 0).data(TableModel::MissingRole).toBool());
        QVERIFY(model->index(0, 0).data(Qt::TextAlignmentRole).toInt() & Qt::AlignRight);
        QVERIFY(model->index(0, 2).data(Qt::TextAlignmentRole).toInt() & Qt::AlignLeft);
    }

    void a_million_rows_sort_and_scroll_beside_the_window() {
        constexpr std::size_t rows = 1'000'000;
        std::vector<float> values(rows);
        for (std::size_t row = 0; row < rows; ++row)
            values[row] = static_cast<float>((row * 7919) % rows);
        std::vector<std::int32_t> codes(rows);
        for (std::size_t row = 0; row < rows; ++row)
            codes[row] = static_cast<std::int32_t>(row % 5);
        Table table;
        table.add(Column::reals("value", std::move(values)));
        table.add(Column::categorical("group", std::move(codes), {"a", "b", "c", "d", "e"}));
        QElapsedTimer timer;
        timer.start();
        show(std::make_shared<const Table>(std::move(table)));
        qInfo("shown after %lld ms", static_cast<long long>(timer.elapsed()));
        timer.start();
        click_header(0);
        const auto returned = timer.elapsed();
        QTRY_VERIFY_WITH_TIMEOUT(!view_->busy(), patience);
        qInfo("the click took %lld ms, the order was there after %lld ms", static_cast<long long>(returned),
              static_cast<long long>(timer.elapsed()));
        QCOMPARE(view_->shown_rows().size(), rows);
        QCOMPARE(view_->grid()->model()->index(0, 0).data().toString(), "0");
        QCOMPARE(view_->grid()->model()->index(rows - 1, 0).data().toString(), "999999");
        timer.start();
        QTest::keyClick(view_->grid(), Qt::Key_End, Qt::ControlModifier);
        view_->grid()->viewport()->repaint();
        qInfo("at the end after %lld ms", static_cast<long long>(timer.elapsed()));
        QVERIFY(view_->grid()->visualRect(view_->grid()->model()->index(rows - 1, 0)).isValid());
        timer.start();
        QTest::keyClick(view_->grid(), Qt::Key_A, Qt::ControlModifier);
        qInfo("all selected after %lld ms", static_cast<long long>(timer.elapsed()));
        QCOMPARE(selection_.count(), rows);
    }

    void a_column_says_what_its_values_are_like() {
        const auto table = small();
        selection_.reset(table->rows());
        ColumnSummary summary(theme_, selection_);
        summary.resize(300, 400);
        summary.set_table(table);
        summary.show();
        QTRY_VERIFY_WITH_TIMEOUT(summary.text().contains("4 values, 4 distinct, 1 missing"), patience);
        QVERIFY2(summary.text().contains("median 2.75"), qPrintable(summary.text()));
        auto* bars = summary.findChild<DistributionView*>();
        selection_.select(std::vector<std::size_t>{3});
        QTRY_VERIFY_WITH_TIMEOUT(!bars->selected_counts().empty(), patience);
        QCOMPARE(bars->selected_counts().back(), std::size_t{1}); // the largest value
        QCOMPARE(bars->selected_counts().front(), std::size_t{0});
        QVERIFY(choose(summary, "column.name", "kind"));
        QTRY_COMPARE_WITH_TIMEOUT(bars->bars(), 2, patience);
        QVERIFY((bars->counts() == std::vector<std::size_t>{2, 2}));
        QSignalSpy roles(&summary, &ColumnSummary::role_chosen);
        QVERIFY(choose(summary, "column.role", "Target"));
        QCOMPARE(roles.count(), 1);
        QCOMPARE(roles.first().at(0).value<std::size_t>(), std::size_t{1});
    }
};

QTEST_MAIN(TestTableView)
#include "test_table_view.moc"
