// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/preprocessing.h"

#include "core/data/preprocessing_steps.h"

#include <numeric>

namespace eyepiece {

PreprocessingStep::~PreprocessingStep() = default;

Json PreprocessingStep::learn(const Table&, const Json&) const {
    return nullptr;
}

void register_preprocessing(PreprocessingRegistry& steps) {
    register_value_steps(steps);
    register_column_steps(steps);
    register_row_steps(steps);
}

Json to_json(const std::vector<RecordedStep>& steps) {
    Json list = Json::array();
    for (const RecordedStep& step : steps) {
        Json entry{{"step", step.name}, {"set", step.set}};
        if (!step.learnt.is_null())
            entry["learnt"] = step.learnt;
        list.push_back(std::move(entry));
    }
    return list;
}

std::vector<RecordedStep> steps_from_json(const PreprocessingRegistry& registry, const Json& json) {
    if (!json.is_array())
        throw Error(ErrorCode::BadInput,
                    "The preprocessing is not a list of steps: give [{\"step\": \"scale\"}, ...].");
    std::vector<RecordedStep> steps;
    for (const Json& entry : json) {
        if (!entry.is_object() || !entry.contains("step") || !entry["step"].is_string())
            throw Error(ErrorCode::BadInput,
                        "Step " + std::to_string(steps.size() + 1) +
                            " of the preprocessing has no name: give {\"step\": \"scale\"}.");
        RecordedStep step;
        step.name = entry["step"].get<std::string>();
        step.set = registry.at(step.name).parameters.complete(entry.value("set", Json::object()));
        if (entry.contains("learnt"))
            step.learnt = entry["learnt"];
        steps.push_back(std::move(step));
    }
    return steps;
}

Preprocessed preprocess(const PreprocessingRegistry& registry, const Table& table,
                        const std::vector<RecordedStep>& steps, JobContext& context) {
    Preprocessed result;
    result.table = table;
    result.rows.resize(table.rows());
    std::iota(result.rows.begin(), result.rows.end(), std::size_t{0});
    for (const RecordedStep& recorded : steps) {
        context.throw_if_cancelled();
        context.progress(static_cast<double>(result.steps.size()) / static_cast<double>(steps.size()),
                         recorded.name);
        const auto& entry = registry.at(recorded.name);
        RecordedStep done{recorded.name, entry.parameters.complete(recorded.set), recorded.learnt};
        const auto step = entry.make();
        StepResult made;
        try {
            if (done.learnt.is_null())
                done.learnt = step->learn(result.table, done.set);
            made = step->apply(result.table, done.set, done.learnt);
        } catch (const Json::exception& fault) {
            throw Error(ErrorCode::BadInput,
                        entry.title + ": what was learnt is not readable; let the step learn it anew.",
                        fault.what());
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Cancelled)
                throw;
            throw Error(error.code(), entry.title + ": " + error.what(), error.details());
        }
        for (const std::string& note : made.notes)
            result.notes.push_back(entry.title + ": " + note);
        if (made.rows_changed) {
            std::vector<std::size_t> rows;
            rows.reserve(made.rows.size());
            for (const std::size_t row : made.rows)
                rows.push_back(result.rows[row]);
            result.rows = std::move(rows);
        }
        result.table = std::move(made.table);
        result.steps.push_back(std::move(done));
    }
    return result;
}

} // namespace eyepiece
