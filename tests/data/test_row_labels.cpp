// SPDX-License-Identifier: GPL-3.0-or-later
// Single rows that are said to be something else than the file has.
#include "core/base/error.h"
#include "core/data/row_labels.h"

#include <QtTest>

using namespace eyepiece;

namespace {

std::vector<std::string> shown(const Column& column) {
    std::vector<std::string> all;
    for (std::size_t row = 0; row < column.size(); ++row)
        all.push_back(column.shown(row));
    return all;
}

using Shown = std::vector<std::string>;

} // namespace

class TestRowLabels : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void every_kind_of_value_is_replaced_and_the_rest_stays() {
        const Column kind = Column::categorical("kind", {0, 1, -1}, {"a", "b"}).with_role(ColumnRole::Target);
        const Column changed = relabelled(kind, {{0, "b"}, {2, "new"}});
        QCOMPARE(shown(changed), (Shown{"b", "b", "new"}));
        QVERIFY(changed.type() == ColumnType::Categorical && changed.role() == ColumnRole::Target);
        QCOMPARE(changed.categories(), (Column::Categories{"a", "b", "new"}));
        QCOMPARE(shown(kind), (Shown{"a", "b", ""})); // a column is a value

        TextValues texts;
        for (const char* one : {"x", "", "z"})
            texts.push_back(one);
        const Column text = relabelled(Column::text("t", texts, {false, true, false}), {{1, "why"}});
        QCOMPARE(shown(text), (Shown{"x", "why", "z"}));
        QCOMPARE(text.missing_count(), std::size_t{0});

        const Column whole = relabelled(
            Column::integers("n", std::vector<std::int64_t>{1, 2, 3}, {false, true, false}), {{2, "-7"}});
        QCOMPARE(shown(whole), (Shown{"1", "", "-7"}));
        QVERIFY(whole.type() == ColumnType::Integer);
        const Column real = relabelled(Column::reals("r", std::vector<float>{1.5f, 2, 3}), {{1, "2.25"}});
        QCOMPARE(shown(real), (Shown{"1.5", "2.25", "3"}));
        const Column flag =
            relabelled(Column::booleans("f", {1, 0, 1}, {false, false, true}), {{0, "false"}, {2, "true"}});
        QCOMPARE(shown(flag), (Shown{"false", "false", "true"}));
        QVERIFY(flag.type() == ColumnType::Boolean);
    }

    void an_empty_label_is_a_missing_value() {
        const RowLabels none{{1, ""}};
        TextValues texts;
        for (const char* one : {"x", "y", "z"})
            texts.push_back(one);
        for (const Column& column :
             {Column::categorical("kind", {0, 1, 0}, {"a", "b"}), Column::text("t", texts),
              Column::integers("n", std::vector<std::int32_t>{1, 2, 3}), Column::booleans("f", {1, 0, 1}),
              Column::reals("r", std::vector<double>{1, 2, 3})}) {
            const Column changed = relabelled(column, none);
            QVERIFY2(changed.missing(1) && changed.missing_count() == 1, column.name().c_str());
            QCOMPARE(changed.shown(0), column.shown(0));
            QVERIFY(changed.type() == column.type());
            QCOMPARE(relabelled(changed, {{1, column.shown(1)}}).shown(1), column.shown(1)); // and back
        }
    }

    void what_a_column_cannot_hold_is_refused() {
        const Column bytes = Column::integers("n", std::vector<std::uint8_t>{1, 2});
        for (const char* label : {"two", "1.5", "300", "2 "})
            QVERIFY_EXCEPTION_THROWN(relabelled(bytes, {{0, label}}), Error);
        QVERIFY_EXCEPTION_THROWN(relabelled(bytes, {{2, "1"}}), Error); // no such row
        QVERIFY_EXCEPTION_THROWN(relabelled(Column::booleans("f", {1}), {{0, "1"}}), Error);
        const Column dates = Column::dates("d", {0});
        QVERIFY(!takes_labels(dates.type()));
        QVERIFY_EXCEPTION_THROWN(relabelled(dates, {{0, "2020-01-01"}}), Error);
        QCOMPARE(relabelled(dates, {}).shown(0), dates.shown(0));
    }

    void a_table_keeps_its_other_columns_and_its_names() {
        Table table(
            {Column::categorical("kind", {0, 1}, {"a", "b"}), Column::reals("x", std::vector<float>{1, 2})});
        auto sparse = std::make_shared<SparseMatrix>();
        sparse->rows = 2;
        sparse->columns = 1;
        sparse->starts = {0, 1, 1};
        sparse->indices = {0};
        sparse->values = {4};
        table.set_sparse(sparse, {"gene"});
        TextValues names;
        names.push_back("one");
        names.push_back("two");
        table.set_row_names(Column::text("row", names));
        const Table changed = relabelled(table, {{"kind", {{0, "b"}}}});
        QCOMPARE(shown(changed.column(0)), (Shown{"b", "b"}));
        QCOMPARE(shown(changed.column(1)), (Shown{"1", "2"}));
        QCOMPARE(changed.name(2), std::string("gene"));
        QCOMPARE(changed.row_names()->shown(1), std::string("two"));
        QVERIFY_EXCEPTION_THROWN(relabelled(table, {{"gene", {{0, "3"}}}}), Error);
        QVERIFY_EXCEPTION_THROWN(relabelled(table, {{"none", {{0, "3"}}}}), Error);
    }

    void decisions_come_to_what_differs_from_the_file() {
        const std::vector<LabelDecision> decisions{{"kind", 3, "a", "b"}, {"kind", 5, "a", "a"},
                                                   {"kind", 3, "b", ""},  {"size", 1, "2", "4"},
                                                   {"kind", 7, "b", "a"}, {"kind", 7, "a", "b"}};
        // Kept as it was, or changed back to what the file says: nothing.
        QVERIFY(labels_of(decisions) == (TableLabels{{"kind", {{3, ""}}}, {"size", {{1, "4"}}}}));
        QVERIFY(labels_of({}).empty());
        QVERIFY(labels_of({{"kind", 3, "a", "b"}, {"kind", 3, "b", "a"}}).empty());
        QVERIFY(decisions_from_json(to_json(decisions)) == decisions);
        for (const char* wrong : {R"([1])", R"([{"column": "a", "row": 1, "before": "x"}])",
                                  R"([{"column": "a", "row": "b", "before": "x", "after": "y"}])"})
            QVERIFY_EXCEPTION_THROWN(decisions_from_json(Json::parse(wrong)), Error);
    }

    void as_json_and_back() {
        const TableLabels labels{{"kind", {{0, "b"}, {70, "c=d:1"}}}, {"n", {{3, "4"}}}};
        QVERIFY(labels_from_json(to_json(labels)) == labels);
        QVERIFY(labels_from_json(Json::object()).empty());
        for (const char* wrong :
             {R"({"kind": 3})", R"({"kind": [{"row": -1, "label": 2}]})", R"({"kind": [{"row": 1}]})"})
            QVERIFY_EXCEPTION_THROWN(labels_from_json(Json::parse(wrong)), Error);
    }
};

QTEST_GUILESS_MAIN(TestRowLabels)
#include "test_row_labels.moc"
