// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/gui_guard.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"

#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace eyepiece;

class TestSession : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    QString path(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }

private Q_SLOTS:
    void opens_creates_closes_and_remembers() {
        QSettings settings(path("a.ini"), QSettings::IniFormat);
        ProjectSession session(settings);
        QSignalSpy opened(&session, &ProjectSession::opened), closed(&session, &ProjectSession::closed);
        QVERIFY(!session.is_open());
        QVERIFY_EXCEPTION_THROWN(session.project(), Error);
        session.create(path("one"), "One");
        QCOMPARE(session.name(), QStringLiteral("One"));
        session.create(path("two"));
        QCOMPARE(opened.size(), 2);
        QCOMPARE(closed.size(), 1);
        session.open(path("one") + "/project.eyepiece"); // its file, as a file manager gives it
        QCOMPARE(session.folder(), path("one"));
        session.open(path("one")); // already: nothing happens
        QCOMPARE(opened.size(), 3);
        QCOMPARE(session.recent(), QStringList({path("one"), path("two")}));
        QVERIFY(QDir(path("two")).removeRecursively());
        QCOMPARE(session.recent(), QStringList({path("one")}));
    }

    // Labels that do not compress: a step of some megabytes goes back in the background, and nothing is
    // edited or undone meanwhile.
    void a_large_step_is_undone_in_the_background() {
        QSettings settings(path("large.ini"), QSettings::IniFormat);
        ProjectSession session(settings);
        session.create(path("large"));
        Project& project = session.project();
        const ItemId item = project.items().add({path("large.tif").toStdString()}).added.at(0);
        project.items().set_facts(item, {"0123", 1024, 1024, 1});
        LabelEdit edit;
        edit.item = item;
        edit.region = {0, 0, 1024, 1024};
        edit.pixels = LabelMap(1024, 1024);
        std::uint32_t random = 1;
        for (ObjectId& id : edit.pixels.ids())
            id = (random = random * 1664525u + 1013904223u) >> 24;
        for (ObjectId id = 1; id < 256; ++id) {
            LabelObject object;
            object.id = id;
            object.class_id = 0;
            edit.objects.push_back(object);
        }
        project.labels().commit(edit);
        QVERIFY(project.history().undo_size() > 500'000);

        QSignalSpy reverting(&session, &ProjectSession::reverting_changed),
            reverted(&session, &ProjectSession::edit_reverted);
        session.undo();
        QCOMPARE(reverting.size(), 1);
        QVERIFY(reverting.at(0).at(0).toBool());
        session.undo(); // is under way
        QCOMPARE(project.labels().total_objects(), 255);
        QTRY_COMPARE(reverting.size(), 2);
        QVERIFY(!reverting.at(1).at(0).toBool());
        QCOMPARE(reverted.size(), 1);
        QCOMPARE(project.labels().total_objects(), 0);
        session.redo();
        QTRY_COMPARE(reverting.size(), 4);
        QCOMPARE(project.labels().total_objects(), 255);
        QCOMPARE(project.labels().read(item, edit.region), edit.pixels);
    }

    void a_failed_open_leaves_what_is_open() {
        QSettings settings(path("b.ini"), QSettings::IniFormat);
        ProjectSession session(settings);
        session.create(path("kept"));
        QVERIFY_EXCEPTION_THROWN(session.open(path("nothing-here")), Error);
        QDir().mkpath(path("garbage"));
        QFile file(path("garbage") + "/project.eyepiece");
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("this is no database, but someone called it one");
        file.close();
        QVERIFY_EXCEPTION_THROWN(session.open(path("garbage")), Error);
        QCOMPARE(session.folder(), path("kept"));
    }

    void a_second_editor_is_told() {
        QSettings settings(path("c.ini"), QSettings::IniFormat);
        ProjectSession first(settings), second(settings);
        first.create(path("shared"));
        try {
            second.open(path("shared"));
            QFAIL("two editors on one project");
        } catch (const Error& error) {
            QCOMPARE(int(error.code()), int(ErrorCode::Conflict));
        }
        first.close();
        second.open(path("shared"));
        QVERIFY(second.is_open());
    }

    void changes_are_signals_and_edits_come_back_from_jobs() {
        QSettings settings(path("d.ini"), QSettings::IniFormat);
        ProjectSession session(settings);
        session.create(path("signals"));
        QSignalSpy added(&session, &ProjectSession::items_added),
            classes(&session, &ProjectSession::classes_changed),
            external(&session, &ProjectSession::external_change);
        session.project().items().add({path("x.png").toStdString()});
        QCOMPARE(added.size(), 1);
        session.project().classes().add("nucleus");
        QVERIFY(classes.size() >= 1);

        bool done = false;
        std::int64_t counted = 0;
        QThread* worked_on = nullptr;
        session.run(
            "Adding",
            [&](Project& project, JobContext& job) {
                worked_on = QThread::currentThread();
                for (int i = 0; i < 20; ++i)
                    project.items().add({path("y").toStdString() + std::to_string(i) + ".png"});
                job.progress(1, "done");
            },
            [&] {
                done = true;
                counted = session.project().items().count();
            });
        QTRY_VERIFY(done);
        QVERIFY(worked_on != thread());
        QCOMPARE(counted, std::int64_t(21));
        QVERIFY(external.size() >= 1);
        QTRY_VERIFY(session.jobs().empty());
    }

    void another_process_is_heard_without_asking() {
        QSettings settings(path("e.ini"), QSettings::IniFormat);
        ProjectSession session(settings);
        session.create(path("heard"));
        QSignalSpy external(&session, &ProjectSession::external_change);
        for (int round = 1; round <= 3; ++round) {
            Project::open(session.project().folder(), Project::Access::Shared)
                ->classes()
                .add("class " + std::to_string(round));
            QTRY_VERIFY_WITH_TIMEOUT(external.size() >= round, 3000);
        }
        QVERIFY(test::running_timers(&session).isEmpty()); // heard, not asked for
    }

    void jobs_tell_progress_warnings_failure_and_cancel() {
        {
            BackgroundJob job("Fails", [](JobContext& context) {
                context.progress(0.5, "half");
                context.warn("careful");
                throw Error(ErrorCode::Storage, "The disk is full.");
            });
            QSignalSpy failed(&job, &BackgroundJob::failed), ended(&job, &BackgroundJob::ended);
            job.start();
            QTRY_COMPARE(ended.size(), 1);
            QCOMPARE(failed.first().first().toString(), QStringLiteral("The disk is full."));
            QCOMPARE(job.fraction(), 0.5);
            QCOMPARE(job.stage(), QStringLiteral("half"));
            QCOMPARE(job.warnings(), QStringList{"careful"});
        }
        {
            BackgroundJob job("Cancelled", [](JobContext& context) {
                while (true) {
                    context.throw_if_cancelled();
                    QThread::msleep(1);
                }
            });
            QSignalSpy cancelled(&job, &BackgroundJob::cancelled), failed(&job, &BackgroundJob::failed);
            job.start();
            job.cancel();
            QTRY_COMPARE(cancelled.size(), 1);
            QCOMPARE(failed.size(), 0);
        }
    }

    void closing_cancels_jobs_and_leaves_nothing() {
        test::GuiGuard guard;
        {
            QSettings settings(path("f.ini"), QSettings::IniFormat);
            ProjectSession session(settings);
            session.create(path("closing"));
            std::atomic<bool> started{false}, stopped{false};
            bool done = false;
            session.run(
                "Endless",
                [&](Project&, JobContext& job) {
                    started = true;
                    while (!job.cancelled()) {
                        job.progress(-1, "on and on");
                        QThread::msleep(1);
                    }
                    stopped = true;
                },
                [&] { done = true; });
            QTRY_VERIFY(started.load());
            session.close();
            QVERIFY(stopped.load());
            QTest::qWait(50);
            QVERIFY(!done); // its project is gone
        }
        QCOMPARE(guard.left_behind(), QString());
    }

    void the_selection_tells_only_changes() {
        Selection selection;
        QSignalSpy item(&selection, &Selection::item_changed), items(&selection, &Selection::items_changed),
            object(&selection, &Selection::object_changed);
        selection.set_item(7);
        selection.set_item(7);
        QCOMPARE(item.size(), 1);
        QCOMPARE(items.size(), 1);
        selection.set_object(3);
        selection.set_region({1, 2, 3, 4});
        selection.set_items({7, 8}, 7); // the same current one
        QCOMPARE(item.size(), 1);
        QCOMPARE(items.size(), 2);
        QCOMPARE(selection.object(), ObjectId(3));
        selection.set_items({8, 9}, 100); // not among them: the first
        QCOMPARE(selection.item(), ItemId(8));
        QCOMPARE(selection.object(), ObjectId(0)); // it was the other item's
        QVERIFY(selection.region().empty());
        QCOMPARE(object.size(), 2);
        selection.clear();
        QCOMPARE(selection.item(), ItemId(0));
        QCOMPARE(selection.label_class(), ClassId(-1));
    }
};

QTEST_MAIN(TestSession)
#include "test_session.moc"
