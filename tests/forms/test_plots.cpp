// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "widgets/plots/confusion_matrix.h"
#include "widgets/plots/line_plot.h"
#include "widgets/plots/smoothing.h"
#include "widgets/plots/value_histogram.h"
#include "widgets/theme/theme.h"

#include <QApplication>
#include <QFile>
#include <QImage>
#include <QSignalSpy>
#include <QSlider>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <limits>

using namespace eyepiece;

namespace {
// How many pixels of a picture have about this colour.
int count(const QImage& image, const QColor& color, int tolerance = 24) {
    int found = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x) {
            const QColor pixel = image.pixelColor(x, y);
            found += std::abs(pixel.red() - color.red()) + std::abs(pixel.green() - color.green()) +
                         std::abs(pixel.blue() - color.blue()) <
                     tolerance;
        }
    return found;
}
} // namespace

class TestPlots : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        theme_.set_mode(ThemeMode::Light);
        theme_.apply_to(*qApp);
    }

    void smoothing_is_the_corrected_average() {
        const QVector<QPointF> points{{0, 4}, {1, 0}, {2, 2}};
        QCOMPARE(smoothed(points, 0), points);
        const auto half = smoothed(points, 0.5);
        QCOMPARE(half[0].y(), 4.0); // no pull towards zero
        QCOMPARE(half[1].y(), (0.5 * 4 + 0) / 1.5);
        QCOMPARE(half[2].y(), (0.25 * 4 + 0.5 * 0 + 2) / 1.75);
        const QVector<QPointF> level(500, QPointF(0, 0.7));
        for (const QPointF& point : smoothed(level, 0.97))
            QVERIFY(std::abs(point.y() - 0.7) < 1e-12);
        const QVector<QPointF> hole{{0, 1}, {1, std::numeric_limits<double>::quiet_NaN()}, {2, 1}};
        QCOMPARE(smoothed(hole, 0.9)[2].y(), 1.0);
    }

    void draws_curves_and_baselines_in_the_theme() {
        LinePlot plot(theme_, "IoU on validation");
        plot.resize(600, 360);
        plot.show();
        QTest::qWait(120);
        const int before = count(plot.grab().toImage(), theme_.color(Token::Accent));
        plot.set_curve({.id = "a",
                        .title = "run 7",
                        .color = 0,
                        .points = {{1, 0.5}, {2, 0.7}, {3, 0.8}},
                        .emphasised = true});
        plot.set_baseline("otsu", "Otsu", 0.63);
        QTest::qWait(120);
        const int light = count(plot.grab().toImage(), theme_.color(Token::Accent));
        QVERIFY2(light > before + 300, qPrintable(QString::number(light - before)));
        QCOMPARE(plot.legend_text(), QStringLiteral("run 7, Otsu"));
        theme_.set_mode(ThemeMode::Dark);
        QTest::qWait(120);
        QVERIFY(count(plot.grab().toImage(), theme_.color(Token::Accent)) > 300);
        theme_.set_mode(ThemeMode::Light);
    }

    void grows_and_says_what_is_below_the_pointer() {
        LinePlot plot(theme_, "Loss");
        plot.resize(600, 360);
        plot.set_x_title("epoch");
        plot.set_curve({.id = "a", .title = "training", .points = {{0, 1}}});
        for (int at = 1; at <= 100; ++at)
            plot.append("a", {{double(at), 1.0 / at}});
        plot.show();
        QTest::qWait(150);
        QWidget* inner = nullptr;
        for (QWidget* child : plot.findChildren<QWidget*>())
            if (child->inherits("QCustomPlot"))
                inner = child;
        QVERIFY(inner);
        QTest::mouseMove(inner, QPoint(inner->width() / 2, inner->height() / 2));
        QTRY_VERIFY2(plot.readout().contains("training"), qPrintable(plot.readout()));
        QVERIFY2(plot.readout().startsWith("epoch "), qPrintable(plot.readout()));
        const double epoch = plot.readout().section(' ', 1, 1).toDouble();
        QVERIFY(epoch > 20 && epoch < 80);
        QVERIFY(plot.readout().contains(QString::number(1.0 / epoch, 'g', 4)));
    }

    void the_slider_smooths() {
        LinePlot plot(theme_, "Loss");
        QSignalSpy told(&plot, &LinePlot::smoothing_changed);
        auto* slider = plot.findChild<QSlider*>();
        QVERIFY(slider);
        plot.show();
        slider->setFocus();
        QTest::keyClick(slider, Qt::Key_End);
        QCOMPARE(plot.smoothing(), 0.99);
        QVERIFY(told.count() >= 1);
    }

    void saves_in_four_formats() {
        QTemporaryDir folder;
        LinePlot plot(theme_, "Loss");
        plot.resize(500, 300);
        plot.set_x_title("epoch");
        plot.set_curve({.id = "a", .title = "run, 7", .points = {{1, 0.5}, {3, 0.25}}});
        plot.set_curve({.id = "b", .title = "run 6", .points = {{1, 0.75}}});
        plot.set_baseline("o", "Otsu", 0.6);
        for (const char* suffix : {"png", "svg", "pdf", "csv"}) {
            const QString file = folder.filePath(QStringLiteral("plot.") + suffix);
            plot.save(file);
            QVERIFY2(QFileInfo(file).size() > 50, suffix);
        }
        QCOMPARE(plot.csv(), QByteArray("epoch,\"run, 7\",run 6,Otsu\n1,0.5,0.75,0.6\n3,0.25,,0.6\n"));
        QVERIFY(count(QImage(folder.filePath("plot.png")), theme_.color(Token::Accent)) > 100);
        QFile svg(folder.filePath("plot.svg"));
        QVERIFY(svg.open(QIODevice::ReadOnly));
        QVERIFY(svg.readAll().contains("<svg"));
        QVERIFY_EXCEPTION_THROWN(plot.save(folder.filePath("plot.doc")), Error);
        QVERIFY_EXCEPTION_THROWN(plot.save("/nowhere/plot.csv"), Error);
    }

    void a_logarithmic_scale_leaves_zero_out() {
        LinePlot plot(theme_, "Loss");
        plot.resize(400, 300);
        plot.set_curve({.id = "a", .title = "a", .points = {{0, 0}, {1, 0.001}, {2, 1000}, {3, -5}}});
        plot.set_logarithmic(true);
        plot.show();
        QTest::qWait(120);
        QVERIFY(count(plot.grab().toImage(), theme_.color(Token::Accent)) > 100);
    }

    void many_points_stay_quick() {
        LinePlot plot(theme_, "Loss");
        plot.resize(800, 400);
        QVector<QPointF> points;
        for (int at = 0; at < 200'000; ++at)
            points << QPointF(at, std::sin(at * 1e-3));
        plot.set_curve({.id = "a", .title = "a", .points = points});
        plot.show();
        QTest::qWait(150);
        QElapsedTimer time;
        time.start();
        for (int at = 0; at < 1000; ++at)
            plot.append("a", {{200'000.0 + at, 0.0}});
        QVERIFY2(time.elapsed() < 50, qPrintable(QString::number(time.elapsed()))); // drawn once, later
    }

    void a_matrix_shows_shares_of_the_true_class() {
        ConfusionMatrix matrix(theme_);
        matrix.set_counts({"background", "nucleus"}, {{90, 10}, {1, 3}});
        QCOMPARE(matrix.share(0, 1), 0.1);
        QCOMPARE(matrix.share(1, 1), 0.75);
        QVERIFY(matrix.describe(1, 0).contains("25.0 % of the pixels of nucleus were taken for background"));
        matrix.set_counts({"a"}, {{0}});
        QCOMPARE(matrix.share(0, 0), 0.0);
        QVERIFY_EXCEPTION_THROWN(matrix.set_counts({"a", "b"}, {{1, 2}}), Error);
        matrix.set_counted("rows", "rows");
        matrix.set_counts({"50 %1", "nucleus"}, {{90, 10}, {1, 3}});
        QCOMPARE(matrix.describe(1, 0),
                 QString("25.0 % of the rows of nucleus were taken for 50 %1 (1 rows)."));
        QVERIFY(matrix.accessibleDescription().contains("75.0 % of the rows of nucleus"));
    }

    void a_histogram_counts_every_finite_value() {
        ValueHistogram histogram(theme_);
        histogram.set_values({0, 0.05, 0.5, 1, 7, -3, std::nan("")}, 0, 1, 10);
        QCOMPARE(histogram.counts(), (QVector<int>{3, 0, 0, 0, 0, 1, 0, 0, 0, 2}));
    }

private:
    Theme theme_;
};

QTEST_MAIN(TestPlots)
#include "test_plots.moc"
