// SPDX-License-Identifier: GPL-3.0-or-later
// How every verb behaves towards a shell: what goes to which stream, which status it ends with, and in which
// surroundings it works all the same.
#include "core/formats/image_reader.h"
#include "core/formats/image_writer.h"
#include "tests/cli/trained_project.h"

#include <algorithm>
#include <csignal>
#include <set>
#include <unistd.h>

using namespace eyepiece;
using namespace eyepiece::test;
namespace fs = std::filesystem;

class TestCommandLine : public QObject {
    Q_OBJECT

    // Spaces and letters of other scripts in every path.
    Folder folder_;
    TrainedProject trained_;
    QString large_;
    QString here(const std::string& name) { return text(folder_ / "Mein Ordner 細胞 é" / name); }

    // Starts, waits for a word on standard error, sends the signal, and gives what became of it.
    static Outcome interrupted(const QStringList& arguments, const QByteArray& word, int signal) {
        QProcess process;
        process.start(cli_program(), arguments);
        QByteArray said;
        QElapsedTimer timer;
        timer.start();
        while (!said.contains(word) && process.state() != QProcess::NotRunning && timer.elapsed() < 60'000) {
            process.waitForReadyRead(20);
            said += process.readAllStandardError();
        }
        ::kill(static_cast<pid_t>(process.processId()), signal);
        Outcome outcome = ended(process);
        outcome.errors.prepend(said);
        return outcome;
    }

    QStringList endless_training() const {
        return {"train",     trained_.project,
                "--set",     "epochs=10000",
                "--set",     "patience=0",
                "--set",     "patch-size=64",
                "--set",     "depth=2",
                "--set",     "base-width=8",
                "--threads", "1"};
    }

private Q_SLOTS:
    void initTestCase() {
        fs::create_directories(here("").toStdString());
        const QByteArray problem = trained_.make(here("").toStdString());
        QVERIFY2(problem.isEmpty(), problem.constData());
        large_ = here("large.png"); // takes a while to predict
        write_image(large_.toStdString(), Image::create(PixelType::UInt16, 1, 5000, 5000));
    }

    // --json: the last line of standard output is the result. Progress is on standard error; --quiet silences
    // it.
    void each_verb_keeps_the_streams_apart_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QStringList>("members");
        const auto row = [](const char* name, const QStringList& arguments, const QStringList& members) {
            QTest::newRow(name) << arguments << members;
        };
        row("info", {"info", trained_.project}, {"items", "annotations", "classes", "runs"});
        row("info of a file", {"info", trained_.image}, {"kind", "shape", "type"});
        row("split", {"split", trained_.project}, {"train", "val", "test", "warnings"});
        row("import", {"import", trained_.project, trained_.data + "/images"}, {"added", "known"});
        row("train", QStringList{"train", trained_.project} + quick_training, {"run", "metrics"});
        row("predict", {"predict", trained_.model, trained_.image, "--out", here("p")},
            {"outputs", "failed"});
        row("evaluate", {"evaluate", trained_.project, "--run", "1"}, {"mean_iou", "classes", "baselines"});
        row("explain",
            {"explain", trained_.model, trained_.image, "--method", "grad-cam", "--out", here("e")},
            {"out", "overlay", "layer"});
        row("export", {"export", trained_.model, "--out", here("again.pt")}, {"file", "largest_difference"});
        row("check", {"check", trained_.project}, {"sound", "problems"});
        QString rows = "length,width,kind\n";
        for (int i = 0; i < 60; ++i)
            rows += QString("%1,%2,%3\n").arg(i % 3 + i * 0.01).arg(i * 7 % 11).arg(i % 3 == 0 ? "a" : "b");
        write_text(here("table.csv").toStdString(), rows.toStdString());
        row("check of a table", {"check", here("table.csv"), "--target", "kind"}, {"findings", "checked"});
        row("fit",
            {"fit", here("table.csv"), "--target", "kind", "--models", "logistic,decision-tree", "--out",
             here("f.json")},
            {"models", "best", "explanation"});
        row("fit and store",
            {"fit", here("table.csv"), "--target", "kind", "--models", "decision-tree", "--save",
             here("kind.model")},
            {"best", "save"});
        row("apply", {"apply", here("table.csv"), "--model", here("kind.model"), "--out", here("kind.csv")},
            {"rows", "classes", "scores"});
        for (const char* kind : {"tasks", "models", "methods", "explainers", "importers", "exporters",
                                 "estimators", "operations", "plugins"})
            row(kind, {"list", kind}, {"entries"});
        row("parameters", {"list", "parameters", "train"}, {"entries"});
    }
    void each_verb_keeps_the_streams_apart() {
        QFETCH(QStringList, arguments);
        QFETCH(QStringList, members);
        const QStringList common{"--json", "--seed", "3", "--device", "cpu"};
        const Outcome json = cli(
            arguments + (arguments.contains("--threads") ? common : common + QStringList{"--threads", "1"}));
        QVERIFY2(json.status == 0, json.about().constData());
        QVERIFY2(json.json().is_object(), json.output.constData());
        QCOMPARE(json.output.count('\n'), 1); // nothing but the result
        for (const QString& member : members)
            QVERIFY2(json.json().contains(member.toStdString()), json.output.constData());
        const Outcome plain = cli(arguments);
        QVERIFY2(plain.status == 0, plain.about().constData());
        QVERIFY(!plain.output.isEmpty());
        QVERIFY2(!plain.output.contains(" %  "), plain.output.constData());
        const Outcome quiet = cli(QStringList{"--quiet"} + arguments);
        QCOMPARE(quiet.status, 0);
        QVERIFY2(quiet.output.isEmpty(), quiet.output.constData());
        for (const QByteArray& line : quiet.errors.split('\n')) // warnings are never silenced
            QVERIFY2(line.isEmpty() || line.startsWith("Warning: "), quiet.errors.constData());
    }

    void long_work_tells_progress_on_standard_error() {
        const Outcome outcome = cli(QStringList{"train", trained_.project} + quick_training);
        QVERIFY2(outcome.errors.contains(" %  "), outcome.errors.constData());
        QVERIFY(!outcome.errors.contains('\r')); // no terminal: whole lines
    }

    // One 16-bit label image for each input, named after it; the exported file in an empty folder says the
    // same as the run, with the project out of reach.
    void predictions_are_label_images() {
        const QString out = here("labels"), alone = here("alone");
        const Outcome predicted =
            cli({"predict", trained_.model, trained_.data + "/images", "--out", out, "--json"});
        QVERIFY2(predicted.status == 0, predicted.about().constData());
        QCOMPARE(predicted.json().at("outputs").size(), std::size_t{16});
        fs::create_directories(alone.toStdString());
        fs::copy_file(trained_.exported.toStdString(), (alone + "/model.pt").toStdString());
        fs::copy_file(trained_.image.toStdString(), (alone + "/field_01.png").toStdString());
        fs::rename(trained_.project.toStdString(), here("hidden").toStdString());
        Surroundings around;
        around.folder = alone;
        const Outcome exported = cli({"predict", "model.pt", "field_01.png", "--out", "here"}, around);
        fs::rename(here("hidden").toStdString(), trained_.project.toStdString());
        QVERIFY2(exported.status == 0, exported.about().constData());
        int objects = 0;
        for (const auto& entry : fs::directory_iterator(fs::path(trained_.data.toStdString()) / "images")) {
            const fs::path file = fs::path(out.toStdString()) / (entry.path().stem().string() + ".tif");
            const Image labels = read_image(file), image = read_image(entry.path());
            QCOMPARE(labels.type(), PixelType::UInt16);
            QCOMPARE(labels.channels(), 1);
            QCOMPARE(labels.width(), image.width());
            QCOMPARE(labels.height(), image.height());
            const auto ids = labels.plane_as<std::uint16_t>(0);
            objects += *std::max_element(ids.begin(), ids.end());
        }
        QVERIFY2(objects > 50, qPrintable(QString::number(objects))); // the sample has some 20 an image
        const Image one = read_image(fs::path(out.toStdString()) / "field_01.tif");
        const Image other = read_image(fs::path(alone.toStdString()) / "here" / "field_01.tif");
        const auto a = one.plane_as<std::uint16_t>(0), b = other.plane_as<std::uint16_t>(0);
        std::size_t same = 0;
        for (std::size_t i = 0; i < a.size(); ++i)
            same += (a[i] > 0) == (b[i] > 0);
        QVERIFY(static_cast<double>(same) >= 0.999 * static_cast<double>(a.size()));
    }

    void seeds_repeat() {
        std::vector<std::string> weights;
        for (const char* seed : {"11", "11", "12"}) {
            const Outcome outcome =
                cli(QStringList{"train", trained_.project, "--seed", seed, "--json"} + quick_training);
            QVERIFY2(outcome.status == 0, outcome.about().constData());
            const std::string id = outcome.json().at("run").get<std::string>();
            const fs::path run = fs::path(trained_.project.toStdString()) / "runs" / id;
            QCOMPARE(read_json_file(run / "snapshot.json").at("threads").get<int>(), 1);
            weights.push_back(outcome.json().at("metrics").dump());
        }
        QCOMPARE(weights[0], weights[1]);
        QVERIFY(weights[0] != weights[2]);
    }

    void signals_cancel_in_order_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("word");
        QTest::newRow("train") << endless_training() << QByteArray("epoch");
        QTest::newRow("predict") << QStringList{"predict", trained_.model,  large_,
                                                "--out",   here("stopped"), "--threads",
                                                "1",       "--set",         "flips=true"}
                                 << QByteArray("large.png");
        QTest::newRow("serve") << QStringList{"serve"} << QByteArray(); // see below
    }
    void signals_cancel_in_order() {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, word);
        for (const int signal : {SIGINT, SIGTERM}) {
            if (arguments.front() == "serve") {
                QProcess process;
                process.start(cli_program(), arguments);
                QVERIFY(process.waitForReadyRead(60'000)); // its hello
                ::kill(static_cast<pid_t>(process.processId()), signal);
                const Outcome outcome = ended(process);
                QVERIFY2(outcome.status == 130, outcome.about().constData());
                continue;
            }
            const Outcome outcome = interrupted(arguments, word, signal);
            QVERIFY2(outcome.status == 130, outcome.about().constData());
            QVERIFY(outcome.errors.contains("Cancelled."));
            QVERIFY(!fs::exists(here("stopped/large.tif").toStdString())); // nothing half done
            if (arguments.front() != "train")
                continue;
            const Json runs = cli({"info", trained_.project, "--json"}).json().at("runs");
            QCOMPARE(runs.back().at("state").get<std::string>(), std::string("cancelled"));
        }
    }

    // `eyepiece-cli list operations | head -1`: the reader has what it wanted.
    void a_pipe_that_closes_early_is_no_failure() {
        for (const QStringList& arguments :
             {QStringList{"list", "parameters", "train"}, QStringList{"info", trained_.project},
              QStringList{"predict", trained_.model, trained_.image, "--out", here("piped")},
              QStringList{"--help"}}) {
            const Outcome outcome = run_program(
                "sh", QStringList{"-c", "{ \"$@\"; echo \"status $?\" >&2; } | true", "sh", cli_program()} +
                          arguments);
            QVERIFY2(outcome.errors.contains("status 0"), outcome.errors.constData());
            QVERIFY2(!outcome.errors.contains("Error"), outcome.errors.constData());
        }
        QVERIFY(fs::exists(here("piped/field_01.tif").toStdString()));
    }

    void a_full_disk_behind_the_output_is_one() {
        if (!fs::exists("/dev/full"))
            QSKIP("There is no /dev/full here.");
        Surroundings around;
        around.output_file = "/dev/full";
        const Outcome outcome = cli({"list", "importers", "--json"}, around);
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.errors.contains("Standard output"), outcome.errors.constData());
    }

    // As in a cluster's job: no home, no terminal, hardly an environment, and a current folder that nobody
    // may write (/proc takes no files, whoever asks).
    void bare_surroundings_suffice() {
        Surroundings around;
        around.folder = "/proc";
        around.environment.clear();
        around.environment.insert("PATH", "/usr/bin:/bin");
        around.in_child = [] { ::setsid(); };
        const Outcome plugins = cli({"list", "plugins", "--json"}, around);
        QVERIFY2(plugins.status == 0, plugins.about().constData());
        std::set<std::string> loaded;
        const Json entries = plugins.json().at("entries");
        for (const Json& plugin : entries)
            if (plugin.at("state") == "loaded")
                loaded.insert(plugin.at("id").get<std::string>());
        QVERIFY2(loaded.contains("vision") && loaded.contains("explain"), plugins.output.constData());
        const QStringList calls[]{
            {"info", trained_.project},
            QStringList{"train", trained_.project} + quick_training,
            {"predict", trained_.exported, trained_.image, "--out", here("bare")},
            {"evaluate", trained_.project, "--run", "1"},
            {"explain", trained_.model, trained_.image, "--method", "input-gradient", "--out", here("bare")},
            {"export", trained_.model, "--out", here("bare.pt")},
        };
        for (const QStringList& arguments : calls) {
            const Outcome outcome = cli(arguments, around);
            QVERIFY2(outcome.status == 0,
                     (arguments.join(' ').toUtf8() + ": " + outcome.about()).constData());
        }
        const Outcome relative =
            cli({"predict", trained_.exported, trained_.image, "--out", "nowhere"}, around);
        QVERIFY2(relative.status == 1, relative.about().constData());
        QVERIFY2(relative.errors.contains("nowhere"), relative.errors.constData());
    }

    void a_misspelt_word_gets_a_suggestion_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("suggestion");
        const auto row = [](const char* name, const QStringList& arguments, int status,
                            const char* suggestion) {
            QTest::newRow(name) << arguments << status << QByteArray(suggestion);
        };
        const QString& p = trained_.project;
        row("verb", {"pedict"}, 2, "\"predict\"");
        row("option", {"train", p, "--modle", "unet"}, 2, "\"--model\"");
        row("common option", {"info", p, "--jsno"}, 2, "\"--json\"");
        row("kind", {"list", "model"}, 1, "\"models\"");
        row("task", {"train", p, "--task", "semantic-segmantation"}, 1, "\"semantic-segmentation\"");
        row("model", {"train", p, "--model", "u-net"}, 1, "\"unet\"");
        row("method", {"train", p, "--method", "supervized"}, 1, "\"supervised\"");
        row("setting", {"train", p, "--set", "epoch=3"}, 2, "\"epochs\"");
        row("explainer",
            {"explain", trained_.model, trained_.image, "--method", "gradcam", "--out", here("x")}, 1,
            "\"grad-cam\"");
        row("exporter", {"export", trained_.model, "--format", "torchscrip", "--out", here("x.pt")}, 1,
            "\"torchscript\"");
        row("operation", {"list", "parameters", "trian"}, 1, "\"train\"");
        row("layer",
            {"explain", trained_.model, trained_.image, "--method", "grad-cam", "--layer", "encoder", "--out",
             here("x")},
            1, "layer");
        row("class",
            {"explain", trained_.model, trained_.image, "--method", "grad-cam", "--target", "nuclei", "--out",
             here("x")},
            1, "nucleus");
    }
    void a_misspelt_word_gets_a_suggestion() {
        QFETCH(QStringList, arguments);
        QFETCH(int, status);
        QFETCH(QByteArray, suggestion);
        const Outcome outcome = cli(arguments);
        QVERIFY2(outcome.status == status, outcome.about().constData());
        QVERIFY2(outcome.errors.contains(suggestion), outcome.errors.constData());
        QVERIFY2(outcome.output.isEmpty(), outcome.output.constData());
    }
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "test_command_line.moc"
