// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/models/models.h"

#include <QTest>
#include <algorithm>
#include <torch/torch.h>

using namespace eyepiece;

namespace {

std::shared_ptr<Model> make(int depth, int width, const std::string& norm = "batch", int in = 1,
                            int out = 2) {
    ModelRegistry models("model");
    register_models(models);
    const Json parameters =
        models.at("unet").parameters.complete({{"depth", depth}, {"base-width", width}, {"norm", norm}});
    torch::manual_seed(7);
    return models.make("unet")->make({in, out, 2}, parameters);
}

double largest(const torch::Tensor& difference) {
    return difference.abs().max().item<double>();
}

} // namespace

class TestUNet : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keepsTheSize();
    void namesItsLayers();
    void letsATapReplaceALayer();
    void foldsNormalisation();
    void isTheTextbooksNetwork();
    void trainsAsLibTorchsOwnLayers_data();
    void trainsAsLibTorchsOwnLayers();
    void seesNoFurtherThanItsMargin();
    void refusesNonsense();
};

void TestUNet::keepsTheSize() {
    for (const int depth : {1, 3, 4}) {
        const auto model = make(depth, 4, "batch", 3, 5);
        const auto size = model->size_multiple() * 3;
        const auto output = model->forward(torch::rand({2, 3, size, 2 * size}));
        QCOMPARE(output.sizes().vec(), (std::vector<std::int64_t>{2, 5, size, 2 * size}));
    }
}

void TestUNet::namesItsLayers() {
    const auto model = make(2, 4);
    QCOMPARE(model->layers(), (std::vector<std::string>{"encoder.1", "encoder.2", "bottleneck", "decoder.2",
                                                        "decoder.1", "head"}));
    std::vector<std::string> seen;
    model->forward(torch::rand({1, 1, 16, 16}), [&](const std::string& layer, torch::Tensor output) {
        seen.push_back(layer);
        return output;
    });
    QCOMPARE(seen, model->layers());
}

void TestUNet::letsATapReplaceALayer() {
    const auto model = make(2, 4);
    model->eval();
    const auto input = torch::rand({1, 1, 16, 16});
    for (const auto& name : model->layers()) {
        const auto changed = model->forward(input, [&](const std::string& layer, torch::Tensor output) {
            return layer == name ? torch::zeros_like(output) : output;
        });
        QVERIFY2(largest(changed - model->forward(input)) > 1e-6, name.c_str());
        // The gradient reaches an activation that is kept.
        torch::Tensor kept;
        model
            ->forward(input,
                      [&](const std::string& layer, torch::Tensor output) {
                          if (layer == name) {
                              kept = output.detach().requires_grad_(true);
                              return kept;
                          }
                          return output;
                      })
            .sum()
            .backward();
        QVERIFY2(kept.grad().defined() && largest(kept.grad()) > 0, name.c_str());
    }
}

void TestUNet::foldsNormalisation() {
    const auto model = make(3, 8);
    model->train();
    for (int i = 0; i < 3; ++i) // statistics that are not the initial ones
        model->forward(torch::rand({2, 1, 32, 32}) * 2 + 1);
    model->eval();
    const auto input = torch::rand({1, 1, 64, 64});
    const torch::NoGradGuard no_grad;
    const auto before = model->forward(input);
    model->prepare_for_prediction();
    QVERIFY(largest(model->forward(input) - before) < 1e-4);
    for (const auto& item : model->named_parameters())
        QVERIFY2(item.key().find("norm") == std::string::npos, item.key().c_str());
}

// The same weights through LibTorch's functions, written out for depth 1.
void TestUNet::isTheTextbooksNetwork() {
    const auto model = make(1, 4);
    model->eval();
    const auto named = model->named_parameters();
    const auto unit = [&](const torch::Tensor& x, const std::string& name) {
        const auto& p = named;
        const auto y = torch::conv2d(x, p[name + ".convolution.weight"], {}, 1, 1);
        const auto channels = y.size(1);
        return torch::relu(torch::batch_norm(y, p[name + ".norm.weight"], p[name + ".norm.bias"],
                                             torch::zeros({channels}), torch::ones({channels}), false, 0.1,
                                             1e-5, false));
    };
    const auto block = [&](const torch::Tensor& x, const std::string& name) {
        return unit(unit(x, name + ".1"), name + ".2");
    };
    const auto input = torch::rand({1, 1, 8, 8});
    const auto skip = block(input, "encoder_1");
    const auto deep = block(torch::max_pool2d(skip, 2), "bottleneck");
    const auto up = torch::repeat_interleave(
        torch::repeat_interleave(torch::conv2d(deep, named["up_1.weight"], named["up_1.bias"]), 2, 2), 2, 3);
    const auto expected = torch::conv2d(block(torch::cat({skip, up}, 1), "decoder_1"), named["head.weight"],
                                        named["head.bias"]);
    QVERIFY(largest(model->forward(input) - expected) < 1e-5);
}

// The fast layers are used in training; their gradients must be those of the same network built of
// LibTorch's.
void TestUNet::trainsAsLibTorchsOwnLayers_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<bool>("channels_last");
    QTest::newRow("LibTorch's order") << 8 << false;
    QTest::newRow("channels last, the fast layers") << 16 << true;
}

void TestUNet::trainsAsLibTorchsOwnLayers() {
    QFETCH(int, width);
    QFETCH(bool, channels_last);
    const auto model = make(2, width);
    model->train();
    const auto input = torch::rand({2, 1, 32, 32});
    if (channels_last)
        for (auto& parameter : model->parameters())
            if (parameter.dim() == 4)
                parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
    const auto weights = torch::rand({2, 2, 32, 32});
    (model->forward(input) * weights).sum().backward();
    const auto named = model->named_parameters();
    std::map<std::string, torch::Tensor> fast;
    for (const auto& item : named)
        fast[item.key()] = item.value().grad().clone();
    model->zero_grad();

    const auto unit = [&](const torch::Tensor& x, const std::string& name) {
        const auto y = torch::conv2d(x, named[name + ".convolution.weight"], {}, 1, 1);
        return torch::relu(torch::batch_norm(y, named[name + ".norm.weight"], named[name + ".norm.bias"], {},
                                             {}, true, 0.1, 1e-5, false));
    };
    const auto block = [&](const torch::Tensor& x, const std::string& name) {
        return unit(unit(x, name + ".1"), name + ".2");
    };
    const auto up = [&](const torch::Tensor& x, const std::string& name) {
        const auto y = torch::conv2d(x, named[name + ".weight"], named[name + ".bias"]);
        return torch::upsample_nearest2d(y, {y.size(2) * 2, y.size(3) * 2});
    };
    const auto one = block(input, "encoder_1"), two = block(torch::max_pool2d(one, 2), "encoder_2");
    auto x = block(torch::max_pool2d(two, 2), "bottleneck");
    x = block(torch::cat({two, up(x, "up_2")}, 1), "decoder_2");
    x = block(torch::cat({one, up(x, "up_1")}, 1), "decoder_1");
    (torch::conv2d(x, named["head.weight"], named["head.bias"]) * weights).sum().backward();
    for (const auto& item : named) {
        const auto reference = item.value().grad();
        const double scale = std::max(1e-3, largest(reference));
        QVERIFY2(largest(reference - fast.at(item.key())) / scale < 2e-4, item.key().c_str());
    }
}

void TestUNet::seesNoFurtherThanItsMargin() {
    const auto model = make(3, 8);
    model->eval();
    const torch::NoGradGuard no_grad;
    const auto margin = model->margin();
    const std::int64_t size = 16 * model->size_multiple();
    const auto input = torch::rand({1, 1, size, size});
    auto changed = input.clone();
    changed.narrow(3, 0, size / 2) = torch::rand({1, 1, size, size / 2});
    const auto difference = (model->forward(input) - model->forward(changed)).abs();
    const double near = difference.narrow(3, size / 2 - 8, 8).mean().item<double>();
    const double far = difference.narrow(3, size / 2 + margin, 8).mean().item<double>();
    QVERIFY2(far < 0.05 * near, qPrintable(QString("%1 of %2").arg(far).arg(near)));
}

void TestUNet::refusesNonsense() {
    QVERIFY_EXCEPTION_THROWN(make(2, 12, "group"), Error);
    QVERIFY_EXCEPTION_THROWN(make(2, 8, "layer"), Error);
    QVERIFY_EXCEPTION_THROWN(make(0, 8), Error);
}

QTEST_GUILESS_MAIN(TestUNet)
#include "test_unet.moc"
