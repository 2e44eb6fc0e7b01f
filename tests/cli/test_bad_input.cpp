// SPDX-License-Identifier: GPL-3.0-or-later
// What is missing, damaged, foreign or full: one clear sentence that names it, exit status 1, and nothing
// lost.
#include "core/formats/image_writer.h"
#include "tests/cli/trained_project.h"
#include "tests/support/disks.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <map>

using namespace eyepiece;
using namespace eyepiece::test;
namespace fs = std::filesystem;

namespace {

// Every file below a folder and what is in it; not SQLite's notes beside a database, which readers make, too.
std::map<std::string, std::string> contents(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && !entry.path().string().ends_with("-shm") &&
            !entry.path().string().ends_with("-wal"))
            files[fs::relative(entry.path(), folder).string()] = read_text(entry.path());
    return files;
}

} // namespace

class TestBadInput : public QObject {
    Q_OBJECT

    Folder folder_;
    TrainedProject trained_;
    QString here(const std::string& name) const { return text(folder_ / name); }

    // A copy of the trained project, to be spoilt.
    QString copy(const std::string& name) const {
        fs::copy(trained_.project.toStdString(), folder_ / name, fs::copy_options::recursive);
        return here(name);
    }

    // Quietly, so that standard error holds the error and warnings alone.
    static void check_refusal(const QStringList& arguments, const QByteArray& word,
                              const Surroundings& around = {}) {
        const Outcome outcome = cli(QStringList{"--quiet", "--threads", "1"} + arguments, around);
        QVERIFY2(outcome.status == 1, outcome.about().constData());
        QVERIFY2(outcome.output.isEmpty(), outcome.about().constData());
        QByteArrayList lines = outcome.errors.trimmed().split('\n');
        lines.removeIf([](const QByteArray& line) { return line.startsWith("Warning: "); });
        QVERIFY2(lines.size() == 1 && lines.front().startsWith("Error: "), outcome.about().constData());
        QVERIFY2(lines.front().contains(word), outcome.about().constData());
        // A sentence of ours, not the innards of a library.
        for (const char* foreign :
             {"terminate", "what()", "c10::", "Exception raised from", "filesystem error"})
            QVERIFY2(!outcome.errors.contains(foreign), outcome.about().constData());
    }

    void make_spoilt_projects() {
        // The version of an SQLite file's user, big-endian.
        const QString newer = copy("newer");
        std::fstream file(newer.toStdString() + "/project.eyepiece",
                          std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(60);
        file.write("\x00\x00\x03\xe7", 4);
        file.close();
        write_text(folder_ / "garbage" / "project.eyepiece", std::string(5000, 'x') + "not a database");
        write_text(folder_ / "empty" / "project.eyepiece", "");
        const QString cut = copy("cut");
        fs::resize_file(cut.toStdString() + "/project.eyepiece", 8192);
        QCOMPARE(cli({"init", here("unlabelled")}).status, 0);
        QCOMPARE(cli({"import", here("unlabelled"), trained_.data + "/images", "--format", "images"}).status,
                 0);
        QCOMPARE(cli({"init", here("bare")}).status, 0);
    }

    void make_spoilt_models() {
        const std::string whole = read_text(trained_.exported.toStdString());
        write_text(folder_ / "half.pt", whole.substr(0, whole.size() / 2));
        write_text(folder_ / "head.pt", whole.substr(0, 100));
        write_text(folder_ / "garbage.pt", std::string(20'000, '?'));
        write_text(folder_ / "empty.pt", "");
        // Another zip: an archive with one stored file "a" of one byte.
        write_text(
            folder_ / "other.pt",
            std::string("PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\x43\xbe\xb7\xe8\x01\0\0\0\x01\0\0\0\x01\0\0\0a"
                        "a"
                        "PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\x43\xbe\xb7\xe8\x01\0\0\0\x01\0\0\0\x01\0\0\0"
                        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0a"
                        "PK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0\x20\0\0\0\0\0",
                        32 + 47 + 22));
    }

    void make_spoilt_images() {
        write_image(folder_ / "two.tif", Image::create(PixelType::UInt8, 2, 40, 40));
        const std::string whole = read_text(trained_.image.toStdString());
        write_text(folder_ / "cut.png", whole.substr(0, whole.size() / 2));
        write_text(folder_ / "text.png", "not a picture");
        fs::create_directories(folder_ / "no-images");
    }

private Q_SLOTS:
    void initTestCase() {
        const QByteArray problem = trained_.make(folder_.path());
        QVERIFY2(problem.isEmpty(), problem.constData());
        make_spoilt_projects();
        make_spoilt_models();
        make_spoilt_images();
    }

    void is_refused_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("word");
        const auto row = [](const QString& name, const QStringList& arguments, const QByteArray& word) {
            QTest::newRow(qPrintable(name)) << arguments << word;
        };
        const QString nowhere = here("nowhere"), out = here("out"), image = trained_.image;
        // Of projects that are missing, newer, garbage, empty or damaged: every verb that takes one.
        const std::map<QString, QByteArray> words{{"nowhere", "nowhere"},
                                                  {"newer", "newer"},
                                                  {"garbage", "garbage"},
                                                  {"empty", "empty"},
                                                  {"cut", "damaged"}};
        for (const auto& [name, word] : words) {
            const QString p = here(name.toStdString());
            row("info " + name, {"info", p}, word);
            row("import " + name, {"import", p, trained_.data}, word);
            row("split " + name, {"split", p}, word);
            row("train " + name, {"train", p}, word);
            row("evaluate " + name, {"evaluate", p, "--run", "1"}, word);
        }
        for (const char* name : {"nowhere", "garbage"}) {
            const QString model = here(name) + ":1";
            row("predict " + QString(name), {"predict", model, image, "--out", out}, name);
            row("explain " + QString(name), {"explain", model, image, "--method", "grad-cam", "--out", out},
                name);
            row("export " + QString(name), {"export", model, "--out", out + ".pt"}, name);
        }
        row("init twice", {"init", trained_.project}, "already");
        row("train nothing", {"train", here("bare")}, "label");
        row("train without labels", {"train", here("unlabelled")}, "label");
        row("split without labels", {"split", here("unlabelled")}, "label");
        row("evaluate a run that is not there", {"evaluate", trained_.project, "--run", "77"}, "77");
        row("resume a run that is not there", {"train", trained_.project, "--resume", "77"}, "77");
        row("a project without its run", {"predict", trained_.project, image, "--out", out}, "Which run");

        for (const char* file : {"half.pt", "head.pt", "garbage.pt", "empty.pt", "other.pt", "no.pt"}) {
            row("predict " + QString(file), {"predict", here(file), image, "--out", out}, file);
            row("explain " + QString(file),
                {"explain", here(file), image, "--method", "input-gradient", "--out", out}, file);
        }
        row("an image as a model", {"predict", image, image, "--out", out}, "field_01.png");
        row("export an exported file", {"export", trained_.exported, "--out", out + ".pt"}, "exported file");

        row("two channels", {"predict", trained_.model, here("two.tif"), "--out", out}, "2 channels");
        row("two channels, explained",
            {"explain", trained_.model, here("two.tif"), "--method", "grad-cam", "--out", out}, "2 channels");
        row("half an image", {"predict", trained_.model, here("cut.png"), "--out", out}, "cut.png");
        row("no image", {"predict", trained_.model, here("text.png"), "--out", out}, "text.png");
        row("missing image", {"predict", trained_.model, here("none.png"), "--out", out}, "none.png");
        row("folder without images", {"predict", trained_.model, here("no-images"), "--out", out},
            "no images");
        row("onto itself", {"predict", trained_.model, image, "--out", image}, "replace");
        row("region outside", {"predict", trained_.model, image, "--out", out, "--region", "900,900,10,10"},
            "region");
        row("spec that is missing", {"run", here("none.json")}, "none.json");
        row("spec that is none", {"run", image}, "JSON");
    }
    void is_refused() {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, word);
        check_refusal(arguments, word);
    }

    // Whoever looks, trains, predicts or exports changes nothing of a project that cannot be used, nor of an
    // image.
    void what_is_refused_stays_as_it_is() {
        for (const char* name : {"newer", "garbage", "empty", "cut"}) {
            const auto before = contents(folder_ / name);
            for (const QStringList& arguments :
                 {QStringList{"info", here(name)}, QStringList{"split", here(name)},
                  QStringList{"train", here(name)}})
                QCOMPARE(cli(arguments).status, 1);
            QVERIFY2(contents(folder_ / name) == before, name);
        }
    }

    void one_bad_image_of_several_is_named_and_the_rest_done() {
        const QString some = here("some");
        fs::create_directories(some.toStdString());
        for (const char* name : {"cut.png", "text.png", "two.tif"})
            fs::copy_file(folder_ / name, folder_ / "some" / name);
        fs::copy_file(trained_.image.toStdString(), (some + "/good.png").toStdString());
        const Outcome outcome =
            cli({"predict", trained_.model, some, "--out", here("of-some"), "--json", "--threads", "1"});
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.json().at("outputs").size(), std::size_t{1});
        QCOMPARE(outcome.json().at("failed").size(), std::size_t{3});
        for (const char* name : {"cut.png", "text.png", "two.tif"})
            QVERIFY2(outcome.errors.contains(name), outcome.errors.constData());
        QVERIFY(fs::exists(folder_ / "of-some" / "good.tif"));
        QVERIFY(!fs::exists(folder_ / "of-some" / "cut.tif"));
    }

    // Another program in the middle of a long write: wait for it, then say so.
    void a_project_in_use_is_told() {
        const QString used = copy("used");
        SQLite::Database database((used + "/project.eyepiece").toStdString(), SQLite::OPEN_READWRITE);
        database.exec("BEGIN EXCLUSIVE");
        check_refusal({"split", used}, "another program");
        database.exec("ROLLBACK");
        const Outcome after = cli({"split", used, "--seed", "3"});
        QVERIFY2(after.status == 0, after.about().constData());
    }

    // No file can grow: checkpoint, exported file and prediction cannot be written.
    void no_room_for_a_file() {
        const QString full = copy("full");
        const auto project = read_text(full.toStdString() + "/project.eyepiece");
        const std::string exported = read_text(trained_.exported.toStdString());
        Surroundings around;
        around.in_child = file_limit(rlim_t{512} << 10);
        check_refusal(
            {"train", full, "--set", "epochs=1", "--set", "patch-size=64", "--set", "base-width=32"}, "full",
            around);
        const Json runs = cli({"info", full, "--json"}).json().at("runs");
        QCOMPARE(runs.size(), std::size_t{2});
        QCOMPARE(runs.back().at("state").get<std::string>(), std::string("failed"));
        QCOMPARE(cli({"check", full}).status, 0);
        QVERIFY(read_text(full.toStdString() + "/project.eyepiece") == project);

        around.in_child = file_limit(rlim_t{64} << 10);
        // Over a file that is there: the old one stays whole.
        fs::copy_file(trained_.exported.toStdString(), folder_ / "kept.pt");
        check_refusal({"export", trained_.model, "--out", here("kept.pt")}, "full", around);
        QVERIFY(read_text(folder_ / "kept.pt") == exported);
        QVERIFY(!fs::exists(folder_ / "kept.pt.part"));
        const Outcome first = cli({"predict", trained_.exported, trained_.image, "--out", here("kept.tif")});
        QVERIFY2(first.status == 0, first.about().constData());
        const std::string kept = read_text(folder_ / "kept.tif");
        around.in_child = file_limit(512);
        check_refusal({"predict", trained_.exported, trained_.image, "--out", here("kept.tif")}, "kept.tif",
                      around);
        QVERIFY(read_text(folder_ / "kept.tif") == kept);
    }

    // The same with a real disk that is full; and once there is room, the training goes on where it stopped.
    void a_full_disk() {
        const fs::path disk = folder_ / "disk";
        fs::create_directories(disk);
        const Mounted mounted = Mounted::small_disk(disk, std::size_t{160} << 20);
        if (!mounted.ok())
            QSKIP("Not allowed to mount a small disk here; no_room_for_a_file() stands in for it.");
        fs::copy(trained_.project.toStdString(), disk / "project", fs::copy_options::recursive);
        const QString project = text(disk / "project");
        write_text(disk / "filler",
                   std::string(fs::space(disk).available - (std::uintmax_t{700} << 10), 'f'));
        const QStringList training{"--set", "epochs=2",      "--set", "patch-size=64",
                                   "--set", "base-width=32", "--set", "depth=3"};
        check_refusal(QStringList{"train", project} + training, "full");
        check_refusal({"export", project + ":1", "--out", text(disk / "big.pt")}, "full");
        QVERIFY(!fs::exists(disk / "big.pt") || fs::file_size(disk / "big.pt") > 0);
        write_text(disk / "filler2", std::string(fs::space(disk).available, 'f'));
        check_refusal({"predict", project + ":1", trained_.image, "--out", text(disk / "p.tif")}, "p.tif");
        QVERIFY(!fs::exists(disk / "p.tif"));
        check_refusal({"import", project, trained_.data + "/masks", "--format", "images"}, "full");
        fs::remove(disk / "filler");
        fs::remove(disk / "filler2");
        const Outcome sound = cli({"check", project});
        QVERIFY2(sound.status == 0, sound.about().constData());
        QCOMPARE(cli({"info", project, "--json"}).json().at("items").get<int>(), 16);
        const Outcome resumed = cli({"train", project, "--resume", "2", "--json"});
        QVERIFY2(resumed.status == 0, resumed.about().constData());
    }

    void a_read_only_disk() {
        const fs::path disk = folder_ / "read-only";
        fs::create_directories(disk);
        fs::copy(trained_.project.toStdString(), disk / "project", fs::copy_options::recursive);
        const QString project = text(disk / "project");
        const Mounted mounted = Mounted::read_only(disk);
        if (!mounted.ok())
            QSKIP("Not allowed to mount a read-only disk here.");
        check_refusal({"train", project}, "may not be written");
        check_refusal({"split", project}, "may not be written");
        check_refusal({"predict", project + ":1", trained_.image, "--out", text(disk / "out")}, "out");
        check_refusal({"predict", project + ":1", trained_.image, "--out", text(disk / "out.tif")},
                      "out.tif");
        check_refusal({"export", project + ":1", "--out", text(disk / "out.pt")}, "out.pt");
        check_refusal({"init", text(disk / "new")}, "new");
        // What only reads works.
        QCOMPARE(cli({"info", project}).status, 0);
        const Outcome predicted =
            cli({"predict", project + ":1", trained_.image, "--out", here("read-only.tif")});
        QVERIFY2(predicted.status == 0, predicted.about().constData());
        const Outcome exported = cli({"export", project + ":1", "--out", here("read-only.pt")});
        QVERIFY2(exported.status == 0, exported.about().constData());
    }
};

QTEST_GUILESS_MAIN(TestBadInput)
#include "test_bad_input.moc"
