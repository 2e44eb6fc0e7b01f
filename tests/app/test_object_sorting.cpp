// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/window/workbench.h"
#include "core/formats/image_writer.h"
#include "core/intake/facts.h"
#include "core/project/class_examples.h"
#include "core/project/project.h"
#include "support/gui_driver.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/shell/main_window.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

using namespace eyepiece;
using namespace eyepiece::test;

// Objects are sorted into classes from a few clicks, with the real engine behind the window.
class TestObjectSorting : public QObject {
    Q_OBJECT

    static constexpr int patience = 60'000; // ms
    static constexpr int columns = 6, rows = 5, cell = 40;
    QTemporaryDir folder_;
    std::unique_ptr<Workbench> workbench_;
    std::vector<ItemId> items_;

    MainWindow& window() { return workbench_->window(); }
    WorkbenchContext& context() { return workbench_->context(); }
    LabelEditor& labels() { return context().labels; }
    QString state() { return window().findChild<QLabel*>("sorting-state")->text(); }
    std::filesystem::path project() const { return folder_.filePath("project").toStdString(); }
    void key(int key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(window().windowHandle(), static_cast<Qt::Key>(key), modifiers);
    }
    static bool is_bar(int place) { return place % 3 == 1; }
    static QPoint middle(int place) {
        return {place % columns * cell + cell / 2, place / columns * cell + cell / 2};
    }
    void click_object(int place) {
        context().canvas.setFocus();
        drag(&context().canvas,
             {context().canvas.view().to_device(QPointF(middle(place)) + QPointF(0.5, 0.5)).toPoint()});
    }
    // How many of an image's objects have the class that their shape should have.
    int right(ItemId item) {
        int count = 0;
        for (const LabelObject& object : context().session.project().labels().objects(item)) {
            const LabelClass* known = labels().find_class(object.class_id);
            count += known && known->name == (is_bar(static_cast<int>(object.id) - 1) ? "bar" : "disc");
        }
        return count;
    }

    // Two images of discs and bars, all labelled as discs.
    void make_project() {
        const auto made = Project::create(project(), "shapes");
        const ClassId disc = made->classes().add("disc");
        made->classes().add("bar");
        for (int image = 0; image < 2; ++image) {
            LabelEdit edit;
            edit.tool = "import";
            edit.region = {0, 0, columns * cell, rows * cell};
            edit.pixels = LabelMap(rows * cell, columns * cell);
            Image pixels = Image::create(PixelType::UInt8, 1, rows * cell, columns * cell);
            auto plane = pixels.writable_plane_as<std::uint8_t>(0);
            for (int place = 0; place < columns * rows; ++place) {
                LabelObject object;
                object.id = static_cast<ObjectId>(place + 1);
                object.class_id = disc;
                edit.objects.push_back(object);
                const double half = 9 + (place + image) % 5, across = is_bar(place) ? 4 : half;
                for (int y = 0; y < rows * cell; ++y)
                    for (int x = 0; x < columns * cell; ++x)
                        if (std::hypot((x - middle(place).x()) / half, (y - middle(place).y()) / across) <
                            1) {
                            edit.pixels.set(x, y, object.id);
                            plane[static_cast<std::size_t>(y * columns * cell + x)] = 180;
                        }
            }
            const auto file = folder_.filePath(QStringLiteral("image%1.png").arg(image)).toStdString();
            write_image(file, pixels);
            edit.item = made->items().add({file}).added.at(0);
            made->items().set_facts(edit.item, facts_of(file));
            made->labels().commit(edit);
            items_.push_back(edit.item);
        }
    }

private Q_SLOTS:
    void cleanup() { workbench_.reset(); }

    void a_few_clicks_sort_the_rest() {
        make_project();
        {
            QSettings settings(folder_.filePath("settings.ini"), QSettings::IniFormat);
            settings.setValue("engine/command",
                              "\"" + qEnvironmentVariable("EYEPIECE_BIN") + "/eyepiece-cli\" serve");
        }
        workbench_ = std::make_unique<Workbench>(folder_.filePath("settings.ini"));
        window().resize(1440, 900);
        window().show();
        QVERIFY(QTest::qWaitForWindowActive(&window()));
        workbench_->open({folder_.filePath("project")});
        QTRY_VERIFY_WITH_TIMEOUT(context().session.is_open() && context().session.jobs().empty(), patience);
        window().show_stage(Stage::Label);
        context().selection.set_item(items_[0]);
        QTRY_VERIFY_WITH_TIMEOUT(labels().ready() && context().canvas.idle(), patience);
        context().canvas.fit();
        QVERIFY(!shown(window(), "sorting-here"));

        QVERIFY(click(window(), "sorting-choose"));
        key(Qt::Key_1);
        click_object(0);
        // One class is not enough: the engine's own words.
        QTRY_VERIFY2_WITH_TIMEOUT(state().contains("one class (disc)"), qPrintable(state()), patience);
        click_object(2);
        click_object(3);
        key(Qt::Key_2);
        click_object(1);
        click_object(4);
        QTRY_VERIFY2_WITH_TIMEOUT(state().contains("3 disc") && state().contains("2 bar"),
                                  qPrintable(state()), patience);
        QTRY_VERIFY(window().findChild<QPushButton*>("sorting-here")->isEnabled());
        QCOMPARE(right(items_[0]), 22); // 20 discs, and two bars that were clicked

        QVERIFY(click(window(), "sorting-here"));
        QTRY_VERIFY_WITH_TIMEOUT(right(items_[0]) >= 29, patience);
        QCOMPARE(right(items_[1]), 20);
        QTRY_VERIFY_WITH_TIMEOUT(window().findChild<QPushButton*>("sorting-all")->isEnabled(), patience);
        QVERIFY(click(window(), "sorting-all"));
        QTRY_VERIFY_WITH_TIMEOUT(right(items_[1]) >= 29, patience);
        QTRY_VERIFY_WITH_TIMEOUT(labels().ready(), patience);
        context().session.undo();
        QTRY_COMPARE_WITH_TIMEOUT(right(items_[1]), 20, patience);

        // A second click takes an example back; they are on disk, whatever happens.
        QTRY_VERIFY_WITH_TIMEOUT(labels().ready(), patience);
        click_object(4);
        QTRY_COMPARE_WITH_TIMEOUT(read_class_examples(project()).size(), std::size_t{4}, patience);
        QTRY_VERIFY2_WITH_TIMEOUT(state().contains("1 bar"), qPrintable(state()), patience);
        workbench_.reset();
        QCOMPARE(read_class_examples(project()).size(), std::size_t{4});
    }
};

QTEST_MAIN(TestObjectSorting)
#include "test_object_sorting.moc"
