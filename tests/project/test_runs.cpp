// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/process.h"
#include "tests/project/fixture.h"

#include <QProcess>
#include <set>
#include <unistd.h>

using namespace eyepiece;
using namespace eyepiece::test;

class TestRuns : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void life_of_a_run() {
        Folder folder;
        auto project = Project::create(folder / "p");
        int told = 0;
        const auto listening = project->changes().listen(
            [&](const ProjectChange& change) { told += std::holds_alternative<RunsChanged>(change); });
        auto& runs = project->runs();
        QVERIFY(runs.all().empty());
        const RunInfo run = runs.create({{"task", "semantic-segmentation"}, {"seed", 3}}, "U-Net, large");
        QCOMPARE(run.id, std::string("0001-u-net-large"));
        QCOMPARE(run.state(), std::string("queued"));
        QCOMPARE(run.spec.at("run").get<std::string>(), run.id);
        QCOMPARE(run.spec.at("project").get<std::string>(), (folder / "p").string());
        QCOMPARE(runs.create({{"task", "x"}}, "").id, std::string("0002"));
        QCOMPARE(runs.at("1").id, run.id);
        QCOMPARE(runs.at("0001").id, run.id);
        QCOMPARE(error_of([&] { runs.at("unet"); }).code(), ErrorCode::NotFound);
        QCOMPARE(error_of([&] { runs.at("../p"); }).code(), ErrorCode::NotFound);
        runs.control(run.id, "finish");
        QCOMPARE(read_text(run.folder / "control"), std::string("finish\n"));
        QCOMPARE(error_of([&] { runs.control(run.id, "explode"); }).code(), ErrorCode::BadInput);
        // Removed to the trash; its number is not given again.
        runs.remove("2");
        QVERIFY(std::filesystem::exists(folder / "p/trash/0002/spec.json"));
        QCOMPARE(runs.create({{"task", "x"}}, "").id, std::string("0003"));
        QCOMPARE(told, 4);
        QCOMPARE(project->summary().at("runs").size(), std::size_t{2});
    }

    void damaged_runs_are_listed() {
        Folder folder;
        auto project = Project::create(folder / "p");
        const auto run = project->runs().create({{"task", "x"}}, "a");
        project->runs().create({{"task", "x"}}, "b");
        write_text(run.folder / "status.json", "{\"state\": \"run");
        std::filesystem::create_directory(folder / "p/runs/0009-empty");
        const auto all = project->runs().all();
        QCOMPARE(all.size(), std::size_t{3});
        QCOMPARE(all[0].state(), std::string("damaged"));
        QCOMPARE(all[1].state(), std::string("queued"));
        QCOMPARE(all[2].state(), std::string("damaged"));
        QVERIFY(!all[2].status.at("reason").get<std::string>().empty());
        project->summary();
    }

    void knows_the_living() {
        Json self = process_identity();
        QVERIFY(is_alive(self));
        QVERIFY(!is_alive(Json::object()));
        // Another process with our number, that is: ours with another start.
        self["pid_started"] = self["pid_started"].get<std::int64_t>() - 1;
        QVERIFY(!is_alive(self));
        self = process_identity();
        self["host"] = "elsewhere";
        QVERIFY(!is_alive(self));
        QProcess other;
        other.start("sleep", {"100"});
        QVERIFY(other.waitForStarted());
        const Json status = {{"pid", other.processId()}};
        QVERIFY(is_alive(status));
        other.kill();
        QVERIFY(other.waitForFinished());
        QVERIFY(!is_alive(status));

        Folder folder;
        auto project = Project::create(folder / "p");
        const auto run = project->runs().create({{"task", "x"}}, "a");
        Json running = process_identity();
        running["state"] = "running";
        write_file_atomically(run.folder / "status.json", running.dump());
        QVERIFY(project->runs().at("1").alive);
        QCOMPARE(error_of([&] { project->runs().remove("1"); }).code(), ErrorCode::Conflict);
        running["state"] = "finished";
        write_file_atomically(run.folder / "status.json", running.dump());
        project->runs().remove("1");
    }

    void made_by_two_processes_at_once() {
        Folder folder;
        Project::create(folder / "p");
        constexpr int each = 25;
        std::vector<std::unique_ptr<QProcess>> makers;
        for (int i = 0; i < 3; ++i) {
            makers.push_back(std::make_unique<QProcess>());
            makers.back()->start(
                EYEPIECE_PROJECT_EDITOR,
                {"runs", QString::fromStdString((folder / "p").string()), QString::number(each)});
        }
        std::set<QByteArray> ids;
        for (auto& maker : makers) {
            QVERIFY(maker->waitForFinished(60'000));
            QCOMPARE(maker->exitCode(), 0);
            for (const QByteArray& id : maker->readAllStandardOutput().trimmed().split('\n'))
                QVERIFY2(ids.insert(id.left(4)).second, id.constData());
        }
        QCOMPARE(ids.size(), std::size_t{3 * each});
        for (const auto& run : Project::open(folder / "p")->runs().all())
            QCOMPARE(run.state(), std::string("queued"));
    }

    void whole_files() {
        Folder folder;
        write_file_atomically(folder / "a.json", "{\"x\": 1}");
        QCOMPARE(read_json_file(folder / "a.json").at("x").get<int>(), 1);
        QCOMPARE(error_of([&] { read_json_file(folder / "b.json"); }).code(), ErrorCode::NotFound);
        write_text(folder / "c.json", "{\"x\": ");
        QCOMPARE(error_of([&] { read_json_file(folder / "c.json"); }).code(), ErrorCode::BadInput);
        QCOMPARE(error_of([&] { write_file_atomically(folder / "no/such/file", "x"); }).code(),
                 ErrorCode::Storage);
        QCOMPARE(std::distance(std::filesystem::directory_iterator(folder.path()), {}), std::ptrdiff_t{2});
    }
};

QTEST_GUILESS_MAIN(TestRuns)
#include "test_runs.moc"
