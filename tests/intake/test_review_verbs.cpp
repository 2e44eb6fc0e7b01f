// SPDX-License-Identifier: GPL-3.0-or-later
// review and info --statistics: the status of images from the command line.
#include "tests/project/fixture.h"
#include "tests/support/command.h"

#include <cmath>

using namespace eyepiece;
using namespace eyepiece::test;

class TestReviewVerbs : public QObject {
    Q_OBJECT

    // Images a, b and c; the first two have an object, of class nucleus and mitosis.
    static QString project(const Folder& folder) {
        const auto place = folder / "p";
        auto project = Project::create(place);
        const auto items =
            project->items().add({folder / "a.png", folder / "x/b.png", folder / "y/b.png"}).added;
        project->labels().commit(rectangle(items[0], {0, 0, 10, 10}, 1, project->classes().add("nucleus")));
        project->labels().commit(rectangle(items[1], {0, 0, 4, 4}, 1, project->classes().add("mitosis")));
        return text(place);
    }

private Q_SLOTS:
    void from_labelled_to_accepted() {
        Folder folder;
        const QString place = project(folder);
        auto result = cli({"review", place, "--json"});
        QVERIFY2(result.status == 0, result.about());
        QCOMPARE(result.json().at("counts").at("labelled").get<int>(), 2);
        QCOMPARE(result.json().at("counts").at("new").get<int>(), 1);
        QVERIFY(result.json().at("images").empty());

        result = cli({"review", place, "a", text(folder / "x/b.png"), "--set", "submitted", "--json"});
        QVERIFY2(result.status == 0, result.about());
        QVERIFY((result.json().at("changed") == Json{"a.png", "x/b.png"}));
        result = cli({"review", place, "--status", "submitted", "--class", "mitosis", "--set", "sent-back",
                      "--word", "two are one", "--by", "Bea"});
        QVERIFY2(result.status == 0, result.about());
        QVERIFY(result.output.contains("1 of 1 image is now sent-back"));
        result = cli({"review", place, "--status", "submitted", "--set", "accepted", "--json"});
        QVERIFY((result.json().at("changed") == Json{"a.png"}));

        // What is sent back is listed with its word; the steps of an image that is named.
        result = cli({"review", place});
        QVERIFY2(result.output.contains("x/b.png: sent-back: two are one, 1 object"), result.about());
        QVERIFY(!result.output.contains("a.png"));
        result = cli({"review", place, "x/b.png", "--json"});
        const Json image = result.json().at("images").at(0);
        QCOMPARE(image.at("steps").size(), std::size_t{3});
        QCOMPARE(image.at("steps").at(2).at("author").get<std::string>(), std::string("Bea"));
        QCOMPARE(image.at("word").get<std::string>(), std::string("two are one"));
        result = cli({"review", place, "x/b.png"});
        QVERIFY2(result.output.contains("sent-back by Bea: two are one"), result.about());
        QCOMPARE(Project::open(place.toStdString())->items().find_stem("a").at(0).status,
                 ReviewStatus::Accepted);
    }

    void what_does_not_fit() {
        Folder folder;
        const QString place = project(folder);
        auto result = cli({"review", place, "--status", "new", "--set", "submitted", "--json"});
        QCOMPARE(result.status, 0);
        QCOMPARE(result.json().at("unlabelled").get<int>(), 1);
        QVERIFY2(result.errors.contains("without labels"), result.about());
        QCOMPARE(cli({"review", place, "--set", "accepted"}).status, 2); // of which images?
        QCOMPARE(cli({"review", place, "a", "--set", "new"}).status, 2);
        QCOMPARE(cli({"review", place, "--word", "well"}).status, 2);
        result = cli({"review", place, "a", "--set", "sent-back"});
        QCOMPARE(result.status, 1);
        QVERIFY2(result.errors.contains("in a word"), result.about());
        result = cli({"review", place, "z.png"});
        QCOMPARE(result.status, 1);
        QVERIFY2(result.errors.contains("no image \"z.png\""), result.about());
        result = cli({"review", place, "b.png", "--set", "accepted"});
        QCOMPARE(result.status, 1);
        QVERIFY2(result.errors.contains("x/b.png"), result.about());
        result = cli({"review", place, "--class", "spindle"});
        QCOMPARE(result.status, 1);
        QVERIFY2(result.errors.contains("no class \"spindle\""), result.about());
        QCOMPARE(Project::open(place.toStdString())->reviews().counts().at(ReviewStatus::Accepted), 0);
    }

    void a_second_annotator() {
        Folder folder;
        const QString place = project(folder);
        {
            auto main = Project::open(place.toStdString());
            for (const Item& item : main->items().all())
                main->items().set_facts(item.id, {item.name, 20, 20, 1});
        }
        auto result = cli({"review", place, "--annotator", "Bea", "--json"});
        QVERIFY2(result.status == 0, result.about());
        const std::string theirs = result.json().at("project").get<std::string>();
        {
            auto other = Project::open(theirs);
            const Item a = other->items().find_stem("a").at(0);
            QCOMPARE(a.objects, 0);
            other->labels().commit(rectangle(a.id, {0, 0, 10, 5}, 1, other->classes().find("nucleus")->id));
            QCOMPARE(other->labels().objects(a.id).at(0).author, std::string("Bea"));
        }
        result = cli({"review", place, "--against", "Bea", "--json"});
        QVERIFY2(result.status == 0, result.about());
        QCOMPARE(result.json().at("unlabelled").get<int>(), 2);
        const Json image = result.json().at("images").at(0);
        QCOMPARE(image.at("image").get<std::string>(), std::string("a.png"));
        QVERIFY(std::abs(image.at("dice").at("nucleus").get<double>() - 100.0 / 150) < 1e-12);
        QCOMPARE(image.at("matched").get<int>(), 1);
        QVERIFY2(cli({"review", place, "--against", QString::fromStdString(theirs)})
                     .output.contains("Dice background"),
                 "");
        result = cli({"review", place, "--against", "Cleo"});
        QCOMPARE(result.status, 1);
        QVERIFY2(result.errors.contains("who are: Bea"), result.about());
        QCOMPARE(cli({"review", place, "--against", "Bea", "--set", "accepted"}).status, 2);
        QCOMPARE(cli({"review", place, "--with-labels"}).status, 2);
        result = cli({"review", place, "--annotator", "?!"});
        QCOMPARE(result.status, 1);
        QVERIFY2(result.errors.contains("letter"), result.about());
    }

    void statistics() {
        Folder folder;
        const QString place = project(folder);
        const auto result = cli({"info", place, "--statistics", "--json"});
        QVERIFY2(result.status == 0, result.about());
        const Json found = result.json();
        QCOMPARE(found.at("objects").get<int>(), 2);
        QCOMPARE(found.at("classes").at(1).at("area").at("median").get<double>(), 100.0);
        QCOMPARE(found.at("classes").at(2).at("area").at("largest").get<double>(), 16.0);
        QVERIFY(found.at("classes").at(0).at("area").is_null());
        QCOMPARE(found.at("images").at("labelled").get<int>(), 2);
        QCOMPARE(found.at("tools").at("brush").get<int>(), 2);
        QCOMPARE(found.at("annotators").at(0).at("objects").get<int>(), 2);
        QVERIFY(cli({"info", place, "--statistics"}).output.contains("median 100"));
    }
};

QTEST_GUILESS_MAIN(TestReviewVerbs)
#include "test_review_verbs.moc"
