// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/intake/sample_project.h"

#include "core/formats/sample_folder.h"
#include "core/intake/importer.h"

#include <algorithm>

namespace eyepiece {
namespace {

// A part of a job, as a job of its own.
class Part : public JobContext {
public:
    Part(JobContext& whole, double from, double to) : whole_(whole), from_(from), to_(to) {}
    bool cancelled() const noexcept override { return whole_.cancelled(); }
    bool finish_early_requested() const noexcept override { return false; }
    void progress(double fraction, std::string_view stage) override {
        whole_.progress(fraction < 0 ? from_ : from_ + (to_ - from_) * fraction, stage);
    }
    void metric(std::string_view, std::int64_t, double) override {}
    void partial(const Json&, std::span<const std::byte>) override {}
    void warn(std::string_view message) override { whole_.warn(message); }

private:
    JobContext& whole_;
    double from_, to_;
};

} // namespace

std::unique_ptr<Project> make_sample_project(const std::filesystem::path& folder, std::uint64_t seed,
                                             JobContext& job) {
    auto project = Project::create(folder, "Sample nuclei");
    SampleFolderOptions sample;
    sample.seed = seed;
    Part drawing(job, 0, 0.7), reading(job, 0.7, 1);
    write_sample_folder(project->folder(), sample, drawing);
    ImportOptions options;
    options.labels.class_name = "nucleus";
    import_files(*project, {project->folder()}, options, reading);
    // The last wells, are left for the user.
    const auto items = project->items().all();
    std::vector<LabelEdit> erased;
    constexpr std::size_t unlabelled = 4;
    for (std::size_t i = items.size() - std::min(items.size(), unlabelled); i < items.size(); ++i) {
        LabelEdit edit;
        edit.item = items[i].id;
        edit.tool = "eraser";
        edit.region = {0, 0, items[i].width, items[i].height};
        edit.pixels = LabelMap(items[i].height, items[i].width);
        erased.push_back(std::move(edit));
        project->items().set_complete(items[i].id, false);
    }
    project->labels().commit(erased, "sample");
    SplitRequest request;
    request.train = 0.6;
    request.val = 0.2;
    request.test = 0.2;
    request.seed = seed;
    project->splits().apply(request);
    project->history().forget();
    return project;
}

} // namespace eyepiece
