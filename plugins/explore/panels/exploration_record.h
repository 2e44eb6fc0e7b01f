// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/data/row_labels.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace eyepiece {

// Where a table came from, and how it was read.
struct TableSource {
    std::string path;
    std::string format = "auto"; // or the reader that the user chose
    Json set = Json::object();   // the reader's parameters that the user has set
    Json made = nullptr;         // made of the project: {"from", "set"} as of ProjectTable; the file is ours
    bool operator==(const TableSource&) const = default;
};

// What the user said of a column, against the file.
struct ColumnCorrection {
    std::optional<ColumnRole> role;
    std::optional<bool> categorical;
    bool operator==(const ColumnCorrection&) const = default;
};

enum class StepKind { Prepare, Reduce, Cluster, Predict };
std::string_view to_string(StepKind kind);

// A step's outcome as the engine gave it: of Reduce `points` (float32), of Cluster `labels` (int32), of
// Predict `points`, which are probabilities, or values.
struct StepOutcome {
    Json head = Json::object();       // rows, dimensions, scores, notes, kept_rows ...
    Json spec = Json::object();       // what was asked: a step whose settings changed since is not up to date
    std::vector<float> points;        // head's rows x dimensions, row after row
    std::vector<std::int32_t> labels; // one for each of head's rows; -1: noise
    std::string file;                 // its name within the exploration's folder
};

// What the engine said of the table, and what it was asked: one that would be asked otherwise now is out of
// date.
struct TableAnswer {
    Json spec, answer;
};

// A simple model that was fitted to all rows, and its file: it predicts other tables.
struct KeptModel {
    std::filesystem::path path;        // in the folder of its exploration
    std::string name;                  // as the engine lists it: "ridge"
    std::string title;                 // in its words
    std::string target;                // the column that it predicts
    std::size_t rows = 0, columns = 0; // that it was fitted to
    bool operator==(const KeptModel&) const = default;
};

struct ExplorationStep {
    int id = 0;
    StepKind kind = StepKind::Prepare;
    std::string name;                           // as the engine lists it: "umap"
    std::string title;                          // in its words: "UMAP"; names the columns that come of it
    Json set = Json::object();                  // of Predict {"model": the path of its file}
    std::string target;                         // a column whose classes it heeds; empty: none
    std::shared_ptr<const StepOutcome> outcome; // null: not run yet
};

// Everything about an exploration that is kept: explorations/<id>/exploration.json, and a NumPy file beside
// it for each outcome and for the named classes. A value: copies share the large parts.
struct ExplorationRecord {
    std::string id; // empty: kept nowhere, for no project is open
    TableSource source;
    std::size_t rows = 0, columns = 0;                   // of the table, for the list of recent ones
    std::map<std::string, ColumnCorrection> corrections; // by column name
    std::vector<ExplorationStep> steps;
    std::vector<std::string> classes;                              // named by the user
    std::shared_ptr<const std::vector<std::int32_t>> class_of_row; // -1: none; null: no class was named
    int class_revision = 0;
    std::map<std::string, std::shared_ptr<const TableAnswer>> answers; // by question: "models", "check", ...
    std::vector<KeptModel> models;
    std::vector<LabelDecision> decisions; // about labels that looked wrong, in their order
    Json look = Json::object();           // what was shown: axes, colour, size
};

// explorations/ of one project. All throw Error(Storage | BadInput). Any thread, one at a time.
class ExplorationStore {
public:
    explicit ExplorationStore(std::filesystem::path project_folder);

    struct Entry {
        std::string id;
        TableSource source;
        std::size_t rows = 0, columns = 0, steps = 0;
        std::vector<KeptModel> models;
        std::filesystem::file_time_type changed;
    };
    std::vector<Entry> all() const;                    // newest first; damaged ones are left out
    std::string new_id(const std::string& path) const; // "0003-iris"
    std::filesystem::path folder_of(const std::string& id) const { return folder_ / id; }
    ExplorationRecord read(const std::string& id) const;
    // Files that are not there yet first, then exploration.json whole: whoever reads sees the old or the new.
    void write(const ExplorationRecord& record) const;

private:
    std::filesystem::path folder_;
};

} // namespace eyepiece
