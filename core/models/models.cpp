// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/models.h"

#include "core/models/unet.h"

namespace eyepiece {

void register_models(ModelRegistry& models) {
    models.add({"unet", "U-Net",
                "Encoder and decoder with skip connections: the standard for images of cells.",
                UNetFactory::parameters(), [] { return std::make_unique<UNetFactory>(); }});
}

} // namespace eyepiece
