// SPDX-License-Identifier: GPL-3.0-or-later
// Flow Cytometry Standard 2.0, 3.0 and 3.1: a row an event, a column a parameter of the instrument.
// Spidlen et al., "Data File Standard for Flow Cytometry, version FCS 3.1", Cytometry A 77 (2010).
#include "core/formats/array_columns.h"
#include "core/formats/byte_source.h"
#include "core/formats/delimited_text.h"
#include "core/formats/table_formats.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>

namespace eyepiece {
namespace {

using Keywords = std::map<std::string, std::string>; // in capitals

std::string trimmed(const std::string& text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string capitals(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

struct Parameter {
    std::string name, marker;       // $PnN, $PnS
    unsigned bits = 32;             // $PnB
    double range = 0;               // $PnR
    double decades = 0, offset = 0; // $PnE; decades > 0: logarithmic channel numbers
    double gain = 1;                // $PnG
};

class FcsFile {
public:
    FcsFile(const std::filesystem::path& path, std::size_t data_set)
        : path_(path), size_(readable_size(path)) {
        file_ = open_for_reading(path);
        std::uint64_t begin = 0;
        for (std::size_t i = 0;; ++i) {
            read_header(begin);
            const auto next = number("$NEXTDATA", 0);
            if (i == data_set)
                break;
            if (next <= 0)
                throw file_error(ErrorCode::NotFound, path_,
                                 "has " + std::to_string(i + 1) + (i == 0 ? " data set" : " data sets") +
                                     "; there is no number " + std::to_string(data_set + 1) + ".");
            begin += static_cast<std::uint64_t>(next);
            if (begin + 58 > size_)
                throw bad("its next data set lies beyond its end");
        }
    }

    const Keywords& keywords() const { return keywords_; }
    const std::string& version() const { return version_; }
    bool more() const { return number("$NEXTDATA", 0) > 0; }

    std::string text(const std::string& key, const std::string& otherwise = {}) const {
        const auto found = keywords_.find(key);
        return found == keywords_.end() ? otherwise : trimmed(found->second);
    }
    std::int64_t number(const std::string& key, std::int64_t otherwise) const {
        const std::string value = text(key);
        std::int64_t result = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
        return error == std::errc() && end == value.data() + value.size() ? result : otherwise;
    }
    double real(const std::string& key, double otherwise) const {
        const std::string value = text(key);
        double result = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
        return error == std::errc() ? result : otherwise;
    }

    std::vector<Parameter> parameters() const {
        const std::int64_t count = number("$PAR", -1);
        if (count < 1 || count > 10'000)
            throw bad("it does not say how many parameters it has ($PAR)");
        std::vector<Parameter> list;
        for (std::int64_t i = 1; i <= count; ++i) {
            const std::string key = "$P" + std::to_string(i);
            Parameter parameter;
            parameter.name = text(key + "N", "P" + std::to_string(i));
            parameter.marker = text(key + "S");
            const std::string bits = text(key + "B");
            if (bits == "*") {
                parameter.bits = 0; // ASCII of free length
            } else {
                const std::int64_t width = number(key + "B", -1);
                if (width < 1 || width > 64)
                    throw bad("it does not say how many bits parameter " + std::to_string(i) + " has");
                parameter.bits = static_cast<unsigned>(width);
            }
            parameter.range = real(key + "R", 0);
            parameter.gain = real(key + "G", 1);
            const std::string scale = text(key + "E", "0,0");
            const std::size_t comma = scale.find(',');
            if (comma != std::string::npos) {
                std::from_chars(scale.data(), scale.data() + comma, parameter.decades);
                std::from_chars(scale.data() + comma + 1, scale.data() + scale.size(), parameter.offset);
                if (parameter.decades > 0 && parameter.offset == 0)
                    parameter.offset = 1; // written so by many; the standard says to take 1
            }
            list.push_back(std::move(parameter));
        }
        return list;
    }

    std::string data_segment(std::uint64_t& length) {
        std::uint64_t begin = data_begin_, end = data_end_;
        // Beyond 99,999,999 the header holds zeros, and the keywords the truth.
        if (begin == 0 || end == 0) {
            begin = static_cast<std::uint64_t>(std::max<std::int64_t>(number("$BEGINDATA", 0), 0));
            end = static_cast<std::uint64_t>(std::max<std::int64_t>(number("$ENDDATA", 0), 0));
        }
        if (begin == 0 || end < begin)
            throw bad("it does not say where its data are");
        length = end - begin + 1;
        if (base_ + begin >= size_)
            throw cut_short();
        length = std::min(length, size_ - base_ - begin);
        return segment(begin, length, "its data");
    }

    Error bad(const std::string& why) const {
        return file_error(ErrorCode::BadInput, path_, "is no readable FCS file: " + why + ".");
    }
    Error cut_short() const {
        return file_error(ErrorCode::BadInput, path_,
                          "is cut short: it ends before its data do. Copy or export it again.");
    }

private:
    std::string segment(std::uint64_t begin, std::uint64_t length, const std::string& what) {
        if (base_ + begin > size_ || length > size_ - base_ - begin)
            throw file_error(ErrorCode::BadInput, path_,
                             "is cut short: " + what + " lie beyond its end. Copy or export it again.");
        std::string bytes(length, '\0');
        if (std::fseek(file_.get(), static_cast<long>(base_ + begin), SEEK_SET) != 0 ||
            std::fread(bytes.data(), 1, length, file_.get()) != length)
            throw file_error(ErrorCode::Storage, path_,
                             "could not be read to its end: is the disk still there?");
        return bytes;
    }

    std::uint64_t offset(const std::string& header, std::size_t at) const {
        const std::string text = trimmed(header.substr(at, 8));
        std::uint64_t value = 0;
        if (!text.empty()) {
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            if (error != std::errc() || end != text.data() + text.size())
                throw bad("its header has no number where the place of a part should be");
        }
        return value;
    }

    void read_header(std::uint64_t base) {
        base_ = base;
        const std::string header = segment(0, 58, "its header");
        if (!header.starts_with("FCS"))
            throw bad("it does not begin with \"FCS\"");
        version_ = trimmed(header.substr(3, 3));
        if (version_ != "2.0" && version_ != "3.0" && version_ != "3.1" && version_ != "3.2" &&
            version_ != "1.0")
            throw file_error(ErrorCode::Unsupported, path_,
                             "is of an FCS version that is not known: 2.0 to 3.1 are.");
        const std::uint64_t text_begin = offset(header, 10), text_end = offset(header, 18);
        data_begin_ = offset(header, 26);
        data_end_ = offset(header, 34);
        if (text_begin < 58 || text_end < text_begin)
            throw bad("its header does not say where its text is");
        keywords_.clear();
        parse_text(segment(text_begin, text_end - text_begin + 1, "its keywords"));
        const std::int64_t more_begin = number("$BEGINSTEXT", 0), more_end = number("$ENDSTEXT", 0);
        if (more_begin >= 58 && more_end > more_begin && static_cast<std::uint64_t>(more_begin) != text_begin)
            parse_text(segment(static_cast<std::uint64_t>(more_begin),
                               static_cast<std::uint64_t>(more_end - more_begin + 1), "its keywords"));
    }

    // /key/value/key/value/: the first sign separates; doubled, it is a sign of a value.
    void parse_text(const std::string& text) {
        if (text.empty())
            return;
        const char mark = text.front();
        std::vector<std::string> parts;
        std::string part;
        for (std::size_t i = 1; i < text.size(); ++i) {
            if (text[i] != mark) {
                part += text[i];
            } else if (i + 1 < text.size() && text[i + 1] == mark && !part.empty()) {
                if (parts.size() % 2 ==
                    0) { // after a key: an empty value, which some write against the standard
                    parts.push_back(std::move(part));
                    parts.emplace_back();
                    part.clear();
                } else {
                    part += mark;
                }
                ++i;
            } else {
                parts.push_back(std::move(part));
                part.clear();
            }
        }
        if (!trimmed(part).empty())
            parts.push_back(std::move(part));
        for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
            const std::string& value = parts[i + 1];
            keywords_[capitals(trimmed(parts[i]))] =
                valid_utf8(value) ? value : to_utf8(value, TextEncoding::Latin1);
        }
    }

    std::filesystem::path path_;
    std::uint64_t size_ = 0, base_ = 0, data_begin_ = 0, data_end_ = 0;
    File file_;
    std::string version_;
    Keywords keywords_;
};

// The order of the bytes, lowest first: "1,2,3,4" is little endian.
std::vector<unsigned> byte_order(const FcsFile& file) {
    const std::string text = file.text("$BYTEORD", "1,2,3,4");
    std::vector<unsigned> order;
    for (const char c : text)
        if (c >= '1' && c <= '8')
            order.push_back(static_cast<unsigned>(c - '1'));
    if (order.empty())
        throw file.bad("its byte order \"" + text + "\" is not known");
    return order;
}

// Which byte of a number stands where.
struct ByteOrder {
    explicit ByteOrder(const FcsFile& file) : places(byte_order(file)) {
        big = places.size() > 1 && places.front() > places.back();
        mixed =
            !std::is_sorted(places.begin(), places.end()) && !std::is_sorted(places.rbegin(), places.rend());
    }
    std::uint64_t read(const unsigned char* from, unsigned bytes) const {
        std::uint64_t value = 0;
        const bool listed = mixed && places.size() == bytes;
        for (unsigned i = 0; i < bytes; ++i)
            value |= static_cast<std::uint64_t>(from[i]) << (8 * (listed ? places[i]
                                                                  : big  ? bytes - 1 - i
                                                                         : i));
        return value;
    }
    std::vector<unsigned> places;
    bool big = false, mixed = false;
};

std::vector<std::vector<float>> read_integers(const std::string& data,
                                              const std::vector<Parameter>& parameters, std::size_t events,
                                              const FcsFile& file) {
    std::vector<std::vector<float>> columns(parameters.size(), std::vector<float>(events));
    const ByteOrder order(file);
    std::vector<std::uint64_t> masks;
    std::size_t event_bits = 0;
    bool whole_bytes = true;
    for (const Parameter& parameter : parameters) {
        event_bits += parameter.bits;
        whole_bytes = whole_bytes && parameter.bits % 8 == 0;
        // The bits above the range are not defined: masked, as the standard says.
        std::uint64_t mask =
            parameter.bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << parameter.bits) - 1;
        if (parameter.range >= 2 && parameter.range < 9.2e18)
            mask &= std::bit_ceil(static_cast<std::uint64_t>(std::ceil(parameter.range))) - 1;
        masks.push_back(mask);
    }
    if (data.size() < (events * event_bits + 7) / 8)
        throw file.cut_short();
    const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
    std::size_t bit = 0;
    for (std::size_t event = 0; event < events; ++event)
        for (std::size_t p = 0; p < parameters.size(); ++p) {
            const unsigned width = parameters[p].bits;
            std::uint64_t value = 0;
            if (whole_bytes) {
                value = order.read(bytes + bit / 8, width / 8);
            } else { // packed: the highest bit first
                for (unsigned i = 0; i < width; ++i)
                    value = value << 1 | (bytes[(bit + i) / 8] >> (7 - (bit + i) % 8) & 1u);
            }
            bit += width;
            columns[p][event] = static_cast<float>(value & masks[p]);
        }
    return columns;
}

std::vector<std::vector<float>> read_ascii(const std::string& data, const std::vector<Parameter>& parameters,
                                           std::size_t events, const FcsFile& file) {
    std::vector<std::vector<float>> columns(parameters.size(), std::vector<float>(events));
    std::size_t at = 0;
    for (std::size_t event = 0; event < events; ++event)
        for (std::size_t p = 0; p < parameters.size(); ++p) {
            std::string_view text;
            if (parameters[p].bits == 0) { // numbers of any length between separators
                at = data.find_first_not_of(" \t\r\n,", at);
                if (at == std::string::npos)
                    throw file.cut_short();
                const std::size_t end = std::min(data.find_first_of(" \t\r\n,", at), data.size());
                text = std::string_view(data).substr(at, end - at);
                at = end;
            } else { // $PnB is the number of signs
                if (at + parameters[p].bits > data.size())
                    throw file.cut_short();
                text = std::string_view(data).substr(at, parameters[p].bits);
                at += parameters[p].bits;
                text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
            }
            double value = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            if (error != std::errc())
                throw file.bad("event " + std::to_string(event + 1) + " has text where a number should be");
            columns[p][event] = static_cast<float>(value);
        }
    return columns;
}

// $SPILLOVER: "n,name1,...,namen,m11,m12,...": what each dye adds to each detector.
struct Spillover {
    std::vector<std::size_t> columns;
    std::vector<double> matrix; // row-major
};

std::optional<Spillover> spillover(const FcsFile& file, const std::vector<Parameter>& parameters) {
    for (const char* key : {"$SPILLOVER", "SPILL", "SPILLOVER", "$COMP"}) {
        const std::string text = file.text(key);
        if (text.empty())
            continue;
        std::vector<std::string> parts;
        for (std::size_t at = 0; at <= text.size();) {
            const std::size_t comma = std::min(text.find(',', at), text.size());
            parts.push_back(trimmed(text.substr(at, comma - at)));
            at = comma + 1;
        }
        std::size_t n = 0;
        std::from_chars(parts[0].data(), parts[0].data() + parts[0].size(), n);
        if (n == 0 || n > parameters.size() || parts.size() != 1 + n + n * n)
            return std::nullopt;
        Spillover result;
        for (std::size_t i = 0; i < n; ++i) {
            const auto found = std::find_if(parameters.begin(), parameters.end(),
                                            [&](const Parameter& one) { return one.name == parts[1 + i]; });
            if (found == parameters.end())
                return std::nullopt;
            result.columns.push_back(static_cast<std::size_t>(found - parameters.begin()));
        }
        for (std::size_t i = 0; i < n * n; ++i) {
            const std::string& part = parts[1 + n + i];
            double value = 0;
            const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
            if (error != std::errc())
                return std::nullopt;
            result.matrix.push_back(value);
        }
        return result;
    }
    return std::nullopt;
}

// By Gauss and Jordan, with the largest pivot; false when the matrix has no inverse.
bool invert(std::vector<double>& matrix, std::size_t n) {
    std::vector<double> inverse(n * n);
    for (std::size_t i = 0; i < n; ++i)
        inverse[i * n + i] = 1;
    for (std::size_t column = 0; column < n; ++column) {
        std::size_t pivot = column;
        for (std::size_t row = column + 1; row < n; ++row)
            if (std::abs(matrix[row * n + column]) > std::abs(matrix[pivot * n + column]))
                pivot = row;
        if (std::abs(matrix[pivot * n + column]) < 1e-12)
            return false;
        for (std::size_t k = 0; k < n; ++k) {
            std::swap(matrix[pivot * n + k], matrix[column * n + k]);
            std::swap(inverse[pivot * n + k], inverse[column * n + k]);
        }
        const double scale = 1 / matrix[column * n + column];
        for (std::size_t k = 0; k < n; ++k) {
            matrix[column * n + k] *= scale;
            inverse[column * n + k] *= scale;
        }
        for (std::size_t row = 0; row < n; ++row) {
            const double factor = matrix[row * n + column];
            if (row == column || factor == 0)
                continue;
            for (std::size_t k = 0; k < n; ++k) {
                matrix[row * n + k] -= factor * matrix[column * n + k];
                inverse[row * n + k] -= factor * inverse[column * n + k];
            }
        }
    }
    matrix = std::move(inverse);
    return true;
}

void compensate(std::vector<std::vector<float>>& columns, Spillover spill, const FcsFile& file) {
    const std::size_t n = spill.columns.size();
    if (!invert(spill.matrix, n))
        throw file.bad("its spillover matrix has no inverse; open it with compensate=no");
    std::vector<double> event(n);
    for (std::size_t row = 0; row < columns.front().size(); ++row) {
        for (std::size_t i = 0; i < n; ++i)
            event[i] = columns[spill.columns[i]][row];
        for (std::size_t j = 0; j < n; ++j) {
            double sum = 0;
            for (std::size_t i = 0; i < n; ++i)
                sum += event[i] * spill.matrix[i * n + j];
            columns[spill.columns[j]][row] = static_cast<float>(sum);
        }
    }
}

class FcsReader final : public TableReader {
public:
    std::vector<std::string> extensions() const override { return {".fcs", ".lmd"}; }
    bool recognises(const std::filesystem::path&, const std::string& head) const override {
        return head.size() >= 58 && head.starts_with("FCS") && head[4] == '.';
    }

    OpenedTable read(const std::filesystem::path& path, const Json& set, const TableOptions& options,
                     JobContext& context) const override {
        FcsFile file(path, set["data-set"].get<std::size_t>() - 1);
        const auto parameters = file.parameters();
        if (file.text("$MODE", "L") != "L")
            throw file_error(ErrorCode::Unsupported, path,
                             "holds histograms instead of events ($MODE), which are no table of events.");
        require_memory(path, 3.0 * static_cast<double>(readable_size(path)), options.memory_limit,
                       "export fewer events");
        context.progress(0.1, "Reading the events");
        std::uint64_t length = 0;
        const std::string data = file.data_segment(length);
        const std::string type = file.text("$DATATYPE", "I");
        std::size_t event_bits = 0;
        for (const Parameter& parameter : parameters)
            event_bits += type == "F"   ? 32
                          : type == "D" ? 64
                          : type == "A" ? parameter.bits * 8
                                        : parameter.bits;
        std::int64_t events = file.number("$TOT", -1);
        if (events < 0 && event_bits > 0) // FCS 2.0 need not say
            events = static_cast<std::int64_t>(length * 8 / event_bits);
        if (events <= 0)
            throw file.bad("it holds no events");
        if (static_cast<std::uint64_t>(events) > length * 8)
            throw file.cut_short();
        auto columns =
            read_events(file, data, type, parameters, static_cast<std::size_t>(events), event_bits);
        OpenedTable opened;
        opened.type = type == "F" ? "float32" : type == "D" ? "float64" : type == "A" ? "text" : "integer";
        finish(columns, parameters, type, set, file, opened);
        opened.facts["version"] = "FCS" + file.version();
        opened.facts["more_data_sets"] = file.more();
        opened.facts["keywords"] = file.keywords();
        return opened;
    }

private:
    static std::vector<std::vector<float>> read_events(const FcsFile& file, const std::string& data,
                                                       const std::string& type,
                                                       const std::vector<Parameter>& parameters,
                                                       std::size_t events, std::size_t event_bits) {
        if (type == "I")
            return read_integers(data, parameters, events, file);
        if (type == "A")
            return read_ascii(data, parameters, events, file);
        if (type != "F" && type != "D")
            throw file.bad("its type of data \"" + type + "\" is not known");
        if (data.size() < events * event_bits / 8)
            throw file.cut_short();
        const std::size_t size = type == "F" ? 4 : 8;
        const ByteOrder order(file);
        ArrayColumns numbers(events, parameters.size(), {ElementType::Kind::Float, size, order.big});
        numbers.add_rows(std::as_bytes(std::span(data).first(events * parameters.size() * size)));
        std::vector<std::vector<float>> columns;
        for (const Column& column : numbers.finish(std::vector<std::string>(parameters.size()))) {
            columns.emplace_back(events);
            column.numbers(0, columns.back());
        }
        return columns;
    }

    static void finish(std::vector<std::vector<float>>& columns, const std::vector<Parameter>& parameters,
                       const std::string& type, const Json& set, const FcsFile& file, OpenedTable& opened) {
        // Logarithmic channel numbers of integer data stand for values over some decades.
        const bool linear = set["linearise"].get<bool>();
        Json channels = Json::array();
        for (std::size_t p = 0; p < parameters.size(); ++p) {
            const Parameter& parameter = parameters[p];
            if (linear && type == "I" && parameter.decades > 0 && parameter.range > 0)
                for (float& value : columns[p])
                    value = static_cast<float>(std::pow(10.0, parameter.decades * value / parameter.range) *
                                               parameter.offset);
            else if (linear && type == "I" && parameter.gain > 0 && parameter.gain != 1)
                for (float& value : columns[p])
                    value = static_cast<float>(value / parameter.gain);
            channels.push_back({{"name", parameter.name}, {"marker", parameter.marker}});
        }
        const auto spill = spillover(file, parameters);
        opened.facts["spillover"] = spill.has_value();
        if (set["compensate"].get<bool>()) {
            if (!spill)
                throw file_error(
                    ErrorCode::BadInput, file.text("$FIL", "The file"),
                    "has no spillover matrix to compensate with; open it with compensate=false.");
            compensate(columns, *spill, file);
        }
        opened.facts["channels"] = std::move(channels);
        const bool markers = set["names"] == "marker";
        std::vector<Column> list;
        for (std::size_t p = 0; p < parameters.size(); ++p) {
            const Parameter& parameter = parameters[p];
            list.push_back(
                Column::reals(markers && !parameter.marker.empty() ? parameter.marker : parameter.name,
                              std::move(columns[p])));
        }
        opened.table = Table(std::move(list));
    }
};

} // namespace

void register_fcs_reader(TableReaderRegistry& readers) {
    readers.add(
        {.name = "fcs",
         .title = "Flow cytometry",
         .help = "FCS 2.0 to 3.1: a row an event, a column a channel.",
         .parameters = {choice_parameter("names", "channel", {"channel", "marker"}, "Names",
                                         "Columns are called by their channel ($PnN) or marker ($PnS)."),
                        boolean_parameter("compensate", false, "Compensate",
                                          "Takes the spillover matrix of the file out of the channels."),
                        boolean_parameter("linearise", true, "Linear values",
                                          "Turns logarithmic channel numbers and gains into values."),
                        integer_parameter("data-set", 1, "Data set",
                                          "Which one, of a file with several after another.")
                            .range(1, 10000)
                            .rarely()},
         .make = [] { return std::make_unique<FcsReader>(); }});
}

} // namespace eyepiece
