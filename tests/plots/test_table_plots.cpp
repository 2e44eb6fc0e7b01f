// SPDX-License-Identifier: GPL-3.0-or-later
// The plots of chosen columns, as a hand uses them.
#include "core/base/error.h"
#include "support/gui_driver.h"
#include "widgets/plots/distributions_plot.h"
#include "widgets/plots/heat_map.h"
#include "widgets/plots/parallel_plot.h"
#include "widgets/plots/scatter_legend.h"
#include "widgets/plots/scatter_matrix.h"
#include "widgets/theme/theme.h"

#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <random>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

constexpr int patience = 20'000; // ms
constexpr std::size_t rows = 60;
constexpr std::size_t rising = 0, digit = 1, falling = 2, kind = 3, words = 4, same = 5, nothing = 6;
using Selected = std::vector<std::size_t>;

// Three kinds of twenty rows. "falling" has no value in row 5.
std::shared_ptr<const Table> table() {
    std::vector<double> up, last, down;
    std::vector<std::int32_t> kinds;
    TextValues texts;
    for (std::size_t row = 0; row < rows; ++row) {
        up.push_back(static_cast<double>(row) + 0.5);
        last.push_back(static_cast<double>(row % 10));
        down.push_back(row == 5 ? std::nan("") : -static_cast<double>(row));
        kinds.push_back(static_cast<std::int32_t>(row / 20));
        texts.push_back("row " + std::to_string(row));
    }
    auto made = std::make_shared<Table>();
    made->add(Column::reals("rising", up));
    made->add(Column::reals("digit", last));
    made->add(Column::reals("falling", down));
    made->add(Column::categorical("kind", kinds, {"a", "b", "c"}));
    made->add(Column::text("words", std::move(texts)));
    made->add(Column::reals("same", std::vector<double>(rows, 3.0)));
    made->add(Column::reals("nothing", std::vector<double>(rows, std::nan(""))));
    return made;
}

std::shared_ptr<const ScatterColoring> kinds() {
    return std::make_shared<const ScatterColoring>(ScatterColoring::by(table()->column(kind)));
}

Selected range(std::size_t first, std::size_t last) {
    Selected all;
    for (std::size_t row = first; row <= last; ++row)
        all.push_back(row);
    return all;
}

} // namespace

class TestTablePlots : public QObject {
    Q_OBJECT
    Theme theme_;
    RowSelection selection_;

    template<class Plot>
    std::unique_ptr<Plot> show(const std::vector<std::size_t>& columns,
                               std::shared_ptr<const Table> shown = table()) {
        selection_.reset(shown->rows());
        auto plot = std::make_unique<Plot>(theme_, selection_);
        plot->resize(800, 560);
        plot->show();
        if (!QTest::qWaitForWindowExposed(plot.get()))
            qFatal("the window does not show");
        plot->set_coloring(kinds());
        plot->set_title(QStringLiteral("Title here"));
        plot->set_columns(shown, columns);
        if (!QTest::qWaitFor([&] { return plot->idle(); }, patience))
            qFatal("the plot is never ready");
        return plot;
    }
    bool selected(const Selected& wanted) {
        return QTest::qWaitFor([&] { return selection_.selected() == wanted; }, 3000);
    }
    static void click_at(QWidget& plot, const QPointF& place, Qt::KeyboardModifiers modifiers = {}) {
        QTest::mouseClick(&plot, Qt::LeftButton, modifiers, place.toPoint());
    }
    static QPoint shifted(const QPointF& place, double dx, double dy) {
        return (place + QPointF(dx, dy)).toPoint();
    }

private Q_SLOTS:
    void initTestCase() {
        theme_.set_mode(ThemeMode::Dark);
        theme_.apply_to(*qApp);
    }

    void a_drag_along_a_histogram_selects_its_range() {
        const auto plot = show<DistributionsPlot>({rising, digit});
        QCOMPARE(plot->distributions().size(), std::size_t{2});
        drag(plot.get(), {plot->place_of(0, 9.9).toPoint(), plot->place_of(0, 15).toPoint(),
                          plot->place_of(0, 20.1).toPoint()});
        QVERIFY(selected(range(10, 19)));
        // Shift adds, Alt takes away.
        drag(plot.get(), {plot->place_of(0, 39.9).toPoint(), plot->place_of(0, 42.1).toPoint()},
             Qt::ShiftModifier);
        Selected more = range(10, 19);
        more.insert(more.end(), {40, 41});
        QVERIFY(selected(more));
        drag(plot.get(), {plot->place_of(0, 9.9).toPoint(), plot->place_of(0, 19.1).toPoint()},
             Qt::AltModifier);
        QVERIFY(selected({19, 40, 41}));
        QTest::keyClick(plot.get(), Qt::Key_Escape);
        QVERIFY(selected({}));
    }

    void a_click_selects_a_bar_or_a_group() {
        const auto plot = show<DistributionsPlot>({digit, rising});
        QCOMPARE(plot->distributions()[0].bins, 10); // whole numbers have a bar each
        click_at(*plot, plot->place_of(0, 7));
        QVERIFY(selected({7, 17, 27, 37, 47, 57}));
        plot->set_style(DistributionsPlot::Style::Violin);
        QTRY_VERIFY_WITH_TIMEOUT(plot->idle(), patience);
        click_at(*plot, plot->place_of(1, 30)); // the second of three groups stands in the middle
        QVERIFY(selected(range(20, 39)));
        QTest::mouseMove(plot.get(), plot->place_of(1, 30).toPoint());
        QTRY_VERIFY2_WITH_TIMEOUT(plot->words().contains("20 values, median 30"), qPrintable(plot->words()),
                                  3000);
    }

    void what_the_legend_hides_is_not_selected() {
        const auto plot = show<DistributionsPlot>({rising});
        plot->legend()->set_code_hidden(1, true); // a
        QTRY_VERIFY_WITH_TIMEOUT(plot->idle(), patience);
        drag(plot.get(), {plot->place_of(0, 10).toPoint(), plot->place_of(0, 22.1).toPoint()});
        QVERIFY(selected({20, 21}));
    }

    void groups_have_the_quartiles_of_numpy() {
        const std::atomic<bool> never{false};
        const auto data = read_plot_data(table(), {rising, falling, nothing, same}, never);
        const Distribution one = distribution_of(data->columns[0], *kinds(), never);
        QCOMPARE(one.groups.size(), std::size_t{3});
        const DistributionGroup& b = one.groups[1]; // 20.5 ... 39.5: numpy.percentile(.., [25, 50, 75])
        QCOMPARE(b.rows, std::size_t{20});
        QCOMPARE(b.lower_quartile, 25.25);
        QCOMPARE(b.median, 30.0);
        QCOMPARE(b.upper_quartile, 34.75);
        QCOMPARE(b.lower_whisker, 20.5);
        QCOMPARE(b.dots.size(), std::size_t{20}); // a small group
        QCOMPARE(distribution_of(data->columns[1], *kinds(), never).groups[0].rows, std::size_t{19});
        QVERIFY(distribution_of(data->columns[2], *kinds(), never).groups.empty());
        const Distribution flat = distribution_of(data->columns[3], ScatterColoring(), never);
        QCOMPARE(flat.bins, 1);
        QCOMPARE(flat.groups.at(0).median, 3.0);
        QVERIFY(flat.groups.at(0).density.empty());
    }

    void the_density_of_a_normal_sample_is_a_bell() {
        std::mt19937 random(3);
        std::normal_distribution<double> noise(5, 2);
        std::vector<double> values(20'000);
        for (double& value : values)
            value = noise(random);
        std::sort(values.begin(), values.end());
        const auto density = kernel_density(values, -3, 13, 65);
        for (std::size_t at = 0; at < density.size(); ++at) {
            const double away = (-3 + 16.0 * static_cast<double>(at) / 64 - 5) / 2;
            QVERIFY2(std::abs(static_cast<double>(density[at]) - std::exp(-0.5 * away * away)) < 0.05,
                     qPrintable(QString::number(at)));
        }
    }

    void a_brush_in_one_cell_of_the_matrix_selects_rows() {
        const auto plot = show<ScatterMatrix>({rising, digit, falling});
        drag(plot.get(), {shifted(plot->place_of(0, 1, 12), -4, 4), shifted(plot->place_of(0, 1, 13), 0, 0),
                          shifted(plot->place_of(0, 1, 15), 4, -4)});
        QVERIFY(selected(range(12, 15)));
        click_at(*plot, plot->cell(0, 1).topLeft() + QPointF(3, 3)); // a place without a point
        QVERIFY(selected({}));
        const QRectF diagonal = plot->cell(1, 1);
        click_at(*plot, {diagonal.left() + diagonal.width() * 0.95, diagonal.center().y()});
        QVERIFY(selected({9, 19, 29, 39, 49, 59}));
    }

    void correlations_are_those_of_numpy() {
        const auto plot = show<ScatterMatrix>({rising, digit, falling, same});
        QCOMPARE(plot->correlation(0, 2), -1.0); // without row 5
        // numpy.corrcoef(numpy.arange(60), numpy.arange(60) % 10)[0, 1]
        QVERIFY(std::abs(plot->correlation(0, 1) - 0.16586) < 1e-4);
        QVERIFY(std::isnan(plot->correlation(0, 3)));
    }

    void brushes_on_several_axes_hold_together() {
        const auto plot = show<ParallelPlot>({rising, digit, falling});
        const auto brush = [&](std::size_t axis, double low, double high) {
            const double x = plot->axis_rect(axis).center().x();
            drag(plot.get(),
                 {QPointF(x, plot->y_of(axis, low)).toPoint(), QPointF(x, plot->y_of(axis, high)).toPoint()});
        };
        brush(0, 9.9, 31);
        QVERIFY(selected(range(10, 30)));
        brush(1, 6.8, 8.3);
        QVERIFY(selected({17, 18, 27, 28}));
        QCOMPARE(plot->brushes().size(), std::size_t{2});
        click_at(*plot, {plot->axis_rect(0).center().x(), plot->y_of(0, 50)}); // takes its brush away
        QVERIFY(selected({7, 8, 17, 18, 27, 28, 37, 38, 47, 48, 57, 58}));
        QTest::keyClick(plot.get(), Qt::Key_Right);
        QTest::keyClick(plot.get(), Qt::Key_Delete);
        QVERIFY(selected({}));
    }

    void an_axis_is_moved_by_its_name_or_by_keys() {
        const auto plot = show<ParallelPlot>({rising, digit, falling});
        QSignalSpy moved(plot.get(), &ParallelPlot::reordered);
        drag(plot.get(), {plot->name_rect(0).center().toPoint(), plot->name_rect(1).center().toPoint(),
                          plot->name_rect(2).center().toPoint()});
        QCOMPARE(moved.size(), 1);
        QCOMPARE(moved[0][0].value<std::vector<std::size_t>>(), (Selected{digit, falling, rising}));
        QTest::keyClick(plot.get(), Qt::Key_Left, Qt::ControlModifier); // the one that was moved last
        QCOMPARE(moved.size(), 2);
        QCOMPARE(moved[1][0].value<std::vector<std::size_t>>(), (Selected{rising, falling, digit}));
    }

    void a_heat_map_orders_reads_and_selects() {
        const auto plot = show<HeatMap>({rising, falling});
        plot->set_order(HeatMap::Order::Table);
        QTRY_VERIFY_WITH_TIMEOUT(plot->idle(), patience);
        QCOMPARE(plot->shown_rows().front(), 0u);
        const QRectF map = plot->map_rect();
        const auto line = [&](double row) { return map.top() + map.height() * row / rows; };
        QTest::mouseMove(plot.get(), QPointF(map.left() + 20, line(5.5)).toPoint());
        QTRY_VERIFY2_WITH_TIMEOUT(plot->words().startsWith("Row 6\nrising: 5.5"), qPrintable(plot->words()),
                                  3000);
        drag(plot.get(), {QPointF(map.center().x(), line(10.5)).toPoint(),
                          QPointF(map.center().x(), line(14.5)).toPoint()});
        QVERIFY(selected(range(10, 14)));
        plot->set_order(HeatMap::Order::Likeness); // both columns run along the rows: so do the leaves
        QTRY_VERIFY_WITH_TIMEOUT(plot->idle(), patience);
        auto shown = plot->shown_rows();
        QCOMPARE(shown.size(), rows);
        std::sort(shown.begin(), shown.end());
        QCOMPARE(shown.back(), 59u);
    }

    void many_rows_are_a_sample_and_it_is_said() {
        auto big = std::make_shared<Table>();
        std::vector<float> x(150'000), y(x.size());
        for (std::size_t row = 0; row < x.size(); ++row) {
            x[row] = static_cast<float>(row);
            y[row] = static_cast<float>(row % 1000);
        }
        big->add(Column::reals("x", x));
        big->add(Column::reals("y", y));
        const auto matrix = show<ScatterMatrix>({0, 1}, big);
        QVERIFY2(matrix->note().contains("100,000 of 150,000"), qPrintable(matrix->note()));
        const auto map = show<HeatMap>({0, 1}, big);
        QVERIFY2(map->note().contains("2,000 of 150,000"), qPrintable(map->note()));
        QCOMPARE(map->shown_rows().size(), HeatMap::most_rows);
        QCOMPARE(map->shown_rows(), show<HeatMap>({0, 1}, big)->shown_rows()); // the same every time
        const QRectF cell = show<ScatterMatrix>({0, 1}, big)->cell(0, 1);
        QVERIFY(cell.width() > 50);
    }

    void what_cannot_be_shown_says_what_to_do() {
        const auto check = [](const TablePlot& plot, const char* part) {
            QVERIFY2(plot.problem().contains(part), qPrintable(plot.problem()));
            auto* label = plot.findChild<QWidget*>("plot.empty");
            QVERIFY(label && label->isVisible());
            QVERIFY(!plot.page().marks);
        };
        check(*show<DistributionsPlot>({words}), "Choose a column above");
        check(*show<DistributionsPlot>({nothing}), "Choose others above");
        check(*show<ScatterMatrix>({rising, same}), "two columns of numbers");
        check(*show<ParallelPlot>({rising, nothing}), "two columns that have values");
        check(*show<HeatMap>({same, nothing}), "not all alike");
        auto one = std::make_shared<const Table>(table()->take_rows(std::vector<std::size_t>{3}));
        check(*show<ScatterMatrix>({rising, digit}, one), "two columns of numbers");
        check(*show<HeatMap>({rising}, one), "not all alike");
        QVERIFY(show<ParallelPlot>({rising, digit}, one)->problem().isEmpty());
        QVERIFY(show<DistributionsPlot>({rising}, one)->problem().isEmpty());
    }

    void every_plot_is_saved_in_every_format() {
        const QTemporaryDir folder;
        const auto check = [&](const TablePlot& plot, const char* shape) {
            const PlotPage page = plot.page();
            const auto read = [&](const char* name) {
                QFile file(folder.filePath(name));
                return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
            };
            save_plot(folder.filePath("plot.svg"), page);
            const QByteArray svg = read("plot.svg");
            QVERIFY2(svg.contains(shape), shape);
            QVERIFY(svg.contains("Title here") && svg.contains("rising"));
            save_plot(folder.filePath("plot.pdf"), page);
            QVERIFY(read("plot.pdf").startsWith("%PDF"));
            save_plot(folder.filePath("plot.png"), page);
            const QImage png(folder.filePath("plot.png"));
            QCOMPARE(png.size(), plot.size() * 2);
            int marked = 0; // drawn at all, besides the ground
            for (int x = 0; x < png.width(); x += 3)
                for (int y = 0; y < png.height(); y += 3)
                    marked += png.pixelColor(x, y) != png.pixelColor(2, 2);
            QVERIFY2(marked > 500, qPrintable(QString::number(marked)));
        };
        check(*show<DistributionsPlot>({rising, digit}), "<path");
        check(*show<ScatterMatrix>({rising, digit}), "<circle");
        check(*show<ParallelPlot>({rising, digit}), "<polyline");
        check(*show<HeatMap>({rising, digit}), "<image");
    }

    void fifty_thousand_lines_leave_the_window_free() {
        auto big = std::make_shared<Table>();
        std::mt19937 random(5);
        std::uniform_real_distribution<float> any(0, 1);
        for (int column = 0; column < 6; ++column) {
            std::vector<float> values(50'000);
            for (float& value : values)
                value = any(random);
            big->add(Column::reals("c" + std::to_string(column), std::move(values)));
        }
        const auto plot = show<ParallelPlot>({0, 1, 2, 3, 4, 5}, big);
        const double x = plot->axis_rect(2).center().x();
        QElapsedTimer clock;
        clock.start();
        drag(plot.get(),
             {QPointF(x, plot->y_of(2, 0.1)).toPoint(), QPointF(x, plot->y_of(2, 0.2)).toPoint()});
        const qint64 busy = clock.elapsed();
        QVERIFY2(busy < 200,
                 qPrintable(QString::number(busy))); // the events themselves; drawing goes on elsewhere
        QTRY_VERIFY_WITH_TIMEOUT(selection_.count() > 4000 && selection_.count() < 6000, patience);
        QTRY_VERIFY_WITH_TIMEOUT(plot->idle(), patience);
    }
};

QTEST_MAIN(TestTablePlots)
#include "test_table_plots.moc"
