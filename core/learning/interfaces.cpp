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

} // namespace eyepiece
