// SPDX-License-Identifier: GPL-3.0-or-later
// Tables that are made of the project, rows that are its items and objects, and what can be made of those.
#include "core/formats/image_reader.h"
#include "core/formats/orange_tab.h"
#include "core/intake/project_table.h"
#include "core/project/classes.h"
#include "plugins/explore/panels/remade.h"
#include "plugins/explore/panels/row_items.h"
#include "plugins/panel_fixture.h"
#include "widgets/browser/thumbnail_cache.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/plots/scatter_view.h"
#include "widgets/table/table_view.h"
#include "widgets/theme/theme.h"

#include <QDragEnterEvent>
#include <QElapsedTimer>
#include <QInputDialog>
#include <QMenu>
#include <QMimeData>
#include <QSignalSpy>
#include <QUrl>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

Column words(const std::string& name, const std::vector<std::string>& values) {
    TextValues texts;
    for (const std::string& value : values)
        texts.push_back(value);
    return Column::text(name, std::move(texts));
}

Item item(ItemId id, const std::string& path, const std::string& name) {
    Item made;
    made.id = id;
    made.path = path;
    made.name = name;
    return made;
}

// A table as ProjectTable makes it: a feature, and the ids of its rows' objects.
Table objects_table(const std::vector<double>& areas, const std::vector<std::int64_t>& items,
                    const std::vector<std::int64_t>& objects) {
    return Table({Column::reals("area", std::vector<double>(areas)).with_role(ColumnRole::Feature),
                  Column::integers(item_id_column, std::vector<std::int64_t>(items)),
                  Column::integers(object_id_column, std::vector<std::int64_t>(objects))});
}

} // namespace

class TestExploreItems : public PanelTest {
    Q_OBJECT

    ScatterView& scatter() const { return *window().findChild<ScatterView*>("scatter"); }
    TableView& table() const { return *window().findChild<TableView*>("table"); }
    std::vector<Item> items() const { return project().items().all(); }
    QString notice() const { return window().notice_bar().text(); }
    bool said(const char* words) const {
        return QTest::qWaitFor([&] { return notice().contains(QString::fromUtf8(words)); }, patience);
    }

    // ---- menus
    static QAction* action_in(QMenu* menu, const char* name) {
        for (QAction* action : menu->actions())
            if (action->objectName() == QLatin1String(name))
                return action;
        return nullptr;
    }
    QMenu* open_menu(const char* button, const char* name) {
        auto* menu = window().findChild<QMenu*>(QLatin1String(name));
        return menu && click(window(), button) && QTest::qWaitForWindowExposed(menu) ? menu : nullptr;
    }
    static bool take(QMenu* menu, QAction* action) {
        if (!action || !action->isEnabled())
            return false;
        menu->setActiveAction(action);
        QTest::keyClick(menu, Qt::Key_Return);
        return QTest::qWaitFor([&] { return !menu->isVisible(); }, patience);
    }
    bool choose_from(const char* name) {
        QMenu* menu = open_menu("explore.open", "explore.open.menu");
        return menu && take(menu, action_in(menu, name));
    }
    // Of the menu of what is selected; `within`: a submenu by its title's beginning.
    bool make_of_selection(const char* name, const QString& within = {}) {
        QMenu* menu = open_menu("selection.in-project", "selection.menu");
        if (!menu || within.isEmpty())
            return menu && take(menu, action_in(menu, name));
        for (QAction* action : menu->actions()) {
            if (!action->menu() || !action->text().startsWith(within) || !action->isEnabled())
                continue;
            menu->setActiveAction(action);
            QTest::keyClick(menu, Qt::Key_Right);
            return QTest::qWaitForWindowExposed(action->menu()) &&
                   take(action->menu(), action_in(action->menu(), name));
        }
        return false;
    }

    // ---- tables
    // The engine waits until the test has written what it was asked for.
    void say_patient_tabulate() {
        answers_["tabulate"] = {{"result", {{"rows", images}}}, {"gate", path("written").toStdString()}};
        say();
    }
    // Does what the engine would: makes the table that it was asked for `time` times by now.
    bool write_asked_table(std::size_t time) {
        if (!QTest::qWaitFor([&] { return asked("tabulate").size() == time; }, patience))
            return false;
        const Json spec = asked("tabulate").back();
        ProjectTableRegistry tables("table of a project");
        register_project_tables(tables);
        const auto& entry = tables.at(spec["input"]["from"].get<std::string>());
        QuietJob job;
        const std::filesystem::path out = spec["out"].get<std::string>();
        std::filesystem::create_directories(out.parent_path());
        write_orange_tab(out,
                         entry.make()->make(spec["input"]["path"].get<std::string>(),
                                            entry.parameters.complete(spec["input"]["set"]), job),
                         job);
        return open_gate();
    }
    bool open_gate() const {
        QFile gate(path("written"));
        return gate.open(QIODevice::WriteOnly);
    }
    bool shows(const QString& words) const {
        return QTest::qWaitFor(
                   [&] {
                       return text("explore.table").contains(words) && scatter().points() && scatter().idle();
                   },
                   patience) &&
               QTest::qWaitFor([&] { return !table().shown_rows().empty(); }, patience);
    }
    void put(ItemId id, ObjectId object, const Region& region) {
        LabelEdit edit;
        edit.item = id;
        edit.tool = "brush";
        edit.region = region;
        edit.pixels = LabelMap(region.height, region.width);
        for (ObjectId& pixel : edit.pixels.ids())
            pixel = object;
        LabelObject made;
        made.id = object;
        made.class_id = 1;
        if (object != 0) // else rubbed out
            edit.objects = {made};
        project().labels().commit(edit);
    }
    // A table of what is labelled, and of three objects more: one in the first image, two in the second.
    bool open_objects() {
        const auto all = items();
        put(all[0].id, 1, {2, 2, 10, 10});
        put(all[1].id, 1, {20, 20, 8, 12});
        put(all[1].id, 2, {40, 5, 15, 9});
        say_patient_tabulate();
        show_stage(Stage::Explore);
        if (!choose_from("from-objects") || !text("explore.making").contains("labelled objects"))
            return false;
        return click(window(), "explore.make") && write_asked_table(1) &&
               shows(QStringLiteral("%1 rows").arg(labels())) && linked() &&
               choose(window(), "scatter.x", QStringLiteral("x [px]")) && // apart from each other
               QTest::qWaitFor([&] { return scatter().idle() && scatter().points()->x_title == "x [px]"; },
                               patience);
    }
    // Which rows are of what is found out on a thread of its own.
    bool linked() {
        QMenu* menu = window().findChild<QMenu*>("selection.menu");
        return QTest::qWaitFor(
            [&] { return !action_in(menu, "selection.reason")->text().startsWith("No row of this"); },
            patience);
    }
    bool draw_around(std::size_t row, Qt::KeyboardModifiers modifiers = {}) {
        const QPoint place = scatter().place_of(row).toPoint();
        const auto corner = [&](int dx, int dy) { return place + QPoint(dx, dy); };
        drag(&scatter(), {corner(-9, -9), corner(9, -9), corner(9, 9), corner(-9, 9), corner(-9, -8)},
             modifiers);
        return scatter().points() != nullptr;
    }
    bool selected(std::size_t count) const {
        return QTest::qWaitFor(
            [&] {
                return text("table.header")
                    .contains(QStringLiteral("%1 selected of").arg(count), Qt::CaseInsensitive);
            },
            patience);
    }
    ClassId class_of(ItemId item, ObjectId object) const {
        return project().labels().object(item, object)->class_id;
    }
    // Pixels in the view of exactly this colour while the pointer is at the row.
    int pixels_like(std::size_t row, QRgb color) {
        QTest::mouseMove(&scatter(), scatter().place_of(row).toPoint() + QPoint(1, 1));
        const QImage image = scatter().grab().toImage();
        int count = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                count += image.pixel(x, y) == color;
        return count;
    }
    // For whoever wants to look: into the folder EYEPIECE_PICTURES.
    void take_picture(const QString& name) {
        if (!qEnvironmentVariableIsSet("EYEPIECE_PICTURES"))
            return;
        for (const ThemeMode mode : {ThemeMode::Light, ThemeMode::Dark}) {
            context().theme.set_mode(mode);
            QTest::qWait(1000);
            window().grab().save(qEnvironmentVariable("EYEPIECE_PICTURES") + "/" + name +
                                 (mode == ThemeMode::Dark ? "-dark.png" : "-light.png"));
        }
    }

private Q_SLOTS:
    void initTestCase() { QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs); }

    void rows_are_items_by_name() {
        const std::vector<Item> known{item(1, "/d/a.png", "a.png"), item(2, "/d/x/b.png", "x/b.png"),
                                      item(3, "/d/y/b.png", "y/b.png"), item(4, "/d/c.tif", "c.tif")};
        Table table({words("note", {"-", "-", "-", "-", "-", "-"}),
                     words("item", {"a.png", "a", "b.png", "y/b.png", "/d/x/b.png", "other"})});
        RowItems found = row_items(table, known, false);
        QCOMPARE(found.items, (std::vector<ItemId>{1, 1, 0, 3, 2, 0})); // two images are called b.png
        QVERIFY(found.objects.empty());
        // Of an embedding's CSV: objects go by their item's name and their number.
        table = Table({words("item", {"a.png #3", "c #12", "c.tif", "a.png #x"})});
        found = row_items(table, known, false);
        QCOMPARE(found.items, (std::vector<ItemId>{1, 4, 4, 0}));
        QCOMPARE(found.objects, (std::vector<ObjectId>{3, 12, 0, 0}));
        QVERIFY(!row_items(Table({words("item", {"p", "q"})}), known, false).any());
        QVERIFY(!row_items(table, {}, false).any());
    }

    // Numbers that another program wrote are no ids of ours.
    void rows_are_items_by_id_in_tables_of_our_own() {
        const std::vector<Item> known{item(7, "/d/a.png", "a.png"), item(9, "/d/b.png", "b.png")};
        Table table({words("item", {"a.png", "b.png", "gone.png"}),
                     Column::integers(item_id_column, std::vector<std::int64_t>{9, 7, 8}),
                     Column::integers(object_id_column, std::vector<std::int64_t>{4, 5, 6})});
        RowItems found = row_items(table, known, true);
        QCOMPARE(found.items, (std::vector<ItemId>{9, 7, 0}));
        QCOMPARE(found.objects, (std::vector<ObjectId>{4, 5, 6}));
        found = row_items(table, known, false);
        QCOMPARE(found.items, (std::vector<ItemId>{7, 9, 0}));
    }

    void what_was_done_to_a_table_stays_when_it_is_made_anew() {
        auto outcome = std::make_shared<StepOutcome>();
        ExplorationRecord record;
        record.steps = {{1, StepKind::Reduce, "umap", "UMAP", Json::object(), {}, outcome}};
        record.classes = {"round", "long"};
        record.class_of_row =
            std::make_shared<const std::vector<std::int32_t>>(std::vector<std::int32_t>{0, 1, -1});
        const Table before = objects_table({10, 20, 30}, {1, 1, 2}, {1, 2, 1});
        // Only what the features do not say has changed: all stays.
        ExplorationRecord kept = record;
        keep_what_holds(kept, before, objects_table({10, 20, 30}, {1, 1, 2}, {1, 2, 1}));
        QVERIFY(kept.steps[0].outcome == outcome);
        QCOMPARE(*kept.class_of_row, (std::vector<std::int32_t>{0, 1, -1}));
        // A value is another one: the map would be another one.
        keep_what_holds(kept, before, objects_table({10, 21, 30}, {1, 1, 2}, {1, 2, 1}));
        QVERIFY(!kept.steps[0].outcome);
        QCOMPARE(*kept.class_of_row, (std::vector<std::int32_t>{0, 1, -1}));
        // As many rows as before, but the second one is gone and a new one has come.
        kept = record;
        keep_what_holds(kept, before, objects_table({10, 30, 40}, {1, 2, 2}, {1, 1, 2}));
        QVERIFY(!kept.steps[0].outcome);
        QCOMPARE(kept.steps.size(), std::size_t{1});
        QCOMPARE(*kept.class_of_row, (std::vector<std::int32_t>{0, -1, -1}));
        // So is what was decided about labels, and about a row that is gone nothing is left.
        kept = record;
        kept.decisions = {{"class", 1, "a", "b"}, {"class", 2, "a", ""}};
        keep_what_holds(kept, before, objects_table({10, 30, 40}, {1, 2, 2}, {1, 1, 2}));
        QVERIFY(kept.decisions == (std::vector<LabelDecision>{{"class", 1, "a", ""}}));
    }

    void a_table_of_the_images_is_made_kept_and_made_anew() {
        say_patient_tabulate();
        show_stage(Stage::Explore);
        QVERIFY(click(window(), "explore.empty.images")); // the empty page offers it, too
        QVERIFY(type(window(), "field.side", "4", true));
        QVERIFY(click(window(), "explore.make"));
        QVERIFY(!enabled("explore.make")); // under way
        QVERIFY(write_asked_table(1));
        const Json spec = asked("tabulate").back();
        QCOMPARE(spec["input"]["path"].get<std::string>(), project_folder());
        QVERIFY(spec["input"]["set"] == Json({{"side", 4}}));
        QVERIFY2(shows("4 rows"), qPrintable(text("explore.table")));
        QVERIFY(text("explore.table").contains("The images"));
        QVERIFY(!window().findChild<QWidget*>("explore.making")->isVisible());
        const std::filesystem::path kept =
            std::filesystem::path(project_folder()) / "explorations/0001-images/exploration.json";
        QTRY_VERIFY_WITH_TIMEOUT(std::filesystem::exists(kept), patience);
        QVERIFY(read_json_file(kept)["input"]["made"] == Json({{"from", "images"}, {"set", {{"side", 4}}}}));
        QVERIFY(std::filesystem::exists(kept.parent_path() / "images.tab"));
        // Anew, smaller: the same exploration.
        QVERIFY(click(window(), "explore.make-again"));
        QVERIFY(type(window(), "field.side", "2", true));
        QVERIFY(click(window(), "explore.make"));
        QVERIFY(write_asked_table(2));
        QVERIFY(asked("tabulate").back()["out"] == asked("tabulate").front()["out"]);
        QTRY_VERIFY_WITH_TIMEOUT(read_json_file(kept)["input"]["made"] ==
                                     Json({{"from", "images"}, {"set", {{"side", 2}}}}),
                                 patience);
        QTRY_VERIFY_WITH_TIMEOUT(table().table() && !table().table()->find("pixel 3,3"), patience);
        QVERIFY(table().table()->find("pixel 1,1"));
    }

    void what_goes_wrong_is_said_and_cancelling_leaves_all() {
        show_stage(Stage::Explore);
        answers_["tabulate"] = {{"error", "No object is labelled in the project. Label some."}};
        say();
        QVERIFY(choose_from("from-objects"));
        QVERIFY(click(window(), "explore.make"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("explore.making").contains("Label some"),
                                  qPrintable(text("explore.making")), patience);
        QVERIFY(enabled("explore.make"));
        say_patient_tabulate();
        QVERIFY(click(window(), "explore.make"));
        QTRY_COMPARE_WITH_TIMEOUT(asked("tabulate").size(), std::size_t{2}, patience);
        QVERIFY(click(window(), "explore.cancel-making"));
        QVERIFY(!window().findChild<QWidget*>("explore.making")->isVisible());
        QTRY_COMPARE_WITH_TIMEOUT(context().jobs.rowCount(), 0, patience);
        QVERIFY(open_gate()); // had it not been left, it would go on now
        QTest::qWait(300);
        QVERIFY(!text("explore.table").contains("rows"));
        context().session.close();
        QMenu* menu = open_menu("explore.open", "explore.open.menu");
        QVERIFY(menu);
        QAction* action = action_in(menu, "from-images");
        QVERIFY(action && !action->isEnabled() && action->toolTip().contains("Open or make a project"));
        menu->close();
        QVERIFY(!window().findChild<QWidget*>("explore.empty.images")->isVisible());
    }

    void choosing_a_row_selects_its_object_and_back() {
        QVERIFY(open_objects());
        const auto all = items();
        QVERIFY(draw_around(2));
        QTRY_COMPARE_WITH_TIMEOUT(context().selection.object(), ObjectId{2}, patience);
        QCOMPARE(context().selection.item(), all[1].id);
        QVERIFY(selected(1));

        QSignalSpy told(&context().selection, &Selection::items_changed);
        context().selection.set_item(all[0].id);
        QVERIFY(selected(1));
        QCOMPARE(told.count(), 1);
        context().selection.set_item(all[1].id); // both of its objects
        QVERIFY(selected(2));
        QCOMPARE(context().selection.object(), ObjectId{0});
        context().selection.set_object(1);
        QVERIFY(selected(1));
        QCOMPARE(context().selection.object(), ObjectId{1});
        // An image that has no row takes nothing away.
        context().selection.set_item(all[3].id);
        QVERIFY(selected(1));
        // Several rows: their items, and no object.
        QVERIFY(draw_around(0));
        QTRY_COMPARE_WITH_TIMEOUT(context().selection.item(), all[0].id, patience);
        QVERIFY(draw_around(1, Qt::ShiftModifier));
        QTRY_COMPARE_WITH_TIMEOUT(context().selection.items(), (std::vector<ItemId>{all[0].id, all[1].id}),
                                  patience);
        QCOMPARE(context().selection.object(), ObjectId{0});
        QVERIFY(click(window(), "selection.clear"));
        QCOMPARE(context().selection.item(), all[0].id); // the canvas keeps what it shows
    }

    void items_removed_are_linked_no_more() {
        QVERIFY(open_objects());
        const auto all = items();
        QVERIFY(draw_around(0));
        QTRY_COMPARE_WITH_TIMEOUT(context().selection.object(), ObjectId{1}, patience);
        project().items().remove({all[1].id});
        context().selection.set_item(all[0].id);
        QTest::qWait(300);
        QVERIFY(draw_around(2) && selected(1));
        QCOMPARE(context().selection.item(), all[0].id);
        QMenu* menu = open_menu("selection.in-project", "selection.menu");
        QVERIFY(menu);
        QCOMPARE(action_in(menu, "selection.reason")->text(),
                 "None of the selected rows is an image of the project.");
        menu->close();
    }

    void the_pointer_shows_the_object_with_its_outline() {
        QVERIFY(open_objects());
        const QImage picture = project_thumbnails(project_folder())(items()[1]);
        const QRgb plain = picture.pixel(picture.width() / 2, picture.height() / 2); // one gray all over
        const Rgb color = project().classes().find(1)->color;
        QTRY_VERIFY_WITH_TIMEOUT((QTest::qWait(20), pixels_like(1, plain) > 128 * 128 / 3), patience);
        QVERIFY(pixels_like(1, qRgb(color[0], color[1], color[2])) > 50); // straight runs of the outline
        // Once it is there it shows with the very next picture of the window, without any waiting.
        QTRY_VERIFY_WITH_TIMEOUT((QTest::qWait(20), pixels_like(2, plain) > 128 * 128 / 3), patience);
        QVERIFY(pixels_like(1, plain) > 128 * 128 / 3);
        take_picture("hover");
        // Labels that change are drawn anew.
        const LabelClass debris = [&] {
            const ClassId id = project().classes().add("debris");
            return *project().classes().find(id);
        }();
        const std::vector<ObjectKey> one{{items()[1].id, 1}};
        project().labels().set_class(one, debris.id);
        const QRgb other = qRgb(debris.color[0], debris.color[1], debris.color[2]);
        QTRY_VERIFY_WITH_TIMEOUT((QTest::qWait(20), pixels_like(1, other) > 50), patience);
    }

    // Reading a large image takes its time; the window does not.
    void the_window_does_not_wait_for_a_picture() {
        constexpr int large = 5000;
        Image image = Image::create(PixelType::UInt8, 1, large, large);
        std::ranges::fill(image.writable_plane_as<std::uint8_t>(0), std::uint8_t{90});
        const std::filesystem::path file = path("large.png").toStdString();
        write_image(file, image);
        QElapsedTimer timer;
        timer.start();
        read_image(file);
        const auto decoding = timer.elapsed();
        const ItemId id = project().items().add({file}).added.at(0);
        project().items().set_facts(id, {content_hash(file), large, large, 1});
        put(id, 1, {4000, 4000, 300, 300});
        QVERIFY(open_objects());
        QVERIFY(choose(window(), "scatter.y", QStringLiteral("eccentricity"))); // away from the legend
        QTRY_VERIFY_WITH_TIMEOUT(scatter().idle() && scatter().points()->y_title == "eccentricity", patience);
        const QImage picture = project_thumbnails(project_folder())(project().items().at(id));
        const QRgb plain = picture.pixel(picture.width() / 2, picture.height() / 2);
        // Nothing is read yet: the window shows at once where the picture will be.
        timer.restart();
        QTest::mouseMove(&scatter(), scatter().place_of(3).toPoint() + QPoint(1, 1));
        QCoreApplication::processEvents();
        const auto held = timer.elapsed();
        QCOMPARE(scatter().hovered(), std::optional<std::size_t>(3));
        qInfo("Decoding took %lld ms, hovering held the window for %lld ms.", decoding, held);
        QVERIFY2(held < std::max<qint64>(50, decoding / 2), qPrintable(QString::number(held)));
        QTRY_VERIFY_WITH_TIMEOUT((QTest::qWait(20), pixels_like(3, plain) > 128 * 128 / 3), patience);
    }

    void a_selection_becomes_part_of_the_split() {
        QVERIFY(open_objects());
        const auto all = items();
        QVERIFY(draw_around(0) && selected(1));
        QVERIFY(draw_around(2, Qt::ShiftModifier) && selected(2));
        QVERIFY(make_of_selection("explore.use-for-val", "Use the 2 images for"));
        QVERIFY2(said("2 images are for validation now."), qPrintable(notice()));
        for (int i = 0; i < images; ++i)
            QCOMPARE(project().items().at(all[std::size_t(i)].id).split, std::string(i < 2 ? "val" : ""));
        context().session.undo();
        for (const Item& item : items())
            QCOMPARE(item.split, std::string());
        // Of a group that would lie on two sides it is said.
        project().items().set_group({all[0].id, all[2].id}, "mouse 7");
        project().splits().assign({all[2].id}, "train");
        QVERIFY(make_of_selection("explore.use-for-test", "Use the 2 images for"));
        QVERIFY2(said("2 images are for the test now. This takes groups apart"), qPrintable(notice()));
        QVERIFY(make_of_selection("explore.use-for-nothing", "Use the 2 images for"));
        QVERIFY2(said("2 images are used for nothing now."), qPrintable(notice()));
        QTRY_COMPARE_WITH_TIMEOUT(project().items().at(all[0].id).split, std::string(), patience);
    }

    void a_selection_becomes_a_class() {
        const ClassId debris = project().classes().add("debris");
        QVERIFY(open_objects());
        const auto all = items();
        QVERIFY(draw_around(0) && selected(1));
        QVERIFY(draw_around(1, Qt::ShiftModifier) && selected(2));
        const auto depth = project().history().depth();
        QVERIFY(make_of_selection("class.debris", "Class of the 2 objects"));
        QVERIFY2(said("2 objects are “debris” now."), qPrintable(notice()));
        QCOMPARE(class_of(all[0].id, 1), debris);
        QCOMPARE(class_of(all[1].id, 1), debris);
        QCOMPARE(class_of(all[1].id, 2), ClassId{1});
        QCOMPARE(project().history().depth(), depth + 1);
        take_picture("class-given");
        context().session.undo();
        QCOMPARE(class_of(all[0].id, 1), ClassId{1});
        QCOMPARE(class_of(all[1].id, 1), ClassId{1});
        // Another one that the project does not have yet, and one object that is gone by now.
        put(all[1].id, 0, {20, 20, 8, 12});
        const bool asked_for_it = with_dialog([&] { context().actions.trigger("explore.class"); },
                                              [](QDialog& dialog) {
                                                  auto* box = dialog.findChild<QComboBox*>();
                                                  QCOMPARE(box->count(), 3); // background, nucleus, debris
                                                  box->setEditText("mitosis");
                                                  dialog.accept();
                                              });
        QVERIFY(asked_for_it);
        QVERIFY2(said("1 object is “mitosis” now; 1 object is no longer there."), qPrintable(notice()));
        QCOMPARE(project().classes().find(class_of(all[0].id, 1))->name, std::string("mitosis"));
        QCOMPARE(project().history().depth(), depth + 2); // it, and the eraser
        context().session.undo();
        QVERIFY(!project().classes().find("mitosis"));
        // The table was made before: one click makes it anew.
        QVERIFY(make_of_selection("class.debris", "Class of the 2 objects"));
        QVERIFY(said("“debris” now; "));
        QVERIFY(click(window(), "notice.action"));
        QVERIFY(write_asked_table(2) && shows("2 rows"));
        const auto classes = table().table()->find("class");
        QVERIFY(classes);
        QCOMPARE(table().table()->column(*classes).shown(0), std::string("debris"));
        QCOMPARE(table().table()->column(*classes).shown(1), std::string("nucleus"));
    }

    void a_selection_is_shown_in_label_with_its_object_in_sight() {
        QVERIFY(open_objects());
        const auto all = items();
        // The canvas looks closely at another corner.
        canvas().zoom_to(40);
        canvas().pan({4000, -4000});
        QVERIFY(draw_around(2) && selected(1));
        QVERIFY(make_of_selection("explore.show-in-label"));
        QVERIFY(canvas().isVisible());
        QCOMPARE(context().selection.item(), all[1].id);
        QTRY_COMPARE_WITH_TIMEOUT(context().labels.selected(), ObjectId{2}, patience);
        QTRY_VERIFY_WITH_TIMEOUT(canvas().view().visible_image().contains(QRectF(40, 5, 15, 9)), patience);
        QVERIFY(15 * canvas().view().scale() >= 12);
        // And another one of the same image, out of sight.
        canvas().zoom_to(60);
        canvas().pan({-8000, 8000});
        QVERIFY(!canvas().view().visible_image().contains(QRectF(20, 20, 8, 12)));
        show_stage(Stage::Explore);
        QVERIFY(draw_around(1) && selected(1));
        QTRY_COMPARE_WITH_TIMEOUT(context().labels.selected(), ObjectId{1}, patience);
        show_stage(Stage::Label);
        QTRY_VERIFY_WITH_TIMEOUT(canvas().view().visible_image().contains(QRectF(20, 20, 8, 12)), patience);
        QVERIFY(8 * canvas().view().scale() >= 12); // px: large enough to be seen
        // What is chosen on the canvas is selected in the plots.
        context().labels.select(2);
        QCOMPARE(context().selection.object(), ObjectId{2});
        show_stage(Stage::Explore);
        QVERIFY(selected(1));
        QVERIFY(!table().shown_rows().empty());
        QCOMPARE(context().selection.object(), ObjectId{2});
    }

    void without_images_behind_the_rows_the_reason_is_given() {
        QFile file(path("flowers.csv"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("length,width\n1,2\n2,5\n3,3\n");
        file.close();
        show_stage(Stage::Explore);
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(file.fileName())});
        QWidget* middle = shown(window(), "explore.middle");
        QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(middle, &enter);
        QDropEvent fall(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(middle, &fall);
        QVERIFY(shows("3 rows"));
        QVERIFY(draw_around(1) && selected(1));
        QMenu* menu = open_menu("selection.in-project", "selection.menu");
        QVERIFY(menu);
        const QString reason = action_in(menu, "selection.reason")->text();
        QVERIFY2(reason.contains("No row of this table is an image of the project. Make a table"),
                 qPrintable(reason));
        for (QAction* action : menu->actions())
            if (!action->isSeparator()) {
                QVERIFY2(!action->isEnabled(), qPrintable(action->text()));
                if (action->objectName() != "selection.reason")
                    QCOMPARE(action->toolTip(), reason);
            }
        menu->close();
        QVERIFY(!context().actions.trigger("explore.use-for-test"));
        for (const Item& item : items())
            QCOMPARE(item.split, std::string());
    }

    // Whole images have no objects: only that part is refused.
    void a_table_of_images_gives_no_classes() {
        say_patient_tabulate();
        show_stage(Stage::Explore);
        QVERIFY(choose_from("from-images") && click(window(), "explore.make"));
        QVERIFY(write_asked_table(1) && shows("4 rows") && linked());
        QVERIFY(draw_around(3) && selected(1));
        QTRY_COMPARE_WITH_TIMEOUT(context().selection.item(), items()[3].id, patience);
        QMenu* menu = open_menu("selection.in-project", "selection.menu");
        QVERIFY(menu);
        QAction* classes = window().findChild<QMenu*>("selection.classes")->menuAction();
        QVERIFY(!classes->isEnabled());
        QVERIFY2(classes->toolTip().contains("The rows are whole images"), qPrintable(classes->toolTip()));
        QVERIFY(!action_in(menu, "selection.reason")->isVisible());
        menu->close();
        QVERIFY(make_of_selection("explore.use-for-train", "Use its image for"));
        QVERIFY2(said("1 image is for training now."), qPrintable(notice()));
        QCOMPARE(items()[3].split, std::string("train"));
    }
};

QTEST_MAIN(TestExploreItems)
#include "test_explore_items.moc"
