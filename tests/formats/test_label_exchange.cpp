// SPDX-License-Identifier: GPL-3.0-or-later
// Every format that labels are written in, read again; and files as other programs write them.
#include "core/base/error.h"
#include "core/data/components.h"
#include "core/data/outlines.h"
#include "core/data/shapes.h"
#include "core/formats/image_writer.h"
#include "core/formats/label_readers.h"
#include "core/formats/label_writers.h"
#include "tests/formats/made_labels.h"

#include <QtTest>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace eyepiece;
using eyepiece::test::random_labels;
namespace fs = std::filesystem;

namespace {

fs::path shared(const char* below) {
    const char* root = std::getenv("EYEPIECE_SHARED_DATA");
    return root ? fs::path(root) / below : fs::path();
}

void write_text(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

std::string read_text(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

const std::vector<ExportedClass> classes{
    {0, "background", {0, 0, 0}}, {1, "odd", {1, 2, 3}}, {2, "even, \"quoted\"", {200, 100, 50}}};

struct Written {
    fs::path place; // of the labels
    std::vector<fs::path> images;
    std::vector<std::string> losses;
};

// Two images with objects and one that is known to have none, as `format` writes them.
Written write_all(const LabelWriterFormat& format, const fs::path& folder,
                  const std::vector<ExportedImage>& images) {
    Written written;
    written.place = folder / std::string(format.suggested);
    QuietJob job;
    LabelLosses losses;
    const auto writer = format.open(written.place, classes);
    for (const ExportedImage& image : images) {
        fs::create_directories(image.path.parent_path());
        write_label_image(image.path, LabelMap(image.labels.height(), image.labels.width()));
        written.images.push_back(image.path);
        if (format.losses)
            format.losses(image, losses);
        writer->add(image, job);
    }
    writer->finish();
    for (const fs::path& file : writer->files())
        if (!fs::is_regular_file(file))
            throw std::runtime_error("a file that was said to be written is not there");
    written.losses = losses.sentences(format.title);
    return written;
}

std::vector<ExportedImage> made_images(unsigned seed, const fs::path& folder) {
    std::vector<ExportedImage> images;
    for (const char* stem : {"first", "none", "second"}) {
        ExportedImage image;
        image.name = std::string(stem) + ".png";
        image.stem = stem;
        image.path = folder / "pictures" / image.name;
        image.complete = true;
        image.labels = LabelMap(41, 53);
        if (image.stem != "none")
            image.labels = random_labels(seed + (image.stem == "second" ? 100 : 0), image.objects);
        images.push_back(std::move(image));
    }
    return images;
}

// Read with the images named, as an import into a project that has them does.
std::map<std::string, ImportedLabels> read_all(const fs::path& place, std::string_view format,
                                               const std::vector<fs::path>& images) {
    const auto source = open_labels(place, format);
    if (!source->problems().empty())
        throw std::runtime_error(source->problems()[0].reason);
    std::map<std::string, ImportedLabels> all;
    for (std::size_t i = 0; i < source->entries().size(); ++i) {
        const std::string key = source->entries()[i].key;
        for (const fs::path& image : images)
            if (image.stem() == key)
                source->set_image(i, image);
        all[key] = source->read(i);
    }
    return all;
}

// As a reader of boxes paints what a writer of boxes keeps.
LabelMap boxes_of(const LabelMap& labels) {
    auto objects = measure_objects(labels);
    std::stable_sort(objects.begin(), objects.end(), [](const auto& a, const auto& b) {
        return a.bounds.width * a.bounds.height > b.bounds.width * b.bounds.height;
    });
    LabelMap boxes(labels.height(), labels.width());
    for (const ObjectMeasures& object : objects)
        for (std::int64_t y = object.bounds.y; y < object.bounds.bottom(); ++y)
            for (std::int64_t x = object.bounds.x; x < object.bounds.right(); ++x)
                boxes.set(x, y, object.id);
    return boxes;
}

std::string_view reader_of(const LabelWriterFormat& format) {
    return format.name == "yolo-segments" ? "yolo" : format.name;
}

} // namespace

#define NEED(path)                                                                                           \
    if (!fs::exists(path))                                                                                   \
    QSKIP("the shared data folder is not here")

class TestLabelExchange : public QObject {
    Q_OBJECT
    QTemporaryDir temporary_;
    fs::path folder(const std::string& name) {
        const fs::path path = fs::path(temporary_.path().toStdString()) / name;
        fs::create_directories(path);
        return path;
    }
    ImportedLabels read_one(const fs::path& file, std::string_view format) {
        const auto source = open_labels(file);
        if (source->format() != format || source->entries().size() != 1)
            throw std::runtime_error("taken for " + std::string(source->format()));
        return source->read(0);
    }

private Q_SLOTS:
    void every_format_gives_back_what_it_does_not_say_is_lost() {
        for (const LabelWriterFormat& format : label_writer_formats())
            for (unsigned seed = 0; seed < 12; ++seed) {
                const std::string name = std::string(format.name) + " " + std::to_string(seed);
                const fs::path root = folder(name);
                const auto images = made_images(seed, root);
                const Written written = write_all(format, root, images);
                QCOMPARE(detect_label_format(written.place), reader_of(format));
                const auto read = read_all(written.place, "auto", written.images);
                QCOMPARE(read.size(), images.size());
                for (const ExportedImage& image : images) {
                    const ImportedLabels& labels = read.at(image.stem);
                    const bool boxes = format.name == "voc" || format.name == "yolo";
                    QVERIFY2(boxes || labels.problems.empty(), name.c_str());
                    if (written.losses.empty()) {
                        QVERIFY2(labels.map == image.labels, (name + " " + image.stem).c_str());
                        QCOMPARE(labels.objects.size(), image.objects.size());
                        for (std::size_t i = 0; i < image.objects.size(); ++i)
                            QCOMPARE(labels.objects[i].class_name, image.objects[i].class_name);
                    } else if (boxes) {
                        QCOMPARE(written.losses.size(), std::size_t{1});
                        QVERIFY(written.losses[0].find("only its bounds are written") != std::string::npos);
                        const LabelMap expected = relabelled(boxes_of(image.labels));
                        for (std::size_t i = 0; i < expected.ids().size(); ++i)
                            QCOMPARE(labels.map.ids()[i] != 0, expected.ids()[i] != 0);
                    } else {
                        QCOMPARE(format.name, std::string_view("labelme"));
                    }
                }
            }
    }

    // Boxes are what such formats are for: those come back whole, each in its place.
    void boxes_come_back_whole() {
        ExportedImage image{"cells.png", "cells", folder("boxes") / "cells.png", 1, true, LabelMap(40, 50)};
        const std::vector<Region> places{{0, 0, 7, 9}, {20, 5, 30, 10}, {3, 20, 1, 1}, {10, 30, 25, 10}};
        for (std::size_t i = 0; i < places.size(); ++i) {
            for (std::int64_t y = places[i].y; y < places[i].bottom(); ++y)
                for (std::int64_t x = places[i].x; x < places[i].right(); ++x)
                    image.labels.set(x, y, static_cast<ObjectId>(i + 1));
            image.objects.push_back({static_cast<ObjectId>(i + 1), "odd", -1});
        }
        for (const LabelWriterFormat& format : label_writer_formats()) {
            if (format.name != "voc" && format.name != "yolo")
                continue;
            const Written written = write_all(format, folder("boxes"), {image});
            QVERIFY(written.losses.empty());
            const auto read = read_all(written.place, "auto", written.images);
            QVERIFY(read.at("cells").map == image.labels);
            if (format.name == "voc") // YOLO's shares are rounded
                QCOMPARE(read.at("cells").objects[1].outline, outline_of(Box{20, 5, 50, 15}));
        }
    }

    void losses_are_sentences() {
        LabelLosses losses;
        losses.objects(1, "holes", "they are filled");
        losses.objects(0, "nothing", "nothing");
        losses.images(2, "more than 254 objects", "left out as a whole");
        losses.objects(2, "holes", "they are filled");
        QCOMPARE(losses.sentences("X"),
                 (std::vector<std::string>{
                     "3 objects have holes, which X cannot say: they are filled.",
                     "2 images have more than 254 objects, which X cannot say: left out as a whole."}));
    }

    void a_voc_mask_has_room_for_254_objects() {
        ExportedImage image{"a.png", "a", folder("many") / "a.png", 1, true, LabelMap(20, 20)};
        for (ObjectId id = 1; id <= 254; ++id) {
            image.labels.ids()[id] = id;
            image.objects.push_back({id, id % 2 ? "odd" : "even, \"quoted\"", -1});
        }
        const auto formats = label_writer_formats();
        const auto& format = *std::find_if(formats.begin(), formats.end(),
                                           [](const auto& known) { return known.name == "voc-masks"; });
        const Written written = write_all(format, folder("many"), {image});
        QVERIFY(read_all(written.place, "auto", written.images).at("a").map == image.labels);
        image.labels.ids()[300] = 255;
        image.objects.push_back({255, "odd", -1});
        LabelLosses losses;
        format.losses(image, losses);
        QCOMPARE(losses.sentences(format.title).size(), std::size_t{1});
        QuietJob job;
        try {
            format.open(folder("more"), classes)->add(image, job);
            QFAIL("256 numbers do not hold 255 objects, background and void");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Unsupported);
        }
    }

    // Cut short or with other bytes, a file is refused by its name, or read with what is left; never worse.
    void hostile_files() {
        std::mt19937 random(7);
        for (const LabelWriterFormat& format : label_writer_formats()) {
            const fs::path root = folder("hostile " + std::string(format.name));
            const auto images = made_images(3, root);
            const Written written = write_all(format, root, images);
            std::vector<fs::path> files;
            if (fs::is_directory(written.place)) {
                for (const auto& entry : fs::recursive_directory_iterator(written.place))
                    if (entry.is_regular_file())
                        files.push_back(entry.path());
            } else {
                files.push_back(written.place);
            }
            std::sort(files.begin(), files.end());
            int refused = 0;
            for (const fs::path& file : files) {
                const std::string whole = read_text(file);
                for (int attempt = 0; attempt < 24; ++attempt) {
                    std::string bytes = whole;
                    if (attempt < 8)
                        bytes.resize(whole.size() * static_cast<std::size_t>(attempt) / 8);
                    else
                        for (int i = 0; i < 1 + attempt / 4 && !bytes.empty(); ++i)
                            bytes[random() %
                                  std::min<std::size_t>(bytes.size(), attempt % 2 ? 400 : 1u << 20)] =
                                static_cast<char>(random());
                    write_text(file, bytes);
                    try {
                        const auto source = open_labels(written.place, reader_of(format));
                        refused += source->problems().empty() ? 0 : 1;
                        for (std::size_t i = 0; i < source->entries().size(); ++i) {
                            const LabelEntry entry = source->entries()[i];
                            for (const fs::path& image : written.images)
                                if (image.stem() == entry.key)
                                    source->set_image(i, image);
                            try {
                                const ImportedLabels labels = source->read(i);
                                QVERIFY(labels.map.largest_id() <= labels.objects.size());
                            } catch (const Error& error) {
                                ++refused;
                                QVERIFY2(error.what()[0] == '"', error.what());
                            }
                        }
                    } catch (const Error& error) {
                        ++refused;
                        QVERIFY2(std::string(error.what()).find(written.place.filename().string()) !=
                                         std::string::npos ||
                                     std::string(error.what()).find(file.filename().string()) !=
                                         std::string::npos,
                                 error.what());
                    }
                }
                write_text(file, whole);
            }
            if (format.name != "yolo" && format.name != "yolo-segments" && format.name != "napari")
                QVERIFY2(refused > 0, std::string(format.name).c_str()); // lines are lost one by one
        }
    }

    void voc_boxes_of_real_files() {
        const fs::path root = shared("detection/bccd");
        NEED(root);
        QCOMPARE(detect_label_format(root), std::string_view("voc"));
        const auto source = open_labels(root);
        QCOMPARE(source->entries().size(), std::size_t{255});
        std::set<std::string> names;
        for (std::size_t i = 0; i < source->entries().size(); i += 10) {
            QVERIFY(!source->entries()[i].image.empty());
            const ImportedLabels labels = source->read(i);
            QCOMPARE(labels.map.width(), 640);
            QCOMPARE(labels.map.height(), 480);
            for (const ImportedObject& object : labels.objects)
                names.insert(object.class_name);
        }
        QCOMPARE(names, (std::set<std::string>{"Platelets", "RBC", "WBC"}));
        const auto first = std::find_if(source->entries().begin(), source->entries().end(),
                                        [](const auto& entry) { return entry.key == "BloodImage_00000"; });
        if (first == source->entries().end())
            QSKIP("the first image is not among them");
        const ImportedLabels labels =
            source->read(static_cast<std::size_t>(first - source->entries().begin()));
        // xmin 260, ymin 177, xmax 491, ymax 376 of the white cell, from 1 and with both corners
        for (const ImportedObject& object : labels.objects)
            if (object.class_name == "WBC" && !object.outline.empty())
                QCOMPARE(object.outline, outline_of(Box{259, 176, 491, 376}));
        QCOMPARE(labels.objects[labels.map.at(375, 276) - 1].class_name, std::string("WBC"));
    }

    // The same photographs, as palette PNGs and as COCO.
    void voc_masks_and_coco_of_the_same_photographs_agree() {
        const fs::path root = shared("detection/labelme_polygons");
        NEED(root);
        QCOMPARE(detect_label_format(root / "data_dataset_voc"), std::string_view("voc-masks"));
        const auto masks = open_labels(root / "data_dataset_voc"),
                   coco = open_labels(root / "data_dataset_coco");
        QCOMPARE(masks->entries().size(), std::size_t{3});
        for (std::size_t i = 0; i < 3; ++i) {
            std::size_t j = 0;
            while (coco->entries().at(j).key != masks->entries()[i].key)
                ++j;
            const ImportedLabels one = masks->read(i), other = coco->read(j);
            QCOMPARE(one.map.width(), other.map.width());
            QVERIFY(one.objects.size() > 1);
            std::size_t different = 0;
            for (std::size_t p = 0; p < one.map.ids().size(); ++p) {
                const ObjectId a = one.map.ids()[p], b = other.map.ids()[p];
                const std::string first = a ? one.objects.at(a - 1).class_name : "";
                const std::string second = b ? other.objects.at(b - 1).class_name : "";
                different += first != second;
            }
            QVERIFY2(static_cast<double>(different) < 0.02 * static_cast<double>(one.map.ids().size()),
                     std::to_string(different).c_str());
        }
    }

    void voc_shapes() {
        const fs::path file = folder("voc") / "x.xml";
        const auto object = [](const char* name, const char* box, const char* more = "") {
            return std::string("<object><name>") + name + "</name>" + box + more + "</object>";
        };
        const auto box = [](int left, int top, int right, int bottom) {
            return "<bndbox><xmax>" + std::to_string(right) + "</xmax><xmin>" + std::to_string(left) +
                   "</xmin><ymin>" + std::to_string(top) + ".0</ymin><ymax> " + std::to_string(bottom) +
                   " </ymax></bndbox>";
        };
        write_text(file,
                   "<?xml version=\"1.0\"?><!-- by hand --><annotation><size><width>20</width><height>10"
                   "</height></size>" +
                       object("whole", box(1, 1, 20, 10).c_str()) + object("small", box(3, 3, 3, 3).c_str()) +
                       object("bad", "<bndbox/>") +
                       object("beyond", box(18, 8, 40, 40).c_str(), "<part><name>head</name></part>") +
                       object("none", box(5, 5, 4, 9).c_str()) + "</annotation>");
        const ImportedLabels labels = read_one(file, "voc");
        QCOMPARE(labels.objects.size(), std::size_t{3});
        QCOMPARE(labels.objects[labels.map.at(2, 2) - 1].class_name, std::string("small"));
        QCOMPARE(labels.objects[labels.map.at(3, 2) - 1].class_name, std::string("whole"));
        QCOMPARE(labels.objects[labels.map.at(17, 7) - 1].class_name, std::string("beyond"));
        QCOMPARE(labels.objects[labels.map.at(16, 7) - 1].class_name, std::string("whole"));
        QCOMPARE(labels.problems.size(),
                 std::size_t{3}); // the part, the box without numbers, the reversed one
    }

    void yolo_sets() {
        const fs::path root = folder("yolo-set");
        for (const char* side : {"train", "val"}) {
            fs::create_directories(root / "images" / side);
            write_label_image(root / "images" / side / "a.png", LabelMap(10, 20));
        }
        write_text(root / "data.yaml", "path: ../datasets/cells # somewhere else\ntrain: images/train\n"
                                       "nc: 2\nnames:\n  0: 'white cell'\n  1: red # blood\n");
        write_text(root / "labels/train/a.txt", "0 0.5 0.5 0.5 0.4\n1 0.1 0.1 0.1 0.4 0.3 0.4 0.3 0.1\r\n");
        write_text(root / "labels/val/a.txt", "1 0.25 0.5 0.1 0.2 0.75\n7 0 0 0.1 0 0.1 0.1 0.5\n0 1 2\nx\n"
                                              "0 300 200 50 50\n");
        QCOMPARE(detect_label_format(root), std::string_view("yolo"));
        QCOMPARE(detect_label_format(root / "data.yaml"), std::string_view("yolo"));
        QCOMPARE(detect_label_format(root / "labels/train"), std::string_view("yolo"));
        const auto source = open_labels(root);
        QCOMPARE(source->entries().size(), std::size_t{2});
        QCOMPARE(source->entries()[0].image, root / "images/train/a.png");
        QCOMPARE(source->entries()[1].image, root / "images/val/a.png");
        const ImportedLabels train = source->read(0), val = source->read(1);
        QCOMPARE(train.objects.size(), std::size_t{2});
        QCOMPARE(train.objects[0].class_name, std::string("white cell"));
        QCOMPARE(train.objects[1].class_name, std::string("red"));
        QCOMPARE(train.map.at(6, 3), ObjectId{1}); // 5..15 x 3..7, but for the smaller one
        QCOMPARE(train.map.at(14, 6), ObjectId{1});
        QCOMPARE(train.map.at(15, 6), ObjectId{0});
        QCOMPARE(train.map.at(2, 1), ObjectId{2}); // 2..6 x 1..4
        QCOMPARE(val.objects.size(), std::size_t{2});
        QCOMPARE(val.objects[0].score, 0.75);
        QCOMPARE(val.objects[1].class_name, std::string("class 7"));
        QCOMPARE(val.objects[1].score, 0.5);
        QCOMPARE(val.problems.size(), std::size_t{2}); // two lines of one reason, and the one in pixels

        for (const char* names :
             {"names: [white cell, 'red']\n", "names: ['white cell',\n  \"red\"]\n",
              "names: {0: white cell, 1: red}\n", "names:\n- white cell\n- red\nnc: 2\n"}) {
            write_text(root / "data.yaml", names);
            const ImportedLabels again = open_labels(root)->read(0);
            QCOMPARE(again.objects[0].class_name, std::string("white cell"));
            QCOMPARE(again.objects[1].class_name, std::string("red"));
        }
        write_text(root / "data.yaml", "names: [a, b]\nkpt_shape: [17, 3]\n");
        QVERIFY_EXCEPTION_THROWN(open_labels(root, "yolo"), Error);
        fs::remove(root / "data.yaml");
        QVERIFY(detect_label_format(root) != std::string_view("yolo")); // numbers alone say nothing

        // labelImg: everything in one folder.
        const fs::path flat = folder("yolo-flat");
        write_label_image(flat / "b.png", LabelMap(10, 20));
        write_text(flat / "classes.txt", "white cell\nred\n");
        write_text(flat / "b.txt", "1 0.5 0.5 0.5 0.4\n");
        QCOMPARE(detect_label_format(flat), std::string_view("yolo"));
        QCOMPARE(open_labels(flat)->read(0).objects.at(0).class_name, std::string("red"));
    }

    void cvat_shapes() {
        const fs::path root = folder("cvat");
        write_text(root / "annotations.xml", R"(<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><name>t</name></task></meta>
<image id="0" name="deep/down/a.png" width="40" height="30">
  <box label="car" source="manual" occluded="0" xtl="2.00" ytl="3.00" xbr="8.00" ybr="6.00" z_order="0"/>
  <box label="turned" occluded="0" xtl="10" ytl="0" xbr="20" ybr="4" rotation="90.00" z_order="0"/>
  <polygon label="pair" occluded="0" points="20.00,20.00;24.00,20.00;24.00,22.00;20.00,22.00" group_id="4"/>
  <polygon label="pair" occluded="0" points="30,20;34,20;34,22;30,22" group_id="4"/>
  <mask label="blob" occluded="0" rle="1, 2, 3, 1, 1, 1" left="0" top="20" width="3" height="3" z_order="0"/>
  <ellipse label="egg" cx="32.00" cy="8.00" rx="6.00" ry="3.00" z_order="0"/>
  <polyline label="line" points="1,1;2,2"/><tag label="good"/>
  <mask label="bad" rle="1, 99" left="0" top="0" width="3" height="3"/>
  <mask label="outside" rle="2000000000" left="0" top="0" width="50000" height="40000"/>
</image><image id="1" name="b.png" width="0" height="30"/></annotations>)");
        const auto source = open_labels(root);
        QCOMPARE(source->format(), std::string_view("cvat"));
        QCOMPARE(source->entries().size(), std::size_t{1});
        QCOMPARE(source->problems().size(), std::size_t{1});
        const ImportedLabels labels = source->read(0);
        std::map<std::string, std::int64_t> areas;
        for (const ObjectId id : labels.map.ids())
            if (id)
                ++areas[labels.objects.at(id - 1).class_name];
        QCOMPARE(labels.objects.size(), std::size_t{5});
        QCOMPARE(areas["car"], 18);
        QCOMPARE(areas["turned"], 4 * 7); // 13..17 x -3..7, the upper part beyond the image
        QCOMPARE(areas["pair"], 16);
        QCOMPARE(areas["blob"], 4);
        QCOMPARE(labels.map.at(0, 20), ObjectId{0}); // zeros come first, row by row
        QVERIFY(labels.map.at(1, 20) != 0 && labels.map.at(2, 20) != 0 && labels.map.at(0, 21) == 0);
        QVERIFY(labels.map.at(0, 22) != 0 && labels.map.at(1, 22) == 0 && labels.map.at(2, 22) != 0);
        Mask egg = rasterize_ellipse(Box{26, 5, 38, 11}, {0, 0, 40, 30});
        QCOMPARE(areas["egg"], std::count(egg.pixels.begin(), egg.pixels.end(), 1));
        QCOMPARE(labels.problems.size(), std::size_t{3}); // the line, and two masks
    }

    void napari_shapes() {
        const fs::path root = folder("napari-shapes");
        write_label_image(root / "a.png", LabelMap(20, 30));
        // As napari saves a layer: pixel centres at whole numbers, y before x.
        write_text(root / "a_shapes.csv",
                   "index,shape-type,vertex-index,axis-0,axis-1\n"
                   "0.0,rectangle,0.0,1.5,2.5\n0.0,rectangle,1.0,1.5,6.5\n0.0,rectangle,2.0,4.5,6.5\n"
                   "0.0,rectangle,3.0,4.5,2.5\n"
                   "1.0,ellipse,0.0,4.5,9.5\n1.0,ellipse,1.0,4.5,21.5\n1.0,ellipse,2.0,12.5,21.5\n"
                   "1.0,ellipse,3.0,12.5,9.5\n"
                   "2.0,path,0.0,1,1\n2.0,path,1.0,2,2\n"
                   "3.0,polygon,0.0,15.5,0.5\n3.0,polygon,1.0,15.5,4.5\n3.0,polygon,2.0,18.5,4.5\n"
                   "3.0,polygon,3.0,18.5,0.5\n4.0,polygon,0.0,nan,1\n4.0,polygon,1.0,1,1\n");
        const ImportedLabels labels = read_one(root / "a_shapes.csv", "napari");
        QCOMPARE(labels.objects.size(), std::size_t{3});
        std::vector<std::int64_t> areas(4);
        for (const ObjectId id : labels.map.ids())
            ++areas.at(id);
        QCOMPARE(areas[1], 12);
        QCOMPARE(labels.map.at(3, 2), ObjectId{1}); // from 3 to 7 and 2 to 5
        QCOMPARE(labels.map.at(2, 2), ObjectId{0});
        const Mask ellipse = rasterize_ellipse(Box{10, 5, 22, 13}, {0, 0, 30, 20});
        QCOMPARE(areas[2], std::count(ellipse.pixels.begin(), ellipse.pixels.end(), 1));
        QCOMPARE(areas[3], 12);
        QCOMPARE(labels.problems.size(), std::size_t{2}); // the path, and the point that is no number
    }

    // A set of regions that roifile wrote (labels/make_labels.py).
    void imagej_regions_of_another_program() {
        const fs::path root = folder("imagej-set");
        fs::copy_file(fs::path(EYEPIECE_TEST_LABELS) / "shapes_RoiSet.zip", root / "shapes_RoiSet.zip");
        fs::copy_file(fs::path(EYEPIECE_TEST_LABELS) / "box.roi", root / "alone.roi");
        for (const char* name : {"shapes.png", "alone.png"})
            write_label_image(root / name, LabelMap(60, 80));
        QCOMPARE(detect_label_format(root), std::string_view("imagej"));
        const ImportedLabels labels = read_one(root / "shapes_RoiSet.zip", "imagej");
        std::map<std::string, std::int64_t> areas;
        for (const ObjectId id : labels.map.ids())
            if (id)
                ++areas[labels.objects.at(id - 1).class_name];
        const Mask oval = rasterize_ellipse(Box{20, 4, 32, 12}, {0, 0, 80, 60});
        QCOMPARE(areas, (std::map<std::string, std::int64_t>{
                            {"box", 50},
                            {"oval", std::count(oval.pixels.begin(), oval.pixels.end(), 1)},
                            {"corner", 56},
                            {"fine", 8 * 5}, // pixels whose centres lie in 2.25..9.75 x 20.75..26.5
                            {"drawn", 36},
                            {"ring", 144 - 25},
                            {"Zelle µ", 32}})); // by its property; its own name says nothing
        QVERIFY(labels.map.at(2, 3) != 0 && labels.map.at(11, 7) != 0 && labels.map.at(12, 7) == 0);
        QVERIFY(labels.map.at(62, 6) != 0 && labels.map.at(65, 9) == 0);
        QCOMPARE(labels.problems.size(), std::size_t{2});
        QVERIFY(labels.problems[0].find("plane of a stack") != std::string::npos ||
                labels.problems[1].find("plane of a stack") != std::string::npos);
        QCOMPARE(read_one(root / "alone.roi", "imagej").objects.at(0).outline, outline_of(Box{2, 3, 12, 8}));

        // The ROI manager's own name, beside one image.
        const fs::path single = folder("imagej-single");
        fs::copy_file(root / "shapes_RoiSet.zip", single / "RoiSet.zip");
        write_label_image(single / "cells.png", LabelMap(60, 80));
        QCOMPARE(open_labels(single)->entries().at(0).image, single / "cells.png");
    }

    // Label maps that nibabel and pynrrd wrote.
    void volumes_of_other_programs() {
        const auto place = [&](const char* name, const char* file, int images) {
            const fs::path root = folder(name);
            const std::string stem = std::string(file).substr(0, std::string(file).find('.'));
            fs::copy_file(fs::path(EYEPIECE_TEST_LABELS) / file, root / file,
                          fs::copy_options::overwrite_existing);
            for (int i = 0; i < images; ++i)
                write_label_image(root / (stem + (images > 1 ? "_z" + std::to_string(i + 8) : "") + ".png"),
                                  LabelMap(5, 7));
            return root;
        };
        LabelMap first(5, 7), second(5, 7);
        for (std::int64_t y = 0; y < 5; ++y)
            for (std::int64_t x = 0; x < 7; ++x) {
                first.set(x, y, x >= 1 && x < 3 && y >= 1 && y < 4 ? 1 : x >= 4 && x < 6 && y < 2 ? 2 : 0);
                second.set(x, y, x >= 2 && y >= 2 ? 1 : 0);
            }
        for (const char* file : {"plane.nii", "big_endian.nii"}) {
            const fs::path root = place(file, file, 1);
            const ImportedLabels labels = read_one(root / file, "nifti");
            QVERIFY(labels.map == first);
            QVERIFY(labels.problems.empty());
        }
        for (const char* file : {"stack.nii.gz", "stack.nrrd"}) {
            const fs::path root = place(file, file, 3);
            const auto source = open_labels(root);
            QCOMPARE(source->format(), std::string_view(file[6] == 'n' && file[7] == 'i' ? "nifti" : "nrrd"));
            QCOMPARE(source->entries().size(), std::size_t{3});
            QCOMPARE(source->entries()[0].key, std::string("stack_z8")); // before z10
            QCOMPARE(source->entries()[2].key, std::string("stack_z10"));
            QVERIFY(source->read(1).map == second); // in any order
            QVERIFY(source->read(0).map == first);
            QVERIFY(source->read(2).objects.empty());
            fs::remove(root / "stack_z9.png");
            const auto without = open_labels(root);
            QVERIFY(without->entries().empty());
            QVERIFY(without->problems().at(0).reason.find("3 planes, and 2 images") != std::string::npos);
        }
        const fs::path root = place("segments", "plane.seg.nrrd", 1);
        const ImportedLabels labels = read_one(root / "plane.seg.nrrd", "nrrd");
        QVERIFY(labels.map == first);
        QCOMPARE(labels.objects[0].class_name, std::string("liver"));
        QCOMPARE(labels.objects[1].class_name, std::string("left kidney"));
    }

    void label_maps_whose_pixels_are_of_another_size_are_named() {
        const fs::path root = folder("spacing");
        write_text(root / "a.nrrd", "NRRD0004\ntype: uint8\ndimension: 2\nsizes: 2 2\nspacings: 0.5 0.25\n"
                                    "units: \"um\" \"um\"\nencoding: raw\n\n" +
                                        std::string("\1\0\0\1", 4));
        write_label_image(root / "a.png", LabelMap(2, 2), {0.5, 0.25, 0});
        QVERIFY(read_one(root / "a.nrrd", "nrrd").problems.empty());
        write_label_image(root / "a.png", LabelMap(2, 2), {0.3, 0.25, 0});
        const auto problems = read_one(root / "a.nrrd", "nrrd").problems;
        QCOMPARE(problems.size(), std::size_t{1});
        QVERIFY2(problems[0].find("0.5 x 0.25") != std::string::npos, problems[0].c_str());
    }

    void a_picture_is_no_label_map() {
        for (const auto& [below, stem] : {std::pair{"volumes/nrrd/RA-Short.nrrd", "RA-Short"},
                                          std::pair{"volumes/formats/functional.nii", "functional"}}) {
            const fs::path file = shared(below);
            NEED(file);
            try {
                const auto source = open_labels(file);
                QVERIFY(source->entries().empty()); // as many planes and no images of them
                QVERIFY(source->problems().at(0).reason.find(stem) != std::string::npos);
            } catch (const Error& error) {
                QVERIFY(std::string(error.what()).find(stem) != std::string::npos);
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestLabelExchange)
#include "test_label_exchange.moc"
