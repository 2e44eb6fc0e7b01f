// SPDX-License-Identifier: GPL-3.0-or-later
// What the command line says of tables, as a script reads it.
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

using Json = nlohmann::json;

namespace {

struct Answer {
    int status = -1;
    Json json;
    QString errors;
};

Answer run(const QStringList& arguments) {
    QProcess process;
    process.start(qEnvironmentVariable("EYEPIECE_BIN") + "/eyepiece-cli", arguments);
    Answer answer;
    if (!process.waitForFinished(60'000))
        return answer;
    answer.status = process.exitCode();
    answer.errors = QString::fromUtf8(process.readAllStandardError());
    const QByteArrayList lines = process.readAllStandardOutput().trimmed().split('\n');
    answer.json = Json::parse(lines.back().toStdString(), nullptr, false);
    return answer;
}

} // namespace

class TestTableVerbs : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;

    QString file(const QString& name, const QByteArray& bytes) {
        QFile target(folder_.filePath(name));
        if (!target.open(QIODevice::WriteOnly) || target.write(bytes) != bytes.size())
            qFatal("cannot write");
        return target.fileName();
    }

private Q_SLOTS:
    void info_of_a_table() {
        const QString path = file("t.csv", "a;b\n1,5;x\n;y\n");
        const Answer answer = run({"info", path, "--json"});
        QCOMPARE(answer.status, 0);
        QVERIFY(answer.json["kind"] == "table");
        QVERIFY(answer.json["format"] == "csv");
        QVERIFY(answer.json["shape"] == Json::parse("[2,2]"));
        QVERIFY(answer.json["columns"][0]["name"] == "a");
        QVERIFY(answer.json["columns"][0]["type"] == "real");
        QVERIFY(answer.json["columns"][0]["missing"] == 1);
        QVERIFY(answer.json["separator"] == "semicolon");
        const Answer set =
            run({"info", path, "--json", "--format", "csv", "--set", "decimal=point", "--statistics"});
        QVERIFY(set.json["columns"][0]["type"] == "text");
        QVERIFY(set.json["columns"][0]["statistics"]["count"] == 1);
    }

    void failures_say_why() {
        const Answer broken = run({"info", file("b.csv", "a,b\n1,2,3\n1\n"), "--json"});
        QCOMPARE(broken.status, 1);
        QVERIFY2(broken.errors.contains("\"b.csv\""), qPrintable(broken.errors));
        QCOMPARE(run({"info", file("c.csv", "a\n1\n"), "--set", "header=no"}).status, 2);
        QCOMPARE(run({"info", file("d.csv", "a\n1\n"), "--format", "csv", "--set", "hedaer=no"}).status, 2);
        QCOMPARE(run({"info", folder_.filePath("gone.csv")}).status, 1);
    }

    void importers_and_steps_are_listed() {
        for (const char* kind : {"importers", "importer"}) {
            const Answer answer = run({"list", kind, "--json"});
            QCOMPARE(answer.status, 0);
            QVERIFY(answer.json["entries"].size() >= 12);
            for (const Json& entry : answer.json["entries"])
                QVERIFY(!entry["name"].get<std::string>().empty() &&
                        !entry["help"].get<std::string>().empty());
        }
        QVERIFY(run({"list", "preprocessing", "--json"}).json["entries"].size() >= 9);
    }

    // A folder of images, as a table for every verb that takes one.
    void table_of_images() {
        const QString folder = folder_.filePath("sample");
        QCOMPARE(run({"sample", folder, "--json"}).status, 0);
        const QString out = folder_.filePath("images.tab");
        const Answer made =
            run({"tabulate", folder, "--from", "images", "--set", "side=4", "--out", out, "--json"});
        QVERIFY2(made.status == 0, qPrintable(made.errors));
        QVERIFY(made.json["rows"].get<int>() > 1);
        const Answer info = run({"info", out, "--json"});
        QVERIFY(info.json["format"] == "orange");
        QVERIFY(info.json["rows"] == made.json["rows"]);
        const Answer refused = run({"tabulate", folder, "--from", "sounds", "--out", out});
        QCOMPARE(refused.status, 2);
        QVERIFY(refused.errors.contains("list tables"));
        const Answer clash =
            run({"embed", folder, "--from", "images", "--format", "csv", "--method", "pca", "--out", out});
        QCOMPARE(clash.status, 2);
        const Answer listed = run({"list", "tables", "--json"});
        QVERIFY(listed.json["entries"].size() == 3);
        const Answer whose = run({"tabulate", folder, "--from", "activations", "--out", out});
        QCOMPARE(whose.status, 1);
        QVERIFY2(whose.errors.contains("Name a run"), qPrintable(whose.errors));
        QCOMPARE(run({"tabulate", folder, "--from", "objects", "--run", "1", "--out", out}).status, 2);
        QCOMPARE(run({"embed", out, "--layer", "head", "--method", "pca", "--out", out}).status, 2);
        // A project is looked at for damage, its objects as the rows of a table.
        const Answer checked = run({"check", folder, "--from", "objects", "--json"});
        QVERIFY2(checked.status == 0, qPrintable(checked.errors));
        QVERIFY(checked.json.contains("findings") && checked.json["rows"].get<int>() > 10);
        // Made on the way, or beforehand: the same points.
        const QString direct = folder_.filePath("direct.csv"), twice = folder_.filePath("twice.csv");
        const QStringList method{"--method", "pca", "--step", "scale", "--out"};
        QCOMPARE(run(QStringList{"embed", folder, "--from", "objects", "--read", "intensities=no"} + method +
                     QStringList{direct})
                     .status,
                 0);
        QCOMPARE(
            run({"tabulate", folder, "--from", "objects", "--set", "intensities=no", "--out", out}).status,
            0);
        QCOMPARE(run(QStringList{"embed", out} + method + QStringList{twice}).status, 0);
        QFile one(direct), other(twice);
        QVERIFY(one.open(QIODevice::ReadOnly) && other.open(QIODevice::ReadOnly));
        const QByteArray points = one.readAll();
        QCOMPARE(points, other.readAll());
        QVERIFY(points.contains(" #1,"));
    }
};

QTEST_GUILESS_MAIN(TestTableVerbs)
#include "test_table_verbs.moc"
