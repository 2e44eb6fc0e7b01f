// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exchange/torchscript.h"
#include "tests/operations/toy_models.h"

#include <QProcess>
#include <QtTest>

#include <fstream>
#include <torch/script.h>

using namespace eyepiece;
using namespace eyepiece::testing;
namespace fs = std::filesystem;

namespace {

Json card_for(int channels, int classes, int multiple) {
    Json names = Json::array();
    for (int i = 0; i < classes; ++i)
        names.push_back({{"id", i}, {"name", "class " + std::to_string(i)}, {"color", {i, 0, 0}}});
    Normalisation normalisation;
    normalisation.input_channels = channels;
    return {{"format", "eyepiece-model"},
            {"version", 1},
            {"task", "semantic-segmentation"},
            {"model", {{"name", "tiny"}, {"parameters", Json::object()}}},
            {"input",
             {{"axes", "NCHW"},
              {"channels", channels},
              {"size-multiple", multiple},
              {"margin", 4},
              {"normalisation", normalisation.to_json()}}},
            {"output", {{"axes", "NCHW"}, {"channels", classes}, {"meaning", "logits"}}},
            {"classes", names},
            {"plan", Json::object()},
            {"metrics", Json::object()},
            {"data", Json::object()},
            {"versions", Json::object()}};
}

std::vector<torch::Tensor> some_inputs(int channels) {
    return {torch::randn({1, channels, 64, 48}), torch::randn({1, channels, 64, 48}),
            torch::randn({1, channels, 16, 32})};
}

// Its output depends on the size that was traced: enlarges to a number, not by a factor.
class FixedSizeNet : public Model {
public:
    torch::Tensor forward(torch::Tensor input, const LayerTap&) override {
        return torch::upsample_nearest2d(torch::avg_pool2d(input, 2), {input.size(2), input.size(3)});
    }
    std::vector<std::string> layers() const override { return {}; }
    int size_multiple() const override { return 2; }
    int margin() const override { return 1; }
};

std::optional<Error> error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

} // namespace

class TestTorchScript : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        torch::manual_seed(3);
        folder_ = std::make_unique<QTemporaryDir>();
        file_ = fs::path(folder_->path().toStdString()) / "tiny.pt";
    }

    void round_trip() {
        TinyNet model(3, 4);
        model.eval();
        const Json card = card_for(3, 4, 2);
        QuietJob job;
        const ExportReport report = TorchScriptExporter().write({model, card, some_inputs(3), file_}, job);
        QCOMPARE(report.checked_inputs, 4);
        QVERIFY(report.largest_difference <= 1e-5);
        QVERIFY(read_card(report.card) == card);
        QVERIFY(!fs::exists(file_.string() + ".part"));
        QVERIFY(check_torchscript(file_) <= 1e-5);

        const auto network = load_torchscript(file_, select_device("cpu", 1));
        QVERIFY(network->card() == card);
        QCOMPARE(network->output_channels(), 4);
        const torch::NoGradGuard no_gradient;
        const torch::Tensor input = torch::randn({2, 3, 34, 50}); // a size and a batch that were not traced
        QVERIFY(torch::allclose(network->predict(input), model.forward(input), 1e-2, 1e-2));
    }

    // An exported network still has a gradient, so that it can be explained.
    void its_gradient_is_the_networks() {
        TinyNet model(1, 2);
        model.eval();
        QuietJob job;
        TorchScriptExporter().write({model, card_for(1, 2, 2), some_inputs(1), file_}, job);
        const auto network = load_torchscript(file_, select_device("cpu", 1));
        QVERIFY(network->model());
        QVERIFY(network->model()->layers().empty());
        const torch::Tensor values = torch::randn({1, 1, 8, 8});
        const auto gradient = [&](Model& of) {
            const torch::Tensor input = values.clone().requires_grad_(true);
            return torch::autograd::grad({of.forward(input).slice(1, 1, 2).sum()}, {input})[0];
        };
        QVERIFY(torch::allclose(gradient(*network->model()), gradient(model), 1e-5, 1e-6));
    }

    // Writing must not change the network it writes.
    void leaves_the_network_alone() {
        TinyNet model(1, 2);
        model.train();
        std::vector<torch::Tensor> before;
        for (const auto& parameter : model.parameters())
            before.push_back(parameter.clone());
        QuietJob job;
        TorchScriptExporter().write({model, card_for(1, 2, 2), some_inputs(1), file_}, job);
        QVERIFY(model.is_training());
        const auto after = model.parameters();
        for (std::size_t i = 0; i < after.size(); ++i) {
            QVERIFY(torch::equal(after[i], before[i]));
            QVERIFY(after[i].requires_grad());
        }
    }

    void python_gets_the_same_numbers() {
        QProcess probe;
        probe.start("/usr/bin/python3", {"-c", "import torch"});
        if (!probe.waitForFinished(60000) || probe.exitCode() != 0)
            QSKIP("python3-torch is not installed");
        TinyNet model(2, 3);
        model.eval();
        const Json card = card_for(2, 3, 2);
        QuietJob job;
        TorchScriptExporter().write({model, card, some_inputs(2), file_}, job);
        QProcess python;
        python.start("/usr/bin/python3", {PEER, QString::fromStdString(file_.string())});
        QVERIFY(python.waitForFinished(60000));
        const QByteArray errors = python.readAllStandardError();
        QVERIFY2(python.exitCode() == 0, errors.constData());
        const Json found = Json::parse(python.readAllStandardOutput().toStdString());
        QVERIFY(found["card"] == card);
        QCOMPARE(found["inputs"].get<int>(), 3);
        QVERIFY2(found["difference"].get<double>() <= 1e-5, found["difference"].dump().c_str());
        QVERIFY(found["odd"] == Json::array({2, 3, 32, 80}));
        // Every parameter and buffer, by the names of the network.
        for (const auto& parameter : model.named_parameters())
            QVERIFY2(found["parameters"].contains(parameter.key()), parameter.key().c_str());
        QVERIFY(found["parameters"].contains("norm.running_mean"));
    }

    void a_network_of_one_size_is_refused() {
        FixedSizeNet model;
        QuietJob job;
        const auto error = error_of([&] {
            TorchScriptExporter().write({model, card_for(1, 1, 2), some_inputs(1), file_}, job);
        });
        QVERIFY(error);
        QCOMPARE(error->code(), ErrorCode::Internal);
        QVERIFY(fs::is_empty(file_.parent_path()));
    }

    void stops_when_cancelled() {
        TinyNet model(1, 2);
        QuietJob job;
        job.cancel = true;
        const auto error = error_of([&] {
            TorchScriptExporter().write({model, card_for(1, 2, 2), some_inputs(1), file_}, job);
        });
        QVERIFY(error);
        QCOMPARE(error->code(), ErrorCode::Cancelled);
        QVERIFY(fs::is_empty(file_.parent_path()));
    }

    void an_unwritable_folder_is_a_clear_error() {
        TinyNet model(1, 2);
        QuietJob job;
        const auto error = error_of([&] {
            TorchScriptExporter().write({model, card_for(1, 2, 2), some_inputs(1), file_ / "no" / "such.pt"},
                                        job);
        });
        QVERIFY(error);
        QCOMPARE(error->code(), ErrorCode::Storage);
    }

    void foreign_files_are_refused() {
        const ComputeDevice cpu = select_device("cpu", 1);
        QCOMPARE(error_of([&] { load_torchscript(file_, cpu); })->code(), ErrorCode::NotFound);
        std::ofstream(file_) << "not a model";
        QCOMPARE(error_of([&] { load_torchscript(file_, cpu); })->code(), ErrorCode::BadInput);
        torch::jit::Module stranger("Stranger");
        stranger.define("def forward(self, x):\n    return x\n");
        stranger.save(file_.string());
        const auto error = error_of([&] { load_torchscript(file_, cpu); });
        QVERIFY(error);
        QCOMPARE(error->code(), ErrorCode::BadInput);
        QVERIFY(QString(error->what()).contains("not exported by Eyepiece"));
    }

    void a_cut_file_is_refused() {
        TinyNet model(1, 2);
        QuietJob job;
        TorchScriptExporter().write({model, card_for(1, 2, 2), some_inputs(1), file_}, job);
        const auto size = fs::file_size(file_);
        for (const auto part : {size / 2, size - 10, std::uintmax_t{100}}) {
            const fs::path cut = file_.parent_path() / "cut.pt";
            fs::copy_file(file_, cut, fs::copy_options::overwrite_existing);
            fs::resize_file(cut, part);
            const auto error = error_of([&] { load_torchscript(cut, select_device("cpu", 1)); });
            QVERIFY(error);
            QCOMPARE(error->code(), ErrorCode::BadInput);
        }
    }

    // LibTorch would predict with them.
    void a_flipped_bit_in_the_weights_is_refused() {
        TinyNet model(1, 2);
        QuietJob job;
        TorchScriptExporter().write({model, card_for(1, 2, 2), some_inputs(1), file_}, job);
        std::ifstream whole(file_, std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(whole)), {});
        const torch::Tensor weight = model.parameters().front().contiguous();
        const std::string values(static_cast<const char*>(weight.data_ptr()), weight.nbytes());
        const auto at = bytes.find(values);
        QVERIFY2(at != std::string::npos, "The weights are not in the file as they are in memory.");
        bytes[at + 2] = static_cast<char>(bytes[at + 2] ^ 0x10);
        std::ofstream(file_, std::ios::binary) << bytes;
        const auto error = error_of([&] { load_torchscript(file_, select_device("cpu", 1)); });
        QVERIFY(error);
        QCOMPARE(error->code(), ErrorCode::BadInput);
        QVERIFY2(QString(error->what()).contains("is damaged"), error->what());
    }

private:
    static Json read_card(const fs::path& path) {
        std::ifstream stream(path);
        return Json::parse(stream);
    }

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path file_;
};

QTEST_GUILESS_MAIN(TestTorchScript)
#include "test_torchscript.moc"
