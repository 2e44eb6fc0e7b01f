// SPDX-License-Identifier: GPL-3.0-or-later
// Images per second of a training step with the U-Net and settings that we ship, beside the same network in
// PyTorch from Python (peer_training.py); both with two threads, taking turns so that a busy machine slows
// both.
//   bench_training [float32]
#include "core/learning/device.h"
#include "core/learning/precision.h"
#include "core/models/models.h"
#include "tests/benchmarks/python_peer.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <torch/torch.h>
#include <vector>

namespace {

using namespace eyepiece;

constexpr int batch = 4, side = 256, threads = 2, steps = 6, rounds = 3;

double ours(const ComputeDevice& device) {
    const KeepMemory keep;
    use_threads(threads);
    ModelRegistry models("model");
    register_models(models);
    torch::manual_seed(1);
    const auto model = models.make("unet")->make(
        {1, 2, 2}, models.at("unet").parameters.complete({{"depth", 4}, {"base-width", 16}}));
    move_to_device(*model, device);
    model->train();
    torch::optim::AdamW optimizer(model->parameters(), torch::optim::AdamWOptions(1e-3));
    const auto x = for_device(torch::randn({batch, 1, side, side}), device);
    const auto y = (torch::rand({batch, side, side}) > 0.7).to(torch::kInt64);
    std::vector<double> times;
    for (int i = 0; i <= steps; ++i) {
        const auto start = std::chrono::steady_clock::now();
        optimizer.zero_grad();
        torch::Tensor loss;
        {
            const Autocast autocast(device);
            loss = torch::nn::functional::cross_entropy(model->forward(x).to(torch::kFloat32), y);
        }
        loss.backward();
        optimizer.step();
        if (i > 0)
            times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    return batch / times[times.size() / 2];
}

double theirs() {
    return python_peer("peer_training.py " + std::to_string(batch) + " " + std::to_string(side) + " " +
                       std::to_string(threads) + " " + std::to_string(steps));
}

} // namespace

int main(int argc, char** argv) {
    ComputeDevice device = select_device("cpu", threads);
    if (argc > 1 && std::string(argv[1]) == "float32") // as on a processor without bfloat16 units
        device.bfloat16 = false;
    std::vector<double> ratios;
    for (int i = 0; i < rounds; ++i) {
        const double python = theirs(), here = ours(device);
        std::printf("training: %.2f images/s (%s), PyTorch from Python %.2f\n", here,
                    device.precision().c_str(), python);
        if (python > 0)
            ratios.push_back(here / python);
    }
    if (ratios.empty()) {
        std::printf("training: python3-torch is not installed, so there is nothing to compare with\n");
        return 0;
    }
    std::sort(ratios.begin(), ratios.end());
    std::printf("training: %.2f times PyTorch from Python (median of %d rounds)\n", ratios[ratios.size() / 2],
                rounds);
}
