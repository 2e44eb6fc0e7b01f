// SPDX-License-Identifier: GPL-3.0-or-later
// Simple models and checks of the data, by mouse in the real window, with an engine that answers as told.
#include "plugins/panel_fixture.h"
#include "widgets/table/row_selection.h"
#include "widgets/table/table_view.h"

#include <QClipboard>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QGuiApplication>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QUrl>

using namespace eyepiece;
using namespace eyepiece::test;

class TestExploreModels : public PanelTest {
    Q_OBJECT

    void open_flowers() {
        QByteArray text = "length,width,kind,garden\n";
        for (int row = 0; row < 30; ++row)
            text += QByteArray::number(row) + "," + QByteArray::number(row % 7) +
                    (row < 15 ? ",setosa," : ",virginica,") + (row % 2 ? "north" : "south") + "\n";
        QFile file(path("flowers.csv"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
        file.close();
        show_stage(Stage::Explore);
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(file.fileName())});
        auto* middle = shown(window(), "explore.middle");
        QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(middle, &enter);
        QDropEvent fall(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(middle, &fall);
        QTRY_VERIFY_WITH_TIMEOUT(text_of("explore.table").contains("30 rows × 4 columns"), patience);
        QTRY_VERIFY_WITH_TIMEOUT(box("models.target")->count() > 1, patience);
    }
    QString text_of(const char* name) const { return text(name); }
    QComboBox* box(const char* name) const { return window().findChild<QComboBox*>(name); }
    QWidget* ranking() const { return window().findChild<QWidget*>("models.ranking"); }
    // Into sight, as a user would scroll it.
    bool press(const char* name) {
        auto* widget = window().findChild<QWidget*>(name);
        for (QWidget* up = widget; up; up = up->parentWidget())
            if (auto* area = qobject_cast<QScrollArea*>(up)) {
                area->ensureWidgetVisible(widget);
                QTest::qWait(20);
            }
        return click(window(), name);
    }
    static Json score(double mean) {
        return {{"balanced-accuracy",
                 {{"mean", mean}, {"sd", 0.02}, {"low", mean - 0.03}, {"high", mean + 0.03}}}};
    }
    static Json model(const char* name, const char* title, double mean, bool baseline, bool beats) {
        return {{"model", name},
                {"title", title},
                {"baseline", baseline},
                {"scores", score(mean)},
                {"beats_baseline", beats}};
    }
    static Json explained(const char* name, const char* column) {
        return {{"model", name},
                {"importances",
                 {{{"column", column}, {"permutation", 0.4}, {"permutation_sd", 0.05}, {"shap", 0.2}},
                  {{"column", "garden"}, {"permutation", 0.0}, {"permutation_sd", 0.0}}}}};
    }
    void say_models() {
        answers_["fit"]["result"] = {
            {"problem", "classification"},
            {"target", "kind"},
            {"rank_by", "balanced-accuracy"},
            {"folds", 5},
            {"repeat", 1},
            {"notes", {"1 row without a target was left out."}},
            {"best", "ridge"},
            {"models",
             {model("baseline", "Majority class", 0.5, true, false),
              model("ridge", "Ridge", 0.9, false, true),
              model("forest", "Random forest", 0.52, false, false),
              {{"model", "svm"}, {"title", "SVM"}, {"error", "It did not converge."}}}},
            {"explanation", explained("ridge", "length")}};
        answers_["check"]["result"] = {
            {"rows", 30},
            {"checked", {"duplicates", "outliers"}},
            {"skipped", {{{"kind", "drift"}, {"reason", "No other table is named."}}}},
            {"findings",
             {{{"kind", "leaking-column"},
               {"severity", "serious"},
               {"sentence", "length alone gives the label away."},
               {"column", "length"},
               {"rows", Json::array()},
               {"row_count", 0}},
              {{"kind", "label-error"},
               {"severity", "warning"},
               {"sentence", "2 rows look as if another class were meant."},
               {"column", ""},
               {"rows", {7, 21}},
               {"row_count", 2}}}}};
        say();
    }

private Q_SLOTS:
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

private:
    void choose_text(const char* name, const QString& text) {
        const int at = box(name)->findText(text);
        QVERIFY2(at >= 0, name);
        box(name)->setCurrentIndex(at);
    }
};

QTEST_MAIN(TestExploreModels)
#include "test_explore_models.moc"
