// SPDX-License-Identifier: GPL-3.0-or-later
// Live pixel classification of a 1024 x 1024 image: from a stroke that is on disk to the view of 512 x 512,
// and to the whole image, beside scikit-image's features and scikit-learn's forest on the same scribbles.
#include "core/base/plugin_manifest.h"
#include "core/data/sample_nuclei.h"
#include "core/formats/tiff_writer.h"
#include "core/intake/facts.h"
#include "core/learning/random.h"
#include "core/project/project.h"
#include "core/protocol/engine.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

extern "C" eyepiece::Engine* eyepiece_make_engine(const eyepiece::EngineOptions& options);

namespace {

using namespace eyepiece;
constexpr std::int64_t side = 1024, view_from = 256, view_side = 512;
constexpr double view_limit = 0.25, whole_limit = 0.5; // seconds
constexpr int strokes = 24;

class Watch : public QuietJob {
public:
    void partial(const Json&, std::span<const std::byte>) override {
        if (first < 0)
            first = now();
    }
    double now() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }
    double first = -1;

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Wavy lines five pixels wide, each within one class: what someone paints who looks at the picture.
void paint(LabelMap& scribbles, const LabelMap& truth, int from, int to) {
    Random random(mix_seed(5, static_cast<std::uint64_t>(from)));
    for (int stroke = from; stroke < to;) {
        double x = random.uniform(20, side - 20), y = random.uniform(20, side - 20);
        const bool nucleus = truth.at(static_cast<std::int64_t>(x), static_cast<std::int64_t>(y)) != 0;
        if (nucleus != (stroke % 2 == 0))
            continue;
        double direction = random.uniform(0, 6.28);
        for (int step = 0; step < 60; ++step) {
            for (int dy = -2; dy <= 2; ++dy)
                for (int dx = -2; dx <= 2; ++dx) {
                    const std::int64_t px = static_cast<std::int64_t>(x) + dx,
                                       py = static_cast<std::int64_t>(y) + dy;
                    if (px >= 0 && py >= 0 && px < side && py < side && (truth.at(px, py) != 0) == nucleus)
                        scribbles.set(px, py, nucleus ? 2 : 1);
                }
            direction += random.uniform(-0.4, 0.4);
            x += std::cos(direction);
            y += std::sin(direction);
            if (x < 3 || y < 3 || x >= side - 3 || y >= side - 3 ||
                (truth.at(static_cast<std::int64_t>(x), static_cast<std::int64_t>(y)) != 0) != nucleus)
                break;
        }
        ++stroke;
    }
}

LabelObject object(ObjectId id, ClassId class_id) {
    LabelObject made;
    made.id = id;
    made.class_id = class_id;
    return made;
}

void commit(Project& project, ItemId item, const LabelMap& scribbles, ClassId nucleus) {
    LabelEdit edit;
    edit.item = item;
    edit.tool = "brush";
    edit.region = {0, 0, side, side};
    edit.pixels = scribbles;
    edit.objects = {object(1, 0), object(2, nucleus)};
    project.labels().commit(edit);
}

template<class T>
void write(const std::string& file, const std::vector<T>& values) {
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(T)));
}

std::array<double, 4> peer(const std::string& folder) {
    const std::string command = "/usr/bin/python3 " EYEPIECE_SOURCE "/tests/benchmarks/peer_forest.py " +
                                folder + "/image.raw " + folder + "/scribbles.raw " + folder + "/truth.raw " +
                                std::to_string(side) + " 2";
    std::array<double, 4> numbers{};
    if (std::FILE* pipe = popen(command.c_str(), "r")) {
        if (std::fscanf(pipe, "%lf %lf %lf %lf", &numbers[0], &numbers[1], &numbers[2], &numbers[3]) != 4)
            numbers = {};
        pclose(pipe);
    }
    return numbers;
}

const char* judged(bool reached) {
    return reached ? "reached" : "MISSED";
}

} // namespace

int main() {
    try {
        std::string folder = (std::filesystem::temp_directory_path() / "bench-forest-XXXXXX").string();
        if (!mkdtemp(folder.data()))
            return 1;
        NucleiOptions sample;
        sample.width = sample.height = side;
        sample.nuclei = 500;
        const NucleiField field = generate_nuclei(sample);
        {
            TiffWriter file(folder + "/field.tif", field.image.type(), 1, side, side);
            file.write_rows(field.image);
            file.finish();
        }
        const auto project = Project::create(folder + "/project");
        const ClassId nucleus = project->classes().find_or_add("nucleus");
        const ItemId item = project->items().add({folder + "/field.tif"}).added.at(0);
        project->items().set_facts(item, facts_of(folder + "/field.tif"));
        LabelMap scribbles(side, side);
        paint(scribbles, field.labels, 0, strokes);
        commit(*project, item, scribbles, nucleus);

        EngineOptions options;
        options.threads = 2;
        options.plugin_search_path = plugin_search_path();
        const std::unique_ptr<Engine> engine(eyepiece_make_engine(options));
        const Json spec = {{"project", folder + "/project"},
                           {"item", item},
                           {"view", {view_from, view_from, view_side, view_side}}};
        double view = 0, whole = 0, agreement = 0;
        constexpr int repeats = 5;
        for (int round = 0; round <= repeats; ++round) {
            if (round > 0) { // one more stroke
                paint(scribbles, field.labels, strokes + round, strokes + round + 1);
                commit(*project, item, scribbles, nucleus);
            }
            Watch watch;
            const OperationResult result = engine->run("live-forest", spec, watch);
            const double all = watch.now();
            const Json& seconds = result.json.at("seconds");
            std::printf(
                "%-34s view %.3f s  whole %.3f s   (labels and features %.3f, fit %.3f, classify %.3f)\n",
                round == 0 ? "first, nothing in memory" : "one more stroke", watch.first, all,
                seconds.at("features").get<double>(), seconds.at("fit").get<double>(),
                seconds.at("predict").get<double>());
            if (round == 0)
                continue;
            view += watch.first / repeats;
            whole += all / repeats;
            std::int64_t right = 0;
            for (std::size_t at = 0; at < field.labels.ids().size(); ++at)
                right += (result.bytes[at] != std::byte{0}) == (field.labels.ids()[at] != 0);
            agreement = static_cast<double>(right) / static_cast<double>(side * side);
        }
        std::printf(
            "stroke to view %.3f s (at most %.2f: %s), to the whole image %.3f s (at most %.2f: %s)\n", view,
            view_limit, judged(view <= view_limit), whole, whole_limit, judged(whole <= whole_limit));

        const auto pixels = field.image.plane_as<std::uint16_t>(0);
        write(folder + "/image.raw", std::vector<float>(pixels.begin(), pixels.end()));
        std::vector<std::uint8_t> drawn, truth;
        for (std::size_t at = 0; at < pixels.size(); ++at) {
            drawn.push_back(static_cast<std::uint8_t>(scribbles.ids()[at]));
            truth.push_back(field.labels.ids()[at] != 0 ? 2 : 1);
        }
        write(folder + "/scribbles.raw", drawn);
        write(folder + "/truth.raw", truth);
        const auto theirs = peer(folder);
        const double sum = theirs[0] + theirs[1] + theirs[2];
        if (sum <= 0) {
            std::printf("scikit-image or scikit-learn is not there: no peer to compare with\n");
        } else {
            std::printf("scikit-image and scikit-learn: features %.3f s, fit %.3f s, predict %.3f s\n",
                        theirs[0], theirs[1], theirs[2]);
            const double after = (theirs[1] + theirs[2]) / whole;
            std::printf(
                "a stroke with features at hand: %.1f times their speed (at least 5: %s); with theirs "
                "made anew %.1f\n",
                after, judged(after >= 5), sum / whole);
            std::printf("agreement with the truth: %.4f, theirs %.4f (no worse: %s)\n", agreement, theirs[3],
                        judged(agreement >= theirs[3]));
        }
        std::filesystem::remove_all(folder);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
