// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/parameters.h"
#include "core/project/changes.h"

#include <filesystem>
#include <string>
#include <vector>

namespace eyepiece {

// runs/<id>/ is the whole state of a run; whoever can read the folder can follow it, and control it:
//   spec.json      what was asked, complete, with seed
//   snapshot.json  item hashes, annotation revision, splits, versions, device, threads
//   plan.json      every value chosen from the data
//   status.json    {"state": queued|running|paused|finished|stopped|cancelled|failed, "pid", "host", "epoch",
//                   "epochs", "step", "fraction", "seconds_left", "metric", "reason", "device", "updated"}
//   events.jsonl   one protocol event a line (progress, metric, partial heads, warn), appended and flushed
//   metrics.jsonl  {"series": "train/loss", "step": 12, "value": 0.3, "time": ...}
//   watched/       <epoch>_<item>.png: predictions on the watched images
//   checkpoints/   last.pt, best.pt: written whole to a temporary name, then renamed
//   evaluation.json, baselines.json, exports
//   control        one word written by whoever wants it: pause | resume | finish | cancel
//   log.txt
struct RunInfo {
    std::string id; // "0007-unet": number, then a slug
    std::filesystem::path folder;
    Json spec, status;
    std::string state() const { return status.value("state", "unknown"); }
    bool alive = false; // its process still lives on this machine
};

class EYEPIECE_EXPORT RunStore {
public:
    RunStore(std::filesystem::path project_folder, ProjectChanges& changes);
    // Makes runs/<id>/ with spec.json and status "queued"; unique even when two processes ask at once.
    RunInfo create(const Json& spec, const std::string& slug);
    std::vector<RunInfo> all() const;        // oldest first; a damaged run is listed with state "damaged"
    RunInfo at(const std::string& id) const; // by id or its number; Error(NotFound)
    void control(const std::string& id, const std::string& word); // see `control` above
    void remove(const std::string& id); // moves it to the project's trash folder; Error(Conflict) while alive

private:
    std::filesystem::path folder_;
    ProjectChanges& changes_;
};

// Writes a whole file so that a reader sees the old or the new content, never half: temporary name, fsync,
// rename. Throws Error(Storage).
EYEPIECE_EXPORT void write_file_atomically(const std::filesystem::path& path, std::string_view content);
EYEPIECE_EXPORT Json read_json_file(const std::filesystem::path& path); // Error(NotFound | BadInput)

} // namespace eyepiece
