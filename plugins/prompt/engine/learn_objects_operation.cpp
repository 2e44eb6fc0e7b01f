// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/image_reader.h"
#include "core/operations/part_of_job.h"
#include "core/project/project.h"
#include "plugins/prompt/engine/object_training.h"
#include "plugins/prompt/engine/operations.h"
#include "plugins/prompt/engine/scripted_user.h"

#include <algorithm>

namespace eyepiece::prompt {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t least_objects = 10;
constexpr std::size_t most_judged = 60;        // objects, before and after
constexpr std::int64_t most_pixels = 64 << 20; // of an image: larger ones are passed over
constexpr std::size_t every = 5;               // object is kept from learning, to judge what was learnt
constexpr int scenes = 60;                     // drawn ones, so that what was known is not forgotten

ParameterSchema learning_parameters() {
    return {
        integer_parameter("steps", 150, "Steps",
                          "How long it learns; a step takes about a third of a second.")
            .range(1, 100'000),
        integer_parameter("batch-size", 16, "Batch", "Crops that are learnt from at once.").range(1, 256),
        real_parameter("learning-rate", 5e-4, "Learning rate", "The largest step.").range(1e-7, 1),
    };
}

// What a project has labelled, image by image.
struct Labelled {
    std::vector<TrainingField> taught, judged; // the same images, with different objects
    std::size_t objects = 0;
};

Labelled labelled(Project& project, JobContext& context) {
    Labelled all;
    std::size_t place = 0;
    const std::vector<Item> items = project.items().all();
    for (std::size_t i = 0; i < items.size(); ++i) {
        const Item& item = items[i];
        context.throw_if_cancelled();
        context.progress(static_cast<double>(i) / static_cast<double>(items.size()), "Reading the objects");
        if (item.objects == 0)
            continue;
        try {
            const std::shared_ptr<ImageSource> source = open_image(item.path);
            const ImageInfo& info = source->info();
            if (info.width * info.height > most_pixels) {
                context.warn(item.name + " is too large to learn from; it is passed over.");
                continue;
            }
            TrainingField field(source, project.labels().read(item.id, {0, 0, info.width, info.height}));
            field.complete = item.complete;
            TrainingField taught = field, judged = field;
            taught.objects.clear();
            judged.objects.clear();
            for (const TrainingField::Object& object : field.objects)
                (place++ % every == every - 1 ? judged : taught).objects.push_back(object);
            all.objects += field.objects.size();
            if (!taught.objects.empty())
                all.taught.push_back(std::move(taught));
            if (!judged.objects.empty())
                all.judged.push_back(std::move(judged));
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Cancelled)
                throw;
            context.warn(item.name + " is passed over: " + error.what());
        }
    }
    if (all.objects < least_objects)
        throw Error(ErrorCode::BadInput, "There are " + std::to_string(all.objects) +
                                             " objects in the project. Label at least " +
                                             std::to_string(least_objects) + " to learn from them.");
    return all;
}

// The mean intersection over union after one click.
double judge(ObjectNetwork& network, const std::vector<TrainingField>& fields, std::uint64_t seed,
             JobContext& context) {
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t place = 0; count < most_judged; ++place) {
        bool any = false;
        for (const TrainingField& field : fields) {
            if (place >= field.objects.size() || count >= most_judged)
                continue;
            any = true;
            context.throw_if_cancelled();
            const TrainingField::Object& object = field.objects[place];
            const Region& bounds = object.bounds;
            const Mask truth = mask_of(field.labels, object.id, bounds);
            Random random(mix_seed(seed, count));
            const auto click = first_click(truth, 0.5, random);
            ++count;
            if (!click)
                continue;
            ObjectFinder finder(network);
            const FoundObject found = finder.find(
                *field.image,
                {{{{click->x + static_cast<double>(bounds.x), click->y + static_cast<double>(bounds.y)},
                   true}},
                 {}},
                0, context);
            const Region both = bounds.united(found.region);
            Mask a(both.height, both.width), b(both.height, both.width);
            for (std::int64_t y = 0; y < bounds.height; ++y)
                for (std::int64_t x = 0; x < bounds.width; ++x)
                    a.set(bounds.x - both.x + x, bounds.y - both.y + y, truth.at(x, y));
            for (std::int64_t y = 0; y < found.region.height; ++y)
                for (std::int64_t x = 0; x < found.region.width; ++x)
                    b.set(found.region.x - both.x + x, found.region.y - both.y + y, found.mask.at(x, y));
            sum += intersection_over_union(a, b);
        }
        if (!any)
            break;
    }
    return count == 0 ? 0 : sum / static_cast<double>(count);
}

class LearnObjects final : public Operation {
public:
    explicit LearnObjects(std::shared_ptr<ObjectMemory> memory) : memory_(std::move(memory)) {}

    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        try {
            settings(spec);
            const auto project = open_project(spec);
            const std::int64_t objects = project->labels().total_objects();
            if (objects < static_cast<std::int64_t>(least_objects))
                throw Error(ErrorCode::BadInput, "There are too few objects in the project: label at least " +
                                                     std::to_string(least_objects) + ".");
            result.summary = "Learns on from " + std::to_string(objects) + " objects.";
        } catch (const Error& error) {
            result.errors.emplace_back(error.what());
        }
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const Json set = settings(spec);
        const auto project = open_project(spec);
        const fs::path file = learnt_weights(project->folder());
        const ComputeDevice device = select_device(spec);
        ObjectTrainingOptions options;
        options.steps = set.at("steps");
        options.batch = set.at("batch-size");
        options.learning_rate = set.at("learning-rate");
        options.seed = spec.value("seed", std::uint64_t{1});

        PartOfJob reading(context, 0, 0.1);
        const Labelled labels = labelled(*project, reading);
        // From what is best so far: the project's own network, where there is one.
        std::error_code error;
        const fs::path start = fs::exists(file, error) ? file : memory_->built_in();
        double before = 0, after = 0;
        {
            ObjectNetwork known = ObjectNetwork::load(start);
            known.prepare(device);
            before = judge(known, labels.judged, options.seed, context);
        }
        ObjectNetwork network = ObjectNetwork::load(start);
        const std::vector<TrainingField> drawn = drawn_scenes(scenes, options.seed);
        const FieldGroup groups[] = {{labels.taught, 0.8}, {drawn, 0.2}};
        PartOfJob learning(context, 0.15, 0.95);
        const ObjectTrainingResult trained = train(network, groups, options, device, learning);
        // Judged as it will be used: prepared, from the file.
        const fs::path tried = file.parent_path() / (file.filename().string() + ".tried");
        network.save(tried, {{"steps", trained.steps},
                             {"seed", options.seed},
                             {"objects", labels.objects},
                             {"revision", project->labels().revision()}});
        try {
            ObjectNetwork learnt = ObjectNetwork::load(tried);
            learnt.prepare(device);
            after = judge(learnt, labels.judged, options.seed, context);
        } catch (...) {
            fs::remove(tried, error);
            throw;
        }
        const bool kept = after >= before;
        if (kept)
            fs::rename(tried, file);
        else
            fs::remove(tried, error);
        OperationResult result;
        result.json = {{"objects", labels.objects},
                       {"images", labels.taught.size()},
                       {"before", before},
                       {"after", after},
                       {"kept", kept},
                       {"file", file.string()}};
        context.progress(1, "Done");
        return result;
    }

private:
    static Json settings(const Json& spec) {
        const auto found = spec.find("set");
        return learning_parameters().complete(found == spec.end() || found->is_null() ? Json::object()
                                                                                      : *found);
    }
    static std::unique_ptr<Project> open_project(const Json& spec) {
        const auto found = spec.find("project");
        if (found == spec.end() || !found->is_string())
            throw Error(ErrorCode::BadInput, "The spec does not say which project: \"project\".");
        return Project::open(found->get<std::string>(), Project::Access::ReadOnly);
    }

    std::shared_ptr<ObjectMemory> memory_;
};

} // namespace

void register_learn_objects(OperationRegistry& operations, std::shared_ptr<ObjectMemory> memory) {
    operations.add({.name = "learn-objects",
                    .title = "Learn from my objects",
                    .help = "The network that finds objects by clicks learns on from the project's own.",
                    .parameters = learning_parameters(),
                    .make = [memory] { return std::make_unique<LearnObjects>(memory); }});
}

} // namespace eyepiece::prompt
