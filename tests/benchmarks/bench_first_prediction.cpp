// SPDX-License-Identifier: GPL-3.0-or-later
// How long a newcomer waits: seconds from "Train" on ten labelled images of 256 x 256 to the first prediction
// that is of use (a foreground IoU of 0.7 or more on the validation images), with the defaults; and what the
// network of that moment is worth on twenty fields that it has never seen, beside Otsu's threshold.
#include "core/base/plugin_manifest.h"
#include "core/protocol/engine.h"
#include "tests/learning/test_project.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

extern "C" eyepiece::Engine* eyepiece_make_engine(const eyepiece::EngineOptions& options);

namespace {

using namespace eyepiece;

constexpr double useful = 0.7, at_most = 60; // seconds
constexpr std::size_t labelled = 10, unseen = 20;

// Stops a training, and keeps what it has, as soon as it is of use.
class UntilUseful : public QuietJob {
public:
    void metric(std::string_view series, std::int64_t step, double value) override {
        if (series != "val/iou")
            return;
        const double now = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
        std::printf("  after %5.1f s, step %4lld: validation IoU %.3f\n", now, static_cast<long long>(step),
                    value);
        std::fflush(stdout);
        if (value >= useful && seconds == 0)
            seconds = now;
    }
    bool finish_early_requested() const noexcept override { return seconds > 0; }

    double seconds = 0;

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace

int main() {
    try {
        const char* shared = std::getenv("EYEPIECE_SHARED_DATA");
        const std::filesystem::path data =
            std::string(shared ? shared : "../shared/data") + "/nuclei/dsb2018";
        if (!std::filesystem::exists(data / "index.csv")) {
            std::printf("bench_first_prediction: no data at %s\n", data.c_str());
            return 0;
        }
        std::string folder = (std::filesystem::temp_directory_path() / "bench-first-XXXXXX").string();
        if (!mkdtemp(folder.data()))
            return 1;
        const std::string path = folder + "/project";
        {
            const auto project = Project::create(path);
            const ClassId nucleus = project->classes().find_or_add("nucleus");
            std::size_t count = 0;
            for (const auto& one : test::indexed_nuclei(data)) {
                if (one.width != 256 || one.height != 256 || one.kind != "fluorescence")
                    continue;
                project->splits().assign({test::add_nuclei(*project, data, one.id, nucleus)},
                                         count < labelled ? "train" : "test");
                if (++count == labelled + unseen)
                    break;
            }
        }
        EngineOptions options;
        options.threads = 2;
        options.plugin_search_path = plugin_search_path();
        const std::unique_ptr<Engine> engine(eyepiece_make_engine(options));
        const Json spec = {{"project", path}, {"task", "semantic-segmentation"},
                           {"model", "unet"}, {"method", "supervised"},
                           {"seed", 1},       {"set", Json::object()}};
        UntilUseful job;
        const Json run = engine->run("train", spec, job).json;
        QuietJob quiet;
        const Json result =
            engine->run("evaluate", {{"project", path}, {"run", run.at("run")}, {"split", "test"}}, quiet)
                .json;
        std::printf("first useful prediction: %.1f s (at most %.0f: %s); mean foreground IoU %.3f on %zu "
                    "unseen images (Otsu %.3f)\n",
                    job.seconds, at_most, job.seconds > 0 && job.seconds <= at_most ? "reached" : "missed",
                    result.at("mean_iou").get<double>(), result.at("images").size(),
                    result.at("baselines").at("otsu").at("mean_iou").get<double>());
        std::filesystem::remove_all(folder);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_first_prediction: %s\n", error.what());
        return 1;
    }
}
