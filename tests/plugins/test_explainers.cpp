// SPDX-License-Identifier: GPL-3.0-or-later
// The explainers, through the plugin's door, against numbers that can be known.
#include "core/operations/plugin_loader.h"
#include "tests/operations/toy_models.h"

#include <QtTest>
#include <algorithm>

using namespace eyepiece;
using namespace eyepiece::testing;

namespace {

ExplainRequest request_for(const torch::Tensor& input, int channel = 1) {
    ExplainRequest request;
    request.input = input;
    request.output_channel = channel;
    request.region = torch::ones({input.size(2), input.size(3)});
    return request;
}

double score_of(Model& model, const torch::Tensor& input, const ExplainRequest& request) {
    const torch::NoGradGuard no_gradient;
    const torch::Tensor logits = model.forward(input)[0][request.output_channel];
    const torch::Tensor region = request.region.to(logits.scalar_type());
    return ((logits * region).sum() / region.sum()).item<double>();
}

ErrorCode code_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode::Internal;
}

} // namespace

class TestExplainers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        states_ = load_engine_plugins(plugin_search_path(), registries_);
        QVERIFY(registries_.explainers.find("input-gradient"));
        QVERIFY(registries_.explainers.find("grad-cam"));
        torch::manual_seed(7);
    }

    void brings_what_its_description_says() {
        for (const PluginState& state : states_)
            if (state.manifest.id == "explain") {
                std::vector<std::string> said;
                for (const std::string& entry : state.manifest.brings)
                    if (!entry.starts_with("panel/"))
                        said.push_back(entry);
                QVERIFY(state.outcome == PluginState::Outcome::Loaded);
                QCOMPARE(said, state.registered);
                return;
            }
        QFAIL("the plugin was not found");
    }

    // Of a linear model the gradient is its weights, spread over the region.
    void gradient_of_a_linear_model() {
        LinearModel model(3, 2);
        ExplainRequest request = request_for(torch::randn({1, 3, 5, 6}));
        request.region = torch::zeros({5, 6});
        request.region.index_put_({2, 3}, 1.0);
        request.region.index_put_({4, 0}, 1.0);

        request.parameters = {{"channels", "sum"}};
        const Attribution sum = explain("input-gradient", model, request);
        const double expected =
            model.weight()[1].sum().item<double>() / 2; // the score is a mean of two pixels
        QVERIFY(sum.is_signed);
        QVERIFY(std::abs(sum.map[2][3].item<double>() - expected) < 1e-6);
        QVERIFY(std::abs(sum.map[4][0].item<double>() - expected) < 1e-6);
        QVERIFY(std::abs(sum.map.sum().item<double>() - 2 * expected) < 1e-6); // and nothing elsewhere
        QVERIFY(std::abs(sum.score - score_of(model, request.input, request)) < 1e-5);

        request.parameters = {{"channels", "maximum"}};
        const Attribution maximum = explain("input-gradient", model, request);
        QVERIFY(!maximum.is_signed);
        const double largest = model.weight()[1].abs().max().item<double>() / 2;
        QVERIFY(std::abs(maximum.map[2][3].item<double>() - largest) < 1e-6);
    }

    // Against central differences in double precision, at every pixel.
    void gradient_against_finite_differences() {
        TinyNet model;
        model.to(torch::kFloat64);
        model.eval();
        const torch::Tensor input = torch::randn({1, 1, 8, 10}, torch::kFloat64);
        ExplainRequest request = request_for(input);
        request.region = torch::zeros({8, 10});
        request.region.narrow(0, 2, 4).narrow(1, 3, 5).fill_(1.0);
        request.parameters = {{"channels", "sum"}};
        const torch::Tensor map = explain("input-gradient", model, request).map.to(torch::kFloat64);
        const double step = 1e-5;
        double worst = 0;
        for (int y = 0; y < 8; ++y)
            for (int x = 0; x < 10; ++x) {
                torch::Tensor up = input.clone(), down = input.clone();
                up[0][0][y][x] += step;
                down[0][0][y][x] -= step;
                const double slope =
                    (score_of(model, up, request) - score_of(model, down, request)) / (2 * step);
                worst = std::max(worst, std::abs(slope - map[y][x].item<double>()));
            }
        const double scale = map.abs().max().item<double>();
        QVERIFY(scale > 0);
        QVERIFY2(worst / scale < 1e-3, qPrintable(QString::number(worst / scale)));
    }

    // Two feature maps known by hand: at layer "linear" the score is the mean of channel 1, so channel 1 has
    // the weight 1/(H W) and the others 0; the map is ReLU(channel 1) / (H W).
    void grad_cam_by_hand() {
        LinearModel model(1, 2);
        {
            const torch::NoGradGuard no_gradient;
            model.weight().copy_(torch::tensor({-3.f, 2.f}).reshape({2, 1, 1, 1}));
            for (auto& item : model.named_parameters())
                if (item.key() == "linear.bias")
                    item.value().zero_();
        }
        const torch::Tensor input = torch::tensor({{1.f, -1.f}, {0.5f, 4.f}}).reshape({1, 1, 2, 2});
        ExplainRequest request = request_for(input);
        request.layer = "linear";
        // Gradient of the score at the layer: 1/4 for each of channel 1's four pixels; its mean is 1/4...
        // of 1.
        const torch::Tensor expected = torch::tensor({{2.f, 0.f}, {1.f, 8.f}}) * (1.0 / 4.0);
        const Attribution cam = explain("grad-cam", model, request);
        QVERIFY2(torch::allclose(cam.map, expected, 0, 1e-6), "not the map reckoned by hand");
        QCOMPARE(cam.notes["layer"].get<std::string>(), std::string("linear"));

        request.parameters = {{"positive-only", false}};
        const Attribution both = explain("grad-cam", model, request);
        QVERIFY(both.is_signed);
        QVERIFY(std::abs(both.map[0][1].item<double>() + 0.5) < 1e-6);
    }

    // A network taught to find bright patches looks at the patch.
    void grad_cam_finds_a_planted_patch() {
        TinyNet model(1, 2, 8);
        torch::optim::Adam optimizer(model.parameters(), 0.02);
        const auto picture = [](int x, int y) {
            torch::Tensor image = 0.2 * torch::randn({1, 1, 32, 32});
            image.narrow(2, y, 8).narrow(3, x, 8) += 2.0;
            torch::Tensor target = torch::zeros({1, 32, 32}, torch::kInt64);
            target.narrow(1, y, 8).narrow(2, x, 8).fill_(1);
            return std::pair(image, target);
        };
        model.train();
        for (int step = 0; step < 150; ++step) {
            const auto [image, target] = picture(step * 7 % 24, step * 5 % 24);
            optimizer.zero_grad();
            torch::nn::functional::cross_entropy(model.forward(image), target).backward();
            optimizer.step();
        }
        model.eval();
        const auto [image, target] = picture(12, 6);
        ExplainRequest request = request_for(image);
        request.region = target[0].to(torch::kFloat32);
        for (const char* layer : {"first", "second"}) {
            request.layer = layer;
            const torch::Tensor map = explain("grad-cam", model, request).map;
            const double total = map.sum().item<double>();
            // A coarse map enlarged bleeds one coarse pixel over the edge.
            const double inside = map.narrow(0, 4, 12).narrow(1, 10, 12).sum().item<double>();
            QVERIFY2(total > 0, layer);
            QVERIFY2(inside / total >= 0.8, qPrintable(QString("%1: %2").arg(layer).arg(inside / total)));
        }
    }

    void an_unnamed_layer_is_the_deepest() {
        TinyNet model;
        model.eval();
        const Attribution cam = explain("grad-cam", model, request_for(torch::randn({1, 1, 8, 8})));
        QCOMPARE(cam.notes["layer"].get<std::string>(), std::string("second"));
        QCOMPARE(cam.map.sizes().vec(), (std::vector<std::int64_t>{8, 8}));
    }

    void works_with_frozen_weights() {
        TinyNet model;
        model.eval();
        for (auto& parameter : model.parameters())
            parameter.set_requires_grad(false);
        const ExplainRequest request = request_for(torch::randn({1, 1, 8, 8}));
        QVERIFY(explain("input-gradient", model, request).map.abs().sum().item<double>() > 0);
        QVERIFY(explain("grad-cam", model, request).map.isfinite().all().item<bool>());
    }

    void says_what_is_wrong() {
        TinyNet model;
        ExplainRequest request = request_for(torch::randn({1, 1, 8, 8}));
        request.layer = "third";
        QCOMPARE(code_of([&] { explain("grad-cam", model, request); }), ErrorCode::NotFound);
        request.layer = "first";
        request.output_channel = 2;
        QCOMPARE(code_of([&] { explain("grad-cam", model, request); }), ErrorCode::BadInput);
        request.output_channel = 1;
        request.region.zero_();
        for (const char* method : {"grad-cam", "input-gradient"})
            QCOMPARE(code_of([&] { explain(method, model, request); }), ErrorCode::BadInput);
    }

    void stops_when_cancelled() {
        TinyNet model;
        QuietJob job;
        job.cancel = true;
        for (const char* method : {"grad-cam", "input-gradient"})
            QCOMPARE(code_of([&] {
                         registries_.explainers.make(method)->explain(
                             model, request_for(torch::randn({1, 1, 8, 8})), job);
                     }),
                     ErrorCode::Cancelled);
    }

private:
    Attribution explain(const char* method, Model& model, const ExplainRequest& request) {
        QuietJob job;
        return registries_.explainers.make(method)->explain(model, request, job);
    }

    EngineRegistries registries_;
    std::vector<PluginState> states_;
};

QTEST_GUILESS_MAIN(TestExplainers)
#include "test_explainers.moc"
