// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/window/workbench.h"
#include "core/formats/image_reader.h"
#include "core/formats/image_writer.h"
#include "core/formats/label_readers.h"
#include "core/intake/sample_project.h"
#include "widgets/browser/export_dialog.h"
#include "widgets/browser/item_list_model.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/main_window.h"
#include "widgets/shell/notice_bar.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <QApplication>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QWheelEvent>

using namespace eyepiece;
namespace fs = std::filesystem;

// A day's labelling in the real window, by mouse and keys: images, tools, undo, files that move, labels out.
class TestLabelling : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    std::unique_ptr<Workbench> workbench_;

    static constexpr int width = 200, height = 160;

    MainWindow& window() { return workbench_->window(); }
    WorkbenchContext& context() { return workbench_->context(); }
    ImageCanvas& canvas() { return context().canvas; }
    LabelEditor& labels() { return context().labels; }
    Project& project() { return context().session.project(); }

    QString images(const QString& name) {
        const QString place = folder_.filePath(name);
        QDir().mkpath(place);
        for (int i = 0; i < 4; ++i) {
            Image image = Image::create(PixelType::UInt16, 1, height, width);
            auto pixels = image.writable_plane_as<std::uint16_t>(0);
            for (std::size_t p = 0; p < pixels.size(); ++p)
                pixels[p] = static_cast<std::uint16_t>(100 * i + p % 97 + (p / 4000) * 11);
            write_image((place + "/field_" + QString::number(i) + ".tif").toStdString(), image);
        }
        return place;
    }

    void start() {
        workbench_ = std::make_unique<Workbench>(folder_.filePath("settings.ini"));
        window().resize(1300, 860);
        window().show();
        QVERIFY(QTest::qWaitForWindowActive(&window()));
    }
    void open(const QString& place) {
        start();
        workbench_->open({place});
        QTRY_VERIFY_WITH_TIMEOUT(context().session.is_open() && context().session.jobs().empty(), 20'000);
        QTRY_COMPARE_WITH_TIMEOUT(project().items().count(), 4, 20'000);
        window().show_stage(Stage::Label);
        QTRY_VERIFY_WITH_TIMEOUT(canvas().isVisible() && labels().ready() && canvas().idle(), 20'000);
        canvas().setFocus();
        QVERIFY(canvas().hasFocus());
        canvas().zoom_to(3);
    }
    ClassId add_class(const QString& name) {
        auto* field = window().findChild<QLineEdit*>("new-class");
        QTest::keyClicks(field, name);
        QTest::keyClick(field, Qt::Key_Return);
        canvas().setFocus();
        for (const LabelClass& each : labels().classes())
            if (each.name == name.toStdString())
                return each.id;
        return -1;
    }
    QString item_name() {
        const auto item = project().items().find(context().selection.item());
        return item ? QString::fromStdString(item->name) : QString();
    }
    bool on(const QString& name) {
        return item_name() == name && labels().item() == context().selection.item() && labels().ready();
    }

    // Image pixels to the canvas's: middles.
    QPoint at(double x, double y) { return canvas().view().to_device(QPointF(x, y)).toPoint(); }
    void drag(const std::vector<QPoint>& points, Qt::KeyboardModifiers modifiers = {}) {
        QTest::mousePress(&canvas(), Qt::LeftButton, modifiers, points.front());
        for (const QPoint& point : points) {
            QMouseEvent move(QEvent::MouseMove, point, canvas().mapToGlobal(point), Qt::NoButton,
                             Qt::LeftButton, modifiers);
            QApplication::sendEvent(&canvas(), &move);
        }
        QTest::mouseRelease(&canvas(), Qt::LeftButton, modifiers, points.back());
    }
    // Of the application, as the window system delivers them: shortcuts of actions come first.
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(window().windowHandle(), key, modifiers);
    }
    void wheel(int notches, Qt::KeyboardModifiers modifiers) {
        const QPoint where = at(100, 80);
        QWheelEvent event(where, canvas().mapToGlobal(where), {}, {0, notches * 120}, Qt::NoButton, modifiers,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(&canvas(), &event);
    }
    std::int64_t area(ObjectId id) {
        return labels().document().object(id) ? labels().document().object(id)->area : 0;
    }
    std::size_t objects_stored(ItemId item) {
        labels().flush();
        return project().labels().objects(item).size();
    }

private Q_SLOTS:
    void cleanup() { workbench_.reset(); }

    void keys_and_mouse_reach_every_tool() {
        open(images("tools"));
        const ClassId nucleus = add_class("nucleus"), mitotic = add_class("mitotic");
        QVERIFY(nucleus > 0 && mitotic > 0);
        key(Qt::Key_1);
        QCOMPARE(labels().current_class(), nucleus);
        key(Qt::Key_2);
        QCOMPARE(labels().current_class(), mitotic);
        key(Qt::Key_1);

        // Brush: its size by the wheel with Ctrl, a stroke, a straight line with Shift.
        key(Qt::Key_B);
        auto* size = window().findChild<QWidget*>("brush-size");
        QVERIFY(size);
        const double before_zoom = canvas().view().scale();
        wheel(-3, Qt::ControlModifier);
        QCOMPARE(canvas().view().scale(), before_zoom);
        wheel(1, Qt::NoModifier);
        QVERIFY(canvas().view().scale() > before_zoom);
        canvas().zoom_to(3);
        drag({at(40, 40), at(60, 40)});
        const ObjectId first = labels().selected();
        QVERIFY(first != 0);
        const auto stroke = area(first);
        QVERIFY(stroke > 100);
        drag({at(60, 70)}, Qt::ShiftModifier);
        QCOMPARE(labels().document().at(60, 55), first); // between the two ends
        QVERIFY(area(first) > stroke);
        // Only where empty: a stroke of another class over it leaves it as it is.
        key(Qt::Key_2);
        const auto whole = area(first);
        drag({at(20, 55), at(100, 55)});
        QCOMPARE(area(first), whole);
        const ObjectId second = labels().document().at(30, 55);
        QVERIFY(second != 0 && second != first);
        // Without: it takes the pixels.
        key(Qt::Key_M);
        drag({at(110, 40), at(50, 40)});
        QVERIFY(area(first) < whole);
        key(Qt::Key_M);
        // Swap, erase, swap back.
        key(Qt::Key_X);
        const auto left = area(first);
        drag({at(60, 70), at(60, 64)});
        QVERIFY(area(first) < left);
        key(Qt::Key_X);

        // Polygon with its vertices, lasso, fill and fill holes.
        key(Qt::Key_G);
        for (const QPoint& corner : {at(130, 20), at(170, 20), at(170, 60), at(130, 60)})
            QTest::mouseClick(&canvas(), Qt::LeftButton, {}, corner);
        key(Qt::Key_Return);
        const ObjectId square = labels().document().at(150, 40);
        QCOMPARE(area(square), 1600);
        key(Qt::Key_V);
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(150, 40));
        QCOMPARE(labels().selected(), square);
        drag({at(170, 60), at(180, 70)});
        QVERIFY(area(square) > 1600);
        key(Qt::Key_L);
        drag({at(130, 80), at(190, 80), at(190, 140), at(130, 140), at(130, 86), at(140, 90), at(140, 130),
              at(180, 130), at(180, 90), at(131, 88)});
        const ObjectId ring = labels().document().at(160, 82);
        QVERIFY(ring != 0);
        QMouseEvent hover(QEvent::MouseMove, at(160, 82), canvas().mapToGlobal(at(160, 82)), Qt::NoButton,
                          Qt::NoButton, Qt::NoModifier);
        QApplication::sendEvent(&canvas(), &hover);
        const auto with_hole = area(ring);
        key(Qt::Key_H);
        QVERIFY(area(ring) >= with_hole);
        // Pick: class and object below the pointer.
        key(Qt::Key_1);
        key(Qt::Key_P);
        QCOMPARE(labels().current_class(), mitotic);
        QCOMPARE(labels().selected(), ring);
        // Give it another class, go to the next object, delete.
        key(Qt::Key_1);
        key(Qt::Key_C);
        QCOMPARE(labels().document().object(ring)->class_id, nucleus);
        key(Qt::Key_Tab);
        QVERIFY(labels().selected() != ring && labels().selected() != 0);
        const ObjectId next = labels().selected();
        const auto count = labels().document().objects().size();
        key(Qt::Key_Delete);
        QCOMPARE(labels().document().objects().size(), count - 1);
        QVERIFY(!labels().document().object(next));
        // All of it is in the file.
        QCOMPARE(objects_stored(labels().item()), count - 1);
        QCOMPARE(project().labels().read(labels().item(), {0, 0, width, height}),
                 labels().document().tiles()->read({0, 0, width, height}));
        QVERIFY(canvas().readout().contains("nucleus") || canvas().readout().contains("x "));
    }

    void images_by_arrow_and_the_next_unlabelled() {
        open(images("arrows"));
        add_class("nucleus");
        QVERIFY(on("field_0.tif"));
        key(Qt::Key_Right);
        QTRY_VERIFY(on("field_1.tif"));
        key(Qt::Key_Down);
        QTRY_VERIFY(on("field_2.tif"));
        key(Qt::Key_B);
        drag({at(40, 40), at(60, 40)});
        key(Qt::Key_Left);
        QTRY_VERIFY(on("field_1.tif"));
        key(Qt::Key_N);
        QTRY_VERIFY(on("field_3.tif")); // the one between has labels
        key(Qt::Key_Right);
        QTest::qWait(50);
        QVERIFY(on("field_3.tif")); // the last
    }

    void undo_goes_across_images_and_a_restart() {
        const QString place = images("undo");
        open(place);
        add_class("nucleus");
        key(Qt::Key_B);
        std::vector<ItemId> items;
        for (const char* name : {"field_0.tif", "field_1.tif", "field_2.tif"}) {
            QTRY_VERIFY(on(name));
            items.push_back(labels().item());
            drag({at(40, 40), at(60, 40)});
            drag({at(120, 100), at(150, 100)});
            QCOMPARE(objects_stored(items.back()), std::size_t{2});
            key(Qt::Key_Right);
        }
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_VERIFY(on("field_2.tif")); // it goes to where something changes
        QCOMPARE(objects_stored(items[2]), std::size_t{1});
        workbench_.reset();

        open(place);
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(objects_stored(items[2]), std::size_t{0});
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_VERIFY(on("field_1.tif"));
        QTRY_COMPARE(labels().document().objects().size(), std::size_t{1});
        QCOMPARE(objects_stored(items[1]), std::size_t{1});
        QCOMPARE(labels().document().at(50, 40) != 0, true);
        QCOMPARE(labels().document().at(130, 100), ObjectId{0});
        for (int i = 0; i < 3; ++i)
            key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_COMPARE(objects_stored(items[1]), std::size_t{2});
        QCOMPARE(objects_stored(items[2]), std::size_t{2});
        QCOMPARE(objects_stored(items[0]), std::size_t{2});
    }

    void a_renamed_file_keeps_its_labels_and_a_changed_one_is_noticed() {
        const QString place = images("moved");
        open(place);
        add_class("nucleus");
        key(Qt::Key_B);
        const ItemId item = labels().item();
        drag({at(40, 40), at(60, 40)});
        QCOMPARE(objects_stored(item), std::size_t{1});
        const ItemId other = project().items().all()[1].id;
        key(Qt::Key_Right);
        QTRY_VERIFY(labels().item() == other && labels().ready());
        drag({at(40, 40), at(60, 40)});
        QCOMPARE(objects_stored(other), std::size_t{1});

        QDir().mkpath(place + "/elsewhere");
        QVERIFY(QFile::rename(place + "/field_0.tif", place + "/elsewhere/renamed.tif"));
        Image changed = Image::create(PixelType::UInt16, 1, height, width);
        write_image((place + "/field_1.tif").toStdString(), changed);
        key(Qt::Key_F5);
        QTRY_COMPARE_WITH_TIMEOUT(int(project().items().at(item).state), int(ItemState::Missing), 10'000);
        QCOMPARE(int(project().items().at(other).state), int(ItemState::Changed));
        QTRY_VERIFY(context().session.jobs().empty());
        window().show_stage(Stage::Data);
        auto* attention = window().findChild<QWidget*>("data.attention");
        QTRY_VERIFY(attention && attention->isVisible());
        workbench_->open({place + "/elsewhere"}); // as if it were dropped
        QTRY_COMPARE_WITH_TIMEOUT(int(project().items().at(item).state), int(ItemState::Ready), 10'000);
        QCOMPARE(QString::fromStdString(project().items().at(item).name), QStringLiteral("renamed.tif"));
        QCOMPARE(project().labels().objects(item).size(), std::size_t{1});
        QCOMPARE(project().items().count(), 4);
    }

    void labels_go_out_as_pictures_and_as_coco() {
        open(images("out"));
        add_class("nucleus");
        key(Qt::Key_B);
        drag({at(40, 40), at(60, 40)});
        drag({at(120, 100), at(150, 100)});
        for (const bool coco : {false, true}) {
            const QString to = folder_.filePath(coco ? "labels.json" : "label pictures");
            bool seen = false;
            QTimer::singleShot(0, this, [&] {
                auto* dialog = qobject_cast<ExportDialog*>(QApplication::activeModalWidget());
                if (!dialog)
                    return;
                seen = true;
                auto* format = dialog->findChild<QComboBox*>("export-labels.format");
                auto* path = dialog->findChild<QLineEdit*>("export-labels.path");
                const QString suggested = path->text();
                format->setCurrentIndex(format->findData(coco ? "coco" : "masks"));
                QCOMPARE(path->text() != suggested, coco); // as long as the user wrote none
                path->setText(coco ? folder_.path() : QString());
                auto* go = dialog->findChild<QPushButton*>("export-labels.accept");
                QVERIFY(!go->isEnabled());
                QVERIFY(!go->toolTip().isEmpty());
                path->setText(to);
                QVERIFY(go->isEnabled());
                QTest::mouseClick(go, Qt::LeftButton);
            });
            context().actions.trigger("data.export-labels");
            QVERIFY(seen);
            QTRY_VERIFY_WITH_TIMEOUT(context().session.jobs().empty(), 10'000);
            QVERIFY2(window().notice_bar().text().contains("2 objects"),
                     qPrintable(window().notice_bar().text()));
            if (coco) {
                const auto source = open_labels(fs::path(to.toStdString()), std::string_view("coco"), {});
                QCOMPARE(source->entries().size(), std::size_t{1});
                QCOMPARE(source->read(0).objects.size(), std::size_t{2});
            } else {
                const Image written = read_image(fs::path((to + "/field_0.png").toStdString()));
                const LabelMap shown = labels().document().tiles()->read({0, 0, width, height});
                for (std::int64_t y = 0; y < height; ++y)
                    for (std::int64_t x = 0; x < width; ++x)
                        QCOMPARE(static_cast<ObjectId>(written.value(0, x, y)), shown.at(x, y));
            }
        }
    }

    void an_export_that_loses_something_asks_first() {
        open(images("loss"));
        add_class("nucleus");
        key(Qt::Key_B);
        drag({at(40, 40), at(60, 40)}); // round ends: no box
        const QString to = folder_.filePath("boxes");
        QTimer::singleShot(0, this, [&] {
            auto* dialog = qobject_cast<ExportDialog*>(QApplication::activeModalWidget());
            QVERIFY(dialog);
            auto* format = dialog->findChild<QComboBox*>("export-labels.format");
            format->setCurrentIndex(format->findData("voc"));
            dialog->findChild<QLineEdit*>("export-labels.path")->setText(to);
            QTest::mouseClick(dialog->findChild<QPushButton*>("export-labels.accept"), Qt::LeftButton);
        });
        context().actions.trigger("data.export-labels");
        QTRY_VERIFY_WITH_TIMEOUT(window().notice_bar().text().contains("only its bounds are written"),
                                 10'000);
        QVERIFY(!QFileInfo::exists(to));
        QPushButton* go = nullptr;
        for (auto* button : window().notice_bar().findChildren<QPushButton*>())
            if (button->text() == "Export all the same")
                go = button;
        QVERIFY(go);
        QTest::mouseClick(go, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(QFileInfo::exists(to + "/Annotations/field_0.xml"), 10'000);
        QTRY_VERIFY_WITH_TIMEOUT(window().notice_bar().text().contains("1 objects"), 10'000);
    }

    void every_shared_image_opens() {
        const QString shared = qEnvironmentVariable("EYEPIECE_SHARED_DATA");
        if (!QDir(shared + "/nuclei").exists())
            QSKIP("The shared data are not here.");
        start();
        context().session.create(folder_.filePath("shared"), "shared");
        workbench_->open({shared + "/nuclei", shared + "/denoising"});
        QTRY_VERIFY_WITH_TIMEOUT(context().session.jobs().empty() && project().items().count() > 200, 60'000);
        QStringList broken;
        QSignalSpy shown(&canvas(), &ImageCanvas::image_shown), failed(&canvas(), &ImageCanvas::image_failed);
        window().show_stage(Stage::Label);
        for (const Item& item : project().items().all()) {
            if (item.state != ItemState::Ready)
                broken << QString::fromStdString(item.name + ": " + item.problem);
            const QString path = QString::fromStdString(item.path.string());
            context().selection.set_item(item.id);
            QTRY_VERIFY_WITH_TIMEOUT(canvas().image() && canvas().image()->path == path && canvas().idle(),
                                     20'000);
        }
        QVERIFY2(broken.isEmpty(), qPrintable(broken.join('\n')));
        QCOMPARE(failed.count(), 0);
    }
};

QTEST_MAIN(TestLabelling)
#include "test_labelling.moc"
