// SPDX-License-Identifier: GPL-3.0-or-later
// learn and classify: from a project's labels to label images, as a script does it.
#include "core/formats/image_reader.h"
#include "tests/cli/trained_project.h"

#include <fstream>

using namespace eyepiece;
using namespace eyepiece::test;
namespace fs = std::filesystem;

class TestPixelVerbs : public QObject {
    Q_OBJECT

    Folder folder_;
    QString here(const std::string& name) const { return text(folder_ / name); }

private Q_SLOTS:
    void initTestCase() {
        const Outcome made = cli({"sample", here("project"), "--seed", "4"});
        QVERIFY2(made.status == 0, made.about().constData());
        const Outcome images = cli({"sample", here("data"), "--images-only", "--seed", "5"});
        QVERIFY2(images.status == 0, images.about().constData());
    }

    void learnt_and_applied() {
        const Outcome learnt =
            cli({"learn", here("project"), "--set", "trees=20", "--set", "sigmas=1,3.5", "--json"});
        QVERIFY2(learnt.status == 0, learnt.about().constData());
        QCOMPARE(learnt.json().at("trees").get<int>(), 20);
        QVERIFY(fs::exists(learnt.json().at("file").get<std::string>()));
        const Outcome done = cli({"classify", here("project") + ":pixels", here("data/images"), "--out",
                                  here("out"), "--probabilities", "--json"});
        QVERIFY2(done.status == 0, done.about().constData());
        const Json outputs = done.json().at("outputs");
        QVERIFY(outputs.size() > 1);
        for (const Json& one : outputs) {
            const Image labels = read_image(one.at("out").get<std::string>());
            QCOMPARE(labels.width(), one.at("width").get<std::int64_t>());
            QVERIFY(one.at("objects").get<int>() > 0);
            QVERIFY(fs::exists(one.at("probabilities").get<std::string>()));
        }
    }

    void a_broken_image_is_skipped_with_its_reason() {
        const Outcome learnt = cli({"learn", here("project"), "--name", "few", "--set", "trees=5"});
        QVERIFY2(learnt.status == 0, learnt.about().constData());
        QVERIFY2(learnt.output.contains("few.pixels"), learnt.about().constData());
        std::ofstream(folder_ / "broken.png") << "no image";
        const Outcome done = cli({"classify", here("project") + ":few", here("broken.png"),
                                  here("data/images/field_01.png"), "--out", here("some")});
        QCOMPARE(done.status, 1);
        QVERIFY2(done.errors.contains("broken.png was skipped"), done.about().constData());
        QVERIFY2(done.errors.contains("1 of 2 images"), done.about().constData());
        QVERIFY(fs::exists(folder_ / "some/field_01.tif"));
    }

    void wrong_use() {
        QCOMPARE(cli({"learn"}).status, 2);
        QCOMPARE(cli({"learn", here("project"), "--set", "tree=5"}).status, 2);
        QCOMPARE(cli({"classify", here("project")}).status, 2);
        const Outcome none =
            cli({"classify", here("project") + ":none", here("data/images"), "--out", here("x")});
        QCOMPARE(none.status, 1);
        QVERIFY2(none.errors.contains("none"), none.about().constData());
        for (const char* verb : {"learn", "classify"}) {
            const Outcome help = cli({verb, "--help"});
            QCOMPARE(help.status, 0);
            QVERIFY2(help.output.contains("eyepiece-cli " + QByteArray(verb)), help.about().constData());
        }
    }
};

QTEST_GUILESS_MAIN(TestPixelVerbs)
#include "test_pixel_verbs.moc"
