// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exchange/torchscript.h"
#include "core/intake/project_table.h"
#include "core/methods/supervised.h"
#include "core/models/models.h"
#include "core/operations/activation_table.h"
#include "core/operations/apply_model.h"
#include "core/operations/check_table.h"
#include "core/operations/cluster.h"
#include "core/operations/embed.h"
#include "core/operations/explain.h"
#include "core/operations/export_model.h"
#include "core/operations/fit.h"
#include "core/operations/list.h"
#include "core/operations/services.h"
#include "core/operations/tabulate.h"
#include "core/operations/train.h"

namespace eyepiece {

// Adding an operation means one file beside this one and one line here.
void register_operations(EngineServices& services) {
    register_models(services.registries.models);
    register_methods(services.registries.methods);
    register_exporters(services.registries.exporters);
    register_project_tables(services.registries.tables);
    register_activation_table(services);
    register_list_operations(services);
    register_training(services);
    register_prediction(services);
    register_explain_operations(services);
    register_export_operation(services);
    register_tabulate_operation(services);
    register_embed_operation(services);
    register_cluster_operation(services);
    register_fit_operation(services);
    register_apply_operation(services);
    register_check_operation(services);
}

} // namespace eyepiece
