// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/panel_fixture.h"

#include <QComboBox>
#include <QHeaderView>
#include <QTableWidget>

using namespace eyepiece;
using namespace eyepiece::test;

class TestEvaluatePanel : public PanelTest {
    Q_OBJECT
    QString run_;

    Json evaluation() const {
        const auto items = project().items().all();
        return {{"split", "test"},
                {"mean_iou", 0.7},
                {"pixel_accuracy", 0.95},
                {"images",
                 {{{"item", items[0].id}, {"name", items[0].name}, {"iou", 0.9}, {"dice", 0.95}},
                  {{"item", items[2].id}, {"name", items[2].name}, {"iou", 0.5}, {"dice", 0.66}}}},
                {"classes",
                 {{{"name", "background"}, {"iou", 0.96}, {"dice", 0.98}, {"accuracy", 0.97}},
                  {{"name", "nucleus"}, {"iou", 0.7}, {"dice", 0.8}, {"accuracy", 0.75}}}},
                {"confusion", {{900, 30}, {25, 75}}},
                {"ap", {{"watershed", {{"0.5", 0.8}, {"0.9", 0.1}}}, {"connected", {{"0.5", 0.6}}}}},
                {"baselines", {{"otsu", {{"title", "Otsu's threshold"}, {"mean_iou", 0.6}}}}}};
    }
    QTableWidget* table(const char* name) const { return shown<QTableWidget>(window(), name); }
    void start_with_a_run() {
        run_ = make_run();
        say();
        show_stage(Stage::Evaluate);
        QTRY_VERIFY_WITH_TIMEOUT(enabled("evaluate.start"), patience);
    }

private Q_SLOTS:
    void without_a_run_it_says_what_to_do() {
        show_stage(Stage::Evaluate);
        QVERIFY(!enabled("evaluate.start"));
        QVERIFY2(text("evaluate.problem").contains("Train a run first"),
                 qPrintable(text("evaluate.problem")));
        QVERIFY(!enabled("evaluate.predict"));
        QVERIFY(!enabled("evaluate.predict-all"));
    }

    void figures_and_the_worst_first() {
        answers_["evaluate"]["result"] = evaluation();
        start_with_a_run();
        QVERIFY(text("evaluate.verdict").contains("Not evaluated yet"));
        QVERIFY(click(window(), "evaluate.start"));
        QTRY_COMPARE_WITH_TIMEOUT(table("evaluate.table")->rowCount(), 2, patience);
        QCOMPARE(table("evaluate.table")->item(0, 0)->text(), QStringLiteral("image_2.png"));
        QCOMPARE(table("evaluate.table")->item(0, 1)->text(), QStringLiteral("0.500"));
        QVERIFY(text("evaluate.verdict").contains("Beats its baselines"));
        QCOMPARE(table("evaluate.classes")->item(1, 0)->text(), QStringLiteral("nucleus"));
        QCOMPARE(table("evaluate.precision")->rowCount(), 2);
        QCOMPARE(table("evaluate.precision")->item(1, 1)->text(), QStringLiteral("–")); // it says nothing
        QCOMPARE(table("evaluate.baselines")->item(1, 1)->text(), QStringLiteral("0.600"));

        const QPoint first =
            table("evaluate.table")->visualItemRect(table("evaluate.table")->item(0, 0)).center();
        QTest::mouseClick(table("evaluate.table")->viewport(), Qt::LeftButton, {}, first);
        QCOMPARE(QString::fromStdString(project().items().at(context().selection.item()).name),
                 QStringLiteral("image_2.png"));
        QTest::keyClick(&window(), Qt::Key_L);
        QCOMPARE(int(window().stage()), int(Stage::Label));
    }

    // Nothing in the columns is wider than its column: what does not fit would be cut, for they do not scroll
    // sideways.
    void everything_fits_its_column() {
        answers_["evaluate"]["result"] = evaluation();
        start_with_a_run();
        QVERIFY(click(window(), "evaluate.start"));
        QTRY_COMPARE_WITH_TIMEOUT(table("evaluate.table")->rowCount(), 2, patience);
        for (const char* name : {"evaluate.figures", "evaluate.images"}) {
            auto* panel = shown(window(), name);
            QVERIFY(panel);
            QVERIFY2(panel->width() <= panel->parentWidget()->width(),
                     qPrintable(QStringLiteral("%1: %2 > %3")
                                    .arg(name)
                                    .arg(panel->width())
                                    .arg(panel->parentWidget()->width())));
        }
        for (const char* name : {"evaluate.classes", "evaluate.precision", "evaluate.baselines"})
            for (int column = 0; column < table(name)->columnCount(); ++column) {
                const QString head = table(name)->horizontalHeaderItem(column)->text();
                const int room = table(name)->horizontalHeader()->sectionSize(column);
                QVERIFY2(QFontMetrics(table(name)->font()).horizontalAdvance(head) + 8 <= room,
                         qPrintable(name + QStringLiteral(": ") + head));
            }
    }

    void an_evaluation_that_cannot_be_read_is_an_error() {
        answers_["evaluate"]["result"] = {{"images", "none of them"}};
        start_with_a_run();
        QVERIFY(click(window(), "evaluate.start"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("evaluate.problem").contains("cannot be read"),
                                  qPrintable(text("evaluate.problem")), patience);
        QVERIFY(enabled("evaluate.start"));
    }

    void an_engine_that_dies_costs_nothing_else() {
        answers_["evaluate"]["result"] = evaluation();
        start_with_a_run();
        QVERIFY(click(window(), "evaluate.start"));
        QTRY_COMPARE_WITH_TIMEOUT(table("evaluate.table")->rowCount(), 2, patience);
        answers_["evaluate"]["die"] = path("died").toStdString();
        say();
        QVERIFY(click(window(), "evaluate.start"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("evaluate.problem").contains("engine"),
                                  qPrintable(text("evaluate.problem")), patience);
        QCOMPARE(table("evaluate.table")->rowCount(), 2); // what was known still stands there
        QTRY_VERIFY_WITH_TIMEOUT(context().engine.state() == EngineClient::State::Ready, patience);
        QVERIFY(click(window(), "evaluate.start"));
        QTRY_VERIFY_WITH_TIMEOUT(text("evaluate.problem").isEmpty(), patience);
    }

    void a_prediction_is_shown_accepted_and_undone() {
        answers_["predict"] = disc_prediction();
        start_with_a_run();
        QVERIFY(click(window(), "evaluate.predict"));
        QTRY_VERIFY_WITH_TIMEOUT(canvas().layers().find("prediction"), patience);
        QCOMPARE(text("evaluate.words"), QStringLiteral("1 object found."));
        QVERIFY(click(window(), "evaluate.accept-object"));
        QTRY_VERIFY_WITH_TIMEOUT(canvas().idle(), patience);
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(1, 1)); // beside it
        QVERIFY(text("evaluate.words").contains("no predicted object"));
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(side / 2, side / 2));
        QTRY_COMPARE_WITH_TIMEOUT(labels(), std::size_t{1}, patience);
        QTRY_VERIFY(text("evaluate.words").contains("1 object is a label now"));
        QTest::keyClick(&window(), Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(labels(), std::size_t{0});
        // A region that holds the middle of an object takes it; one beside it takes nothing.
        QVERIFY(click(window(), "evaluate.accept-region"));
        drag(&canvas(), {at(1, 1), at(5, 5), at(9, 9)});
        QTRY_VERIFY_WITH_TIMEOUT(text("evaluate.words").contains("Nothing was taken over"), patience);
        drag(&canvas(), {at(20, 20), at(30, 30), at(45, 45)});
        QTRY_COMPARE_WITH_TIMEOUT(labels(), std::size_t{1}, patience);
        QTest::keyClick(&window(), Qt::Key_A); // all of it: already there
        QTRY_VERIFY_WITH_TIMEOUT(text("evaluate.words").contains("labelled already"), patience);
        QCOMPARE(labels(), std::size_t{1});
    }

    void a_prediction_of_the_wrong_size_is_refused() {
        answers_["predict"] = disc_prediction();
        answers_["predict"]["result"]["width"] = 4 * side;
        start_with_a_run();
        QVERIFY(click(window(), "evaluate.predict"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("evaluate.words").contains("not of the size"),
                                  qPrintable(text("evaluate.words")), patience);
        QVERIFY(!canvas().layers().find("prediction"));
        QVERIFY(!enabled("evaluate.accept-all"));
    }

    void all_images_are_predicted_kept_and_accepted_in_one_step() {
        answers_["predict"] = disc_prediction();
        start_with_a_run();
        QVERIFY(click(window(), "evaluate.predict-all"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("evaluate.words").contains("4 images are predicted"),
                                  qPrintable(text("evaluate.words")), patience);
        QCOMPARE(asked("predict").size(), std::size_t(images));
        QCOMPARE(context().jobs.rowCount(), 0);
        // The next image shows what was kept, without asking again.
        QTest::keyClick(&window(), Qt::Key_PageDown);
        QTRY_VERIFY_WITH_TIMEOUT(canvas().layers().find("prediction"), patience);
        QCOMPARE(asked("predict").size(), std::size_t(images));
        QVERIFY(click(window(), "evaluate.accept-everywhere"));
        QTRY_COMPARE_WITH_TIMEOUT(labels(), std::size_t(images), patience);
        QTRY_VERIFY_WITH_TIMEOUT(text("evaluate.words").contains("4 objects on 4 images"), patience);
        QTRY_VERIFY(context().session.jobs().empty());
        QTest::keyClick(&window(), Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(labels(), std::size_t{0});
    }

    void kept_predictions_outlive_the_window_but_not_the_run() {
        answers_["predict"] = disc_prediction();
        start_with_a_run();
        QVERIFY(click(window(), "evaluate.predict-all"));
        QTRY_VERIFY_WITH_TIMEOUT(text("evaluate.words").contains("4 images are predicted"), patience);
        context().session.close();
        workbench_->open({path("project")});
        show_stage(Stage::Evaluate);
        QTRY_VERIFY_WITH_TIMEOUT(canvas().layers().find("prediction"), patience);
        // Trained on, it would say something else.
        std::ofstream(project_folder() + "/runs/" + run_.toStdString() + "/checkpoints/best.pt")
            << "other weights";
        show_stage(Stage::Data);
        show_stage(Stage::Evaluate);
        QTest::qWait(300);
        QVERIFY(!canvas().layers().find("prediction"));
    }

    void predicting_all_can_be_cancelled_and_goes_on_later() {
        answers_["predict"] = disc_prediction();
        answers_["predict"]["ms"] = 400;
        start_with_a_run();
        QVERIFY(click(window(), "evaluate.predict-all"));
        QTRY_VERIFY_WITH_TIMEOUT(context().jobs.rowCount() == 1, patience);
        QTRY_VERIFY_WITH_TIMEOUT(asked("predict").size() >= 2, patience);
        QTest::qWait(50);
        QVERIFY(click(window(), "job.cancel"));
        QCOMPARE(context().jobs.rowCount(), 0);
        QVERIFY2(text("evaluate.words").contains("are kept"), qPrintable(text("evaluate.words")));
        QVERIFY(enabled("evaluate.predict-all"));
        QVERIFY(click(window(), "evaluate.predict-all"));
        QTRY_VERIFY_WITH_TIMEOUT(text("evaluate.words").contains("4 images are predicted"), patience);
        QVERIFY(asked("predict").size() < 2 * images); // the first were not asked for again
    }

    void an_engine_that_dies_on_one_image_leaves_it_out() {
        answers_["predict"] = disc_prediction();
        answers_["predict"]["die"] = path("died").toStdString();
        start_with_a_run();
        QVERIFY(click(window(), "evaluate.predict-all"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("evaluate.words").contains("3 images are predicted"),
                                  qPrintable(text("evaluate.words")), patience);
        QVERIFY2(text("evaluate.words").contains("1 left out: image_0.png"),
                 qPrintable(text("evaluate.words")));
    }

    void a_model_that_cannot_be_read_ends_it_at_once() {
        answers_["predict"] = {{"error", "The run's weights cannot be read. Train it again."}};
        start_with_a_run();
        QVERIFY(click(window(), "evaluate.predict-all"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("evaluate.words").contains("weights cannot be read"),
                                  qPrintable(text("evaluate.words")), patience);
        QCOMPARE(context().jobs.rowCount(), 0);
        QCOMPARE(labels(), std::size_t{0});
    }

    void the_same_as_commands() {
        start_with_a_run();
        QVERIFY(click(window(), "evaluate.copy-command"));
        QCOMPARE(clipboard(),
                 "eyepiece-cli evaluate " + path("project") + " --run " + run_ + " --split test");
        QVERIFY(click(window(), "evaluate.copy-predict"));
        QCOMPARE(clipboard(), "eyepiece-cli predict " + path("project") + ":" + run_ + " " +
                                  path("image_0.png") + " --set objects=watershed --out predictions");
        // The palette shows and copies the same of any action that has one.
        QTest::keyClick(&window(), Qt::Key_K, Qt::ControlModifier);
        QVERIFY(type(window(), "palette.query", "predict all images"));
        auto* line = shown<QLabel>(window(), "palette.command");
        QVERIFY(line);
        QVERIFY2(line->toolTip().startsWith("eyepiece-cli predict "), qPrintable(line->toolTip()));
        QTest::keyClick(shown<QLineEdit>(window(), "palette.query"), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(clipboard(), "eyepiece-cli predict " + path("project") + ":" + run_ + " " + folder_->path() +
                                  " --set objects=watershed --out predictions");
    }
};

QTEST_MAIN(TestEvaluatePanel)
#include "test_evaluate_panel.moc"
