// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/channels_last.h"

#include <QTest>
#include <functional>
#include <torch/torch.h>

using namespace eyepiece;

namespace {

using Function = std::function<torch::Tensor(const std::vector<torch::Tensor>&)>;

torch::Tensor picture(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    return torch::randn({n, c, h, w}).contiguous(torch::MemoryFormat::ChannelsLast);
}

double apart(const torch::Tensor& a, const torch::Tensor& b) {
    const auto reference = b.to(torch::kFloat32);
    return ((a.to(torch::kFloat32) - reference).abs().max() / reference.abs().max().clamp_min(1e-3))
        .item<double>();
}

// The value and the gradient of each input, of ours and of LibTorch's in float32, for inputs of `type`.
void compare(const Function& ours, const Function& theirs, const std::vector<torch::Tensor>& inputs,
             torch::ScalarType type, double tolerance) {
    std::vector<torch::Tensor> mine, reference;
    for (const auto& input : inputs) {
        // Both see the values that the type can hold. Weights stay float32.
        const auto seen = input.dim() == 4 ? input.to(type) : input;
        mine.push_back(seen.clone(torch::MemoryFormat::Preserve).requires_grad_(true));
        reference.push_back(seen.to(torch::kFloat32).clone().requires_grad_(true));
    }
    const auto a = ours(mine), b = theirs(reference);
    QCOMPARE(a.scalar_type(), type);
    QCOMPARE(a.sizes().vec(), b.sizes().vec());
    QVERIFY2(apart(a, b) < tolerance, qPrintable(QString::number(apart(a, b))));
    const auto weights = torch::randn(b.sizes()).to(type).to(torch::kFloat32);
    (a.to(torch::kFloat32) * weights).sum().backward();
    (b * weights).sum().backward();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const double difference = apart(mine[i].grad(), reference[i].grad());
        QVERIFY2(difference < tolerance, qPrintable(QString("input %1: %2").arg(i).arg(difference)));
    }
}

} // namespace

class TestChannelsLast : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { torch::manual_seed(5); }

    void takesOnlyWhatItCan() {
        QVERIFY(channels_last::suits(picture(2, 16, 4, 4)));
        QVERIFY(channels_last::suits(picture(2, 32, 4, 4).to(torch::kBFloat16)));
        QVERIFY(!channels_last::suits(picture(2, 8, 4, 4)));
        QVERIFY(!channels_last::suits(picture(2, 16, 4, 4).to(torch::kFloat64)));
        QVERIFY(!channels_last::suits(torch::randn({2, 16, 4, 4})));
        QVERIFY(!channels_last::suits(torch::randn({16})));
    }

    void isLibTorchsBatchNormAndRelu_data() { types(); }
    void isLibTorchsBatchNormAndRelu() {
        QFETCH(bool, half);
        const auto ours = [](const std::vector<torch::Tensor>& in) {
            return channels_last::batch_norm_relu(in[0], in[1], in[2], 1e-5).output;
        };
        const auto theirs = [](const std::vector<torch::Tensor>& in) {
            return torch::relu(torch::batch_norm(in[0], in[1], in[2], {}, {}, true, 0.1, 1e-5, false));
        };
        const double tolerance = half ? 2e-2 : 2e-5;
        const auto type = half ? torch::kBFloat16 : torch::kFloat32;
        for (const std::int64_t channels : {16, 48})
            compare(ours, theirs,
                    {picture(3, channels, 37, 23) * 2 + 1, torch::rand({channels}) + 0.5,
                     torch::randn({channels})},
                    type, tolerance);
    }

    void keepsDigitsFarFromZero() {
        const auto x = picture(4, 16, 32, 32) * 0.01 + 100;
        const auto found = channels_last::batch_norm_relu(x, torch::ones({16}), torch::zeros({16}), 0);
        const auto wide = x.to(torch::kFloat64);
        QVERIFY(apart(found.mean, wide.mean({0, 2, 3})) < 1e-6);
        QVERIFY(apart(found.variance, wide.var({0, 2, 3}, false)) < 1e-3);
    }

    void aConstantChannelIsNoTrouble() {
        auto x = torch::full({2, 16, 4, 4}, 3.0)
                     .contiguous(torch::MemoryFormat::ChannelsLast)
                     .requires_grad_(true);
        const auto y =
            channels_last::batch_norm_relu(x, torch::ones({16}), torch::full({16}, 0.25), 1e-5).output;
        QVERIFY(apart(y, torch::full_like(y, 0.25)) < 1e-3); // the offset is a difference of thousands of it
        y.sum().backward();
        QVERIFY(torch::isfinite(x.grad()).all().item<bool>());
    }

    void isLibTorchsMaxPooling_data() { types(); }
    void isLibTorchsMaxPooling() {
        QFETCH(bool, half);
        const auto type = half ? torch::kBFloat16 : torch::kFloat32;
        const auto theirs = [](const auto& in) { return torch::max_pool2d(in[0], 2); };
        const auto ours = [](const auto& in) { return channels_last::halve(in[0]); };
        compare(ours, theirs, {picture(2, 32, 12, 20)}, type, half ? 1e-2 : 1e-6);
        compare(ours, theirs, {picture(2, 16, 7, 9)}, type, half ? 1e-2 : 1e-6);
        compare(ours, theirs, {torch::relu(picture(2, 16, 16, 16))}, type, half ? 1e-2 : 1e-6); // with ties
    }

    void isUpsamplingAndConcatenation_data() { types(); }
    void isUpsamplingAndConcatenation() {
        QFETCH(bool, half);
        const auto type = half ? torch::kBFloat16 : torch::kFloat32;
        compare([](const auto& in) { return channels_last::join(in[0], in[1]); },
                [](const auto& in) {
                    return torch::cat(
                        {in[0], torch::upsample_nearest2d(in[1], {in[0].size(2), in[0].size(3)})}, 1);
                },
                {picture(2, 16, 10, 14), picture(2, 32, 5, 7)}, type, half ? 2e-2 : 1e-5);
        QVERIFY_EXCEPTION_THROWN(channels_last::join(picture(1, 16, 10, 14), picture(1, 16, 4, 7)),
                                 c10::Error);
    }

    void theNumberOfThreadsChangesNothing() {
        const auto x = picture(4, 16, 64, 64), weights = picture(4, 16, 64, 64);
        const auto run = [&](int threads) {
            at::set_num_threads(threads);
            auto in = x.clone(torch::MemoryFormat::Preserve).requires_grad_(true);
            auto weight = torch::ones({16}).requires_grad_(true);
            (channels_last::batch_norm_relu(in, weight, torch::zeros({16}), 1e-5).output * weights)
                .sum()
                .backward();
            return std::pair(in.grad(), weight.grad());
        };
        const auto one = run(1), two = run(2);
        QVERIFY(torch::equal(one.first, two.first));
        QVERIFY(torch::equal(one.second, two.second));
    }

private:
    static void types() {
        QTest::addColumn<bool>("half");
        QTest::newRow("float32") << false;
        QTest::newRow("bfloat16") << true;
    }
};

QTEST_GUILESS_MAIN(TestChannelsLast)
#include "test_channels_last.moc"
