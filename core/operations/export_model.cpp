// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/export_model.h"

#include "core/base/stamp.h"
#include "core/base/version.h"
#include "core/formats/image_reader.h"
#include "core/operations/open.h"
#include "core/project/project.h"

#include <algorithm>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t test_inputs = 3;
constexpr std::int64_t test_side = 256; // px

std::int64_t up_to_multiple(std::int64_t size, int multiple) {
    return (size + multiple - 1) / multiple * multiple;
}

// The middle of an image as the network's input, (1,C,H,W), by repeating the rim where it is too small.
torch::Tensor middle_of(ImageSource& source, const TrainedNetwork& network) {
    const ImageInfo& info = source.info();
    const Region region{std::max<std::int64_t>(0, (info.width - test_side) / 2),
                        std::max<std::int64_t>(0, (info.height - test_side) / 2),
                        std::min(info.width, test_side), std::min(info.height, test_side)};
    const Normalisation& normalisation = network.normalisation();
    const torch::Tensor tensor =
        normalisation.apply(normalisation.arranged(source.read(region)), normalisation.measure(source))
            .unsqueeze(0);
    return torch::replication_pad2d(
               tensor, {0, up_to_multiple(tensor.size(3), network.size_multiple()) - tensor.size(3), 0,
                        up_to_multiple(tensor.size(2), network.size_multiple()) - tensor.size(2)})
        .contiguous();
}

// Of held-out images first, since those are what the file will be used on.
std::vector<torch::Tensor> project_inputs(const fs::path& folder, const TrainedNetwork& network,
                                          JobContext& context) {
    std::vector<Item> items = Project::open(folder, Project::Access::ReadOnly)->items().all();
    const auto rank = [](const Item& item) {
        return (item.split == "test" ? 0 : item.split == "val" ? 1 : 2) + (item.objects > 0 ? 0 : 3);
    };
    std::stable_sort(items.begin(), items.end(),
                     [&](const Item& a, const Item& b) { return rank(a) < rank(b); });
    std::vector<torch::Tensor> inputs;
    int failures = 0;
    for (const Item& item : items) {
        context.throw_if_cancelled();
        try {
            inputs.push_back(middle_of(*open_image(item.path), network));
        } catch (const Error&) {
            if (++failures == 20) // a missing disk: no need to try 50,000 files
                break;
        }
        if (inputs.size() == test_inputs)
            break;
    }
    return inputs;
}

class Export final : public Operation {
public:
    explicit Export(EngineServices& services) : services_(services) {}

    std::optional<ParameterSchema> parameters(const Json& spec) const override {
        const auto format = spec.find("format");
        if (format == spec.end() || !format->is_string())
            return std::nullopt;
        return services_.registries.exporters.at(format->get<std::string>()).parameters;
    }

    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        services_.registries.exporters.at(spec.value("format", std::string()));
        const ModelReference model = resolve_model(spec.value("model", std::string()));
        if (!model.is_run())
            result.errors.push_back("This is an exported file already. Choose a run of a project.");
        result.summary = "Writes the network of " + (model.is_run() ? model.run : model.file.string()) + ".";
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const auto exporter = services_.registries.exporters.make(spec.value("format", std::string()));
        const ModelReference reference = resolve_model(spec.value("model", std::string()));
        if (!reference.is_run())
            throw Error(ErrorCode::BadInput,
                        "The model is an exported file already. Choose a run, as PROJECT:RUN.");
        const fs::path out = spec.value("out", std::string());
        if (out.empty())
            throw Error(ErrorCode::BadInput, "The spec does not say to which file to export (\"out\").");
        // In float32 on the processor, which every reader has.
        const auto network = open_network(services_, spec.value("model", std::string()),
                                          select_device("cpu", spec.value("threads", 0)));
        const auto model = network->model();
        if (!model)
            throw Error(ErrorCode::Unsupported, "This model only computes and cannot be exported again.");
        context.progress(0, "Reading images to check with");
        std::vector<torch::Tensor> inputs = project_inputs(reference.project, *network, context);
        if (inputs.empty()) {
            context.warn("No image of the project can be read, so the file is checked on noise.");
            const std::int64_t side = up_to_multiple(test_side, network->size_multiple());
            inputs.push_back(torch::rand({1, network->input_channels(), side, side}));
        }

        Json card = network->card();
        const Json set = spec.value("set", Json::object());
        card["license"] = set.value("license", "");
        card["description"] = set.value("description", "");
        card["created"] = utc_now();
        card["versions"]["eyepiece-export"] = EYEPIECE_VERSION;
        const ExportReport report = exporter->write({*model, card, inputs, out}, context);
        return {{{"file", report.file.string()},
                 {"card", report.card.string()},
                 {"largest_difference", report.largest_difference},
                 {"checked_inputs", report.checked_inputs}}};
    }

private:
    EngineServices& services_;
};

} // namespace

void register_export_operation(EngineServices& services) {
    services.registries.operations.add(
        {.name = "export",
         .title = "Export",
         .help = "Writes a trained network to a file that works without this program.",
         .parameters = card_parameters(),
         .make = [&services] { return std::make_unique<Export>(services); }});
}

} // namespace eyepiece
