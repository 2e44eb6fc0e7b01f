// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/learning/random.h"
#include "core/learning/tiled_prediction.h"
#include "core/models/models.h"

#include <QTest>
#include <algorithm>
#include <cmath>

using namespace eyepiece;

namespace {

class MemorySource : public ImageSource {
public:
    explicit MemorySource(Image image) : image_(std::move(image)) {
        info_.width = image_.width();
        info_.height = image_.height();
        info_.channels = image_.channels();
        info_.type = image_.type();
    }
    const ImageInfo& info() const override { return info_; }
    Image read(const Region& region, int, int, int) override {
        const Region inside = region.intersected({0, 0, info_.width, info_.height});
        largest = std::max(largest, inside.width * inside.height);
        return image_.cropped(inside);
    }
    std::int64_t largest = 0;

private:
    Image image_;
    ImageInfo info_;
};

Json card_of(int multiple, int margin) {
    Normalisation normalisation;
    normalisation.mode = "type";
    return {{"input",
             {{"channels", 1},
              {"size-multiple", multiple},
              {"margin", margin},
              {"normalisation", normalisation.to_json()}}},
            {"output", {{"channels", 2}}},
            {"classes",
             {{{"id", 0}, {"name", "background"}, {"color", {0, 0, 0}}},
              {{"id", 1}, {"name", "x"}, {"color", {1, 1, 1}}}}}};
}

// Says the input itself; counts its calls.
class Identity : public TrainedNetwork {
public:
    Identity(int multiple, int margin) : TrainedNetwork(card_of(multiple, margin), select_device("cpu", 2)) {}
    int calls = 0;

protected:
    torch::Tensor forward(const torch::Tensor& input) override {
        ++calls;
        if (input.size(2) % size_multiple() != 0 || input.size(3) % size_multiple() != 0)
            throw std::runtime_error("not a multiple");
        return torch::cat({torch::zeros_like(input), input}, 1);
    }
};

class SmallUNet : public TrainedNetwork {
public:
    SmallUNet() : TrainedNetwork(card_of(8, 16), select_device("cpu", 2)) {
        ModelRegistry models("model");
        register_models(models);
        torch::manual_seed(5);
        model_ = models.make("unet")->make(
            {1, 2, 2}, models.at("unet").parameters.complete({{"depth", 3}, {"base-width", 4}}));
        model_->eval();
    }
    std::shared_ptr<Model> model() const override { return model_; }

protected:
    torch::Tensor forward(const torch::Tensor& input) override { return model_->forward(input); }

private:
    std::shared_ptr<Model> model_;
};

Image noise(std::int64_t width, std::int64_t height) {
    Image image = Image::create(PixelType::UInt8, 1, height, width);
    Random random(8);
    for (auto& pixel : image.writable_plane_as<std::uint8_t>(0))
        pixel = static_cast<std::uint8_t>(random.below(256));
    return image;
}

torch::Tensor predict(TrainedNetwork& network, ImageSource& source, const Region& region,
                      TilingOptions options = {}) {
    std::vector<torch::Tensor> bands;
    std::int64_t next = 0;
    QuietJob job;
    predict_region(
        network, source, region, options,
        [&](std::int64_t y, const torch::Tensor& p) {
            if (y != next)
                throw std::runtime_error("bands out of order");
            next += p.size(1);
            bands.push_back(p.clone());
        },
        job);
    return torch::cat(bands, 1);
}

} // namespace

class TestTiledPrediction : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void putsEveryPixelInItsPlace();
    void blendsWithoutASeam();
    void answersForARegionAsForTheWhole();
    void readsNoMoreThanATile();
    void averagesMirrorImages();
    void showsALayerTileByTile();
    void refusesLayersThatAreNotThere();
    void stopsWhenCancelled();
};

void TestTiledPrediction::putsEveryPixelInItsPlace() {
    const std::vector<std::pair<std::int64_t, std::int64_t>> sizes{{301, 217}, {16, 500}, {64, 64}, {1, 1}};
    for (const auto& [width, height] : sizes) {
        const Image image = noise(width, height);
        MemorySource source(image);
        Identity network(8, 8);
        TilingOptions options;
        options.tile = 64;
        const auto p = predict(network, source, {0, 0, width, height}, options);
        QCOMPARE(p.sizes().vec(), (std::vector<std::int64_t>{2, height, width}));
        auto expected = torch::empty({height, width});
        for (std::int64_t y = 0; y < height; ++y)
            for (std::int64_t x = 0; x < width; ++x)
                expected[y][x] = 1 / (1 + std::exp(-image.value(0, x, y) / 255));
        QVERIFY((p[1] - expected).abs().max().item<double>() < 1e-5);
        QVERIFY((p.sum(0) - 1).abs().max().item<double>() < 1e-5);
        QVERIFY(width < 64 || height <= 64 || network.calls > 4);
    }
}

void TestTiledPrediction::blendsWithoutASeam() {
    const Image image = noise(200, 168);
    MemorySource source(image);
    SmallUNet network;
    TilingOptions options;
    options.tile = 96;
    const auto tiled = predict(network, source, {0, 0, 200, 168}, options),
               whole = predict(network, source, {0, 0, 200, 168});
    QVERIFY2((tiled - whole).abs().max().item<double>() < 5e-3,
             qPrintable(QString::number((tiled - whole).abs().max().item<double>())));
}

void TestTiledPrediction::answersForARegionAsForTheWhole() {
    const Image image = noise(200, 168);
    MemorySource source(image);
    SmallUNet network;
    const auto whole = predict(network, source, {0, 0, 200, 168});
    const auto part = predict(network, source, {67, 45, 60, 50});
    QVERIFY((part - whole.narrow(1, 45, 50).narrow(2, 67, 60)).abs().max().item<double>() < 5e-3);
    QVERIFY_EXCEPTION_THROWN(predict(network, source, {190, 0, 20, 20}), Error);
}

void TestTiledPrediction::readsNoMoreThanATile() {
    MemorySource source(noise(3000, 1500));
    Identity network(16, 16);
    predict(network, source, {0, 0, 3000, 1500});
    QVERIFY(source.largest <= 512 * 512);
    SmallUNet layered;
    MemorySource another(noise(3000, 1500));
    QuietJob job;
    std::int64_t covered = 0;
    visit_layer(
        layered, another, "encoder.2", 0,
        [&](const LayerTile& tile) { covered += tile.core.width * tile.core.height; }, job);
    QCOMPARE(covered, std::int64_t{3000 * 1500});
    QVERIFY(another.largest <= 576 * 576); // the tile and its margins
}

void TestTiledPrediction::averagesMirrorImages() {
    const Image image = noise(96, 64);
    MemorySource source(image);
    SmallUNet network;
    TilingOptions options;
    options.flips = true;
    const auto mean = predict(network, source, {0, 0, 96, 64}, options);
    Image mirrored = Image::create(PixelType::UInt8, 1, 64, 96);
    const auto to = mirrored.writable_plane_as<std::uint8_t>(0);
    for (std::int64_t y = 0; y < 64; ++y)
        for (std::int64_t x = 0; x < 96; ++x)
            to[static_cast<std::size_t>(y * 96 + x)] = static_cast<std::uint8_t>(image.value(0, 95 - x, y));
    MemorySource other(mirrored);
    QVERIFY((predict(network, other, {0, 0, 96, 64}, options).flip(2) - mean).abs().max().item<double>() <
            1e-5);
}

// The tiles' cores cover the image once, and put together they are the layer's map of the whole image.
void TestTiledPrediction::showsALayerTileByTile() {
    SmallUNet network;
    QuietJob job;
    for (const auto& [layer, stride] : {std::pair<std::string, std::int64_t>{"encoder.1", 1},
                                        {"bottleneck", 8},
                                        {"decoder.2", 2},
                                        {"head", 1}}) {
        MemorySource source(noise(200, 173)); // 173 is no multiple of 8
        torch::Tensor whole, together, seen = torch::zeros({173, 200});
        visit_layer(
            network, source, layer, 0,
            [&](const LayerTile& tile) {
                QVERIFY(!whole.defined());
                QVERIFY((tile.core == Region{0, 0, 200, 173}));
                QVERIFY((tile.seen == Region{0, 0, 200, 176}));
                whole = tile.maps;
            },
            job);
        QCOMPARE(whole.size(1), 176 / stride);
        together = torch::full_like(whole, std::nan(""));
        visit_layer(
            network, source, layer, 64,
            [&](const LayerTile& tile) {
                const Region& core = tile.core;
                QVERIFY(tile.seen.width <= 128 && tile.seen.height <= 128);
                seen.narrow(0, core.y, core.height).narrow(1, core.x, core.width).add_(1);
                const std::int64_t rows = (core.height + stride - 1) / stride,
                                   columns = (core.width + stride - 1) / stride;
                together.narrow(1, core.y / stride, rows)
                    .narrow(2, core.x / stride, columns)
                    .copy_(tile.maps.narrow(1, (core.y - tile.seen.y) / stride, rows)
                               .narrow(2, (core.x - tile.seen.x) / stride, columns));
            },
            job);
        QVERIFY((seen == 1).all().item<bool>());
        const std::int64_t rows = (173 + stride - 1) / stride; // what lies beyond the image is no tile's
        together = together.narrow(1, 0, rows);
        whole = whole.narrow(1, 0, rows);
        const double off = ((together - whole).abs().max() / whole.abs().max()).item<double>();
        // On its way back up the network looks a little farther than twice its margin.
        QVERIFY2(off < (layer.starts_with("decoder") || layer == "head" ? 2e-2 : 1e-5),
                 qPrintable(QString::fromStdString(layer) + QString(": %1").arg(off)));
    }
}

void TestTiledPrediction::refusesLayersThatAreNotThere() {
    MemorySource source(noise(64, 64));
    SmallUNet network;
    const auto sentence = [&](TrainedNetwork& asked, const std::string& layer) {
        QuietJob job;
        try {
            visit_layer(
                asked, source, layer, 0, [](const LayerTile&) {}, job);
        } catch (const Error& error) {
            return QString(error.what());
        }
        return QString();
    };
    const QString misspelt = sentence(network, "botleneck");
    QVERIFY2(misspelt.contains("the nearest is \"bottleneck\"") && misspelt.contains("encoder.1, "),
             qPrintable(misspelt));
    Identity opaque(8, 8);
    QVERIFY(sentence(opaque, "x").contains("Choose a run"));
    QuietJob job;
    job.cancel = true;
    QVERIFY_EXCEPTION_THROWN(visit_layer(
                                 network, source, "head", 0, [](const LayerTile&) {}, job),
                             Error);
}

void TestTiledPrediction::stopsWhenCancelled() {
    MemorySource source(noise(1500, 1500));
    Identity network(16, 16);
    QuietJob job;
    job.cancel = true;
    QVERIFY_EXCEPTION_THROWN(
        predict_region(
            network, source, {0, 0, 1500, 1500}, {}, [](std::int64_t, const torch::Tensor&) {}, job),
        Error);
    QCOMPARE(network.calls, 0);
}

QTEST_GUILESS_MAIN(TestTiledPrediction)
#include "test_tiled_prediction.moc"
