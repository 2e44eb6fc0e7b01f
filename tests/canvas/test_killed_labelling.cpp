// SPDX-License-Identifier: GPL-3.0-or-later
// A process that labels with canvas, tools and editor is killed again and again in the middle of it: what it
// had said was saved is there, whole, and can be undone. EYEPIECE_ROUNDS=1000 kills it so often.
#include "core/project/project.h"
#include "tests/support/rounds.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>
#include <algorithm>
#include <fstream>
#include <map>
#include <random>

using namespace eyepiece;

namespace {

constexpr std::int64_t side = 600;

// The highest number said after a word, in whole lines only; -1: none.
int last_said(const QByteArray& output, const QByteArray& word) {
    int last = -1;
    const auto lines = output.split('\n');
    for (qsizetype i = 0; i + 1 < lines.size(); ++i)
        if (lines[i].startsWith(word + ' '))
            last = std::max(last, lines[i].mid(word.size() + 1).toInt());
    return last;
}

} // namespace

class TestKilledLabelling : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void loses_at_most_the_stroke_in_hand() {
        const QTemporaryDir folder;
        const std::filesystem::path place = folder.path().toStdString() + "/project";
        ItemId item = 0;
        {
            const auto project = Project::create(place, "killed");
            std::ofstream(folder.path().toStdString() + "/image.tif") << "not looked at";
            item = project->items().add({folder.path().toStdString() + "/image.tif"}).added.at(0);
            project->items().set_facts(item, {"0123", side, side, 1});
        }
        std::mt19937 random(7);
        const int kills = test::rounds(20);
        int strokes = 0, in_hand = 0;
        for (int kill = 0; kill < kills; ++kill) {
            QProcess labelling;
            labelling.start(EYEPIECE_LABELLING_PROCESS, {QString::fromStdString(place.string())});
            QVERIFY(labelling.waitForStarted());
            QByteArray said;
            while (last_said(said, "saved") <
                   strokes) { // it works; then it dies in a moment that nobody chose
                QVERIFY2(labelling.waitForReadyRead(30'000), "the process that labels says nothing");
                said += labelling.readAllStandardOutput();
            }
            QThread::usleep(random() % 90'000);
            labelling.kill(); // SIGKILL
            QVERIFY(labelling.waitForFinished());
            QCOMPARE(labelling.exitStatus(), QProcess::CrashExit);
            said += labelling.readAllStandardOutput();
            const int begun = last_said(said, "begin") + 1, saved = last_said(said, "saved") + 1;

            const auto project = Project::open(place, Project::Access::Editor);
            QuietJob job;
            QVERIFY2(project->check(job).empty(), "the project is damaged");
            const int present = static_cast<int>(project->labels().next_object_id(item)) - 1;
            QVERIFY2(present >= saved,
                     qPrintable(QStringLiteral("%1 strokes were said to be saved, %2 are there")
                                    .arg(saved)
                                    .arg(present)));
            QVERIFY(present >= strokes && present <= begun);
            in_hand += begun - present;
            strokes = present;
            // No stroke is there in part: the books say what the pixels show, and the last one goes as a
            // whole.
            const auto counted = [&] {
                std::map<ObjectId, std::int64_t> areas;
                const LabelMap shown = project->labels().read(item, {0, 0, side, side});
                for (const ObjectId id : shown.ids())
                    if (id != 0)
                        ++areas[id];
                return areas;
            };
            const auto areas = counted();
            const auto objects = project->labels().objects(item);
            QCOMPARE(objects.size(), areas.size());
            for (const LabelObject& object : objects)
                QCOMPARE(object.area, areas.at(object.id));
            const auto newest = static_cast<ObjectId>(present);
            QVERIFY(areas.contains(newest));
            QVERIFY(areas.at(newest) > 400); // the whole of it: a line of 35 px with a brush of 24
            const auto before = areas.at(newest);
            QVERIFY(project->history().undo());
            QVERIFY(!counted().contains(newest));
            QVERIFY(project->history().redo());
            QCOMPARE(counted().at(newest), before);
        }
        qInfo("%d kills, %d strokes, %d in hand when it was killed and lost", kills, strokes, in_hand);
        QVERIFY(strokes > kills);
        QVERIFY2(in_hand <= 2 * kills, "more than the strokes in hand were lost");
    }
};

QTEST_GUILESS_MAIN(TestKilledLabelling)
#include "test_killed_labelling.moc"
