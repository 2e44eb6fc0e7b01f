// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/scatter_view.h"

#include "core/base/error.h"
#include "support/gui_driver.h"
#include "widgets/plots/scatter_axes.h"
#include "widgets/plots/scatter_export.h"
#include "widgets/plots/scatter_legend.h"
#include "widgets/theme/theme.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <QWheelEvent>
#include <QtTest>
#include <cmath>
#include <random>
#include <set>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

constexpr int patience = 20'000; // ms
const std::atomic<bool> never{false};
using Selected = std::vector<std::size_t>;

// 20 x 20 points on a grid of unit steps; row 20 * y + x. Two more have no place.
std::shared_ptr<ScatterPoints> grid() {
    auto points = std::make_shared<ScatterPoints>();
    for (int y = 0; y < 20; ++y)
        for (int x = 0; x < 20; ++x) {
            points->x.push_back(static_cast<float>(x));
            points->y.push_back(static_cast<float>(y));
        }
    for (const float nowhere : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
        points->x.push_back(nowhere);
        points->y.push_back(0);
    }
    return points;
}
constexpr std::size_t grid_rows = 402;

// Left half "a", right half "b", those without a place missing.
std::shared_ptr<const ScatterColoring> halves() {
    std::vector<std::int32_t> codes;
    for (int row = 0; row < 400; ++row)
        codes.push_back(row % 20 < 10 ? 0 : 1);
    codes.insert(codes.end(), 2, -1);
    return std::make_shared<const ScatterColoring>(
        ScatterColoring::by(Column::categorical("half", codes, {"a", "b"})));
}

} // namespace

class TestScatterView : public QObject {
    Q_OBJECT
    Theme theme_;
    RowSelection selection_;
    std::unique_ptr<ScatterView> view_;

    void show() {
        selection_.reset(grid_rows);
        view_ = std::make_unique<ScatterView>(theme_, selection_);
        view_->resize(640, 480);
        view_->show();
        QVERIFY(QTest::qWaitForWindowExposed(view_.get()));
        view_->set_points(grid());
        view_->set_coloring(halves());
        QTRY_VERIFY_WITH_TIMEOUT(view_->idle() && view_->points(), patience);
    }
    QPoint place(int x, int y) const {
        return view_->place_of(static_cast<std::size_t>(20 * y + x)).toPoint();
    }
    // A lasso about the rows of a rectangle of the grid, half a step outside.
    void lasso(int left, int bottom, int right, int top, Qt::KeyboardModifiers modifiers = {}) {
        const QPoint half = (place(1, 0) - place(0, 1)) / 2; // a half step right and down
        const QPoint low_left = place(left, bottom) + QPoint(-half.x(), half.y()),
                     high_right = place(right, top) + QPoint(half.x(), -half.y());
        drag(view_.get(),
             {low_left, {high_right.x(), low_left.y()}, high_right, {low_left.x(), high_right.y()}, low_left},
             modifiers);
    }
    QColor shown_at(const QPoint& point) const { return view_->grab().toImage().pixelColor(point); }

private Q_SLOTS:
    void initTestCase() {
        theme_.set_mode(ThemeMode::Dark);
        theme_.apply_to(*qApp);
    }
    void cleanup() { view_.reset(); }

    void the_grid_finds_what_looking_through_all_finds() {
        auto points = std::make_shared<ScatterPoints>();
        std::mt19937 random(7);
        std::normal_distribution<float> noise;
        for (int at = 0; at < 5000; ++at) {
            points->x.push_back(noise(random));
            points->y.push_back(3 * noise(random));
        }
        const auto scene = ScatterScene::build(points, never);
        const ScatterTransform view = scene->fitted(800, 600, 20);
        int found = 0;
        for (int at = 0; at < 500; ++at) {
            const double px = 800 * (random() % 1000) / 1000.0, py = 600 * (random() % 1000) / 1000.0;
            std::optional<std::size_t> best;
            double distance = 9 * 9;
            for (std::size_t row = 0; row < 5000; ++row)
                if (const double d = std::pow(view.to_x(points->x[row]) - px, 2) +
                                     std::pow(view.to_y(points->y[row]) - py, 2);
                    d <= distance) {
                    distance = d;
                    best = row;
                }
            QCOMPARE(scene->nearest(view, px, py, 9, {}), best);
            found += best.has_value();
        }
        QVERIFY(found > 20);
    }

    void rows_without_a_place_are_not_drawn() {
        const auto scene = ScatterScene::build(grid(), never);
        QCOMPARE(scene->x().size(), std::size_t{400});
        const std::set<std::uint32_t> rows(scene->row().begin(), scene->row().end());
        QVERIFY(!rows.contains(400) && !rows.contains(401));
        QCOMPARE(scene->bounds().right, 19.0);
    }

    void a_point_is_drawn_in_its_colour_where_it_lies() {
        show();
        const QColor a = QColor::fromRgb(halves()->color(1, true)),
                     b = QColor::fromRgb(halves()->color(2, true));
        QVERIFY(a != b);
        const auto near = [](const QColor& x, const QColor& y) {
            return std::abs(x.red() - y.red()) + std::abs(x.green() - y.green()) +
                       std::abs(x.blue() - y.blue()) <
                   90;
        };
        QVERIFY2(near(shown_at(place(3, 3)), a), qPrintable(shown_at(place(3, 3)).name()));
        QVERIFY2(near(shown_at(place(15, 3)), b), qPrintable(shown_at(place(15, 3)).name()));
        const QPoint between = (place(3, 3) + place(4, 4)) / 2;
        QCOMPARE(shown_at(between), theme_.color(Token::Ground));
        theme_.set_mode(ThemeMode::Light);
        QTRY_VERIFY_WITH_TIMEOUT(view_->idle(), patience);
        QCOMPARE(shown_at(between), theme_.color(Token::Ground));
        theme_.set_mode(ThemeMode::Dark);
    }

    void a_drag_draws_a_lasso() {
        show();
        lasso(2, 3, 4, 4);
        QTRY_COMPARE_WITH_TIMEOUT(selection_.count(), std::size_t{6}, patience);
        QVERIFY((selection_.selected() == Selected{62, 63, 64, 82, 83, 84}));
        lasso(10, 10, 10, 11, Qt::ShiftModifier);
        QTRY_COMPARE_WITH_TIMEOUT(selection_.count(), std::size_t{8}, patience);
        lasso(2, 3, 4, 3, Qt::AltModifier);
        QTRY_VERIFY_WITH_TIMEOUT((selection_.selected() == Selected{82, 83, 84, 210, 230}), patience);
        QTest::keyClick(view_.get(), Qt::Key_Escape);
        QVERIFY(selection_.empty());
    }

    void a_click_takes_one_point_and_beside_it_none() {
        show();
        QTest::mouseClick(view_.get(), Qt::LeftButton, {}, place(7, 8));
        QVERIFY((selection_.selected() == Selected{167}));
        QTest::mouseClick(view_.get(), Qt::LeftButton, Qt::ShiftModifier, place(8, 8));
        QVERIFY((selection_.selected() == Selected{167, 168}));
        QTest::mouseClick(view_.get(), Qt::LeftButton, {}, (place(7, 8) + place(8, 9)) / 2);
        QVERIFY(selection_.empty());
    }

    void the_wheel_zooms_about_the_pointer_and_0_shows_all() {
        show();
        const QPointF pointer = view_->place_of(63), other = view_->place_of(64);
        QWheelEvent wheel(pointer, view_->mapToGlobal(pointer), {}, {0, 480}, Qt::NoButton, {},
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(view_.get(), &wheel);
        QVERIFY(QLineF(view_->place_of(63), pointer).length() < 0.01);
        const double grown = QLineF(view_->place_of(64), pointer).length() / QLineF(other, pointer).length();
        QVERIFY2(grown > 1.9, qPrintable(QString::number(grown)));
        QVERIFY(view_->moved());
        QTest::keyClick(view_.get(), Qt::Key_0);
        QVERIFY(QLineF(view_->place_of(63), pointer).length() < 0.01);
        QTest::keyClick(view_.get(), Qt::Key_Right);
        QVERIFY(std::abs(view_->place_of(63).x() - pointer.x() + 60) < 0.01);
    }

    void the_middle_button_and_the_hand_move_the_view() {
        show();
        const QPointF before = view_->place_of(63);
        view_->set_drag(ScatterView::Drag::Pan);
        drag(view_.get(), {{100, 100}, {130, 90}, {150, 80}});
        QVERIFY(QLineF(view_->place_of(63), before + QPointF(50, -20)).length() < 0.01);
        QVERIFY(selection_.empty());
        QTRY_VERIFY_WITH_TIMEOUT(view_->idle(), patience);
    }

    void hover_names_the_nearest_row() {
        show();
        view_->set_describe([](std::size_t row) { return QString("row %1").arg(row); });
        QTest::mouseMove(view_.get(), place(5, 6) + QPoint(2, -2));
        QTRY_VERIFY_WITH_TIMEOUT(view_->hovered().has_value(), patience);
        QCOMPARE(*view_->hovered(), std::size_t{125});
        QCOMPARE(view_->accessibleDescription(), "row 125");
    }

    void the_legend_selects_and_hides() {
        show();
        ScatterLegend* legend = view_->legend();
        QVERIFY(legend->isVisible());
        const QRect line = legend->entry_rect(1);
        QTest::mouseClick(legend, Qt::LeftButton, {}, QPoint(40, line.center().y()));
        QCOMPARE(selection_.count(), std::size_t{200});
        QVERIFY(selection_.contains(15) && !selection_.contains(5));
        selection_.clear();
        QTest::mouseClick(legend, Qt::LeftButton, {}, QPoint(14, line.center().y()));
        QVERIFY(legend->is_hidden(2));
        QTRY_VERIFY_WITH_TIMEOUT(view_->idle(), patience);
        QCOMPARE(shown_at(place(15, 3)), theme_.color(Token::Ground));
        QVERIFY(!view_->row_at(place(15, 3)));
        lasso(8, 3, 11, 3); // takes what can be seen
        QTRY_VERIFY_WITH_TIMEOUT((selection_.selected() == Selected{68, 69}), patience);
        legend->setFocus();
        QTest::keyClick(legend, Qt::Key_Space);
        QVERIFY(!legend->is_hidden(2));
        QTest::keyClick(legend, Qt::Key_Up);
        QTest::keyClick(legend, Qt::Key_Return);
        QCOMPARE(selection_.count(), std::size_t{200});
        QVERIFY(selection_.contains(5));
    }

    void colours_keep_groups_apart() {
        for (const bool dark : {true, false}) {
            std::set<QRgb> colors;
            for (int at = 0; at < 17; ++at) {
                const QColor color = category_color(at, dark);
                colors.insert(color.rgb());
                const double contrast = contrast_ratio(color, theme_.tokens().color(Token::Ground, dark));
                QVERIFY2(contrast > 1.7, qPrintable(QString("%1: %2").arg(at).arg(contrast)));
            }
            QCOMPARE(colors.size(), std::size_t{17});
        }
        QCOMPARE(category_color(0, true).name(), "#e69f00"); // Okabe and Ito's first
        const auto numbers =
            ScatterColoring::by(Column::reals("x", std::vector<double>{0, 5, 10, std::nan("")}));
        QVERIFY(numbers.kind == ScatterColoring::Kind::Numbers);
        QCOMPARE(int(numbers.codes[0]), int(ScatterColoring::first));
        QCOMPARE(int(numbers.codes[2]), int(ScatterColoring::last));
        QCOMPARE(int(numbers.codes[3]), int(ScatterColoring::missing));
        QVERIFY(qGray(numbers.color(ScatterColoring::last, true)) >
                qGray(numbers.color(ScatterColoring::first, true)) + 80);
    }

    void many_categories_end_in_other() {
        std::vector<std::int32_t> codes(300);
        Column::Categories names;
        for (int at = 0; at < 300; ++at) {
            codes[static_cast<std::size_t>(at)] = at;
            names.push_back("c" + std::to_string(at));
        }
        const auto coloring = ScatterColoring::by(Column::categorical("many", codes, names));
        QCOMPARE(coloring.entries.back().name, "other");
        QCOMPARE(coloring.entries.back().rows, std::size_t{300 - 249});
    }

    void round_ticks_are_round() {
        QVERIFY((round_ticks(0, 10, 5) == std::vector<double>{0, 2, 4, 6, 8, 10}));
        QVERIFY((round_ticks(-0.12, 0.23, 3) == std::vector<double>{-0.1, 0, 0.1, 0.2}) ||
                round_ticks(-0.12, 0.23, 3).size() == 4);
        QVERIFY(round_ticks(1, 1, 5).empty());
    }

    void is_saved_in_every_format() {
        show();
        selection_.select(Selected{3});
        const QTemporaryDir folder;
        const PlotPage page = scatter_page(*view_, theme_, "Title here");
        const auto read = [&](const char* name) {
            QFile file(folder.filePath(name));
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        QVERIFY(!save_plot(folder.filePath("plot.svg"), page));
        const QByteArray svg = read("plot.svg");
        QVERIFY(svg.contains("<circle") || svg.contains("<ellipse"));
        QVERIFY(svg.contains("Title here"));
        QVERIFY(!save_plot(folder.filePath("plot.pdf"), page));
        QVERIFY(read("plot.pdf").startsWith("%PDF"));
        QVERIFY(!save_plot(folder.filePath("plot.png"), page));
        const QImage png(folder.filePath("plot.png"));
        QCOMPARE(png.size(), QSize(1280, 960));
        QVERIFY(png.pixelColor(place(3, 0) * 2) != png.pixelColor(2, 2));
        try {
            save_plot(folder.filePath("plot.bmp"), page);
            QFAIL("it was written");
        } catch (const Error& error) {
            QVERIFY2(QString::fromUtf8(error.what()).contains("Choose PNG"), error.what());
        }
        try {
            save_plot("/nowhere/plot.png", page);
            QFAIL("it was written");
        } catch (const Error& error) {
            QVERIFY2(QString::fromUtf8(error.what()).contains("Choose another place"), error.what());
        }
    }

    void density_shows_where_many_lie() {
        show();
        view_->set_coloring(std::make_shared<const ScatterColoring>());
        view_->set_density(true);
        QTRY_VERIFY_WITH_TIMEOUT(view_->idle(), patience);
        QVERIFY(shown_at(place(10, 10)) != theme_.color(Token::Ground));
        QCOMPARE(shown_at({3, 3}), theme_.color(Token::Ground));
    }

    void going_away_in_the_middle_of_drawing_is_quiet() {
        selection_.reset(300'000);
        for (int time = 0; time < 5; ++time) {
            ScatterView view(theme_, selection_);
            view.resize(400, 300);
            view.show();
            auto points = std::make_shared<ScatterPoints>();
            points->x.resize(300'000, static_cast<float>(time));
            points->y.resize(300'000, 1.f);
            view.set_points(points);
            QTest::qWait(time * 8);
        }
    }
};

QTEST_MAIN(TestScatterView)
#include "test_scatter_view.moc"
