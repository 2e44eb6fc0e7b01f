// SPDX-License-Identifier: GPL-3.0-or-later
// Each fault is planted and found, and tables without any give no alarm.
#include "core/data/quality.h"

#include <QtTest>

#include <cmath>
#include <numeric>
#include <random>
#include <set>

using namespace eyepiece;

namespace {

// Two classes' worth of normal columns; the table that everything is planted in.
struct Planted {
    std::mt19937_64 engine;
    std::vector<std::vector<double>> columns;
    explicit Planted(std::size_t rows, std::size_t width, std::uint64_t seed) : engine(seed), columns(width) {
        for (auto& column : columns)
            for (std::size_t i = 0; i < rows; ++i)
                column.push_back(normal());
    }
    double uniform() { return static_cast<double>(engine() >> 11) * 0x1p-53; }
    double normal() {
        double sum = -6;
        for (int i = 0; i < 12; ++i)
            sum += uniform();
        return sum;
    }
    Table table() const {
        std::vector<Column> list;
        for (std::size_t c = 0; c < columns.size(); ++c)
            list.push_back(Column::reals("c" + std::to_string(c), columns[c]));
        return Table(std::move(list));
    }
};

std::vector<std::size_t> all_of(const Table& table) {
    std::vector<std::size_t> all(table.columns());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

std::set<std::size_t> rows_of(const std::vector<Finding>& findings, const std::string& kind) {
    std::set<std::size_t> rows;
    for (const Finding& finding : findings)
        if (finding.kind == kind)
            rows.insert(finding.rows.begin(), finding.rows.end());
    return rows;
}

Column texts(const std::string& name, const std::vector<std::string>& values) {
    TextValues text;
    for (const std::string& value : values)
        text.push_back(value);
    return Column::text(name, std::move(text));
}

} // namespace

class TestQuality : public QObject {
    Q_OBJECT

    QuietJob job_;

private Q_SLOTS:
    void columns_that_say_nothing_are_found() {
        Planted planted(200, 2, 1);
        std::vector<double> flat(200, 3.5), nearly(200, 1.0), absent(200, std::nan(""));
        nearly[17] = 2;
        for (std::size_t i = 0; i < 80; ++i)
            absent[i] = planted.normal();
        Table table = planted.table();
        table.add(Column::reals("flat", flat));
        table.add(Column::reals("nearly", nearly));
        table.add(Column::reals("absent", absent));
        table.add(texts("word", std::vector<std::string>(200, "same")));
        const auto found = check_columns(table, all_of(table), job_);
        QCOMPARE(found.size(), std::size_t{4});
        std::set<std::pair<std::string, std::string>> kinds;
        for (const Finding& finding : found) {
            kinds.emplace(finding.kind, finding.column);
            QVERIFY(finding.sentence.find("\"" + finding.column + "\"") != std::string::npos);
        }
        QVERIFY(kinds.contains({"constant-column", "flat"}));
        QVERIFY(kinds.contains({"constant-column", "word"}));
        QVERIFY(kinds.contains({"nearly-constant-column", "nearly"}));
        QVERIFY(kinds.contains({"mostly-missing-column", "absent"}));
        QCOMPARE(rows_of(found, "nearly-constant-column"), (std::set<std::size_t>{17}));
        QCOMPARE(rows_of(found, "mostly-missing-column").size(), std::size_t{120});
    }

    void classes_out_of_balance_are_found() {
        std::vector<std::int32_t> labels(100, 0);
        std::fill(labels.begin() + 50, labels.end(), 1);
        QVERIFY(check_balance(labels, {"a", "b"}).empty());
        std::fill(labels.begin() + 50, labels.begin() + 85, 0);
        const auto uneven = check_balance(labels, {"a", "b"});
        QCOMPARE(uneven.size(), std::size_t{1});
        QCOMPARE(uneven[0].severity, std::string("warning"));
        QCOMPARE(uneven[0].rows.size(), std::size_t{15});
        std::fill(labels.begin() + 85, labels.begin() + 97, 0);
        QCOMPARE(check_balance(labels, {"a", "b"}).at(0).severity, std::string("serious"));
    }

    void equal_rows_are_found() {
        Planted planted(120, 3, 2);
        for (auto& column : planted.columns) {
            column[100] = column[5];
            column[101] = column[5];
            column[110] = column[50];
        }
        Table table = planted.table();
        std::vector<std::string> classes;
        for (std::size_t i = 0; i < 120; ++i)
            classes.push_back(i % 2 == 0 ? "x" : "y");
        classes[100] = classes[101] = classes[5];
        table.add(texts("class", classes)); // 110 and 50: both "x"
        const std::vector<std::size_t> features{0, 1, 2};
        auto found = check_duplicates(table, features, std::size_t{3}, job_);
        QCOMPARE(found.size(), std::size_t{1});
        QCOMPARE(rows_of(found, "duplicates"), (std::set<std::size_t>{5, 50, 100, 101, 110}));
        QCOMPARE(found[0].figures.at("extra").get<int>(), 3);
        QCOMPARE(found[0].severity, std::string("warning"));
        classes[110] = "y";
        Table other = planted.table();
        other.add(texts("class", classes));
        found = check_duplicates(other, features, std::size_t{3}, job_);
        QCOMPARE(rows_of(found, "conflicting-duplicates"), (std::set<std::size_t>{50, 110}));
        QVERIFY(check_duplicates(Planted(120, 3, 2).table(), features, {}, job_).empty());
    }

    void next_to_equal_rows_are_found() {
        Planted planted(300, 5, 3);
        for (auto& column : planted.columns) {
            column[200] = column[10] + 1e-4 * planted.normal();
            column[299] = column[42] + 1e-4 * planted.normal();
        }
        const Table table = planted.table();
        const RobustMatrix matrix = robust_matrix(table, all_of(table));
        QCOMPARE(matrix.columns, std::size_t{5});
        const auto found = check_near_duplicates(matrix, 1, job_);
        QCOMPARE(rows_of(found, "near-duplicates"), (std::set<std::size_t>{10, 42, 200, 299}));
        QCOMPARE(found.at(0).figures.at("pairs").size(), std::size_t{2});
    }

    void the_nearest_rows_come_in_their_order() {
        const Table table({Column::reals("a", std::vector<double>{0, 10, 1, 3, 10, 5.5}),
                           Column::reals("flat", std::vector<double>(6, 2))});
        const RobustMatrix matrix = robust_matrix(table, all_of(table));
        const std::vector<std::size_t> rows{0, 5}, all{0, 1, 2, 3, 4, 5}, some{4, 5, 1};
        QCOMPARE(nearest_rows(matrix, rows, all, 3, job_),
                 (std::vector<std::vector<std::size_t>>{{2, 3, 5}, {3, 1, 2}})); // 1, 2 and 4 are as near
        QCOMPARE(nearest_rows(matrix, rows, some, 9, job_),
                 (std::vector<std::vector<std::size_t>>{{5, 1, 4}, {1, 4}}));
        QuietJob cancelled;
        cancelled.cancel = true;
        QVERIFY_EXCEPTION_THROWN(nearest_rows(matrix, rows, all, 3, cancelled), Error);
    }

    void rows_far_off_are_found() {
        Planted planted(400, 6, 4);
        planted.columns[2][77] = 40; // one value mistyped
        for (std::size_t c = 0; c < planted.columns.size();
             ++c) // each value is possible, all together are not
            planted.columns[c][123] = c % 2 == 0 ? 7 : -7;
        const Table table = planted.table();
        const auto found = check_outliers(robust_matrix(table, all_of(table)), 1, job_);
        QCOMPARE(rows_of(found, "outliers"), (std::set<std::size_t>{77, 123}));
        QCOMPARE(found.at(0).rows.front(), std::size_t{77});
        QCOMPARE(found.at(0).column, std::string("c2"));
    }

    void combinations_that_are_missing_are_found() {
        Planted planted(0, 0, 5);
        std::vector<std::string> sex, drug, site;
        while (sex.size() < 400) {
            const std::string one = planted.uniform() < 0.5 ? "f" : "m";
            const std::string two = planted.uniform() < 0.3 ? "placebo" : "verum";
            const std::string three = "site" + std::to_string(static_cast<int>(planted.uniform() * 4));
            if (one == "f" && two == "placebo")
                continue;
            sex.push_back(one);
            drug.push_back(two);
            site.push_back(three);
        }
        Table table({texts("sex", sex), texts("drug", drug), texts("site", site)});
        const auto found = check_subgroups(table, all_of(table), job_);
        QCOMPARE(found.size(), std::size_t{1});
        QVERIFY(found[0].sentence.find("placebo") != std::string::npos);
        QCOMPARE(found[0].figures.at("combinations").size(), std::size_t{1});
        QCOMPARE(found[0].figures.at("columns"), Json({"sex", "drug"}));
    }

    // Probabilities as a sound model has them, and labels turned round.
    void labels_that_look_wrong_are_found() {
        std::mt19937_64 engine(6);
        const auto uniform = [&] { return static_cast<double>(engine() >> 11) * 0x1p-53; };
        std::vector<std::int32_t> labels;
        std::vector<double> probabilities;
        std::set<std::size_t> turned;
        for (std::size_t i = 0; i < 300; ++i) {
            const auto truth = static_cast<std::int32_t>(i % 3);
            const double sure = 0.82 + 0.15 * uniform();
            for (std::int32_t k = 0; k < 3; ++k)
                probabilities.push_back(k == truth ? sure : (1 - sure) / 2);
            const bool wrong = i % 50 == 7;
            labels.push_back(wrong ? (truth + 1) % 3 : truth);
            if (wrong)
                turned.insert(i);
        }
        const auto found = check_labels(labels, {"a", "b", "c"}, probabilities);
        const auto rows = rows_of(found, "label-error");
        for (const std::size_t row : rows)
            QVERIFY(turned.contains(row));
        QCOMPARE(rows.size(), turned.size());
        const std::size_t first = found.at(0).rows.front();
        QCOMPARE(found[0].figures.at("suggested")[0].at("class"), Json(std::string(1, "abc"[first % 3])));
        for (std::size_t i = 0; i < 300; ++i)
            labels[i] = static_cast<std::int32_t>(i % 3);
        QVERIFY(check_labels(labels, {"a", "b", "c"}, probabilities).empty());
    }

    // Normal, skewed, whole and few-valued columns, narrow and wide: nothing is planted, and nothing is
    // found.
    void clean_tables_give_no_alarm() {
        int alarms = 0;
        QStringList what;
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            Planted planted(300 + 50 * (seed % 3), 3 + 2 * (seed % 4), 100 + seed);
            for (double& value : planted.columns[0])
                value = std::exp(value); // lognormal
            for (double& value : planted.columns[1])
                value = -std::log(planted.uniform()); // exponential
            for (double& value : planted.columns[2])
                value = std::floor(planted.uniform() * 6); // a die
            Table table = planted.table();
            std::vector<std::string> kind, place;
            std::vector<std::int32_t> labels;
            for (std::size_t i = 0; i < table.rows(); ++i) {
                kind.push_back(planted.uniform() < 0.3 ? "rare" : "common");
                place.push_back("p" + std::to_string(static_cast<int>(planted.uniform() * 5)));
                labels.push_back(planted.uniform() < 0.4);
            }
            table.add(texts("kind", kind));
            table.add(texts("place", place));
            const auto all = all_of(table);
            const RobustMatrix matrix = robust_matrix(table, all);
            for (const auto& found :
                 {check_columns(table, all, job_), check_duplicates(table, all, {}, job_),
                  check_near_duplicates(matrix, seed, job_), check_outliers(matrix, seed, job_),
                  check_subgroups(table, all, job_), check_balance(labels, {"a", "b"})})
                for (const Finding& finding : found) {
                    ++alarms;
                    what << QString("%1: %2").arg(seed).arg(QString::fromStdString(finding.sentence));
                }
        }
        QVERIFY2(alarms == 0, qPrintable(what.join("\n")));
    }

    void odd_tables_are_borne() {
        const Table empty(std::vector<Column>{Column::reals("a", std::vector<double>{})});
        const Table single(std::vector<Column>{Column::reals("a", std::vector<double>{1})});
        const Table absent(std::vector<Column>{Column::reals("a", std::vector<double>(50, std::nan("")))});
        for (const Table& table : {empty, single, absent}) {
            const auto all = all_of(table);
            const RobustMatrix matrix = robust_matrix(table, all);
            check_columns(table, all, job_);
            check_duplicates(table, all, {}, job_);
            QVERIFY(check_near_duplicates(matrix, 1, job_).empty());
            QVERIFY(check_outliers(matrix, 1, job_).empty());
            QVERIFY(check_subgroups(table, all, job_).empty());
        }
        QVERIFY(check_balance({}, {}).empty());
        QVERIFY(check_labels({}, {}, {}).empty());
        QuietJob cancelled;
        cancelled.cancel = true;
        const Table table = Planted(50, 3, 1).table();
        QVERIFY_THROWS_EXCEPTION(Error, check_columns(table, all_of(table), cancelled));
    }
};

QTEST_APPLESS_MAIN(TestQuality)
#include "test_quality.moc"
