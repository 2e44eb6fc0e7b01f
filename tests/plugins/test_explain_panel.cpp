// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/panel_fixture.h"

using namespace eyepiece;
using namespace eyepiece::test;

class TestExplainPanel : public PanelTest {
    Q_OBJECT
    QString run_;

    void start_with_a_run() {
        answers_["list:explainers"]["result"] =
            entries({{{"name", "input-gradient"}, {"title", "Input gradient"}, {"help", "x"}},
                     {{"name", "grad-cam"}, {"title", "Grad-CAM"}, {"help", "x"}, {"needs_layer", true}}});
        answers_["layers"]["result"] = {{"layers", {"encoder.0", "bottom", "decoder.0"}}};
        answers_["explain"] = {{"result",
                                {{"width", side},
                                 {"height", side},
                                 {"region", {0, 0, side, side}},
                                 {"signed", false},
                                 {"minimum", 0.0},
                                 {"maximum", 1.0},
                                 {"score", 3.25},
                                 {"layer", "bottom"},
                                 {"explained", "\"nucleus\" of the object at the point"}}},
                               {"bytes", {{{"type", "float32"}, {"width", side}, {"height", side}}}}};
        run_ = make_run();
        say();
        show_stage(Stage::Explain);
        QTRY_VERIFY_WITH_TIMEOUT(enabled("explain.start"), patience);
        QTRY_VERIFY_WITH_TIMEOUT(canvas().idle() && canvas().has_image(), patience);
    }
    const Layer* map() const { return canvas().layers().find("attribution"); }

private Q_SLOTS:
    void without_a_run_it_says_what_to_do() {
        show_stage(Stage::Explain);
        QVERIFY2(text("explain.result").contains("Train a model first"), qPrintable(text("explain.result")));
        QVERIFY(!enabled("explain.start"));
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(20, 20));
        QVERIFY(!map());
    }

    void a_click_and_a_rectangle_ask_about_what_is_there() {
        start_with_a_run();
        QVERIFY(choose(window(), "explain.class", "nucleus"));
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(30, 20));
        QTRY_VERIFY_WITH_TIMEOUT(map(), patience);
        QVERIFY2(text("explain.result").contains("of the object at the point"),
                 qPrintable(text("explain.result")));
        QVERIFY2(asked("explain").back()["point"] == Json({30, 20}),
                 asked("explain").back()["point"].dump().c_str());
        QVERIFY2(asked("explain").back()["target"] == Json("nucleus"),
                 asked("explain").back()["target"].dump().c_str());
        QVERIFY(!asked("explain").back().contains("layer")); // this method looks at none

        QVERIFY(choose(window(), "explain.method", "grad-cam"));
        QTRY_VERIFY_WITH_TIMEOUT(shown(window(), "explain.layer"), patience);
        QVERIFY(choose(window(), "explain.layer", "decoder.0"));
        drag(&canvas(), {at(10, 12), at(20, 20), at(40, 44)});
        QTRY_VERIFY_WITH_TIMEOUT(asked("explain").back().contains("region"), patience);
        const Json last = asked("explain").back();
        QVERIFY2(last["method"] == Json("grad-cam"), last["method"].dump().c_str());
        QVERIFY2(last["layer"] == Json("decoder.0"), last["layer"].dump().c_str());
        QVERIFY2(last["region"][0] == Json(10), last["region"][0].dump().c_str());
        QVERIFY2(last["region"][1] == Json(12), last["region"][1].dump().c_str());
        QVERIFY(!last.contains("point"));
        QTRY_VERIFY_WITH_TIMEOUT(map() && map()->title().startsWith("Grad-CAM"), patience);
    }

    void the_map_goes_with_the_image_and_the_stage() {
        start_with_a_run();
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(30, 20));
        QTRY_VERIFY_WITH_TIMEOUT(map(), patience);
        QTest::keyClick(&window(), Qt::Key_PageDown);
        QVERIFY(!map());
        QTRY_VERIFY_WITH_TIMEOUT(canvas().idle(), patience);
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(30, 20));
        QTRY_VERIFY_WITH_TIMEOUT(map(), patience);
        show_stage(Stage::Label);
        QVERIFY(!map());
    }

    void what_the_engine_refuses_is_said() {
        start_with_a_run();
        answers_["explain"] = {{"error", "The model knows no class \"nucleus\". It knows: object."}};
        say();
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(30, 20));
        QTRY_VERIFY2_WITH_TIMEOUT(text("explain.result").contains("It knows: object"),
                                  qPrintable(text("explain.result")), patience);
        QVERIFY(!map());
    }

    void a_map_of_the_wrong_size_is_refused() {
        start_with_a_run();
        answers_["explain"]["result"]["height"] = 8 * side;
        say();
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(30, 20));
        QTRY_VERIFY_WITH_TIMEOUT(text("explain.result").contains("not of the size"), patience);
        QVERIFY(!map());
    }

    void an_engine_that_dies_is_told_and_asked_again() {
        start_with_a_run();
        answers_["explain"]["die"] = path("died").toStdString();
        say();
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(30, 20));
        QTRY_VERIFY2_WITH_TIMEOUT(text("explain.result").contains("engine"),
                                  qPrintable(text("explain.result")), patience);
        QVERIFY(!map());
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(30, 20));
        QTRY_VERIFY_WITH_TIMEOUT(map(), patience);
    }

    void an_engine_that_dies_before_the_methods_are_known_is_asked_again() {
        answers_["list:explainers"]["die"] = path("died").toStdString();
        start_with_a_run(); // waits until it can explain
        QVERIFY(QFile::exists(path("died")));
    }

    void the_same_as_a_command() {
        start_with_a_run();
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(30, 20));
        QTRY_VERIFY_WITH_TIMEOUT(map(), patience);
        QVERIFY(click(window(), "explain.copy-command"));
        QCOMPARE(clipboard(), "eyepiece-cli explain " + path("project") + ":" + run_ + " " +
                                  path("image_0.png") +
                                  " --method input-gradient --target nucleus --point 30,20 --out explained");
    }
};

QTEST_MAIN(TestExplainPanel)
#include "test_explain_panel.moc"
