// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/table_reader.h"
#include "plugins/panel_fixture.h"
#include "widgets/plots/scatter_legend.h"
#include "widgets/plots/scatter_view.h"
#include "widgets/table/table_view.h"
#include "widgets/theme/theme.h"

#include <QDragEnterEvent>
#include <QMenu>
#include <QMimeData>
#include <QUrl>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

constexpr int rows = 30;

// Where a step puts the rows: three groups of ten, far apart, in a row.
Json places(double stretch) {
    Json values = Json::array();
    for (int row = 0; row < rows; ++row) {
        values.push_back(stretch * (row / 10) * 10 + row % 5);
        values.push_back(row % 10 / 5);
    }
    return values;
}

Json points_head(int step) {
    return {{"kind", "points"}, {"rows", rows}, {"dimensions", 2}, {"step", step}};
}

} // namespace

class TestExplorePanel : public PanelTest {
    Q_OBJECT

    QString write(const QString& name, const QByteArray& content) const {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("%s cannot be written", qPrintable(name));
        return file.fileName();
    }
    // Three kinds of ten rows each.
    QString flowers(const QByteArray& separator = ",") const {
        QByteArray text = "length,width,kind\n";
        for (int row = 0; row < rows; ++row)
            text += QByteArray::number(row % 10 + 10 * (row / 10)) + "," +
                    (row == 4 ? "" : QByteArray::number(row % 7)) + "," +
                    (row < 10   ? "setosa"
                     : row < 20 ? "versicolor"
                                : "virginica") +
                    "\n";
        return write("flowers.csv", text.replace(",", separator));
    }
    QWidget* middle() const { return shown(window(), "explore.middle"); }
    void drop(const QString& file) {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(file)});
        const QPoint at(50, 50);
        QDragEnterEvent enter(at, Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(middle(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent fall(at, Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(middle(), &fall);
    }
    ScatterView& scatter() const { return *shown<ScatterView>(window(), "scatter"); }
    TableView& table() const { return *shown<TableView>(window(), "table"); }
    void open_flowers() {
        show_stage(Stage::Explore);
        drop(flowers());
        QTRY_VERIFY2_WITH_TIMEOUT(text("explore.table").contains("30 rows × 3 columns"),
                                  qPrintable(text("explore.table")), patience);
        QTRY_VERIFY_WITH_TIMEOUT(scatter().points() && scatter().idle(), patience);
    }
    // For whoever wants to look: into the folder EYEPIECE_PICTURES.
    void take_picture(const QString& name) {
        if (!qEnvironmentVariableIsSet("EYEPIECE_PICTURES"))
            return;
        QTest::qWait(400);
        for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
            context().theme.set_mode(mode);
            QTRY_VERIFY_WITH_TIMEOUT(scatter().idle(), patience);
            window().grab().save(qEnvironmentVariable("EYEPIECE_PICTURES") + "/" + name +
                                 (mode == ThemeMode::Dark ? "-dark.png" : "-light.png"));
        }
    }
    // By the menu, once the engine has said what there is.
    bool add_step(const char* name) {
        auto* menu = window().findChild<QMenu*>("steps.menu");
        const auto find = [&]() -> QAction* {
            for (QAction* action : menu->actions())
                if (action->objectName() == QLatin1String(name))
                    return action;
            return nullptr;
        };
        if (!QTest::qWaitFor([&] { return find() != nullptr; }, patience) || !click(window(), "steps.add"))
            return false;
        // By keyboard: with Qt 6.8 a menu takes no clicks from a mouse that was never there.
        if (!QTest::qWaitForWindowExposed(menu))
            return false;
        menu->setActiveAction(find());
        QTest::keyClick(menu, Qt::Key_Return);
        return QTest::qWaitFor([&] { return !menu->isVisible(); }, patience);
    }
    void say_kinds() {
        answers_["list:preprocessing"]["result"] = entries(
            {{{"name", "scale"},
              {"title", "Scale"},
              {"help", "To mean 0 and standard deviation 1."},
              {"parameters", ParameterSchema({choice_parameter("method", "standard", {"standard", "range"},
                                                               "Method", "How."),
                                              text_parameter("columns", "", "Columns", "Which.")})
                                 .to_json()}}});
        answers_["list:embeddings"]["result"] = entries(
            {{{"name", "umap"},
              {"title", "UMAP"},
              {"uses_target", true},
              {"help", "Neighbours stay neighbours."},
              {"parameters",
               ParameterSchema({integer_parameter("neighbours", 15, "Neighbours", "How many.").range(2, 200)})
                   .to_json()}}});
        answers_["list:clusterings"]["result"] = entries(
            {{{"name", "kmeans"},
              {"title", "k-means"},
              {"help", "x"},
              {"parameters",
               ParameterSchema({integer_parameter("resamples", 0, "Resamples", "How many.").range(0, 1000),
                                integer_parameter("markers", 0, "Marker columns", "How many.")})
                   .to_json()}}});
        answers_["embed"] = {
            {"partials",
             {{{"head", points_head(1)}, {"bytes", {{{"values", places(0.2)}}}}, {"ms", 20}},
              {{"head", points_head(2)}, {"bytes", {{{"values", places(0.5)}}}}, {"ms", 20}}}},
            {"result",
             {{"rows", rows},
              {"dimensions", 2},
              {"method", "umap"},
              {"notes", {{"start", "spectral"}}},
              {"step_notes", {"1 row was filled in."}},
              {"scores",
               {{{"neighbours", 15},
                 {"trustworthiness", 0.957},
                 {"continuity", 0.9},
                 {"kept", 0.312},
                 {"rows", rows}}}}}},
            {"bytes", {{{"values", places(1)}}}}};
        Json labels = Json::array();
        for (int row = 0; row < rows; ++row)
            labels.push_back(row == 0 ? -1 : row / 10);
        answers_["cluster"] = {{"result",
                                {{"rows", rows},
                                 {"clusters", 3},
                                 {"method", "kmeans"},
                                 {"sizes", {9, 10, 10}},
                                 {"scores", {{"silhouette", 0.61}, {"davies_bouldin", 0.4}}}}},
                               {"bytes", {{{"values", labels}, {"type", "int32"}}}}};
        say();
    }
    void run_umap() {
        QVERIFY(add_step("steps.add.umap"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("step.1.run"), patience);
        QVERIFY(click(window(), "step.1.run"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("step.1").contains("Trustworthiness 0.96 · neighbours kept 0.31"),
                                  qPrintable(text("step.1")), patience);
    }

private Q_SLOTS:
    void initTestCase() { QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs); }

    void the_empty_page_says_what_to_do_and_opens_a_file() {
        show_stage(Stage::Explore);
        QVERIFY(text("explore.empty").contains("Drop a file here"));
        if (qEnvironmentVariableIsSet("EYEPIECE_PICTURES"))
            window().grab().save(qEnvironmentVariable("EYEPIECE_PICTURES") + "/empty.png");
        const QString file = flowers();
        QVERIFY(with_dialog([&] { click(window(), "explore.empty.open"); }, file_answer(file)));
        QTRY_VERIFY2_WITH_TIMEOUT(text("explore.table").contains("30 rows × 3 columns"),
                                  qPrintable(text("explore.table")), patience);
        QVERIFY2(text("explore.table").contains("2 whole numbers, 1 category · 1 value missing"),
                 qPrintable(text("explore.table")));
        QVERIFY(text("explore.table").contains("separator: comma"));
        QTRY_COMPARE_WITH_TIMEOUT(table().shown_rows().size(), std::size_t(rows), patience);
    }

    void a_project_without_images_and_no_project_will_do() {
        context().session.close();
        show_stage(Stage::Explore);
        QVERIFY(text("explore.empty").contains("No project is open, so steps are not kept"));
        drop(flowers());
        QTRY_VERIFY_WITH_TIMEOUT(text("explore.table").contains("30 rows"), patience);
    }

    void what_was_taken_wrongly_can_be_read_otherwise() {
        show_stage(Stage::Explore);
        drop(write("odd.csv", "a;b\n1,5;2\n2,5;3\n"));
        QTRY_VERIFY_WITH_TIMEOUT(text("explore.table").contains("2 rows × 2 columns"), patience);
        QVERIFY(click(window(), "explore.correct"));
        QVERIFY(choose(window(), "field.separator", "comma"));
        QVERIFY(click(window(), "explore.read-again"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("explore.table").contains("separator: comma"),
                                  qPrintable(text("explore.table")), patience);
    }

    void a_broken_file_says_why_and_nothing_is_lost() {
        open_flowers();
        drop(write("broken.h5ad", "\x89HDF\r\n\x1a\n and then nothing of use"));
        auto* bar = window().findChild<NoticeBar*>();
        const auto said = [&] {
            QStringList words;
            for (const QLabel* label : bar->findChildren<QLabel*>())
                words << label->text();
            return words.join(' ');
        };
        QTRY_VERIFY2_WITH_TIMEOUT(said().contains("broken.h5ad"), qPrintable(said()), patience);
        QVERIFY(text("explore.table").contains("flowers.csv"));
        QCOMPARE(table().shown_rows().size(), std::size_t(rows));
    }

    void a_big_file_shows_how_far_it_is_and_can_be_left() {
        open_flowers();
        QByteArray text = "a,b,c,d\n";
        text.reserve(64 << 20);
        for (int row = 0; row < 3'500'000; ++row)
            text += "1.5,2.25,-3.125,x\n";
        drop(write("big.csv", text));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("explore.cancel-reading"), patience);
        QVERIFY2(this->text("explore.reading").contains("Reading big.csv"),
                 qPrintable(this->text("explore.reading")));
        QCOMPARE(context().jobs.rowCount(), 1); // in the bottom bar, too
        QVERIFY(click(window(), "explore.cancel-reading"));
        QTRY_VERIFY_WITH_TIMEOUT(!window().findChild<QWidget*>("explore.reading")->isVisible(), patience);
        QCOMPARE(context().jobs.rowCount(), 0);
        QTest::qWait(300); // had it not been left, it would come
        QVERIFY(this->text("explore.table").contains("flowers.csv"));
    }

    void points_table_and_column_share_the_selection() {
        open_flowers();
        // The target is what they are coloured by at first.
        QTRY_COMPARE_WITH_TIMEOUT(scatter().coloring().entries.size(), std::size_t{3}, patience);
        const auto corner = [&](std::size_t row, int dx, int dy) {
            return scatter().place_of(row).toPoint() + QPoint(dx, dy);
        };
        drag(&scatter(),
             {corner(0, -9, -9), corner(0, 9, -9), corner(0, 9, 9), corner(0, -9, 9), corner(0, -9, -8)});
        QTRY_VERIFY2_WITH_TIMEOUT(text("table.header").contains("1 selected of 30", Qt::CaseInsensitive),
                                  qPrintable(text("table.header")), patience);
        ScatterLegend* legend = scatter().legend();
        QTest::mouseClick(legend, Qt::LeftButton, {}, QPoint(40, legend->entry_rect(1).center().y()));
        QVERIFY(text("explore.selection").contains("10 rows", Qt::CaseInsensitive));
        QVERIFY(type(window(), "selection.name", "mine", true));
        QTRY_VERIFY_WITH_TIMEOUT(table().table()->find("class").has_value(), patience);
        const Column named = table().table()->column(table().table()->at("class"));
        QCOMPARE(named.shown(12), std::string("mine"));
        QVERIFY(named.missing(3));
        const QString file = path("set.csv");
        QVERIFY(with_dialog([&] { click(window(), "selection.keep"); }, file_answer(file)));
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(file), patience);
        const Table kept = open_table(file.toStdString()).table;
        QCOMPARE(kept.rows(), std::size_t{10});
        QCOMPARE(kept.column(kept.at("kind")).shown(0), std::string("versicolor"));
    }

    void a_step_runs_live_and_says_how_far_to_trust_it() {
        say_kinds();
        open_flowers();
        QVERIFY(add_step("steps.add.scale"));
        QVERIFY(add_step("steps.add.umap"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("step.2.run"), patience);
        answers_["embed"]["partials"][1]["ms"] = 20'000; // until it is told to stop
        say();
        QVERIFY(click(window(), "step.2.run"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("step.2.keep"), patience);
        // The points are the last partial ones: the groups lie 5 apart.
        QTRY_VERIFY_WITH_TIMEOUT(scatter().points() && scatter().points()->x.at(29) == 14.f, patience);
        QVERIFY(click(window(), "step.2.keep"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("step.2").contains("Trustworthiness 0.96 · neighbours kept 0.31"),
                                  qPrintable(text("step.2")), patience);
        QVERIFY(text("step.2").contains("1 row was filled in."));
        QTRY_COMPARE_WITH_TIMEOUT(scatter().points()->x.at(29), 24.f, patience);
        const Json spec = asked("embed").back();
        QVERIFY2(spec["method"] == "umap" && spec["steps"][0]["name"] == "scale" &&
                     spec["input"]["path"] == path("flowers.csv").toStdString(),
                 spec.dump().c_str());
        QTRY_VERIFY_WITH_TIMEOUT(table().table()->find("UMAP 2").has_value(), patience);

        QVERIFY(click(window(), "step.2.copy"));
        QCOMPARE(clipboard(), "eyepiece-cli embed " + path("flowers.csv") +
                                  " --method umap --step scale --seed 1 --out flowers-umap.csv");
        // Settings that change make what there is out of date, and say so.
        QVERIFY(choose(window(), "field.method", "range"));
        QTRY_VERIFY_WITH_TIMEOUT(text("step.2").contains("Settings changed since"), patience);
        // As eyepiece-cli takes several settings of a step.
        QVERIFY(type(window(), "field.columns", "width", true));
        QVERIFY(click(window(), "step.2.copy"));
        QCOMPARE(clipboard(), "eyepiece-cli embed " + path("flowers.csv") +
                                  " --method umap --step scale:columns=width:method=range --seed 1 --out "
                                  "flowers-umap.csv");
    }

    void clusters_become_a_column() {
        say_kinds();
        open_flowers();
        QVERIFY(add_step("steps.add.kmeans"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("step.1.run"), patience);
        QVERIFY(click(window(), "step.1.run"));
        QTRY_VERIFY2_WITH_TIMEOUT(
            text("step.1").contains("3 clusters\nSilhouette 0.61 · Davies-Bouldin 0.40"),
            qPrintable(text("step.1")), patience);
        QTRY_VERIFY_WITH_TIMEOUT(table().table()->find("k-means cluster").has_value(), patience);
        const Column clusters = table().table()->column(table().table()->at("k-means cluster"));
        QCOMPARE(clusters.shown(29), std::string("cluster 3"));
        QVERIFY(clusters.missing(0)); // noise
    }

    void clusters_say_how_stable_they_are_and_what_marks_them() {
        say_kinds();
        Json& result = answers_["cluster"]["result"];
        result["stability"] = {{"resamples", 20},
                               {"rows", 24},
                               {"adjusted_rand", {{"mean", 0.931}, {"spread", 0.02}}},
                               {"jaccard", {0.984, 0.41, nullptr}}};
        result["markers"] = {
            {{{"column", "length"}, {"effect", 2.44}}, {{"column", "width"}, {"effect", -1.0}}},
            {{{"column", "length"}, {"effect", "-inf"}}},
            Json::array()};
        say();
        open_flowers();
        QVERIFY(add_step("steps.add.kmeans"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("field.resamples"), patience);
        QVERIFY(type(window(), "field.resamples", "20"));
        QVERIFY(type(window(), "field.markers", "5", true));
        QVERIFY(click(window(), "step.1.run"));
        QTRY_VERIFY2_WITH_TIMEOUT(
            text("step.1").contains(
                "20 random parts of 24 rows agree by 0.93 ± 0.02 (adjusted Rand)\n"
                "cluster 1 · 9 rows · comes back by 0.98: length +2.4, width −1.0\n"
                "cluster 2 · 10 rows · comes back by 0.41 · not to be trusted: length −∞\n"
                "cluster 3 · 10 rows"),
            qPrintable(text("step.1")), patience);
        const Json set = asked("cluster").back()["set"];
        QVERIFY2(set["resamples"] == 20 && set["markers"] == 5, set.dump().c_str());
        QVERIFY(click(window(), "step.1.copy"));
        QVERIFY2(clipboard().contains("--set resamples=20"), qPrintable(clipboard()));
        // It comes back with the project.
        context().session.close();
        workbench_->open({path("project")});
        show_stage(Stage::Explore);
        QTRY_VERIFY2_WITH_TIMEOUT(text("step.1").contains("comes back by 0.98: length +2.4"),
                                  qPrintable(text("step.1")), patience);
    }

    void a_map_is_guided_by_a_column() {
        say_kinds();
        open_flowers();
        run_umap();
        QVERIFY(!asked("embed").back().contains("target"));
        QVERIFY(choose(window(), "step.1.target", "kind"));
        QTRY_VERIFY_WITH_TIMEOUT(text("step.1").contains("Settings changed since"), patience);
        QVERIFY(click(window(), "step.1.copy"));
        QVERIFY2(clipboard().contains("--target kind"), qPrintable(clipboard()));
        QVERIFY(click(window(), "step.1.run"));
        QTRY_VERIFY_WITH_TIMEOUT(asked("embed").back().value("target", std::string()) == "kind", patience);
        QTRY_VERIFY_WITH_TIMEOUT(text("step.1").contains("Trustworthiness"), patience);
        QVERIFY(!text("step.1").contains("Settings changed since"));
        context().session.close();
        workbench_->open({path("project")});
        show_stage(Stage::Explore);
        QTRY_VERIFY_WITH_TIMEOUT(enabled("step.1.target"), patience);
        QCOMPARE(window().findChild<QComboBox*>("step.1.target")->currentText(), QString("kind"));
        QVERIFY(!text("step.1").contains("Settings changed since"));
        // Clusters and preparing steps heed none.
        QVERIFY(add_step("steps.add.kmeans"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("field.resamples"), patience);
        QVERIFY(!enabled("step.2.target"));
    }

    void a_cancelled_step_and_a_failed_one_leave_what_there_is() {
        say_kinds();
        open_flowers();
        run_umap();
        QTRY_COMPARE_WITH_TIMEOUT(scatter().points()->x.at(29), 24.f, patience);
        answers_["embed"]["partials"][1]["ms"] = 20'000;
        say();
        QVERIFY(click(window(), "step.1.run"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("step.1.cancel"), patience);
        QTRY_COMPARE_WITH_TIMEOUT(scatter().points()->x.at(29), 14.f, patience);
        QVERIFY(click(window(), "step.1.cancel"));
        QTRY_COMPARE_WITH_TIMEOUT(scatter().points()->x.at(29), 24.f, patience);
        answers_["embed"] = {{"error", "The column \"kind\" has text. Leave it out."}};
        say();
        QTRY_VERIFY_WITH_TIMEOUT(enabled("step.1.run"), patience);
        QVERIFY(click(window(), "step.1.run"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("step.1").contains("Leave it out"), qPrintable(text("step.1")),
                                  patience);
        QCOMPARE(scatter().points()->x.at(29), 24.f);
    }

    void an_answer_that_does_not_fit_is_refused() {
        say_kinds();
        answers_["embed"]["partials"] = Json::array();
        answers_["embed"]["result"]["rows"] = 29;
        say();
        open_flowers();
        QVERIFY(add_step("steps.add.umap"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("step.1.run"), patience);
        QVERIFY(click(window(), "step.1.run"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("step.1").contains("does not fit the table"),
                                  qPrintable(text("step.1")), patience);
    }

    void the_exploration_comes_back_with_the_project() {
        say_kinds();
        open_flowers();
        run_umap();
        QTRY_COMPARE_WITH_TIMEOUT(scatter().points()->x.at(29), 24.f, patience);
        QVERIFY(choose(window(), "scatter.color", "length"));
        ScatterLegend* legend = scatter().legend();
        QTRY_VERIFY_WITH_TIMEOUT(scatter().coloring().kind == ScatterColoring::Kind::Numbers, patience);
        QVERIFY(legend->isVisible());
        context().session.close();
        const QString kept = path("project/explorations/0001-flowers/exploration.json");
        QVERIFY(QFile::exists(kept));
        QVERIFY(!shown(window(), "table"));
        workbench_->open({path("project")});
        show_stage(Stage::Explore);
        QTRY_VERIFY2_WITH_TIMEOUT(text("step.1").contains("Trustworthiness 0.96"), qPrintable(text("step.1")),
                                  patience);
        QTRY_VERIFY_WITH_TIMEOUT(scatter().points() && scatter().points()->x.at(29) == 24.f, patience);
        QVERIFY(!text("step.1").contains("Settings changed"));
        QTRY_VERIFY_WITH_TIMEOUT(scatter().coloring().title == "length", patience);
        // Another table, and this one is among those that the project knows.
        drop(write("other.csv", "p,q\n1,2\n3,4\n"));
        QTRY_VERIFY_WITH_TIMEOUT(text("explore.table").contains("other.csv"), patience);
        QTRY_VERIFY_WITH_TIMEOUT(enabled("explore.recent.0001-flowers"), patience);
        QVERIFY(click(window(), "explore.recent.0001-flowers"));
        QTRY_VERIFY_WITH_TIMEOUT(text("step.1").contains("Trustworthiness 0.96"), patience);
    }

    void the_same_steps_run_on_another_table() {
        say_kinds();
        open_flowers();
        QVERIFY(add_step("steps.add.scale"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("field.method"), patience);
        QVERIFY(choose(window(), "field.method", "range"));
        QVERIFY(add_step("steps.add.umap"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("step.2.run"), patience);
        QVERIFY(click(window(), "step.2.run"));
        QTRY_VERIFY_WITH_TIMEOUT(text("step.2").contains("Trustworthiness"), patience);
        QFile::copy(path("flowers.csv"), path("new.csv"));
        QVERIFY(with_dialog([&] { click(window(), "steps.other-table"); }, file_answer(path("new.csv"))));
        QTRY_VERIFY_WITH_TIMEOUT(text("explore.table").contains("new.csv"), patience);
        QTRY_VERIFY_WITH_TIMEOUT(enabled("steps.run-all"), patience);
        QVERIFY(!text("step.2").contains("Trustworthiness")); // of the other table
        QVERIFY(click(window(), "steps.run-all"));
        QTRY_VERIFY_WITH_TIMEOUT(text("step.2").contains("Trustworthiness"), patience);
        const Json spec = asked("embed").back();
        QVERIFY2(spec["input"]["path"] == path("new.csv").toStdString() &&
                     spec["steps"][0]["set"]["method"] == "range",
                 spec.dump().c_str());
        QTRY_VERIFY_WITH_TIMEOUT(enabled("explore.recent.0001-flowers"), patience); // it stays
    }

    void a_column_that_is_no_input_is_left_out() {
        say_kinds();
        open_flowers();
        QVERIFY(choose(window(), "column.name", "width"));
        QVERIFY(choose(window(), "column.role", "Note"));
        QTRY_VERIFY_WITH_TIMEOUT(table().table()->role(1) == ColumnRole::Annotation, patience);
        run_umap();
        const Json spec = asked("embed").back();
        const std::string columns = spec["input"]["columns"].dump();
        QVERIFY2(columns.find("length") != std::string::npos && columns.find("width") == std::string::npos,
                 columns.c_str());
    }

    void says_what_sets_the_selection_apart() {
        say_kinds();
        open_flowers();
        run_umap();
        ScatterLegend* legend = scatter().legend();
        QTRY_VERIFY_WITH_TIMEOUT(legend->isVisible(), patience);
        QTest::mouseClick(legend, Qt::LeftButton, {}, QPoint(40, legend->entry_rect(2).center().y()));
        auto* bars = window().findChild<QWidget*>("apart.bars");
        QTRY_VERIFY_WITH_TIMEOUT(bars && bars->isVisible(), patience);
        // virginica is the longest; the map's own axes are no finding.
        QVERIFY2(bars->accessibleDescription().startsWith("length: "),
                 qPrintable(bars->accessibleDescription()));
        QVERIFY(bars->accessibleDescription().contains("kind: virginica: 1.0"));
        QVERIFY(!bars->accessibleDescription().contains("UMAP"));
        QVERIFY2(text("apart.words").contains("standard deviations"), qPrintable(text("apart.words")));
        QVERIFY(choose(window(), "column.name", "width"));
        QTest::mouseClick(bars, Qt::LeftButton, {}, QPoint(20, 10));
        QCOMPARE(shown<QComboBox>(window(), "column.name")->currentText(), "length");
        take_picture("selected");
        QTest::keyClick(&scatter(), Qt::Key_Escape);
        QTRY_VERIFY_WITH_TIMEOUT(!bars->isVisible(), patience);
    }

    void real_tables_open() {
        const QString data = qEnvironmentVariable("EYEPIECE_SHARED_DATA");
        const QString iris = data + "/tabular/iris.csv";
        const QString cells = data + "/single_cell_highdim/pbmc3k";
        if (!QFile::exists(iris) || !QFileInfo::exists(cells))
            QSKIP("the shared data are not here");
        show_stage(Stage::Explore);
        drop(iris);
        QTRY_VERIFY2_WITH_TIMEOUT(text("explore.table").contains("150 rows × 5 columns"),
                                  qPrintable(text("explore.table")), patience);
        QTRY_VERIFY_WITH_TIMEOUT(scatter().points() && scatter().idle(), patience);
        take_picture("iris");
        drop(cells);
        QTRY_VERIFY2_WITH_TIMEOUT(text("explore.table").contains("sparse numbers"),
                                  qPrintable(text("explore.table")), patience);
        QTRY_VERIFY_WITH_TIMEOUT(scatter().points() && scatter().idle() && !table().busy(), patience);
        scatter().setFocus();
        QTest::keyClick(&scatter(), Qt::Key_Plus);
        drag(&scatter(), {{100, 100}, {500, 100}, {500, 400}, {100, 400}, {100, 102}});
        QTRY_VERIFY_WITH_TIMEOUT(window().findChild<QWidget*>("apart.bars")->isVisible(), patience);
        take_picture("cells");
    }

    void nothing_is_cut_at_this_size_and_every_control_has_a_name() {
        say_kinds();
        open_flowers();
        run_umap();
        take_picture("explore");
        for (const char* part : {"explore.data", "explore.steps", "explore.middle", "explore.selection"})
            for (const QAbstractButton* button : shown(window(), part)->findChildren<QAbstractButton*>()) {
                if (!button->isVisible())
                    continue;
                QVERIFY2(!button->text().isEmpty() || !button->accessibleName().isEmpty(),
                         qPrintable(QString::fromLatin1(button->metaObject()->className()) +
                                    button->objectName()));
                // A button whose words have just become longer gets its room with the next layout.
                QTRY_VERIFY2_WITH_TIMEOUT(button->text().isEmpty() ||
                                              button->width() >= button->minimumSizeHint().width(),
                                          qPrintable(button->objectName() + " is cut"), patience);
            }
        for (const QComboBox* box : middle()->findChildren<QComboBox*>())
            QVERIFY2(!box->accessibleName().isEmpty() && !box->toolTip().isEmpty(),
                     qPrintable(box->objectName()));
    }
};

QTEST_MAIN(TestExplorePanel)
#include "test_explore_panel.moc"
