// SPDX-License-Identifier: GPL-3.0-or-later
// Weka's ARFF: @relation, @attribute lines with types, then @data as rows or as sparse "{index value, ...}".
#include "core/formats/byte_source.h"
#include "core/formats/column_builder.h"
#include "core/formats/table_formats.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace eyepiece {
namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

struct Attribute {
    std::string name;
    ColumnType type = ColumnType::Real;
    std::vector<std::string> values; // of a nominal one
    std::unique_ptr<ColumnBuilder> builder;
};

class ArffFile {
public:
    ArffFile(const std::filesystem::path& path, const Json& set, const TableOptions& options,
             JobContext& context)
        : path_(path)
        , context_(context)
        , memory_limit_(options.memory_limit)
        , missing_(std::vector<std::string>{}) {
        if (!set["max-rows"].is_null())
            max_rows_ = set["max-rows"].get<std::uint64_t>();
    }

    OpenedTable read() {
        TextEncoding encoding = TextEncoding::Utf8;
        const FoundEncoding found = find_encoding(read_head(path_, 1 << 16));
        encoding = found.encoding;
        try {
            read_as(encoding, found.mark);
        } catch (const TextSource::NotUtf8&) {
            attributes_.clear();
            in_data_ = false;
            rows_ = 0;
            encoding = TextEncoding::Latin1;
            read_as(encoding, 0);
        }
        if (!in_data_)
            throw file_error(ErrorCode::BadInput, path_,
                             "is cut short: it has no @data. Copy or download it again.");
        if (rows_ == 0)
            throw file_error(ErrorCode::BadInput, path_, "has no rows after @data.");
        OpenedTable opened;
        std::vector<Column> columns;
        for (Attribute& attribute : attributes_)
            columns.push_back(attribute.builder->finish());
        // Weka's convention: the last attribute is the class, where it has classes.
        for (std::size_t i = 0; i < attributes_.size(); ++i) {
            const std::string name = lower(attributes_[i].name);
            if ((i + 1 == attributes_.size() && attributes_[i].type == ColumnType::Categorical) ||
                name == "class")
                columns[i] = columns[i].with_role(ColumnRole::Target);
        }
        opened.table = Table(std::move(columns));
        opened.type = "table";
        opened.facts = {
            {"relation", relation_}, {"encoding", to_string(encoding)}, {"sparse_rows", sparse_rows_}};
        return opened;
    }

private:
    Error bad(const std::string& why) const {
        return file_error(ErrorCode::BadInput, path_,
                          "is no readable ARFF file: line " + std::to_string(line_number_) + " " + why + ".");
    }

    void read_as(TextEncoding encoding, std::size_t mark) {
        TextSource source(path_, encoding, mark);
        std::string buffer;
        std::size_t at = 0;
        line_number_ = 0;
        for (bool more = true;;) {
            const std::size_t end = buffer.find('\n', at);
            if (end == std::string::npos && more) {
                buffer.erase(0, at);
                at = 0;
                if (buffer.size() > (256u << 20))
                    throw bad("does not end");
                const std::size_t before = buffer.size();
                more = source.read(buffer, 1 << 20);
                if (buffer.find('\0', before) != std::string::npos) { // a hole, or no text at all
                    ++line_number_;
                    throw bad("or one after it holds binary data");
                }
                context_.throw_if_cancelled();
                context_.progress(source.fraction(), "Reading the table");
                continue;
            }
            if (end == std::string::npos && at >= buffer.size())
                break;
            const std::size_t stop = std::min(end, buffer.size());
            ++line_number_;
            line(std::string_view(buffer).substr(at, stop - at));
            if (max_rows_ && rows_ >= *max_rows_)
                break;
            at = stop + 1;
            if (at > buffer.size())
                break;
        }
    }

    void line(std::string_view text) {
        text_ = text;
        at_ = 0;
        if (text_.find('\0') != std::string_view::npos)
            throw bad("holds binary data");
        skip_space();
        if (at_ == text_.size() || text_[at_] == '%')
            return;
        if (in_data_) {
            data_row();
            return;
        }
        if (text_[at_] != '@')
            throw bad("should begin with @attribute or @data");
        const std::string keyword = lower(std::string(word()));
        if (keyword == "@relation") {
            skip_space();
            relation_ = at_ < text_.size() ? value(" \t") : "";
        } else if (keyword == "@attribute") {
            attribute();
        } else if (keyword == "@data") {
            if (attributes_.empty())
                throw bad("begins the data, but no @attribute came before");
            begin_data();
        } else {
            throw bad("has the unknown keyword \"" + keyword + "\"");
        }
    }

    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r'))
            ++at_;
    }
    std::string_view word() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && text_[at_] != ' ' && text_[at_] != '\t' && text_[at_] != '\r' &&
               text_[at_] != '{')
            ++at_;
        return text_.substr(begin, at_ - begin);
    }

    // One name or value, in quotes of either kind or up to one of `ends`; was_quoted_ says which.
    std::string value(std::string_view ends) {
        std::string result;
        was_quoted_ = at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"');
        if (was_quoted_) {
            const char quote = text_[at_++];
            for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
                if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
                    const char escaped = text_[++at_];
                    result += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
                } else {
                    result += text_[at_];
                }
            }
            if (at_ >= text_.size())
                throw bad("opens a quote that is never closed");
            ++at_;
            return result;
        }
        while (at_ < text_.size() && ends.find(text_[at_]) == std::string_view::npos) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size())
                ++at_;
            result += text_[at_++];
        }
        result.erase(result.find_last_not_of(" \t\r") + 1);
        return result;
    }

    void attribute() {
        Attribute attribute;
        skip_space();
        attribute.name = value(" \t{");
        skip_space();
        if (at_ < text_.size() && text_[at_] == '{') {
            attribute.type = ColumnType::Categorical;
            ++at_;
            for (;;) {
                skip_space();
                if (at_ >= text_.size())
                    throw bad("does not close the list of values");
                if (text_[at_] == '}')
                    break;
                if (text_[at_] == ',') {
                    ++at_;
                    continue;
                }
                std::string one = value(",}");
                if (std::find(attribute.values.begin(), attribute.values.end(), one) ==
                    attribute.values.end())
                    attribute.values.push_back(std::move(one));
            }
        } else {
            const std::string type = lower(std::string(word()));
            if (type == "numeric" || type == "real")
                attribute.type = ColumnType::Real;
            else if (type == "integer")
                attribute.type = ColumnType::Integer;
            else if (type == "string")
                attribute.type = ColumnType::Text;
            else if (type == "date")
                attribute.type = ColumnType::Date;
            else
                throw bad("has the type \"" + type +
                          "\", which is none of numeric, real, integer, string, date or a list in braces");
        }
        if (attribute.name.empty())
            throw bad("declares an attribute without a name");
        attributes_.push_back(std::move(attribute));
    }

    void begin_data() {
        in_data_ = true;
        for (Attribute& attribute : attributes_) {
            ColumnPlan plan{
                .type = attribute.type, .date_order = DateOrder::YearFirst, .categories = attribute.values};
            attribute.builder =
                std::make_unique<ColumnBuilder>(attribute.name, plan, missing_, '.', '\0', path_);
        }
    }

    void put(Attribute& attribute, const std::string& text) {
        if (!was_quoted_ && (text == "?" || text.empty())) {
            attribute.builder->append_missing();
            return;
        }
        if (attribute.type == ColumnType::Categorical &&
            std::find(attribute.values.begin(), attribute.values.end(), text) == attribute.values.end())
            throw bad("has the value \"" + text.substr(0, 60) +
                      "\", which is not in the list of attribute \"" + attribute.name + "\"");
        const Field field{text.data(), static_cast<std::uint32_t>(text.size()), was_quoted_, false};
        if (text.empty()) // '' is an empty text, which our columns hold as missing
            attribute.builder->append_missing();
        else
            attribute.builder->append(&field, 1, 1, &line_number_);
    }

    void data_row() {
        if (text_[at_] == '{') {
            sparse_row();
        } else {
            for (std::size_t i = 0; i < attributes_.size(); ++i) {
                skip_space();
                if (at_ >= text_.size())
                    throw bad("has " + std::to_string(i) + " values for " +
                              std::to_string(attributes_.size()) + " attributes");
                const std::string text = value(",\t");
                put(attributes_[i], text);
                skip_space();
                const bool last = i + 1 == attributes_.size();
                if (at_ < text_.size() && text_[at_] == ',') {
                    ++at_;
                    if (!last)
                        continue;
                    skip_space();
                    if (at_ < text_.size() && text_[at_] != '{') // "{5}" after the values is a weight
                        throw bad("has more than " + std::to_string(attributes_.size()) + " values");
                } else if (!last && at_ < text_.size() && !was_quoted_ && text_[at_ - 1] != '\t') {
                    throw bad("lacks a comma between two values");
                }
            }
        }
        ++rows_;
        if (rows_ % 65536 == 0) {
            double bytes = 0;
            for (const Attribute& attribute : attributes_)
                bytes += static_cast<double>(attribute.builder->memory());
            require_memory(path_, memory_limit_ ? bytes : 0, memory_limit_,
                           "read only the first rows (max-rows)");
        }
    }

    void sparse_row() {
        sparse_rows_ = true;
        ++at_;
        std::size_t next = 0; // attributes before this one are filled
        const auto fill_to = [&](std::size_t end) {
            for (; next < end; ++next) {
                Attribute& attribute = attributes_[next];
                was_quoted_ = true;
                // What is left out is 0, of a nominal attribute its first value.
                if (attribute.type == ColumnType::Categorical)
                    put(attribute, attribute.values.empty() ? std::string() : attribute.values.front());
                else if (attribute.type == ColumnType::Text || attribute.type == ColumnType::Date)
                    attribute.builder->append_missing();
                else
                    put(attribute, "0");
            }
        };
        for (;;) {
            skip_space();
            if (at_ >= text_.size())
                throw bad("does not close its brace");
            if (text_[at_] == '}')
                break;
            if (text_[at_] == ',') {
                ++at_;
                continue;
            }
            std::size_t index = 0;
            const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), index);
            if (error != std::errc() || index >= attributes_.size() || index < next)
                throw bad("has an index that is none, or out of order");
            at_ = static_cast<std::size_t>(end - text_.data());
            skip_space();
            fill_to(index);
            const std::string text = value(",}");
            put(attributes_[index], text);
            ++next;
        }
        fill_to(attributes_.size());
    }

    const std::filesystem::path& path_;
    JobContext& context_;
    std::size_t memory_limit_;
    MissingTexts missing_; // none: "?" is found here, where it can be told from a quoted one
    std::optional<std::uint64_t> max_rows_;
    std::string relation_;
    std::vector<Attribute> attributes_;
    std::string_view text_;
    std::size_t at_ = 0;
    std::uint64_t line_number_ = 0, rows_ = 0;
    bool was_quoted_ = false, in_data_ = false, sparse_rows_ = false;
};

class ArffReader final : public TableReader {
public:
    std::vector<std::string> extensions() const override { return {".arff"}; }
    bool recognises(const std::filesystem::path& path, const std::string& head) const override {
        if (name_ends(path, {".arff"}) && head.find('\0') == std::string::npos)
            return true;
        // Remarks first, then @relation.
        std::size_t at = 0;
        while (at < head.size() && (head[at] == '%' || head[at] == '\n' || head[at] == '\r'))
            at = std::min(head.find('\n', at), head.size() - 1) + 1;
        return lower(head.substr(std::min(at, head.size()), 9)) == "@relation";
    }
    OpenedTable read(const std::filesystem::path& path, const Json& set, const TableOptions& options,
                     JobContext& context) const override {
        return ArffFile(path, set, options, context).read();
    }
};

} // namespace

void register_arff_reader(TableReaderRegistry& readers) {
    readers.add({.name = "arff",
                 .title = "ARFF",
                 .help = "Weka's tables with declared types; the last nominal attribute is the target.",
                 .parameters = {max_rows_parameter()},
                 .make = [] { return std::make_unique<ArffReader>(); }});
}

} // namespace eyepiece
