// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/engine_plugin.h"

#include "core/base/nearest_name.h"

#include <algorithm>

namespace eyepiece {

// Out of line so that each vtable and type_info lives in one library, whichever plugin throws or casts.
Model::~Model() = default;
ModelFactory::~ModelFactory() = default;
ExampleSource::~ExampleSource() = default;
Scorer::~Scorer() = default;
Task::~Task() = default;
Method::~Method() = default;
Explainer::~Explainer() = default;
Exporter::~Exporter() = default;

void require_layer(const Model& model, const std::string& layer) {
    const std::vector<std::string> layers = model.layers();
    if (layers.empty())
        throw Error(ErrorCode::Unsupported, "This model has no layers to look into, as is so of an exported "
                                            "file. Choose the run that it was exported from.");
    if (std::find(layers.begin(), layers.end(), layer) != layers.end())
        return;
    std::string known;
    for (const std::string& name : layers)
        known += (known.empty() ? "" : ", ") + name;
    throw Error(ErrorCode::NotFound, "The model has no layer \"" + layer + "\"" +
                                         nearest_hint(layer, layers) + ". It has: " + known + ".");
}

ParameterSchema card_parameters() {
    return {text_parameter(
                "license", "", "Licence",
                "The licence under which others may use the model, as an SPDX identifier such as CC-BY-4.0."),
            text_parameter("description", "", "Description",
                           "What the model is for, and on what it was trained, in a sentence.")};
}

} // namespace eyepiece
