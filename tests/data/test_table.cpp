// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/data/dates.h"
#include "core/data/statistics.h"
#include "core/data/table.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace eyepiece;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

SparseMatrix small_sparse() { // 0 1.5 0 / 2 0 0 / 0 0 3 / 0 4 5
    return SparseMatrix::checked(4, 3, {0, 1, 2, 3, 5}, {1, 0, 2, 1, 2}, {1.5f, 2, 3, 4, 5});
}

Table mixed() {
    TextValues texts;
    for (const char* text : {"x", "", "zz"})
        texts.push_back(text);
    Table table(
        {Column::reals("real", std::vector<double>{1.5, none, -2}),
         Column::integers("whole", std::vector<std::int64_t>{7, 0, 1'000'000'000'000}, {false, true, false}),
         Column::text("text", std::move(texts), {false, true, false}),
         Column::categorical("category", {1, -1, 0}, {"no", "yes"}),
         Column::dates("date", {0, 0, 1'709'210'096'500'000}, {false, true, false}),
         Column::booleans("flag", {1, 0, 0}, {false, false, true})});
    return table;
}

} // namespace

class TestTable : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void columns_say_what_they_hold() {
        const Table table = mixed();
        QCOMPARE(table.rows(), std::size_t(3));
        const char* shown[6][3] = {{"1.5", "", "-2"},
                                   {"7", "", "1000000000000"},
                                   {"x", "", "zz"},
                                   {"yes", "", "no"},
                                   {"1970-01-01", "", "2024-02-29 12:34:56.5"},
                                   {"true", "false", ""}};
        for (std::size_t i = 0; i < 6; ++i) {
            const Column& column = table.dense()[i];
            QCOMPARE(column.missing_count(), std::size_t(1));
            for (std::size_t row = 0; row < 3; ++row) {
                QCOMPARE(column.shown(row), std::string(shown[i][row]));
                QCOMPARE(column.missing(row), std::string(shown[i][row]).empty());
            }
            double numbers[3];
            column.numbers(0, numbers);
            for (std::size_t row = 0; row < 3; ++row) // one by one and all together say the same
                QVERIFY(numbers[row] == column.number(row) ||
                        (std::isnan(numbers[row]) && std::isnan(column.number(row))));
            QCOMPARE(column_type_from_string(to_string(column.type())), std::optional(column.type()));
        }
        QCOMPARE(table.dense()[3].number(0), 1.0);
        QCOMPARE(table.dense()[4].number(2), 1709210096.5);
        QVERIFY(std::isnan(table.dense()[2].number(0)));
        QVERIFY(!column_type_from_string("number"));
    }

    void copies_share_and_rows_are_taken() {
        const Table table = mixed();
        const Table copy = table;
        QCOMPARE(&copy.dense()[0].values(), &table.dense()[0].values());
        const std::size_t rows[] = {2, 1, 2, 0};
        const Table taken = table.take_rows(rows);
        for (std::size_t i = 0; i < 6; ++i) {
            QCOMPARE(taken.dense()[i].name(), table.dense()[i].name());
            QCOMPARE(taken.dense()[i].shown(0), table.dense()[i].shown(2));
            QCOMPARE(taken.dense()[i].shown(2), table.dense()[i].shown(2));
            QCOMPARE(taken.dense()[i].shown(3), table.dense()[i].shown(0));
            QVERIFY(i == 5 || taken.dense()[i].missing(1));
        }
        QCOMPARE(taken.dense()[5].missing_count(), std::size_t(2));
        const std::size_t columns[] = {4, 0};
        const Table selected = table.select(columns);
        QCOMPARE(selected.name(0), std::string("date"));
        QCOMPARE(&selected.dense()[1].values(), &table.dense()[0].values());
    }

    void names_are_unique_and_found() {
        Table table({Column::reals("a", std::vector<double>{1}), Column::reals("a", std::vector<double>{2})});
        table.add(Column::reals("a", std::vector<double>{3}));
        QCOMPARE(table.name(1), std::string("a (2)"));
        QCOMPARE(table.name(2), std::string("a (3)"));
        QCOMPARE(table.at("a (3)"), std::size_t(2));
        try {
            table.at("b");
            QFAIL("found what is not there");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("\"a (2)\"") != std::string::npos);
        }
        QVERIFY_EXCEPTION_THROWN(table.add(Column::reals("c", std::vector<double>{1, 2})), Error);
        QVERIFY_EXCEPTION_THROWN(Column::categorical("c", {0, 2}, {"a", "b"}), Error);
    }

    void sparse_matrices_agree_with_dense_ones() {
        std::mt19937 random(3);
        const std::size_t rows = 37, columns = 23;
        std::vector<float> dense(rows * columns);
        std::vector<std::uint64_t> starts{0};
        std::vector<std::uint32_t> indices;
        std::vector<float> values;
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::uint32_t column = 0; column < columns; ++column)
                if (random() % 4 == 0) {
                    dense[row * columns + column] = static_cast<float>(random() % 100) - 50;
                    indices.push_back(column);
                    values.push_back(dense[row * columns + column]);
                }
            starts.push_back(indices.size());
        }
        const SparseMatrix matrix = SparseMatrix::checked(rows, columns, starts, indices, values);
        const SparseMatrix turned = matrix.transposed();
        const std::size_t some_rows[] = {5, 5, 0, 36}, some_columns[] = {22, 3, 3, 0};
        const SparseMatrix taken_rows = matrix.take_rows(some_rows),
                           taken_columns = matrix.take_columns(some_columns);
        for (std::size_t row = 0; row < rows; ++row)
            for (std::size_t column = 0; column < columns; ++column) {
                QCOMPARE(matrix.at(row, column), dense[row * columns + column]);
                QCOMPARE(turned.at(column, row), dense[row * columns + column]);
            }
        for (std::size_t i = 0; i < 4; ++i) {
            for (std::size_t column = 0; column < columns; ++column)
                QCOMPARE(taken_rows.at(i, column), dense[some_rows[i] * columns + column]);
            for (std::size_t row = 0; row < rows; ++row)
                QCOMPARE(taken_columns.at(row, i), dense[row * columns + some_columns[i]]);
        }
        const auto summaries = summarise_columns(matrix);
        for (std::size_t column = 0; column < columns; ++column) {
            std::vector<double> all;
            for (std::size_t row = 0; row < rows; ++row)
                all.push_back(dense[row * columns + column]);
            const ColumnStatistics about = statistics(Column::reals("c", all));
            QVERIFY(std::abs(about.mean - summaries[column].mean) < 1e-9);
            QVERIFY(std::abs(about.sd * about.sd - summaries[column].variance) < 1e-6);
            QCOMPARE(static_cast<double>(summaries[column].minimum), about.minimum);
            QCOMPARE(static_cast<double>(summaries[column].maximum), about.maximum);
        }
    }

    void damaged_sparse_matrices_are_refused() {
        QVERIFY_EXCEPTION_THROWN(SparseMatrix::checked(2, 2, {0, 1}, {0}, {1}), Error);
        QVERIFY_EXCEPTION_THROWN(SparseMatrix::checked(2, 2, {0, 2, 1}, {0}, {1}), Error);
        QVERIFY_EXCEPTION_THROWN(SparseMatrix::checked(1, 2, {0, 1}, {2}, {1}), Error);
        QVERIFY_EXCEPTION_THROWN(SparseMatrix::checked(1, 2, {0, 2}, {0}, {1}), Error);
        // Out of order and twice: put in order and added up.
        const SparseMatrix mended = SparseMatrix::checked(1, 3, {0, 3}, {2, 0, 2}, {1, 5, 2});
        QCOMPARE(mended.stored(), std::size_t(2));
        QCOMPARE(mended.at(0, 2), 3.0f);
    }

    void numeric_matrix_takes_features_that_are_numbers() {
        Table table = mixed();
        table.add(Column::reals("class", std::vector<double>{1, 2, 3}).with_role(ColumnRole::Target));
        const NumericMatrix matrix = numeric_matrix(table);
        QCOMPARE(matrix.names, (std::vector<std::string>{"real", "whole", "flag"}));
        QCOMPARE(matrix.used, (std::vector<std::size_t>{0, 1, 5}));
        QCOMPARE(matrix.left_out, (std::vector<std::size_t>{2, 3, 4}));
        QCOMPARE(matrix.values[0], 1.5f);
        QVERIFY(std::isnan(matrix.values[3]) && std::isnan(matrix.values[8]));
        QCOMPARE(matrix.values[2], 1.0f);
        Table cells({Column::integers("depth", std::vector<std::int32_t>{1, 2, 3, 4})
                         .with_role(ColumnRole::Annotation),
                     Column::integers("extra", std::vector<std::int32_t>{6, 7, 8, 9})});
        cells.set_sparse(std::make_shared<const SparseMatrix>(small_sparse()), {"g1", "g2", "extra"});
        QCOMPARE(cells.name(4), std::string("extra (2)"));
        const NumericMatrix counts = numeric_matrix(cells);
        QCOMPARE(counts.values, (std::vector<float>{6, 0, 1.5f, 0, 7, 2, 0, 0, 8, 0, 0, 3, 9, 0, 4, 5}));
        try {
            numeric_matrix(cells, 10);
            QFAIL("took more memory than it may");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Memory);
        }
        QVERIFY_EXCEPTION_THROWN(numeric_matrix(Table({Column::categorical("c", {0}, {"a"})})), Error);
        const Json json = describe(cells);
        QCOMPARE(json["sparse"]["stored"].get<int>(), 5);
        QCOMPARE(json["columns"][3]["nonzero"].get<int>(), 2);
    }

    void a_large_matrix_has_every_value_at_its_place() {
        const std::size_t rows = 5000, count = 130;
        std::vector<Column> columns;
        for (std::size_t c = 0; c < count; ++c) {
            std::vector<float> values(rows);
            for (std::size_t row = 0; row < rows; ++row)
                values[row] = static_cast<float>(row * count + c);
            columns.push_back(Column::reals(std::to_string(c), std::move(values)));
        }
        const NumericMatrix matrix = numeric_matrix(Table(std::move(columns)));
        for (std::size_t i = 0; i < matrix.values.size(); ++i)
            if (matrix.values[i] != static_cast<float>(i))
                QFAIL(qPrintable("value " + QString::number(i)));
    }

    void dates_go_there_and_back() {
        for (const char* text :
             {"1970-01-01", "2024-02-29", "1900-03-01 23:59:59", "0001-01-01", "2038-01-19 03:14:08.000001"})
            QCOMPARE(format_date(*parse_date(text)), std::string(text));
        QCOMPARE(*parse_date("2024-03-01T12:30:00+02:00"), *parse_date("2024-03-01 10:30"));
        QCOMPARE(*parse_date("2024-03-01T12:30:00Z"), *parse_date("2024/3/1 12:30:00"));
        for (const char* text :
             {"2023-02-29", "2024-13-01", "2024-01-32", "2024-1", "24-01-01", "2024-01-01x",
              "2024-01-01 25:00", "2024-01-01 10:00+99:00", "", "2024-01/01", "20240101"})
            QVERIFY2(!parse_date(text), text);
    }

    void statistics_are_exact() {
        const ColumnStatistics about =
            statistics(Column::reals("c", std::vector<double>{3, none, 1, 2, 10, 2}), 3);
        QCOMPARE(about.count, std::size_t(5));
        QCOMPARE(about.missing, std::size_t(1));
        QCOMPARE(about.distinct, std::size_t(4));
        QCOMPARE(about.mean, 3.6);
        QVERIFY(std::abs(about.sd - 3.646916506) < 1e-8);
        QCOMPARE(about.minimum, 1.0);
        QCOMPARE(about.lower_quartile, 2.0); // as numpy.quantile
        QCOMPARE(about.median, 2.0);
        QCOMPARE(about.upper_quartile, 3.0);
        QCOMPARE(about.maximum, 10.0);
        QCOMPARE(about.histogram.counts, (std::vector<std::size_t>{4, 0, 1}));
        // Large offsets cost no digits.
        const ColumnStatistics far =
            statistics(Column::reals("c", std::vector<double>{1e9 + 1, 1e9 + 2, 1e9 + 3}));
        QCOMPARE(far.sd, 1.0);
        const ColumnStatistics infinite = statistics(Column::reals("c", std::vector<double>{1, INFINITY, 3}));
        QCOMPARE(infinite.infinite, std::size_t(1));
        QCOMPARE(infinite.mean, 2.0);
        QVERIFY(!to_json(infinite, ColumnType::Real).dump().empty());
        const ColumnStatistics words =
            statistics(Column::categorical("c", {0, 1, 1, -1}, {"a", "b", "unused"}));
        QCOMPARE(words.distinct, std::size_t(2));
        QCOMPARE(words.frequent.front(), (std::pair<std::string, std::size_t>{"b", 2}));
        const ColumnStatistics constant = statistics(Column::integers("c", std::vector<std::uint8_t>{4, 4}));
        QCOMPARE(constant.sd, 0.0);
        QCOMPARE(constant.histogram.counts, (std::vector<std::size_t>{2}));
        QCOMPARE(statistics(Column::reals("c", std::vector<double>{none})).count, std::size_t(0));
    }

    void numbers_are_sorted_whatever_they_are() {
        std::mt19937_64 random(5);
        for (const int kind : {0, 1, 2, 3}) {
            std::vector<double> values(20'000);
            for (double& value : values)
                value = kind == 0   ? static_cast<double>(static_cast<std::int64_t>(random()))
                        : kind == 1 ? static_cast<double>(random() % 50) - 25
                        : kind == 2 ? std::ldexp(static_cast<double>(random() % 1000) - 500,
                                                 static_cast<int>(random() % 600) - 300)
                                    : static_cast<double>(static_cast<float>(random() % 9999) * 0.37f);
            if (kind == 2) {
                values[7] = -INFINITY;
                values[9] = INFINITY;
                values[11] = -0.0;
            }
            std::vector<double> expected = values;
            std::sort(expected.begin(), expected.end());
            sort_numbers(values);
            QCOMPARE(values, expected);
        }
    }

    void statistics_of_sparse_columns_count_their_zeros() {
        Table table;
        table.set_sparse(std::make_shared<const SparseMatrix>(small_sparse()), {"a", "b", "c"});
        const auto all = statistics(table);
        for (std::size_t i = 0; i < 3; ++i) {
            const ColumnStatistics dense = statistics(table.column(i));
            QCOMPARE(all[i].mean, dense.mean);
            QCOMPARE(all[i].median, dense.median);
            QCOMPARE(all[i].sd, dense.sd);
            QCOMPARE(all[i].distinct, dense.distinct);
            QCOMPARE(all[i].histogram.counts, dense.histogram.counts);
        }
    }
};

QTEST_APPLESS_MAIN(TestTable)
#include "test_table.moc"
