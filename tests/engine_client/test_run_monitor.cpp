// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/runs.h"
#include "widgets/engine/job_model.h"
#include "widgets/engine/run_monitor.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QSysInfo>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>

using namespace eyepiece;

namespace {

const QStringList program{QStringLiteral(FAKE_ENGINE), QStringLiteral("run")};

void write(const QString& path, const QByteArray& content, QIODevice::OpenMode mode = QIODevice::WriteOnly) {
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    QVERIFY(file.open(mode));
    QCOMPARE(file.write(content), content.size());
}

Json training(int epochs, int ms, int die_at = -1) {
    return {{"operation", "train"},
            {"model", "unet"},
            {"fake", {{"epochs", epochs}, {"ms", ms}, {"die_at", die_at}}}};
}

} // namespace

class TestRunMonitor : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        QDir().mkpath(folder_->filePath("runs"));
    }

    void follows_a_training_from_start_to_end() {
        RunMonitor monitor(program);
        JobModel jobs;
        monitor.set_jobs(&jobs);
        monitor.open(folder_->path());
        QSignalSpy ended(&monitor, &RunMonitor::run_ended);
        QString id, problem;
        monitor.start(training(8, 100), "unet", this, [&](const QString& got, const QString& said) {
            id = got;
            problem = said;
        });
        QTRY_VERIFY(!id.isEmpty() || !problem.isEmpty());
        QCOMPARE(problem, QString());
        QTRY_VERIFY(monitor.find(id) && monitor.find(id)->state == RunState::Running);
        QCOMPARE(monitor.find(id)->title(), QStringLiteral("Run %1 · U-Net").arg(monitor.find(id)->number));
        QTRY_COMPARE(jobs.rowCount(), 1);
        QTRY_VERIFY(jobs.newest()->stage.contains("epoch"));
        QTRY_COMPARE(ended.count(), 1);
        const RunRecord* run = monitor.find(id);
        QCOMPARE(run->state, RunState::Finished);
        QCOMPARE(run->reason(), QStringLiteral("All epochs were done."));
        QCOMPARE(run->metrics["val/iou"].size(), 8);
        QCOMPARE(run->metrics["val/iou"].last(), QPointF(8, 1 - 1.0 / 9));
        QCOMPARE(jobs.rowCount(), 0);
    }

    void pauses_resumes_and_stops() {
        RunMonitor monitor(program);
        JobModel jobs;
        monitor.set_jobs(&jobs);
        monitor.open(folder_->path());
        QString id;
        monitor.start(training(1000, 20), "unet", this,
                      [&](const QString& got, const QString&) { id = got; });
        QTRY_VERIFY(monitor.find(id) && monitor.find(id)->epoch() > 0);
        jobs.pause(jobs.newest()->id);
        QTRY_COMPARE(monitor.find(id)->state, RunState::Paused);
        QTRY_VERIFY(jobs.newest()->paused);
        const int at = monitor.find(id)->epoch();
        jobs.resume(jobs.newest()->id);
        QTRY_VERIFY(monitor.find(id)->epoch() > at);
        jobs.finish(jobs.newest()->id);
        QTRY_COMPARE(monitor.find(id)->state, RunState::Stopped);
        QVERIFY(!monitor.find(id)->resumable());
        QCOMPARE(jobs.rowCount(), 0);
    }

    void a_training_outlives_the_monitor_and_is_found_again() {
        QString id;
        {
            RunMonitor monitor(program);
            monitor.open(folder_->path());
            monitor.start(training(1000, 20), "unet", this,
                          [&](const QString& got, const QString&) { id = got; });
            QTRY_VERIFY(monitor.find(id) && monitor.find(id)->state == RunState::Running);
        }
        RunMonitor again(program);
        JobModel jobs;
        again.set_jobs(&jobs);
        again.open(folder_->path());
        QTRY_VERIFY(again.find(id) && again.find(id)->state == RunState::Running);
        QCOMPARE(jobs.rowCount(), 1);
        again.cancel(id);
        QTRY_COMPARE(again.find(id)->state, RunState::Cancelled);
    }

    void notices_a_death_and_goes_on_from_the_checkpoint() {
        RunMonitor monitor(program);
        monitor.open(folder_->path());
        QString id;
        monitor.start(training(6, 30, 3), "unet", this,
                      [&](const QString& got, const QString&) { id = got; });
        QTRY_VERIFY(monitor.find(id) && monitor.find(id)->state == RunState::Died);
        const QString reason = monitor.find(id)->reason();
        QVERIFY2(reason.contains("without saying why") && reason.contains("Resume") &&
                     reason.contains("last words"),
                 qPrintable(reason));
        QVERIFY(monitor.find(id)->resumable());
        monitor.resume(id);
        QTRY_COMPARE(monitor.find(id)->state, RunState::Finished);
        const MetricSeries series = monitor.find(id)->metrics["val/iou"];
        QCOMPARE(series.size(), 6);
        for (int at = 0; at < series.size(); ++at)
            QCOMPARE(series[at].x(), at + 1.0);
    }

    void says_when_the_program_is_not_there() {
        RunMonitor monitor(QStringList{"/nowhere/eyepiece-cli", "run"});
        monitor.open(folder_->path());
        QString problem;
        monitor.start(training(2, 1), "unet", this,
                      [&](const QString&, const QString& said) { problem = said; });
        QTRY_VERIFY2(problem.contains("/nowhere/eyepiece-cli"), qPrintable(problem));
        QTRY_COMPARE(monitor.runs().size(), std::size_t{1});
        QCOMPARE(monitor.runs().front().state, RunState::Failed);
    }

    // A folder written by hand, in the pieces in which a writer's buffer may arrive.
    void reads_a_folder_as_it_grows() {
        const QString run = folder_->filePath("runs/0003-unet/");
        write(run + "spec.json", R"({"operation":"train","model":"unet"})");
        const auto status = [&](const char* state) {
            const Json json = {{"state", state},
                               {"pid", QCoreApplication::applicationPid()},
                               {"host", QSysInfo::machineHostName().toStdString()},
                               {"epochs", 3}};
            write_file_atomically((run + "status.json").toStdString(), json.dump());
        };
        status("running");
        RunMonitor monitor(program);
        monitor.open(folder_->path());
        QTRY_VERIFY(monitor.find("0003-unet"));
        const auto series = [&] { return monitor.find("0003-unet")->metrics.value("val/iou"); };
        write(run + "metrics.jsonl",
              "{\"series\":\"val/iou\",\"step\":1,\"value\":0.5}\n{\"series\":\"val/i");
        QTRY_COMPARE(series().size(), 1);
        write(run + "metrics.jsonl", "ou\",\"step\":2,\"value\":0.6}\nnot json\n", QIODevice::Append);
        QTRY_COMPARE(series().size(), 2);
        write(run + "metrics.jsonl", "{\"series\":\"val/iou\",\"step\":3,\"value\":null}\n",
              QIODevice::Append);
        // It went on from a checkpoint and measures step 2 again.
        write(run + "metrics.jsonl", "{\"series\":\"val/iou\",\"step\":2,\"value\":0.7}\n",
              QIODevice::Append);
        QTRY_COMPARE(series().last(), QPointF(2, 0.7));
        QCOMPARE(series().size(), 2);
        write(run + "events.jsonl", "{\"warn\":\"One slide is dark.\"}\n{\"warn\":\"One slide is dark.\"}\n");
        QTRY_COMPARE(monitor.find("0003-unet")->warnings, QStringList{"One slide is dark."});
        write(run + "watched/1_7.png", "x");
        write(run + "watched/2_7.png", "x");
        write(run + "watched/2_9.png", "x");
        QTRY_COMPARE(monitor.find("0003-unet")->watched.size(), 2);
        QCOMPARE(monitor.find("0003-unet")->watched.first().epoch, 2);
        status("finished");
        QTRY_COMPARE(monitor.find("0003-unet")->state, RunState::Finished);
        // Written anew, and shorter.
        write(run + "metrics.jsonl", "{\"series\":\"val/iou\",\"step\":1,\"value\":0.1}\n");
        monitor.follow({"0003-unet"});
        QTRY_COMPARE(series(), (MetricSeries{{1, 0.1}}));
    }

    void a_run_started_elsewhere_shows_by_itself() {
        RunMonitor monitor(program);
        monitor.open(folder_->path());
        QTest::qWait(100);
        const QString run = folder_->filePath("runs/0001-unet/");
        write(run + "spec.json", R"({"operation":"train","model":"unet"})");
        write(run + "status.json", R"({"state":"running","pid":1,"host":"another-machine.example"})");
        QTRY_VERIFY(monitor.find("0001-unet"));
        QTRY_COMPARE(monitor.find("0001-unet")->state, RunState::Elsewhere);
        write(folder_->filePath("runs/0002-unet/status.json"), "{ broken");
        QTRY_VERIFY(monitor.find("0002-unet") && monitor.find("0002-unet")->state == RunState::Damaged);
    }

    void closing_forgets_and_another_project_is_its_own() {
        RunMonitor monitor(program);
        monitor.open(folder_->path());
        write(folder_->filePath("runs/0001-unet/spec.json"), "{}");
        QTRY_COMPARE(monitor.runs().size(), std::size_t{1});
        QTemporaryDir other;
        QDir().mkpath(other.filePath("runs"));
        monitor.open(other.path());
        QCOMPARE(monitor.runs().size(), std::size_t{0});
        QTest::qWait(150);
        QCOMPARE(monitor.runs().size(), std::size_t{0});
    }

private:
    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(TestRunMonitor)
#include "test_run_monitor.moc"
