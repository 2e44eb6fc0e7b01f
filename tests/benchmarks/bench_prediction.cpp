// SPDX-License-Identifier: GPL-3.0-or-later
// Seconds to predict an image of 4096 x 4096 with a U-Net of the default size, trained for a moment on
// made-up nuclei, beside the same in PyTorch from Python (peer_prediction.py, the same tiles); and the share
// of pixels whose label is that of float32.
#include "core/base/plugin_manifest.h"
#include "core/data/sample_nuclei.h"
#include "core/intake/sample_project.h"
#include "core/learning/device.h"
#include "core/learning/tiled_prediction.h"
#include "core/models/models.h"
#include "core/protocol/engine.h"
#include "tests/benchmarks/python_peer.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <vector>

extern "C" eyepiece::Engine* eyepiece_make_engine(const eyepiece::EngineOptions& options);

namespace {

using namespace eyepiece;

constexpr int side = 4096, threads = 2, rounds = 3;

class Field : public ImageSource {
public:
    explicit Field(Image image) : image_(std::move(image)) {
        info_.width = image_.width();
        info_.height = image_.height();
        info_.channels = image_.channels();
        info_.type = image_.type();
    }
    const ImageInfo& info() const override { return info_; }
    Image read(const Region& region, int, int, int) override {
        return image_.cropped(region.intersected({0, 0, info_.width, info_.height}));
    }

private:
    Image image_;
    ImageInfo info_;
};

// The label of each pixel.
std::vector<std::uint8_t> predict(TrainedNetwork& network, ImageSource& source) {
    std::vector<std::uint8_t> labels;
    QuietJob job;
    predict_region(
        network, source, {0, 0, side, side}, {},
        [&](std::int64_t, const torch::Tensor& p) {
            const auto best = p.argmax(0).to(torch::kUInt8).contiguous();
            const auto* from = best.data_ptr<std::uint8_t>();
            labels.insert(labels.end(), from, from + best.numel());
        },
        job);
    return labels;
}

double seconds(const std::chrono::steady_clock::time_point& since) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

} // namespace

int main() {
    try {
        std::string folder = (std::filesystem::temp_directory_path() / "bench-prediction-XXXXXX").string();
        if (!mkdtemp(folder.data()))
            return 1;
        QuietJob job;
        make_sample_project(folder + "/project", 1, job);
        EngineOptions options;
        options.threads = threads;
        options.plugin_search_path = plugin_search_path();
        const std::unique_ptr<Engine> engine(eyepiece_make_engine(options));
        const Json run = engine
                             ->run("train",
                                   {{"project", folder + "/project"},
                                    {"task", "semantic-segmentation"},
                                    {"model", "unet"},
                                    {"method", "supervised"},
                                    {"seed", 1},
                                    {"set", {{"epochs", 6}}}},
                                   job)
                             .json;
        NucleiOptions field;
        field.width = field.height = side;
        field.nuclei = 35 * (side / 256) * (side / 256);
        Field source(generate_nuclei(field).image);

        ModelRegistry models("model");
        register_models(models);
        ComputeDevice device = select_device("cpu", threads), plain = device;
        plain.bfloat16 = false;
        use_threads(threads);
        const auto run_folder =
            std::filesystem::path(folder) / "project" / "runs" / run.at("run").get<std::string>();
        const auto network = load_run(models, run_folder, device),
                   reference = load_run(models, run_folder, plain);

        const auto expected = predict(*reference, source);
        std::vector<double> ratios;
        std::vector<std::uint8_t> found;
        for (int i = 0; i < rounds; ++i) {
            const double python =
                python_peer("peer_prediction.py " + std::to_string(side) + " 512 " +
                            std::to_string(2 * network->margin()) + " " + std::to_string(threads));
            const auto start = std::chrono::steady_clock::now();
            found = predict(*network, source);
            const double here = seconds(start);
            std::printf("prediction of %d x %d: %.2f s (%s), PyTorch from Python %.2f s\n", side, side, here,
                        device.precision().c_str(), python);
            if (python > 0)
                ratios.push_back(python / here);
        }
        std::int64_t same = 0, foreground = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
            same += found[i] == expected[i];
            foreground += expected[i] > 0;
        }
        std::printf("prediction: %.4f %% of labels equal float32's (%.1f %% foreground)\n",
                    100.0 * static_cast<double>(same) / static_cast<double>(found.size()),
                    100.0 * static_cast<double>(foreground) / static_cast<double>(found.size()));
        std::sort(ratios.begin(), ratios.end());
        if (ratios.empty())
            std::printf("prediction: python3-torch is not installed, so there is nothing to compare with\n");
        else
            std::printf("prediction: %.2f times PyTorch from Python (median of %zu rounds)\n",
                        ratios[ratios.size() / 2], ratios.size());
        std::filesystem::remove_all(folder);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_prediction: %s\n", error.what());
        return 1;
    }
}
