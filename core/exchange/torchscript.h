// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/registry.h"
#include "core/learning/exporter.h"
#include "core/learning/trained_network.h"

#include <filesystem>
#include <memory>

namespace eyepiece {

// TorchScript, which C++ and Python (torch.jit.load) read without this program. The module tree is mirrored
// with its names, so that Python's state_dict() has every parameter in place, and forward() is traced. Height
// and width stay free (multiples of the card's "size-multiple"). Inside the file:
//   card.json                the card; the same lies beside it as FILE.json
//   inputs.pt, outputs.pt    a tuple of tensors each: what came in and what must come out; torch.load reads
//   them
class EYEPIECE_EXPORT TorchScriptExporter final : public Exporter {
public:
    ~TorchScriptExporter() override;
    std::string suffix() const override { return ".pt"; }
    // On the CPU, whatever the model's device. Throws Error(Internal), leaving nothing behind, when what was
    // read back differs by more than `tolerance`.
    ExportReport write(const ExportRequest& request, JobContext& context) override;
    static constexpr double tolerance = 1e-4; // of logits
};

// A network from such a file, with no project. Its model() has no layers to look into, but has gradients.
// Throws Error(NotFound | BadInput): no such file, not TorchScript, or not exported by Eyepiece.
EYEPIECE_EXPORT std::shared_ptr<TrainedNetwork> load_torchscript(const std::filesystem::path& file,
                                                                 const ComputeDevice& device);

// Runs the file's stored inputs again and gives the largest difference to its stored outputs.
EYEPIECE_EXPORT double check_torchscript(const std::filesystem::path& file);

EYEPIECE_EXPORT void register_exporters(Registry<Exporter>& exporters);

} // namespace eyepiece
