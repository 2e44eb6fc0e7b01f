// SPDX-License-Identifier: GPL-3.0-or-later
// What the command line says of tables: info of a file, the importers and the preprocessing steps.
#include "app/cli/requests.h"
#include "app/cli/verb.h"
#include "core/data/preprocessing.h"
#include "core/data/statistics.h"
#include "core/formats/table_reader.h"
#include "core/intake/importer.h"
#include "core/intake/label_export.h"

#include <algorithm>

namespace eyepiece::cli {
namespace {

void print_columns(Terminal& terminal, const Json& columns) {
    constexpr std::size_t shown = 20;
    for (std::size_t i = 0; i < std::min(shown, columns.size()); ++i) {
        const Json& column = columns[i];
        std::string line =
            "  " + column["name"].get<std::string>() + "  " + column["type"].get<std::string>();
        if (column["role"] != "feature")
            line += ", " + column["role"].get<std::string>();
        if (const auto missing = column["missing"].get<std::size_t>(); missing > 0)
            line += ", " + std::to_string(missing) + " missing";
        if (column.contains("category_count"))
            line += ", " + std::to_string(column["category_count"].get<std::size_t>()) + " categories";
        if (const Json& about = column.value("statistics", Json::object()); about.contains("median"))
            line += ", from " + about["minimum"].dump() + " to " + about["maximum"].dump() + ", median " +
                    about["median"].dump();
        terminal.say(line);
    }
    if (columns.size() > shown)
        terminal.say("  and " + std::to_string(columns.size() - shown) + " more columns");
}

} // namespace

void info_of_table(Terminal& terminal, const std::string& path, const std::string& format,
                   const std::vector<std::string>& set, bool with_statistics) {
    TableReaderRegistry readers("importer");
    register_table_readers(readers);
    TableOptions options;
    options.format = format;
    if (format == "auto" && !set.empty())
        throw UsageError(
            "--set belongs to a format: name it with --format, see `eyepiece-cli list importers`.");
    if (!set.empty()) {
        try {
            options.set = settings_of(readers.at(format).parameters, set);
        } catch (const Error& error) { // no such format
            throw UsageError(error.what());
        }
    }
    const OpenedTable opened = open_table(readers, path, options, terminal);
    Json json = describe(opened);
    json["file"] = path;
    if (with_statistics) {
        const auto all = statistics(opened.table);
        for (std::size_t i = 0; i < all.size(); ++i)
            json["columns"][i]["statistics"] = to_json(all[i], opened.table.type(i));
    }
    for (const std::string& warning : opened.warnings)
        terminal.warn(warning);
    terminal.say(opened.format + " table, " + json["shape"].dump() + ", " + opened.type);
    print_columns(terminal, json["columns"]);
    terminal.answer(json);
}

bool list_tables(Terminal& terminal, const std::string& kind) {
    Json entries;
    if (kind == "importers" || kind == "importer") {
        TableReaderRegistry readers("importer");
        register_table_readers(readers);
        entries = list_importers(); // of images and labels; then of tables
        for (Json& reader : table_readers_json(readers))
            entries.push_back(std::move(reader));
    } else if (kind == "label-exporters" || kind == "label-exporter") {
        entries = list_label_exports();
    } else if (kind == "preprocessing") {
        PreprocessingRegistry steps("preprocessing step");
        register_preprocessing(steps);
        entries = steps.to_json();
    } else {
        return false;
    }
    for (const Json& entry : entries) {
        std::string endings;
        for (const Json& extension : entry.value("extensions", Json::array()))
            endings += " " + extension.get<std::string>();
        terminal.say(entry.value("name", "") + "  " + entry.value("help", "") +
                     (endings.empty() ? "" : "  (" + endings.substr(1) + ")"));
        if (!endings.empty() ||
            kind == "preprocessing") // those of images all take what `import --help` shows
            print_parameters(terminal, entry.value("parameters", Json::array()));
    }
    terminal.answer({{"entries", std::move(entries)}});
    return true;
}

} // namespace eyepiece::cli
