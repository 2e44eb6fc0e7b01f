// SPDX-License-Identifier: GPL-3.0-or-later
// A few examples of each class, and every object of the project is told which it is.
#include "core/formats/tiff_writer.h"
#include "core/intake/facts.h"
#include "core/operations/plugin_loader.h"
#include "core/operations/run_operation.h"
#include "core/project/class_examples.h"
#include "core/project/project.h"
#include "plugins/label/engine/row_sorting.h"

#include <QtTest>

#include <cmath>
#include <fstream>
#include <limits>

using namespace eyepiece;
using namespace eyepiece::label;
namespace fs = std::filesystem;

namespace {

constexpr int columns = 8, rows = 6, cell = 40;

class Stopped : public QuietJob {
public:
    bool cancelled() const noexcept override { return true; }
};

// Of every second object: long, and as bright as the round ones.
bool is_long(int object) {
    return (object * 7) % 3 == 0;
}

} // namespace

class TestSortObjects : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        register_operations(services_);
        services_.plugins = load_engine_plugins(plugin_search_path(), services_.registries);
        services_.options.threads = 2;
    }

    // Two images of 48 objects each, discs and bars of random sizes, all of the class "disc".
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        project_ = Project::create(here("project"));
        disc_ = project_->classes().add("disc");
        bar_ = project_->classes().add("bar");
        items_.clear();
        for (int image = 0; image < 2; ++image)
            add_image(image);
    }

    void a_few_examples_tell_the_rest() {
        const Json result = sort({key(0, 0), key(0, 1), key(0, 2), key(0, 3), key(0, 4), key(0, 6)});
        QCOMPARE(result["objects"].size(), std::size_t{2 * columns * rows});
        int wrong = 0;
        for (const Json& one : result["objects"]) {
            const bool is_bar = is_long(one[1].get<int>() - 1);
            wrong += one[2].get<ClassId>() != (is_bar ? bar_ : disc_);
            QVERIFY(one[3].get<double>() >= 0 && one[3].get<double>() <= 1);
        }
        QVERIFY2(wrong <= 4, // of 96, from six examples
                 qPrintable(QStringLiteral("%1 of 96 are wrong").arg(wrong)));
        QCOMPARE(result["examples"][std::to_string(bar_)], Json(3)); // 0, 3 and 6
        QVERIFY(result["changes"].get<int>() >= 2 * 16 - 3 - 4);
        const std::string best = result["importances"][0]["feature"];
        for (const char* brightness : {"mean", "sd", "minimum", "maximum"}) // which says nothing here
            QVERIFY2(best.find(brightness) == best.npos, best.c_str());
        for (const Json& one : result["next"])
            QVERIFY(one != key(0, 0)); // an example is not asked for again
        // The class that an object has counts, not what it looks like; and the same seed says the same.
        QCOMPARE(sort({key(0, 0), key(0, 1), key(0, 2), key(0, 3), key(0, 4), key(0, 6)})["objects"],
                 result["objects"]);
    }

    void kept_examples_are_taken_and_lost_ones_left_out() {
        make_bar({key(0, 0), key(1, 3)});
        write_class_examples(here("project"), {object(0, 0), object(1, 3), object(0, 1), {999, 1}});
        QuietJob job;
        const Json result =
            run_operation(services_, "sort-objects", {{"project", here("project").string()}}, job).json;
        QCOMPARE(result["examples"][std::to_string(bar_)], Json(2));
        QCOMPARE(result["examples"][std::to_string(disc_)], Json(1));
        for (const Json& one : result["objects"])
            if (one[0] == items_[1] && one[1] == 4) {
                QCOMPARE(one[2], Json(bar_));
                QCOMPARE(one[3], Json(1.0f));
            }
    }

    void what_is_missing_is_said() {
        const auto message = [&](const Json& examples) {
            QuietJob job;
            try {
                run_operation(services_, "sort-objects",
                              {{"project", here("project").string()}, {"examples", examples}}, job);
            } catch (const Error& error) {
                return error.code() == ErrorCode::BadInput ? QString(error.what()) : QString("other code");
            }
            return QString("no error");
        };
        QVERIFY2(message(Json::array()).contains("No object is an example"),
                 qPrintable(message(Json::array())));
        const Json one = Json::array({key(0, 1), key(0, 2)});
        QVERIFY2(message(one).contains("one class (disc)"), qPrintable(message(one)));
        QVERIFY(message(Json::array({1, 2})).contains("pair of numbers"));
        std::ofstream(here("project") / "examples.json") << "{\"version\":1,\"examples\":[3]}";
        QVERIFY(message(Json()).contains("damaged"));
        std::ofstream(here("project") / "examples.json") << "{\"version\":2,\"examples\":[]}";
        QVERIFY_EXCEPTION_THROWN(read_class_examples(here("project")), Error);
    }

    void it_stops_when_cancelled() {
        make_bar({key(0, 0)});
        Stopped job;
        try {
            run_operation(services_, "sort-objects",
                          {{"project", here("project").string()}, {"examples", {key(0, 0), key(0, 1)}}}, job);
            QFAIL("it went on");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Cancelled);
        }
    }

    // Missing values are a value of their own, and only the order of the others counts.
    void rows_by_their_order() {
        NumericMatrix matrix;
        matrix.rows = 60;
        matrix.columns = 2;
        matrix.names = {"a", "b"};
        const float none = std::numeric_limits<float>::quiet_NaN();
        for (int row = 0; row < 60; ++row) {
            matrix.values.push_back(row % 2 == 0 ? none : static_cast<float>(row));
            matrix.values.push_back(static_cast<float>((row * 37) % 60));
        }
        std::vector<std::size_t> examples;
        std::vector<std::uint8_t> classes;
        for (std::size_t row = 0; row < 20; ++row) {
            examples.push_back(row);
            classes.push_back(row % 2);
        }
        QuietJob job;
        const SortedRows sorted = sort_rows(matrix, examples, classes, 2, {}, job);
        for (std::size_t row = 0; row < 60; ++row)
            QCOMPARE(sorted.classes[row], row % 2);
        QCOMPARE(sorted.importances.front().first, std::string("a"));
        NumericMatrix stretched = matrix;
        for (float& value : stretched.values)
            value = value * value * value;
        const SortedRows again = sort_rows(stretched, examples, classes, 2, {.threads = 2}, job);
        QCOMPARE(again.classes, sorted.classes);
        QCOMPARE(again.certainty, sorted.certainty);
    }

private:
    fs::path here(const std::string& name) const { return fs::path(folder_->path().toStdString()) / name; }
    ObjectKey object(int image, int place) const {
        return {items_[static_cast<std::size_t>(image)], static_cast<ObjectId>(place + 1)};
    }
    Json key(int image, int place) const { return {object(image, place).item, object(image, place).object}; }

    void add_image(int image) {
        const std::int64_t width = columns * cell, height = rows * cell;
        Image pixels = Image::create(PixelType::UInt16, 1, height, width);
        auto plane = pixels.writable_plane_as<std::uint16_t>(0);
        LabelEdit edit;
        edit.tool = "import";
        edit.region = {0, 0, width, height};
        edit.pixels = LabelMap(height, width);
        for (int place = 0; place < columns * rows; ++place) {
            const double half = 8 + (place * 5 + image) % 6;
            const double across = is_long(place) ? 3 + place % 2 : half;
            const double angle = 0.3 * place;
            const double cx = (place % columns + 0.5) * cell, cy = (place / columns + 0.5) * cell;
            LabelObject made;
            made.id = static_cast<ObjectId>(place + 1);
            made.class_id = disc_;
            edit.objects.push_back(made);
            for (std::int64_t y = 0; y < height; ++y)
                for (std::int64_t x = 0; x < width; ++x) {
                    const double dx = static_cast<double>(x) + 0.5 - cx,
                                 dy = static_cast<double>(y) + 0.5 - cy;
                    const double along = (dx * std::cos(angle) + dy * std::sin(angle)) / half,
                                 aside = (dy * std::cos(angle) - dx * std::sin(angle)) / across;
                    if (along * along + aside * aside <= 1) {
                        edit.pixels.set(x, y, made.id);
                        plane[static_cast<std::size_t>(y * width + x)] =
                            static_cast<std::uint16_t>(1000 + (place * 613) % 400);
                    }
                }
        }
        const fs::path file = here("image" + std::to_string(image) + ".tif");
        TiffWriter writer(file, pixels.type(), 1, height, width);
        writer.write_rows(pixels);
        writer.finish();
        edit.item = project_->items().add({file}).added.at(0);
        project_->items().set_facts(edit.item, facts_of(file));
        project_->labels().commit(edit);
        items_.push_back(edit.item);
    }

    void make_bar(const std::vector<Json>& keys) {
        std::vector<ObjectKey> wanted;
        for (const Json& one : keys)
            wanted.push_back({one[0].get<ItemId>(), one[1].get<ObjectId>()});
        project_->labels().set_class(wanted, bar_);
    }

    // Gives the long ones among the examples their class, and asks.
    Json sort(const std::vector<Json>& examples) {
        std::vector<Json> long_ones;
        for (const Json& one : examples)
            if (is_long(one[1].get<int>() - 1))
                long_ones.push_back(one);
        make_bar(long_ones);
        QuietJob job;
        return run_operation(services_, "sort-objects",
                             {{"project", here("project").string()}, {"examples", examples}, {"seed", 2}},
                             job)
            .json;
    }

    EngineServices services_;
    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<Project> project_;
    std::vector<ItemId> items_;
    ClassId disc_ = 0, bar_ = 0;
};

QTEST_GUILESS_MAIN(TestSortObjects)
#include "test_sort_objects.moc"
