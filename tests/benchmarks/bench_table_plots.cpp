// SPDX-License-Identifier: GPL-3.0-or-later
// A million rows in a 1920 x 1080 window, in each view of a table but the plane (that is bench_scatter): how
// soon the first picture shows, frame times while one brushes or turns (from the mouse to the end of the
// paint event), how soon what was brushed is selected and shown.
//   bench_table_plots [ROWS]
#include "support/gui_driver.h"
#include "tests/benchmarks/frame_times.h"
#include "widgets/plots/distributions_plot.h"
#include "widgets/plots/heat_map.h"
#include "widgets/plots/parallel_plot.h"
#include "widgets/plots/scatter_matrix.h"
#include "widgets/plots/scatter_space.h"
#include "widgets/plots/scatter_view.h"
#include "widgets/theme/theme.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QTest>
#include <QTextStream>
#include <cmath>
#include <random>

using namespace eyepiece;
using namespace eyepiece::bench;

namespace {

constexpr std::size_t columns = 6;

template<class View>
void wait_until_idle(const View& view) {
    while (!view.idle())
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 5);
}

void say(const QString& what, qint64 ms, qint64 limit) {
    QTextStream(stdout) << QString("%1 %2 ms   (at most %3: %4)\n")
                               .arg(what, -34)
                               .arg(ms, 6)
                               .arg(limit)
                               .arg(ms <= limit ? "reached" : "MISSED");
}

// Ten groups, six numbers each row.
std::shared_ptr<const Table> ten_groups(std::size_t rows) {
    std::mt19937 random(1);
    std::normal_distribution<float> noise;
    auto table = std::make_shared<Table>();
    for (std::size_t column = 0; column < columns; ++column) {
        std::vector<float> values(rows);
        for (std::size_t row = 0; row < rows; ++row)
            values[row] = 3 * std::cos(0.63f * static_cast<float>((row % 10) * (column + 1))) + noise(random);
        table->add(Column::reals("column " + std::to_string(column + 1), std::move(values)));
    }
    std::vector<std::int32_t> group(rows);
    Column::Categories names;
    for (int at = 0; at < 10; ++at)
        names.push_back("group " + std::to_string(at + 1));
    for (std::size_t row = 0; row < rows; ++row)
        group[row] = static_cast<std::int32_t>(row % 10);
    table->add(Column::categorical("group", std::move(group), std::move(names)));
    return table;
}

void mouse(QWidget& view, QEvent::Type type, const QPointF& place, Qt::MouseButtons buttons) {
    const Qt::MouseButton button = type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton;
    QMouseEvent event(type, place, view.mapToGlobal(place), button, buttons, Qt::NoModifier);
    QCoreApplication::sendEvent(&view, &event);
}

// A drag in a hundred steps, each a frame.
Times dragged(QWidget& view, const QPointF& from, const QPointF& to) {
    Times times;
    mouse(view, QEvent::MouseButtonPress, from, Qt::LeftButton);
    for (int step = 1; step <= 100; ++step)
        frame(view, times,
              [&] { mouse(view, QEvent::MouseMove, from + (to - from) * step / 100, Qt::LeftButton); });
    mouse(view, QEvent::MouseButtonRelease, to, Qt::NoButton);
    return times;
}

template<class Plot, class Brush>
void measure(const char* name, const Theme& theme, std::shared_ptr<const Table> table, Brush brush) {
    QTextStream(stdout) << name << "\n";
    RowSelection selection;
    selection.reset(table->rows());
    Plot plot(theme, selection);
    plot.resize(1920, 1080);
    plot.show();
    if (!QTest::qWaitForWindowExposed(&plot))
        qFatal("The window does not show.");
    std::vector<std::size_t> places(columns);
    for (std::size_t at = 0; at < columns; ++at)
        places[at] = at;
    QElapsedTimer timer;
    timer.start();
    plot.set_coloring(std::make_shared<const ScatterColoring>(ScatterColoring::by(table->column(columns))));
    plot.set_columns(table, places);
    wait_until_idle(plot);
    plot.repaint();
    say("  first picture after", timer.elapsed(), 1000);
    const auto [from, to] = brush(plot);
    Times frames = dragged(plot, from, to);
    timer.start();
    while (selection.empty() && timer.elapsed() < 10'000)
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 2);
    const qint64 selected = timer.elapsed();
    wait_until_idle(plot);
    frames.report("  brushing, frame", frame_budget_ms);
    say(QString("  %1 rows selected after").arg(selection.count()), selected, 200);
    say("  and shown after", timer.elapsed(), 1000);
}

void measure_space(const Theme& theme, const Table& table) {
    QTextStream(stdout) << "3D\n";
    RowSelection selection;
    selection.reset(table.rows());
    std::array<std::vector<float>, 3> axes;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        axes[axis].resize(table.rows());
        table.column(axis).numbers(0, axes[axis]);
    }
    ScatterView view(theme, selection);
    view.resize(1920, 1080);
    view.show();
    if (!QTest::qWaitForWindowExposed(&view))
        qFatal("The window does not show.");
    QElapsedTimer timer;
    timer.start();
    const auto space = ScatterSpace::build(axes[0], axes[1], axes[2], {"x", "y", "z"}, false);
    ScatterTurn turn = ScatterTurn::at_first();
    const auto show = [&] { view.set_points_from([space, turn] { return space->seen(turn); }); };
    view.set_coloring(std::make_shared<const ScatterColoring>(ScatterColoring::by(table.column(columns))));
    show();
    wait_until_idle(view);
    view.repaint();
    say("  first picture after", timer.elapsed(), 1000);
    Times turning, pictures;
    int shown = 0;
    QObject::connect(&view, &ScatterView::drawn, &view, [&shown] { ++shown; });
    timer.start();
    for (int step = 0; step < 100; ++step)
        frame(view, turning, [&] {
            turn = turn.turned(0.02, 0.005);
            view.set_points_from(
                [space, turn] { return space->seen(turn, ScatterSpace::most_while_turning); });
        });
    QTextStream(stdout) << "  " << shown * 1000 / std::max<qint64>(1, timer.elapsed())
                        << " pictures a second while it turns\n";
    for (int step = 0; step < 10; ++step) {
        wait_until_idle(view);
        timer.start();
        turn = turn.turned(0.02, 0.005);
        show();
        wait_until_idle(view);
        pictures.ms.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    }
    turning.report("  turning, frame", frame_budget_ms);
    pictures.report("  turned picture follows after", 100);
}

} // namespace

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    const auto rows = static_cast<std::size_t>(argc > 1 ? std::atol(argv[1]) : 1'000'000);
    Theme theme;
    theme.set_mode(ThemeMode::Dark);
    theme.apply_to(app);
    const auto table = ten_groups(rows);
    QTextStream(stdout) << rows << " rows, " << columns << " columns\n";
    measure_space(theme, *table);
    measure<ScatterMatrix>("scatter matrix", theme, table, [](const ScatterMatrix& plot) {
        const QRectF cell = plot.cell(0, 1);
        return std::pair(cell.center() - QPointF(cell.width() / 4, cell.height() / 4),
                         cell.center() + QPointF(cell.width() / 4, cell.height() / 4));
    });
    measure<HeatMap>("heat map", theme, table, [](const HeatMap& plot) {
        const QRectF map = plot.map_rect();
        return std::pair(map.center() - QPointF(0, map.height() / 4), map.center());
    });
    measure<ParallelPlot>("parallel coordinates", theme, table, [](const ParallelPlot& plot) {
        const QRectF axis = plot.axis_rect(1);
        return std::pair(axis.center() - QPointF(0, axis.height() / 4), axis.center());
    });
    measure<DistributionsPlot>("distributions", theme, table, [](const DistributionsPlot& plot) {
        const QRectF cell = plot.cell(0);
        return std::pair(cell.center() - QPointF(cell.width() / 4, 0), cell.center());
    });
    return 0;
}
