// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/data/preprocessing.h"
#include "core/data/statistics.h"

#include <QtTest>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>

using namespace eyepiece;

namespace {

constexpr float none = std::numeric_limits<float>::quiet_NaN();

const PreprocessingRegistry& registry() {
    static const PreprocessingRegistry steps = [] {
        PreprocessingRegistry made("preprocessing step");
        register_preprocessing(made);
        return made;
    }();
    return steps;
}

Preprocessed done(const Table& table, const Json& steps) {
    QuietJob job;
    return preprocess(registry(), table, steps_from_json(registry(), steps), job);
}

QString refused(const Table& table, const Json& steps) {
    try {
        done(table, steps);
    } catch (const Error& error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

std::vector<double> numbers(const Table& table, std::size_t column) {
    std::vector<double> values(table.rows());
    table.column(column).numbers(0, values);
    return values;
}

bool close(const std::vector<double>& a, const std::vector<double>& b, double by = 1e-6) {
    if (a.size() != b.size())
        return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!(std::abs(a[i] - b[i]) <= by) && !(std::isnan(a[i]) && std::isnan(b[i])))
            return false;
    return true;
}

Table plain() {
    return Table({Column::reals("x", std::vector<float>{1, 2, none, 6}),
                  Column::integers("n", std::vector<std::int32_t>{4, 4, 4, 4}),
                  Column::categorical("c", {0, 1, -1, 1}, {"a", "b"}),
                  Column::categorical("y", {0, 1, 0, 1}, {"no", "yes"}).with_role(ColumnRole::Target)});
}

// Counts of 60 cells by 40 genes; with a dense twin.
Table counts(bool sparse) {
    std::mt19937 random(11);
    const std::size_t rows = 60, columns = 40;
    std::vector<std::uint64_t> starts{0};
    std::vector<std::uint32_t> indices;
    std::vector<float> values;
    std::vector<std::vector<float>> dense(columns, std::vector<float>(rows));
    std::vector<std::string> names;
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::uint32_t column = 0; column < columns; ++column)
            if (random() % 3 == 0) {
                // Five genes are on in half of the cells only.
                const float value =
                    column % 8 == 1 ? (row % 2 ? 40.0f : 1.0f) : static_cast<float>(random() % 5 + 1);
                indices.push_back(column);
                values.push_back(value);
                dense[column][row] = value;
            }
        starts.push_back(indices.size());
    }
    std::vector<Column> list;
    for (std::size_t column = 0; column < columns; ++column) {
        names.push_back("g" + std::to_string(column));
        list.push_back(Column::reals(names.back(), dense[column]));
    }
    Table table;
    if (sparse)
        table.set_sparse(std::make_shared<const SparseMatrix>(
                             SparseMatrix::checked(rows, columns, starts, indices, values)),
                         names);
    return sparse ? table : Table(list);
}

} // namespace

class TestPreprocessing : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void scales() {
        const Preprocessed standard = done(plain(), Json::parse(R"([{"step": "scale"}])"));
        const double sd = std::sqrt(14.0 / 3); // of the population, about the mean 3
        QVERIFY(close(numbers(standard.table, 0), {-2 / sd, -1 / sd, NAN, 3 / sd}));
        QVERIFY(close(numbers(standard.table, 1), {0, 0, 0, 0})); // constant: only shifted
        QVERIFY(standard.notes.at(0).find("1 column is constant") != std::string::npos);
        QCOMPARE(standard.table.type(2), ColumnType::Categorical);
        QCOMPARE(standard.table.role(3), ColumnRole::Target);
        const Preprocessed range = done(
            plain(), Json::parse(R"([{"step": "scale", "set": {"method": "min-max", "columns": "x"}}])"));
        QVERIFY(close(numbers(range.table, 0), {0, 0.2, NAN, 1}));
        QVERIFY(close(numbers(range.table, 1), {4, 4, 4, 4}));
        const Preprocessed robust =
            done(plain(), Json::parse(R"([{"step": "scale", "set": {"method": "robust", "columns": "x"}}])"));
        QVERIFY(close(numbers(robust.table, 0), {-0.4, 0, NAN, 1.6})); // quartiles of 1, 2, 6: 1.5 and 4
        QVERIFY(refused(plain(), Json::parse(R"([{"step": "scale", "set": {"columns": "c"}}])"))
                    .contains("no numbers"));
        QVERIFY(refused(plain(), Json::parse(R"([{"step": "scale", "set": {"columns": "nix"}}])"))
                    .contains("Scale: There is no column"));
    }

    void what_was_learnt_is_done_to_new_data() {
        const Preprocessed first =
            done(plain(), Json::parse(R"([{"step": "impute"}, {"step": "scale"}, {"step": "one-hot"}])"));
        const Json record = Json::parse(to_json(first.steps).dump());
        const Table fresh({Column::reals("x", std::vector<float>{none, 2}),
                           Column::integers("n", std::vector<std::int32_t>{4, 6}),
                           Column::categorical("c", {1, 0}, {"new", "a"})});
        const Preprocessed again = done(fresh, record);
        QCOMPARE(to_json(again.steps), record);
        QVERIFY(close({numbers(again.table, 0)[1]}, {numbers(first.table, 0)[1]}));
        QVERIFY(
            close({numbers(again.table, 0)[0]}, {numbers(first.table, 0)[2]})); // the first table's median
        QVERIFY(close(numbers(again.table, 1), {0, 2}));
        QCOMPARE(again.table.name(2), std::string("c=a"));
        QVERIFY(close(numbers(again.table, 2), {1, 0})); // "a" has another code here
        QVERIFY(again.notes.back().find("not there when") != std::string::npos);
        QVERIFY(
            refused(Table({Column::reals("z", std::vector<float>{1})}), record).contains("lacks the column"));
    }

    void steps_are_done_in_their_order() {
        const Table table({Column::reals("x", std::vector<float>{0, 1, 3})});
        const auto log_first = done(
            table, Json::parse(R"([{"step": "log1p"}, {"step": "scale", "set": {"method": "min-max"}}])"));
        const auto scale_first = done(
            table, Json::parse(R"([{"step": "scale", "set": {"method": "min-max"}}, {"step": "log1p"}])"));
        QVERIFY(close(numbers(log_first.table, 0), {0, 0.5, 1}));
        QVERIFY(close(numbers(scale_first.table, 0), {0, std::log(4.0 / 3), std::log(2.0)}));
        QVERIFY(close(numbers(table, 0), {0, 1, 3})); // the table that was given is as it was
        QVERIFY(refused(Table({Column::reals("x", std::vector<float>{-1})}),
                        Json::parse(R"([{"step": "log1p"}])"))
                    .contains("\"x\""));
    }

    void imputes() {
        const auto filled = [](const char* method, const char* value = "0") {
            return done(plain(),
                        Json::array({{{"step", "impute"}, {"set", {{"method", method}, {"value", value}}}}}))
                .table;
        };
        QVERIFY(close(numbers(filled("mean"), 0), {1, 2, 3, 6}));
        QVERIFY(close(numbers(filled("median"), 0), {1, 2, 2, 6}));
        QVERIFY(close(numbers(filled("constant", "-7"), 0), {1, 2, -7, 6}));
        QVERIFY(close(numbers(filled("most-frequent"), 0), {1, 2, 1, 6}));
        QCOMPARE(filled("mean").column(2).missing_count(), std::size_t(1)); // categories have no mean
        QCOMPARE(filled("most-frequent").column(2).shown(2), std::string("b"));
        QCOMPARE(filled("constant", "unknown").column(2).shown(2), std::string("unknown"));
        QCOMPARE(filled("mean").column(3).role(), ColumnRole::Target);
    }

    void one_hot() {
        const Preprocessed full = done(plain(), Json::parse(R"([{"step": "one-hot"}])"));
        QCOMPARE(full.table.columns(), std::size_t(5)); // the target stays as it is
        QCOMPARE(full.table.name(2), std::string("c=a"));
        QVERIFY(close(numbers(full.table, 2), {1, 0, 0, 0}));
        QVERIFY(close(numbers(full.table, 3), {0, 1, 0, 1}));
        QCOMPARE(done(plain(), Json::parse(R"([{"step": "one-hot", "set": {"drop-first": true}}])"))
                     .table.columns(),
                 std::size_t(4));
        TextValues names;
        for (int i = 0; i < 200; ++i)
            names.push_back(std::to_string(i));
        const Table many({Column::text("id", std::move(names))});
        QVERIFY(refused(many, Json::parse(R"([{"step": "one-hot", "set": {"columns": "id"}}])"))
                    .contains("200 different values"));
    }

    void rows_are_drawn_and_dropped() {
        std::vector<std::int32_t> ids(1000), group(1000);
        for (int i = 0; i < 1000; ++i) {
            ids[static_cast<std::size_t>(i)] = i;
            group[static_cast<std::size_t>(i)] = i % 10 == 0 ? 1 : 0;
        }
        const Table table({Column::integers("id", ids), Column::categorical("g", group, {"many", "few"})});
        const Json draw = Json::parse(R"([{"step": "subsample", "set": {"fraction": 0.2, "seed": 5}}])");
        const Preprocessed some = done(table, draw);
        QCOMPARE(some.table.rows(), std::size_t(200));
        QCOMPARE(some.rows, done(table, draw).rows); // the same seed, the same rows
        QVERIFY(
            some.rows !=
            done(table, Json::parse(R"([{"step": "subsample", "set": {"fraction": 0.2, "seed": 6}}])")).rows);
        QCOMPARE(std::set<std::size_t>(some.rows.begin(), some.rows.end()).size(), std::size_t(200));
        for (std::size_t i = 0; i < 200; ++i)
            QCOMPARE(static_cast<std::size_t>(some.table.column(0).number(i)), some.rows[i]);
        const Preprocessed fair =
            done(table, Json::parse(R"([{"step": "subsample", "set": {"rows": 50, "stratify": "g"}}])"));
        QCOMPARE(statistics(fair.table.column(1)).frequent,
                 (std::vector<std::pair<std::string, std::size_t>>{{"many", 45}, {"few", 5}}));
        const Preprocessed whole = done(
            plain(), Json::parse(R"([{"step": "drop-missing"}, {"step": "subsample", "set": {"rows": 2}}])"));
        QCOMPARE(whole.table.rows(), std::size_t(2));
        for (const std::size_t row : whole.rows) // counted in the table that was given
            QVERIFY(row != 2);
        QCOMPARE(done(plain(),
                      Json::parse(R"([{"step": "drop-missing", "set": {"when": "all", "columns": "x,c"}}])"))
                     .table.rows(),
                 std::size_t(3));
        QVERIFY(refused(Table({Column::reals("x", std::vector<float>{none})}),
                        Json::parse(R"([{"step": "drop-missing"}])"))
                    .contains("No row would be left"));
    }

    void selects_columns() {
        const Preprocessed kept =
            done(plain(), Json::parse(R"([{"step": "select", "set": {"columns": "n"}}])"));
        QCOMPARE(kept.table.columns(), std::size_t(2));
        QCOMPARE(kept.table.name(1), std::string("y"));
        const Preprocessed dropped = done(
            plain(), Json{{{"step", "select"}, {"set", {{"columns", "[\"x\", \"y\"]"}, {"what", "drop"}}}}});
        QCOMPARE(dropped.table.columns(), std::size_t(2));
        QCOMPARE(dropped.table.name(0), std::string("n"));
    }

    // Sparse and dense go the same way, and sparse stays sparse where it can.
    void sparse_agrees_with_dense_data() {
        QTest::addColumn<QString>("steps");
        QTest::addColumn<bool>("stays_sparse");
        QTest::newRow("the usual way of counts")
            << R"([{"step": "total-count", "set": {"target": 100}}, {"step": "log1p"}, {"step": "highly-variable", "set": {"count": 12}}])"
            << true;
        QTest::newRow("total, automatic") << R"([{"step": "total-count"}])" << true;
        QTest::newRow("scaled about zero") << R"([{"step": "scale", "set": {"center": false}}])" << true;
        QTest::newRow("scaled") << R"([{"step": "scale"}])" << false;
        QTest::newRow("min-max of counts") << R"([{"step": "scale", "set": {"method": "min-max"}}])" << true;
        QTest::newRow("robust") << R"([{"step": "scale", "set": {"method": "robust"}}])" << true;
        QTest::newRow("variance")
            << R"([{"step": "highly-variable", "set": {"count": 7, "method": "variance"}}])" << true;
        QTest::newRow("subsample")
            << R"([{"step": "subsample", "set": {"rows": 20}}, {"step": "select", "set": {"columns": "g3,g7"}}])"
            << true;
        QTest::newRow("some columns")
            << R"([{"step": "log1p", "set": {"columns": "g3,g7"}}, {"step": "drop-missing"}])" << true;
    }
    void sparse_agrees_with_dense() {
        QFETCH(QString, steps);
        QFETCH(bool, stays_sparse);
        const Json list = Json::parse(steps.toStdString());
        const Preprocessed sparse = done(counts(true), list), dense = done(counts(false), list);
        QCOMPARE(sparse.table.sparse() != nullptr, stays_sparse);
        QCOMPARE(sparse.table.columns(), dense.table.columns());
        for (std::size_t i = 0; i < dense.table.columns(); ++i) {
            QCOMPARE(sparse.table.name(i), dense.table.name(i));
            QVERIFY2(close(numbers(sparse.table, i), numbers(dense.table, i), 1e-4),
                     dense.table.name(i).c_str());
        }
        if (!stays_sparse)
            QVERIFY(sparse.notes.at(0).find("dense now") != std::string::npos);
    }

    void variable_columns_are_the_planted_ones() {
        const Preprocessed found = done(
            counts(true),
            Json::parse(
                R"([{"step": "log1p"}, {"step": "highly-variable", "set": {"count": 5, "method": "variance"}}])"));
        for (std::size_t i = 0; i < 5; ++i)
            QCOMPARE(found.table.name(i), "g" + std::to_string(1 + 8 * i));
        const Preprocessed totals =
            done(counts(true), Json::parse(R"([{"step": "total-count", "set": {"target": 50}}])"));
        const NumericMatrix matrix = numeric_matrix(totals.table);
        for (std::size_t row = 0; row < matrix.rows; ++row) {
            double sum = 0;
            for (const float value : matrix.row(row))
                sum += value;
            QVERIFY(std::abs(sum - 50) < 1e-3);
        }
    }

    void records_are_checked() {
        QVERIFY_EXCEPTION_THROWN(steps_from_json(registry(), Json::object()), Error);
        QVERIFY_EXCEPTION_THROWN(steps_from_json(registry(), Json::parse(R"([{"set": {}}])")), Error);
        QVERIFY_EXCEPTION_THROWN(steps_from_json(registry(), Json::parse(R"([{"step": "polish"}])")), Error);
        QVERIFY_EXCEPTION_THROWN(
            steps_from_json(registry(), Json::parse(R"([{"step": "scale", "set": {"method": "x"}}])")),
            Error);
        QVERIFY(refused(plain(), Json::parse(R"([{"step": "scale", "learnt": {"columns": 5}}])"))
                    .contains("not readable"));
        const Json given = Json::parse(R"([{"step": "scale", "set": {"method": "robust"}}])");
        const Json whole = to_json(steps_from_json(registry(), given));
        QCOMPARE(to_json(steps_from_json(registry(), whole)), whole);
        for (const auto& entry : registry().entries())
            QVERIFY(!entry.help.empty());
    }
};

QTEST_APPLESS_MAIN(TestPreprocessing)
#include "test_preprocessing.moc"
