// SPDX-License-Identifier: GPL-3.0-or-later
// The operation live-forest, from labels on disk to classes of pixels.
#include "core/data/sample_nuclei.h"
#include "core/formats/image_reader.h"
#include "core/formats/tiff_writer.h"
#include "core/intake/facts.h"
#include "core/learning/random.h"
#include "core/operations/plugin_loader.h"
#include "core/operations/run_operation.h"
#include "core/project/project.h"

#include <QtTest>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <thread>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

class Heard : public QuietJob {
public:
    void partial(const Json& head, std::span<const std::byte> bytes) override {
        heads.push_back(head);
        QVERIFY(bytes.size() ==
                2 * head.at("region")[2].get<std::size_t>() * head.at("region")[3].get<std::size_t>());
    }
    void warn(std::string_view message) override { warnings.emplace_back(message); }
    std::vector<Json> heads;
    std::vector<std::string> warnings;
};

LabelObject object(ObjectId id, ClassId class_id) {
    LabelObject made;
    made.id = id;
    made.class_id = class_id;
    return made;
}

} // namespace

class TestLiveForest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        register_operations(services_);
        services_.plugins = load_engine_plugins(plugin_search_path(), services_.registries);
        services_.options.threads = 2;
        QVERIFY(services_.registries.operations.find("live-forest") != nullptr);
    }

    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        project_ = Project::create(folder_->filePath("project").toStdString());
        nucleus_ = project_->classes().find_or_add("nucleus");
    }

    void a_few_strokes_classify_the_image() {
        const NucleiField field = generate_nuclei({.width = 600, .height = 400, .nuclei = 120, .seed = 3});
        const ItemId item = add("field.tif", field.image);
        label_some(item, field.labels, 6);
        Heard heard;
        const OperationResult result = run({{"item", item}, {"view", {300, 100, 200, 150}}}, heard);
        QCOMPARE(result.json["kind"], Json("pixel-classes"));
        QCOMPARE(result.json["region"], (Json{0, 0, 600, 400}));
        QCOMPARE(result.json["classes"], (Json{0, nucleus_}));
        QCOMPARE(result.bytes.size(), std::size_t{2 * 600 * 400});
        QVERIFY2(agreement(result, field.labels) > 0.92, QByteArray::number(agreement(result, field.labels)));
        // What is in sight comes first, and the parts make up the whole.
        QCOMPARE(heard.heads.front()["region"], (Json{300, 100, 200, 150}));
        QVERIFY(heard.heads.size() >= 2);
        QCOMPARE(result.json["images"], Json(1));
        QVERIFY(result.json["labelled_pixels"]["0"].get<int>() > 100);
        QVERIFY(result.json["out_of_bag"].get<double>() > 0.9);
        double sum = 0, last = 1;
        for (const Json& one : result.json["importances"]) {
            QVERIFY(one["value"].get<double>() <= last);
            last = one["value"];
            sum += last;
        }
        QVERIFY(std::abs(sum - 1) < 1e-6);
        // Suggestions lie where the forest is less sure than elsewhere.
        QVERIFY(result.json["next"].size() >= 1);
        const Json& next = result.json["next"][0];
        double mean = 0;
        for (std::size_t at = 0; at < 600 * 400; ++at)
            mean += static_cast<double>(result.bytes[600 * 400 + at]);
        QVERIFY(certainty(result, next) < mean / (600 * 400));
        QVERIFY(next["reason"].get<std::string>().starts_with("least sure here"));
        // Again, it is the same bit for bit; another seed is another forest.
        QVERIFY(run({{"item", item}}, heard).bytes == result.bytes);
        QVERIFY(run({{"item", item}, {"seed", 9}}, heard).bytes != result.bytes);
        QVERIFY(run({{"item", item}, {"threads", 1}}, heard).bytes == result.bytes);
    }

    void what_was_learnt_on_one_image_serves_another() {
        const NucleiField first = generate_nuclei({.nuclei = 30, .seed = 4}),
                          second = generate_nuclei({.nuclei = 30, .seed = 5});
        const ItemId taught = add("first.tif", first.image), other = add("second.tif", second.image);
        label_some(taught, first.labels, 5);
        Heard heard;
        const OperationResult result = run({{"item", other}}, heard);
        QVERIFY(agreement(result, second.labels) > 0.9);
        QVERIFY(heard.warnings.empty());
        // A complete image: what bears no label is background.
        LabelEdit edit;
        edit.item = other;
        edit.tool = "import";
        edit.region = {0, 0, 256, 256};
        edit.pixels = second.labels;
        for (ObjectId id = 1; id <= second.labels.largest_id(); ++id)
            edit.objects.push_back(object(id, nucleus_));
        project_->labels().commit(edit);
        project_->items().set_complete(other, true);
        const OperationResult better = run({{"item", other}}, heard);
        QCOMPARE(better.json["images"], Json(2));
        QVERIFY(better.json["labelled_pixels"]["0"] > result.json["labelled_pixels"]["0"]);
        QVERIFY(agreement(better, second.labels) > 0.95);
    }

    void too_little_says_what_to_draw() {
        const NucleiField field = generate_nuclei({.nuclei = 30, .seed = 6});
        const ItemId item = add("field.tif", field.image);
        Heard heard;
        QVERIFY(failure({{"item", item}}).contains("at least two classes"));
        LabelMap map(20, 20);
        std::fill(map.ids().begin(), map.ids().end(), 1u);
        project_->labels().commit({.item = item,
                                   .tool = "brush",
                                   .region = {30, 30, 20, 20},
                                   .pixels = map,
                                   .objects = {object(1, nucleus_)}});
        QVERIFY(failure({{"item", item}}).contains("Only nucleus is labelled so far"));
        QVERIFY(failure({{"item", 99}}).contains("99"));
        QVERIFY(failure({}).contains("which image"));
        QVERIFY(failure({{"item", item}, {"set", {{"sigmas", "0"}}}}).contains("sigma"));
        QVERIFY(failure({{"item", item}, {"set", {{"tree", 3}}}}).contains("trees")); // the nearest name
        QVERIFY(failure({{"item", item}, {"plane", {{"z", 4}}}}).contains("no plane"));
        QVERIFY(failure({{"item", item}, {"view", "left"}}).contains("four numbers"));
    }

    void an_image_of_other_channels_is_passed_over() {
        const NucleiField field = generate_nuclei({.nuclei = 30, .seed = 7});
        const ItemId item = add("gray.tif", field.image);
        label_some(item, field.labels, 4);
        Image colour = Image::create(PixelType::UInt8, 3, 64, 64);
        for (int channel = 0; channel < 3; ++channel)
            std::ranges::fill(colour.writable_plane_as<std::uint8_t>(channel), std::uint8_t{90});
        const ItemId other = add("colour.tif", colour);
        LabelMap map(64, 64);
        std::fill(map.ids().begin(), map.ids().end(), 1u);
        project_->labels().commit({.item = other,
                                   .tool = "brush",
                                   .region = {0, 0, 64, 64},
                                   .pixels = map,
                                   .objects = {object(1, nucleus_)}});
        Heard heard;
        QCOMPARE(run({{"item", item}}, heard).json["images"], Json(1));
        QCOMPARE(heard.warnings.size(), std::size_t{1});
        QVERIFY(heard.warnings[0].find("other channels") != std::string::npos);
    }

    void a_labelled_image_that_cannot_be_read_is_passed_over() {
        const NucleiField field = generate_nuclei({.nuclei = 30, .seed = 11});
        const ItemId item = add("here.tif", field.image), other = add("damaged.tif", field.image);
        label_some(item, field.labels, 4);
        label_some(other, field.labels, 4);
        std::ofstream(folder_->filePath("damaged.tif").toStdString()) << "no image any more";
        Heard heard;
        QCOMPARE(run({{"item", item}}, heard).json["images"], Json(1));
        QCOMPARE(heard.warnings.size(), std::size_t{1});
        QVERIFY(heard.warnings[0].find("damaged.tif") != std::string::npos);
        QVERIFY(failure({{"item", other}}).contains("damaged.tif"));
    }

    void a_newer_request_need_not_wait() {
        const NucleiField field = generate_nuclei({.width = 1500, .height = 1500, .nuclei = 600, .seed = 8});
        const ItemId item = add("large.tif", field.image);
        label_some(item, field.labels, 8);
        QuietJob job;
        std::chrono::steady_clock::time_point told;
        std::thread teller([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(150));
            told = std::chrono::steady_clock::now();
            job.cancel = true;
        });
        bool cancelled = false;
        try {
            run({{"item", item}}, job);
        } catch (const Error& error) {
            cancelled = error.code() == ErrorCode::Cancelled;
        }
        const auto waited = std::chrono::steady_clock::now();
        teller.join();
        QVERIFY(cancelled);
        // 50 ms where the machine is free; here others may use it.
        QVERIFY(waited - told < std::chrono::milliseconds(400));
    }

    void real_nuclei() {
        const char* shared = std::getenv("EYEPIECE_SHARED_DATA");
        const fs::path data = fs::path(shared ? shared : "") / "nuclei/dsb2018";
        if (!fs::exists(data / "images"))
            QSKIP("no shared data");
        double sum = 0;
        int images = 0;
        for (const auto& file : fs::directory_iterator(data / "images")) {
            const Image image = read_image(file.path());
            if (image.width() > 520 || images == 6)
                continue;
            const Image masks = read_image(data / "masks" / file.path().filename());
            LabelMap truth(masks.height(), masks.width());
            for (std::size_t at = 0; at < truth.ids().size(); ++at)
                truth.ids()[at] =
                    static_cast<ObjectId>(masks.value(0, static_cast<std::int64_t>(at) % masks.width(),
                                                      static_cast<std::int64_t>(at) / masks.width()));
            init();
            const ItemId item = project_->items().add({file.path()}).added.at(0);
            project_->items().set_facts(item, facts_of(file.path()));
            label_some(item, truth, 4);
            Heard heard;
            const double right = agreement(run({{"item", item}}, heard), truth);
            qInfo("%s: %.3f of the pixels", file.path().filename().c_str(), right);
            sum += right;
            ++images;
        }
        QVERIFY2(sum / images > 0.9, QByteArray::number(sum / images));
    }

private:
    ItemId add(const char* name, const Image& image) {
        const fs::path file = folder_->filePath(name).toStdString();
        TiffWriter writer(file, image.type(), image.channels(), image.height(), image.width(),
                          {.rgb = image.channels() == 3});
        writer.write_rows(image);
        writer.finish();
        const ItemId item = project_->items().add({file}).added.at(0);
        project_->items().set_facts(item, facts_of(file));
        return item;
    }

    // Spots of seven pixels, as many on nuclei as on background, each within its class; and what is
    // background about those on nuclei, as one paints who sees that a rim is taken for a nucleus.
    void label_some(ItemId item, const LabelMap& truth, int of_each) {
        LabelMap map(truth.height(), truth.width());
        Random random(12345);
        const auto spot = [&](std::int64_t x, std::int64_t y, std::int64_t radius, bool on) {
            for (std::int64_t dy = -radius; dy <= radius; ++dy)
                for (std::int64_t dx = -radius; dx <= radius; ++dx)
                    if (x + dx >= 0 && y + dy >= 0 && x + dx < truth.width() && y + dy < truth.height() &&
                        (truth.at(x + dx, y + dy) != 0) == on)
                        map.set(x + dx, y + dy, on ? 2 : 1);
        };
        for (const bool on : {false, true})
            for (int made = 0, tries = 0; made < of_each && tries < 100'000; ++tries) {
                const std::int64_t x = random.below(truth.width()), y = random.below(truth.height());
                if ((truth.at(x, y) != 0) != on)
                    continue;
                spot(x, y, 3, on);
                if (on)
                    spot(x, y, 12, false);
                ++made;
            }
        project_->labels().commit({.item = item,
                                   .tool = "brush",
                                   .region = {0, 0, truth.width(), truth.height()},
                                   .pixels = map,
                                   .objects = {object(1, 0), object(2, nucleus_)}});
    }

    OperationResult run(Json spec, JobContext& job) {
        spec["project"] = project_->folder().string();
        return run_operation(services_, "live-forest", spec, job);
    }
    QString failure(const Json& spec) {
        QuietJob job;
        try {
            run(spec, job);
        } catch (const Error& error) {
            return QString::fromUtf8(error.what());
        }
        return {};
    }
    static double agreement(const OperationResult& result, const LabelMap& truth) {
        std::size_t right = 0;
        for (std::size_t at = 0; at < truth.ids().size(); ++at)
            right += (result.bytes[at] != std::byte{0}) == (truth.ids()[at] != 0);
        return static_cast<double>(right) / static_cast<double>(truth.ids().size());
    }
    static double certainty(const OperationResult& result, const Json& place) {
        const std::int64_t width = result.json["region"][2], height = result.json["region"][3];
        double sum = 0;
        for (std::int64_t y = place["y"]; y < place["y"].get<int>() + place["h"].get<int>(); ++y)
            for (std::int64_t x = place["x"]; x < place["x"].get<int>() + place["w"].get<int>(); ++x)
                sum += static_cast<double>(
                    result.bytes[static_cast<std::size_t>(width * height + y * width + x)]);
        return sum / (place["w"].get<double>() * place["h"].get<double>());
    }

    EngineServices services_;
    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<Project> project_;
    ClassId nucleus_ = 0;
};

QTEST_GUILESS_MAIN(TestLiveForest)
#include "test_live_forest.moc"
