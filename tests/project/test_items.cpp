// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/natural_order.h"
#include "tests/project/fixture.h"

#include <chrono>

using namespace eyepiece;
using namespace eyepiece::test;
namespace fs = std::filesystem;

class TestItems : public QObject {
    Q_OBJECT

    static ItemId add_read(Project& project, const fs::path& path) {
        const ItemId id = project.items().add({path}).added.at(0);
        return project.items().set_facts(id, {content_hash(path), 100, 80, 1});
    }

private Q_SLOTS:
    void natural_order() {
        const std::vector<std::string> sorted{"a",    "a1",    "A2",   "a2b",   "a10",     "b",  "img02",
                                              "img2", "img2b", "IMG3", "img10", "img010x", "x y"};
        for (std::size_t i = 0; i < sorted.size(); ++i)
            for (std::size_t j = 0; j < sorted.size(); ++j)
                QVERIFY2(natural_less(sorted[i], sorted[j]) == (i < j),
                         (sorted[i] + " " + sorted[j]).c_str());
    }

    void adds_and_names() {
        Folder folder;
        auto project = Project::create(folder / "p");
        const auto report =
            project->items().add({folder / "p/in/img10.png", folder / "x/same.png", folder / "y/same.png",
                                  folder / "p/in/img2.png", folder / "p/in/../in/img2.png"},
                                 {"a", "", "", "b", ""});
        QCOMPARE(report.added.size(), std::size_t{4});
        QCOMPARE(report.known.size(), std::size_t{1});
        std::vector<std::string> names;
        for (const Item& item : project->items().all())
            names.push_back(item.name);
        QVERIFY((names == std::vector<std::string>{"img2.png", "img10.png", "x/same.png", "y/same.png"}));
        QCOMPARE(project->items().at(report.added[1]).name, std::string("x/same.png"));
        QCOMPARE(project->items().at(report.added[0]).group, std::string("a"));
        QCOMPARE(project->items().find_stem("same").size(), std::size_t{2});
        QVERIFY(project->items().find_path(folder / "x/same.png"));
        QVERIFY(!project->items().find_path(folder / "z/same.png"));
        QCOMPARE(error_of([&] { project->items().at(99); }).code(), ErrorCode::NotFound);
    }

    void project_folder_moves_with_its_images() {
        Folder folder;
        Project::create(folder / "p")->items().add({folder / "p/images/a.png", folder / "elsewhere/b.png"});
        fs::rename(folder / "p", folder / "q");
        const auto items = Project::open(folder / "q")->items().all();
        QCOMPARE(items[0].path, folder / "q/images/a.png");
        QCOMPARE(items[1].path, folder / "elsewhere/b.png");
    }

    void renamed_file_keeps_labels() {
        Folder folder;
        write_text(folder / "a.png", "pixels of a");
        write_text(folder / "b.png", "pixels of b");
        auto project = Project::create(folder / "p");
        const ItemId a = add_read(*project, folder / "a.png"), b = add_read(*project, folder / "b.png");
        project->labels().commit(rectangle(a, {0, 0, 5, 5}, 1, 0));
        fs::create_directory(folder / "new");
        fs::rename(folder / "a.png", folder / "new/renamed.png");
        QuietJob job;
        QVERIFY((project->items().refresh(job) == std::vector<ItemId>{a}));
        QCOMPARE(project->items().at(a).state, ItemState::Missing);
        // Found by adding the new place: at once, since a file of that size was missing.
        const auto report = project->items().add({folder / "new/renamed.png"});
        QVERIFY((report.relinked == std::vector<ItemId>{a}));
        QVERIFY(report.added.empty());
        const Item moved = project->items().at(a);
        QCOMPARE(moved.path, folder / "new/renamed.png");
        QCOMPARE(moved.state, ItemState::Ready);
        QCOMPARE(moved.objects, 1);
        QCOMPARE(project->items().at(b).path, folder / "b.png");
        QVERIFY(project->items().refresh(job).empty());
    }

    // The new place was added before the old one vanished, so the twins meet when the new one is read.
    void moved_file_found_on_reading() {
        Folder folder;
        write_text(folder / "a.png", "pixels of a");
        auto project = Project::create(folder / "p");
        const ItemId a = add_read(*project, folder / "a.png");
        project->labels().commit(rectangle(a, {0, 0, 5, 5}, 1, 0));
        const ItemId twin = project->items().add({folder / "c.png"}).added.at(0);
        fs::rename(folder / "a.png", folder / "c.png");
        std::vector<ItemId> removed;
        const auto listening = project->changes().listen([&](const ProjectChange& change) {
            if (const auto* gone = std::get_if<ItemsRemoved>(&change))
                removed = gone->items;
        });
        QCOMPARE(project->items().set_facts(twin, {content_hash(folder / "c.png"), 100, 80, 1}), a);
        QVERIFY((removed == std::vector<ItemId>{twin}));
        QCOMPARE(project->items().count(), 1);
        QCOMPARE(project->items().at(a).objects, 1);
        QCOMPARE(project->items().at(a).path, folder / "c.png");
        // History still works around the vanished twin.
        while (project->history().undo()) {
        }
        QCOMPARE(project->items().count(), 0);
        while (project->history().redo()) {
        }
        QCOMPARE(project->items().at(a).objects, 1);
    }

    void copy_is_another_item() {
        Folder folder;
        write_text(folder / "a.png", "pixels");
        write_text(folder / "copy.png", "pixels");
        auto project = Project::create(folder / "p");
        const ItemId a = add_read(*project, folder / "a.png");
        QVERIFY(add_read(*project, folder / "copy.png") != a);
        QCOMPARE(project->items().count(), 2);
    }

    void changed_file_is_noticed() {
        Folder folder;
        write_text(folder / "a.png", "pixels of a");
        write_text(folder / "unlabelled.png", "pixels of b");
        auto project = Project::create(folder / "p");
        const ItemId a = add_read(*project, folder / "a.png"),
                     b = add_read(*project, folder / "unlabelled.png");
        project->labels().commit(rectangle(a, {0, 0, 5, 5}, 1, 0));
        QuietJob job;
        // Touched, not changed.
        fs::last_write_time(folder / "a.png", fs::file_time_type::clock::now() + std::chrono::hours(1));
        QVERIFY(project->items().refresh(job).empty());
        write_text(folder / "a.png", "other pixels altogether");
        write_text(folder / "unlabelled.png", "other pixels too");
        QCOMPARE(project->items().refresh(job).size(), std::size_t{2});
        QCOMPARE(project->items().at(a).state, ItemState::Changed);
        QCOMPARE(project->items().at(b).state, ItemState::Unread); // no labels at stake: just read anew
        project->items().set_facts(a, {content_hash(folder / "a.png"), 100, 80, 1});
        QCOMPARE(project->items().at(a).state, ItemState::Changed); // reading it does not hush it up
        project->items().accept_change(a);
        project->items().set_facts(a, {content_hash(folder / "a.png"), 100, 80, 1});
        QCOMPARE(project->items().at(a).state, ItemState::Ready);
        QVERIFY(project->items().refresh(job).empty() || project->items().at(a).state == ItemState::Ready);
        // Back from the bin.
        fs::rename(folder / "a.png", folder / "gone");
        QCOMPARE(project->items().refresh(job).size(), std::size_t{1});
        QCOMPARE(project->items().at(a).state, ItemState::Missing);
        fs::rename(folder / "gone", folder / "a.png");
        project->items().refresh(job);
        QCOMPARE(project->items().at(a).state, ItemState::Ready);
    }

    void broken_file_is_named() {
        Folder folder;
        write_text(folder / "a.png", "not a picture");
        auto project = Project::create(folder / "p");
        const ItemId a = project->items().add({folder / "a.png"}).added.at(0);
        project->items().set_problem(a, "It is no picture.");
        QCOMPARE(project->items().at(a).state, ItemState::Broken);
        QCOMPARE(project->items().at(a).problem, std::string("It is no picture."));
        QuietJob job;
        QVERIFY(project->items().refresh(job).empty());
        write_text(folder / "a.png", "now it is one");
        QCOMPARE(project->items().refresh(job).size(), std::size_t{1});
        QCOMPARE(project->items().at(a).state, ItemState::Unread);
    }

    void refresh_can_be_cancelled() {
        Folder folder;
        auto project = Project::create(folder / "p");
        project->items().add({folder / "a.png"});
        QuietJob job;
        job.cancel = true;
        QCOMPARE(error_of([&] { project->items().refresh(job); }).code(), ErrorCode::Cancelled);
    }

    void fifty_thousand() {
        Folder folder;
        auto project = Project::create(folder / "p");
        std::vector<fs::path> paths;
        for (int i = 0; i < 50'000; ++i)
            paths.push_back(folder.path() / "images" /
                            ("field" + std::to_string(i % 50) + "_" + std::to_string(i / 50) + ".tif"));
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(project->items().add(paths).added.size(), std::size_t{50'000});
        const auto added = timer.restart();
        const auto items = project->items().all();
        const auto listed = timer.restart();
        QCOMPARE(items.size(), std::size_t{50'000});
        QCOMPARE(items[1].name, std::string("field0_1.tif"));
        QCOMPARE(items[1000].name, std::string("field1_0.tif"));
        project->history().undo();
        const auto undone = timer.restart();
        QCOMPARE(project->items().count(), 0);
        project->history().redo();
        QCOMPARE(project->items().count(), 50'000);
        qInfo("50,000 items: added in %lld ms, listed in %lld ms, undone in %lld ms", added, listed, undone);
        QVERIFY(added + listed < 5000);
    }
};

QTEST_GUILESS_MAIN(TestItems)
#include "test_items.moc"
