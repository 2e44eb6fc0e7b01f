// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/panel_fixture.h"
#include "widgets/plots/line_plot.h"

#include <QListWidget>

using namespace eyepiece;
using namespace eyepiece::test;

class TestTrainPanel : public PanelTest {
    Q_OBJECT

    // What a real engine says when the stage is opened.
    void answer_as_an_engine() {
        answers_["list:tasks"]["result"] =
            entries({{{"name", "semantic-segmentation"}, {"title", "Semantic segmentation"}, {"help", "x"}}});
        answers_["list:models"]["result"] = entries({{{"name", "unet"}, {"title", "U-Net"}, {"help", "x"}}});
        answers_["list:methods"]["result"] =
            entries({{{"name", "supervised"}, {"title", "Supervised"}, {"help", "x"}}});
        answers_["list:parameters"]["result"] = parameters(
            {integer_parameter("epochs", nullptr, "Epochs", "How often.").range(1, 1000),
             real_parameter("learning-rate", 0.002, "Learning rate", "How far a step goes.").range(0, 1)});
        answers_["train:check"]["result"] = {
            {"summary", "12 images, 214 objects: about 90 s"},
            {"seconds", 90},
            {"warnings", {"The image a.tif has changed since it was labelled."}},
            {"errors", Json::array()},
            {"plan", {{"epochs", 40}, {"reasons", {{"epochs", "214 objects are few"}}}}}};
        say();
    }
    // The plan and the form of the settings come by answers of their own, in either order.
    bool ready() const { return enabled("train.start") && enabled("field.epochs"); }
    RunState state() const {
        const auto& runs = context().runs.runs();
        return runs.empty() ? RunState::Damaged : runs.back().state;
    }

private Q_SLOTS:
    void the_plan_is_a_sentence_and_settings_say_why() {
        answer_as_an_engine();
        show_stage(Stage::Train);
        QTRY_VERIFY_WITH_TIMEOUT(ready(), patience);
        QVERIFY2(text("train.plan").contains("12 images, 214 objects: about 90 s"),
                 qPrintable(text("train.plan")));
        QVERIFY(text("train.plan").contains("a.tif has changed"));
        auto* epochs = shown<QLineEdit>(window(), "field.epochs");
        QVERIFY(epochs);
        QCOMPARE(epochs->placeholderText(), QStringLiteral("auto: 40"));
        QVERIFY(epochs->accessibleDescription().contains("214 objects are few"));
    }

    void a_setting_that_cannot_be_used_is_said_where_it_stands() {
        answer_as_an_engine();
        show_stage(Stage::Train);
        QTRY_VERIFY_WITH_TIMEOUT(ready(), patience);
        QVERIFY(type(window(), "field.epochs", "many"));
        QTRY_VERIFY_WITH_TIMEOUT(!enabled("train.start"), patience);
        QVERIFY(shown<QLabel>(window(), "problem.epochs"));
        QVERIFY2(text("problem.epochs").contains("many"), qPrintable(text("problem.epochs")));
        QVERIFY(type(window(), "field.epochs", "7"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("train.start"), patience);
        QTRY_VERIFY_WITH_TIMEOUT(!asked("train:check").empty() &&
                                     asked("train:check").back()["set"] == Json({{"epochs", 7}}),
                                 patience);
    }

    void data_that_cannot_be_trained_on_says_so() {
        answer_as_an_engine();
        answers_["train:check"]["result"]["errors"] = {"No image is labelled. Label some first."};
        say();
        show_stage(Stage::Train);
        QTRY_VERIFY_WITH_TIMEOUT(text("train.plan").contains("No image is labelled"), patience);
        QVERIFY(!enabled("train.start"));
    }

    void the_same_as_a_command() {
        answer_as_an_engine();
        show_stage(Stage::Train);
        QTRY_VERIFY_WITH_TIMEOUT(ready(), patience);
        QVERIFY(type(window(), "field.epochs", "7"));
        QVERIFY(click(window(), "train.copy-command"));
        QCOMPARE(clipboard(), "eyepiece-cli train " + path("project") +
                                  " --task semantic-segmentation --model unet --method supervised "
                                  "--set epochs=7");
    }

    void an_engine_that_dies_while_planning_is_asked_again() {
        answer_as_an_engine();
        answers_["train:check"]["die"] = path("died").toStdString();
        say();
        show_stage(Stage::Train);
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path("died")), patience);
        QTRY_VERIFY_WITH_TIMEOUT(!window().notice_bar().text().isEmpty(), patience);
        QTRY_VERIFY2_WITH_TIMEOUT(enabled("train.start"), qPrintable(text("train.plan")), patience);
        QVERIFY(text("train.plan").contains("about 90 s"));
    }

    void trains_to_the_end_and_shows_it() {
        answer_as_an_engine();
        show_stage(Stage::Train);
        QTRY_VERIFY_WITH_TIMEOUT(ready(), patience);
        QVERIFY(click(window(), "train.start"));
        QTRY_COMPARE_WITH_TIMEOUT(state(), RunState::Finished, patience);
        QTRY_VERIFY_WITH_TIMEOUT(text("train.why").contains("All epochs were done"), patience);
        auto* plot = shown<LinePlot>(window(), "train.plot");
        QVERIFY(plot);
        QTRY_COMPARE_WITH_TIMEOUT(plot->csv().count('\n'), 6, patience); // a head and five epochs
        QCOMPARE(context().jobs.rowCount(), 0);
        QCOMPARE(context().selection.run(), context().runs.runs().back().id);
        const RunRecord& run = context().runs.runs().back();
        QVERIFY2(run.spec["set"] == Json::object(), run.spec["set"].dump().c_str());
        QVERIFY2(run.spec["model"] == Json("unet"), run.spec["model"].dump().c_str());
    }

    void cancels_within_half_a_second() {
        show_stage(Stage::Train);
        context().runs.start({{"fake", {{"epochs", 1000}, {"ms", 100}}}, {"model", "unet"}}, "unet", nullptr,
                             {});
        QTRY_COMPARE_WITH_TIMEOUT(state(), RunState::Running, patience);
        QTRY_VERIFY_WITH_TIMEOUT(shown(window(), "train.cancel"), patience);
        QTRY_COMPARE(context().jobs.rowCount(), 1);
        QElapsedTimer timer;
        timer.start();
        QVERIFY(click(window(), "job.cancel")); // the bottom bar's
        QTRY_COMPARE_WITH_TIMEOUT(state(), RunState::Cancelled, patience);
        // The word is on disk at once; how soon it is seen to have ended depends on the machine as well.
        QVERIFY2(timer.elapsed() < 3000, qPrintable(QString::number(timer.elapsed())));
        QTRY_COMPARE(context().jobs.rowCount(), 0);
    }

    void a_training_that_dies_is_told_and_resumed() {
        show_stage(Stage::Train);
        context().runs.start({{"fake", {{"epochs", 6}, {"ms", 20}, {"die_at", 3}}}, {"model", "unet"}},
                             "unet", nullptr, {});
        QTRY_COMPARE_WITH_TIMEOUT(state(), RunState::Died, patience);
        QTRY_VERIFY_WITH_TIMEOUT(text("train.why").contains("ended without saying why"), patience);
        QVERIFY(text("train.why").contains("the last words"));
        QTRY_VERIFY_WITH_TIMEOUT(shown(window(), "train.resume"), patience);
        QVERIFY(click(window(), "train.resume"));
        QTRY_COMPARE_WITH_TIMEOUT(state(), RunState::Finished, patience);
        auto* plot = shown<LinePlot>(window(), "train.plot");
        QTRY_COMPARE_WITH_TIMEOUT(plot->csv().count('\n'), 7, patience); // each of the six epochs once
    }

    void a_training_that_cannot_start_says_so_and_can_be_tried_again() {
        answer_as_an_engine();
        context().runs.set_program({path("no such program"), "run"});
        show_stage(Stage::Train);
        QTRY_VERIFY_WITH_TIMEOUT(ready(), patience);
        QVERIFY(click(window(), "train.start"));
        QTRY_VERIFY2_WITH_TIMEOUT(window().notice_bar().text().contains("could not be started"),
                                  qPrintable(window().notice_bar().text()), patience);
        QVERIFY(enabled("train.start"));
        context().runs.set_program({FAKE_ENGINE, "run"});
        QVERIFY(click(window(), "train.start"));
        QTRY_COMPARE_WITH_TIMEOUT(state(), RunState::Finished, patience);
    }

    void runs_are_found_again_with_their_baselines() {
        const QString id = make_run(0.8);
        context().session.close();
        workbench_->open({path("project")});
        show_stage(Stage::Train);
        QTRY_VERIFY_WITH_TIMEOUT(context().runs.find(id), patience);
        auto* list = shown<QListWidget>(window(), "train.runs");
        QVERIFY(list);
        QTRY_COMPARE_WITH_TIMEOUT(list->count(), 2, patience); // the run, and what it must beat
        QVERIFY(list->item(1)->text().contains("Otsu"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("train.checks").contains("Beats its baselines"),
                                  qPrintable(text("train.checks")), patience);
        QVERIFY(text("train.checks").contains("0.800 against Otsu's threshold 0.500"));
    }
};

QTEST_MAIN(TestTrainPanel)
#include "test_train_panel.moc"
