// SPDX-License-Identifier: GPL-3.0-or-later
// Label maps as NRRD (https://teem.sourceforge.net/nrrd/format.html), raw or gzipped, with the pixels in the
// same file; of 3D Slicer's segmentations (.seg.nrrd) the segments' names are classes. Pixels are taken in
// the order in which they are stored, whatever the file says of left and right.
#include "core/formats/byte_source.h"
#include "core/formats/file_errors.h"
#include "core/formats/label_files.h"
#include "core/formats/label_format_list.h"
#include "core/formats/label_volume.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <locale>
#include <map>
#include <sstream>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_header = 1 << 20;

const std::map<std::string, LabelSample>& samples() {
    static const std::map<std::string, LabelSample> by_name{{"signed char", LabelSample::Int8},
                                                            {"int8", LabelSample::Int8},
                                                            {"int8_t", LabelSample::Int8},
                                                            {"uchar", LabelSample::UInt8},
                                                            {"unsigned char", LabelSample::UInt8},
                                                            {"uint8", LabelSample::UInt8},
                                                            {"uint8_t", LabelSample::UInt8},
                                                            {"short", LabelSample::Int16},
                                                            {"short int", LabelSample::Int16},
                                                            {"signed short", LabelSample::Int16},
                                                            {"signed short int", LabelSample::Int16},
                                                            {"int16", LabelSample::Int16},
                                                            {"int16_t", LabelSample::Int16},
                                                            {"ushort", LabelSample::UInt16},
                                                            {"unsigned short", LabelSample::UInt16},
                                                            {"unsigned short int", LabelSample::UInt16},
                                                            {"uint16", LabelSample::UInt16},
                                                            {"uint16_t", LabelSample::UInt16},
                                                            {"int", LabelSample::Int32},
                                                            {"signed int", LabelSample::Int32},
                                                            {"int32", LabelSample::Int32},
                                                            {"int32_t", LabelSample::Int32},
                                                            {"uint", LabelSample::UInt32},
                                                            {"unsigned int", LabelSample::UInt32},
                                                            {"uint32", LabelSample::UInt32},
                                                            {"uint32_t", LabelSample::UInt32},
                                                            {"longlong", LabelSample::Int64},
                                                            {"long long", LabelSample::Int64},
                                                            {"int64", LabelSample::Int64},
                                                            {"int64_t", LabelSample::Int64},
                                                            {"ulonglong", LabelSample::UInt64},
                                                            {"unsigned long long", LabelSample::UInt64},
                                                            {"uint64", LabelSample::UInt64},
                                                            {"uint64_t", LabelSample::UInt64},
                                                            {"float", LabelSample::Float32},
                                                            {"double", LabelSample::Float64}};
    return by_name;
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    return first == std::string_view::npos
               ? std::string()
               : std::string(text.substr(first, text.find_last_not_of(" \t\r") + 1 - first));
}

struct Header {
    LabelVolumeHeader volume;
    std::size_t offset = 0; // of the pixels
    bool packed = false;
};

using FieldMap = std::map<std::string, std::string>;

// The lines "field: value" and "key:=value" up to the empty one; `offset` receives where the pixels begin.
FieldMap read_fields(const fs::path& path, std::size_t* offset) {
    const auto size = readable_size(path);
    std::string head(std::min<std::uintmax_t>(size, longest_header), '\0');
    open_bytes(path)->read_all(head, "the header");
    if (!head.starts_with("NRRD000"))
        throw file_error(ErrorCode::BadInput, path, "is no NRRD file.");
    FieldMap fields;
    std::size_t at = head.find('\n');
    while (true) {
        const std::size_t end = at == std::string::npos ? at : head.find('\n', at + 1);
        if (end == std::string::npos)
            throw file_error(ErrorCode::BadInput, path, "is cut short: its header does not end.");
        const std::string line = trimmed(std::string_view(head).substr(at + 1, end - at - 1));
        at = end;
        if (line.empty())
            break;
        if (line[0] == '#')
            continue;
        if (const auto colon = line.find(':'); colon != std::string::npos)
            fields[line.substr(0, colon)] =
                trimmed(line.substr(colon + (colon + 1 < line.size() && line[colon + 1] == '=' ? 2 : 1)));
    }
    *offset = at + 1;
    return fields;
}

std::string field(const FieldMap& fields, const char* name, const char* other = nullptr) {
    if (const auto found = fields.find(name); found != fields.end())
        return found->second;
    return other ? field(fields, other) : std::string();
}

// The lengths of the vectors "(1,0,0) (0,2,0)", or plain numbers; 0 where there is "none" or "nan".
std::array<double, 2> spacing_of(const FieldMap& fields) {
    std::array<double, 2> spacing{};
    const bool vectors = fields.contains("space directions");
    std::string text = field(fields, "space directions", "spacings");
    if (!vectors) {
        std::istringstream numbers(text);
        numbers.imbue(std::locale::classic());
        for (double& value : spacing) {
            std::string word;
            numbers >> word;
            std::from_chars(word.data(), word.data() + word.size(), value);
        }
    } else {
        std::size_t at = 0;
        for (double& value : spacing) {
            const std::size_t open = text.find('(', at), close = text.find(')', at);
            if (open == std::string::npos || close == std::string::npos || close < open)
                break;
            double squares = 0;
            for (std::size_t i = open + 1; i < close;) {
                double component = 0;
                const char* begin = text.data() + i;
                while (begin < text.data() + close && *begin == ' ')
                    ++begin;
                std::from_chars(begin, text.data() + close, component);
                squares += component * component;
                i = std::min(text.find(',', i), close) + 1;
            }
            value = std::sqrt(squares);
            at = close + 1;
        }
    }
    // In mm where a space of a body is given and no unit is.
    const std::string units = field(fields, "space units", "units");
    const double unit = units.find("um") != std::string::npos || units.find("µm") != std::string::npos ||
                                units.find("micron") != std::string::npos
                            ? 1
                        : units.find("mm") != std::string::npos || fields.contains("space") ? 1e3
                                                                                            : 0;
    for (double& value : spacing)
        value = std::isfinite(value) ? std::abs(value) * unit : 0;
    return spacing;
}

// 3D Slicer: "Segment0_LabelValue:=1" and "Segment0_Name:=liver".
ObjectClasses segment_names(const FieldMap& fields) {
    ObjectClasses classes;
    for (const auto& [key, value] : fields) {
        constexpr std::string_view ending = "_LabelValue";
        if (!key.starts_with("Segment") || !key.ends_with(ending))
            continue;
        const auto name = fields.find(key.substr(0, key.size() - ending.size()) + "_Name");
        ObjectId id = 0;
        const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), id);
        if (name != fields.end() && !name->second.empty() && problem == std::errc() && id != 0)
            classes.emplace(id, name->second);
    }
    return classes;
}

Header read_header(const fs::path& path) {
    Header header;
    const FieldMap fields = read_fields(path, &header.offset);
    LabelVolumeHeader& volume = header.volume;
    const auto sample = samples().find(field(fields, "type"));
    if (sample == samples().end())
        throw file_error(ErrorCode::Unsupported, path,
                         "has pixels of the type \"" + field(fields, "type") + "\", which are no labels.");
    volume.sample = sample->second;
    if (fields.contains("data file") || fields.contains("datafile"))
        throw file_error(ErrorCode::Unsupported, path,
                         "has its pixels in another file. Save it as one file (.nrrd).");
    for (const char* skip : {"line skip", "lineskip", "byte skip", "byteskip"})
        if (const std::string count = field(fields, skip); !count.empty() && count != "0")
            throw file_error(ErrorCode::Unsupported, path, "skips a part of its pixels. Save it again.");
    const std::string encoding = field(fields, "encoding");
    header.packed = encoding == "gzip" || encoding == "gz";
    if (!header.packed && encoding != "raw")
        throw file_error(ErrorCode::Unsupported, path,
                         "is encoded as \"" + encoding + "\". Save it as raw or gzip.");
    const std::string endian = field(fields, "endian");
    if (endian != "little" && endian != "big" && bytes_of(volume.sample) > 1)
        throw file_error(ErrorCode::BadInput, path, "does not say in which order its bytes are.");
    volume.big_endian = endian == "big";
    std::istringstream sizes(field(fields, "sizes"));
    std::vector<std::int64_t> sides;
    for (std::int64_t side = 0; sizes >> side;)
        sides.push_back(side);
    if (sides.size() < 2)
        throw file_error(ErrorCode::BadInput, path, "does not say how large it is.");
    if (sides.size() > 3)
        throw file_error(ErrorCode::Unsupported, path,
                         "has more than three dimensions; a label map has two or three.");
    volume.width = sides[0];
    volume.height = sides[1];
    volume.depth = sides.size() > 2 ? sides[2] : 1;
    volume.spacing = spacing_of(fields);
    volume.classes = segment_names(fields);
    const double bytes = static_cast<double>(readable_size(path)) - static_cast<double>(header.offset);
    check_volume(path, volume, header.packed ? bytes * 1032 : bytes); // gzip packs no tighter
    return header;
}

const std::initializer_list<std::string_view> endings{".nrrd"};

const LabelVolumeFormat& nrrd() {
    static const LabelVolumeFormat format{
        "nrrd", endings, [](const fs::path& path) { return read_header(path).volume; },
        [](const fs::path& path, const LabelVolumeHeader& volume) {
            const Header header = read_header(path);
            const std::size_t count = static_cast<std::size_t>(volume.width * volume.height * volume.depth) *
                                      bytes_of(volume.sample);
            std::string file(readable_size(path), '\0');
            open_bytes(path)->read_all(file, "the pixels");
            const std::string_view data = std::string_view(file).substr(std::min(header.offset, file.size()));
            if (header.packed)
                return gunzip_bytes(data, count, path);
            return std::string(data.substr(0, count));
        }};
    return format;
}

bool looks_like_nrrd(const fs::path& file) {
    try {
        return read_head(file, 7) == "NRRD000";
    } catch (const Error&) { // whoever reads it says why
        return false;
    }
}

std::string encode_nrrd(const LabelMap& map, const std::array<double, 2>& spacing) {
    std::ostringstream head;
    head.imbue(std::locale::classic());
    head << "NRRD0004\ntype: " << (needs_32_bits(map) ? "uint32" : "uint16")
         << "\ndimension: 2\nsizes: " << map.width() << " " << map.height() << "\n";
    if (spacing[0] > 0 && spacing[1] > 0) {
        head.precision(9);
        head << "spacings: " << spacing[0] / 1000 << " " << spacing[1] / 1000 << "\nunits: \"mm\" \"mm\"\n";
    }
    head << "encoding: gzip\nendian: little\n\n";
    return head.str() + gzip_bytes(little_endian_ids(map));
}

} // namespace

LabelFormat nrrd_format() {
    return {
        "nrrd", "NRRD label maps",
        "A label map for each image (.nrrd, 3D Slicer's .seg.nrrd), or one for all planes of a stack whose "
        "images are named after it and numbered.",
        [](const fs::path& path) { return holds_label_files(path, endings, looks_like_nrrd); },
        [](const fs::path& path, const LabelOptions& options) {
            return open_volumes(nrrd(), path, options);
        }};
}

LabelWriterFormat nrrd_writer() {
    return {"nrrd",
            "NRRD label maps",
            "A gzipped NRRD file of object numbers for each image, and the classes in a JSON file.",
            "nrrd",
            false,
            true,
            false,
            nullptr,
            [](const fs::path& place, const std::vector<ExportedClass>& classes) {
                return write_volumes(place, classes, ".nrrd", encode_nrrd);
            }};
}

} // namespace eyepiece
