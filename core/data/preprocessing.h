// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/base/registry.h"
#include "core/data/table.h"

#include <memory>
#include <string>
#include <vector>

namespace eyepiece {

// What a step made of a table.
struct StepResult {
    Table table;
    std::vector<std::string> notes; // each one sentence: what the user should know of
    // Where rows were left out: which rows of the step's input are kept, in order. Empty: all.
    std::vector<std::size_t> rows = {};
    bool rows_changed = false;
};

// One way to prepare a table: scale, log, impute, ... Stateless; runs on any thread. What it learns of one
// table (means, categories, the columns chosen) is JSON, so that the same step can be done to new data.
class EYEPIECE_EXPORT PreprocessingStep {
public:
    virtual ~PreprocessingStep();
    // Throws Error(BadInput) when the table cannot be prepared so. Null: there is nothing to learn.
    virtual Json learn(const Table& table, const Json& parameters) const;
    virtual StepResult apply(const Table& table, const Json& parameters, const Json& learnt) const = 0;
};

using PreprocessingRegistry = Registry<PreprocessingStep>;
EYEPIECE_EXPORT void register_preprocessing(PreprocessingRegistry& steps);

// A step as it is recorded: {"step": name, "set": {...}, "learnt": {...}}.
struct RecordedStep {
    std::string name;
    Json set = Json::object();
    Json learnt = nullptr; // null: learnt anew from the table it is done to
};
EYEPIECE_EXPORT Json to_json(const std::vector<RecordedStep>& steps);
// Checks names and parameters. Throws Error(BadInput or NotFound) that says which step is wrong.
EYEPIECE_EXPORT std::vector<RecordedStep> steps_from_json(const PreprocessingRegistry& registry,
                                                          const Json& json);

struct Preprocessed {
    Table table;
    std::vector<RecordedStep> steps; // with all parameters, and with what was learnt
    std::vector<std::string> notes;  // "scale: ..."
    std::vector<std::size_t> rows;   // of each row, its number in the table that was given
};
// Does the steps in their order. An Error says which step failed.
EYEPIECE_EXPORT Preprocessed preprocess(const PreprocessingRegistry& registry, const Table& table,
                                        const std::vector<RecordedStep>& steps, JobContext& context);

} // namespace eyepiece
