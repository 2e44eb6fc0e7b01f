// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/leaf_order.h"

#include <QProcess>
#include <QtTest>
#include <cmath>
#include <random>
#include <set>

using namespace eyepiece;

namespace {

const std::atomic<bool> never{false};

std::vector<float> blobs(std::size_t rows, std::size_t columns) {
    std::mt19937 random(11);
    std::normal_distribution<float> noise;
    std::vector<float> values;
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t column = 0; column < columns; ++column)
            values.push_back(noise(random) + 12.f * static_cast<float>(row % 3));
    return values;
}

} // namespace

class TestLeafOrder : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void every_row_comes_once_and_groups_lie_together() {
        const auto order = leaf_order(blobs(90, 4), 90, 4, never);
        QCOMPARE(std::set<std::uint32_t>(order.begin(), order.end()).size(), std::size_t{90});
        int changes = 0;
        for (std::size_t at = 1; at < order.size(); ++at)
            changes += order[at] % 3 != order[at - 1] % 3;
        QCOMPARE(changes, 2);
        QCOMPARE(order, leaf_order(blobs(90, 4), 90, 4, never));
    }

    void on_a_line_neighbours_stay_neighbours() {
        // Pairs far from each other: 0 and 5, 1 and 4, 2 and 3 are alike.
        const std::vector<float> values{0, 100, 210, 211, 101, 1};
        const auto order = leaf_order(values, 6, 1, never);
        for (std::size_t at = 0; at < 6; at += 2)
            QVERIFY(std::abs(values[order[at]] - values[order[at + 1]]) < 1.5f);
    }

    void a_few_rows_and_equal_rows_are_no_trouble() {
        QVERIFY(leaf_order({}, 0, 3, never).empty());
        QCOMPARE(leaf_order(std::vector<float>{1, 2}, 2, 1, never), (std::vector<std::uint32_t>{0, 1}));
        QCOMPARE(leaf_order(std::vector<float>(50, 1.f), 50, 1, never).size(), std::size_t{50});
    }

    // Leaves may be swapped at any merge, so what counts is that each of scipy's clusters lies in one piece.
    void clusters_of_scipy_lie_in_one_piece() {
        constexpr std::size_t rows = 60, columns = 3;
        std::mt19937 random(4);
        std::normal_distribution<float> noise;
        std::vector<float> values(rows * columns);
        QByteArray text;
        for (float& value : values) {
            value = noise(random);
            text += QByteArray::number(static_cast<double>(value), 'g', 9) + " ";
        }
        QProcess python;
        python.start(QStringLiteral("/usr/bin/python3"),
                     {QStringLiteral("-c"),
                      QStringLiteral("import sys, numpy as np\n"
                                     "from scipy.cluster.hierarchy import linkage\n"
                                     "x = np.array(sys.stdin.read().split(), float).reshape(60, 3)\n"
                                     "m = {i: [i] for i in range(60)}\n"
                                     "for i, (a, b, h, n) in enumerate(linkage(x, 'average')):\n"
                                     "    m[60 + i] = m[int(a)] + m[int(b)]\n"
                                     "    print(*m[60 + i])\n")});
        if (!python.waitForStarted())
            QSKIP("there is no Python here");
        python.write(text);
        python.closeWriteChannel();
        QVERIFY(python.waitForFinished(60'000));
        if (python.exitCode() != 0)
            QSKIP("there is no SciPy here");
        const auto order = leaf_order(values, rows, columns, never);
        std::vector<std::size_t> place(rows);
        for (std::size_t at = 0; at < rows; ++at)
            place[order[at]] = at;
        int clusters = 0;
        for (const QByteArray& line : python.readAllStandardOutput().split('\n')) {
            std::size_t low = rows, high = 0, count = 0;
            for (const QByteArray& word : line.simplified().split(' '))
                if (!word.isEmpty()) {
                    low = std::min(low, place[word.toUInt()]);
                    high = std::max(high, place[word.toUInt()]);
                    ++count;
                }
            if (count == 0)
                continue;
            ++clusters;
            QVERIFY2(high - low + 1 == count, line.constData());
        }
        QCOMPARE(clusters, 59);
    }
};

QTEST_GUILESS_MAIN(TestLeafOrder)
#include "test_leaf_order.moc"
