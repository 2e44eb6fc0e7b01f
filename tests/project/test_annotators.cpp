// SPDX-License-Identifier: GPL-3.0-or-later
// A second annotator's own project, and what both have in common.
#include "core/project/annotators.h"
#include "tests/project/fixture.h"

#include <cmath>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

struct Fixture {
    Folder folder;
    std::unique_ptr<Project> project;
    std::vector<ItemId> items;
    ClassId nucleus = 0, mitosis = 0;
    QuietJob job;

    Fixture() {
        qputenv("USER", "ada");
        project = Project::create(folder / "p", "Cells");
        nucleus = project->classes().add("nucleus");
        mitosis = project->classes().add("mitosis");
        for (const char* name : {"a.png", "b.png", "c.png"})
            add(name);
    }
    void add(const std::string& name) {
        items.push_back(project->items().add({folder / name}, {"mouse"}).added.at(0));
        project->items().set_facts(items.back(), {"hash of " + name, 30, 20, 1});
    }
};

} // namespace

class TestAnnotators : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void blind() {
        Fixture f;
        f.project->labels().commit(rectangle(f.items[0], {0, 0, 10, 10}, 1, f.nucleus));
        QVERIFY(annotators(f.project->folder()).empty());
        const Annotator bea = prepare_annotator(*f.project, "Bea Müller", false, f.job);
        QCOMPARE(bea.folder, f.folder / "p/annotators/bea-müller");
        auto own = Project::open(bea.folder, Project::Access::Editor);
        const auto theirs = own->items().all();
        QCOMPARE(theirs.size(), std::size_t{3});
        QCOMPARE(theirs[0].path, f.folder / "a.png");
        QCOMPARE(theirs[0].hash, std::string("hash of a.png"));
        QCOMPARE(theirs[0].width, 30);
        QCOMPARE(theirs[0].group, std::string("mouse"));
        QCOMPARE(own->labels().total_objects(), 0);
        QCOMPARE(own->classes().find("mitosis")->key, f.project->classes().find("mitosis")->key);
        QVERIFY(!own->history().undo()); // the images are not theirs to take away
        own->labels().commit(rectangle(theirs[0].id, {0, 0, 5, 5}, 1, own->classes().find("nucleus")->id));
        QCOMPARE(own->labels().objects(theirs[0].id).at(0).author, std::string("Bea Müller"));
        QCOMPARE(own->reviews().steps(theirs[0].id).at(0).author, std::string("Bea Müller"));
        const auto all = annotators(f.project->folder());
        QCOMPARE(all.size(), std::size_t{1});
        QCOMPARE(all[0].name, std::string("Bea Müller"));
        // What came since is brought in, and what they did stays.
        f.add("d.png");
        f.project->classes().add("debris");
        prepare_annotator(*f.project, "Bea Müller", false, f.job);
        QCOMPARE(own->items().count(), 4);
        QVERIFY(own->classes().find("debris"));
        QCOMPARE(own->labels().total_objects(), 1);
        QCOMPARE(error_of([&] { prepare_annotator(*f.project, "bea müller", false, f.job); }).code(),
                 ErrorCode::Conflict);
        QCOMPARE(error_of([&] { prepare_annotator(*own, "Cleo", false, f.job); }).code(),
                 ErrorCode::Conflict);
        QCOMPARE(error_of([&] { prepare_annotator(*f.project, " -", false, f.job); }).code(),
                 ErrorCode::BadInput);
    }

    void with_labels_to_begin_with() {
        Fixture f;
        LabelEdit edit = rectangle(f.items[0], {3, 4, 10, 10}, 7, f.mitosis);
        f.project->labels().commit(edit);
        f.project->labels().commit(rectangle(f.items[0], {20, 4, 5, 5}, 8, f.nucleus));
        f.project->items().set_complete(f.items[0], true);
        const Annotator cleo = prepare_annotator(*f.project, "Cleo", true, f.job);
        auto own = Project::open(cleo.folder);
        const Item theirs = own->items().find_stem("a").at(0);
        QVERIFY(theirs.complete);
        QVERIFY(own->labels().read(theirs.id, {0, 0, 30, 20}) ==
                f.project->labels().read(f.items[0], {0, 0, 30, 20}));
        const auto objects = own->labels().objects(theirs.id);
        QCOMPARE(objects.size(), std::size_t{2});
        QCOMPARE(objects[0].author, std::string("ada")); // whose they are
        QCOMPARE(own->classes().find(objects[0].class_id)->name, std::string("mitosis"));
        const ProjectAgreement found = compare_labels(*f.project, *own, f.job);
        QCOMPARE(found.items.size(), std::size_t{1});
        QCOMPARE(found.all.kappa(), 1.0);
        QCOMPARE(found.all.matched(), 2);
    }

    // Least alike first; classes by name, whatever their ids; images by content, wherever they lie.
    void compares() {
        Fixture f;
        for (std::size_t i = 0; i < 2; ++i)
            f.project->labels().commit(rectangle(f.items[i], {0, 0, 10, 10}, 1, f.nucleus));
        auto other = Project::create(f.folder / "other");
        const ClassId debris = other->classes().add("debris"), nucleus = other->classes().add("nucleus");
        std::vector<ItemId> theirs;
        for (const char* name : {"b.png", "a.png", "e.png"}) {
            theirs.push_back(other->items().add({f.folder / ("elsewhere/" + std::string(name))}).added.at(0));
            other->items().set_facts(theirs.back(), {"hash of " + std::string(name), 30, 20, 1});
        }
        other->labels().commit(rectangle(theirs[0], {0, 0, 10, 4}, 3, nucleus));  // b: less than a half
        other->labels().commit(rectangle(theirs[1], {0, 0, 10, 10}, 3, nucleus)); // a: the same
        other->labels().commit(rectangle(theirs[1], {20, 0, 5, 5}, 4, debris));
        const ProjectAgreement found = compare_labels(*f.project, *other, f.job);
        QCOMPARE(found.items.size(), std::size_t{2});
        QCOMPARE(found.apart, 1); // c
        QCOMPARE(found.unlabelled, 0);
        QVERIFY(
            (found.class_names == std::vector<std::string>{"background", "nucleus", "mitosis", "debris"}));
        QCOMPARE(found.items[0].first.id, f.items[1]);
        QCOMPARE(found.items[0].agreement.dice(1), 80.0 / 140);
        QCOMPARE(found.items[0].agreement.matched(), 0);
        QVERIFY((found.items[1].pairs == std::vector<ObjectPair>{{1, 3, 1.0}}));
        QCOMPARE(found.items[1].agreement.dice(1), 1.0);
        QCOMPARE(found.items[1].agreement.dice(3), 0.0);
        QCOMPARE(found.items[1].agreement.only_second(), 1);
        QCOMPARE(found.all.pixels(), 2 * 600);
        QCOMPARE(found.all.matched(), 1);
        f.job.cancel = true;
        QCOMPARE(error_of([&] { compare_labels(*f.project, *other, f.job); }).code(), ErrorCode::Cancelled);
    }
};

QTEST_GUILESS_MAIN(TestAnnotators)
#include "test_annotators.moc"
