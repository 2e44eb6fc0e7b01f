// SPDX-License-Identifier: GPL-3.0-or-later
// What is kept with an exploration beside its steps: fitted models, decisions about labels, and whose network
// its table was made by.
#include "plugins/explore_fixture.h"

#include <QMenu>
#include <optional>

using namespace eyepiece;
using namespace eyepiece::test;

class TestExploreKept : public ExploreTest {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs); }

    // By keyboard, with the mouse for what is no key's.
    void labels_that_look_wrong_are_walked_through() {
        say_models();
        Json& finding = answers_["check"]["result"]["findings"][1];
        finding["rows"] = {7, 21, 29};
        finding["row_count"] = 3;
        finding["figures"] = {
            {"model", "random-forest"},
            {"suggested",
             {{{"class", "virginica"},
               {"probability", 0.94},
               {"own", 0.02},
               {"neighbours", {{{"row", 20}, {"class", "virginica"}}, {{"row", 3}, {"class", "setosa"}}}}},
              {{"class", "setosa"}, {"probability", 0.9}, {"own", 0.1}},
              {{"class", "setosa"}, {"probability", 0.8}, {"own", 0.15}}}}};
        say();
        open_flowers();
        QVERIFY(press("findings.run"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("findings.walk"), patience);
        QVERIFY(press("findings.walk"));
        QTRY_VERIFY(enabled("walk.keep"));
        QVERIFY2(text_of("walk.card").startsWith("Row 8 · 1 of 3"), qPrintable(text_of("walk.card")));
        QVERIFY(text_of("walk.card")
                    .contains("kind says setosa. A model (random-forest) that learnt from other "
                              "rows takes it for virginica: 0.94, against 0.02."));
        QCOMPARE(text_of("walk.neighbours"), QString("The rows most like it: 21 virginica, 4 setosa."));
        QTRY_VERIFY(text_of("explore.selection").contains("1 ROW\n"));
        take_picture("walk");
        QVERIFY(press("walk.near"));
        QTRY_VERIFY(text_of("explore.selection").contains("3 ROWS"));
        auto* walk = window().findChild<QWidget*>("explore.label-walk");
        const auto label = [&](std::size_t row) {
            const auto table = shown<TableView>(window(), "table")->table();
            return QString::fromStdString(table->column(table->at("kind")).shown(row));
        };
        walk->setFocus();
        QTest::keyClick(walk, Qt::Key_C); // change
        QTRY_COMPARE_WITH_TIMEOUT(label(7), QString("virginica"), patience);
        QVERIFY(text_of("walk.card").startsWith("Row 22 · 2 of 3"));
        QVERIFY(!window().findChild<QWidget*>("walk.neighbours")->isVisible()); // it was told none
        QTest::keyClick(walk, Qt::Key_K);                                       // keep
        QVERIFY(text_of("walk.card").startsWith("Row 30 · 3 of 3"));
        QTest::keyClick(walk, Qt::Key_L); // leave out
        QVERIFY2(text_of("walk.card").contains("1 kept, 1 changed, 1 left out, of 3"),
                 qPrintable(text_of("walk.card")));
        QTRY_COMPARE_WITH_TIMEOUT(label(29), QString(), patience);
        QVERIFY(!enabled("walk.keep"));
        QVERIFY(text_of("findings.words").contains("check again"));
        QVERIFY(press("findings.copy"));
        QVERIFY2(clipboard().contains("--relabel kind:8=virginica") &&
                     clipboard().contains("--relabel kind:30="),
                 qPrintable(clipboard()));
        QVERIFY(!clipboard().contains("kind:22"));

        // Undone in their order, back to the row; another class than the model's can be chosen.
        QTest::keyClick(walk, Qt::Key_U);
        QVERIFY(text_of("walk.card").startsWith("Row 30 · 3 of 3"));
        QTRY_COMPARE_WITH_TIMEOUT(label(29), QString("virginica"), patience);
        QTest::keyClick(walk, Qt::Key_P);
        QVERIFY(text_of("walk.card").startsWith("Row 22 · 2 of 3"));
        QVERIFY(text_of("walk.card").contains("Decided: virginica."));
        choose_text("walk.class", "setosa");
        QVERIFY(press("walk.change"));
        QTRY_COMPARE_WITH_TIMEOUT(label(21), QString("setosa"), patience);

        // What was decided is the engine's, too, and comes back with the project; the walk goes on there.
        QVERIFY(press("models.run"));
        QTRY_VERIFY_WITH_TIMEOUT(ranking()->isVisible(), patience);
        const Json relabel = asked("fit").back()["input"]["relabel"]["kind"];
        QVERIFY2((relabel == Json{{{"row", 7}, {"label", "virginica"}}, {{"row", 21}, {"label", "setosa"}}}),
                 relabel.dump().c_str());
        context().session.close();
        QVERIFY(!enabled("walk.undo"));
        workbench_->open({path("project")});
        show_stage(Stage::Explore);
        QTRY_VERIFY_WITH_TIMEOUT(window().findChild<QWidget*>("findings.walk"), patience);
        QTRY_COMPARE_WITH_TIMEOUT(label(7), QString("virginica"), patience);
        QVERIFY(press("findings.walk"));
        QTRY_VERIFY2(text_of("walk.card").startsWith("Row 30 · 3 of 3"), qPrintable(text_of("walk.card")));
        for (int time = 0; time < 3; ++time)
            QVERIFY(press("walk.undo"));
        QTRY_COMPARE_WITH_TIMEOUT(label(7), QString("setosa"), patience);
        QVERIFY(text_of("walk.card").startsWith("Row 8 · 1 of 3"));
        QVERIFY(!enabled("walk.undo"));
        QTest::keyClick(window().findChild<QWidget*>("explore.label-walk"), Qt::Key_Escape);
        QVERIFY(!enabled("walk.keep"));
    }

    void a_model_is_kept_and_predicts_another_table() {
        say_models();
        open_flowers();
        QVERIFY(!enabled("models.keep"));
        QVERIFY(press("models.run"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("models.keep"), patience);
        answers_["fit"]["result"]["rows"] = 30;
        answers_["fit"]["result"]["columns"] = {"length", "width", "garden"};
        say();
        QVERIFY(press("models.keep"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("models.ridge-1.apply"), patience);
        const Json fitted = asked("fit").back();
        QVERIFY(fitted["models"] == Json::array({"ridge"}) && fitted["target"] == "kind");
        const QString stored = path("project/explorations/0001-flowers/ridge-1.model");
        QCOMPARE(fitted["save"].get<std::string>(), stored.toStdString());
        QCOMPARE(text_of("models.ridge-1"),
                 QString("Ridge\nPredicts kind · fitted to 30 rows and 3 columns"));
        QVERIFY(ranking()->accessibleDescription().contains("Ridge: 0.90 ± 0.03")); // the ranking stays
        take_picture("kept");

        // Another table: its classes become columns.
        const QString july = write("july.csv", "length,width,garden\n1,2,north\n3,4,south\n5,6,north\n");
        answers_["apply"] = {
            {"result",
             {{"rows", 2},
              {"kept_rows", {0, 2}},
              {"classes", {{{"name", "setosa"}, {"rows", 1}}, {{"name", "virginica"}, {"rows", 1}}}},
              {"scores", {{"balanced-accuracy", 0.875}, {"rows", 2}}},
              {"notes", {"In 1 row of july.csv the column \"garden\" holds what is not known."}}}},
            {"bytes", {{{"values", {0.75, 0.25, 0.125, 0.875}}, {"type", "float64"}}}}};
        say();
        QVERIFY(with_dialog([&] { press("models.ridge-1.apply"); }, file_answer(july)));
        QTRY_VERIFY_WITH_TIMEOUT(text_of("explore.table").contains("3 rows × 3 columns"), patience);
        QTRY_VERIFY2_WITH_TIMEOUT(text_of("step.1").contains("setosa 1 · virginica 1"),
                                  qPrintable(text_of("step.1")), patience);
        QVERIFY2(text_of("step.1").startsWith("1 · kind by Ridge"), qPrintable(text_of("step.1")));
        QVERIFY(text_of("step.1").contains("Where 2 rows say what is right: balanced accuracy 0.88"));
        QVERIFY(text_of("step.1").contains("holds what is not known"));
        take_picture("predicted");
        const Json applied = asked("apply").back();
        QCOMPARE(applied["model"].get<std::string>(), stored.toStdString());
        QCOMPARE(applied["input"]["path"].get<std::string>(), july.toStdString());
        const auto column = [&](const char* name) {
            const auto* view = window().findChild<TableView*>("table"); // in sight or not
            const auto table = view ? view->table() : nullptr;
            const auto at = table ? table->find(name) : std::nullopt;
            return at ? std::optional<Column>(table->column(*at)) : std::nullopt;
        };
        QTRY_VERIFY_WITH_TIMEOUT(column("kind by Ridge"), patience);
        const Column kinds = *column("kind by Ridge"), sure = *column("kind by Ridge: virginica");
        QCOMPARE(kinds.shown(0) + "," + kinds.shown(1) + "," + kinds.shown(2),
                 std::string("setosa,,virginica")); // the middle row was left out
        QCOMPARE(sure.number(2), 0.875);
        QVERIFY(sure.missing(1));
        QVERIFY(press("step.1.copy"));
        QVERIFY2(clipboard().contains("apply") && clipboard().contains("--model " + stored),
                 qPrintable(clipboard()));

        // All of it comes back, wherever the project lies by then; the model is offered for this table, too.
        context().session.close();
        QVERIFY(QDir().rename(path("project"), path("moved")));
        const Json record =
            read_json_file(path("moved/explorations/0002-july/exploration.json").toStdString());
        QCOMPARE(record["steps"][0]["set"]["model"].get<std::string>(),
                 std::string("../0001-flowers/ridge-1.model"));
        workbench_->open({path("moved")});
        show_stage(Stage::Explore);
        QTRY_VERIFY_WITH_TIMEOUT(column("kind by Ridge"), patience);
        QCOMPARE(column("kind by Ridge")->shown(2), std::string("virginica"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("step.1.run"), patience);
        QVERIFY(press("step.1.run"));
        QTRY_COMPARE_WITH_TIMEOUT(QString::fromStdString(asked("apply").back()["model"].get<std::string>()),
                                  path("moved/explorations/0001-flowers/ridge-1.model"), patience);
        auto* menu = window().findChild<QMenu*>("steps.menu");
        QTRY_VERIFY_WITH_TIMEOUT(menu->findChild<QAction*>("steps.predict.ridge-1"), patience);

        // What is missing is said where it is missing.
        answers_["apply"] = {{"error", "july.csv lacks 1 of the 4 columns that are needed: \"area\"."}};
        say();
        menu->findChild<QAction*>("steps.predict.ridge-1")->trigger();
        QTRY_VERIFY2_WITH_TIMEOUT(text_of("step.2.problem").contains("\"area\""),
                                  qPrintable(text_of("step.2.problem")), patience);
        QVERIFY(column("kind by Ridge")); // that of before stays
    }

    void a_kept_model_is_deleted_with_its_file() {
        say_models();
        open_flowers();
        QVERIFY(press("models.run"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("models.keep"), patience);
        QVERIFY(press("models.keep"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("models.ridge-1.forget"), patience);
        const QString stored = write("project/explorations/0001-flowers/ridge-1.model", "what was learnt");
        QVERIFY(press("models.keep")); // the first one stays what it is
        QTRY_VERIFY_WITH_TIMEOUT(enabled("models.ridge-2.forget"), patience);
        QVERIFY(press("models.ridge-1.forget"));
        QTRY_VERIFY(!enabled("models.ridge-1.forget"));
        QVERIFY(!QFile::exists(stored));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("models.ridge-2.forget"), patience);
        answers_["fit"] = {{"error", "The disk is full."}};
        say();
        QVERIFY(press("models.keep"));
        QTRY_VERIFY_WITH_TIMEOUT(text_of("models.keep-problem").contains("disk is full"), patience);
        QVERIFY(enabled("models.keep"));
        // Without a project there is nowhere to keep one.
        context().session.close();
        QVERIFY(!enabled("models.ridge-2.forget"));
    }

    void what_a_network_makes_of_the_images_becomes_a_table() {
        answers_["list:tables"]["result"] =
            entries({{{"name", "images"}, {"title", "x"}, {"help", "x"}, {"parameters", Json::array()}},
                     {{"name", "activations"},
                      {"title", "What a network sees"},
                      {"help", "A row for each image."},
                      {"parameters",
                       ParameterSchema({text_parameter("run", "", "Run", "Which."),
                                        text_parameter("layer", "", "Layer", "Which."),
                                        boolean_parameter("spread", false, "Spread", "The deviation, too.")})
                           .to_json()}}});
        answers_["layers"]["result"] = {{"layers", {"encoder1", "encoder2", "bottleneck"}}};
        answers_["tabulate"] = {{"error", "The network's weights cannot be read."}};
        say();
        show_stage(Stage::Explore);
        auto* menu = window().findChild<QMenu*>("explore.open.menu");
        const auto offered = [&]() -> QAction* {
            click(window(), "explore.open");
            menu->close();
            for (QAction* action : menu->actions())
                if (action->objectName() == "from-activations")
                    return action;
            return nullptr;
        };
        QTRY_VERIFY_WITH_TIMEOUT(offered(), patience);
        offered()->trigger();
        QVERIFY(text("explore.making").contains("What a network sees"));
        QVERIFY(text("explore.making").contains("No network is trained here yet"));
        QVERIFY(!enabled("explore.make"));
        const QString run = make_run();
        QTRY_VERIFY_WITH_TIMEOUT(enabled("explore.making-layer"), patience);
        auto* layer = window().findChild<QComboBox*>("explore.making-layer");
        QTRY_COMPARE_WITH_TIMEOUT(layer->count(), 3, patience);
        QCOMPARE(asked("layers").back()["model"].get<std::string>(),
                 project_folder() + ":" + run.toStdString());
        QVERIFY(!window().findChild<QWidget*>("field.run") && !window().findChild<QWidget*>("field.layer"));
        QVERIFY(choose(window(), "explore.making-layer", "encoder2"));
        take_picture("network");
        QVERIFY(click(window(), "explore.make"));
        QTRY_VERIFY_WITH_TIMEOUT(text("explore.making-problem").contains("weights"), patience);
        const Json input = asked("tabulate").back()["input"];
        QVERIFY(input["from"] == "activations");
        QVERIFY2((input["set"] == Json{{"run", run.toStdString()}, {"layer", "encoder2"}}),
                 input.dump().c_str());
        QCOMPARE(layer->currentText(), QString("encoder2")); // and can be tried again
        QVERIFY(enabled("explore.make"));
    }
};

QTEST_MAIN(TestExploreKept)
#include "test_explore_kept.moc"
