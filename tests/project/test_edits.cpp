// SPDX-License-Identifier: GPL-3.0-or-later
// Random edits against an oracle in memory: whatever is done, undone, done again and re-opened, the project
// says what a plain copy of everything says.
#include "core/base/natural_order.h"
#include "tests/project/fixture.h"

#include <map>
#include <random>
#include <set>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

constexpr std::int64_t side = 600; // three tiles, the last one cut

struct OracleItem {
    std::string group, split;
    bool complete = false;
    LabelMap labels{side, side};
    std::map<ObjectId, ClassId> objects;
    bool operator==(const OracleItem&) const = default;
};

struct Oracle {
    std::map<std::string, OracleItem> items; // by file name
    std::map<ClassId, std::string> classes{{0, "background"}};
    bool operator==(const Oracle&) const = default;
};

Oracle read_all(Project& project) {
    Oracle state;
    state.classes.clear();
    for (const auto& known : project.classes().all())
        state.classes[known.id] = known.name;
    for (const Item& item : project.items().all()) {
        OracleItem& one = state.items[item.name];
        one.group = item.group;
        one.split = item.split;
        one.complete = item.complete;
        one.labels = project.labels().read(item.id, {0, 0, side, side});
        for (const auto& object : project.labels().objects(item.id))
            one.objects[object.id] = object.class_id;
    }
    return state;
}

// Area and bounds as the store keeps them, against a count of all pixels.
void check_books(Project& project) {
    for (const Item& item : project.items().all()) {
        const LabelMap labels = project.labels().read(item.id, {0, 0, side, side});
        std::map<ObjectId, std::int64_t> area;
        std::map<ObjectId, Region> bounds;
        for (std::int64_t y = 0; y < side; ++y)
            for (std::int64_t x = 0; x < side; ++x)
                if (const ObjectId id = labels.at(x, y)) {
                    ++area[id];
                    bounds[id] = bounds[id].united({x, y, 1, 1});
                }
        const auto objects = project.labels().objects(item.id);
        QCOMPARE(objects.size(), area.size());
        QCOMPARE(item.objects, static_cast<std::int64_t>(area.size()));
        for (const auto& object : objects) {
            QCOMPARE(object.area, area[object.id]);
            QVERIFY(object.bounds == bounds[object.id]);
        }
    }
}

class Player {
public:
    Player(const std::filesystem::path& folder, unsigned seed) : folder_(folder), random_(seed) {
        project_ = Project::create(folder_, "oracle");
        past_.push_back(present());
    }

    void step() {
        const int what = pick(100);
        if (what < 22 && at_ > 0)
            undo();
        else if (what < 34)
            redo();
        else if (what < 38)
            reopen();
        else
            edit(what);
        if (read_all(*project_) != present())
            QFAIL("the project differs from the oracle");
    }

    Project& project() { return *project_; }
    std::size_t depth() const { return at_; }

    void undo() {
        const bool possible = at_ > 0;
        QCOMPARE(project_->history().next_undo().has_value(), possible);
        QCOMPARE(project_->history().undo().has_value(), possible);
        if (possible)
            --at_;
    }
    void redo() {
        const bool possible = at_ + 1 < past_.size();
        QCOMPARE(project_->history().next_redo().has_value(), possible);
        QCOMPARE(project_->history().redo().has_value(), possible);
        if (possible)
            ++at_;
    }
    void reopen() {
        project_.reset();
        project_ = Project::open(folder_, Project::Access::Editor);
    }
    const Oracle& present() { return past_.empty() ? empty_ : past_[at_]; }

private:
    int pick(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }

    void edit(int what) {
        Oracle next = present();
        const auto items = project_->items().all();
        if (items.empty() || what < 42) {
            const std::string name = "image" + std::to_string(counter_++) + ".tif";
            project_->items().add({folder_ / name});
            next.items[name];
        } else if (what < 46) {
            const std::string name = "class " + std::to_string(counter_++);
            const ClassId id = project_->classes().add(name);
            QVERIFY(!next.classes.contains(id));
            next.classes[id] = name;
        } else if (what < 48) {
            auto known = project_->classes().all();
            if (known.size() < 2)
                return;
            LabelClass chosen = known[1 + static_cast<std::size_t>(pick(static_cast<int>(known.size()) - 1))];
            if (what == 46) {
                chosen.name = "renamed " + std::to_string(counter_++);
                project_->classes().update(chosen);
                next.classes[chosen.id] = chosen.name;
            } else {
                project_->classes().remove(chosen.id);
                next.classes.erase(chosen.id);
                for (auto& [name, item] : next.items)
                    forget(item, chosen.id);
            }
        } else {
            const Item item = items[static_cast<std::size_t>(pick(static_cast<int>(items.size())))];
            OracleItem& mirror = next.items[item.name];
            if (what < 50) {
                project_->items().remove({item.id});
                next.items.erase(item.name);
            } else if (what < 53) {
                project_->items().set_complete(item.id, !item.complete);
                mirror.complete = !item.complete;
            } else if (what < 55) {
                const std::string split = pick(2) ? "val" : "train";
                if (split == item.split)
                    return;
                project_->splits().assign({item.id}, split);
                mirror.split = split;
            } else if (what < 57) {
                const std::string group = "group " + std::to_string(counter_++);
                project_->items().set_group({item.id}, group);
                mirror.group = group;
            } else {
                if (!stroke(item.id, mirror))
                    return;
            }
        }
        past_.resize(at_ + 1);
        past_.push_back(std::move(next));
        ++at_;
    }

    static void forget(OracleItem& item, ClassId class_id) {
        std::set<ObjectId> doomed;
        for (const auto& [id, its_class] : item.objects)
            if (its_class == class_id)
                doomed.insert(id);
        for (ObjectId& id : item.labels.ids())
            if (doomed.contains(id))
                id = 0;
        for (const ObjectId id : doomed)
            item.objects.erase(id);
    }

    // One or two edits of one item: new objects, growing and erasing old ones, changes of class.
    bool stroke(ItemId item, OracleItem& mirror) {
        const OracleItem before = mirror;
        std::vector<LabelEdit> edits;
        ObjectId fresh = project_->labels().next_object_id(item);
        std::vector<ClassId> classes;
        for (const auto& [id, name] : present().classes)
            classes.push_back(id);
        for (int part = 0; part < 1 + pick(2); ++part) {
            LabelEdit edit;
            edit.item = item;
            edit.tool = "brush";
            const int width = 1 + pick(300), height = 1 + pick(300);
            edit.region = {pick(static_cast<int>(side) - width + 1),
                           pick(static_cast<int>(side) - height + 1), width, height};
            edit.pixels = LabelMap(height, width);
            ObjectId ink = 0;
            if (const int choice = pick(3); choice == 0) {
                ink = fresh++;
            } else if (choice == 1 && !mirror.objects.empty()) {
                auto at = mirror.objects.begin();
                std::advance(at, pick(static_cast<int>(mirror.objects.size())));
                ink = at->first;
            }
            const ClassId ink_class =
                classes[static_cast<std::size_t>(pick(static_cast<int>(classes.size())))];
            for (std::int64_t y = 0; y < height; ++y)
                for (std::int64_t x = 0; x < width; ++x) {
                    // A disc, so that rims are not straight.
                    const double dx = (x + 0.5) / width - 0.5, dy = (y + 0.5) / height - 0.5;
                    const bool inside = dx * dx + dy * dy <= 0.25;
                    const ObjectId old = mirror.labels.at(edit.region.x + x, edit.region.y + y);
                    const ObjectId now = inside ? ink : old;
                    edit.pixels.set(x, y, now);
                    mirror.labels.set(edit.region.x + x, edit.region.y + y, now);
                }
            if (ink != 0 && (!mirror.objects.contains(ink) || pick(2))) {
                LabelObject object;
                object.id = ink;
                object.class_id = ink_class;
                edit.objects = {object};
                mirror.objects[ink] = ink_class;
            }
            std::set<ObjectId> present_ids(mirror.labels.ids().begin(), mirror.labels.ids().end());
            std::erase_if(mirror.objects,
                          [&](const auto& entry) { return !present_ids.contains(entry.first); });
            edits.push_back(std::move(edit));
        }
        if (edits.size() == 1)
            project_->labels().commit(edits.front());
        else
            project_->labels().commit(edits, "two strokes");
        // An edit that changes nothing at all makes no step; one that changed back what it did counts as an
        // edit.
        return mirror != before || project_->history().depth() != at_;
    }

    std::filesystem::path folder_;
    std::mt19937 random_;
    std::unique_ptr<Project> project_;
    std::vector<Oracle> past_;
    std::size_t at_ = 0;
    int counter_ = 0;
    Oracle empty_;
};

} // namespace

class TestEdits : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void random_edits_data() {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed : {1U, 2U, 3U, 4U})
            QTest::addRow("seed %u", seed) << seed;
    }

    void random_edits() {
        QFETCH(unsigned, seed);
        Folder folder;
        Player player(folder / "project", seed);
        for (int i = 0; i < 100 && !QTest::currentTestFailed(); ++i)
            player.step();
        check_books(player.project());
        const Oracle last = player.present();
        const std::size_t depth = player.depth();
        for (std::size_t i = 0; i < depth && !QTest::currentTestFailed(); ++i) {
            player.undo();
            if (i == depth / 2)
                player.reopen();
            QVERIFY(read_all(player.project()) == player.present());
        }
        QVERIFY(read_all(player.project()) == Oracle{});
        QVERIFY(!player.project().history().undo());
        for (std::size_t i = 0; i < depth; ++i)
            player.redo();
        QVERIFY(read_all(player.project()) == last);
        check_books(player.project());
    }
};

QTEST_GUILESS_MAIN(TestEdits)
#include "test_edits.moc"
