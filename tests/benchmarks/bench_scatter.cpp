// SPDX-License-Identifier: GPL-3.0-or-later
// A million points in ten groups in a 1920 x 1080 window: how soon the first picture shows, frame times of
// scripted panning and zooming (from the step to the end of the paint event), how soon the sharp picture
// follows, how long a lasso and a hover take.
//   bench_scatter [POINTS]
#include "support/gui_driver.h"
#include "tests/benchmarks/frame_times.h"
#include "widgets/plots/scatter_legend.h"
#include "widgets/plots/scatter_view.h"
#include "widgets/theme/theme.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QTest>
#include <QTextStream>
#include <QTimer>
#include <algorithm>
#include <cmath>
#include <random>

using namespace eyepiece;
using namespace eyepiece::bench;

namespace {

void wait_until_idle(ScatterView& view) {
    while (!view.idle())
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 20);
}

} // namespace

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    const auto count = static_cast<std::size_t>(argc > 1 ? std::atol(argv[1]) : 1'000'000);
    Theme theme;
    theme.set_mode(ThemeMode::Dark);
    theme.apply_to(app);
    auto points = std::make_shared<ScatterPoints>();
    auto coloring = std::make_shared<ScatterColoring>();
    coloring->kind = ScatterColoring::Kind::Categories;
    coloring->title = "group";
    std::mt19937 random(1);
    std::normal_distribution<float> noise;
    for (std::size_t at = 0; at < count; ++at) {
        const auto group = static_cast<unsigned>(at % 10);
        points->x.push_back(4 * std::cos(0.63f * static_cast<float>(group)) + 0.6f * noise(random));
        points->y.push_back(4 * std::sin(0.63f * static_cast<float>(group)) + 0.6f * noise(random));
        coloring->codes.push_back(static_cast<std::uint8_t>(1 + group));
    }
    for (unsigned group = 0; group < 10; ++group)
        coloring->entries.push_back(
            {QString("group %1").arg(group), static_cast<std::uint8_t>(1 + group), count / 10});
    RowSelection selection;
    selection.reset(count);
    ScatterView view(theme, selection);
    view.resize(1920, 1080);
    view.show();
    if (!QTest::qWaitForWindowExposed(&view))
        return 1;
    QElapsedTimer timer;
    timer.start();
    view.set_coloring(coloring);
    view.set_points(points);
    wait_until_idle(view);
    view.repaint();
    QTextStream(stdout) << count << " points: first picture after " << timer.elapsed()
                        << " ms (at most 1000: " << (timer.elapsed() <= 1000 ? "reached" : "MISSED") << ")\n";

    // What one picture costs whoever else uses the machine: all threads together.
    Times build, draw, shade;
    const std::atomic<bool> never{false};
    const auto process_ms = [] {
        timespec now{};
        ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
    };
    ScatterView::Picture picture = view.picture();
    for (int i = 0; i < 10; ++i) {
        double before = process_ms();
        ScatterScene::build(points, never);
        build.ms.push_back(process_ms() - before);
        for (Times* times : {&draw, &shade}) {
            picture.look.density = times == &shade;
            before = process_ms();
            rasterise(*picture.scene, picture.look, picture.view, never);
            times->ms.push_back(process_ms() - before);
        }
    }
    build.report("putting in order, processor", 400);
    draw.report("picture, processor", 100);
    shade.report("picture of density, processor", 100);

    Times sharp;
    for (int i = 0; i < 20; ++i) {
        timer.start();
        view.pan({3, 2});
        wait_until_idle(view);
        sharp.ms.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    }
    Times pan, zoom, density;
    for (const double scale : {1.0, 2.0, 4.0}) {
        view.fit();
        view.zoom_at({960, 540}, scale);
        wait_until_idle(view);
        for (int i = 0; i < 120; ++i)
            frame(view, pan, [&] { view.pan({34 * std::cos(i * 0.07), 27 * std::sin(i * 0.05)}); });
    }
    view.fit();
    for (int i = 0; i < 90; ++i)
        frame(view, zoom, [&] { view.zoom_at({700, 400}, 1.06); });
    for (int i = 0; i < 90; ++i)
        frame(view, zoom, [&] { view.zoom_at({700, 400}, 1 / 1.06); });
    view.fit();
    view.set_density(true);
    wait_until_idle(view);
    for (int i = 0; i < 90; ++i)
        frame(view, density, [&] { view.pan({20 * std::cos(i * 0.07), 9}); });
    view.set_density(false);
    view.fit();
    wait_until_idle(view);
    pan.report("pan, frame", frame_budget_ms);
    zoom.report("zoom, frame", frame_budget_ms);
    density.report("pan of density, frame", frame_budget_ms);
    sharp.report("sharp picture follows after", 100);

    Times hover;
    for (int i = 0; i < 200; ++i) {
        timer.start();
        view.row_at({300.0 + i * 6, 200.0 + i * 3});
        hover.ms.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    }
    hover.report("nearest point", 1);
    timer.start();
    test::drag(&view, {{600, 200}, {1300, 200}, {1300, 800}, {600, 800}, {600, 210}});
    while (selection.empty() && timer.elapsed() < 10'000)
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 5);
    QTextStream(stdout) << "lasso of " << selection.count() << " points: selected after " << timer.elapsed()
                        << " ms";
    wait_until_idle(view);
    QTextStream(stdout) << ", shown after " << timer.elapsed() << " ms\n";
    return 0;
}
