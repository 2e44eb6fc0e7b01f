// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/image.h"
#include "core/learning/trained_network.h"
#include "core/operations/services.h"

#include <filesystem>
#include <memory>
#include <string>

namespace eyepiece {

// What the members "model" and "input" of a spec mean, for every operation that has them.

// "PROJECT:RUN" (the run's id or number), or an exported file.
struct ModelReference {
    std::filesystem::path project; // empty for an exported file
    std::string run;
    std::filesystem::path run_folder;
    std::filesystem::path file; // of an exported one
    bool is_run() const { return !project.empty(); }
};
// Throws Error(NotFound | BadInput) that says what is missing: the project, the run (and which there are), or
// the file.
EYEPIECE_EXPORT ModelReference resolve_model(const std::string& reference);

// The network itself, from the services' cache when its file has not changed since.
EYEPIECE_EXPORT std::shared_ptr<TrainedNetwork>
open_network(EngineServices& services, const std::string& reference, const ComputeDevice& device);

// {"path": FILE} or {"project": FOLDER, "item": ID}.
struct OperationInput {
    std::filesystem::path path;
    std::string name; // as people know it
    std::unique_ptr<ImageSource> source;
};
EYEPIECE_EXPORT OperationInput open_input(const Json& input);

// A spec's [x, y, width, height], cut to the image; the whole image when it is absent. Throws Error(BadInput)
// when it is not four numbers or lies outside.
EYEPIECE_EXPORT Region region_of(const Json& spec, const ImageInfo& info);

} // namespace eyepiece
