// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"
#include "core/base/registry.h"
#include "core/data/table.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace eyepiece {

// What a reader found: the table, and what it took the file for.
struct OpenedTable {
    Table table;
    std::string format;             // name of the reader
    std::vector<std::size_t> shape; // as the format itself counts: [rows, columns] of a matrix without the
                                    // annotations beside it; empty: [rows, columns] of the table
    std::string type;               // of the matrix as stored ("uint8", "float32"); "table" for mixed columns
    Json facts = Json::object(); // recognised settings (separator, encoding, ...), other arrays in the file
    std::vector<std::string> warnings; // each one sentence
};

struct TableOptions {
    std::string format = "auto";  // or the name of a reader
    Json set = Json::object();    // the reader's parameters
    std::size_t memory_limit = 0; // bytes; 0: four fifths of what is free
};

// Reads one outside format of tables. What it refuses, it refuses with an Error that names the file, the
// reason and what to do. Stateless; reads on any thread.
class EYEPIECE_EXPORT TableReader {
public:
    virtual ~TableReader();
    virtual std::vector<std::string> extensions() const = 0; // with the dot, in lower case
    // Looks at the content first: `head` is the beginning of the file, unpacked (empty for a folder).
    virtual bool recognises(const std::filesystem::path& path, const std::string& head) const = 0;
    virtual OpenedTable read(const std::filesystem::path& path, const Json& parameters,
                             const TableOptions& options, JobContext& context) const = 0;
};

using TableReaderRegistry = Registry<TableReader>;

// Adds all of ours. The order is that in which they are asked whether a file is theirs.
EYEPIECE_EXPORT void register_table_readers(TableReaderRegistry& readers);

// The registry's list with each reader's extensions, as `eyepiece-cli list importers` prints it.
EYEPIECE_EXPORT Json table_readers_json(const TableReaderRegistry& readers);

// The door: finds the reader by the file's content (then its name) and reads. Throws Error(Unsupported) when
// it is no table that we know.
EYEPIECE_EXPORT OpenedTable open_table(const TableReaderRegistry& readers, const std::filesystem::path& path,
                                       const TableOptions& options, JobContext& context);
EYEPIECE_EXPORT OpenedTable open_table(const std::filesystem::path& path, const TableOptions& options = {});

// Whether a reader takes it for its own; for a dialog or a dropped file. Never throws.
EYEPIECE_EXPORT bool is_table(const std::filesystem::path& path);

// {"kind": "table", "format", "shape", "type", "columns": [...], ...}
EYEPIECE_EXPORT Json describe(const OpenedTable& opened);

// A parameter that most readers have.
ParameterSpec max_rows_parameter();

} // namespace eyepiece
