// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/items.h"
#include "plugins/panel_fixture.h"
#include "widgets/canvas/indexed_layer.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/theme/theme.h"

#include <QAbstractButton>
#include <QSlider>

using namespace eyepiece;
using namespace eyepiece::test;

// "Learn as I paint" in the real window, by mouse and keys, with an engine that answers what the test says.
class TestLivePanel : public PanelTest {
    Q_OBJECT

    static constexpr ClassId nucleus = 1;

    LabelEditor& labels() const { return context().labels; }
    std::size_t requests() const { return asked("live-forest").size(); }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(window().windowHandle(), key, modifiers);
    }
    void drag(const std::vector<QPoint>& points) {
        QTest::mousePress(&canvas(), Qt::LeftButton, {}, points.front());
        for (const QPoint& point : points) {
            QMouseEvent move(QEvent::MouseMove, point, canvas().mapToGlobal(point), Qt::NoButton,
                             Qt::LeftButton, Qt::NoModifier);
            QApplication::sendEvent(&canvas(), &move);
        }
        QTest::mouseRelease(&canvas(), Qt::LeftButton, {}, points.back());
    }

    // A disc of nuclei on background; sure in the lower half, and less so in the upper one.
    Json head(int x, int y, int width, int height) const {
        return {{"kind", "pixel-classes"},
                {"region", {x, y, width, height}},
                {"classes", {0, nucleus}},
                {"layers", {"class", "certainty"}}};
    }
    Json bytes(int width, int height) const {
        Json certainty = Json::array();
        for (int i = 0; i < width * height; ++i)
            certainty.push_back(i < width * height / 2 ? 40 : 250);
        return {{{"type", "uint8"}, {"width", width}, {"height", height}},
                {{"type", "uint8"}, {"values", certainty}}};
    }
    void say_forest() {
        Json result = head(0, 0, side, side);
        result.update(
            {{"labelled_pixels", {{"0", 210}, {"1", 5000}}},
             {"images", 3},
             {"out_of_bag", 0.971},
             {"importances",
              {{{"feature", "Gaussian 1.6"}, {"value", 0.5}}, {{"feature", "Hessian 3.5"}, {"value", 0.25}}}},
             {"next",
              {{{"x", 8}, {"y", 10}, {"w", 12}, {"h", 9}, {"reason", "least sure here"}},
               {{"x", 40}, {"y", 44}, {"w", 12}, {"h", 9}, {"reason", "nothing painted near"}}}},
             {"seconds", {{"features", 0.1}, {"fit", 0.05}, {"predict", 0.1}}},
             {"whole", true}});
        answers_["live-forest"] = {
            {"partials",
             {{{"head", head(0, 0, side, side / 2)}, {"bytes", bytes(side, side / 2)}, {"ms", 10}}}},
            {"result", result},
            {"bytes", bytes(side, side)}};
        answers_["list:parameters"]["result"] = parameters(
            ParameterSchema({text_parameter("sigmas", "0.7, 1.6, 3.5", "Scales", "Widths of the filters."),
                             integer_parameter("trees", 100, "Trees", "How many.").range(1, 1000)}));
        say();
    }
    void open_label() {
        show_stage(Stage::Label);
        QVERIFY(QTest::qWaitForWindowActive(&window()));
        QTRY_VERIFY_WITH_TIMEOUT(canvas().isVisible() && labels().ready() && canvas().idle(), patience);
        canvas().setFocus();
        canvas().fit();
        key(Qt::Key_B);
        const auto& classes = labels().classes();
        QVERIFY(
            std::any_of(classes.begin(), classes.end(), [](const LabelClass& c) { return c.id == nucleus; }));
    }
    void scribble(Qt::Key class_key, int y) {
        key(class_key);
        drag({at(10, y), at(20, y), at(26, y)});
        QVERIFY(labels().flush());
    }
    // On, and the first answer is there.
    void go_live() {
        say_forest();
        open_label();
        scribble(Qt::Key_1, 12);
        scribble(Qt::Key_0, 50);
        QVERIFY(click(window(), "live-on"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("live-state").contains("Classified from"),
                                  qPrintable(text("live-state")), patience);
    }
    const IndexedLayer* layer(const char* id) const {
        return dynamic_cast<const IndexedLayer*>(canvas().layers().find(QLatin1String(id)));
    }
    QColor shown_at(double x, double y) {
        QTest::qWait(20);
        const QPoint place = at(x, y);
        return canvas().grab().toImage().pixelColor(place * canvas().devicePixelRatioF());
    }

private Q_SLOTS:
    void the_card_says_what_to_do_and_asks_nothing_before_it_is_on() {
        say_forest();
        open_label();
        QVERIFY2(text("live-state").contains("at least two classes"), qPrintable(text("live-state")));
        scribble(Qt::Key_1, 12);
        QTest::qWait(100);
        QCOMPARE(requests(), std::size_t{0});
        QVERIFY(!enabled("live-objects"));
        key(Qt::Key_U);
        QTRY_VERIFY(text("notice.text").contains("Switch on"));
    }

    void each_stroke_asks_once_and_the_layers_follow() {
        go_live();
        QCOMPARE(requests(), std::size_t{1});
        const Json spec = asked("live-forest").back();
        QCOMPARE(spec.at("project").get<std::string>(), context().session.folder().toStdString());
        QCOMPARE(spec.at("item").get<ItemId>(), labels().item());
        QVERIFY2(spec.at("view") == Json({0, 0, side, side}), spec.at("view").dump().c_str());
        QVERIFY2(text("live-state").contains("from 5,210 pixels of 3 images, sure of 50 %"),
                 qPrintable(text("live-state")));
        // The disc of the answer: its class's place 1 within, 0 without.
        QVERIFY(layer("classes"));
        QCOMPARE(layer("classes")->tiles().at(32, 32), std::uint8_t{1});
        QCOMPARE(layer("classes")->tiles().at(2, 60), std::uint8_t{0});
        QCOMPARE(layer("uncertainty")->tiles().at(2, 2), std::uint8_t{40});
        QCOMPARE(layer("uncertainty")->tiles().at(2, 60), std::uint8_t{250});
        // It shows: the nucleus's colour in the middle, less of it when it is fainter.
        canvas().layers().set_opacity("classes", 1);
        const LabelClass* known = labels().find_class(nucleus);
        QTRY_COMPARE(shown_at(32, 32), QColor(known->color[0], known->color[1], known->color[2]));
        QVERIFY(shown_at(2, 60) != shown_at(32, 32));
        QVERIFY(!layer("uncertainty")->visible());
        const QColor before = shown_at(10, 25);
        QVERIFY(click(window(), "live-uncertainty"));
        QVERIFY(layer("uncertainty")->visible());
        QTRY_VERIFY(shown_at(10, 25) != before);

        scribble(Qt::Key_1, 20);
        QTRY_COMPARE_WITH_TIMEOUT(requests(), std::size_t{2}, patience);
        scribble(Qt::Key_0, 58);
        QTRY_COMPARE_WITH_TIMEOUT(requests(), std::size_t{3}, patience);
        QTest::qWait(200);
        QCOMPARE(requests(), std::size_t{3}); // one a stroke
        // The user's choices stay while new answers come.
        QVERIFY(layer("uncertainty")->visible());
        QCOMPARE(layer("classes")->opacity(), 1.0);
        // Undo and redo change labels, too.
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE_WITH_TIMEOUT(requests(), std::size_t{4}, patience);
        key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_COMPARE_WITH_TIMEOUT(requests(), std::size_t{5}, patience);

        QVERIFY(click(window(), "live-on"));
        QVERIFY(!layer("classes") && !layer("uncertainty"));
        scribble(Qt::Key_1, 30);
        QTest::qWait(200);
        QCOMPARE(requests(), std::size_t{5});
    }

    void pieces_show_before_the_whole_is_there() {
        say_forest();
        answers_["live-forest"]["partials"][0]["ms"] = 60'000;
        say();
        open_label();
        QVERIFY(click(window(), "live-on"));
        QTRY_VERIFY_WITH_TIMEOUT(layer("classes"), patience);
        QTRY_COMPARE(layer("classes")->tiles().at(32, 16), std::uint8_t{1});
        QCOMPARE(layer("classes")->tiles().at(32, 40), ByteTiles::unknown);
        QVERIFY2(text("live-state").contains("Learning"), qPrintable(text("live-state")));
        QVERIFY(!enabled("live-objects"));
        // A stroke meanwhile: the question that is out of date gives way.
        answers_["live-forest"]["partials"][0]["ms"] = 0;
        say();
        scribble(Qt::Key_1, 12);
        QTRY_COMPARE_WITH_TIMEOUT(layer("classes")->tiles().at(2, 40), std::uint8_t{0}, patience);
        QTRY_VERIFY(text("live-state").contains("Classified from"));
    }

    void another_image_is_classified_by_what_was_learnt() {
        go_live();
        const ItemId first = labels().item();
        canvas().setFocus();
        key(Qt::Key_Right);
        QTRY_VERIFY_WITH_TIMEOUT(labels().item() != 0 && labels().item() != first, patience);
        QTRY_COMPARE_WITH_TIMEOUT(requests(), std::size_t{2}, patience);
        QCOMPARE(asked("live-forest").back().at("item").get<ItemId>(), labels().item());
        QTRY_VERIFY_WITH_TIMEOUT(layer("classes"), patience);
        // Out of sight nothing is asked, and the shared canvas is left as it was.
        show_stage(Stage::Explain);
        QVERIFY(!layer("classes"));
        show_stage(Stage::Label);
        QVERIFY(layer("classes"));
        QTRY_COMPARE_WITH_TIMEOUT(requests(), std::size_t{3}, patience);
    }

    void objects_are_made_accepted_and_undone() {
        go_live();
        const std::size_t scribbles = PanelTest::labels();
        QCOMPARE(scribbles, std::size_t{2});
        QTRY_VERIFY(enabled("live-objects"));
        QVERIFY(click(window(), "live-objects"));
        QTRY_VERIFY_WITH_TIMEOUT(labels().has_prediction(), patience);
        QCOMPARE(labels().prediction().objects.size(), std::size_t{1});
        const LabelObject& disc = labels().prediction().objects.front();
        QCOMPARE(disc.class_id, nucleus);
        QVERIFY(disc.area > 1000 && disc.area < 1600); // r^2 < 0.1 of 64 px
        QVERIFY(disc.score > 0.1 && disc.score < 1);
        key(Qt::Key_T);
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(32, 32));
        QVERIFY(labels().flush());
        QVERIFY(!labels().has_prediction());
        QCOMPARE(PanelTest::labels(), scribbles + 1);
        QVERIFY(labels().document().at(32, 32) != 0);
        QTRY_COMPARE_WITH_TIMEOUT(requests(), std::size_t{2}, patience); // it is learnt from
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(PanelTest::labels(), scribbles);
        QTRY_COMPARE_WITH_TIMEOUT(requests(), std::size_t{3}, patience);

        // A stroke within the disc becomes the whole of it.
        key(Qt::Key_B);
        key(Qt::Key_1);
        drag({at(32, 32), at(33, 32)});
        QVERIFY(labels().flush());
        const ObjectId stroke = labels().document().at(32, 32);
        QVERIFY(stroke != 0);
        QTRY_COMPARE_WITH_TIMEOUT(requests(), std::size_t{4}, patience);
        QTRY_VERIFY(enabled("live-objects"));
        QVERIFY(click(window(), "live-objects"));
        QTRY_VERIFY_WITH_TIMEOUT(labels().has_prediction(), patience);
        canvas().setFocus();
        key(Qt::Key_A);
        QVERIFY(labels().flush());
        QCOMPARE(PanelTest::labels(), scribbles + 1);
        QCOMPARE(labels().document().at(44, 32), stroke);
        // Drawn by now, and not made again.
        QTRY_COMPARE_WITH_TIMEOUT(requests(), std::size_t{5}, patience);
        QTRY_VERIFY(enabled("live-objects"));
        QVERIFY(click(window(), "live-objects"));
        QTRY_VERIFY(text("notice.text").contains("no part is of"));
        QVERIFY(!labels().has_prediction());
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE_WITH_TIMEOUT(requests(), std::size_t{6}, patience);

        // None that large: said, and nothing is shown.
        auto* slider = shown<QSlider>(window(), "live-least-area");
        QVERIFY(slider);
        slider->setValue(slider->maximum());
        QTRY_VERIFY(enabled("live-objects"));
        QVERIFY(click(window(), "live-objects"));
        QTRY_VERIFY(text("notice.text").contains("no part is of"));
        QVERIFY(!labels().has_prediction());
    }

    void u_leads_from_one_suggestion_to_the_next_and_to_other_images() {
        go_live();
        const ItemId first = labels().item();
        canvas().setFocus();
        key(Qt::Key_U);
        QCOMPARE(canvas().marked_region(), (Region{8, 10, 12, 9}));
        const QRectF seen = canvas().view().visible_image();
        QVERIFY(seen.contains(QRectF(8, 10, 12, 9)) && seen.width() < side);
        QVERIFY(text("notice.text").contains("least sure here"));
        key(Qt::Key_U);
        QCOMPARE(canvas().marked_region(), (Region{40, 44, 12, 9}));
        // None is left here: on to the next image that is not completely labelled, and to its first.
        const std::vector<Item> items = project().items().all();
        project().items().set_complete(items[1].id, true);
        key(Qt::Key_U);
        QTRY_COMPARE_WITH_TIMEOUT(labels().item(), items[2].id, patience);
        QVERIFY(labels().item() != first);
        QTRY_COMPARE_WITH_TIMEOUT(canvas().marked_region(), (Region{8, 10, 12, 9}), patience);
        // Painting there answers it: the frame goes.
        key(Qt::Key_B);
        key(Qt::Key_1);
        drag({at(12, 14), at(15, 14)});
        QVERIFY(canvas().marked_region().empty());
    }

    void what_the_engine_refuses_is_said_in_the_card() {
        say_forest();
        const Json good = answers_["live-forest"];
        answers_["live-forest"] = {{"error", "Only one class is painted. Paint some background, too."}};
        say();
        open_label();
        QVERIFY(click(window(), "live-on"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("live-state").contains("Paint some background"),
                                  qPrintable(text("live-state")), patience);
        QVERIFY(!QApplication::activeModalWidget());
        QVERIFY(!layer("classes"));
        answers_["live-forest"] = good;
        say();
        scribble(Qt::Key_0, 50);
        QTRY_VERIFY_WITH_TIMEOUT(text("live-state").contains("Classified from"), patience);
        // An answer that is not whole changes nothing but words.
        answers_["live-forest"]["bytes"] = Json::array();
        answers_["live-forest"]["partials"] = Json::array();
        say();
        scribble(Qt::Key_0, 58);
        QTRY_VERIFY2_WITH_TIMEOUT(text("live-state").contains("not whole"), qPrintable(text("live-state")),
                                  patience);
    }

    void it_survives_an_engine_that_dies() {
        say_forest();
        answers_["live-forest"]["die"] = path("died").toStdString();
        say();
        open_label();
        QVERIFY(click(window(), "live-on"));
        QTRY_VERIFY2_WITH_TIMEOUT(text("live-state").contains("Classified from"),
                                  qPrintable(text("live-state")), patience);
        QVERIFY(QFile::exists(path("died")));
        QVERIFY(!QApplication::activeModalWidget());
    }

    void settings_come_from_the_engine_and_ask_anew() {
        go_live();
        QVERIFY(click(window(), "live-more-settings"));
        QTRY_VERIFY_WITH_TIMEOUT(enabled("field.trees"), patience);
        QVERIFY(type(window(), "field.trees", "30", true));
        QTRY_VERIFY_WITH_TIMEOUT(
            requests() >= 2 && asked("live-forest").back()["set"].value("trees", 0) == 30, patience);
        // What it goes by, folded at first.
        QVERIFY(!shown(window(), "live-importances"));
        QVERIFY(click(window(), "live-more-importances"));
        QVERIFY(text("live-importances").contains("Gaussian 1.6"));
        QVERIFY(text("live-importances").contains("50.0 %"));
    }
};

QTEST_MAIN(TestLivePanel)
#include "test_live_panel.moc"
