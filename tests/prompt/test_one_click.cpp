// SPDX-License-Identifier: GPL-3.0-or-later
// An object from clicks, with the weights that Eyepiece comes with: in memory, and by the operations of the
// plugin.
#include "core/base/error.h"
#include "core/data/sample_nuclei.h"
#include "core/formats/image_writer.h"
#include "core/operations/plugin_loader.h"
#include "core/operations/run_operation.h"
#include "core/project/project.h"
#include "plugins/prompt/engine/all_objects.h"
#include "plugins/prompt/engine/object_memory.h"
#include "plugins/prompt/engine/scripted_user.h"

#include <QtTest>

#include <cmath>
#include <cstring>
#include <fstream>

using namespace eyepiece;
using namespace eyepiece::prompt;
namespace fs = std::filesystem;

namespace {

// Bright disks on dark, slightly noisy ground.
struct Disk {
    double x, y, radius;
};

Image disks(std::int64_t height, std::int64_t width, const std::vector<Disk>& list) {
    Image image = Image::create(PixelType::UInt8, 1, height, width);
    const auto plane = image.writable_plane_as<std::uint8_t>(0);
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x) {
            const auto at = static_cast<std::size_t>(y * width + x);
            const bool on = std::any_of(list.begin(), list.end(), [&](const Disk& d) {
                return std::hypot(static_cast<double>(x) + 0.5 - d.x, static_cast<double>(y) + 0.5 - d.y) <=
                       d.radius;
            });
            plane[at] = static_cast<std::uint8_t>((on ? 180 : 40) + (at * 2654435761u >> 8) % 12);
        }
    return image;
}

double iou_with(const FoundObject& found, const Disk& disk, std::int64_t height, std::int64_t width) {
    Mask whole(height, width), truth(height, width);
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x)
            truth.set(x, y,
                      std::hypot(static_cast<double>(x) + 0.5 - disk.x,
                                 static_cast<double>(y) + 0.5 - disk.y) <= disk.radius);
    for (std::int64_t y = 0; y < found.region.height; ++y)
        for (std::int64_t x = 0; x < found.region.width; ++x)
            whole.set(found.region.x + x, found.region.y + y, found.mask.at(x, y) != 0);
    return intersection_over_union(whole, truth);
}

bool covers(const FoundObject& found, double x, double y) {
    const auto px = static_cast<std::int64_t>(x) - found.region.x,
               py = static_cast<std::int64_t>(y) - found.region.y;
    return px >= 0 && py >= 0 && px < found.region.width && py < found.region.height && found.mask.at(px, py);
}

} // namespace

class TestOneClick : public QObject {
    Q_OBJECT

    std::unique_ptr<ObjectNetwork> network_;
    QTemporaryDir folder_;
    EngineServices services_;
    const QuietJob job_;

    FoundObject find(const CropImage& image, const Prompt& prompt) {
        ObjectFinder finder(*network_);
        return finder.find(image, prompt, 0, job_);
    }
    fs::path path(const char* name) const { return fs::path(folder_.path().toStdString()) / name; }

private Q_SLOTS:
    void initTestCase() {
        network_ = std::make_unique<ObjectNetwork>(ObjectNetwork::load(WEIGHTS));
        network_->prepare(select_device("cpu", 2));
        register_operations(services_);
        services_.plugins = load_engine_plugins(plugin_search_path(), services_.registries);
        QVERIFY(services_.registries.operations.find("segment-object") != nullptr);
    }

    void a_click_gives_a_disk_of_any_size() {
        for (const double radius : {7.0, 14.0, 40.0, 110.0}) {
            const CropImage image(source_of(disks(320, 340, {{160, 150, radius}})));
            const FoundObject found = find(image, {{{{160, 150}, true}}, {}});
            const double iou = iou_with(found, {160, 150, radius}, 320, 340);
            QVERIFY2(iou > 0.8, qPrintable(QStringLiteral("radius %1: %2").arg(radius).arg(iou)));
        }
    }

    void a_box_gives_what_is_in_it() {
        const CropImage image(source_of(disks(160, 200, {{60, 70, 15}, {130, 80, 20}})));
        const FoundObject found = find(image, {{}, Region{108, 58, 44, 44}});
        QVERIFY(iou_with(found, {130, 80, 20}, 160, 200) > 0.8);
    }

    void what_is_refused_is_not_of_it() {
        const CropImage image(source_of(disks(160, 200, {{80, 80, 14}, {104, 80, 14}}))); // they touch
        Prompt prompt{{{{76, 80}, true}}, {}};
        prompt.clicks.push_back({{110, 80}, false});
        const FoundObject found = find(image, prompt);
        QVERIFY(covers(found, 76, 80));
        QVERIFY(!covers(found, 110, 80));
        QVERIFY(iou_with(found, {80, 80, 14}, 160, 200) > 0.7);
    }

    // The answer is a function of image and clicks: what was asked before does not matter.
    void an_answer_does_not_depend_on_what_was_asked_before() {
        const CropImage image(source_of(disks(160, 200, {{80, 80, 14}, {120, 90, 18}})));
        ObjectFinder finder(*network_);
        const Prompt one{{{{80, 80}, true}}, {}}, two{{{{80, 80}, true}, {{120, 90}, false}}, {}};
        const FoundObject first = finder.find(image, one, 0, job_);
        const FoundObject second = finder.find(image, two, 0, job_);
        const FoundObject back = finder.find(image, one, 0, job_);
        QVERIFY(first.mask == back.mask && first.region == back.region);
        const FoundObject afresh = find(image, two);
        QVERIFY(second.mask == afresh.mask && second.region == afresh.region);
    }

    void a_moved_object_gives_a_moved_mask() {
        const CropImage here(source_of(disks(256, 256, {{90, 100, 16}}))),
            there(source_of(disks(256, 256, {{126, 132, 16}})));
        const FoundObject a = find(here, {{{{90, 100}, true}}, {}}),
                          b = find(there, {{{{126, 132}, true}}, {}});
        FoundObject moved = a, other = b;
        moved.region.x += 36;
        moved.region.y += 32;
        Mask first(256, 256), second(256, 256);
        for (const auto& [object, into] : {std::pair{&moved, &first}, std::pair{&other, &second}})
            for (std::int64_t y = 0; y < object->region.height; ++y)
                for (std::int64_t x = 0; x < object->region.width; ++x)
                    into->set(object->region.x + x, object->region.y + y, object->mask.at(x, y) != 0);
        QVERIFY(intersection_over_union(first, second) > 0.9); // the noise is another
    }

    void nonsense_is_refused_in_a_sentence() {
        const CropImage image(source_of(disks(60, 60, {{30, 30, 10}})));
        for (const Prompt& prompt :
             {Prompt{}, Prompt{{{{-3, 5}, true}}, {}}, Prompt{{{{30, 30}, false}}, {}},
              Prompt{{{{std::nan(""), 5}, true}}, {}}, Prompt{{}, Region{900, 900, 5, 5}}})
            QVERIFY_THROWS_EXCEPTION(Error, find(image, prompt));
        QuietJob cancelled;
        cancelled.cancel = true;
        ObjectFinder finder(*network_);
        QVERIFY_THROWS_EXCEPTION(Error, finder.find(image, {{{{30, 30}, true}}, {}}, 0, cancelled));
    }

    void images_of_odd_sizes_do_no_harm() {
        for (const auto& [height, width] :
             {std::pair{1, 1}, std::pair{1, 500}, std::pair{3, 2}, std::pair{3000, 40}}) {
            const CropImage image(source_of(disks(height, width, {})));
            const FoundObject found = find(image, {{{{0.5, 0.5}, true}}, {}});
            QVERIFY(found.region.x >= 0 && found.region.right() <= width && found.region.bottom() <= height);
        }
    }

    void everything_finds_all_disks_once() {
        const std::vector<Disk> list = {
            {40, 40, 12}, {100, 44, 12}, {160, 40, 13}, {50, 110, 12}, {120, 120, 13}};
        const CropImage image(source_of(disks(160, 200, list)));
        ObjectFinder finder(*network_);
        QuietJob job;
        AllObjectsOptions options;
        options.size = 25;
        options.least_iou = 0.5;
        const AllObjects all = find_all(finder, *network_, image, {0, 0, 200, 160}, options, job);
        std::set<ObjectId> met;
        for (const Disk& disk : list)
            met.insert(all.labels.at(static_cast<std::int64_t>(disk.x), static_cast<std::int64_t>(disk.y)));
        QCOMPARE(met.size(), list.size());
        QVERIFY(!met.contains(0));
        QVERIFY_THROWS_EXCEPTION(Error, find_all(finder, *network_, image, {900, 900, 10, 10}, options, job));
        job.cancel = true;
        QVERIFY_THROWS_EXCEPTION(Error, find_all(finder, *network_, image, {0, 0, 200, 160}, options, job));
    }

    void weights_that_are_missing_or_broken_are_named() {
        QVERIFY_THROWS_EXCEPTION(Error, ObjectNetwork::load(path("none.weights")));
        std::ofstream(path("broken.weights")) << "not a network";
        QVERIFY_THROWS_EXCEPTION(Error, ObjectNetwork::load(path("broken.weights")));
        ObjectNetwork other(3);
        other.save(path("other.weights"), {{"steps", 0}});
        const ObjectNetwork read = ObjectNetwork::load(path("other.weights"));
        QCOMPARE(read.about().at("version").get<int>(), 1);
    }

    void the_operation_answers_with_bytes_and_by_the_projects_network_where_there_is_one() {
        write_image(path("disks.png"), disks(120, 140, {{70, 60, 18}}));
        const auto project = Project::create(path("project"), "clicks");
        const ItemId item = project->items().add({path("disks.png")}).added.at(0);
        const Json spec{{"project", path("project").string()},
                        {"item", item},
                        {"clicks", {{{"x", 70}, {"y", 60}}}},
                        {"view", {0, 0, 140, 120}}};
        QuietJob job;
        const OperationResult found = run_operation(services_, "segment-object", spec, job);
        QCOMPARE(found.json.at("network").get<std::string>(), std::string("built-in"));
        const Json region = found.json.at("region");
        QCOMPARE(found.bytes.size(), static_cast<std::size_t>(region[2].get<int>() * region[3].get<int>()));
        const int x = 70 - region[0].get<int>(), y = 60 - region[1].get<int>();
        QVERIFY(x >= 0 && y >= 0 && x < region[2].get<int>() && y < region[3].get<int>());
        QCOMPARE(found.bytes[static_cast<std::size_t>(y * region[2].get<int>() + x)], std::byte{1});
        fs::create_directories(learnt_weights(path("project")).parent_path());
        fs::copy_file(WEIGHTS, learnt_weights(path("project")));
        const OperationResult again = run_operation(services_, "segment-object", spec, job);
        QCOMPARE(again.json.at("network").get<std::string>(), std::string("project"));
        QVERIFY(again.bytes == found.bytes);
        std::ofstream(learnt_weights(path("project"))) << "broken";
        QVERIFY_THROWS_EXCEPTION(Error, run_operation(services_, "segment-object", spec, job));
    }
};

QTEST_GUILESS_MAIN(TestOneClick)
#include "test_one_click.moc"
