// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/data/components.h"
#include "core/formats/geojson_file.h"
#include "core/formats/image_writer.h"
#include "core/formats/label_readers.h"
#include "core/formats/labelme_file.h"
#include "tests/formats/made_labels.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <utility>
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

std::map<std::string, std::int64_t> area_of_classes(const ImportedLabels& labels) {
    std::map<std::string, std::int64_t> areas;
    for (const ObjectId id : labels.map.ids())
        if (id)
            ++areas[labels.objects.at(id - 1).class_name];
    return areas;
}

} // namespace

class TestLabelFormats : public QObject {
    Q_OBJECT
    QTemporaryDir temporary_;
    fs::path folder(const std::string& name) {
        const fs::path path = fs::path(temporary_.path().toStdString()) / name;
        fs::create_directories(path);
        return path;
    }
    ImportedLabels read_back(const fs::path& file, std::string_view format) {
        const auto source = open_labels(file);
        if (source->format() != format || source->entries().size() != 1)
            throw std::runtime_error("taken for another format");
        return source->read(0);
    }
    void put_image(const fs::path& file, const LabelMap& like) {
        write_label_image(file, LabelMap(like.height(), like.width()));
    }

private Q_SLOTS:
    void geojson_gives_every_pixel_back() {
        for (unsigned seed = 0; seed < 60; ++seed) {
            std::vector<ExportedObject> objects;
            const LabelMap labels = random_labels(seed, objects);
            const fs::path file = folder("g" + std::to_string(seed)) / "cells.geojson";
            put_image(file.parent_path() / "cells.png", labels);
            write_text(file, geojson_document(labels, objects, {{"odd", {1, 2, 3}}}).dump());
            const ImportedLabels read = read_back(file, std::string_view("geojson"));
            QVERIFY2(read.problems.empty(), read.problems.empty() ? "" : read.problems[0].c_str());
            QVERIFY2(read.map == labels, std::to_string(seed).c_str());
            QCOMPARE(read.objects.size(), objects.size());
            for (std::size_t i = 0; i < objects.size(); ++i)
                QCOMPARE(read.objects[i].class_name, objects[i].class_name);
        }
    }

    // No ring comes to a point twice, and holes are told apart from outlines by their direction.
    void geojson_rings_are_simple() {
        for (unsigned seed = 0; seed < 60; ++seed) {
            std::vector<ExportedObject> objects;
            const LabelMap labels = random_labels(seed, objects);
            for (const ObjectMeasures& object : measure_objects(labels))
                for (const OutlinePart& part : trace_parts(mask_of(labels, object.id, object.bounds))) {
                    std::vector<Polygon> rings = part.holes;
                    rings.push_back(part.outer);
                    double area = 0;
                    for (const Polygon& ring : rings) {
                        QVERIFY(ring.size() >= 4);
                        std::map<std::pair<double, double>, int> visits;
                        for (const Point2& point : ring)
                            QCOMPARE(++visits[std::pair(point.x, point.y)], 1);
                        area -= polygon_area(ring);
                    }
                    area += 2 * polygon_area(part.outer);
                    QVERIFY(area > 0);
                }
        }
    }

    // Exact unless holes are lost, and what is lost is known before.
    void labelme_gives_every_pixel_back_but_those_of_lost_holes() {
        int exact = 0;
        for (unsigned seed = 0; seed < 120; ++seed) {
            std::vector<ExportedObject> objects;
            LabelMap labels = random_labels(seed, objects);
            if (seed % 2) { // without unlabelled pixels there are fewer to lose
                for (ObjectId& id : labels.ids())
                    id = id ? id : 1;
            }
            const fs::path file = folder("l" + std::to_string(seed)) / "cells.json";
            write_text(file, labelme_document("cells.png", labels, objects).dump());
            const ImportedLabels read = read_back(file, std::string_view("labelme"));
            QCOMPARE(read.map == labels, objects_with_lost_holes(labels) == 0);
            exact += read.map == labels;
        }
        QVERIFY2(exact > 5 && exact < 115, std::to_string(exact).c_str()); // both happened
    }

    void lost_holes_are_counted() {
        LabelMap labels(9, 9);
        for (std::int64_t y = 1; y < 8; ++y)
            for (std::int64_t x = 1; x < 8; ++x)
                labels.set(x, y, 1);
        QCOMPARE(objects_with_lost_holes(labels), 0);
        labels.set(4, 4, 2); // an object in a hole is painted over it
        QCOMPARE(objects_with_lost_holes(labels), 0);
        labels.set(2, 2, 0);
        QCOMPARE(objects_with_lost_holes(labels), 1);
    }

    void labelme_shapes() {
        const fs::path file = folder("shapes") / "a.json";
        const auto shape = [](const char* label, const char* type, const Json& points, const Json& group) {
            return Json{{"label", label}, {"shape_type", type}, {"points", points}, {"group_id", group}};
        };
        Json document{{"imagePath", "..\\..\\a.png"}, {"imageHeight", 40}, {"imageWidth", 50}};
        document["shapes"] = {shape("box", "rectangle", {{8, 6}, {2, 3}}, nullptr),
                              shape("disc", "circle", {{30, 20}, {30, 26}}, nullptr),
                              shape("pair", "polygon", {{1, 30}, {4, 30}, {4, 33}, {1, 33}}, 7),
                              shape("pair", "polygon", {{10, 30}, {12, 30}, {12, 33}, {10, 33}}, 7),
                              shape("other", "polygon", {{20, 30}, {21, 30}, {21, 31}, {20, 31}}, 7),
                              shape("line", "linestrip", {{1, 1}, {2, 2}}, nullptr),
                              shape("spot", "point", Json::array({{1, 1}}), nullptr)};
        write_text(file, document.dump());
        const ImportedLabels read = read_back(file, std::string_view("labelme"));
        auto areas = area_of_classes(read);
        QCOMPARE(read.objects.size(), std::size_t{4});
        QCOMPARE(areas["box"], 18);
        QCOMPARE(areas["pair"], 15);
        QCOMPARE(areas["other"], 1);
        std::int64_t disc = 0; // pixels whose centres lie within 6 px
        for (int y = 0; y < 40; ++y)
            for (int x = 0; x < 50; ++x)
                disc += std::hypot(x + 0.5 - 30, y + 0.5 - 20) < 6;
        QCOMPARE(areas["disc"], disc);
        QCOMPARE(read.problems.size(), std::size_t{2}); // nothing is dropped silently
        QVERIFY(read.problems[0].find("linestrip") != std::string::npos);
        QVERIFY(read.problems[1].find("\"point\"") != std::string::npos);
    }

    // One bad part is named and the rest is read; a bad file is refused by its name.
    void hostile_labelme() {
        const fs::path root = folder("hostile-l");
        const std::string good = R"({"label":"a","points":[[1,1],[4,1],[4,4]],"shape_type":"polygon"})";
        const auto with = [&](const std::string& shape) {
            return R"({"imagePath":"../../x.png","imageHeight":9,"imageWidth":9,"shapes":[)" + shape + "," +
                   good + "]}";
        };
        for (const std::string shape :
             {R"({"points":[[1,1],[1e300,1],[4,4]]})", R"({"points":[[1,1],[2,null],[4,4]]})",
              R"({"points":[[1,1]]})", R"({"points":7})", R"({})", "3", R"({"points":[[1],[2],[3]]})",
              R"({"shape_type":"rectangle","points":[[1,1]]})"}) {
            write_text(root / "x.json", with(shape));
            const ImportedLabels read = read_back(root / "x.json", std::string_view("labelme"));
            QVERIFY2(read.objects.size() == 1 && read.problems.size() == 1, shape.c_str());
            QVERIFY(read.problems[0].starts_with("Shape 1 "));
        }
        const std::string whole = with(good);
        for (const std::string& text :
             {whole.substr(0, whole.size() / 2), std::string("[]"), std::string("{\"shapes\": 3}"),
              std::string(), std::string(200000, '['),
              std::string(R"({"imagePath":"x","imageHeight":1e9,"imageWidth":1e9,"shapes":[]})"),
              std::string(R"({"imagePath":"x","imageHeight":-3,"imageWidth":4,"shapes":[]})"),
              std::string(R"({"imagePath":"x","shapes":[]})")}) { // no image beside it
            write_text(root / "bad.json", text);
            try {
                open_labels(root / "bad.json", std::string_view("labelme"))->read(0);
                QFAIL(text.substr(0, 60).c_str());
            } catch (const Error& error) {
                QVERIFY2(std::string(error.what()).find("bad.json") != std::string::npos, error.what());
            }
        }
    }

    void hostile_geojson() {
        const fs::path root = folder("hostile-g");
        put_image(root / "x.png", LabelMap(9, 9));
        put_image(root / "bad.png", LabelMap(9, 9));
        const auto feature = [](const std::string& geometry) {
            return R"({"type":"Feature","geometry":)" + geometry + "}";
        };
        const std::string good =
            feature(R"({"type":"Polygon","coordinates":[[[1,1],[4,1],[4,4],[1,4],[1,1]]]})");
        for (const std::string geometry :
             {"null", "[]", R"({"type":"LineString","coordinates":[[1,1],[4,1]]})",
              R"({"type":"Polygon","coordinates":[]})", R"({"type":"Polygon","coordinates":[[[1,1],[2,2]]]})",
              R"({"type":"Polygon","coordinates":[[[1,1],[2,"a"],[3,3]]]})",
              R"({"type":"MultiPolygon","coordinates":[[[[1,1],[-1e200,2],[3,3]]]]})",
              R"({"type":"Polygon"})"}) {
            write_text(root / "x.geojson", R"({"features":[)" + feature(geometry) + "," + good + "]}");
            const ImportedLabels read = read_back(root / "x.geojson", std::string_view("geojson"));
            QVERIFY2(read.objects.size() == 1 && read.problems.size() == 1, geometry.c_str());
            QVERIFY(read.problems[0].starts_with("Feature 1 "));
        }
        for (const std::string& text : {std::string("{\"features\":[{"), std::string("[]"), std::string("{}"),
                                        std::string(), std::string(200000, '[')}) {
            write_text(root / "bad.geojson", text);
            try {
                open_labels(root / "bad.geojson")->read(0);
                QFAIL(text.substr(0, 60).c_str());
            } catch (const Error& error) {
                QVERIFY2(std::string(error.what()).find("bad.geojson") != std::string::npos, error.what());
            }
        }
    }

    void qupath_classes_of_several_parts() {
        const fs::path root = folder("qupath");
        put_image(root / "x.png", LabelMap(9, 9));
        const auto feature = [](const Json& classification) {
            return Json{
                {"type", "Feature"},
                {"geometry",
                 {{"type", "Polygon"},
                  {"coordinates", Json::array({Json::array({{1, 1}, {4, 1}, {4, 4}, {1, 4}, {1, 1}})})}}},
                {"properties", {{"objectType", "annotation"}, {"classification", classification}}}};
        };
        Json plain = Json::object(), joined = Json::object();
        plain["name"] = "Tumor";
        joined["names"] = Json::array({"Tumor", "Positive"});
        const std::vector<std::pair<Json, std::string>> cases{
            {plain, "Tumor"}, {joined, "Tumor: Positive"}, {Json(), "object"}};
        for (const auto& [classification, name] : cases) {
            write_text(root / "x.geojson", Json{{"features", Json::array({feature(classification)})}}.dump());
            QCOMPARE(read_back(root / "x.geojson", std::string_view("geojson")).objects.at(0).class_name,
                     name);
        }
    }

    // The same three photographs, as labelme wrote them and as COCO was made of them.
    void labelme_and_coco_of_the_same_photographs_agree() {
        const fs::path root = shared("detection/labelme_polygons");
        if (!fs::exists(root))
            QSKIP("the shared data folder is not here");
        QCOMPARE(detect_label_format(root / "data_annotated"), std::string_view("labelme"));
        const auto labelme = open_labels(root / "data_annotated"),
                   coco = open_labels(root / "data_dataset_coco");
        QCOMPARE(labelme->entries().size(), std::size_t{3});
        for (std::size_t i = 0; i < 3; ++i) {
            QVERIFY(!labelme->entries()[i].image.empty());
            std::size_t j = 0;
            while (coco->entries().at(j).key != labelme->entries()[i].key)
                ++j;
            const ImportedLabels one = labelme->read(i), other = coco->read(j);
            QCOMPARE(one.map.width(), other.map.width());
            QCOMPARE(one.map.height(), other.map.height());
            std::size_t different = 0; // labelme paints the outline's own pixels, too
            for (std::size_t p = 0; p < one.map.ids().size(); ++p) {
                const ObjectId a = one.map.ids()[p], b = other.map.ids()[p];
                const std::string first = a ? one.objects.at(a - 1).class_name : "";
                const std::string second = b ? other.objects.at(b - 1).class_name : "";
                different += first != second;
            }
            QVERIFY2(static_cast<double>(different) < 0.01 * static_cast<double>(one.map.ids().size()),
                     std::to_string(different).c_str());
        }
    }
};

QTEST_APPLESS_MAIN(TestLabelFormats)
#include "test_label_formats.moc"
