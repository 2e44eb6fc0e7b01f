// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/panel_fixture.h"

#include <QPlainTextEdit>

using namespace eyepiece;
using namespace eyepiece::test;

class TestExportPanel : public PanelTest {
    Q_OBJECT
    QString run_;

    void start_with_a_run() {
        answers_["list:exporters"]["result"] =
            entries({{{"name", "torchscript"},
                      {"title", "TorchScript"},
                      {"help", "x"},
                      {"parameters",
                       ParameterSchema({text_parameter("license", "", "Licence", "Whose.")}).to_json()}}});
        std::ofstream(path("card.json").toStdString()) << R"({"classes": [{"name": "nucleus"}]})";
        answers_["export"]["result"] = {{"file", path("out.pt").toStdString()},
                                        {"card", path("card.json").toStdString()},
                                        {"largest_difference", 1.5e-6},
                                        {"checked_inputs", 3}};
        run_ = make_run();
        say();
        show_stage(Stage::Export);
        QTRY_VERIFY_WITH_TIMEOUT(enabled("export.start"), patience);
    }

private Q_SLOTS:
    void without_a_run_it_says_what_to_do() {
        show_stage(Stage::Export);
        QVERIFY(click(window(), "export.empty.train"));
        QCOMPARE(int(window().stage()), int(Stage::Train));
    }

    void says_the_largest_difference_and_shows_the_card() {
        start_with_a_run();
        QVERIFY(type(window(), "export.file", path("out.pt")));
        QVERIFY(type(window(), "field.license", "CC-BY-4.0"));
        QVERIFY(click(window(), "export.start"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("export.result").contains("the largest difference is 1.5e-06"),
                                  qPrintable(text("export.result")), patience);
        QVERIFY(text("export.result").contains("same numbers"));
        QVERIFY(shown<QPlainTextEdit>(window(), "export.card")->toPlainText().contains("nucleus"));
        QVERIFY(text("export.use").contains("eyepiece-cli predict " + path("out.pt")));
        const Json spec = asked("export").back();
        QVERIFY2(spec["set"] == Json({{"license", "CC-BY-4.0"}}), spec["set"].dump().c_str());
        QVERIFY2(spec["out"] == Json(path("out.pt").toStdString()), spec["out"].dump().c_str());
        QVERIFY(enabled("export.start"));
    }

    void a_file_that_gives_other_numbers_is_not_praised() {
        start_with_a_run();
        answers_["export"]["result"]["largest_difference"] = 0.25;
        say();
        QVERIFY(click(window(), "export.start"));
        QTRY_VERIFY_WITH_TIMEOUT(text("export.result").contains("look at the difference"), patience);
        QVERIFY(!text("export.result").contains("same numbers"));
    }

    void no_place_to_write_is_asked_for() {
        start_with_a_run();
        QVERIFY(type(window(), "export.file", ""));
        QVERIFY(click(window(), "export.start"));
        QVERIFY2(text("export.problem").contains("Say where"), qPrintable(text("export.problem")));
        QVERIFY(asked("export").empty());
    }

    void a_disk_that_is_full_is_said() {
        start_with_a_run();
        answers_["export"] = {{"error", "out.pt could not be written: the disk is full. Make room."}};
        say();
        QVERIFY(click(window(), "export.start"));
        QTRY_VERIFY_WITH_TIMEOUT(text("export.problem").contains("disk is full"), patience);
        QVERIFY(shown(window(), "export.problem"));
        QVERIFY(enabled("export.start"));
    }

    void an_engine_that_dies_is_told_and_asked_again() {
        start_with_a_run();
        answers_["export"]["die"] = path("died").toStdString();
        say();
        QVERIFY(click(window(), "export.start"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("export.problem").contains("engine"),
                                  qPrintable(text("export.problem")), patience);
        QTRY_VERIFY_WITH_TIMEOUT(enabled("export.start"), patience);
        QVERIFY(click(window(), "export.start"));
        QTRY_VERIFY_WITH_TIMEOUT(text("export.result").contains("same numbers"), patience);
    }

    void the_same_as_a_command() {
        start_with_a_run();
        QVERIFY(type(window(), "export.file", path("my model.pt")));
        QVERIFY(click(window(), "export.copy-command"));
        QCOMPARE(clipboard(), "eyepiece-cli export " + path("project") + ":" + run_ +
                                  " --format torchscript --out '" + path("my model.pt") + "'");
    }
};

QTEST_MAIN(TestExportPanel)
#include "test_export_panel.moc"
