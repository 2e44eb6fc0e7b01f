// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/label_fixture.h"
#include "widgets/canvas/click_object_tool.h"
#include "widgets/canvas/segment_everything_tool.h"

#include <QSignalSpy>

using namespace eyepiece;

namespace {

// Answers when the test says so; finds a disk of radius 10 around the last click on the object, without what
// lies right of a click beside it.
class FakeFinder : public ObjectFinderService {
public:
    struct Heard {
        std::vector<ObjectQuestion> questions;
        Found found;
        Failed failed;
        std::vector<Region> views;
        FoundAll found_all;
        Progress progress;
        int drops = 0;
    };
    explicit FakeFinder(Heard& heard) : heard_(heard) {}
    void ask(const ObjectQuestion& question, Found found, Failed failed) override {
        heard_.questions.push_back(question);
        heard_.found = std::move(found);
        heard_.failed = std::move(failed);
    }
    void ask_all(const Region& view, FoundAll found, Failed failed, Progress progress) override {
        heard_.views.push_back(view);
        heard_.found_all = std::move(found);
        heard_.failed = std::move(failed);
        heard_.progress = std::move(progress);
    }
    void drop() override {
        ++heard_.drops;
        heard_.found_all = {};
        heard_.found = {};
        heard_.failed = {};
    }

private:
    Heard& heard_;
};

} // namespace

// The tool that finds an object by clicks, by mouse and keys, with a finder that answers as told.
class TestClickObject : public test::LabelToolTest {
    Q_OBJECT

    FakeFinder::Heard heard_;

    void click(double x, double y, Qt::MouseButton button = Qt::LeftButton,
               Qt::KeyboardModifiers modifiers = {}) {
        QTest::mouseClick(canvas_.get(), button, modifiers, at(x, y));
    }
    std::size_t objects() const { return editor_->document().objects().size(); }
    void answer() {
        QVERIFY(heard_.found);
        ObjectAnswer found;
        found.region = {50, 35, 20, 20};
        found.mask = Mask(20, 20);
        found.expected_iou = 0.9;
        double right = 1e9;
        for (const ObjectQuestion::Click& each : heard_.questions.back().clicks)
            if (!each.object)
                right = std::min(right, each.at.x());
        for (int y = 0; y < 20; ++y)
            for (int x = 0; x < 20; ++x)
                found.mask.set(x, y, std::hypot(x - 9.5, y - 9.5) <= 10 && 50 + x < right - 1);
        const auto tell = heard_.found;
        tell(found);
    }
    void choose() {
        heard_ = {};
        auto* tool = qobject_cast<ClickObjectTool*>(tools_->find("label.click-object"));
        QVERIFY(tool);
        tool->set_finder(std::make_unique<FakeFinder>(heard_));
        key(Qt::Key_Z);
        QCOMPARE(tools_->tool(), QStringLiteral("label.click-object"));
    }

private Q_SLOTS:
    void a_click_asks_and_enter_makes_what_was_found_as_one_step() {
        choose();
        click(60, 45);
        QCOMPARE(heard_.questions.size(), std::size_t{1});
        const ObjectQuestion& asked = heard_.questions.back();
        QCOMPARE(asked.clicks.size(), std::size_t{1});
        QVERIFY(asked.clicks[0].object);
        QVERIFY(std::abs(asked.clicks[0].at.x() - 60) < 0.2 && std::abs(asked.clicks[0].at.y() - 45) < 0.2);
        QVERIFY(asked.view.width > 0 && asked.view.width <= width);
        answer();
        QTest::qWait(30);
        QCOMPARE(objects(), std::size_t{0}); // shown, not made
        key(Qt::Key_Return);
        QTRY_COMPARE(objects(), std::size_t{1});
        QVERIFY(label(60, 45) != 0 && label(52, 37) == 0);
        check_books();
        QCOMPARE(project_->labels().object(item_, label(60, 45))->class_id, nucleus_);
        QCOMPARE(project_->labels().object(item_, label(60, 45))->tool, std::string("object from clicks"));
        undo();
        QCOMPARE(objects(), std::size_t{0});
        check_books();
    }

    void the_right_button_and_alt_say_what_is_not_of_it() {
        choose();
        click(60, 45);
        answer();
        click(66, 45, Qt::RightButton);
        QCOMPARE(heard_.questions.back().clicks.size(), std::size_t{2});
        QVERIFY(!heard_.questions.back().clicks[1].object);
        click(58, 40, Qt::LeftButton, Qt::AltModifier);
        QCOMPARE(heard_.questions.back().clicks.size(), std::size_t{3});
        QVERIFY(!heard_.questions.back().clicks[2].object);
        key(Qt::Key_Backspace); // takes the last one back
        QCOMPARE(heard_.questions.back().clicks.size(), std::size_t{2});
        answer();
        key(Qt::Key_Return);
        QTRY_COMPARE(objects(), std::size_t{1});
        QVERIFY(label(60, 45) != 0);
        QCOMPARE(label(67, 45), 0u);
        check_books();
    }

    void enter_before_the_answer_takes_it_when_it_comes() {
        choose();
        click(60, 45);
        key(Qt::Key_Return);
        QTest::qWait(30);
        QCOMPARE(objects(), std::size_t{0});
        answer();
        QTRY_COMPARE(objects(), std::size_t{1});
        QVERIFY(!tools_->busy());
    }

    void a_double_click_makes_it_by_its_first_click_alone() {
        choose();
        click(60, 45);
        QTest::mouseDClick(canvas_.get(), Qt::LeftButton, {}, at(60, 45));
        QVERIFY(!heard_.questions.empty());
        QCOMPARE(heard_.questions.back().clicks.size(), std::size_t{1});
        answer();
        QTRY_COMPARE(objects(), std::size_t{1});
        QVERIFY(!tools_->busy());
    }

    void a_drag_asks_for_a_box_and_escape_drops_everything() {
        choose();
        drag({at(48, 33), at(60, 45), at(72, 57)});
        QCOMPARE(heard_.questions.size(), std::size_t{1});
        QVERIFY(heard_.questions[0].clicks.empty() && heard_.questions[0].box);
        QVERIFY(heard_.questions[0].box->x <= 48 && heard_.questions[0].box->right() >= 72);
        answer();
        const int before = heard_.drops;
        key(Qt::Key_Escape);
        QVERIFY(heard_.drops > before);
        QVERIFY(!tools_->busy());
        key(Qt::Key_Return);
        QTest::qWait(30);
        QCOMPARE(objects(), std::size_t{0});
        check_books();
    }

    void what_goes_wrong_is_said_and_nothing_is_left() {
        choose();
        QSignalSpy refused(editor_.get(), &LabelEditor::refused);
        click(60, 45, Qt::RightButton); // nothing is meant yet
        QCOMPARE(heard_.questions.size(), std::size_t{0});
        QCOMPARE(refused.count(), 1);
        click(60, 45);
        const auto fail = heard_.failed;
        fail("The network that finds objects is missing.");
        QCOMPARE(refused.count(), 2);
        QCOMPARE(refused.back().at(0).toString(),
                 QStringLiteral("The network that finds objects is missing."));
        QVERIFY(!tools_->busy());
        qobject_cast<ClickObjectTool*>(tools_->current())->set_finder(nullptr);
        click(60, 45);
        QCOMPARE(refused.count(), 3);
        QVERIFY(!tools_->busy());
    }

    void everything_is_shown_first_made_as_one_step_and_escape_stops_it() {
        choose();
        auto* everything = qobject_cast<SegmentEverythingTool*>(tools_->find("label.segment-everything"));
        QVERIFY(everything);
        everything->set_finder(std::make_unique<FakeFinder>(heard_));
        key(Qt::Key_Z, Qt::ShiftModifier);
        QCOMPARE(heard_.views.size(), std::size_t{1});
        QVERIFY(heard_.views[0].width > 0 && heard_.views[0].right() <= width);
        heard_.progress(0.4);
        QVERIFY(everything->status().contains("40"));
        key(Qt::Key_Escape);
        QVERIFY(!heard_.found_all);
        QCOMPARE(tools_->tool(), QStringLiteral("label.click-object")); // the tool before is back
        key(Qt::Key_Z, Qt::ShiftModifier);
        AllObjectsAnswer all;
        all.region = {10, 10, 40, 30};
        all.labels = LabelMap(30, 40);
        for (int y = 2; y < 12; ++y)
            for (int x = 2; x < 12; ++x) {
                all.labels.set(x, y, 1);
                all.labels.set(x + 20, y + 5, 2);
            }
        const auto tell = heard_.found_all;
        tell(all);
        QTRY_VERIFY(everything->can_apply());
        QCOMPARE(objects(), std::size_t{0});
        key(Qt::Key_Return);
        QTRY_COMPARE(objects(), std::size_t{2});
        QVERIFY(label(12, 12) != 0 && label(34, 18) != 0 && label(12, 12) != label(34, 18));
        check_books();
        undo();
        QCOMPARE(objects(), std::size_t{0});
    }

    void another_tool_drops_what_was_begun() {
        choose();
        click(60, 45);
        answer();
        key(Qt::Key_B);
        QCOMPARE(objects(), std::size_t{0});
        key(Qt::Key_Z);
        QVERIFY(!tools_->busy());
    }
};

QTEST_MAIN(TestClickObject)
#include "test_click_object.moc"
