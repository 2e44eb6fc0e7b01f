// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/csv_file.h"
#include "core/formats/image_reader.h"
#include "core/formats/image_writer.h"
#include "core/formats/label_readers.h"
#include "core/intake/importer.h"
#include "core/intake/label_export.h"
#include "core/intake/sample_project.h"
#include "core/intake/thumbnails.h"
#include "tests/project/fixture.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <thread>

using namespace eyepiece;
using namespace eyepiece::test;
namespace fs = std::filesystem;

namespace {

fs::path shared_data() {
    const char* folder = std::getenv("EYEPIECE_SHARED_DATA");
    return folder ? folder : "";
}

// Cancels once the import has come to its labels.
class CancelInLabels : public QuietJob {
public:
    void progress(double fraction, std::string_view stage) override {
        if (stage == "reading labels" && fraction > 0.3)
            cancel = true;
    }
};

void write_gray(const fs::path& path, std::int64_t side, std::uint8_t value) {
    fs::create_directories(path.parent_path());
    Image image = Image::create(PixelType::UInt8, 1, side, side);
    auto plane = image.writable_plane_as<std::uint8_t>(0);
    std::fill(plane.begin(), plane.end(), value);
    plane[0] = static_cast<std::uint8_t>(value + 1);
    write_image(path, image);
}

// `count` images of one size with label images of two objects beside them.
void write_pairs(const fs::path& folder, int count) {
    for (int i = 0; i < count; ++i) {
        const std::string name = "f" + std::to_string(i) + ".png";
        write_gray(folder / "images" / name, 64, static_cast<std::uint8_t>(i));
        LabelMap labels(64, 64);
        for (int y = 0; y < 20; ++y)
            for (int x = 0; x < 20; ++x) {
                labels.set(x, y, 1);
                labels.set(x + 30, y + 30, 2);
            }
        fs::create_directories(folder / "masks");
        write_label_image(folder / "masks" / name, labels);
    }
}

} // namespace

#define NEED_DATA(path)                                                                                      \
    if (!fs::exists(path))                                                                                   \
    QSKIP("The shared data are not here.")

class TestImporter : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void dsb2018() {
        const auto data = shared_data() / "nuclei/dsb2018";
        NEED_DATA(data);
        Folder folder;
        auto project = Project::create(folder / "p");
        ImportOptions options;
        options.labels.class_name = "nucleus";
        options.group_column = "kind";
        QuietJob job;
        QElapsedTimer timer;
        timer.start();
        const ImportReport report = import_files(*project, {data}, options, job);
        qInfo("dsb2018: %lld ms", timer.elapsed());
        QCOMPARE(report.added, 109);
        QCOMPARE(report.labelled, 109);
        QVERIFY2(report.skipped.empty(), report.skipped.empty() ? "" : report.skipped[0].reason.c_str());
        QCOMPARE(report.objects, project->labels().total_objects());
        std::int64_t listed = 0;
        std::set<std::string> kinds;
        for (const Item& item : project->items().all()) {
            QCOMPARE(item.state, ItemState::Ready);
            QVERIFY(item.complete);
            QCOMPARE(item.width, item.columns.at("width").get<std::int64_t>());
            QCOMPARE(item.objects, item.columns.at("nuclei").get<std::int64_t>());
            QCOMPARE(item.group, item.columns.at("kind").get<std::string>());
            kinds.insert(item.group);
            listed += item.objects;
        }
        QCOMPARE(listed, report.objects);
        QVERIFY(listed > 4500);
        QVERIFY(kinds.size() >= 3);
        // Pixel for pixel what the mask says.
        const Item first = project->items().all().front();
        const auto labels = read_label_image(data / "masks" / first.path.filename());
        QVERIFY(project->labels().read(first.id, {0, 0, first.width, first.height}) == labels.map);
        // One undo step for all of it, and again.
        QCOMPARE(project->history().depth(), std::size_t{1});
        project->history().undo();
        QCOMPARE(project->items().count(), 0);
        QCOMPARE(project->labels().total_objects(), 0);
        QVERIFY(!project->classes().find("nucleus"));
        project->history().redo();
        QCOMPARE(project->labels().total_objects(), listed);
        QVERIFY(project->check(job).empty());
    }

    void dsb2018_original_layout() {
        const auto data = shared_data() / "nuclei/dsb2018_original_layout";
        NEED_DATA(data);
        Folder folder;
        auto project = Project::create(folder / "p");
        QuietJob job;
        const ImportReport report = import_files(*project, {data}, {}, job);
        QCOMPARE(report.added, 15);
        QCOMPARE(report.labelled, 15);
        std::int64_t masks = 0;
        for (const auto& entry : fs::recursive_directory_iterator(data))
            masks += entry.is_regular_file() && entry.path().parent_path().filename() == "masks";
        QCOMPARE(report.objects, masks);
        QVERIFY(project->check(job).empty());
    }

    void isbi2012() {
        const auto data = shared_data() / "nuclei/isbi2012_membrane";
        NEED_DATA(data);
        Folder folder;
        auto project = Project::create(folder / "p");
        QuietJob job;
        const ImportReport report = import_files(*project, {data}, {}, job);
        QCOMPARE(report.added, 21); // three of them to test on, without labels
        QCOMPARE(report.labelled, 18);
        for (const Item& item : project->items().all())
            QCOMPARE(item.complete, item.objects > 0);
    }

    void coco_polygons() {
        const auto data = shared_data() / "detection/labelme_polygons";
        NEED_DATA(data);
        Folder folder;
        auto project = Project::create(folder / "p");
        fs::path json;
        for (const auto& entry : fs::recursive_directory_iterator(data))
            if (entry.path().extension() == ".json" &&
                detect_label_format(entry.path()) == std::string_view("coco"))
                json = entry.path();
        QVERIFY(!json.empty());
        QuietJob job;
        ImportOptions options;
        options.format = std::string("coco");
        const ImportReport report = import_files(*project, {json}, options, job);
        QCOMPARE(report.labelled, 3);
        QVERIFY(report.objects >= 3);
        QVERIFY(project->classes().all().size() >= 3);
        for (const Item& item : project->items().all())
            QVERIFY(item.objects > 0);
    }

    void round_trip_through_every_format() {
        Folder folder;
        QuietJob job;
        auto project = make_sample_project(folder / "p", 5, job);
        QVERIFY(project->labels().total_objects() > 100);
        QVERIFY(!project->history().next_undo());
        std::vector<fs::path> written;
        for (const LabelExportFormat& format : label_export_formats()) {
            const auto losses = label_losses(*project, format, job);
            if (!losses.empty()) { // boxes; nuclei have no holes
                QVERIFY2(losses[0].find("only its bounds are written") != std::string::npos,
                         losses[0].c_str());
                continue;
            }
            if (!format.readable)
                continue;
            written.push_back(folder / std::string(format.suggested));
            QCOMPARE(export_labels(*project, format, written.back(), job).objects,
                     project->labels().total_objects());
        }
        QCOMPARE(written.size(), std::size_t{12});
        auto other = Project::create(folder / "other");
        import_files(*other, {project->folder() / "images"}, {}, job);
        for (const fs::path& from : written) {
            const ImportReport report = import_files(*other, {from}, {}, job);
            QVERIFY2(report.skipped.empty(), report.skipped.empty() ? "" : report.skipped[0].reason.c_str());
            QCOMPARE(report.objects, project->labels().total_objects());
            QCOMPARE(report.added, 0);
            for (const Item& item : project->items().all()) {
                const Item twin = other->items().find_stem(item.path.stem().string()).at(0);
                const auto a = project->labels().read(item.id, {0, 0, item.width, item.height});
                const auto b = other->labels().read(twin.id, {0, 0, item.width, item.height});
                for (std::size_t i = 0; i < a.ids().size(); ++i)
                    QCOMPARE(a.ids()[i] != 0, b.ids()[i] != 0);
                QCOMPARE(twin.complete, item.complete);
                for (const LabelObject& object : other->labels().objects(twin.id))
                    QCOMPARE(other->classes().find(object.class_id)->name, std::string("nucleus"));
            }
        }
        QVERIFY_EXCEPTION_THROWN(label_export_format("yolo9000"), Error);
    }

    void losses_are_named_before_writing() {
        Folder folder;
        QuietJob job;
        auto project = make_sample_project(folder / "p", 5, job);
        const auto items = project->items().all();
        const Item& item =
            *std::find_if(items.begin(), items.end(), [](const Item& i) { return i.objects > 0; });
        LabelEdit edit;
        edit.item = item.id;
        edit.tool = "test";
        edit.region = {0, 0, 5, 5};
        edit.pixels = LabelMap(5, 5);
        const ObjectId id = project->labels().next_object_id(item.id);
        std::fill(edit.pixels.ids().begin(), edit.pixels.ids().end(), id);
        edit.pixels.set(2, 2, 0);
        LabelObject object;
        object.id = id;
        object.class_id = project->classes().find("nucleus")->id;
        edit.objects.push_back(std::move(object));
        project->labels().commit(edit);
        QCOMPARE(label_losses(*project, label_export_format("labelme"), job),
                 std::vector<std::string>{"1 object has holes, which labelme cannot say: they are filled."});
        QVERIFY(label_losses(*project, label_export_format("geojson"), job).empty());
    }

    // What could not be read is not known to be empty.
    void refused_annotations_leave_an_image_unlabelled() {
        Folder folder;
        QuietJob job;
        for (const char* name : {"boxes.png", "empty.png"})
            write_gray(folder / "data" / name, 20, 3);
        write_text(folder / "data/labels.json", R"({"images": [
            {"id": 1, "file_name": "boxes.png", "width": 20, "height": 20},
            {"id": 2, "file_name": "empty.png", "width": 20, "height": 20}],
            "annotations": [{"id": 1, "image_id": 1, "bbox": [1, 2, 3, 4]}], "categories": []})");
        auto project = Project::create(folder / "p");
        const ImportReport report = import_files(*project, {folder / "data"}, {}, job);
        QCOMPARE(report.labelled, 1);
        QVERIFY(!project->items().find_stem("boxes").at(0).complete);
        QVERIFY(project->items().find_stem("empty").at(0).complete); // it is listed, with nothing in it
        QVERIFY(std::any_of(report.skipped.begin(), report.skipped.end(), [](const SkippedFile& file) {
            return file.reason.find("has only a box") != std::string::npos;
        }));
        QVERIFY(std::any_of(report.skipped.begin(), report.skipped.end(), [](const SkippedFile& file) {
            return file.reason.find("took no labels") != std::string::npos;
        }));
    }

    // Boxes of a real set through YOLO's and back.
    void real_boxes_through_yolo() {
        const auto data = shared_data() / "detection/bccd";
        NEED_DATA(data);
        Folder folder;
        QuietJob job;
        for (const char* name : {"Annotations", "JPEGImages"})
            fs::create_directories(folder / "bccd" / name);
        int taken = 0;
        for (const auto& entry : fs::directory_iterator(data / "Annotations")) {
            const fs::path image = (data / "JPEGImages" / entry.path().stem()).string() + ".jpg";
            if (taken == 12 || !fs::exists(image))
                continue;
            fs::copy_file(entry.path(), folder / "bccd/Annotations" / entry.path().filename());
            fs::copy_file(image, folder / "bccd/JPEGImages" / image.filename());
            ++taken;
        }
        auto project = Project::create(folder / "p");
        QCOMPARE(import_files(*project, {folder / "bccd"}, {}, job).labelled, taken);
        const fs::path out = folder / "yolo";
        // Where boxes overlap, the lower one is seen in part, and is written as the bounds of what is seen.
        const LabelExportReport written =
            export_labels(*project, label_export_format("yolo-segments"), out, job);
        QCOMPARE(written.objects, project->labels().total_objects());
        auto other = Project::create(folder / "other");
        import_files(*other, {folder / "bccd/JPEGImages"}, {}, job);
        const ImportReport read = import_files(*other, {out}, {}, job);
        QCOMPARE(read.objects, written.objects);
        for (const Item& item : project->items().all()) {
            const Item twin = other->items().find_stem(item.path.stem().string()).at(0);
            const Region whole{0, 0, item.width, item.height};
            QVERIFY(project->labels().read(item.id, whole) == other->labels().read(twin.id, whole));
        }
        QVERIFY(other->classes().find("Platelets") || other->classes().find("RBC"));
    }

    void measurements_are_a_table() {
        Folder folder;
        QuietJob job;
        auto project = make_sample_project(folder / "p", 5, job);
        const fs::path out = folder / "cells.csv";
        QCOMPARE(export_labels(*project, label_export_format("measurements"), out, job).objects,
                 project->labels().total_objects());
        const CsvTable table = read_csv(out);
        QCOMPARE(static_cast<std::int64_t>(table.rows.size()), project->labels().total_objects());
        const auto column = [&](const std::string& beginning) {
            const auto found =
                std::find_if(table.columns.begin(), table.columns.end(),
                             [&](const std::string& name) { return name.starts_with(beginning); });
            if (found == table.columns.end())
                throw std::runtime_error("there is no column " + beginning);
            return static_cast<std::size_t>(found - table.columns.begin());
        };
        const std::size_t item_at = column("item"), area_at = column("area ["), class_at = column("class");
        column("perimeter [");
        column("mean ");
        std::map<std::string, double> areas;
        for (const auto& row : table.rows) {
            areas[row[item_at]] += std::stod(row[area_at]);
            QCOMPARE(row[class_at], std::string("nucleus"));
        }
        for (const Item& item : project->items().all()) {
            const PixelSize pixel = probe_image(item.path).pixel_size;
            const double unit = pixel.x > 0 ? pixel.x * pixel.y : 1;
            const auto labels = project->labels().read(item.id, {0, 0, item.width, item.height});
            const auto pixels = static_cast<double>(
                std::count_if(labels.ids().begin(), labels.ids().end(), [](ObjectId id) { return id != 0; }));
            QVERIFY(std::abs(areas[item.name] - pixels * unit) <= 1e-6 * (1 + pixels * unit));
        }
    }

    void sample_project() {
        Folder folder;
        QuietJob job;
        auto project = make_sample_project(folder / "p", 1, job);
        int labelled = 0, unlabelled = 0;
        std::map<std::string, int> sides;
        for (const Item& item : project->items().all()) {
            (item.complete && item.objects > 0 ? labelled : unlabelled) += 1;
            QCOMPARE(item.state, ItemState::Ready);
            if (!item.complete)
                QCOMPARE(item.objects, 0);
            ++sides[item.split];
        }
        QVERIFY(labelled >= 10);
        QVERIFY(unlabelled >= 2);
        QVERIFY(sides["train"] > 0 && sides["val"] > 0 && sides["test"] > 0);
        QCOMPARE(project->splits().record().at("torn-groups").get<int>(), 0);
        QVERIFY(
            project->splits().record().value("warnings", Json::array()).empty()); // a newcomer's first sight
        QVERIFY(project->classes().find("nucleus"));
        auto same = make_sample_project(folder / "q", 1, job);
        QCOMPARE(same->labels().total_objects(), project->labels().total_objects());
        QCOMPARE(same->items().all()[0].hash, project->items().all()[0].hash);
        QCOMPARE(error_of([&] { make_sample_project(folder / "q", 1, job); }).code(), ErrorCode::Conflict);
    }

    void skips_what_is_broken() {
        Folder folder;
        write_pairs(folder / "data", 4);
        write_text(folder / "data/images/text.png", "this is no picture");
        const std::string whole = read_text(folder / "data/images/f1.png");
        write_text(folder / "data/images/f1.png", whole.substr(0, 20)); // truncated image
        write_text(folder / "data/masks/f2.png", "broken mask");
        write_label_image(folder / "data/masks/f3.png", LabelMap(10, 10)); // of another size
        auto project = Project::create(folder / "p");
        QuietJob job;
        const ImportReport report = import_files(*project, {folder / "data"}, {}, job);
        QCOMPARE(report.labelled, 1);
        QCOMPARE(report.objects, 2);
        std::set<std::string> skipped;
        for (const auto& file : report.skipped) {
            QVERIFY(!file.reason.empty());
            skipped.insert(fs::path(file.name).filename().string());
        }
        for (const char* name : {"text.png", "f1.png", "f2.png", "f3.png"})
            QVERIFY2(skipped.contains(name), name);
        int broken = 0;
        for (const Item& item : project->items().all())
            broken += item.state == ItemState::Broken && !item.problem.empty();
        QCOMPARE(broken, 2);
    }

    void labels_match_known_images_by_stem() {
        Folder folder;
        write_pairs(folder / "data", 3);
        auto project = Project::create(folder / "p");
        QuietJob job;
        ImportOptions images;
        images.format = std::string("images");
        images.split = "train";
        QCOMPARE(import_files(*project, {folder / "data/images"}, images, job).added, 3);
        QCOMPARE(project->labels().total_objects(), 0);
        QCOMPARE(project->items().all()[0].split, std::string("train"));
        ImportOptions masks;
        masks.format = std::string("masks");
        masks.complete = false;
        const auto report = import_files(*project, {folder / "data/masks"}, masks, job);
        QCOMPARE(report.added, 0);
        QCOMPARE(report.labelled, 3);
        QVERIFY(!project->items().all()[0].complete);
        // Again: replaced with fresh ids, or left alone.
        QCOMPARE(import_files(*project, {folder / "data/masks"}, masks, job).labelled, 3);
        QCOMPARE(project->labels().total_objects(), 6);
        QCOMPARE(project->labels().objects(project->items().all()[0].id)[0].id, ObjectId{3});
        masks.replace = false;
        const auto kept = import_files(*project, {folder / "data/masks"}, masks, job);
        QCOMPARE(kept.labelled, 0);
        QCOMPARE(kept.skipped.size(), std::size_t{3});
    }

    void cancelled_import_leaves_nothing() {
        Folder folder;
        write_pairs(folder / "data", 8);
        auto project = Project::create(folder / "p");
        CancelInLabels job;
        QCOMPARE(error_of([&] { import_files(*project, {folder / "data"}, {}, job); }).code(),
                 ErrorCode::Cancelled);
        QCOMPARE(project->items().count(), 0);
        QCOMPARE(project->labels().total_objects(), 0);
        QVERIFY(!project->history().next_undo());
        QVERIFY(!project->history().next_redo());
        QCOMPARE(error_of([&] {
                     QuietJob quiet;
                     import_files(*project, {folder / "nowhere"}, {}, quiet);
                 }).code(),
                 ErrorCode::NotFound);
    }

    void thumbnails() {
        Folder folder;
        QuietJob job;
        auto project = make_sample_project(folder / "p", 1, job);
        const auto items = project->items().all();
        const ThumbnailFolder thumbnails(project->folder());
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (const Item& item : items)
                    thumbnails.get(item);
            });
        threads.clear();
        const Image first = thumbnails.get(items[0]);
        QCOMPARE(std::max(first.width(), first.height()), ThumbnailFolder::longer_side);
        QCOMPARE(first.channels(), 3);
        const auto plane = first.plane_as<std::uint8_t>(0);
        QVERIFY(*std::max_element(plane.begin(), plane.end()) > 200); // contrast stretched
        const auto cached = folder / "p/cache/thumbs" / (items[0].hash + ".png");
        QVERIFY(fs::exists(cached));
        write_text(cached, "damaged");
        QCOMPARE(thumbnails.get(items[0]).width(), first.width());
    }

    void lists_fifty_thousand_files() {
        Folder folder;
        fs::create_directories(folder / "many");
        for (int i = 0; i < 50'000; ++i)
            std::ofstream(folder / "many" / ("image_" + std::to_string(i) + ".tif"));
        auto project = Project::create(folder / "p");
        QuietJob job;
        QElapsedTimer timer;
        timer.start();
        const auto images = collect_images({folder / "many"}, job);
        const auto collected = timer.restart();
        QCOMPARE(images.size(), std::size_t{50'000});
        project->items().add(images);
        const auto added = timer.restart();
        QCOMPARE(project->items().all()[10].name, std::string("image_10.tif"));
        const auto listed = timer.elapsed();
        qInfo("50,000 files: found in %lld ms, added in %lld ms, listed in %lld ms", collected, added,
              listed);
        QVERIFY(collected + added + listed < 5000);
    }

    void settings() {
        const ParameterSchema schema = import_parameters();
        const ImportOptions options = import_options(
            schema.complete({{"format", "object-masks"}, {"split", "val"}, {"values", "classes"}}));
        QCOMPARE(options.format, std::string("object-masks"));
        QCOMPARE(options.split, std::string("val"));
        QCOMPARE(options.labels.values, LabelValues::Classes);
        QVERIFY(options.complete && options.replace);
        QCOMPARE(error_of([&] { schema.complete({{"format", "xml"}}); }).code(), ErrorCode::BadInput);
    }
};

QTEST_GUILESS_MAIN(TestImporter)
#include "test_importer.moc"
