// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/preprocessing.h"
#include "core/learning/estimator.h"

#include <filesystem>
#include <string>
#include <vector>

namespace eyepiece {

// A fitted estimator with all that another table needs to be asked about: it owns all of it.
struct FittedModel {
    std::string model; // the estimator's name
    Json parameters = Json::object();
    std::uint64_t seed = 1;
    std::string target;
    std::vector<std::string> classes;   // names; empty: values are predicted
    std::vector<FeatureColumn> columns; // in the order in which it was fitted to them
    std::vector<RecordedStep> steps;    // with what they learnt
    std::size_t rows = 0;               // that it was fitted to
    Json state;                         // FittedEstimator::state()
};

// One file: the line "eyepiece-fitted-model VERSION CHECKSUM", then CBOR (RFC 8949), which keeps every number
// to the last bit. The checksum is the FNV-1a hash of those bytes (Fowler, Noll & Vo; 64 bits, hex). Throws
// Error(Storage).
EYEPIECE_EXPORT void write_fitted_model(const std::filesystem::path& path, const FittedModel& model);

// Throws Error(NotFound | BadInput | Unsupported): no such file, another kind of file, a damaged one, or one
// of a newer version.
EYEPIECE_EXPORT FittedModel read_fitted_model(const std::filesystem::path& path);

} // namespace eyepiece
