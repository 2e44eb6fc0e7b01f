// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/window/workbench.h"
#include "core/formats/label_readers.h"
#include "support/gui_driver.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/indexed_layer.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/engine/engine_client.h"
#include "widgets/shell/main_window.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"

#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

using namespace eyepiece;
using namespace eyepiece::test;

// A few strokes on a real image, by mouse, with the real engine behind the window.
class TestLiveLabelling : public QObject {
    Q_OBJECT

    static constexpr int patience = 60'000; // ms
    static constexpr int image_side = 256;  // px
    QTemporaryDir folder_;
    std::unique_ptr<Workbench> workbench_;

    MainWindow& window() { return workbench_->window(); }
    WorkbenchContext& context() { return workbench_->context(); }
    ImageCanvas& canvas() { return context().canvas; }
    LabelEditor& labels() { return context().labels; }
    QString state() {
        auto* label = window().findChild<QLabel*>("live-state");
        return label ? label->text() : QString();
    }
    QPoint at(int x, int y) { return canvas().view().to_device(QPointF(x + 0.5, y + 0.5)).toPoint(); }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(window().windowHandle(), key, modifiers);
    }
    const IndexedLayer* classes() {
        return dynamic_cast<const IndexedLayer*>(canvas().layers().find("classes"));
    }
    // Does the engine that is there know the operation?
    bool engine_classifies() {
        bool answered = false, known = false;
        EngineHandlers handlers;
        handlers.done = [&](const EngineReply& reply) {
            for (const Json& one : reply.json().at("entries"))
                known = known || one.value("name", std::string()) == "live-forest";
        };
        handlers.ended = [&] { answered = true; };
        context().engine.send({.operation = "list", .spec = {{"kind", "operations"}}}, this, handlers);
        return QTest::qWaitFor([&] { return answered; }, patience) && known;
    }
    // Short strokes within objects, or where nothing is: every so many of the places that have room.
    void scribble(const LabelMap& truth, Qt::Key class_key, bool nuclei, int strokes) {
        key(class_key);
        constexpr int reach = 2; // px of the same kind around
        std::vector<QPoint> places;
        for (int y = reach; y + reach < truth.height(); ++y)
            for (int x = reach; x + reach < truth.width(); ++x) {
                bool clear = true;
                for (int dy = -reach; dy <= reach && clear; ++dy)
                    for (int dx = -reach; dx <= reach && clear; ++dx)
                        clear = (truth.at(x + dx, y + dy) != 0) == nuclei;
                if (clear)
                    places.emplace_back(x, y);
            }
        QVERIFY(places.size() > 100);
        for (int i = 0; i < strokes; ++i) {
            const std::size_t wanted =
                places.size() * static_cast<std::size_t>(2 * i + 1) / static_cast<std::size_t>(2 * strokes);
            const QPoint place = places[wanted];
            drag(&canvas(),
                 {at(place.x() - 1, place.y()), at(place.x(), place.y()), at(place.x() + 1, place.y())});
        }
        QVERIFY(labels().flush());
    }

    // What is learnt is applied to a folder: a label image of each, and no other window in the way.
    void classify_a_folder(const QString& images, const QString& out) {
        QTRY_VERIFY(window().findChild<QWidget*>("live-images")->isEnabled());
        QVERIFY(click(window(), "live-images"));
        QTRY_VERIFY(window().findChild<QDialog*>("classify"));
        auto* dialog = window().findChild<QDialog*>("classify");
        QTRY_VERIFY(dialog->isVisible());
        QVERIFY(type(*dialog, "classify.folder", images));
        QVERIFY(type(*dialog, "classify.out", images));
        QVERIFY(!dialog->findChild<QAbstractButton*>("classify.accept")->isEnabled()); // would mix them
        QVERIFY(type(*dialog, "classify.out", out));
        QVERIFY(click(*dialog, "classify.accept"));
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(out + "/05040e2e959c3f56.tif"), patience);
        const LabelMap found = read_label_image((out + "/05040e2e959c3f56.tif").toStdString()).map;
        QVERIFY(found.largest_id() > 10);
        const auto* notice = window().findChild<QLabel*>("notice.text");
        QTRY_VERIFY2_WITH_TIMEOUT(notice->text().contains("1 image classified"),
                                  qPrintable(notice->text()), patience);
    }

private Q_SLOTS:
    void cleanup() { workbench_.reset(); }

    void a_real_image_is_classified_from_a_few_strokes() {
        const QString data = qEnvironmentVariable("EYEPIECE_SHARED_DATA") + "/nuclei/dsb2018/";
        const QString image = "05040e2e959c3f56.png";
        if (!QFile::exists(data + "images/" + image))
            QSKIP("nuclei/dsb2018 of the shared data is not there.");
        QVERIFY(QDir().mkpath(folder_.filePath("images")));
        QVERIFY(QFile::copy(data + "images/" + image, folder_.filePath("images/" + image)));
        const LabelMap truth = read_label_image((data + "masks/" + image).toStdString()).map;
        {
            QSettings settings(folder_.filePath("settings.ini"), QSettings::IniFormat);
            settings.setValue("engine/command",
                              "\"" + qEnvironmentVariable("EYEPIECE_BIN") + "/eyepiece-cli\" serve");
        }
        workbench_ = std::make_unique<Workbench>(folder_.filePath("settings.ini"));
        window().resize(1440, 900);
        window().show();
        QVERIFY(QTest::qWaitForWindowActive(&window()));
        workbench_->open({folder_.filePath("images")});
        QTRY_VERIFY_WITH_TIMEOUT(context().session.is_open() && context().session.jobs().empty(), patience);
        window().show_stage(Stage::Label);
        QTRY_VERIFY_WITH_TIMEOUT(labels().ready() && canvas().idle(), patience);
        if (!engine_classifies())
            QSKIP("The engine has no operation live-forest.");

        QVERIFY(type(window(), "new-class", "nucleus", true));
        canvas().setFocus();
        canvas().fit();
        key(Qt::Key_B);
        while (context().settings.value("label/brush-size", 18).toDouble() > 4)
            key(Qt::Key_BracketLeft);
        scribble(truth, Qt::Key_1, true, 8);
        QVERIFY(click(window(), "live-on"));
        // One class alone cannot be learnt: the engine's own words.
        QTRY_VERIFY2_WITH_TIMEOUT(!state().isEmpty() && !state().contains("Learning") &&
                                      !state().contains("Classified"),
                                  qPrintable(state()), patience);
        qInfo("%s", qPrintable(state()));
        QVERIFY(!classes());
        canvas().setFocus();
        scribble(truth, Qt::Key_0, false, 12);
        QTRY_VERIFY2_WITH_TIMEOUT(state().contains("Classified from"), qPrintable(state()), patience);

        // From a stroke's being on disk to the first refreshed pixels, and to the whole image.
        QElapsedTimer timer;
        bool refreshed = false;
        const auto watching =
            connect(&canvas().layers(), &LayerStack::appearance_changed, this,
                    [&](const QRect& rect) { refreshed = refreshed || rect.width() >= image_side; });
        const QString before = state();
        scribble(truth, Qt::Key_1, true, 1);
        timer.start();
        QVERIFY(QTest::qWaitFor([&] { return refreshed; }, patience));
        const auto first_ms = timer.elapsed();
        QTRY_VERIFY_WITH_TIMEOUT(state() != before && state().contains("Classified from"), patience);
        qInfo("a stroke shows after %lld ms, whole after %lld ms: %s", static_cast<long long>(first_ms),
              static_cast<long long>(timer.elapsed()), qPrintable(state()));
        disconnect(watching);

        // Against the truth: pixels, then objects.
        double both = 0, either = 0;
        for (int y = 0; y < truth.height(); ++y)
            for (int x = 0; x < truth.width(); ++x) {
                QVERIFY(classes()->tiles().at(x, y) != ByteTiles::unknown);
                const bool found = classes()->tiles().at(x, y) == 1, is = truth.at(x, y) != 0;
                both += found && is;
                either += found || is;
            }
        qInfo("intersection over union with the truth: %.3f", both / either);
        QVERIFY(both / either > 0.6);
        QTRY_VERIFY(window().findChild<QWidget*>("live-objects")->isEnabled());
        QVERIFY(click(window(), "live-objects"));
        QTRY_VERIFY_WITH_TIMEOUT(labels().has_prediction(), patience);
        qInfo("%zu objects, %u in truth", labels().prediction().objects.size(), truth.largest_id());
        classify_a_folder(folder_.filePath("images"), folder_.filePath("out"));
        QVERIFY(click(window(), "live-next"));
        // A place, or that there is none: it is sure of nearly every pixel.
        const auto* notice = window().findChild<QLabel*>("notice.text");
        QTRY_VERIFY2(!canvas().marked_region().empty() || notice->text().contains("sure everywhere"),
                     qPrintable(notice->text()));
        canvas().setFocus();
        key(Qt::Key_A);
        QTRY_VERIFY_WITH_TIMEOUT(!labels().has_prediction() && labels().ready(), patience);
        QVERIFY(labels().document().objects().size() > 10);
    }
};

QTEST_MAIN(TestLiveLabelling)
#include "test_live_labelling.moc"
