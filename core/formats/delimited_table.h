// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/job.h"
#include "core/formats/column_builder.h"
#include "core/formats/delimited_text.h"

#include <functional>
#include <optional>

namespace eyepiece {

// All that has to be settled before the first row is read.
struct DelimitedOptions {
    Dialect dialect;
    char decimal = '.';
    TextEncoding encoding = TextEncoding::Utf8;
    std::size_t mark = 0;           // length of the byte order mark
    bool encoding_fixed = false;    // else what turns out not to be UTF-8 is read as Latin-1
    std::size_t skip_lines = 0;     // before the header or the first row
    bool header = true;             // the first row names the columns
    std::vector<std::string> names; // instead of a header's; empty: as found, or "column 1", ...
    MissingTexts missing;
    bool fill_short_rows = false; // else a row with fewer fields is refused
    std::optional<std::uint64_t> max_rows;
    std::size_t memory_limit = 0; // bytes; 0: four fifths of what is free
    // What is known of a column beforehand.
    std::function<ColumnPlan(std::size_t index, const std::string& name)> plan;
};

struct DelimitedTable {
    Table table;
    std::vector<std::string> warnings;
    TextEncoding encoding = TextEncoding::Utf8; // as it turned out
};

// Reads the file in pieces: memory holds the columns and some megabytes of text, however large the file is.
// Reads it again only where a column's type turned out to be wider than its beginning let on. Columns are
// converted on several threads, with the same result whatever their number.
DelimitedTable read_delimited(const std::filesystem::path& path, const DelimitedOptions& options,
                              JobContext& context);

// What the beginning of a file lets on; each part can be overruled before read_delimited().
struct DelimitedGuess {
    DelimitedOptions options;
    std::vector<std::vector<std::string>> rows; // the first ones, for a preview
};
DelimitedGuess guess_delimited(const std::filesystem::path& path, bool prefer_tab,
                               std::optional<TextEncoding> encoding = std::nullopt);
// Again, with a dialect and encoding that are settled.
void guess_header_and_decimal(const std::filesystem::path& path, DelimitedGuess& guess);

} // namespace eyepiece
