// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel_fixture.h"
#include "widgets/browser/item_list_model.h"
#include "widgets/canvas/label_editor.h"

#include <QInputDialog>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QTimer>
#include <QToolButton>

using namespace eyepiece;

// How far labels are, and where they come from, in the real window, by clicks and keys.
class TestReviewPanel : public test::PanelTest {
    Q_OBJECT

    LabelEditor& labels() const { return context().labels; }
    ItemId item(std::size_t i) const { return project().items().all().at(i).id; }
    ReviewStatus status(std::size_t i) const { return project().items().at(item(i)).status; }
    void drag(double x0, double y0, double x1, double y1) {
        QTest::mousePress(&canvas(), Qt::LeftButton, {}, at(x0, y0));
        for (const QPoint& point : {at((x0 + x1) / 2, (y0 + y1) / 2), at(x1, y1)}) {
            QMouseEvent move(QEvent::MouseMove, point, canvas().mapToGlobal(point), Qt::NoButton,
                             Qt::LeftButton, {});
            QApplication::sendEvent(&canvas(), &move);
            QTest::qWait(20);
        }
        QTest::mouseRelease(&canvas(), Qt::LeftButton, {}, at(x1, y1));
    }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(window().windowHandle(), key, modifiers);
    }
    void show_label(std::size_t i = 0) {
        show_stage(Stage::Label);
        context().selection.set_item(item(i));
        QTRY_VERIFY_WITH_TIMEOUT(canvas().isVisible() && labels().item() == item(i) && labels().ready() &&
                                     canvas().idle(),
                                 patience);
        canvas().setFocus();
    }
    void label(std::size_t i) {
        show_label(i);
        key(Qt::Key_R);
        drag(9.5, 9.5, 29.5, 29.5);
        QVERIFY(labels().flush());
    }
    // Answers the question for a word, as soon as it is there.
    void answer(const QString& word) {
        QTRY_VERIFY_WITH_TIMEOUT(window().findChild<QInputDialog*>("review.word"), patience);
        auto* question = window().findChild<QInputDialog*>("review.word");
        QVERIFY(question->labelText().contains("mended"));
        auto* line = question->findChild<QLineEdit*>();
        QVERIFY(line && !line->accessibleName().isEmpty());
        QTest::keyClicks(line, word);
        QTest::keyClick(line, Qt::Key_Return);
        QTRY_VERIFY(!window().findChild<QInputDialog*>("review.word"));
        window().activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window()));
    }
    void choose(const char* action) {
        auto* which = window().findChild<QToolButton*>("images.which");
        Q_EMIT which->menu()->aboutToShow();
        auto* found = which->menu()->findChild<QAction*>(QString::fromLatin1(action));
        QVERIFY2(found, action);
        found->trigger();
    }

private Q_SLOTS:
    void from_new_to_accepted_by_keys() {
        label(0);
        QCOMPARE(status(0), ReviewStatus::Labelled);
        QCOMPARE(text("review-status"), QString("Labelled"));
        QVERIFY(text("review-steps").startsWith("labelled"));
        // Done with this one: on to the next that has still to be labelled.
        key(Qt::Key_F6);
        QCOMPARE(status(0), ReviewStatus::Submitted);
        QCOMPARE(context().selection.item(), item(1));
        QVERIFY2(text("notices").contains("1 image submitted"), qPrintable(text("notices")));
        // A new one cannot be submitted.
        key(Qt::Key_F6);
        QCOMPARE(status(1), ReviewStatus::New);
        QVERIFY2(text("notices").contains("left as new"), qPrintable(text("notices")));
        label(1);
        key(Qt::Key_F6);
        show_label(0);
        key(Qt::Key_F7);
        QCOMPARE(status(0), ReviewStatus::Accepted);
        QCOMPARE(context().selection.item(), item(1)); // the other one that waits to be looked at
        show_label(1);
        key(Qt::Key_F8);
        answer("two are one");
        QTRY_COMPARE(status(1), ReviewStatus::SentBack);
        QVERIFY2(text("notices").contains("No other one waits"), qPrintable(text("notices")));
        QCOMPARE(text("review-status"), QString("Sent back"));
        QVERIFY2(text("review-steps").contains("two are one"), qPrintable(text("review-steps")));
        // A stroke on what was accepted opens it again; undo takes both back.
        show_label(0);
        QCOMPARE(text("review-status"), QString("Accepted"));
        drag(35.5, 35.5, 45.5, 45.5);
        QVERIFY(labels().flush());
        QCOMPARE(text("review-status"), QString("Labelled"));
        key(Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(text("review-status"), QString("Accepted"));
        QCOMPARE(project().labels().objects(item(0)).size(), std::size_t{1});
    }

    void a_selection_at_once_and_the_list() {
        label(0);
        label(1);
        context().selection.set_items({item(0), item(1), item(2)}, item(0));
        QTest::mouseClick(window().findChild<QToolButton*>("button.action.review.accept"), Qt::LeftButton);
        QCOMPARE(status(0), ReviewStatus::Accepted);
        QCOMPARE(status(1), ReviewStatus::Accepted);
        QCOMPARE(status(2), ReviewStatus::New);
        QVERIFY2(text("notices").contains("2 images accepted"), qPrintable(text("notices")));
        auto* list = window().findChild<QListView*>("images.list");
        QCOMPARE(list->model()->index(0, 0).data(ItemListModel::MarkRole).toString(), QString("accepted"));
        choose("images.which.accepted");
        QCOMPARE(list->model()->rowCount(), 2);
        choose("images.which.new");
        QCOMPARE(list->model()->rowCount(), 2);
        choose("images.which.submitted");
        QCOMPARE(list->model()->rowCount(), 0);
        choose("images.which.any-status");
        choose("images.which.class-1");
        QCOMPARE(list->model()->rowCount(), 2);
        choose("images.which.any-class");
        QCOMPARE(list->model()->rowCount(), 4);
        key(Qt::Key_Z, Qt::ControlModifier); // one step
        QTRY_COMPARE(status(1), ReviewStatus::Labelled);
        QCOMPARE(status(0), ReviewStatus::Labelled);
    }

    // Who, when, with what and how long: of the selected object, below the pointer, and in the file.
    void an_object_says_where_it_comes_from() {
        show_label();
        key(Qt::Key_R);
        drag(9.5, 9.5, 29.5, 29.5);
        drag(35.5, 35.5, 45.5, 45.5);
        QVERIFY(labels().flush());
        const std::vector<LabelObject> stored = project().labels().objects(item(0));
        QCOMPARE(stored.size(), std::size_t{2});
        const auto work = project().labels().work(item(0), stored[1].id);
        QCOMPARE(work.size(), std::size_t{1});
        QVERIFY2(work[0].seconds >= 0.03 && work[0].seconds < 30,
                 qPrintable(QString::number(work[0].seconds)));
        const QString origin = text("object-origin");
        QVERIFY2(origin.contains(QString::fromStdString(stored[1].tool)), qPrintable(origin));
        QVERIFY2(origin.startsWith("Made"), qPrintable(origin));
        QVERIFY2(labels().describe({20, 20}).contains(QString::fromStdString(stored[0].tool)),
                 qPrintable(labels().describe({20, 20})));
        // Of several, or none, nothing.
        key(Qt::Key_A, Qt::ControlModifier);
        QVERIFY(text("object-origin").isEmpty());
        // From a run.
        LabelObject predicted = stored[0];
        predicted.run = "0007-unet";
        predicted.score = 0.875;
        LabelEdit edit;
        edit.item = item(0);
        edit.tool = "accept prediction";
        edit.objects = {predicted};
        project().labels().commit(edit);
        QTRY_VERIFY_WITH_TIMEOUT(labels().ready(), patience);
        labels().select(predicted.id);
        QTRY_VERIFY_WITH_TIMEOUT(text("object-origin").contains("From run 0007-unet"), patience);
        QVERIFY2(text("object-origin").contains("88 % sure"), qPrintable(text("object-origin")));
    }
};

QTEST_MAIN(TestReviewPanel)
#include "test_review_panel.moc"
