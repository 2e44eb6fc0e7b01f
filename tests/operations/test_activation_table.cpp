// SPDX-License-Identifier: GPL-3.0-or-later
// What a layer of a trained network makes of images and objects, against LibTorch's own enlargement of its
// maps.
#include "core/formats/image_reader.h"
#include "core/formats/image_writer.h"
#include "core/operations/open.h"
#include "core/operations/plugin_loader.h"
#include "core/operations/run_operation.h"
#include "core/project/project.h"

#include <QtTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

class WarnedJob : public QuietJob {
public:
    void warn(std::string_view message) override { warnings.emplace_back(message); }
    std::vector<std::string> warnings;
};

bool near(double a, double b) {
    return std::abs(a - b) <= 1e-5 * std::max(1.0, std::abs(b));
}

} // namespace

class TestActivationTable : public QObject {
    Q_OBJECT

    // (height, width) of each image; the second is no multiple of what the network takes.
    static constexpr std::array<std::pair<std::int64_t, std::int64_t>, 4> sizes{
        {{64, 64}, {61, 50}, {64, 64}, {80, 64}}};

    Table make(const Json& set) {
        WarnedJob job;
        return make(project_, set, job);
    }
    Table make(const fs::path& folder, const Json& set, JobContext& job) {
        const auto& entry = services_.registries.tables.at("activations");
        return entry.make()->make(folder, entry.parameters.complete(set), job);
    }
    QString refusal(const Json& set) {
        try {
            make(set);
        } catch (const Error& error) {
            return error.what();
        }
        return {};
    }

    // The layer's map of the whole image (F,h,w), and the same enlarged to its pixels (F,H,W), as Grad-CAM
    // lays it over.
    std::pair<torch::Tensor, torch::Tensor> maps_of(const Item& item, const std::string& layer) {
        const auto network = open_network(services_, project_.string() + ":1", select_device("cpu", 1));
        const auto source = open_image(item.path);
        const Image pixels = network->normalisation().arranged(source->read({0, 0, item.width, item.height}));
        torch::Tensor input =
            network->normalisation().apply(pixels, network->normalisation().measure(*source)).unsqueeze(0);
        const auto up = [&](std::int64_t size) {
            const std::int64_t multiple = network->size_multiple();
            return (multiple - size % multiple) % multiple;
        };
        input = torch::reflection_pad2d(input, {0, up(item.width), 0, up(item.height)});
        const torch::Tensor map = network->activation(input, layer);
        const torch::Tensor large = torch::upsample_bilinear2d(map, input.sizes().slice(2), false)[0]
                                        .narrow(1, 0, item.height)
                                        .narrow(2, 0, item.width);
        return {map[0].clone(), large.clone()};
    }

    std::vector<Item> items() { return Project::open(project_, Project::Access::ReadOnly)->items().all(); }

    EngineServices services_;
    QTemporaryDir folder_;
    fs::path project_;

private Q_SLOTS:
    void initTestCase() {
        services_.options.device = "cpu";
        services_.options.threads = 2;
        register_operations(services_);
        services_.plugins = load_engine_plugins(plugin_search_path(), services_.registries);
        project_ = fs::path(folder_.path().toStdString()) / "project";
        const auto project = Project::create(project_, "tiny");
        const std::array classes{project->classes().add("round"), project->classes().add("square")};
        std::vector<fs::path> paths;
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            const auto [height, width] = sizes[i];
            Image image = Image::create(PixelType::UInt8, 1, height, width);
            const auto pixels = image.writable_plane_as<std::uint8_t>(0);
            for (std::size_t at = 0; at < pixels.size(); ++at)
                pixels[at] = static_cast<std::uint8_t>((at * 2654435761u >> 8) % 120);
            for (std::int64_t y = 8; y < 20; ++y)
                for (std::int64_t x = 8; x < 30; ++x)
                    pixels[static_cast<std::size_t>(y * width + x)] = 220;
            paths.push_back(project_ / ("image" + std::to_string(i) + ".png"));
            write_image(paths.back(), image);
        }
        const AddReport added = project->items().add(paths);
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            const auto [height, width] = sizes[i];
            const ItemId id = added.added.at(i);
            project->items().set_facts(id, {content_hash(paths[i]), width, height, 1});
            LabelEdit edit;
            edit.item = id;
            edit.tool = "import";
            edit.region = {0, 0, width, height};
            edit.pixels = LabelMap(height, width);
            for (std::int64_t y = 8; y < 20; ++y) // a triangle
                for (std::int64_t x = 8; x < 8 + (y - 7) * 2; ++x)
                    edit.pixels.set(x, y, 1);
            for (std::int64_t y = height - 9; y < height; ++y) // into the corner
                for (std::int64_t x = width - 13; x < width; ++x)
                    edit.pixels.set(x, y, 2);
            edit.pixels.set(2, 3, 3); // one pixel
            for (ObjectId object = 1; object <= 3; ++object) {
                LabelObject entry;
                entry.id = object;
                entry.class_id = classes[object % 2];
                edit.objects.push_back(entry);
            }
            project->labels().commit(edit);
            project->items().set_complete(id, true);
            project->splits().assign({id}, i < 2 ? "train" : i == 2 ? "val" : "test");
        }
        QuietJob job;
        run_operation(
            services_, "train",
            {{"project", project_.string()},
             {"task", "semantic-segmentation"},
             {"model", "unet"},
             {"method", "supervised"},
             {"seed", 3},
             {"set",
              {{"epochs", 1}, {"batch-size", 2}, {"patch-size", 48}, {"depth", 2}, {"base-width", 8}}}},
            job);
    }

    // Of images whose sides the network takes as they are: the mean and spread over the map's positions.
    void images_are_averaged_over_all_positions() {
        const std::vector<Item> all = items();
        for (const char* layer : {"encoder.1", "bottleneck", "head"}) {
            const Table table = make({{"run", "1"}, {"layer", layer}, {"spread", true}});
            QCOMPARE(table.rows(), all.size());
            for (std::size_t row = 0; row < all.size(); ++row) {
                QCOMPARE(table.row_names()->shown(row), all[row].name);
                const auto [map, large] = maps_of(all[row], layer);
                const bool fits = all[row].width % 4 == 0 && all[row].height % 4 == 0;
                const torch::Tensor flat = map.flatten(1).to(torch::kFloat64),
                                    mean = large.flatten(1).to(torch::kFloat64).mean(1);
                for (std::int64_t f = 0; f < map.size(0); ++f) {
                    const std::string name = std::string(layer) + "/" + std::to_string(f + 1);
                    const double said = table.column(table.at(name)).number(row);
                    QVERIFY2(near(said, mean[f].item<double>()), name.c_str());
                    if (!fits)
                        continue;
                    QVERIFY2(near(said, flat[f].mean().item<double>()), name.c_str());
                    QVERIFY2(near(table.column(table.at("sd " + name)).number(row),
                                  flat[f].std(false).item<double>()),
                             name.c_str());
                }
            }
        }
    }

    // Of objects: the mean over their pixels of the enlarged map, in the order of the table of objects.
    void objects_are_averaged_over_their_pixels() {
        const auto project = Project::open(project_, Project::Access::ReadOnly);
        const std::vector<Item> all = items();
        ProjectTableRegistry tables("table of a project");
        register_project_tables(tables);
        QuietJob job;
        const Table objects = tables.at("objects").make()->make(project_, {{"intensities", false}}, job);
        for (const char* layer : {"encoder.2", "bottleneck", "decoder.1"}) {
            const Table table = make({{"run", "1"}, {"layer", layer}, {"rows", "objects"}});
            QCOMPARE(table.rows(), 3 * all.size());
            for (std::size_t row = 0; row < table.rows(); ++row) {
                for (const char* column : {"class", "item", "item id", "object id"})
                    QCOMPARE(table.column(table.at(column)).shown(row),
                             objects.column(objects.at(column)).shown(row));
                const Item& item = all[row / 3];
                const torch::Tensor large = maps_of(item, layer).second;
                const LabelMap labels = project->labels().read(item.id, {0, 0, item.width, item.height});
                const auto object = static_cast<ObjectId>(row % 3 + 1);
                torch::Tensor inside = torch::zeros({item.height, item.width}, torch::kFloat64);
                for (std::int64_t y = 0; y < item.height; ++y)
                    for (std::int64_t x = 0; x < item.width; ++x)
                        if (labels.at(x, y) == object)
                            inside[y][x] = 1;
                const torch::Tensor mean = (large.to(torch::kFloat64) * inside).sum({1, 2}) / inside.sum();
                for (std::int64_t f = 0; f < mean.numel(); ++f) {
                    const std::string name = std::string(layer) + "/" + std::to_string(f + 1);
                    QVERIFY2(near(table.column(table.at(name)).number(row), mean[f].item<double>()),
                             (name + " of row " + std::to_string(row)).c_str());
                }
            }
        }
    }

    // A project's run serves a folder of other images; what cannot be read there is named and left out.
    void a_folder_of_images_and_a_broken_one() {
        const fs::path other = fs::path(folder_.path().toStdString()) / "other";
        fs::create_directories(other);
        fs::copy_file(items()[0].path, other / "b.png");
        std::ofstream(other / "a.png") << "no picture";
        WarnedJob job;
        const Json set{{"run", project_.string() + ":1"}, {"layer", "bottleneck"}};
        const Table table = make(other, set, job);
        QCOMPARE(table.rows(), std::size_t{1});
        QCOMPARE(job.warnings.size(), std::size_t{1});
        QVERIFY(job.warnings[0].find("a.png") != std::string::npos);
        const Table of_project = make({{"run", "1"}, {"layer", "bottleneck"}});
        QCOMPARE(table.column(table.at("bottleneck/7")).number(0),
                 of_project.column(of_project.at("bottleneck/7")).number(0));
        fs::remove(other / "b.png");
        QVERIFY_EXCEPTION_THROWN(make(other, set, job), Error);
    }

    void what_cannot_be_says_what_can() {
        QVERIFY(refusal({{"layer", "head"}}).contains("Name a run: 0001-unet"));
        QVERIFY(refusal({{"run", "2"}, {"layer", "head"}}).contains("Known: 0001-unet"));
        QVERIFY(refusal({{"run", "1"}, {"layer", "encodr.2"}}).contains("the nearest is \"encoder.2\""));
        QVERIFY(refusal({{"run", "1"}}).contains("It has: encoder.1"));
        const fs::path file = fs::path(folder_.path().toStdString()) / "exported.pt";
        QuietJob job;
        run_operation(
            services_, "export",
            {{"model", project_.string() + ":1"}, {"format", "torchscript"}, {"out", file.string()}}, job);
        QVERIFY(refusal({{"run", file.string()}, {"layer", "head"}}).contains("Choose the run"));
        job.cancel = true;
        bool cancelled = false;
        try {
            make(project_, {{"run", "1"}, {"layer", "head"}}, job);
        } catch (const Error& error) {
            cancelled = error.code() == ErrorCode::Cancelled;
        }
        QVERIFY(cancelled);
    }
};

QTEST_GUILESS_MAIN(TestActivationTable)
#include "test_activation_table.moc"
