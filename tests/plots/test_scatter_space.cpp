// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/scatter_space.h"

#include "support/gui_driver.h"
#include "widgets/plots/scatter_view.h"
#include "widgets/theme/theme.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QtTest>
#include <algorithm>
#include <cmath>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {
constexpr int patience = 20'000; // ms
const std::atomic<bool> never{false};

// The eight corners of a box, row 4 x + 2 y + z, and one row without a place.
std::shared_ptr<const ScatterSpace> corners(bool equal_axes = false) {
    std::vector<float> x, y, z;
    for (int corner = 0; corner < 8; ++corner) {
        x.push_back(static_cast<float>(corner / 4) * 10);
        y.push_back(static_cast<float>(corner / 2 % 2));
        z.push_back(static_cast<float>(corner % 2));
    }
    x.push_back(1);
    y.push_back(std::nanf(""));
    z.push_back(1);
    return ScatterSpace::build(x, y, z, {"length", "width", "height"}, equal_axes);
}
} // namespace

class TestScatterSpace : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void a_turn_stays_a_rotation() {
        ScatterTurn turn = ScatterTurn::at_first();
        for (int time = 0; time < 10'000; ++time)
            turn = turn.turned(0.013, -0.007);
        for (std::size_t i = 0; i < 3; ++i)
            for (std::size_t j = 0; j < 3; ++j) {
                double dot = 0;
                for (std::size_t k = 0; k < 3; ++k)
                    dot += turn.rows[3 * i + k] * turn.rows[3 * j + k];
                QVERIFY(std::abs(dot - (i == j ? 1 : 0)) < 1e-9);
            }
    }

    void what_is_near_follows_the_pointer() {
        const ScatterTurn none;
        const auto across = none.turned(0.1, 0).seen(0, 0, 1), up = none.turned(0, 0.1).seen(0, 0, 1);
        QVERIFY(across[0] > 0.09 && std::abs(across[1]) < 1e-9);
        QVERIFY(up[1] > 0.09 && std::abs(up[0]) < 1e-9);
        const auto back = none.turned(0.3, 0).turned(-0.3, 0).seen(1, 2, 3);
        QVERIFY(std::abs(back[0] - 1) < 1e-9 && std::abs(back[2] - 3) < 1e-9);
    }

    void axes_fill_the_cube_or_keep_their_distances() {
        const auto whole = corners()->seen(ScatterTurn());
        QCOMPARE(whole->x[7], 1.f);
        QCOMPARE(whole->y[7], 1.f);
        QCOMPARE(whole->depth[0], -1.f);
        QVERIFY(std::isnan(whole->x[8]) && std::isnan(whole->y[8]));
        const auto map = corners(true)->seen(ScatterTurn());
        QCOMPARE(map->x[7], 1.f);
        QVERIFY(std::abs(map->y[7] - 0.1f) < 1e-6f);
        QCOMPARE(whole->edges.size(), std::size_t{12});
        QCOMPARE(std::count_if(whole->edges.begin(), whole->edges.end(),
                               [](const auto& edge) { return !edge.title.empty(); }),
                 3);
    }

    void the_nearest_is_drawn_last_and_largest() {
        const auto scene = ScatterScene::build(corners()->seen(ScatterTurn::at_first()), never);
        QCOMPARE(scene->x().size(), std::size_t{8});
        const auto& depth = scene->points().depth;
        for (std::size_t at = 1; at < scene->row().size(); ++at)
            QVERIFY(depth[scene->row()[at]] >= depth[scene->row()[at - 1]] - 1e-3f);
        QVERIFY(scene->nearness()->at(scene->row().back()) > scene->nearness()->at(scene->row().front()));
        // Turned, it is fitted as before.
        const auto other = ScatterScene::build(corners()->seen(ScatterTurn().turned(1, 1)), never);
        QCOMPARE(other->fitted(600, 400, 20), scene->fitted(600, 400, 20));
    }

    void without_places_it_is_empty() {
        QVERIFY(ScatterSpace::build({std::nanf("")}, {1}, {1}, {"a", "b", "c"}, true)->empty());
        QVERIFY(ScatterSpace::build({}, {}, {}, {"a", "b", "c"}, true)->empty());
        const auto one = ScatterSpace::build({5}, {5}, {5}, {"a", "b", "c"}, true); // all in one place
        QVERIFY(!one->empty());
        QCOMPARE(one->seen(ScatterTurn())->x[0], 0.f);
    }

    void a_drag_turns_and_the_lasso_selects() {
        Theme theme;
        RowSelection selection;
        selection.reset(9);
        ScatterView view(theme, selection);
        view.resize(600, 500);
        view.show();
        QVERIFY(QTest::qWaitForWindowExposed(&view));
        const auto space = corners();
        ScatterTurn turn = ScatterTurn::at_first();
        view.set_points_from([space, turn] { return space->seen(turn); });
        QTRY_VERIFY_WITH_TIMEOUT(view.points() && view.idle(), patience);
        view.set_drag(ScatterView::Drag::Pan);
        QSignalSpy turned(&view, &ScatterView::turned);
        drag(&view, {{300, 250}, {320, 240}, {340, 230}});
        QCOMPARE(turned.size(), 2);
        QCOMPARE(turned[0][0].toPointF(), QPointF(20, -10));
        QVERIFY(!view.moved()); // turned, not moved
        QTest::keyClick(&view, Qt::Key_Right);
        QCOMPARE(turned.size(), 3);
        const QPointF before = view.place_of(7);
        view.set_points_from([space, turn] { return space->seen(turn.turned(0.5, 0)); });
        QTRY_VERIFY_WITH_TIMEOUT(view.idle() && view.place_of(7) != before, patience);
        view.set_drag(ScatterView::Drag::Lasso);
        const QPoint place = view.place_of(7).toPoint();
        drag(&view, {place + QPoint(-9, -9), place + QPoint(9, -9), place + QPoint(9, 9),
                     place + QPoint(-9, 9), place + QPoint(-9, -8)});
        QTRY_COMPARE_WITH_TIMEOUT(selection.selected(), std::vector<std::size_t>{7}, patience);
    }

    void a_hundred_thousand_points_are_turned_quickly() {
        std::vector<float> x(100'000), y(x), z(x);
        for (std::size_t row = 0; row < x.size(); ++row) {
            x[row] = static_cast<float>(row % 317);
            y[row] = static_cast<float>(row % 211);
            z[row] = static_cast<float>(row % 101);
        }
        const auto space = ScatterSpace::build(x, y, z, {"a", "b", "c"}, false);
        QElapsedTimer clock;
        clock.start();
        const auto scene = ScatterScene::build(space->seen(ScatterTurn::at_first()), never);
        const qint64 took = clock.elapsed();
        QCOMPARE(scene->x().size(), x.size());
        // While one turns, a sample that is the same at every turn.
        const auto some = ScatterScene::build(space->seen(ScatterTurn::at_first(), 5000), never),
                   same = ScatterScene::build(space->seen(ScatterTurn().turned(1, 2), 5000), never);
        QVERIFY(some->x().size() > 4700 && some->x().size() < 5300);
        std::vector<std::uint32_t> rows(some->row().begin(), some->row().end()),
            others(same->row().begin(), same->row().end());
        std::sort(rows.begin(), rows.end());
        std::sort(others.begin(), others.end());
        QCOMPARE(rows, others);
        QVERIFY2(took < 250, qPrintable(QString::number(took))); // some 20 ms on a free core
    }
};

QTEST_MAIN(TestScatterSpace)
#include "test_scatter_space.moc"
