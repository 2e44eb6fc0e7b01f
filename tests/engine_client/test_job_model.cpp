// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/engine/job_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace eyepiece;

class TestJobModel : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keeps_the_rules_of_models() {
        JobModel jobs;
        QAbstractItemModelTester tester(&jobs, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto a = jobs.add({.title = "A"});
        const auto b = jobs.add({.title = "B"});
        jobs.update(a, 0.5, "half");
        jobs.end(a);
        jobs.end(a); // twice is once
        QCOMPARE(jobs.rowCount(), 1);
        QCOMPARE(jobs.newest()->id, b);
    }

    void tells_at_most_twenty_times_a_second() {
        JobModel jobs;
        const auto id = jobs.add({.title = "A"});
        QSignalSpy changes(&jobs, &QAbstractItemModel::dataChanged);
        QElapsedTimer time;
        time.start();
        int updates = 0;
        while (time.elapsed() < 500) {
            jobs.update(id, static_cast<double>(time.elapsed()) / 500, QString::number(updates++));
            QTest::qWait(1);
        }
        QVERIFY(updates > 100);
        QVERIFY2(changes.count() >= 4 && changes.count() <= 11, qPrintable(QString::number(changes.count())));
        QTRY_COMPARE(jobs.data(jobs.index(0, JobModel::Stage)).toString(), QString::number(updates - 1));
    }

    void guesses_the_time_left_from_the_pace() {
        JobModel jobs;
        const auto id = jobs.add({.title = "A"});
        jobs.update(id, 0.1, {});
        QTest::qWait(200);
        jobs.update(id, 0.3, {}); // a fifth in about 0.2 s: about 0.7 s to go
        const double left = jobs.find(id)->seconds_left;
        QVERIFY2(left > 0.5 && left < 3, qPrintable(QString::number(left)));
        jobs.update(id, 0.4, {}, 42);
        QCOMPARE(jobs.find(id)->seconds_left, 42.0);
    }

    void passes_controls_on() {
        JobModel jobs;
        int cancelled = 0;
        JobModel::JobId id = 0;
        Job job{.title = "A"};
        job.controls.cancel = [&] {
            ++cancelled;
            jobs.end(id);
        };
        id = jobs.add(job);
        QVERIFY(jobs.data(jobs.index(0, 0), JobModel::CanCancelRole).toBool());
        QVERIFY(!jobs.data(jobs.index(0, 0), JobModel::CanPauseRole).toBool());
        jobs.cancel(id);
        QCOMPARE(cancelled, 1);
        QVERIFY(!jobs.find(id));
    }

    void says_times_in_words() {
        QCOMPARE(time_left_text(-1), QString());
        QCOMPARE(time_left_text(59.4), QStringLiteral("59 s left"));
        QCOMPARE(time_left_text(72), QStringLiteral("1 min 12 s left"));
        QCOMPARE(time_left_text(7500), QStringLiteral("2 h 5 min left"));
    }
};

QTEST_GUILESS_MAIN(TestJobModel)
#include "test_job_model.moc"
