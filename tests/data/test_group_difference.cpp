// SPDX-License-Identifier: GPL-3.0-or-later
// Expected values: scipy 1.10 (ttest_ind without equal variances, chi2_contingency without correction,
// distributions t and chi2) and NumPy.
#include "core/data/group_difference.h"

#include "core/base/error.h"

#include <QtTest>
#include <cmath>

using namespace eyepiece;

namespace {

const std::vector<std::uint8_t> group{1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0};
const double nothing = std::nan("");

bool close(double a, double b, double relative = 1e-9) {
    return std::abs(a - b) <= relative * std::abs(b);
}

Table table() {
    Table table;
    table.add(Column::reals("even", std::vector<double>{1, 2, 1, 3, 2, 2, 1, 2, 3, 1, 2, nothing}));
    table.add(Column::reals("apart",
                            std::vector<double>{5.1, 4.9, 6.2, 5.8, 6.0, 3.1, 2.9, 3.5, 4.2, 3.3, 2.8, 3.9}));
    table.add(Column::categorical("kind", {0, 0, 0, 1, 0, 1, 1, 2, 2, 1, 0, 2}, {"a", "b", "c"}));
    auto sparse = std::make_shared<SparseMatrix>();
    sparse->rows = 12;
    sparse->columns = 1;
    sparse->starts = {0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 4, 4, 4};
    sparse->indices = {0, 0, 0, 0};
    sparse->values = {3.5f, 1, 2, 1};
    table.set_sparse(sparse, {"sparse"});
    return table;
}

} // namespace

class TestGroupDifference : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void distributions_are_scipys() {
        QVERIFY(close(student_t_two_sided(0.5, 3), 0.651447964848151));
        QVERIFY(close(student_t_two_sided(2.5, 10), 0.0314468442366088));
        QVERIFY(close(student_t_two_sided(-8, 4.5), 0.00079609478816454));
        QVERIFY(close(student_t_two_sided(30, 200), 5.72416120882784e-76));
        QCOMPARE(student_t_two_sided(0, 5), 1.0);
        QVERIFY(close(chi_squared_upper(0.5, 1), 0.479500122186953));
        QVERIFY(close(chi_squared_upper(3, 2), 0.22313016014843));
        QVERIFY(close(chi_squared_upper(20, 5), 0.00124973056303138));
        QVERIFY(close(chi_squared_upper(150, 12), 5.66985773173804e-26));
        QVERIFY(close(chi_squared_upper(1000, 40), 1.1611382363657e-183));
    }

    void columns_of_every_kind_are_compared() {
        QuietJob quiet;
        const auto found = group_differences(table(), group, quiet);
        QCOMPARE(found.size(), std::size_t{4});
        const auto& [apart, sparse, kind, even] = std::tie(found[0], found[1], found[2], found[3]);
        QCOMPARE(apart.column, std::size_t{1});
        QVERIFY(close(apart.effect, 4.10576219335));
        QVERIFY(close(apart.p, 0.000111722177063));
        QVERIFY(close(apart.q, 4.46888708e-04, 1e-8));
        QVERIFY(close(apart.group_mean, 5.6));
        QCOMPARE(sparse.column, std::size_t{3});
        QVERIFY(close(sparse.effect, 1.17750470437));
        QVERIFY(close(sparse.p, 0.157186372505));
        QVERIFY(close(sparse.q, 0.209581830, 1e-8));
        QCOMPARE(kind.column, std::size_t{2});
        QVERIFY(close(kind.effect, 0.684522774326));
        QVERIFY(close(kind.p, 0.0601190466648));
        QVERIFY(close(kind.q, 0.120238093, 1e-8));
        QCOMPARE(kind.category, std::string("a"));
        QVERIFY(close(kind.group_share, 0.8));
        QCOMPARE(even.column, std::size_t{0});
        QVERIFY(close(even.effect, -0.0421325044235));
        QVERIFY(close(even.p, 0.94675937925));
        QCOMPARE(even.rest, std::size_t{6}); // one is missing
    }

    void constant_columns_and_small_groups() {
        QuietJob quiet;
        Table constant;
        constant.add(Column::reals("same", std::vector<double>(12, 4)));
        constant.add(Column::reals("split", std::vector<double>{1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0}));
        constant.add(Column::reals("empty", std::vector<double>(12, nothing)));
        const auto found = group_differences(constant, group, quiet);
        QCOMPARE(found.size(), std::size_t{2});
        QVERIFY(std::isinf(found[0].effect) && found[0].effect > 0);
        QCOMPARE(found[0].p, 0.0);
        QCOMPARE(found[1].effect, 0.0);
        QCOMPARE(found[1].q, 1.0);
        for (const std::size_t many : {std::size_t{1}, std::size_t{11}}) {
            std::vector<std::uint8_t> few(12, 0);
            std::fill_n(few.begin(), many, std::uint8_t{1});
            try {
                group_differences(constant, few, quiet);
                QFAIL("it was compared");
            } catch (const Error& error) {
                QVERIFY(error.code() == ErrorCode::BadInput);
            }
        }
    }

    void obeys_a_cancel() {
        QuietJob quiet;
        quiet.cancel = true;
        try {
            group_differences(table(), group, quiet);
            QFAIL("it went on");
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::Cancelled);
        }
    }
};

QTEST_APPLESS_MAIN(TestGroupDifference)
#include "test_group_difference.moc"
