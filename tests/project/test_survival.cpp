// SPDX-License-Identifier: GPL-3.0-or-later
// A process that labels is killed, its disk fills up, or its network drive goes: what it had said was stored
// is there, and nothing is torn. EYEPIECE_ROUNDS=1000 does each of them so many times.
#include "tests/project/fixture.h"
#include "tests/support/disks.h"
#include "tests/support/rounds.h"

#include <QProcess>
#include <SQLiteCpp/SQLiteCpp.h>
#include <algorithm>
#include <random>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

constexpr std::int64_t side = 1000;

Region place_of(int stroke) {
    return {(stroke * 37) % 900, (stroke * 53) % 900, 60, 60};
}

// What the image shows after strokes 0 .. count - 1 of project_editor.cpp.
LabelMap painted(int count) {
    LabelMap labels(side, side);
    for (int n = 0; n < count; ++n) {
        const Region place = place_of(n);
        for (std::int64_t y = place.y; y < place.bottom(); ++y)
            for (std::int64_t x = place.x; x < place.right(); ++x)
                labels.set(x, y, static_cast<ObjectId>(n + 1));
    }
    return labels;
}

std::filesystem::path new_project(const Folder& folder) {
    const auto path = folder / "project";
    auto project = Project::create(path, "survival");
    project->items().add({folder / "image.tif"});
    return path;
}

int last_number(const QByteArray& output) {
    const auto lines = output.split('\n');
    int last = -1;
    // The last piece is what follows the last newline: a number cut short by the kill, or nothing.
    for (int i = 0; i + 1 < lines.size(); ++i)
        last = std::max(last, lines[i].toInt());
    return last;
}

void check_file(const std::filesystem::path& folder) {
    SQLite::Database database((folder / "project.eyepiece").string(), SQLite::OPEN_READONLY);
    QCOMPARE(QString::fromStdString(database.execAndGet("PRAGMA integrity_check").getString()),
             QString("ok"));
    QVERIFY(!SQLite::Statement(database, "PRAGMA foreign_key_check").executeStep());
}

// How many strokes the project holds; checks that it holds exactly those, and that they can be undone and
// redone.
int strokes_in(const std::filesystem::path& folder) {
    auto project = Project::open(folder, Project::Access::Editor);
    const ItemId item = project->items().all().front().id;
    const int count = static_cast<int>(project->labels().next_object_id(item)) - 1;
    const Region all{0, 0, side, side};
    if (project->labels().read(item, all) != painted(count))
        QTest::qFail("the labels are not those of the acknowledged strokes", __FILE__, __LINE__);
    if (count > 0) {
        project->history().undo();
        if (project->labels().read(item, all) != painted(count - 1))
            QTest::qFail("the last stroke cannot be undone", __FILE__, __LINE__);
        project->history().redo();
        if (project->labels().read(item, all) != painted(count))
            QTest::qFail("the last stroke cannot be redone", __FILE__, __LINE__);
    }
    return count;
}

} // namespace

class TestSurvival : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void killed_while_labelling() {
        Folder folder;
        const auto project = new_project(folder);
        std::mt19937 random(20);
        int stored = 0;
        const int kills = rounds(30);
        for (int kill = 0; kill < kills && !QTest::currentTestFailed(); ++kill) {
            QProcess editor;
            editor.start(EYEPIECE_PROJECT_EDITOR, {"strokes", QString::fromStdString(project.string())});
            QVERIFY(editor.waitForStarted());
            if (kill % 3 != 0) // else while it opens, too
                QVERIFY(editor.waitForReadyRead(10'000));
            QThread::usleep(random() % 60'000);
            editor.kill(); // SIGKILL
            QVERIFY(editor.waitForFinished());
            QCOMPARE(editor.exitStatus(), QProcess::CrashExit);
            const int acknowledged = last_number(editor.readAllStandardOutput()) + 1;
            check_file(project);
            const int present = strokes_in(project);
            QVERIFY2(present >= std::max(acknowledged, stored), "a stored stroke is lost");
            // The one in hand may be stored without having been acknowledged.
            QVERIFY(present <= std::max(acknowledged, stored) + 1);
            stored = present;
        }
        qInfo("%d kills, %d strokes, none lost", kills, stored);
        QVERIFY(stored > kills);
    }

    void full_disk() {
        std::mt19937 random(21);
        // The disk is full within any write: of the header, of a page, or of the log.
        for (int round = 0; round < rounds(3) && !QTest::currentTestFailed(); ++round)
            full_disk_at(round == 0 ? 300'000 : 300'000 + static_cast<int>(random() % 300'000));
    }

    void network_drive_gone() {
        Folder folder;
        const auto project = new_project(folder);
        std::filesystem::create_directory(folder / "drive");
        std::mt19937 random(22);
        int stored = 0;
        for (int round = 0; round < rounds(8) && !QTest::currentTestFailed(); ++round) {
            RemoteDrive drive(project, folder / "drive");
            if (!drive.ok())
                QSKIP("A drive that can go takes bindfs, /dev/fuse and the right to mount.");
            QProcess editor;
            editor.start(EYEPIECE_PROJECT_EDITOR,
                         {"strokes", QString::fromStdString((folder / "drive").string())});
            QVERIFY(editor.waitForStarted());
            if (round % 3 != 0) // else while it opens, too
                QVERIFY(editor.waitForReadyRead(30'000));
            QThread::usleep(random() % 60'000);
            drive.lose();
            QVERIFY2(editor.waitForFinished(30'000), "the process hangs on a drive that is gone");
            QCOMPARE(editor.exitStatus(), QProcess::NormalExit);
            QCOMPARE(editor.exitCode(), 1);
            const QByteArray output = editor.readAllStandardOutput();
            QVERIFY2(output.contains("error storage") || output.contains("error not-found"),
                     output.right(300).constData());
            const int acknowledged = last_number(output.left(output.indexOf("error"))) + 1;
            check_file(project);
            const int present = strokes_in(project);
            QVERIFY2(present >= std::max(acknowledged, stored), "a stored stroke is lost");
            QVERIFY(present <= std::max(acknowledged, stored) + 1);
            stored = present;
        }
        qInfo("the drive went %d times, %d strokes, none lost", rounds(8), stored);
        QVERIFY(stored > 0);
    }

    void full_disk_when_creating() {
        Folder folder;
        write_text(folder / "file", "in the way");
        const Error error = error_of([&] { Project::create(folder / "file" / std::string("project")); });
        QCOMPARE(error.code(), ErrorCode::Storage);
    }

private:
    void full_disk_at(int bytes) {
        Folder folder;
        const auto project = new_project(folder);
        QProcess editor;
        editor.start(EYEPIECE_PROJECT_EDITOR,
                     {"full", QString::fromStdString(project.string()), QString::number(bytes)});
        QVERIFY(editor.waitForFinished(60'000));
        QCOMPARE(editor.exitStatus(), QProcess::NormalExit);
        QCOMPARE(editor.exitCode(), 1);
        const QByteArray output = editor.readAllStandardOutput();
        QVERIFY2(output.contains("error storage The disk is full"), output.right(300).constData());
        const int acknowledged = last_number(output.left(output.indexOf("error"))) + 1;
        QVERIFY(acknowledged > 5);
        check_file(project);
        QCOMPARE(strokes_in(project), acknowledged);
        // With space again, work goes on.
        auto again = Project::open(project, Project::Access::Editor);
        again->items().add({folder / "more.tif"});
        QCOMPARE(again->items().count(), 2);
    }
};

QTEST_GUILESS_MAIN(TestSurvival)
#include "test_survival.moc"
