// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/base/parameters.h"
#include "core/learning/model.h"

#include <filesystem>
#include <torch/torch.h>
#include <vector>

namespace eyepiece {

// What an exporter writes: a trained network and everything that a stranger needs to use it rightly.
struct ExportRequest {
    Model& model; // in evaluation mode; used from the calling thread only
    Json card;    // what the file says of itself: input, normalisation, classes, data, metrics, versions
    std::vector<torch::Tensor> inputs; // each (1,C,H,W) float32, normalised; stored in the file as its test
    std::filesystem::path file;
};

struct ExportReport {
    std::filesystem::path file;
    std::filesystem::path card;    // the same card beside it, as JSON
    double largest_difference = 0; // between the model and the file read back, over all checked inputs
    int checked_inputs = 0;        // the stored ones, and one of another size
};

// What any export may say of the model in its card: licence and description. An exporter is registered with
// these and its own.
EYEPIECE_EXPORT ParameterSchema card_parameters();

// A file format for trained networks; registered by name.
class EYEPIECE_EXPORT Exporter {
public:
    virtual ~Exporter();
    virtual std::string suffix() const = 0; // ".pt"
    // Writes the file whole (under a temporary name first), reads it back, and compares. Throws Error.
    virtual ExportReport write(const ExportRequest& request, JobContext& context) = 0;
};

} // namespace eyepiece
