// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/open.h"

#include "core/exchange/torchscript.h"
#include "core/formats/image_reader.h"
#include "core/project/project.h"

#include <algorithm>

namespace eyepiece {

namespace fs = std::filesystem;

ModelReference resolve_model(const std::string& reference) {
    std::error_code ignored;
    ModelReference model;
    if (fs::is_regular_file(reference, ignored)) {
        model.file = reference;
        return model;
    }
    // The last colon: a folder's name may have one too.
    const std::size_t colon = reference.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == reference.size()) {
        if (Project::is_project(reference))
            throw Error(ErrorCode::BadInput, "Which run of the project? Say " + reference +
                                                 ":RUN; `eyepiece-cli info " + reference +
                                                 "` lists its runs.");
        throw Error(ErrorCode::NotFound,
                    "There is no model \"" + reference +
                        "\". Give a run of a project as PROJECT:RUN, or an exported file.");
    }
    model.project = reference.substr(0, colon);
    if (!Project::is_project(model.project))
        throw Error(ErrorCode::NotFound, "There is no Eyepiece project in " + model.project.string() + ".");
    const RunInfo run =
        Project::open(model.project, Project::Access::ReadOnly)->runs().at(reference.substr(colon + 1));
    model.run = run.id;
    model.run_folder = run.folder;
    return model;
}

std::shared_ptr<TrainedNetwork> open_network(EngineServices& services, const std::string& reference,
                                             const ComputeDevice& device) {
    const ModelReference model = resolve_model(reference);
    const fs::path file = model.is_run() ? best_checkpoint(model.run_folder) : model.file;
    return services.models.get<TrainedNetwork>(file, device.name, [&]() -> std::shared_ptr<TrainedNetwork> {
        if (model.is_run())
            return load_run(services.registries.models, model.run_folder, device);
        return load_torchscript(model.file, device);
    });
}

OperationInput open_input(const Json& input) {
    OperationInput opened;
    if (input.is_object() && input.contains("path") && input["path"].is_string()) {
        opened.path = input["path"].get<std::string>();
        opened.name = opened.path.filename().string();
    } else if (input.is_object() && input.contains("project") && input.contains("item")) {
        const auto project = Project::open(input["project"].get<std::string>(), Project::Access::ReadOnly);
        const Item item = project->items().at(input["item"].get<ItemId>());
        opened.path = item.path;
        opened.name = item.name;
    } else {
        throw Error(ErrorCode::BadInput,
                    "The spec has no input: {\"path\": FILE} or {\"project\": FOLDER, \"item\": ID}.");
    }
    opened.source = open_image(opened.path);
    return opened;
}

Region region_of(const Json& spec, const ImageInfo& info) {
    const Region whole{0, 0, info.width, info.height};
    const auto found = spec.find("region");
    if (found == spec.end() || found->is_null())
        return whole;
    if (!found->is_array() || found->size() != 4 ||
        !std::all_of(found->begin(), found->end(), [](const Json& number) { return number.is_number(); }))
        throw Error(ErrorCode::BadInput, "A region is four numbers: x, y, width and height in px.");
    const auto at = [&](int i) { return static_cast<std::int64_t>(std::llround((*found)[i].get<double>())); };
    const Region region = Region{at(0), at(1), at(2), at(3)}.intersected(whole);
    if (region.empty())
        throw Error(ErrorCode::BadInput,
                    "The region " + found->dump() + " does not meet the image, which has " +
                        std::to_string(info.width) + " x " + std::to_string(info.height) + " px.");
    return region;
}

} // namespace eyepiece
