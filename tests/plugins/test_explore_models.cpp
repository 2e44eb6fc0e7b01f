// SPDX-License-Identifier: GPL-3.0-or-later
// Simple models and checks of the data, by mouse in the real window, with an engine that answers as told, and
// on real data with the real one.
#include "plugins/explore_fixture.h"
#include "widgets/plots/confusion_matrix.h"
#include "widgets/plots/line_plot.h"
#include "widgets/table/row_selection.h"
#include "widgets/table/table_view.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>
#include <QPushButton>
#include <QRegularExpression>
#include <QTableWidget>

using namespace eyepiece;
using namespace eyepiece::test;

class TestExploreModels : public ExploreTest {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs); }

    void all_models_are_ranked_and_explained() {
        say_models();
        open_flowers();
        QCOMPARE(box("models.target")->currentText(), QString("kind")); // the first of the categories
        choose_text("models.group", "garden");
        QVERIFY(press("models.run"));
        QTRY_VERIFY_WITH_TIMEOUT(ranking()->isVisible(), patience);
        const Json asked = this->asked("fit").back();
        QCOMPARE(asked["target"].get<std::string>(), std::string("kind"));
        QCOMPARE(asked["group"].get<std::string>(), std::string("garden"));
        QVERIFY(asked["input"]["path"].get<std::string>().ends_with("flowers.csv"));

        QCOMPARE(ranking()->accessibleDescription(),
                 QString("Majority class: 0.50 ± 0.03, Ridge: 0.90 ± 0.03, Random forest: 0.52 ± 0.03 (not "
                         "clearly better), SVM: failed (not clearly better)"));
        QVERIFY(text_of("models.facts").contains("Balanced accuracy, mean of 5 folds"));
        QVERIFY(text_of("models.facts").contains("1 row without a target"));
        QTRY_VERIFY(text_of("explore.models").contains("What Ridge goes by", Qt::CaseInsensitive));
        QCOMPARE(window().findChild<QWidget*>("models.bars")->accessibleDescription(),
                 QString("length: 0.40")); // what makes no difference is left out

        // Another one is fitted alone, and explained.
        answers_["fit"]["result"]["best"] = "forest";
        answers_["fit"]["result"]["explanation"] = explained("forest", "width");
        say();
        QTest::mouseClick(ranking(), Qt::LeftButton, {}, QPoint(60, ranking()->height() * 5 / 8));
        QTRY_VERIFY_WITH_TIMEOUT(
            window().findChild<QWidget*>("models.bars")->accessibleDescription() == "width: 0.40", patience);
        QVERIFY(this->asked("fit").back()["models"] == Json::array({"forest"}));

        // The keyboard keeps its place when the list is shown anew.
        ranking()->setFocus();
        QTest::keyClick(ranking(), Qt::Key_Up);
        choose_text("models.group", "No groups");
        choose_text("models.group", "garden");
        QTest::keyClick(ranking(), Qt::Key_Return);
        QTRY_VERIFY(text_of("explore.models").contains("What Ridge goes by", Qt::CaseInsensitive));

        // A second run explains its own best model.
        QVERIFY(press("models.run"));
        QTRY_VERIFY_WITH_TIMEOUT(
            text_of("explore.models").contains("What Random forest goes by", Qt::CaseInsensitive), patience);

        // What is asked now is no longer what was answered.
        QVERIFY(!text_of("models.facts").contains("try again"));
        choose_text("models.target", "garden");
        QVERIFY(text_of("models.facts").contains("try again"));
        QVERIFY(press("models.copy"));
        QVERIFY(QGuiApplication::clipboard()->text().contains("fit"));
        QVERIFY(QGuiApplication::clipboard()->text().contains("--target garden"));
    }

    void a_model_without_a_score_is_one_that_failed() {
        say_models();
        answers_["fit"]["result"]["models"][2]["scores"]["balanced-accuracy"]["mean"] = nullptr;
        say();
        open_flowers();
        QVERIFY(press("models.run"));
        QTRY_VERIFY_WITH_TIMEOUT(ranking()->isVisible(), patience);
        QVERIFY(ranking()->accessibleDescription().contains("Random forest: failed"));
        QVERIFY(ranking()->accessibleDescription().contains("Ridge: 0.90 ± 0.03"));
    }

    void what_is_to_be_predicted_is_kept() {
        say_models();
        open_flowers();
        choose_text("models.target", "width");
        open_flowers();
        QTRY_COMPARE_WITH_TIMEOUT(box("models.target")->currentText(), QString("width"), patience);
    }

    void findings_select_their_rows() {
        say_models();
        open_flowers();
        QVERIFY(press("findings.run"));
        QTRY_VERIFY_WITH_TIMEOUT(window().findChild<QWidget*>("findings.show.1"), patience);
        QCOMPARE(this->asked("check").back()["target"].get<std::string>(), std::string("kind"));
        QVERIFY(text_of("findings.card.0").contains("Leaking column"));
        QVERIFY(!window().findChild<QWidget*>("findings.show.0")); // it names no rows
        QVERIFY(text_of("findings.words").contains("No other table is named."));
        QVERIFY(press("findings.show.1"));
        QTRY_VERIFY(text_of("explore.selection").contains("2 rows"));
    }

    void nothing_found_says_what_was_checked() {
        say_models();
        answers_["check"]["result"]["findings"] = Json::array();
        say();
        open_flowers();
        QVERIFY(press("findings.run"));
        QTRY_VERIFY2_WITH_TIMEOUT(
            text_of("findings.words").startsWith("Nothing stands out. Checked: duplicates, outliers."),
            qPrintable(text_of("findings.words")), patience);
    }

    void another_table_is_compared_with() {
        say_models();
        open_flowers();
        const QString july = write("july.csv", "length,width,kind,garden\n1,2,setosa,north\n");
        answers_["check"]["result"]["checked"].push_back("drift");
        answers_["check"]["result"]["skipped"] = Json::array();
        say();
        QVERIFY(with_dialog([&] { press("findings.other"); }, file_answer(july)));
        QTRY_VERIFY2_WITH_TIMEOUT(text_of("findings.words").contains("july.csv is alike"),
                                  qPrintable(text_of("findings.words")), patience);
        QVERIFY(asked("check").back()["other"]["path"] == july.toStdString());
        QCOMPARE(text_of("findings.compared"), QString("Compared with july.csv"));
        QVERIFY(press("findings.copy"));
        QVERIFY2(clipboard().endsWith("--target kind --other " + july), qPrintable(clipboard()));

        answers_["check"]["result"]["findings"].push_back(
            {{"kind", "drift"},
             {"severity", "serious"},
             {"sentence", "The two tables differ."},
             {"column", "width"},
             {"rows", Json::array()},
             {"row_count", 0},
             {"figures",
              {{"roc_auc", 0.9},
               {"columns",
                {{{"column", "width"}, {"importance", 0.31}}, {{"column", "length"}, {"importance", 0.0}}}},
               {"other_rows", {0, 6}}}}});
        say();
        QVERIFY(press("findings.run"));
        QTRY_VERIFY_WITH_TIMEOUT(window().findChild<QWidget*>("findings.drift"), patience);
        auto* bars = window().findChild<QWidget*>("findings.drift");
        QCOMPARE(bars->accessibleDescription(), QString("width: 0.31"));
        QVERIFY(text_of("findings.card.2").contains("other table's rows 1, 7"));
        QVERIFY(!text_of("findings.words").contains("is alike"));
        bring_into_sight(bars);
        QTest::mouseClick(bars, Qt::LeftButton, {}, QPoint(40, bars->height() / 2));
        QTRY_COMPARE(box("column.name")->currentText(), QString("width"));
        take_picture("drift");

        // The other table is kept with the exploration until it is taken away.
        context().session.close();
        workbench_->open({path("project")});
        show_stage(Stage::Explore);
        QTRY_VERIFY_WITH_TIMEOUT(window().findChild<QWidget*>("findings.drift"), patience);
        QCOMPARE(text_of("findings.compared"), QString("Compared with july.csv"));
        QTRY_VERIFY(!text_of("findings.words").contains("check again"));
        QVERIFY(press("findings.without"));
        QTRY_VERIFY_WITH_TIMEOUT(!asked("check").back().contains("other"), patience);
        QTRY_VERIFY(!window().findChild<QWidget*>("findings.compared")->isVisible());
    }

    void failures_leave_the_rest() {
        say_models();
        open_flowers();
        QVERIFY(press("models.run"));
        QTRY_VERIFY_WITH_TIMEOUT(ranking()->isVisible(), patience);
        answers_["fit"] = {{"error", "One class has a single row."}};
        say();
        QVERIFY(press("models.run"));
        QTRY_VERIFY_WITH_TIMEOUT(text_of("models.problem").contains("single row"), patience);
        QVERIFY(ranking()->isVisible()); // the answer of before is still there
        answers_["check"] = {{"die", path("died").toStdString()}};
        say();
        QVERIFY(press("findings.run"));
        QTRY_VERIFY_WITH_TIMEOUT(!text_of("findings.problem").isEmpty(), patience);
        QVERIFY(window().findChild<QPushButton*>("findings.run")->isEnabled());
    }

    void answers_come_back_with_the_project() {
        say_models();
        open_flowers();
        QVERIFY(press("models.run"));
        QTRY_VERIFY_WITH_TIMEOUT(ranking()->isVisible(), patience);
        QVERIFY(press("findings.run"));
        QTRY_VERIFY_WITH_TIMEOUT(window().findChild<QWidget*>("findings.show.1"), patience);
        context().session.close();
        QVERIFY(!window().findChild<QWidget*>("findings.show.1"));
        workbench_->open({path("project")});
        show_stage(Stage::Explore);
        QTRY_VERIFY_WITH_TIMEOUT(ranking()->isVisible(), patience);
        QTRY_VERIFY_WITH_TIMEOUT(
            text_of("explore.models").contains("What Ridge goes by", Qt::CaseInsensitive), patience);
        QVERIFY(ranking()->accessibleDescription().contains("Ridge: 0.90 ± 0.03"));
        QTRY_VERIFY_WITH_TIMEOUT(!text_of("models.facts").contains("try again"), patience);
        QVERIFY(!text_of("findings.words").contains("check again"));
        QVERIFY(press("findings.show.1"));
        QTRY_VERIFY(text_of("explore.selection").contains("2 rows"));
        QCOMPARE(asked("fit").size() + asked("check").size(), std::size_t(2)); // nothing was asked again

        // They come back with their table, too, after another one was open.
        drop(write("other.csv", "p,q\n1,2\n3,4\n"), "2 rows × 2 columns");
        QVERIFY(!ranking()->isVisible());
        QVERIFY(!window().findChild<QWidget*>("findings.show.1"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("explore.recent.0001-flowers"), patience);
        QVERIFY(press("explore.recent.0001-flowers"));
        QTRY_VERIFY_WITH_TIMEOUT(ranking()->isVisible(), patience);
        QTRY_VERIFY_WITH_TIMEOUT(box("models.target")->count() > 1, patience);
        QVERIFY(!text_of("models.facts").contains("try again"));

        // What prepares the table has changed since.
        auto* menu = window().findChild<QMenu*>("steps.menu");
        QTRY_VERIFY_WITH_TIMEOUT(menu->actions().size() > 1, patience);
        menu->actions().at(1)->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(text_of("models.facts").contains("try again"), patience);
        QVERIFY(text_of("findings.words").contains("check again"));
        QTRY_VERIFY_WITH_TIMEOUT(window().findChild<QWidget*>("step.1.remove"), patience);
        QVERIFY(press("step.1.remove"));
        QTRY_VERIFY_WITH_TIMEOUT(!text_of("models.facts").contains("try again"), patience);
        QVERIFY(!text_of("findings.words").contains("check again"));

        // So has the target.
        choose_text("models.target", "width");
        QVERIFY(text_of("models.facts").contains("try again"));
        QVERIFY(text_of("findings.words").contains("check again"));
    }

    void explorations_without_answers_and_of_other_rows_open() {
        say_models();
        open_flowers();
        QVERIFY(press("models.run"));
        QTRY_VERIFY_WITH_TIMEOUT(ranking()->isVisible(), patience);
        context().session.close();
        // As it was written before answers were kept.
        const std::filesystem::path kept =
            path("project/explorations/0001-flowers/exploration.json").toStdString();
        Json json = read_json_file(kept);
        QVERIFY(json["answers"].contains("models"));
        const Json answers = json["answers"];
        json.erase("answers");
        write_file_atomically(kept, json.dump());
        workbench_->open({path("project")});
        show_stage(Stage::Explore);
        QTRY_VERIFY_WITH_TIMEOUT(text_of("explore.table").contains("30 rows"), patience);
        QVERIFY(!ranking()->isVisible());
        QCOMPARE(box("models.target")->currentText(), QString("kind"));
        context().session.close();
        // What was said of 30 rows says nothing of 31.
        json["answers"] = answers;
        write_file_atomically(kept, json.dump());
        QFile file(path("flowers.csv"));
        QVERIFY(file.open(QIODevice::Append) && file.write("3,4,setosa,north\n") > 0);
        file.close();
        workbench_->open({path("project")});
        show_stage(Stage::Explore);
        QTRY_VERIFY_WITH_TIMEOUT(text_of("explore.table").contains("31 rows"), patience);
        QVERIFY(!ranking()->isVisible());
    }

    void the_whole_explanation_is_shown() {
        say_models();
        Json& answer = answers_["fit"]["result"];
        answer["classes"] = {{{"name", "setosa"}, {"rows", 15}}, {{"name", "virginica"}, {"rows", 15}}};
        answer["confusion"] = {{14, 1}, {3, 12}};
        answer["explanation"]["coefficients"] = {{{"feature", "width"}, {"values", {0.25}}},
                                                 {{"feature", "length"}, {"values", {-1.5}}}};
        answer["explanation"]["partial_dependence"] = {
            {{"column", "length"},
             {"grid", {0, 15, 29}},
             {"curves", {{{"class", 1}, {"values", {0.1, 0.5, 0.9}}}}}},
            {{"column", "garden"},
             {"grid", {0, 1}},
             {"labels", {"north", "south"}},
             {"curves", {{{"class", 1}, {"values", {0.48, 0.53}}}}}}};
        answer["explanation"]["shap"] = {{"model", "forest"},
                                         {"unit", "probability"},
                                         {"rows", 30},
                                         {"columns",
                                          {{{"column", "length"}, {"value", 0.2}, {"classes", {0.15, 0.25}}},
                                           {{"column", "garden"}, {"value", 0.0}, {"classes", {0.0, 0.0}}}}}};
        say();
        open_flowers();
        QVERIFY(press("models.run"));
        QTRY_VERIFY_WITH_TIMEOUT(ranking()->isVisible(), patience);
        QVERIFY(press("models.whole"));
        auto* dialog = window().findChild<QDialog*>("explanation");
        QVERIFY(dialog && dialog->isVisible());
        QCOMPARE(dialog->windowTitle(), QString("Ridge of kind"));
        auto* bars = shown<QWidget>(*dialog, "explanation.bars");
        QCOMPARE(bars->accessibleDescription(), QString("length: 0.40, garden: 0.00"));
        QVERIFY(choose(*dialog, "explanation.measure",
                       "Mean size of Shapley values of Random forest, in probability (30 rows)"));
        QCOMPARE(bars->accessibleDescription(), QString("length: 0.20, garden: 0.00"));

        auto* curves = shown<LinePlot>(*dialog, "explanation.curves");
        QVERIFY(curves && curves->csv().contains("0.9"));
        QVERIFY(curves->legend_text().contains("virginica"));
        QTest::mouseClick(bars, Qt::LeftButton, {}, QPoint(40, bars->height() * 3 / 4)); // garden
        auto* levels = shown<QTableWidget>(*dialog, "explanation.levels");
        QVERIFY(levels);
        QCOMPARE(levels->item(1, 0)->text(), QString("south"));
        QCOMPARE(levels->item(1, 1)->text(), QString("0.53"));
        QCOMPARE(levels->horizontalHeaderItem(1)->text(), QString("virginica"));

        auto* matrix = shown<ConfusionMatrix>(*dialog, "confusion-matrix");
        QVERIFY(matrix);
        QCOMPARE(matrix->describe(1, 0),
                 QString("20.0 % of the rows of virginica were taken for setosa (3 rows)."));
        QVERIFY(dialog->findChild<QLabel*>("explanation.confusion")->text().contains("26 of 30 rows"));
        auto* coefficients = shown<QTableWidget>(*dialog, "explanation.coefficients");
        QVERIFY(coefficients);
        QCOMPARE(coefficients->item(0, 0)->text(), QString("length")); // the larger one
        QCOMPARE(coefficients->item(0, 1)->text(), QString("-1.5"));
        QCOMPARE(coefficients->horizontalHeaderItem(1)->text(), QString("towards virginica"));
        QTest::keyClick(dialog, Qt::Key_Escape);
        QTRY_VERIFY(!window().findChild<QDialog*>("explanation"));
    }

    void real_flowers_are_ranked_explained_and_checked() {
        const QString iris = qEnvironmentVariable("EYEPIECE_SHARED_DATA") + "/tabular/iris.csv";
        const QString cli = qEnvironmentVariable("EYEPIECE_BIN") + "/eyepiece-cli";
        if (!QFile::exists(iris))
            QSKIP("the shared data are not here");
        if (!QFile::exists(cli))
            QSKIP("the engine is not built");
        workbench_.reset();
        QSettings settings(path("settings.ini"), QSettings::IniFormat);
        settings.setValue("engine/command", "\"" + cli + "\" serve");
        settings.sync();
        workbench_ = std::make_unique<Workbench>(path("settings.ini"));
        window().resize(1440, 900);
        window().show();
        workbench_->open({path("project")});
        drop(iris, "150 rows × 5 columns");
        QTRY_COMPARE_WITH_TIMEOUT(box("models.target")->currentText(), QString("class"), patience);
        QVERIFY(press("models.run"));
        QTRY_VERIFY2_WITH_TIMEOUT(ranking()->isVisible(), qPrintable(text_of("models.problem")),
                                  3 * patience);
        const QString said = ranking()->accessibleDescription();
        QVERIFY2(said.startsWith("Majority or mean: 0.33 ± 0.00, "), qPrintable(said));
        QVERIFY2(!said.contains("failed") && said.count(": 0.9") >= 5, qPrintable(said));
        QTRY_VERIFY(window().findChild<QWidget*>("models.whole")->isVisible());
        QVERIFY(press("models.whole"));
        auto* dialog = window().findChild<QDialog*>("explanation");
        QVERIFY(dialog && dialog->isVisible());
        auto* matrix = shown<ConfusionMatrix>(*dialog, "confusion-matrix");
        QVERIFY(matrix);
        QCOMPARE(matrix->share(0, 0), 1.0); // setosa stands apart: any good model finds all
        QVERIFY(matrix->share(1, 1) > 0.85 && matrix->share(2, 2) > 0.85);
        QVERIFY(shown<LinePlot>(*dialog, "explanation.curves"));
        dialog->close();

        QVERIFY(press("findings.run"));
        QTRY_VERIFY2_WITH_TIMEOUT(text_of("explore.findings").contains("duplicate", Qt::CaseInsensitive),
                                  qPrintable(text_of("explore.findings")), patience);

        // The best model is kept, and finds the kinds of the same flowers in another file, columns turned.
        QVERIFY(press("models.keep"));
        QTRY_VERIFY2_WITH_TIMEOUT(text_of("explore.kept-models").contains("fitted to 150 rows and 4 columns"),
                                  qPrintable(text_of("models.keep-problem")), patience);
        const auto flowers = shown<TableView>(window(), "table")->table();
        QByteArray turned;
        for (std::size_t at = 5; at-- > 0;)
            turned += QByteArray::fromStdString(flowers->name(at)) + (at > 0 ? "," : "\n");
        for (std::size_t row = 0; row < 150; ++row)
            for (std::size_t at = 5; at-- > 0;)
                turned += QByteArray::fromStdString(flowers->column(at).shown(row)) + (at > 0 ? "," : "\n");
        const QString other = write("turned.csv", turned);
        const auto applies = window()
                                 .findChild<QWidget*>("explore.kept-models")
                                 ->findChildren<QPushButton*>(QRegularExpression("\\.apply$"));
        QCOMPARE(applies.size(), 1);
        const QByteArray name = applies.front()->objectName().toUtf8();
        QVERIFY(with_dialog([&] { press(name.constData()); }, file_answer(other)));
        QTRY_VERIFY2_WITH_TIMEOUT(text_of("step.1").contains("Where 150 rows say what is right"),
                                  qPrintable(text_of("step.1") + text_of("step.1.problem")), patience);
        QVERIFY2(text_of("step.1").contains(QRegularExpression("balanced accuracy (0\\.9|1)")),
                 qPrintable(text_of("step.1")));
    }
};

QTEST_MAIN(TestExploreModels)
#include "test_explore_models.moc"
