// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/gui_guard.h"
#include "widgets/browser/item_browser.h"
#include "widgets/browser/item_list_model.h"
#include "widgets/browser/thumbnail_cache.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/theme/theme.h"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <algorithm>

using namespace eyepiece;

namespace {

struct Fixture {
    QTemporaryDir folder;
    QSettings settings{folder.filePath("settings.ini"), QSettings::IniFormat};
    ProjectSession session{settings};
    Selection selection;

    explicit Fixture(int images) {
        session.create(folder.filePath("project"), "Test");
        std::vector<std::filesystem::path> paths;
        for (int i = 1; i <= images; ++i)
            paths.emplace_back((folder.path() + "/img" + QString::number(i) + ".png").toStdString());
        session.project().items().add(paths);
    }

    ItemId item(int number) const {
        return session.project()
            .items()
            .find_path((folder.path() + "/img" + QString::number(number) + ".png").toStdString())
            ->id;
    }

    void label(ItemId id, int objects) {
        LabelEdit edit;
        edit.item = id;
        edit.tool = "brush";
        edit.region = {0, 0, objects, 1};
        edit.pixels = LabelMap(1, objects);
        const ClassId nucleus = session.project().classes().find_or_add("nucleus");
        for (int i = 0; i < objects; ++i) {
            edit.pixels.set(i, 0, static_cast<ObjectId>(i + 1));
            LabelObject object;
            object.id = static_cast<ObjectId>(i + 1);
            object.class_id = nucleus;
            edit.objects.push_back(object);
        }
        session.project().items().set_facts(id, {std::to_string(id), 64, 64, 1});
        session.project().labels().commit(edit);
    }
};

QStringList names(const QAbstractItemModel& model) {
    QStringList result;
    for (int row = 0; row < model.rowCount(); ++row)
        result << model.index(row, 0).data().toString();
    return result;
}

} // namespace

class TestItemModels : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void follows_the_project() {
        Fixture f(12);
        ItemListModel model(f.session, nullptr);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model.rowCount(), 12);
        QCOMPARE(names(model).mid(0, 3),
                 QStringList({"img1.png", "img2.png", "img3.png"})); // img10 after img9

        f.label(f.item(2), 3);
        QTRY_COMPARE(model.index(1, ItemListModel::Objects).data().toString(), QStringLiteral("3"));
        QVERIFY(model.index(1, 0).data(ItemListModel::WordsRole).toString().contains("3"));
        QCOMPARE(model.labelled(), std::int64_t(1));
        f.session.undo();
        QTRY_COMPARE(model.index(1, ItemListModel::Objects).data().toString(), QString());

        f.session.project().items().remove({f.item(1)});
        QTRY_COMPARE(model.rowCount(), 11);
        f.session.close();
        QCOMPARE(model.rowCount(), 0);
    }

    void hears_of_what_other_connections_write() {
        Fixture f(2);
        ItemListModel model(f.session, nullptr);
        const auto other = Project::open(f.session.project().folder(), Project::Access::Shared);
        other->items().add({(f.folder.path() + "/late.png").toStdString()});
        QTRY_COMPARE_WITH_TIMEOUT(model.rowCount(), 3, 5000);
    }

    void filters_and_orders() {
        Fixture f(10);
        f.label(f.item(1), 2);
        f.session.project().items().set_complete(f.item(1), true);
        f.label(f.item(2), 2);
        ItemListModel model(f.session, nullptr);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.set_filter("IMG1");
        QCOMPARE(names(model), QStringList({"img1.png", "img10.png"}));
        model.set_filter({});
        model.set_order(ItemOrder::UnlabelledFirst);
        QCOMPARE(names(model).first(), QStringLiteral("img3.png"));
        QCOMPARE(names(model).mid(8), QStringList({"img2.png", "img1.png"}));
        f.session.set_scores({"IoU", {{f.item(5), 0.9}, {f.item(7), 0.2}}});
        model.set_order(ItemOrder::WorstFirst);
        QCOMPARE(names(model).mid(0, 3), QStringList({"img7.png", "img5.png", "img1.png"}));
        f.session.set_scores({"IoU", {{f.item(5), 0.1}, {f.item(7), 0.2}}});
        QCOMPARE(names(model).first(), QStringLiteral("img5.png"));
        QCOMPARE(model.row(f.item(5)), 0);
        QCOMPARE(model.id(0), f.item(5));
    }

    void status_class_and_number_of_objects() {
        Fixture f(5);
        f.label(f.item(1), 2);
        f.label(f.item(2), 3);
        f.label(f.item(3), 1);
        const auto say = [&](int image, ReviewStatus status, const std::string& word = {}) {
            const std::vector<ItemId> items{f.item(image)};
            f.session.project().reviews().set(items, status, word);
        };
        ItemListModel model(f.session, nullptr);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        say(1, ReviewStatus::Accepted);
        say(2, ReviewStatus::SentBack, "two are one");
        const auto row = [&](int image) { return model.index(model.row(f.item(image)), 0); };
        QCOMPARE(row(1).data(ItemListModel::MarkRole).toString(), QStringLiteral("accepted"));
        QVERIFY(row(1).data(ItemListModel::WordsRole).toString().startsWith("accepted"));
        QVERIFY(row(2).data(ItemListModel::WordsRole).toString().startsWith("sent back: two are one"));
        QVERIFY(row(2).data(Qt::AccessibleTextRole).toString().contains("sent back"));
        QVERIFY(row(4).data(ItemListModel::MarkRole).toString().isEmpty());
        QCOMPARE(model.count(ReviewStatus::New), 2);
        QCOMPARE(model.count(ReviewStatus::SentBack), 1);
        model.set_order(ItemOrder::Status);
        QCOMPARE(names(model), QStringList({"img2.png", "img4.png", "img5.png", "img3.png", "img1.png"}));
        model.set_order(ItemOrder::MostObjects);
        QCOMPARE(names(model).mid(0, 3), QStringList({"img2.png", "img1.png", "img3.png"}));
        model.set_order(ItemOrder::FewestObjects);
        QCOMPARE(names(model).last(), QStringLiteral("img2.png"));
        model.set_order(ItemOrder::Name);
        model.set_status(ReviewStatus::New);
        QCOMPARE(names(model), QStringList({"img4.png", "img5.png"}));
        f.label(f.item(4), 1); // stays in sight under the hand
        QCOMPARE(names(model), QStringList({"img4.png", "img5.png"}));
        model.set_status({});
        QCOMPARE(model.rowCount(), 5);
        const ClassId rare = f.session.project().classes().add("rare");
        const std::vector<ObjectKey> object{{f.item(3), 1}};
        f.session.project().labels().set_class(object, rare);
        model.set_class(rare);
        QCOMPARE(names(model), QStringList({"img3.png"}));
        model.set_status(ReviewStatus::Accepted);
        QCOMPARE(model.rowCount(), 0);
        f.session.close();
        QCOMPARE(model.class_id(), -1);
    }

    void fifty_thousand_never_hold_up_the_window() {
        Fixture f(50'000);
        ItemListModel model(f.session, nullptr);
        Theme theme;
        ItemBrowser browser(theme, f.session, f.selection, model);
        browser.resize(260, 800);
        browser.show();
        QElapsedTimer total;
        total.start();
        qint64 longest = 0; // between two turns of the event loop
        QElapsedTimer turn;
        turn.start();
        while (model.size() < 50'000 && total.elapsed() < 10'000) {
            QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
            longest = std::max(longest, turn.restart());
            QCoreApplication::processEvents();
            turn.restart();
        }
        QCOMPARE(model.size(), std::size_t(50'000));
        QVERIFY2(total.elapsed() < 2000, qPrintable(QString::number(total.elapsed()) + " ms"));

        QElapsedTimer timer;
        timer.start();
        model.set_filter("img4999");
        QCOMPARE(model.rowCount(), 11); // 4999 and 49990 to 49999
        model.set_filter({});
        const qint64 filtering = timer.elapsed();
        QVERIFY2(filtering < 200, qPrintable(QString::number(filtering) + " ms"));
        auto* list = browser.findChild<QListView*>("images.list");
        QAbstractItemView* view = list;
        timer.restart();
        for (int page = 0; page < 50; ++page) {
            list->scrollTo(model.index(page * 1000, 0));
            view->viewport()->repaint();
        }
        const double page_ms = static_cast<double>(timer.elapsed()) / 50;
        QVERIFY2(page_ms < 16, qPrintable(QString::number(page_ms) + " ms a page"));
        // A selection made in a plot: every other image, then all the others.
        qint64 selecting = 0;
        for (const std::size_t first : {0, 1}) {
            std::vector<ItemId> chosen;
            for (std::size_t at = first; at < model.items().size(); at += 2)
                chosen.push_back(model.items()[at].id);
            timer.restart();
            f.selection.set_items(chosen);
            selecting = std::max(selecting, timer.elapsed());
            QVERIFY(list->selectionModel()->isSelected(model.index(static_cast<int>(first), 0)));
            QVERIFY(!list->selectionModel()->isSelected(model.index(static_cast<int>(1 - first), 0)));
        }
        QVERIFY2(selecting < 500, qPrintable(QString::number(selecting) + " ms"));
        qInfo("50,000 items listed in %lld ms, filtered twice in %lld ms, a page painted in %.1f ms, 25,000 "
              "selected in %lld ms",
              total.elapsed(), filtering, page_ms, selecting);
    }

    void the_browser_shows_and_sets_the_selection() {
        test::GuiGuard guard;
        {
            Fixture f(20);
            ItemListModel model(f.session, nullptr);
            Theme theme;
            ItemBrowser browser(theme, f.session, f.selection, model);
            browser.resize(260, 500);
            browser.show();
            QVERIFY(QTest::qWaitForWindowActive(&browser));
            auto* list = browser.findChild<QListView*>("images.list");
            QSignalSpy current(&f.selection, &Selection::item_changed);
            f.selection.set_item(f.item(3));
            QCOMPARE(list->currentIndex().row(), 2);
            list->setFocus();
            QTest::keyClick(list, Qt::Key_Down);
            QCOMPARE(f.selection.item(), f.item(4));
            QTest::keyClick(list, Qt::Key_Down, Qt::ShiftModifier);
            QCOMPARE(f.selection.items().size(), std::size_t(2));
            QTest::mouseClick(list->viewport(), Qt::LeftButton, {},
                              list->visualRect(model.index(0, 0)).center());
            QCOMPARE(f.selection.items(), std::vector<ItemId>{f.item(1)});
            browser.step(1);
            QCOMPARE(f.selection.item(), f.item(2));
            browser.step(-5);
            QCOMPARE(f.selection.item(), f.item(1));

            auto* filter = browser.findChild<QLineEdit*>("images.filter");
            filter->setFocus();
            QTest::keyClicks(filter, "img2");
            QCOMPARE(model.rowCount(), 2);           // 2 and 20
            QCOMPARE(f.selection.item(), f.item(1)); // what is worked on stays, though hidden
            QTest::keyClicks(filter, "xyz");
            QVERIFY(!list->isVisible()); // and words say why
            filter->clear();
            QVERIFY(list->isVisible());
        }
        QCOMPARE(guard.left_behind(), QString());
    }

    void pictures_arrive_later_and_failures_do_not_come_again() {
        Fixture f(3);
        ThumbnailCache cache;
        ItemListModel model(f.session, &cache);
        std::atomic<int> asked{0};
        const ItemId broken = f.item(2);
        cache.set_reader([&](const Item& item) -> QImage {
            ++asked;
            if (item.id == broken)
                throw Error(ErrorCode::BadInput, "This file is broken.");
            QImage image(8, 6, QImage::Format_RGB32);
            image.fill(Qt::red);
            return image;
        });
        QSignalSpy arrived(&cache, &ThumbnailCache::arrived);
        for (int round = 0; round < 3; ++round)
            for (int row = 0; row < 3; ++row)
                model.index(row, 0).data(Qt::DecorationRole);
        QTRY_COMPARE(arrived.size(), 3);
        QCOMPARE(model.index(0, 0).data(Qt::DecorationRole).value<QPixmap>().size(), QSize(8, 6));
        QVERIFY(model.index(1, 0).data(Qt::DecorationRole).value<QPixmap>().isNull());
        QTest::qWait(50);
        QCOMPARE(asked.load(), 3);
        cache.set_reader({});
        QVERIFY(model.index(0, 0).data(Qt::DecorationRole).value<QPixmap>().isNull());
    }
};

QTEST_MAIN(TestItemModels)
#include "test_item_models.moc"
