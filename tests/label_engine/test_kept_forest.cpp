// SPDX-License-Identifier: GPL-3.0-or-later
// A classifier of pixels that is kept, read again and applied to files.
#include "core/data/sample_nuclei.h"
#include "core/formats/image_reader.h"
#include "core/formats/tiff_writer.h"
#include "core/intake/facts.h"
#include "core/operations/plugin_loader.h"
#include "core/operations/run_operation.h"
#include "core/project/project.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

class Heard : public QuietJob {
public:
    void warn(std::string_view message) override { warnings.emplace_back(message); }
    void progress(double fraction, std::string_view) override {
        if (fraction >= stop_at)
            cancel = true;
    }
    std::vector<std::string> warnings;
    double stop_at = 2;
};

std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream all;
    all << file.rdbuf();
    return all.str();
}

} // namespace

class TestKeptForest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        register_operations(services_);
        services_.plugins = load_engine_plugins(plugin_search_path(), services_.registries);
        services_.options.threads = 2;
    }

    // An image of 600 x 700, and what is labelled of it: the rows 0 to 150, as three classes.
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        project_ = Project::create(here("project"));
        nucleus_ = project_->classes().find_or_add("nucleus");
        const ClassId large = project_->classes().find_or_add("large");
        const NucleiField field = generate_nuclei({.width = 600, .height = 700, .nuclei = 150, .seed = 3});
        image_ = field.image;
        write(here("field.tif"), image_);
        item_ = project_->items().add({here("field.tif")}).added.at(0);
        project_->items().set_facts(item_, facts_of(here("field.tif")));
        LabelMap map(150, 600);
        std::map<ObjectId, ClassId> classes{{1, 0}};
        for (std::int64_t y = 0; y < 150; ++y)
            for (std::int64_t x = 0; x < 600; ++x) {
                const ObjectId id = field.labels.at(x, y) == 0 ? 1 : field.labels.at(x, y) + 1;
                map.set(x, y, id);
                classes.emplace(id, id % 3 == 0 ? large : nucleus_);
            }
        LabelEdit edit;
        edit.item = item_;
        edit.tool = "import";
        edit.region = {0, 0, 600, 150};
        edit.pixels = map;
        for (const auto& [id, class_id] : classes) {
            LabelObject made;
            made.id = id;
            made.class_id = class_id;
            edit.objects.push_back(made);
        }
        project_->labels().commit(edit);
    }

    void applied_it_says_what_was_seen_while_painting() {
        const Json learnt = learn({{"set", {{"trees", 30}}}, {"seed", 5}});
        QCOMPARE(learnt["name"], Json("pixels"));
        QCOMPARE(learnt["trees"], Json(30));
        QCOMPARE(learnt["classes"].size(), std::size_t{3});
        QCOMPARE(learnt["classes"][1]["name"], Json("nucleus"));
        QCOMPARE(learnt["images"], Json(1));
        QVERIFY(learnt["out_of_bag"].get<double>() > 0.5);
        QCOMPARE(learnt["replaced"], Json(false));
        QVERIFY(fs::exists(here("project/classifiers/pixels.pixels")));

        QuietJob job;
        const OperationResult live = run_operation(
            services_, "live-forest",
            {{"project", here("project").string()}, {"item", item_}, {"set", {{"trees", 30}}}, {"seed", 5}},
            job);
        const Json answer = classify({here("field.tif")}, {{"probabilities", true}});
        QVERIFY(answer["failed"].empty());
        const Json& one = answer["outputs"][0];
        const Image ids = read_image(here("out/field.tif"));
        QVERIFY(ids.type() == PixelType::UInt16);
        const Json listed = Json::parse(content(here("out/field.json")));
        QCOMPARE(listed["objects"].size(), one["objects"].get<std::size_t>());
        std::map<std::int64_t, ClassId> class_of{{0, 0}};
        std::map<std::int64_t, std::int64_t> area;
        for (const Json& object : listed["objects"])
            class_of[object["id"]] = object["class"];
        const Image shares = read_image(here("out/field_probabilities.tif"));
        QCOMPARE(shares.channels(), 3);
        QVERIFY(shares.type() == PixelType::Float32);
        const auto classes = live.json["classes"].get<std::vector<ClassId>>();
        std::size_t unlike = 0;
        for (std::int64_t y = 0; y < 700; ++y)
            for (std::int64_t x = 0; x < 600; ++x) {
                const auto at = static_cast<std::size_t>(y * 600 + x);
                const auto index = static_cast<std::size_t>(live.bytes[at]);
                const auto id = static_cast<std::int64_t>(ids.value(0, x, y));
                ++area[id];
                unlike += class_of.at(id) != classes[index];
                double sum = 0, most = 0;
                for (int c = 0; c < 3; ++c) {
                    sum += shares.value(c, x, y);
                    most = std::max(most, shares.value(c, x, y));
                }
                QVERIFY(std::abs(sum - 1) < 1e-5);
                unlike += shares.value(static_cast<int>(index), x, y) < most;
            }
        QCOMPARE(unlike, std::size_t{0});
        for (const Json& object : listed["objects"])
            QCOMPARE(area[object["id"].get<std::int64_t>()], object["area"].get<std::int64_t>());
        std::int64_t counted = 0;
        for (const Json& each : one["classes"])
            counted += each["objects"].get<std::int64_t>();
        QCOMPARE(counted, one["objects"].get<std::int64_t>());
        QVERIFY(one["classes"][0]["objects"] == 0);
        QVERIFY(one["classes"][1]["objects"] > 20);
        // By its file and by its name it is the same; whatever the number of threads.
        const std::string before = content(here("out/field.tif"));
        classify({here("field.tif")},
                 {{"classifier", here("project/classifiers/pixels.pixels").string()}, {"threads", 1}});
        QVERIFY(content(here("out/field.tif")) == before);
        // Learnt again it takes the former's place; under another name it stands beside.
        QCOMPARE(learn({{"set", {{"trees", 5}}}})["replaced"], Json(true));
        QCOMPARE(learn({{"name", "fine"}, {"set", {{"trees", 5}}}})["replaced"], Json(false));
        QVERIFY(failure([&] {
                    classify({here("field.tif")}, {{"classifier", here("project").string()}});
                }).contains("fine, pixels"));
        classify({here("field.tif")}, {{"classifier", here("project").string() + ":fine"}});
        QVERIFY(content(here("out/field.tif")) != before);
    }

    void what_is_damaged_is_refused() {
        learn({{"set", {{"trees", 3}}}});
        const fs::path file = here("project/classifiers/pixels.pixels");
        const std::string whole = content(file);
        const auto refusal = [&](const std::string& bytes) {
            std::ofstream(here("other.pixels"), std::ios::binary) << bytes;
            return failure([&] {
                classify({here("field.tif")}, {{"classifier", here("other.pixels").string()}});
            });
        };
        QVERIFY(refusal(whole).isEmpty());
        for (std::size_t length : {std::size_t{16}, std::size_t{20}, std::size_t{30}, std::size_t{300},
                                   whole.size() / 2, whole.size() - 1})
            QVERIFY2(refusal(whole.substr(0, length)).contains("damaged"),
                     QByteArray::number(qulonglong(length)));
        QVERIFY(refusal(whole + "x").contains("damaged"));
        for (std::size_t at = 20; at < whole.size(); at += whole.size() / 50) {
            std::string bytes = whole;
            bytes[at] = static_cast<char>(bytes[at] ^ 4);
            QVERIFY2(refusal(bytes).contains("damaged"), QByteArray::number(qulonglong(at)));
        }
        std::string newer = whole;
        newer[16] = 9;
        QVERIFY(refusal(newer).contains("newer Eyepiece"));
        QVERIFY(refusal("").contains("not a classifier"));
        QVERIFY(refusal("something else, and longer than its head").contains("not a classifier"));
        QVERIFY(failure([&] {
                    classify({here("field.tif")}, {{"classifier", here("none").string()}});
                }).contains("no classifier"));
        QVERIFY(failure([&] {
                    classify({here("field.tif")}, {{"classifier", here("project").string() + ":none"}});
                }).contains("There are: pixels"));
    }

    void images_it_cannot_judge_are_named() {
        learn({{"set", {{"trees", 3}}}});
        Image colour = Image::create(PixelType::UInt8, 3, 40, 50);
        for (int channel = 0; channel < 3; ++channel)
            std::ranges::fill(colour.writable_plane_as<std::uint8_t>(channel), std::uint8_t{90});
        write(here("colour.tif"), colour);
        const PixelType other = image_.type() == PixelType::UInt8 ? PixelType::UInt16 : PixelType::UInt8;
        write(here("other.tif"), image_.converted(other));
        std::ofstream(here("broken.tif")) << "no image";
        QVERIFY(failure([&] { classify({here("colour.tif")}); }).contains("1 channel, and this one has 3"));
        QVERIFY(failure([&] { classify({here("other.tif")}); }).contains("another brightness"));
        QVERIFY(failure([&] { classify({}); }).contains("which images"));
        QVERIFY(failure([&] {
                    classify({here("field.tif")}, {{"out", here("").string()}});
                }).contains("replace the input"));
        // Among others they are passed over, and nothing of them is left.
        Heard heard;
        const Json answer =
            classify({here("broken.tif"), here("field.tif"), here("colour.tif")}, Json::object(), heard);
        QCOMPARE(answer["outputs"].size(), std::size_t{1});
        QCOMPARE(answer["failed"].size(), std::size_t{2});
        QVERIFY(answer["failed"][0]["reason"].get<std::string>().find("broken.tif") != std::string::npos);
        QCOMPARE(heard.warnings.size(), std::size_t{2});
        QVERIFY(fs::exists(here("out/field.tif")));
        QVERIFY(!fs::exists(here("out/colour.tif")) && !fs::exists(here("out/broken.tif")));
    }

    void inputs_of_one_name_are_told_apart() {
        learn({{"set", {{"trees", 3}}}});
        for (const char* part : {"a", "b"})
            fs::create_directories(here(part));
        fs::copy(here("field.tif"), here("a/field.tif"));
        fs::copy(here("field.tif"), here("b/field.tif"));
        fs::copy(here("field.tif"), here("field_probabilities.tif"));
        const Json answer =
            classify({here("a/field.tif"), here("b/field.tif"), here("field_probabilities.tif")},
                     {{"probabilities", true}});
        std::set<std::string> files;
        for (const Json& one : answer["outputs"])
            for (const char* member : {"out", "listed", "probabilities"}) {
                QVERIFY(fs::exists(one[member].get<std::string>()));
                files.insert(one[member].get<std::string>());
            }
        QCOMPARE(files.size(), std::size_t{9});
    }

    void cancelled_nothing_half_is_left() {
        learn({{"set", {{"trees", 3}}}});
        Heard heard;
        heard.stop_at = 0.3;
        QVERIFY(failure([&] {
                    classify({here("field.tif")}, {{"probabilities", true}}, heard);
                }).contains("Cancelled"));
        QVERIFY(fs::is_empty(here("out")));
    }

    void too_little_to_learn_from() {
        project_ = Project::create(here("empty"));
        QVERIFY(failure([&] { learn({{"project", here("empty").string()}}); }).contains("Paint a little"));
        QVERIFY(failure([&] { learn({{"name", "../away"}}); }).contains("name"));
        QVERIFY(failure([&] { learn({{"name", ""}}); }).contains("name"));
        QVERIFY(failure([&] { learn({{"project", here("none").string()}}); }).contains("none"));
        QVERIFY(!fs::exists(here("empty/classifiers")));
    }

    void images_of_another_type_do_not_spoil_the_learning() {
        const PixelType other = image_.type() == PixelType::UInt8 ? PixelType::UInt16 : PixelType::UInt8;
        write(here("other.tif"), image_.converted(other));
        const ItemId item = project_->items().add({here("other.tif")}).added.at(0);
        project_->items().set_facts(item, facts_of(here("other.tif")));
        LabelMap map(20, 20);
        std::fill(map.ids().begin(), map.ids().end(), 1u);
        LabelObject made;
        made.id = 1;
        made.class_id = nucleus_;
        project_->labels().commit(
            {.item = item, .tool = "brush", .region = {0, 0, 20, 20}, .pixels = map, .objects = {made}});
        Heard heard;
        QCOMPARE(learn({{"set", {{"trees", 3}}}}, heard)["images"], Json(1));
        QCOMPARE(heard.warnings.size(), std::size_t{1});
        QVERIFY(heard.warnings[0].find("another pixel type") != std::string::npos);
    }

private:
    fs::path here(const std::string& name) const { return folder_->filePath(name.c_str()).toStdString(); }

    static void write(const fs::path& file, const Image& image) {
        TiffWriter writer(file, image.type(), image.channels(), image.height(), image.width(),
                          {.rgb = image.channels() == 3});
        writer.write_rows(image);
        writer.finish();
    }
    Json learn(Json spec, Heard& heard) {
        if (!spec.contains("project"))
            spec["project"] = here("project").string();
        return run_operation(services_, "train-forest", spec, heard).json;
    }
    Json learn(const Json& spec) {
        Heard heard;
        return learn(spec, heard);
    }
    Json classify(const std::vector<fs::path>& inputs, const Json& more, Heard& heard) {
        Json spec{{"classifier", here("project").string() + ":pixels"}, {"out", here("out").string()}};
        spec["input"] = Json::array();
        for (const fs::path& input : inputs)
            spec["input"].push_back(input.string());
        spec.update(more);
        return run_operation(services_, "classify-pixels", spec, heard).json;
    }
    Json classify(const std::vector<fs::path>& inputs, const Json& more = Json::object()) {
        Heard heard;
        return classify(inputs, more, heard);
    }
    template<class Work>
    static QString failure(const Work& work) {
        try {
            work();
        } catch (const Error& error) {
            return QString::fromUtf8(error.what());
        }
        return {};
    }

    EngineServices services_;
    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<Project> project_;
    Image image_;
    ItemId item_ = 0;
    ClassId nucleus_ = 0;
};

QTEST_GUILESS_MAIN(TestKeptForest)
#include "test_kept_forest.moc"
