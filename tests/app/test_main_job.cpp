// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/window/workbench.h"
#include "core/formats/label_readers.h"
#include "core/formats/sample_folder.h"
#include "core/project/project.h"
#include "support/gui_driver.h"
#include "support/gui_guard.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/job_model.h"
#include "widgets/engine/run_monitor.h"
#include "widgets/plots/line_plot.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/main_window.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <QApplication>
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QListWidget>
#include <QProcess>
#include <QRegularExpression>
#include <QSlider>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <algorithm>
#include <cmath>
#include <map>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

constexpr int fields = 8, side = 96; // px
constexpr int patience = 180'000;    // ms: a busy machine may be slow, but not for ever

// The middle of an object of the truth: a pixel that lies in it, far from its rim.
struct Nucleus {
    ObjectId id = 0;
    QPoint middle;
    int reach = 0; // px to the nearest pixel that is not of it
};

std::vector<Nucleus> nuclei_of(const LabelMap& truth) {
    std::map<ObjectId, Nucleus> best;
    for (int y = 0; y < truth.height(); ++y)
        for (int x = 0; x < truth.width(); ++x) {
            const ObjectId id = truth.at(x, y);
            if (id == 0)
                continue;
            int reach = 0;
            for (bool inside = true; inside;) {
                ++reach;
                for (int dy = -reach; dy <= reach && inside; ++dy)
                    for (int dx = -reach; dx <= reach && inside; ++dx)
                        inside = x + dx >= 0 && y + dy >= 0 && x + dx < truth.width() &&
                                 y + dy < truth.height() && truth.at(x + dx, y + dy) == id;
            }
            if (reach > best[id].reach)
                best[id] = {id, QPoint(x, y), reach};
        }
    std::vector<Nucleus> list;
    for (const auto& [id, nucleus] : best)
        list.push_back(nucleus);
    std::sort(list.begin(), list.end(), [](const Nucleus& a, const Nucleus& b) { return a.reach > b.reach; });
    return list;
}

double foreground_iou(const LabelMap& a, const LabelMap& b) {
    double both = 0, either = 0;
    for (std::size_t i = 0; i < a.ids().size(); ++i) {
        both += a.ids()[i] && b.ids()[i];
        either += a.ids()[i] || b.ids()[i];
    }
    return either > 0 ? both / either : 1;
}

} // namespace

// The whole main job with mouse and keyboard, in the window that the program shows, with the real engine:
// from a folder of images to an exported model. The steps build on each other; after one that failed, the
// others are skipped.
class TestMainJob : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::unique_ptr<GuiGuard> guard_;
    std::unique_ptr<Workbench> workbench_;
    std::map<QString, LabelMap> truth_;
    bool failed_ = false;
    QString exported_, run_;

    QString path(const QString& name) const { return folder_.filePath(name); }
    MainWindow& window() const { return workbench_->window(); }
    WorkbenchContext& context() const { return workbench_->context(); }
    Project& project() const { return context().session.project(); }
    ItemId item() const { return context().selection.item(); }
    QString item_name() const { return QString::fromStdString(project().items().at(item()).name); }
    const LabelMap& truth() const { return truth_.at(item_name().section('.', 0, 0)); }
    const RunRecord* run() const { return context().runs.find(context().selection.run()); }

    // Everything that was asked of disk and canvas is done.
    bool settled() const {
        return context().session.jobs().empty() && (!context().canvas.isVisible() || context().canvas.idle());
    }
    // Where an image pixel's middle lies on the canvas widget.
    QPoint at(const QPointF& pixel) const {
        const ImageCanvas& canvas = context().canvas;
        return (canvas.view().to_device(pixel + QPointF(0.5, 0.5)) / canvas.devicePixelRatioF()).toPoint();
    }
    // A bare X server has no window manager that would give the keyboard to who needs it.
    bool activate() const {
        window().activateWindow();
        return QTest::qWaitForWindowActive(&window());
    }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        activate();
        QWidget* focus = QApplication::focusWidget();
        QTest::keyClick(focus ? focus : &window(), key, modifiers);
    }
    QString text(const char* label) const {
        auto* found = window().findChild<QWidget*>(QString::fromLatin1(label));
        QStringList words;
        if (auto* one = qobject_cast<QLabel*>(found))
            words << one->text();
        else if (found)
            for (const QLabel* each : found->findChildren<QLabel*>())
                words << each->text();
        return words.join('\n');
    }
    // Chooses an image as one does: in the list of images, or in the palette by its name.
    bool go_to(const QString& name) {
        activate();
        QTest::keyClick(&window(), Qt::Key_K, Qt::ControlModifier);
        if (!type(window(), "palette.query", name, true))
            return false;
        return QTest::qWaitFor([&] { return item_name() == name && settled(); }, patience);
    }
    std::vector<LabelObject> objects() const { return project().labels().objects(item()); }

public:
    static void initMain() {
        QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs); // these take paths everywhere
        qputenv("QTEST_FUNCTION_TIMEOUT", "800000");                 // several waits in one step
        if (qEnvironmentVariableIsEmpty("DISPLAY") && qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
            qputenv("QT_QPA_PLATFORM", "offscreen");
    }

private Q_SLOTS:
    void initTestCase() {
        // The window looks for the engine beside itself, then on the PATH.
        qputenv("PATH", qgetenv("EYEPIECE_BIN") + ':' + qgetenv("PATH"));
        SampleFolderOptions options;
        options.fields = fields;
        options.fields_per_well = 4;
        options.side = side;
        options.seed = 7;
        QuietJob job;
        write_sample_folder(path("made").toStdString(), options, job);
        QDir().mkpath(path("field images"));
        QDir().mkpath(path("truth"));
        for (const QFileInfo& image : QDir(path("made/images")).entryInfoList(QDir::Files)) {
            QVERIFY(QFile::copy(image.filePath(), path("field images/") + image.fileName()));
            const QString mask = path("made/masks/") + image.fileName();
            LabelOptions labels;
            labels.values = LabelValues::Objects;
            truth_[image.completeBaseName()] = read_label_image(mask.toStdString(), labels).map;
            if (image.completeBaseName() != "field_01") // that one is labelled by hand
                QVERIFY(QFile::copy(mask, path("truth/") + image.fileName()));
        }
        {
            Workbench warm_up(path("warm-up.ini")); // what Qt sets up once in a process
            warm_up.window().show();
            QVERIFY(QTest::qWaitForWindowExposed(&warm_up.window()));
            QVERIFY(with_dialog([&] { warm_up.context().actions.trigger("project.open"); },
                                [](QDialog& dialog) { dialog.reject(); }));
        }
        guard_ = std::make_unique<GuiGuard>();
        workbench_ = std::make_unique<Workbench>(path("settings.ini"));
        window().resize(1440, 900);
        window().show();
        QVERIFY(activate());
        // Before the engine is up the line says so.
        QVERIFY(!shown<QAbstractButton>(window(), "engine.state")->text().isEmpty());
        workbench_->start_engine();
    }
    void init() {
        if (failed_)
            QSKIP("An earlier step failed.");
    }
    void cleanup() { failed_ = failed_ || QTest::currentTestFailed(); }

    void creates_a_project() {
        QVERIFY(shown(window(), "data.no-project"));
        QVERIFY(with_dialog([this] { key(Qt::Key_N, Qt::ControlModifier); }, file_answer(path("project"))));
        QVERIFY(context().session.is_open());
        QCOMPARE(context().session.folder(), path("project"));
        QCOMPARE(text("project.name"), QStringLiteral("project"));
    }

    void adds_a_folder_of_images() {
        QVERIFY(with_dialog([this] { QVERIFY(click(window(), "data.first-folder")); },
                            file_answer(path("field images"))));
        QTRY_VERIFY_WITH_TIMEOUT(
            window().findChild<QTableView*>("data.table")->model()->rowCount() == fields && settled(),
            patience);
        for (const Item& each : project().items().all()) {
            QCOMPARE(each.state, ItemState::Ready);
            QCOMPARE(each.objects, 0);
        }
    }

    void labels_by_hand() {
        key(Qt::Key_3, Qt::AltModifier);
        QCOMPARE(int(window().stage()), int(Stage::Label));
        QTRY_VERIFY_WITH_TIMEOUT(settled() && context().labels.ready(), patience);
        QCOMPARE(item_name(), QStringLiteral("field_01.png"));
        QVERIFY(type(window(), "new-class", "nucleus", true));
        QTRY_COMPARE(window().findChild<QListWidget*>("classes")->count(), 2); // and the background

        ImageCanvas& canvas = context().canvas;
        canvas.setFocus();
        const auto nuclei = nuclei_of(truth());
        QVERIFY(nuclei.size() >= 3);
        QTest::keyClick(&canvas, Qt::Key_B);
        const QPoint brushed = nuclei[0].middle;
        drag(&canvas, {at(brushed), at(brushed + QPoint(2, 0)), at(brushed + QPoint(-2, 1))});
        QTRY_COMPARE(objects().size(), std::size_t{1});
        QCOMPARE(objects()[0].tool, std::string("brush"));
        QVERIFY(project().labels().read(item(), {0, 0, side, side}).at(brushed.x(), brushed.y()) != 0);

        QTest::keyClick(&canvas, Qt::Key_G);
        const QPoint middle = nuclei[1].middle;
        const double reach = nuclei[1].reach;
        for (int corner = 0; corner < 8; ++corner)
            QTest::mouseClick(&canvas, Qt::LeftButton, {},
                              at(QPointF(middle) +
                                 reach * QPointF(std::cos(corner * M_PI / 4), std::sin(corner * M_PI / 4))));
        QTest::keyClick(&canvas, Qt::Key_Return);
        QTRY_COMPARE(objects().size(), std::size_t{2});
        QCOMPARE(objects()[1].tool, std::string("polygon"));
        QVERIFY(objects()[1].polygon.size() >= 6);
        const LabelMap map = project().labels().read(item(), {0, 0, side, side});
        QCOMPARE(map.at(middle.x(), middle.y()), objects()[1].id);
        // Also what is not a nucleus, or a partly labelled image would teach that everything is one.
        QTest::keyClick(&canvas, Qt::Key_0);
        QTest::keyClick(&canvas, Qt::Key_B);
        QPoint empty(-1, -1);
        for (int y = 6; y < side - 6 && empty.x() < 0; ++y)
            for (int x = 6; x < side - 6 && empty.x() < 0; ++x) {
                bool clear = true;
                for (int dy = -5; dy <= 5; ++dy)
                    for (int dx = -5; dx <= 5; ++dx)
                        clear = clear && truth().at(x + dx, y + dy) == 0;
                if (clear)
                    empty = {x, y};
            }
        QVERIFY(empty.x() > 0);
        for (int step = 0; step < 8; ++step)
            QTest::keyClick(&canvas, Qt::Key_BracketLeft);
        drag(&canvas, {at(empty), at(empty + QPoint(1, 0))});
        QTRY_COMPARE(objects().size(), std::size_t{3});
        QCOMPARE(objects()[2].class_id, ClassId{0});
        QTest::keyClick(&canvas, Qt::Key_1);
    }

    void undoes_and_redoes() {
        key(Qt::Key_Z, Qt::ControlModifier);
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(objects().size(), std::size_t{1});
        key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_COMPARE(objects().size(), std::size_t{3});
    }

    void imports_masks() {
        QVERIFY(with_dialog([this] { key(Qt::Key_L, Qt::ControlModifier | Qt::ShiftModifier); },
                            [this](QDialog& dialog) {
                                QVERIFY(type(dialog, "import.path", path("truth")));
                                QVERIFY(choose(dialog, "field.format", "masks"));
                                QVERIFY(choose(dialog, "field.values", "objects"));
                                QVERIFY(type(dialog, "field.class", "nucleus"));
                                QVERIFY(click(dialog, "import.accept"));
                            }));
        QTRY_VERIFY_WITH_TIMEOUT(settled(), patience);
        int labelled = 0;
        for (const Item& each : project().items().all()) {
            if (each.name == "field_01.png") {
                QCOMPARE(each.objects, 3); // by hand, and still there
                QVERIFY(!each.complete);
            } else {
                labelled += each.objects > 0 && each.complete;
            }
        }
        QCOMPARE(labelled, fields - 1);
        QCOMPARE(project().classes().all().size(), std::size_t{2});
    }

    void splits() {
        key(Qt::Key_1, Qt::AltModifier);
        const auto slide = [this](const char* name, double low, double high, double wanted) {
            auto* slider = shown<QSlider>(window(), name);
            const int to = static_cast<int>(std::lround(100 * (wanted - low) / (high - low)));
            slider->setFocus();
            for (int step = 0; step < 100 && slider->value() != to; ++step)
                QTest::keyClick(slider, slider->value() > to ? Qt::Key_Left : Qt::Key_Right);
            return slider->value() == to;
        };
        QVERIFY(slide("split.train", 0.1, 0.98, 0.5));
        QVERIFY(slide("split.val", 0.01, 0.5, 0.25));
        QTRY_VERIFY2(text("split.outcome").contains("4 for training, 2 for validation, 2 for test"),
                     qPrintable(text("split.outcome")));
        QVERIFY(click(window(), "split.apply"));
        const auto on = [this](const std::string& side) {
            const auto items = project().items().all();
            return std::count_if(items.begin(), items.end(),
                                 [&](const Item& each) { return each.split == side; });
        };
        QTRY_COMPARE(on("train"), 4);
        QTRY_COMPARE(on("val"), 2);
        QTRY_COMPARE(on("test"), 2);
    }

    void the_engine_is_up_and_says_on_what_it_computes() {
        QTRY_COMPARE_WITH_TIMEOUT(context().engine.state(), EngineClient::State::Ready, patience);
        auto* state = shown<QAbstractButton>(window(), "engine.state");
        QVERIFY(state);
        QVERIFY2(QRegularExpression("^\\S+, \\d+ threads?, \\S+$").match(state->text()).hasMatch(),
                 qPrintable(state->text()));
    }

    void trains_and_shows_how_it_learns() {
        key(Qt::Key_4, Qt::AltModifier);
        QTRY_VERIFY_WITH_TIMEOUT(shown<QAbstractButton>(window(), "train.start")->isEnabled(), patience);
        const QRegularExpression plan("\\d+ images, \\d+ objects: about \\d+ (s|min)");
        QVERIFY2(plan.match(text("train.plan")).hasMatch(), qPrintable(text("train.plan")));
        // Chosen from the data, with the reason in sight of who points at it.
        auto* patch = shown<QLineEdit>(window(), "field.patch-size");
        QVERIFY(patch);
        QVERIFY(patch->placeholderText().startsWith("auto: "));
        QVERIFY(patch->accessibleDescription().contains("Chosen: "));
        QVERIFY(type(window(), "field.epochs", "400")); // it is stopped long before
        QVERIFY(type(window(), "field.depth", "3"));
        QTRY_VERIFY_WITH_TIMEOUT(shown<QAbstractButton>(window(), "train.start")->isEnabled(), patience);
        QVERIFY(click(window(), "train.start"));
        QTRY_VERIFY_WITH_TIMEOUT(run() && run()->active(), patience);
        run_ = run()->id;

        QTRY_VERIFY_WITH_TIMEOUT(run()->epoch() >= 3 && std::isfinite(run()->score()), patience);
        auto* plot = shown<LinePlot>(window(), "train.plot");
        QVERIFY(plot);
        QTRY_VERIFY_WITH_TIMEOUT(plot->csv().count('\n') >= 3, patience); // a curve of two points at least
        QVERIFY2(plot->legend_text().contains("Otsu"), qPrintable(plot->legend_text()));
        for (int at = 0; at < 2; ++at) { // as many as there are validation images
            auto* watched = shown(window(), qPrintable(QStringLiteral("train.watched.%1").arg(at)));
            QVERIFY(watched);
            QTRY_VERIFY_WITH_TIMEOUT(watched->accessibleDescription().contains("epoch"), patience);
        }
        QVERIFY(shown(window(), "job.progress"));
        QTRY_VERIFY2(text("job.figures").contains("epoch"), qPrintable(text("job.figures")));
        QVERIFY2(text("train.why").contains("epoch"), qPrintable(text("train.why")));
    }

    void pauses_and_goes_on() {
        QVERIFY(click(window(), "train.pause"));
        QTRY_COMPARE_WITH_TIMEOUT(run()->state, RunState::Paused, patience);
        const int stands_at = run()->epoch();
        QTest::qWait(1500);
        QVERIFY(run()->epoch() <= stands_at + 1); // the epoch in hand may have been told late
        const int now = run()->epoch();
        QVERIFY(click(window(), "train.pause")); // it says "Go on" now
        QTRY_VERIFY_WITH_TIMEOUT(run()->state == RunState::Running && run()->epoch() > now, patience);
    }

    void stops_and_keeps_the_best() {
        QTRY_VERIFY2_WITH_TIMEOUT(run()->score() > 0.75 || !run()->active(),
                                  qPrintable(QString::number(run()->score())), patience);
        QVERIFY(click(window(), "train.finish"));
        QTRY_COMPARE_WITH_TIMEOUT(run()->state, RunState::Stopped, patience);
        QVERIFY(QFile::exists(run()->folder + "/checkpoints/best.pt"));
        QTRY_VERIFY2(!text("train.why").isEmpty(), qPrintable(text("train.why")));
        QTRY_VERIFY2(text("train.checks").contains("baselines"), qPrintable(text("train.checks")));
    }

    void evaluates_and_jumps_from_the_worst_image_to_label() {
        key(Qt::Key_5, Qt::AltModifier);
        QVERIFY(choose(window(), "evaluate.split", "test"));
        QVERIFY(click(window(), "evaluate.start"));
        auto* table = shown<QTableWidget>(window(), "evaluate.table");
        QTRY_COMPARE_WITH_TIMEOUT(table->rowCount(), 2, patience);
        QTRY_VERIFY2(text("evaluate.verdict").contains("Mean IoU"), qPrintable(text("evaluate.verdict")));
        QVERIFY(table->item(0, 1)->text().toDouble() <= table->item(1, 1)->text().toDouble());
        QVERIFY(table->item(1, 1)->text().toDouble() > 0.5);
        for (const char* figures : {"evaluate.baselines", "evaluate.classes", "evaluate.precision"})
            QVERIFY2(shown<QTableWidget>(window(), figures)->rowCount() >= 2, figures);

        const QPoint first = table->visualItemRect(table->item(0, 0)).center();
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, first);
        QCOMPARE(item_name(), table->item(0, 0)->text());
        QTest::mouseDClick(table->viewport(), Qt::LeftButton, {}, first);
        QCOMPARE(int(window().stage()), int(Stage::Label));
        QCOMPARE(item_name(), table->item(0, 0)->text());
        QTRY_VERIFY_WITH_TIMEOUT(settled() && context().labels.ready(), patience);
    }

    void predicts_and_accepts() {
        key(Qt::Key_5, Qt::AltModifier);
        QVERIFY(go_to("field_01.png"));
        QCOMPARE(objects().size(), std::size_t{3});
        QVERIFY(click(window(), "evaluate.predict"));
        const LayerStack& layers = context().canvas.layers();
        QTRY_VERIFY_WITH_TIMEOUT(layers.find("prediction") != nullptr, patience);
        const auto nuclei = nuclei_of(truth());

        QVERIFY(click(window(), "evaluate.accept-object"));
        QTest::mouseClick(&context().canvas, Qt::LeftButton, {}, at(nuclei[2].middle));
        QTRY_COMPARE_WITH_TIMEOUT(objects().size(), std::size_t{4}, patience);
        const LabelObject taken = objects().back();
        QCOMPARE(taken.tool, std::string("prediction"));
        QCOMPARE(QString::fromStdString(taken.run), run_);
        QTRY_VERIFY_WITH_TIMEOUT(settled(), patience);
        QVERIFY(click(window(), "evaluate.accept-all"));
        QTRY_VERIFY_WITH_TIMEOUT(objects().size() > 4 && settled(), patience);
        // What was drawn by hand is as it was.
        const LabelMap now = project().labels().read(item(), {0, 0, side, side});
        QCOMPARE(now.at(nuclei[0].middle.x(), nuclei[0].middle.y()), objects()[0].id);
        const double iou = foreground_iou(now, truth());
        QVERIFY2(iou > 0.5, qPrintable(QString::number(iou)));
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE_WITH_TIMEOUT(objects().size(), std::size_t{4}, patience);
        key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_VERIFY_WITH_TIMEOUT(objects().size() > 4, patience);
    }

    void explains_at_a_clicked_point() {
        key(Qt::Key_6, Qt::AltModifier);
        auto* method = shown<QComboBox>(window(), "explain.method");
        QTRY_VERIFY_WITH_TIMEOUT(method->count() >= 2, patience);
        QTRY_VERIFY_WITH_TIMEOUT(window().findChild<QComboBox*>("explain.layer")->count() > 2, patience);
        QVERIFY(choose(window(), "explain.class", "nucleus"));
        const QPoint middle = nuclei_of(truth())[0].middle;
        const LayerStack& layers = context().canvas.layers();
        for (const char* name : {"input-gradient", "grad-cam"}) {
            QVERIFY(choose(window(), "explain.method", name));
            QTest::mouseClick(&context().canvas, Qt::LeftButton, {}, at(middle));
            QTRY_VERIFY2_WITH_TIMEOUT(
                layers.find("attribution") &&
                    layers.find("attribution")->title().startsWith(method->currentText()),
                name, patience);
            const auto* map = dynamic_cast<const MapLayer*>(layers.find("attribution"));
            QVERIFY(map);
            const auto [least, most] =
                std::minmax_element(map->map().values.begin(), map->map().values.end());
            QVERIFY(*most > *least); // it tells one pixel from another
            // Both the method and the click ask: the later answer may still be on its way.
            QTRY_VERIFY2_WITH_TIMEOUT(text("explain.result").contains("nucleus"),
                                      qPrintable(text("explain.result")), patience);
        }
    }

    void exports() {
        key(Qt::Key_7, Qt::AltModifier);
        exported_ = path("taken away/nuclei.pt");
        QDir().mkpath(path("taken away"));
        QTRY_VERIFY_WITH_TIMEOUT(shown<QAbstractButton>(window(), "export.start")->isEnabled(), patience);
        QVERIFY(type(window(), "export.file", exported_));
        QVERIFY(click(window(), "export.start"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("export.result").contains("largest difference"),
                                  qPrintable(text("export.problem")), patience);
        QVERIFY2(text("export.result").contains("same numbers"), qPrintable(text("export.result")));
        QVERIFY(QFile::exists(exported_));
        QFile card(path("taken away/nuclei.pt.json"));
        QVERIFY2(card.open(QIODevice::ReadOnly), qPrintable(QDir(path("taken away")).entryList().join(' ')));
        const QJsonObject json = QJsonDocument::fromJson(card.readAll()).object();
        QVERIFY(QString::fromUtf8(QJsonDocument(json["classes"].toArray()).toJson()).contains("nucleus"));
        QVERIFY(!json["metrics"].toObject().isEmpty());
        for (const char* member : {"input", "data", "versions"})
            QVERIFY2(json.contains(QLatin1String(member)), member);
    }

    void leaves_nothing_behind() {
        window().close();
        workbench_.reset();
        QCOMPARE(guard_->left_behind(), QString());
    }

    void finds_everything_again() {
        workbench_ = std::make_unique<Workbench>(path("settings.ini"));
        window().show();
        workbench_->open({});
        QCOMPARE(context().session.folder(), path("project"));
        QCOMPARE(int(window().stage()), int(Stage::Export)); // where one left
        QTRY_VERIFY_WITH_TIMEOUT(context().runs.find(run_), patience);
        QCOMPARE(context().runs.find(run_)->state, RunState::Stopped);
        QVERIFY(project().history().next_undo().has_value());
        QTRY_VERIFY_WITH_TIMEOUT(settled(), patience);
        workbench_.reset();
    }

    void the_exported_file_predicts_without_the_project() {
        QVERIFY(QDir().rename(path("project"), path("gone")));
        QProcess cli;
        cli.setWorkingDirectory(path("taken away"));
        cli.start(qEnvironmentVariable("EYEPIECE_BIN") + "/eyepiece-cli",
                  {"predict", exported_, path("field images/field_02.png"), "--out", "labels.tif"});
        QVERIFY(cli.waitForFinished(patience));
        QVERIFY2(cli.exitCode() == 0, cli.readAllStandardError().constData());
        LabelOptions labels;
        labels.values = LabelValues::Objects;
        const LabelMap predicted = read_label_image(path("taken away/labels.tif").toStdString(), labels).map;
        const double iou = foreground_iou(predicted, truth_.at("field_02"));
        QVERIFY2(iou > 0.5, qPrintable(QString::number(iou)));
    }

    void cleanupTestCase() { workbench_.reset(); }
};

QTEST_MAIN(TestMainJob)
#include "test_main_job.moc"
