// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/engine_plugin.h"

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

ParameterSchema card_parameters() {
    return {text_parameter(
                "license", "", "Licence",
                "The licence under which others may use the model, as an SPDX identifier such as CC-BY-4.0."),
            text_parameter("description", "", "Description",
                           "What the model is for, and on what it was trained, in a sentence.")};
}

} // namespace eyepiece
