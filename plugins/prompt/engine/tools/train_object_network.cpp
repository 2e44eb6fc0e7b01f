// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the weights that the prompt plugin is installed with, from four fifths of the published nuclei,
// made-up nuclei and drawn scenes: ninja train-object-network, then
//   build/test/bin/train-object-network ../shared/data/nuclei/dsb2018 objects.weights
// The ones that are there were made in three goes, each with --start and the weights of the one before:
//   --steps 1500 --batch 16 --made-up 30 --drawn 120
//   --steps 2000 --batch 32 --seed 2 --made-up 60 --drawn 250
//   --steps 3000 --batch 32 --seed 3 --made-up 60 --drawn 250 --rate 0.0015
#include "core/data/sample_nuclei.h"
#include "plugins/prompt/engine/object_training.h"
#include "plugins/prompt/engine/tools/published_nuclei.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>

using namespace eyepiece;
using namespace eyepiece::prompt;

namespace {

volatile std::sig_atomic_t told_to_stop = 0;

// Ctrl+C, or SIGTERM: what was learnt so far is kept.
class Told final : public QuietJob {
public:
    bool finish_early_requested() const noexcept override { return told_to_stop != 0; }
    void progress(double fraction, std::string_view) override {
        const double spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
        std::printf("%5.1f %%  %5.0f s", 100 * fraction, spent);
        for (const auto& [name, value] : values_)
            std::printf("  %s %.4f", name.c_str(), value);
        std::printf("\n");
        std::fflush(stdout);
    }
    void metric(std::string_view series, std::int64_t, double value) override {
        values_[std::string(series)] = value;
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::map<std::string, double> values_;
};

bool is_gray(const Image& image) {
    for (int c = 1; c < image.channels(); ++c)
        if (!std::equal(image.plane(0).begin(), image.plane(0).end(), image.plane(c).begin()))
            return false;
    return true;
}

std::vector<TrainingField> made_up_nuclei(int count, std::uint64_t seed) {
    std::vector<TrainingField> fields;
    for (int i = 0; i < count; ++i) {
        Random random(mix_seed(seed, static_cast<std::uint64_t>(i)));
        NucleiOptions options;
        options.seed = random.bits();
        options.radius = random.uniform(6, 22);
        options.nuclei = static_cast<int>(9000 / (options.radius * options.radius));
        options.clumping = random.uniform(0.2, 0.8);
        options.brightness = 900 * random.factor(2);
        options.defocus = random.uniform(0.5, 1.5);
        const NucleiField field = generate_nuclei(options);
        fields.emplace_back(source_of(field.image), field.labels);
    }
    return fields;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("Trains the network that finds an object by clicks.");
    std::string folder, out, start;
    ObjectTrainingOptions options;
    options.steps = 3000;
    int threads = 0, made_count = 120, drawn_count = 400;
    app.add_option("nuclei", folder, "A folder with images/ and masks/")->required();
    app.add_option("out", out, "The file of weights to write")->required();
    app.add_option("--steps", options.steps)->capture_default_str();
    app.add_option("--batch", options.batch)->capture_default_str();
    app.add_option("--rate", options.learning_rate)->capture_default_str();
    app.add_option("--seed", options.seed)->capture_default_str();
    app.add_option("--threads", threads, "0: all");
    app.add_option("--made-up", made_count, "Fields of made-up nuclei")->capture_default_str();
    app.add_option("--drawn", drawn_count, "Drawn scenes")->capture_default_str();
    app.add_option("--start", start, "Weights to go on from");
    CLI11_PARSE(app, argc, argv);
    for (const int signal : {SIGINT, SIGTERM})
        std::signal(signal, [](int) { told_to_stop = 1; });
    try {
        std::vector<TrainingField> fluorescent, stained;
        const auto published = published_nuclei(folder);
        for (std::size_t i = 0; i < published.size(); ++i) {
            if (kept_from_training(i))
                continue;
            const Image image = read_image(published[i].image);
            TrainingField field(source_of(image, true), read_label_image(published[i].mask).map);
            if (field.objects.empty())
                continue;
            // Few are stained, and they are the hard ones.
            (is_gray(image) ? fluorescent : stained).push_back(std::move(field));
        }
        const auto made = made_up_nuclei(made_count, options.seed);
        const auto drawn = drawn_scenes(drawn_count, options.seed);
        const FieldGroup groups[] = {{fluorescent, 0.45}, {stained, 0.2}, {made, 0.15}, {drawn, 0.2}};
        std::printf("%zu fluorescent, %zu stained, %zu made-up fields, %zu drawn scenes\n",
                    fluorescent.size(), stained.size(), made.size(), drawn.size());
        ObjectNetwork network = start.empty() ? ObjectNetwork(options.seed) : ObjectNetwork::load(start);
        Told told;
        const auto result = train(network, groups, options, select_device("cpu", threads), told);
        network.save(out, {{"trained-on", "four fifths of BBBC038 (CC0), made-up nuclei, drawn scenes"},
                           {"steps", result.steps},
                           {"seed", options.seed},
                           {"first-iou", result.first_iou},
                           {"later-iou", result.later_iou}});
        std::printf("%d steps: loss %.4f, first %.4f, later %.4f -> %s\n", result.steps, result.loss,
                    result.first_iou, result.later_iou, out.c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
