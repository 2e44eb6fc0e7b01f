// SPDX-License-Identifier: GPL-3.0-or-later
// Trains on four fifths of nuclei/dsb2018 with the defaults and scores the rest.
//   bench_nuclei DATA_FOLDER [name=value ...]   further settings of the training, for trying things out
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

class Talkative : public QuietJob {
public:
    void metric(std::string_view series, std::int64_t step, double value) override {
        if (series != "train/loss")
            std::printf("  %-18.*s step %5lld  %.4f\n", static_cast<int>(series.size()), series.data(),
                        static_cast<long long>(step), value);
        std::fflush(stdout);
    }
    void warn(std::string_view text) override {
        std::printf("  warning: %.*s\n", static_cast<int>(text.size()), text.data());
    }
};

} // namespace

int main(int argc, char** argv) {
    try {
        const char* shared = std::getenv("EYEPIECE_SHARED_DATA");
        const std::filesystem::path data =
            argc > 1 ? argv[1] : std::string(shared ? shared : "../shared/data") + "/nuclei/dsb2018";
        if (!std::filesystem::exists(data / "index.csv")) {
            std::printf("bench_nuclei: no data at %s\n", data.c_str());
            return 0;
        }
        std::string folder = (std::filesystem::temp_directory_path() / "bench-nuclei-XXXXXX").string();
        if (!mkdtemp(folder.data()))
            return 1;
        const auto start = std::chrono::steady_clock::now();
        const auto seconds = [&] {
            return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        };
        const std::string project = folder + "/project";
        test::nuclei_project(project, data);
        std::printf("imported in %.1f s\n", seconds());

        EngineOptions options;
        options.threads = 2;
        options.plugin_search_path = plugin_search_path();
        const std::unique_ptr<Engine> engine(eyepiece_make_engine(options));
        Json set = Json::object();
        for (int i = 2; i < argc; ++i) {
            const std::string text = argv[i];
            const auto at = text.find('=');
            const Json value = Json::parse(text.substr(at + 1), nullptr, false);
            set[text.substr(0, at)] = value.is_discarded() ? Json(text.substr(at + 1)) : value;
        }
        Talkative job;
        const Json spec = {{"project", project}, {"task", "semantic-segmentation"},
                           {"model", "unet"},    {"method", "supervised"},
                           {"seed", 1},          {"set", set}};
        const OperationCheck check = engine->check("train", spec, job);
        std::printf("%s\n%s\n", check.summary.c_str(), check.plan.value("reasons", Json()).dump(1).c_str());
        const Json run = engine->run("train", spec, job).json;
        std::printf("%s\ntrained after %.1f s (everything since the start)\n", run.dump().c_str(), seconds());
        const Json result =
            engine->run("evaluate", {{"project", project}, {"run", run.at("run")}, {"split", "test"}}, job)
                .json;
        for (const Json& image : result.at("images"))
            std::printf("  %-24s IoU %.3f (Otsu %.3f)\n", image.at("name").get<std::string>().c_str(),
                        image.at("iou").get<double>(), image.at("otsu_iou").get<double>());
        std::printf("ap %s\n", result.at("ap").dump().c_str());
        std::printf("nuclei: mean foreground IoU %.4f on %zu images (Otsu %.4f), %.0f s in all\n",
                    result.at("mean_iou").get<double>(), result.at("images").size(),
                    result.at("baselines").at("otsu").at("mean_iou").get<double>(), seconds());
        std::filesystem::remove_all(folder);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_nuclei: %s\n", error.what());
        return 1;
    }
}
