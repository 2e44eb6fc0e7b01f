// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/table_reader.h"

#include "core/formats/byte_source.h"
#include "core/formats/table_formats.h"

#include <algorithm>

namespace eyepiece {
namespace {

constexpr std::size_t head_size = 1 << 14;

// The beginning, or nothing of a folder. A gzip that is damaged at its front is still refused here.
std::string head_of(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::is_directory(path, ignored) ? std::string() : read_head(path, head_size);
}

const TableReaderRegistry::Entry* reader_of(const TableReaderRegistry& readers,
                                            const std::filesystem::path& path) {
    const std::string head = head_of(path);
    for (const auto& entry : readers.entries())
        if (entry.make()->recognises(path, head))
            return &entry;
    return nullptr;
}

std::string known_kinds(const TableReaderRegistry& readers) {
    std::string kinds;
    for (const auto& entry : readers.entries())
        kinds += (kinds.empty() ? "" : ", ") + entry.title;
    return kinds;
}

} // namespace

TableReader::~TableReader() = default;

ParameterSpec max_rows_parameter() {
    return integer_parameter("max-rows", nullptr, "Rows at most",
                             "Reads only the first rows; automatic: all.")
        .range(1, 1e15)
        .rarely();
}

void register_table_readers(TableReaderRegistry& readers) {
    // Those with a signature first; CSV, which takes any text, last.
    register_hdf5_readers(readers);
    register_npy_readers(readers);
    register_fcs_reader(readers);
    register_idx_reader(readers);
    register_matrix_market_readers(readers);
    register_arff_reader(readers);
    register_orange_reader(readers);
    register_sklearn_reader(readers);
    register_csv_reader(readers);
    register_measurement_reader(readers); // only when named
}

Json table_readers_json(const TableReaderRegistry& readers) {
    Json list = readers.to_json();
    for (Json& entry : list)
        entry["extensions"] = readers.make(entry["name"].get<std::string>())->extensions();
    return list;
}

OpenedTable open_table(const TableReaderRegistry& readers, const std::filesystem::path& path,
                       const TableOptions& options, JobContext& context) {
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        throw file_error(ErrorCode::NotFound, path, "does not exist. Was it moved or renamed?");
    const TableReaderRegistry::Entry* entry = nullptr;
    if (options.format == "auto" || options.format.empty()) {
        entry = reader_of(readers, path);
        if (!entry)
            throw file_error(ErrorCode::Unsupported, path,
                             "is no table that can be read here (" + known_kinds(readers) +
                                 "); if it is one, name its format.");
    } else {
        entry = &readers.at(options.format);
    }
    const Json parameters = entry->parameters.complete(options.set);
    try {
        OpenedTable opened = entry->make()->read(path, parameters, options, context);
        opened.format = entry->name;
        if (opened.shape.empty())
            opened.shape = {opened.table.rows(), opened.table.columns()};
        return opened;
    } catch (const std::bad_alloc&) {
        throw file_error(ErrorCode::Memory, path,
                         "does not fit into memory. Close other programs, or read only a part of it.");
    } catch (const std::length_error& fault) {
        throw file_error(ErrorCode::BadInput, path, "is damaged: it claims an impossible size.",
                         fault.what());
    }
}

OpenedTable open_table(const std::filesystem::path& path, const TableOptions& options) {
    TableReaderRegistry readers("importer");
    register_table_readers(readers);
    QuietJob job;
    return open_table(readers, path, options, job);
}

bool is_table(const std::filesystem::path& path) {
    try {
        TableReaderRegistry readers("importer");
        register_table_readers(readers);
        return reader_of(readers, path) != nullptr;
    } catch (const std::exception&) {
        return false;
    }
}

Json describe(const OpenedTable& opened) {
    Json json = describe(opened.table);
    json["kind"] = "table";
    json["format"] = opened.format;
    json["shape"] = opened.shape;
    json["type"] = opened.type;
    json["warnings"] = opened.warnings;
    for (const auto& [name, value] : opened.facts.items())
        json[name] = value;
    return json;
}

} // namespace eyepiece
