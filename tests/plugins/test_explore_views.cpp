// SPDX-License-Identifier: GPL-3.0-or-later
// The ways to look at the rows in the Explore stage, in the real window.
#include "plugins/panel_fixture.h"
#include "widgets/plots/distributions_plot.h"
#include "widgets/plots/heat_map.h"
#include "widgets/plots/parallel_plot.h"
#include "widgets/plots/scatter_legend.h"
#include "widgets/plots/scatter_matrix.h"
#include "widgets/plots/scatter_view.h"
#include "widgets/table/column_chooser.h"
#include "widgets/table/table_view.h"
#include "widgets/theme/theme.h"

#include <QDragEnterEvent>
#include <QListView>
#include <QMimeData>
#include <QUrl>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {
constexpr std::size_t rows = 30;
}

class TestExploreViews : public PanelTest {
    Q_OBJECT

    void open(const QString& file, const QString& said) {
        show_stage(Stage::Explore);
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(file)});
        const QPoint at(50, 50);
        QWidget* middle = shown(window(), "explore.middle");
        QDragEnterEvent enter(at, Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(middle, &enter);
        QDropEvent fall(at, Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(middle, &fall);
        QTRY_VERIFY2_WITH_TIMEOUT(text("explore.table").contains(said), qPrintable(text("explore.table")),
                                  patience);
        auto* table = window().findChild<TableView*>("table");
        QTRY_VERIFY_WITH_TIMEOUT(!table->shown_rows().empty(), patience); // put together
    }
    // Three kinds of ten rows each; "note" is text.
    void open_flowers() {
        QFile file(path("flowers.csv"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("length,width,height,kind\n");
        for (std::size_t row = 0; row < rows; ++row)
            file.write(QByteArray::number(double(row) + 0.25) + "," + QByteArray::number(int(row % 7)) + "," +
                       QByteArray::number(100 - double(row) * 1.5) + "," +
                       (row < 10   ? "setosa"
                        : row < 20 ? "versicolor"
                                   : "virginica") +
                       "\n");
        file.close();
        open(file.fileName(), "30 rows × 4 columns");
    }
    template<class Plot>
    Plot* go_to(const char* view, const char* plot) {
        if (!click(window(), (std::string("explore.view.") + view).c_str()))
            return nullptr;
        auto* found = shown<Plot>(window(), plot);
        return found && QTest::qWaitFor([&] { return found->idle(); }, patience) ? found : nullptr;
    }
    bool selected(std::size_t count) {
        return QTest::qWaitFor(
            [&] {
                return text("table.header")
                    .contains(QStringLiteral("%1 selected of").arg(count), Qt::CaseInsensitive);
            },
            5000);
    }
    QByteArray saved(const QString& name) {
        const QString file = path(name);
        if (!with_dialog([&] { click(window(), "explore.save-plot"); }, file_answer(file)))
            return {};
        QFile read(file);
        const bool written = QTest::qWaitFor([&] { return read.exists() && read.size() > 0; }, patience);
        return written && read.open(QIODevice::ReadOnly) ? read.readAll() : QByteArray();
    }
    // For whoever wants to look: into the folder EYEPIECE_PICTURES.
    void take_picture(const QString& name) {
        if (!qEnvironmentVariableIsSet("EYEPIECE_PICTURES"))
            return;
        for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
            context().theme.set_mode(mode);
            QTest::qWait(1500);
            window().grab().save(qEnvironmentVariable("EYEPIECE_PICTURES") + "/" + name +
                                 (mode == ThemeMode::Dark ? "-dark.png" : "-light.png"));
        }
    }

private Q_SLOTS:
    void initTestCase() { QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs); }

    void all_views_share_the_selection_and_what_is_hidden() {
        open_flowers();
        auto* spread = go_to<DistributionsPlot>("distributions", "distributions");
        QVERIFY(spread);
        QTRY_COMPARE_WITH_TIMEOUT(spread->distributions().size(), std::size_t{4}, patience);
        drag(spread, {spread->place_of(0, 0.25).toPoint() - QPoint(2, 0), spread->place_of(0, 5).toPoint()});
        QVERIFY(selected(5));
        auto* matrix = go_to<ScatterMatrix>("matrix", "matrix");
        QVERIFY(matrix);
        const QRectF cell = matrix->cell(0, 2);
        drag(matrix, {cell.topLeft().toPoint() + QPoint(1, 1), cell.center().toPoint()});
        QVERIFY(QTest::qWaitFor([&] { return selected(15); }, patience));
        auto* lines = go_to<ParallelPlot>("parallel", "parallel");
        QVERIFY(lines);
        QTest::mouseClick(lines->legend(), Qt::LeftButton, {},
                          QPoint(40, lines->legend()->entry_rect(1).center().y()));
        QVERIFY(selected(10));
        auto* map = go_to<HeatMap>("heat-map", "heat-map");
        QVERIFY(map);
        map->legend()->set_code_hidden(1, true);
        QCOMPARE(map->shown_rows().size(), std::size_t{20});
        QVERIFY(lines->legend()->is_hidden(1) && spread->legend()->is_hidden(1));
        auto* points = go_to<ScatterView>("scatter", "scatter");
        QVERIFY(points && points->legend()->is_hidden(1));
    }

    void a_space_is_turned_and_selects() {
        open_flowers();
        auto* view = go_to<ScatterView>("space", "scatter");
        QVERIFY(view);
        QTRY_VERIFY_WITH_TIMEOUT(view->points() && !view->points()->depth.empty() && view->idle(), patience);
        QVERIFY(shown(window(), "scatter.z"));
        const float before = view->points()->x[0];
        drag(view, {{300, 150}, {360, 170}, {420, 180}});
        QTRY_VERIFY_WITH_TIMEOUT(view->idle() && view->points()->x[0] != before, patience);
        QTest::mouseClick(view, Qt::LeftButton, {}, view->place_of(29).toPoint());
        QVERIFY(click(window(), "explore.lasso"));
        QTest::mouseClick(view, Qt::LeftButton, {}, view->place_of(29).toPoint());
        QVERIFY(selected(1));
        const QByteArray csv = saved("space.csv");
        QVERIFY2(csv.startsWith("length,width,height,kind\n0.25,0,100,setosa"), csv.left(80).constData());
        QVERIFY(choose(window(), "scatter.x", "width"));
        QTRY_VERIFY_WITH_TIMEOUT(view->idle() && view->points()->edges[0].title == "width", patience);
        take_picture("space");
        QVERIFY(go_to<ScatterView>("scatter", "scatter"));
        QTRY_VERIFY_WITH_TIMEOUT(view->points() && view->points()->depth.empty(), patience);
    }

    void columns_are_chosen_from_a_list() {
        open_flowers();
        auto* matrix = go_to<ScatterMatrix>("matrix", "matrix");
        QVERIFY(matrix);
        QTRY_COMPARE_WITH_TIMEOUT(matrix->data()->columns.size(), std::size_t{3}, patience);
        auto* chooser = shown<ColumnChooser>(window(), "columns");
        QVERIFY(chooser);
        QCOMPARE(chooser->text(), "3 of 3 columns");
        QTest::mouseClick(chooser, Qt::LeftButton);
        QListView* list = chooser->list();
        QTRY_VERIFY_WITH_TIMEOUT(list->isVisible(), patience);
        list->setCurrentIndex(list->model()->index(1, 0));
        QTest::keyClick(list, Qt::Key_Space);
        QCOMPARE(chooser->text(), "2 of 3 columns");
        list->window()->hide();
        QTRY_COMPARE_WITH_TIMEOUT(matrix->data()->columns.size(), std::size_t{2}, patience);
        QCOMPARE(matrix->data()->columns[1].name, "height");
    }

    void the_view_comes_back_with_the_exploration() {
        open_flowers();
        QVERIFY(go_to<DistributionsPlot>("distributions", "distributions"));
        QVERIFY(choose(window(), "distributions.style", "Boxes"));
        auto* lines = go_to<ParallelPlot>("parallel", "parallel");
        QVERIFY(lines);
        drag(lines, {lines->name_rect(0).center().toPoint(), lines->name_rect(2).center().toPoint()});
        QTRY_VERIFY_WITH_TIMEOUT(lines->idle() && lines->data()->columns[2].name == "length", patience);
        context().session.close();
        workbench_->open({path("project")});
        show_stage(Stage::Explore);
        QTRY_VERIFY_WITH_TIMEOUT(text("explore.table").contains("flowers.csv"), patience);
        QTRY_VERIFY_WITH_TIMEOUT(shown(window(), "parallel") != nullptr, patience);
        QTRY_VERIFY_WITH_TIMEOUT(lines->idle() && lines->data() && lines->data()->columns[2].name == "length",
                                 patience);
        auto* spread = go_to<DistributionsPlot>("distributions", "distributions");
        QVERIFY(spread && spread->style() == DistributionsPlot::Style::Box);
    }

    void each_view_is_saved() {
        open_flowers();
        for (const char* view : {"matrix", "heat-map", "parallel", "distributions"}) {
            QVERIFY2(go_to<TablePlot>(view, view), view);
            const QByteArray svg = saved(QStringLiteral("%1.svg").arg(view));
            QVERIFY2(svg.contains("<svg") && svg.contains("length"), view);
            const QByteArray csv = saved(QStringLiteral("%1.csv").arg(view));
            QVERIFY2(csv.startsWith("length,") && csv.count('\n') == 31 && csv.contains("virginica"),
                     csv.left(80).constData());
        }
    }

    void real_cells_are_seen_in_every_view() {
        const QString cells = qEnvironmentVariable("EYEPIECE_SHARED_DATA") + "/single_cell_highdim/pbmc3k";
        const QString iris = qEnvironmentVariable("EYEPIECE_SHARED_DATA") + "/tabular/iris.csv";
        if (!QFileInfo::exists(cells) || !QFile::exists(iris))
            QSKIP("the shared data are not here");
        for (const QString& file : {iris, cells}) {
            open(file, file == iris ? "150 rows × 5 columns" : "sparse numbers");
            for (const char* view : {"matrix", "heat-map", "parallel", "distributions"}) {
                auto* plot = go_to<TablePlot>(view, view);
                QVERIFY2(plot, view);
                QTRY_VERIFY_WITH_TIMEOUT(plot->data() && plot->idle(), patience);
                QVERIFY2(plot->problem().isEmpty(), qPrintable(plot->problem()));
                take_picture(QFileInfo(file).completeBaseName() + "-" + view);
            }
            QVERIFY(go_to<ScatterView>("space", "scatter"));
            take_picture(QFileInfo(file).completeBaseName() + "-space");
            if (file == iris) {
                go_to<DistributionsPlot>("distributions", "distributions");
                QVERIFY(choose(window(), "distributions.style", "Violins"));
                auto* spread = shown<DistributionsPlot>(window(), "distributions");
                QTest::mouseClick(spread->legend(), Qt::LeftButton, {},
                                  QPoint(40, spread->legend()->entry_rect(1).center().y()));
                take_picture("iris-violins");
                QVERIFY(go_to<ParallelPlot>("parallel", "parallel"));
                take_picture("iris-parallel-selected");
                QVERIFY(go_to<HeatMap>("heat-map", "heat-map"));
                take_picture("iris-heat-map-selected");
            }
        }
    }

    void without_numbers_each_view_says_what_to_do() {
        QFile file(path("words.csv"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("name,place\nan unusual name,here\nanother one,there\nand a third,anywhere\n");
        file.close();
        open(file.fileName(), "3 rows × 2 columns");
        for (const char* view : {"matrix", "heat-map"}) {
            auto* plot = go_to<TablePlot>(view, view);
            QVERIFY(plot);
            QVERIFY2(plot->problem().contains("Choose"), qPrintable(plot->problem()));
            QVERIFY(!plot->accessibleName().isEmpty());
        }
    }
};

QTEST_MAIN(TestExploreViews)
#include "test_explore_views.moc"
