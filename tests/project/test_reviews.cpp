// SPDX-License-Identifier: GPL-3.0-or-later
// Status of images with its history, who worked on what for how long, and projects from before there was any.
#include "core/project/label_statistics.h"
#include "core/project/schema.h"
#include "tests/project/fixture.h"

#include <SQLiteCpp/SQLiteCpp.h>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

constexpr auto New = ReviewStatus::New, Labelled = ReviewStatus::Labelled,
               Submitted = ReviewStatus::Submitted, Accepted = ReviewStatus::Accepted,
               SentBack = ReviewStatus::SentBack;

// Three images, a class, and who is at work.
struct Fixture {
    Folder folder;
    std::unique_ptr<Project> project;
    std::vector<ItemId> items;
    ClassId nucleus = 0;

    Fixture() {
        qputenv("USER", "ada");
        project = Project::create(folder / "p");
        items = project->items().add({folder / "a.png", folder / "b.png", folder / "c.png"}).added;
        nucleus = project->classes().add("nucleus");
    }
    ReviewStatus status(std::size_t i) const { return project->items().at(items[i]).status; }
    void label(std::size_t i, const Region& region = {0, 0, 10, 10}, ObjectId id = 1, double seconds = 0) {
        LabelEdit edit = rectangle(items[i], region, id, nucleus);
        edit.seconds = seconds;
        project->labels().commit(edit);
    }
    ReviewReport set(const std::vector<std::size_t>& which, ReviewStatus status,
                     const std::string& word = {}) {
        std::vector<ItemId> chosen;
        for (const std::size_t i : which)
            chosen.push_back(items[i]);
        return project->reviews().set(chosen, status, word);
    }
    std::vector<ReviewStatus> steps(std::size_t i) const {
        std::vector<ReviewStatus> statuses;
        for (const ReviewStep& step : project->reviews().steps(items[i]))
            statuses.push_back(step.status);
        return statuses;
    }
};

using Statuses = std::vector<ReviewStatus>;

// The file of a project as format 1 had it.
std::filesystem::path old_project(const Folder& folder) {
    const auto file = folder / "old" / std::string("project.eyepiece");
    std::filesystem::create_directories(file.parent_path());
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec(read_text(EYEPIECE_VERSION_1));
    database.exec("PRAGMA journal_mode = WAL");
    return file.parent_path();
}

} // namespace

class TestReviews : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void labels_make_an_image_labelled() {
        Fixture f;
        QCOMPARE(f.status(0), New);
        f.label(0);
        QCOMPARE(f.status(0), Labelled);
        QVERIFY((f.steps(0) == Statuses{Labelled}));
        QCOMPARE(f.project->reviews().steps(f.items[0]).front().author, std::string("ada"));
        QVERIFY(f.project->reviews().steps(f.items[0]).front().made.ends_with("Z"));
        f.label(0, {20, 20, 5, 5}, 2);
        QVERIFY((f.steps(0) == Statuses{Labelled})); // once
        // Complete without an object is labelled, too.
        f.project->items().set_complete(f.items[1], true);
        QCOMPARE(f.status(1), Labelled);
        f.project->items().set_complete(f.items[1], false);
        QCOMPARE(f.status(1), New);
        QCOMPARE(f.status(2), New);
    }

    void from_new_to_accepted() {
        Fixture f;
        f.label(0);
        QCOMPARE(f.set({0}, Submitted).changed.size(), std::size_t{1});
        QCOMPARE(f.status(0), Submitted);
        f.label(0, {20, 20, 5, 5}, 2); // a reviewer may mend something himself
        QCOMPARE(f.status(0), Submitted);
        f.set({0}, SentBack, "the cell at the rim is missing");
        QCOMPARE(f.status(0), SentBack);
        QCOMPARE(f.project->items().at(f.items[0]).review_word,
                 std::string("the cell at the rim is missing"));
        f.label(0, {40, 40, 5, 5}, 3);
        QCOMPARE(f.status(0), SentBack); // until it is submitted again
        f.set({0}, Submitted);
        QCOMPARE(f.project->items().at(f.items[0]).review_word, std::string());
        f.set({0}, Accepted, "well done");
        QCOMPARE(f.status(0), Accepted);
        QVERIFY((f.steps(0) == Statuses{Labelled, Submitted, SentBack, Submitted, Accepted}));
        QCOMPARE(f.project->reviews().steps(f.items[0]).at(2).word,
                 std::string("the cell at the rim is missing"));
        f.set({0}, Labelled);
        QCOMPARE(f.status(0), Labelled);
    }

    // What was accepted are these labels, not those that come after.
    void a_change_reopens_what_was_accepted() {
        Fixture f;
        for (std::size_t i = 0; i < 3; ++i)
            f.label(i);
        const auto accept = [&] { f.set({0, 1, 2}, Accepted); };
        accept();
        f.label(0, {5, 5, 10, 10});
        QCOMPARE(f.status(0), Labelled);
        QCOMPARE(f.status(1), Accepted);
        QVERIFY(f.project->history().undo());
        QCOMPARE(f.status(0), Accepted); // with the labels that were accepted
        QVERIFY((f.steps(0) == Statuses{Labelled, Accepted}));
        QVERIFY(f.project->history().redo());
        QCOMPARE(f.status(0), Labelled);
        accept();
        const std::vector<ObjectKey> object{{f.items[1], 1}};
        f.project->labels().set_class(object, f.project->classes().add("other"));
        QCOMPARE(f.status(1), Labelled);
        accept();
        f.project->items().set_complete(f.items[2], true);
        QCOMPARE(f.status(2), Labelled);
        accept();
        f.project->classes().remove(f.nucleus); // of images 0 and 2; the latter is complete
        QCOMPARE(f.status(0), New);
        QCOMPARE(f.status(1), Accepted);
        QCOMPARE(f.status(2), Labelled);
    }

    void many_at_once_are_one_step() {
        Fixture f;
        f.label(0);
        f.label(1);
        f.set({1}, Submitted);
        std::vector<ItemId> told;
        const auto listening = f.project->changes().listen([&](const ProjectChange& change) {
            if (const auto* items = std::get_if<ItemsChanged>(&change))
                told.insert(told.end(), items->items.begin(), items->items.end());
        });
        const std::size_t depth = f.project->history().depth();
        const std::int64_t revision = f.project->labels().revision();
        const ReviewReport report = f.set({0, 1, 2}, Submitted);
        QVERIFY(report.changed == std::vector<ItemId>{f.items[0]});
        QCOMPARE(report.already, 1);
        QCOMPARE(report.unlabelled, 1);
        QVERIFY(told == report.changed);
        QCOMPARE(f.project->history().depth(), depth + 1);
        QCOMPARE(f.project->labels().revision(), revision); // no label is another
        QCOMPARE(f.set({0, 1, 2}, Submitted).already, 2);
        QCOMPARE(f.project->history().depth(), depth + 1); // nothing to undo
        told.clear();
        f.project->history().undo();
        QVERIFY(told == report.changed);
        QCOMPARE(f.status(0), Labelled);
        QCOMPARE(f.status(1), Submitted);
        const auto counts = f.project->reviews().counts();
        QCOMPARE(counts.size(), std::size_t{5});
        QCOMPARE(counts.at(New), 1);
        QCOMPARE(counts.at(Labelled), 1);
        QCOMPARE(counts.at(Submitted), 1);
        QCOMPARE(counts.at(Accepted), 0);
        QCOMPARE(f.project->summary().at("review").at("submitted").get<int>(), 1);
    }

    void what_cannot_be_said() {
        Fixture f;
        f.label(0);
        QCOMPARE(error_of([&] { f.set({0}, New); }).code(), ErrorCode::BadInput);
        for (const char* empty : {"", " \n"}) {
            const Error error = error_of([&] { f.set({0}, SentBack, empty); });
            QCOMPARE(error.code(), ErrorCode::BadInput);
            QVERIFY2(QString(error.what()).contains("word"), error.what());
        }
        const std::vector<ItemId> unknown{f.items[0], 99};
        QCOMPARE(error_of([&] { f.project->reviews().set(unknown, Accepted); }).code(), ErrorCode::NotFound);
        QCOMPARE(f.status(0), Labelled); // all or nothing
        QCOMPARE(review_status("sent-back"), SentBack);
        const Error error = error_of([&] { review_status("done"); });
        QVERIFY2(QString(error.what()).contains("submitted"), error.what());
    }

    void removed_and_back() {
        Fixture f;
        f.label(0, {0, 0, 10, 10}, 1, 12);
        f.set({0}, Accepted);
        f.project->items().remove({f.items[0]});
        QVERIFY(f.project->reviews().steps(f.items[0]).empty());
        QuietJob job;
        QVERIFY(f.project->check(job).empty());
        f.project->history().undo();
        QCOMPARE(f.status(0), Accepted);
        QVERIFY((f.steps(0) == Statuses{Labelled, Accepted}));
        QCOMPARE(f.project->labels().work(f.items[0], 1).size(), std::size_t{1});
        while (f.project->history().undo()) {
        }
        QCOMPARE(f.project->items().count(), 0);
        while (f.project->history().redo()) {
        }
        QCOMPARE(f.project->items().count(), 2); // the last step was the removal
        QVERIFY(f.project->check(job).empty());
    }

    void work_on_objects() {
        Fixture f;
        f.label(0, {0, 0, 10, 10}, 1, 8);
        f.label(0, {0, 10, 10, 10}, 1, 4);
        qputenv("USER", "bea");
        f.label(0, {5, 5, 10, 10}, 2, 6); // takes some of the first one: they share the time
        auto work = f.project->labels().work(f.items[0], 1);
        QCOMPARE(work.size(), std::size_t{2});
        QCOMPARE(work[0].author, std::string("ada"));
        QCOMPARE(work[0].seconds, 12.0);
        QCOMPARE(work[0].edits, 2);
        QCOMPARE(work[0].tool, std::string("brush"));
        QCOMPARE(work[1].author, std::string("bea"));
        QCOMPARE(work[1].seconds, 3.0);
        QCOMPARE(f.project->labels().work(f.items[0], 2).at(0).seconds, 3.0);
        QCOMPARE(f.project->labels().object(f.items[0], 1)->author, std::string("ada"));
        // Undo takes the work on the object back, not the time.
        f.project->history().undo();
        QCOMPARE(f.project->labels().work(f.items[0], 1).size(), std::size_t{1});
        QVERIFY(f.project->labels().work(f.items[0], 2).empty());
        QCOMPARE(f.project->labels().statistics().seconds(), 18.0);
        // An object that goes takes its work along.
        LabelEdit erase = rectangle(f.items[0], {0, 0, 20, 20}, 0, 0);
        f.project->labels().commit(erase);
        QVERIFY(f.project->labels().work(f.items[0], 1).empty());
        // An import is no one's work; whoever changes what it made is known.
        f.label(1);
        QVERIFY(f.project->labels().work(f.items[1], 1).empty());
        f.label(1, {0, 0, 12, 12});
        QCOMPARE(f.project->labels().work(f.items[1], 1).at(0).author, std::string("bea"));
        QCOMPARE(f.project->labels().work(f.items[1], 1).at(0).seconds, 0.0);
    }

    void statistics() {
        Fixture f;
        f.label(0, {0, 0, 10, 10}, 1, 5);
        f.label(0, {20, 0, 2, 2}, 2, 5);
        const ClassId other = f.project->classes().add("other");
        qputenv("USER", "bea");
        LabelEdit predicted = rectangle(f.items[1], {0, 0, 3, 3}, 1, other, "accept prediction");
        predicted.objects.front().run = "0007-unet";
        f.project->labels().commit(predicted);
        f.set({0}, Accepted);
        const LabelStatistics found = f.project->labels().statistics();
        QCOMPARE(found.objects(), 3);
        QCOMPARE(found.classes.size(), std::size_t{3});
        QCOMPARE(found.classes[1].name, std::string("nucleus"));
        QCOMPARE(found.classes[1].images, 1);
        QVERIFY((found.classes[1].areas == std::vector<double>{4, 100}));
        QVERIFY((found.classes[2].areas == std::vector<double>{9}));
        QVERIFY(found.classes[0].areas.empty());
        QVERIFY((found.tools == std::map<std::string, std::int64_t>{{"brush", 2}, {"0007-unet", 1}}));
        QCOMPARE(found.images.at(Accepted), 1);
        QCOMPARE(found.images.at(Labelled), 1);
        QCOMPARE(found.images.at(New), 1);
        QCOMPARE(found.annotators.size(), std::size_t{2});
        const auto &ada = found.annotators[0], &bea = found.annotators[1];
        QCOMPARE(ada.name, std::string("ada"));
        QCOMPARE(ada.objects, 2);
        QCOMPARE(ada.images, 1);
        QCOMPARE(ada.seconds, 10.0);
        QCOMPARE(ada.accepted, 0);
        QCOMPARE(bea.objects, 1);
        QCOMPARE(bea.seconds, 0.0);
        QCOMPARE(bea.accepted, 1);
        QVERIFY((f.project->labels().items_with(f.nucleus) == std::vector<ItemId>{f.items[0]}));
        QVERIFY((f.project->labels().items_with(other) == std::vector<ItemId>{f.items[1]}));
    }

    // A project that format 1 wrote: it opens with its labels, is told who labelled what, and its undo steps
    // from then reach back to the empty project.
    void a_project_from_before() {
        Folder folder;
        const auto place = old_project(folder);
        QCOMPARE(error_of([&] { Project::open(place, Project::Access::ReadOnly); }).code(),
                 ErrorCode::Unsupported); // it must be converted where it may be written
        auto project = Project::open(place, Project::Access::Editor);
        QVERIFY(std::filesystem::exists(place / "project.eyepiece.version-1"));
        const auto items = project->items().all();
        QCOMPARE(items.size(), std::size_t{3});
        QCOMPARE(items[0].status, Labelled);
        QCOMPARE(items[0].objects, 2);
        QCOMPARE(items[2].status, New);
        const auto steps = project->reviews().steps(items[0].id);
        QCOMPARE(steps.size(), std::size_t{1});
        QCOMPARE(steps[0].author, std::string("ada"));
        QCOMPARE(steps[0].made, project->labels().objects(items[0].id).front().created);
        QuietJob job;
        QVERIFY(project->check(job).empty());
        const std::vector<ItemId> both{items[0].id, items[1].id};
        project->reviews().set(both, Submitted);
        while (project->history().undo()) {
        }
        QCOMPARE(project->items().count(), 0);
        QVERIFY(project->check(job).empty());
        while (project->history().redo()) {
        }
        QCOMPARE(project->items().at(items[0].id).objects, 2);
        QCOMPARE(project->items().at(items[0].id).status, Submitted);
        QVERIFY(project->check(job).empty());
    }

    // The tables are the same whichever way a project came to them.
    void old_and_new_are_alike() {
        Folder folder;
        Project::create(folder / "new");
        const auto place = old_project(folder);
        Project::open(place, Project::Access::Shared);
        const auto tables = [](const std::filesystem::path& project) {
            SQLite::Database database((project / "project.eyepiece").string(), SQLite::OPEN_READONLY);
            SQLite::Statement query(database,
                                    "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name");
            std::vector<std::string> found;
            while (query.executeStep())
                found.push_back(query.getColumn(0).getString());
            return found;
        };
        QVERIFY(tables(place).size() > 10);
        QVERIFY(tables(place) == tables(folder / "new"));
    }
};

QTEST_GUILESS_MAIN(TestReviews)
#include "test_reviews.moc"
