// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/data/components.h"
#include "core/formats/coco_file.h"
#include "core/formats/csv_file.h"
#include "core/formats/image_reader.h"
#include "core/formats/image_writer.h"
#include "core/formats/label_readers.h"

#include <QtTest>
#include <fstream>
#include <random>
#include <set>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

fs::path shared(const char* below) {
    const char* root = std::getenv("EYEPIECE_SHARED_DATA");
    return root ? fs::path(root) / below : fs::path();
}

Image gray(const std::vector<std::vector<int>>& rows, PixelType type = PixelType::UInt8, int channels = 1) {
    Image image = Image::create(type, channels, static_cast<std::int64_t>(rows.size()),
                                static_cast<std::int64_t>(rows[0].size()));
    for (int c = 0; c < channels; ++c)
        with_pixel_type(type, [&](auto sample) {
            using T = decltype(sample);
            auto plane = image.writable_plane_as<T>(c);
            std::size_t i = 0;
            for (const auto& row : rows)
                for (const int value : row)
                    plane[i++] = static_cast<T>(value);
        });
    return image;
}

void write_text(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

std::set<std::string> classes_of(const ImportedLabels& labels) {
    std::set<std::string> names;
    for (const auto& object : labels.objects)
        names.insert(object.class_name);
    return names;
}

} // namespace

#define NEED(path)                                                                                           \
    if (!fs::exists(path))                                                                                   \
    QSKIP("the shared data folder is not here")

class TestLabelReaders : public QObject {
    Q_OBJECT
    QTemporaryDir temporary_;
    fs::path folder(const char* name) {
        const fs::path path = fs::path(temporary_.path().toStdString()) / name;
        fs::create_directories(path);
        return path;
    }

private Q_SLOTS:
    void dsb2018MaskImages() {
        const fs::path root = shared("nuclei/dsb2018");
        NEED(root);
        QCOMPARE(detect_label_format(root), std::string_view("masks"));
        const CsvTable index = read_csv(root / "index.csv");
        const auto rows = index.rows_by_stem();
        const auto source = open_labels(root);
        QCOMPARE(source->entries().size(), std::size_t{109});
        QCOMPARE(index.rows.size(), std::size_t{109});
        for (std::size_t i = 0; i < source->entries().size(); ++i) {
            const LabelEntry& entry = source->entries()[i];
            QCOMPARE(entry.image.parent_path().filename().string(), std::string("images"));
            QCOMPARE(entry.image.stem(), entry.file.stem());
            const auto row = rows.find(entry.key);
            QVERIFY(row != rows.end());
            const auto& fields = index.rows[row->second];
            const auto field = [&](const char* name) {
                return std::stol(fields[static_cast<std::size_t>(index.column(name))]);
            };
            const ImportedLabels labels = source->read(i);
            QCOMPARE(labels.map.width(), field("width"));
            QCOMPARE(labels.map.height(), field("height"));
            QCOMPARE(static_cast<long>(labels.objects.size()), field("nuclei"));
            QCOMPARE(classes_of(labels), (std::set<std::string>{"object"}));
        }
        // The folder of masks alone says the same, and its images are found beside it.
        const auto masks = open_labels(root / "masks");
        QCOMPARE(masks->entries().size(), std::size_t{109});
        QCOMPARE(masks->entries()[5].image, source->entries()[5].image);
        QCOMPARE(find_images(root).size(), std::size_t{109});
    }

    void dsb2018OneMaskPerObject() {
        const fs::path root = shared("nuclei/dsb2018_original_layout");
        NEED(root);
        QCOMPARE(detect_label_format(root), std::string_view("object-masks"));
        const auto source = open_labels(root);
        QCOMPARE(source->entries().size(), std::size_t{15});
        QVERIFY(source->problems().empty());
        std::size_t objects = 0, files = 0;
        for (std::size_t i = 0; i < source->entries().size(); ++i) {
            const ImportedLabels labels = source->read(i);
            objects += labels.objects.size();
            for (const auto& mask : fs::directory_iterator(source->entries()[i].file))
                files += mask.path().extension() == ".png";
            QVERIFY(labels.problems.empty());
            const ImageInfo info = probe_image(source->entries()[i].image);
            QCOMPARE(labels.map.width(), info.width);
            QCOMPARE(static_cast<std::size_t>(measure_objects(labels.map).size()), labels.objects.size());
        }
        QCOMPARE(objects, files);
        QCOMPARE(find_images(root).size(), std::size_t{15});
        QCOMPARE(open_labels(source->entries()[0].image.parent_path().parent_path())->entries().size(),
                 std::size_t{1});
    }

    void isbiMembranesAreOneClass() {
        const fs::path root = shared("nuclei/isbi2012_membrane");
        NEED(root);
        QCOMPARE(detect_label_format(root), std::string_view("masks"));
        const auto source = open_labels(root);
        QCOMPARE(source->entries().size(), std::size_t{18});
        QCOMPARE(source->entries()[2].key, std::string("2")); // natural order
        const ImportedLabels labels = source->read(0);
        QCOMPARE(classes_of(labels), (std::set<std::string>{"object"}));
        QVERIFY(labels.objects.size() > 20); // cells, apart by membranes
        QCOMPARE(find_images(root).size(), std::size_t{21});
    }

    void cocoPolygonsOfARealFile() {
        const fs::path root = shared("detection/labelme_polygons/data_dataset_coco");
        NEED(root);
        QCOMPARE(detect_label_format(root), std::string_view("coco"));
        const auto source = open_labels(root);
        QCOMPARE(source->entries().size(), std::size_t{3});
        std::set<std::string> names;
        for (std::size_t i = 0; i < 3; ++i) {
            const ImportedLabels labels = source->read(i);
            const ImageInfo info = probe_image(source->entries()[i].image);
            QCOMPARE(labels.map.width(), info.width);
            QCOMPARE(labels.map.height(), info.height);
            QVERIFY(!labels.objects.empty());
            names.merge(classes_of(labels));
        }
        QVERIFY(names.count("person") && names.count("bus") && names.count("sofa"));
    }

    void vocPalettesAreIndicesWithVoid() {
        const fs::path root = shared("detection/labelme_polygons/data_dataset_voc");
        NEED(root);
        const ImportedLabels objects = read_label_image(root / "SegmentationObject/2011_000025.png");
        QVERIFY(objects.objects.size() >= 3 && objects.objects.size() < 12);
        const ImportedLabels classes =
            read_label_image(root / "SegmentationClass/2011_000025.png", {LabelValues::Classes, "x"});
        QVERIFY(classes_of(classes).count("class 6")); // bus
        QVERIFY(!classes_of(classes).count("class 255"));
        // The two tell the same foreground.
        QVERIFY(foreground(objects.map) == foreground(classes.map));
    }

    void binaryMasksGiveOneObjectForEachPart() {
        const fs::path file = folder("binary") / "a_mask.png";
        write_image(file, gray({{255, 0, 255}, {255, 0, 0}, {0, 0, 255}}));
        const ImportedLabels labels = read_label_image(file, {LabelValues::Automatic, "cell"});
        QCOMPARE(labels.objects.size(), std::size_t{3});
        QCOMPARE(classes_of(labels), (std::set<std::string>{"cell"}));
        QCOMPARE(read_label_image(file, {LabelValues::Objects, "cell"}).objects.size(), std::size_t{1});
    }

    void valuesInManyPlacesAreClasses() {
        const fs::path file = folder("classes") / "a.png";
        std::vector<std::vector<int>> rows(8, std::vector<int>(24, 0));
        for (std::size_t i = 0; i < 24; i += 2)
            rows[(i / 2) % 2 * 4][i] = static_cast<int>(i / 2 % 3 + 1);
        write_image(file, gray(rows));
        const ImportedLabels labels = read_label_image(file);
        QCOMPARE(classes_of(labels), (std::set<std::string>{"class 1", "class 2", "class 3"}));
        QCOMPARE(labels.objects.size(), std::size_t{12});
    }

    void idsKeepTheirOrderIn16And32BitAndFloat() {
        for (const PixelType type : {PixelType::UInt16, PixelType::UInt32, PixelType::Int32,
                                     PixelType::Float32, PixelType::Float64}) {
            const fs::path file = folder("types") / "a.tif";
            write_image(file, gray({{7, 0, 300}, {7, 0, 300}, {0, 41, 41}}, type));
            const ImportedLabels labels = read_label_image(file);
            QCOMPARE(labels.objects.size(), std::size_t{3});
            QCOMPARE(labels.map.at(0, 0), 1u);
            QCOMPARE(labels.map.at(1, 2), 2u);
            QCOMPARE(labels.map.at(2, 0), 3u);
        }
        Image half = gray({{1, 0}}, PixelType::Float32);
        half.writable_plane_as<float>(0)[0] = 0.5f;
        write_image(folder("types") / "half.tif", half);
        QVERIFY_EXCEPTION_THROWN(read_label_image(folder("types") / "half.tif"), Error);
        write_image(folder("types") / "negative.tif", gray({{-1, 3}}, PixelType::Int16));
        QCOMPARE(read_label_image(folder("types") / "negative.tif").map.at(0, 0), 0u);
    }

    void coloursAreClasses() {
        Image image = gray({{0, 0, 0, 0}, {0, 0, 0, 0}}, PixelType::UInt8, 3);
        image.writable_plane_as<std::uint8_t>(0)[0] = 255;
        image.writable_plane_as<std::uint8_t>(0)[2] = 255;
        image.writable_plane_as<std::uint8_t>(1)[7] = 128;
        const fs::path file = folder("colours") / "a.png";
        write_image(file, image, true);
        const ImportedLabels labels = read_label_image(file);
        QCOMPARE(classes_of(labels), (std::set<std::string>{"#ff0000", "#008000"}));
        QCOMPARE(labels.objects.size(), std::size_t{3});
        // A photograph is none.
        std::mt19937 random(1);
        Image photo = gray(std::vector<std::vector<int>>(40, std::vector<int>(40, 0)), PixelType::UInt8, 3);
        for (int c = 0; c < 3; ++c)
            for (auto& value : photo.writable_plane_as<std::uint8_t>(c))
                value = static_cast<std::uint8_t>(random());
        write_image(file, photo, true);
        QVERIFY_EXCEPTION_THROWN(read_label_image(file), Error);
    }

    void labelsBesideTheirImagesAreMatchedByStem() {
        const fs::path root = folder("beside");
        for (const char* name :
             {"cell 1.png", "cell 1_mask.png", "b.png", "b_cp_masks.png", "b_seg_extra.png"})
            write_image(root / name, gray({{0, 1}, {2, 0}}));
        QCOMPARE(detect_label_format(root), std::string_view("masks"));
        const auto source = open_labels(root);
        QCOMPARE(source->entries().size(), std::size_t{2});
        QCOMPARE(source->entries()[0].image, root / "b.png");
        QCOMPARE(source->entries()[0].file, root / "b_cp_masks.png");
        QCOMPARE(source->entries()[1].key, std::string("cell 1"));
        QCOMPARE(find_images(root).size(), std::size_t{3});
        // Folders of a split, and another ending than the image's.
        const fs::path split = folder("split");
        fs::create_directories(split / "train/images");
        fs::create_directories(split / "train/labels");
        write_image(split / "train/images/x_img.png", gray({{1}}));
        write_image(split / "train/labels/x_label.tif", gray({{1}}));
        QCOMPARE(open_labels(split)->entries().at(0).image, split / "train/images/x_img.png");
        QCOMPARE(detect_label_format(folder("nothing")), std::string_view());
        QVERIFY_EXCEPTION_THROWN(open_labels(folder("nothing")), Error);
        QVERIFY_EXCEPTION_THROWN(open_labels(root / "no such"), Error);
    }

    void theThumbnailsOfAProjectAreNotImages() {
        const fs::path root = folder("with project");
        fs::create_directories(root / "cache/thumbs");
        fs::create_directories(root / "runs/1");
        for (const char* name : {"a.png", "cache/thumbs/0123.png", "runs/1/watched.png"})
            write_image(root / name, gray({{0, 1}, {2, 0}}));
        QCOMPARE(find_images(root).size(), std::size_t{3}); // folders that happen to be named so
        write_text(root / "project.eyepiece", "");
        QCOMPARE(find_images(root), std::vector<fs::path>{root / "a.png"});
        QCOMPARE(detect_label_format(root), std::string_view());
    }

    void brokenMaskFilesAreReportedAndTheRestGoesOn() {
        const fs::path root = folder("kaggle");
        fs::create_directories(root / "a/images");
        fs::create_directories(root / "a/masks");
        fs::create_directories(root / "b/images");
        fs::create_directories(root / "b/masks");
        write_image(root / "a/images/a.png", gray({{9, 9, 9}, {9, 9, 9}}));
        write_image(root / "a/masks/1.png", gray({{255, 255, 255}, {255, 255, 255}}));
        write_image(root / "a/masks/2.png", gray({{0, 255, 0}, {0, 0, 0}})); // on top of the larger
        write_image(root / "a/masks/3.png", gray({{0, 255}}));               // another size
        write_image(root / "a/masks/4.png", gray({{0, 0, 0}, {0, 0, 0}}));
        write_text(root / "a/masks/5.png", "no image");
        const auto source = open_labels(root);
        QCOMPARE(source->entries().size(), std::size_t{1});
        QCOMPARE(source->problems().size(), std::size_t{1}); // b has no image
        const ImportedLabels labels = source->read(0);
        QCOMPARE(labels.objects.size(), std::size_t{2});
        QCOMPARE(labels.map.at(1, 0), 2u);
        QCOMPARE(labels.map.at(2, 1), 1u);
        QCOMPARE(labels.problems.size(), std::size_t{3});
        QString all;
        for (const auto& problem : labels.problems)
            all += QString::fromStdString(problem) + "\n";
        QVERIFY(all.contains("3.png") && all.contains("4.png") && all.contains("5.png"));
    }

    void cocoRunLengthsInBothForms() {
        // What pycocotools gives for a 3 x 4 mask (height x width) with column 1 full and one pixel at (2,
        // 3).
        Mask mask(3, 4);
        for (int y = 0; y < 3; ++y)
            mask.set(1, y, true);
        mask.set(3, 2, true);
        QCOMPARE(coco_runs(mask), (std::vector<std::uint32_t>{3, 3, 5, 1}));
        QCOMPARE(coco_text({3, 3, 5, 1}), std::string("335N"));
        QVERIFY(mask_from_coco_runs(coco_runs_from_text("335N"), 3, 4) == mask);
        std::mt19937 random(5);
        for (int round = 0; round < 100; ++round) {
            Mask other(1 + random() % 40, 1 + random() % 40);
            for (auto& pixel : other.pixels)
                pixel = random() % 5 == 0;
            QCOMPARE(coco_runs_from_text(coco_text(coco_runs(other))), coco_runs(other));
            QVERIFY(mask_from_coco_runs(coco_runs(other), other.height, other.width) == other);
        }
        QCOMPARE(coco_runs_from_text(coco_text({0, 5'000'000, 17, 4'000'000'000u})),
                 (std::vector<std::uint32_t>{0, 5'000'000, 17, 4'000'000'000u}));
        QVERIFY_EXCEPTION_THROWN(coco_runs_from_text("o"), Error);
        QVERIFY_EXCEPTION_THROWN(mask_from_coco_runs({3, 3}, 3, 4), Error);
        QVERIFY_EXCEPTION_THROWN(mask_from_coco_runs({3, 4'000'000'000u}, 3, 4), Error);
    }

    void cocoPartsCrowdsAndProblems() {
        const fs::path file = folder("coco") / "a.json";
        write_text(file, R"({"images": [{"id": 5, "file_name": "far/away/a.png", "width": 10, "height": 8},
            {"id": 6, "file_name": "", "width": 3, "height": 3}, {"id": 5, "file_name": "twice.png", "width": 3, "height": 3}],
            "categories": [{"id": 2, "name": "cell"}],
            "annotations": [
            {"id": 1, "image_id": 5, "category_id": 2, "segmentation": [[0,0,4,0,4,4,0,4],[6,0,8,0,8,2,6,2]]},
            {"id": 2, "image_id": 5, "category_id": 2, "segmentation": [[1,1,3,1,3,3,1,3]], "score": 0.5},
            {"id": 3, "image_id": 5, "category_id": 2, "bbox": [1,1,2,2]},
            {"id": 4, "image_id": 5, "category_id": 9, "segmentation": {"size": [8,10], "counts": [72, 8]}},
            {"id": 5, "image_id": 5, "category_id": 2, "iscrowd": 1, "segmentation": {"size": [8,10], "counts": [0, 80]}},
            {"id": 6, "image_id": 5, "category_id": 2, "segmentation": [[1,2,3]]},
            {"id": 7, "image_id": 5, "category_id": 2, "bbox": [1,1,2,2], "segmentation": []},
            {"id": 8, "image_id": 5, "category_id": 2, "segmentation": {"size": [9,10], "counts": [0, 90]}},
            {"id": 9, "image_id": 77, "category_id": 2, "segmentation": []}, 17]})");
        write_image(folder("coco") / "a.png",
                    gray(std::vector<std::vector<int>>(8, std::vector<int>(10, 0))));
        const auto source = open_labels(file);
        QCOMPARE(source->entries().size(), std::size_t{1});
        QCOMPARE(source->entries()[0].image.filename().string(), std::string("a.png"));
        QCOMPARE(source->problems().size(), std::size_t{3}); // no name, same id, orphans
        const ImportedLabels labels = source->read(0);
        QCOMPARE(labels.objects.size(), std::size_t{4});
        QCOMPARE(labels.map.at(0, 0), labels.map.at(7, 1));  // two parts of one
        QVERIFY(labels.map.at(2, 2) != labels.map.at(0, 0)); // the smaller on top
        QCOMPARE(labels.objects[labels.map.at(2, 2) - 1].score, 0.5);
        QCOMPARE(labels.objects[labels.map.at(2, 2) - 1].outline.size(), std::size_t{4});
        QCOMPARE(labels.objects[labels.map.at(9, 0) - 1].class_name, std::string("object"));
        QVERIFY(labels.objects[labels.map.at(5, 5) - 1].crowd); // below all others
        QCOMPARE(labels.problems.size(), std::size_t{3});
    }

    void cocoRoundTripOfRealNuclei() {
        const fs::path root = shared("nuclei/dsb2018");
        NEED(root);
        const auto source = open_labels(root);
        const fs::path file = folder("export") / "annotations.json";
        CocoWriter writer(file, {"other", "object"});
        std::vector<ImportedLabels> given;
        for (std::size_t i = 0; i < 6; ++i) {
            given.push_back(source->read(i));
            if (i == 0) // an object with a hole needs run lengths
                for (const auto& m : measure_objects(given[0].map))
                    if (given[0].map.at(static_cast<std::int64_t>(m.centroid.x),
                                        static_cast<std::int64_t>(m.centroid.y)) == m.id &&
                        m.area > 60)
                        given[0].map.set(static_cast<std::int64_t>(m.centroid.x),
                                         static_cast<std::int64_t>(m.centroid.y), 0);
            std::vector<ExportedObject> objects;
            for (const auto& object : given.back().objects)
                objects.push_back({object.id, object.class_name, -1});
            writer.add(source->entries()[i].image.filename().string(), given.back().map, objects);
        }
        QVERIFY(!fs::exists(file));
        writer.finish();
        const auto again = open_labels(file);
        QCOMPARE(again->entries().size(), std::size_t{6});
        for (std::size_t i = 0; i < 6; ++i) {
            const ImportedLabels labels = again->read(i);
            QVERIFY(labels.map == given[i].map);
            QVERIFY(labels.problems.empty());
        }
        CocoWriter refused(folder("export") / "x.json", {"a"});
        QVERIFY_EXCEPTION_THROWN(refused.add("x", given[0].map, {{1, "object", -1}}), Error);
    }

    void hostileJson() {
        const fs::path root = folder("json");
        for (const char* text :
             {"", "{", "[]", "{\"images\": 3, \"annotations\": 4}", "\x89PNG", "null",
              "{\"images\": [{\"id\":1,\"file_name\":\"a\",\"width\":1000000000,\"height\":1000000000}], "
              "\"annotations\": []"}) {
            write_text(root / "a.json", text);
            QVERIFY_EXCEPTION_THROWN(open_labels(root / "a.json", std::string_view("coco")), Error);
        }
        write_text(root / "a.json", std::string(200'000, '[')); // deeper than a recursive parser stands
        QCOMPARE(detect_label_format(root / "a.json"), std::string_view());
        QVERIFY_EXCEPTION_THROWN(open_labels(root / "a.json", std::string_view("coco")), Error);
        write_text(
            root / "a.json",
            "{\"images\": [{\"id\":1,\"file_name\":\"a\",\"width\":1000000000,\"height\":1000000000}], "
            "\"annotations\": []}");
        QCOMPARE(open_labels(root / "a.json")->problems().size(), std::size_t{1});
    }

    void jpegIsNoLabelImage() {
        const fs::path root = shared("denoising/polyu_camera");
        NEED(root);
        for (const auto& entry : fs::directory_iterator(root))
            if (entry.path().extension() == ".JPG") {
                QVERIFY_EXCEPTION_THROWN(read_label_image(entry.path()), Error);
                return;
            }
        QFAIL("no JPEG found");
    }

    void tablesKeepToRfc4180() {
        const CsvTable table =
            parse_csv("\xEF\xBB\xBFname,note\r\na.png,\"x, \"\"y\"\"\r\nz\"\r\n\r\n\"b\",\r\n", "t.csv");
        QCOMPARE(table.columns, (std::vector<std::string>{"name", "note"}));
        QCOMPARE(table.rows.size(), std::size_t{2});
        QCOMPARE(table.rows[0][1], std::string("x, \"y\"\r\nz"));
        QCOMPARE(table.rows_by_stem().at("a"), std::size_t{0});
        QCOMPARE(table.rows_by_stem().at("b"), std::size_t{1});
        QCOMPARE(parse_csv("a;b\n1,5;2", "t").rows[0][0], std::string("1,5"));
        QVERIFY_EXCEPTION_THROWN(parse_csv("a,b\n1\n", "t"), Error);
        QVERIFY_EXCEPTION_THROWN(parse_csv("a,b\n\"1,2\n", "t"), Error);
        QVERIFY_EXCEPTION_THROWN(parse_csv("", "t"), Error);
        write_csv(folder("csv") / "t.csv", table);
        QCOMPARE(read_csv(folder("csv") / "t.csv").rows, table.rows);
    }
};

QTEST_APPLESS_MAIN(TestLabelReaders)
#include "test_label_readers.moc"
