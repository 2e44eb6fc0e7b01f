// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/panel_fixture.h"
#include "widgets/table/table_view.h"
#include "widgets/theme/theme.h"

#include <QComboBox>
#include <QDragEnterEvent>
#include <QMimeData>
#include <QScrollArea>
#include <QUrl>

namespace eyepiece::test {

// The Explore stage with a table of flowers, and an engine that ranks models of it and finds faults in it.
class ExploreTest : public PanelTest {
protected:
    QString write(const QString& name, const QByteArray& content) const {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("%s cannot be written", qPrintable(name));
        return file.fileName();
    }
    void open_flowers() {
        QByteArray text = "length,width,kind,garden\n";
        for (int row = 0; row < 30; ++row)
            text += QByteArray::number(row) + "," + QByteArray::number(row % 7) +
                    (row < 15 ? ",setosa," : ",virginica,") + (row % 2 ? "north" : "south") + "\n";
        drop(write("flowers.csv", text), "30 rows × 4 columns");
    }
    void drop(const QString& file, const QString& said) {
        show_stage(Stage::Explore);
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(file)});
        auto* middle = shown(window(), "explore.middle");
        QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(middle, &enter);
        QDropEvent fall(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(middle, &fall);
        QTRY_VERIFY_WITH_TIMEOUT(text_of("explore.table").contains(said), patience);
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
    // For whoever wants to look: into the folder EYEPIECE_PICTURES, in both themes.
    void take_picture(const QString& name) {
        if (!qEnvironmentVariableIsSet("EYEPIECE_PICTURES"))
            return;
        for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
            context().theme.set_mode(mode);
            QTest::qWait(400);
            window().grab().save(qEnvironmentVariable("EYEPIECE_PICTURES") + "/" + name +
                                 (mode == ThemeMode::Dark ? "-dark.png" : "-light.png"));
        }
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
        answers_["list:preprocessing"]["result"] = entries(
            {{{"name", "scale"}, {"title", "Scale"}, {"help", "To mean 0."}, {"parameters", Json::array()}}});
        answers_["list:embeddings"]["result"] = entries({});
        answers_["list:clusterings"]["result"] = entries({});
        say();
    }
    void choose_text(const char* name, const QString& text) {
        const int at = box(name)->findText(text);
        QVERIFY2(at >= 0, name);
        box(name)->setCurrentIndex(at);
    }
};

} // namespace eyepiece::test
