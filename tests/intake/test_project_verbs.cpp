// SPDX-License-Identifier: GPL-3.0-or-later
// The command line as a person or a script uses it: a process, its output, its exit status.
#include "tests/project/fixture.h"

#include <QProcess>

using namespace eyepiece;
using namespace eyepiece::test;
namespace fs = std::filesystem;

namespace {

struct Outcome {
    int status = -1;
    QByteArray output, errors;
    Json json() const {
        const auto lines = output.trimmed().split('\n');
        return Json::parse(lines.last().toStdString(), nullptr, false);
    }
};

Outcome cli(const QStringList& arguments) {
    QProcess process;
    process.start(qEnvironmentVariable("EYEPIECE_BIN") + "/eyepiece-cli", arguments);
    Outcome outcome;
    if (!process.waitForFinished(120'000))
        return outcome;
    outcome.status = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2;
    outcome.output = process.readAllStandardOutput();
    outcome.errors = process.readAllStandardError();
    return outcome;
}

QString text(const fs::path& path) {
    return QString::fromStdString(path.string());
}

} // namespace

class TestProjectVerbs : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void from_sample_to_labels() {
        Folder folder;
        const QString data = text(folder / "data"), project = text(folder / "p");
        auto result = cli({"sample", data, "--images-only", "--seed", "4", "--json"});
        QVERIFY2(result.status == 0, result.errors.constData());
        QCOMPARE(result.json().at("images").get<int>(), 16);
        result = cli({"init", project, "--name", "Cells", "--json"});
        QVERIFY2(result.status == 0, result.errors.constData());
        result = cli({"import", project, data, "--format", "masks", "--set", "class=nucleus", "--json"});
        QVERIFY2(result.status == 0, result.errors.constData());
        QCOMPARE(result.json().at("added").get<int>(), 16);
        QCOMPARE(result.json().at("labelled").get<int>(), 16);
        const auto objects = result.json().at("objects").get<int>();
        QVERIFY(objects > 100);
        QVERIFY(result.json().at("skipped").empty());
        result =
            cli({"split", project, "--train", "2", "--val", "1", "--test", "1", "--json", "--seed", "3"});
        QVERIFY2(result.status == 0, result.errors.constData());
        QCOMPARE(result.json().at("train").get<int>(), 8);
        QCOMPARE(result.json().at("torn_groups").get<int>(), 0);
        result = cli({"info", project, "--json"});
        QCOMPARE(result.json().at("items").get<int>(), 16);
        QCOMPARE(result.json().at("annotations").get<int>(), objects);
        QCOMPARE(result.json().at("name").get<std::string>(), std::string("Cells"));
        QCOMPARE(result.json().at("classes").at(1).at("name").get<std::string>(), std::string("nucleus"));
        QVERIFY(result.json().at("runs").empty());
        result =
            cli({"labels", project, "--format", "coco", "--out", text(folder / "labels.json"), "--json"});
        QCOMPARE(result.json().at("objects").get<int>(), objects);
        QVERIFY(fs::exists(folder / "labels.json"));
        result = cli({"labels", project, "--format", "geojson", "--out", text(folder / "geo"), "--json"});
        QCOMPARE(result.json().at("objects").get<int>(), objects);
        QVERIFY(result.json().at("losses").empty());
        QVERIFY(cli({"list", "label-exporters"}).output.contains("labelme"));
        result = cli({"labels", project, "--format", "yolo", "--out", text(folder / "boxes"), "--json"});
        QCOMPARE(result.json().at("losses").size(), std::size_t{1});
        QVERIFY(result.errors.contains("only its bounds are written")); // before anything is
        result = cli({"labels", project, "--format", "imagej", "--out", text(folder / "rois"), "--json"});
        QVERIFY(result.json().at("losses").empty());
        result = cli({"import", project, text(folder / "rois"), "--json"});
        QCOMPARE(result.json().at("objects").get<int>(), objects);
        QCOMPARE(result.json().at("added").get<int>(), 0);
        QVERIFY(cli({"labels", project, "--format", "nothing", "--out", text(folder / "n")}).status != 0);
        result = cli({"labels", project, "--out", text(folder / "masks"), "--json"});
        QCOMPARE(result.json().at("images").get<int>(), 16);
        result = cli({"check", project, "--json"});
        QVERIFY2(result.status == 0, result.errors.constData());
        QCOMPARE(result.json().at("sound").get<bool>(), true);
        result = cli({"sample", text(folder / "s"), "--json", "--quiet"});
        QVERIFY2(result.status == 0, result.errors.constData());
        QVERIFY(result.errors.isEmpty());
        QVERIFY(Project::is_project(folder / "s"));
    }

    void info_of_files() {
        Folder folder;
        QVERIFY(cli({"sample", text(folder / "data"), "--images-only"}).status == 0);
        const auto result = cli({"info", text(folder / "data/images/field_01.png"), "--json"});
        QVERIFY2(result.status == 0, result.errors.constData());
        QCOMPARE(result.json().at("kind").get<std::string>(), std::string("image"));
        QCOMPARE(result.json().at("type").get<std::string>(), std::string("uint16"));
        QVERIFY((result.json().at("shape") == Json{256, 256}));
        QVERIFY(cli({"info", text(folder / "data/images/field_01.png")}).output.contains("uint16"));
    }

    void says_what_is_wrong() {
        Folder folder;
        const QString project = text(folder / "p");
        QCOMPARE(cli({"init", project}).status, 0);
        const auto refused = [&](const QStringList& arguments, int status, const char* word) {
            const auto result = cli(arguments);
            QVERIFY2(result.status == status,
                     (arguments.join(' ').toUtf8() + " " + result.errors).constData());
            QVERIFY2(result.errors.contains(word), result.errors.constData());
        };
        refused({"init", project}, 1, "already");
        refused({"import", project, text(folder / "nowhere")}, 1, "does not exist");
        refused({"import", text(folder / "q"), project}, 1, "no project");
        refused({"import", project, project, "--format", "xml"}, 2, "xml");
        refused({"import", project, project, "--set", "colour=red"}, 2, "colour");
        refused({"split", project}, 1, "no images");
        refused({"info", text(folder / "nothing.png")}, 1, "nothing.png");
        refused({"labels", project}, 2, "--out");
        write_text(folder / "x.png", "not a picture");
        refused({"info", text(folder / "x.png")}, 1, "x.png");
    }

    // The nuclei as published, through the pipe that a script has.
    void real_data() {
        const fs::path data =
            fs::path(qEnvironmentVariable("EYEPIECE_SHARED_DATA").toStdString()) / "nuclei/dsb2018";
        if (!fs::exists(data))
            QSKIP("The shared data are not here.");
        Folder folder;
        QCOMPARE(cli({"init", text(folder / "p")}).status, 0);
        auto result = cli({"import", text(folder / "p"), text(data), "--format", "masks", "--set",
                           "group-column=kind", "--json"});
        QVERIFY2(result.status == 0, result.errors.constData());
        QCOMPARE(result.json().at("added").get<int>(), 109);
        QVERIFY(result.json().at("objects").get<int>() > 4500);
        result = cli({"import", text(folder / "p"), text(data), "--json"});
        QCOMPARE(result.json().at("known").get<int>(), 109);
        QCOMPARE(result.json().at("added").get<int>(), 0);
        result = cli({"split", text(folder / "p"), "--by", "item", "--json"});
        QVERIFY(result.json().at("torn_groups").get<int>() > 0);
        QVERIFY(!result.json().at("warnings").empty());
    }
};

QTEST_GUILESS_MAIN(TestProjectVerbs)
#include "test_project_verbs.moc"
