// SPDX-License-Identifier: GPL-3.0-or-later
#include <QElapsedTimer>
#include <QImage>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

// The program `eyepiece` as a process of its own.
class TestProgram : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;

    struct Outcome {
        int status = -1;
        QString error;
        qint64 ms = 0;
    };
    Outcome run(QStringList arguments, int timeout_ms = 90'000) {
        QProcess program;
        arguments << "--settings" << folder_.filePath("settings.ini");
        QElapsedTimer timer;
        timer.start();
        program.start(qEnvironmentVariable("EYEPIECE_BIN") + "/eyepiece", arguments);
        if (!program.waitForFinished(timeout_ms)) {
            program.kill();
            program.waitForFinished();
            return {-1, "timed out", timer.elapsed()};
        }
        return {program.exitStatus() == QProcess::NormalExit ? program.exitCode() : -1,
                QString::fromUtf8(program.readAllStandardError()), timer.elapsed()};
    }

private Q_SLOTS:
    void draws_the_sample_project_into_a_file() {
        const QString picture = folder_.filePath("data.png");
        const Outcome outcome = run({"--sample", folder_.filePath("sample"), "--stage", "data", "--theme",
                                     "dark", "--size", "1200x800", "--screenshot", picture});
        QCOMPARE(outcome.status, 0);
        QCOMPARE(QImage(picture).size(), QSize(1200, 800));
    }

    void scales_without_blur() {
        qputenv("QT_SCALE_FACTOR", "2");
        const QString picture = folder_.filePath("twice.png");
        const Outcome outcome = run({"--size", "1000x700", "--screenshot", picture});
        qunsetenv("QT_SCALE_FACTOR");
        QCOMPARE(outcome.status, 0);
        QCOMPARE(QImage(picture).size(), QSize(2000, 1400));
    }

    void refuses_wrong_usage_with_a_reason_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("says");
        QTest::newRow("option") << QStringList{"--nonsense"} << "nonsense";
        QTest::newRow("stage") << QStringList{"--stage", "dinner"} << "There is no stage";
        QTest::newRow("size") << QStringList{"--size", "huge"} << "1440x900";
        QTest::newRow("theme") << QStringList{"--theme", "plaid"} << "light or dark";
    }
    void refuses_wrong_usage_with_a_reason() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, says);
        const Outcome outcome = run(arguments);
        QCOMPARE(outcome.status, 2);
        QVERIFY2(outcome.error.contains(says), qPrintable(outcome.error));
    }

    void a_picture_that_cannot_be_written_is_an_error() {
        const Outcome outcome = run({"--screenshot", folder_.filePath("no/such/folder/x.png")});
        QCOMPARE(outcome.status, 1);
        QVERIFY(outcome.error.contains("cannot be written"));
    }
};

QTEST_MAIN(TestProgram)
#include "test_program.moc"
