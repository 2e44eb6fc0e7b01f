// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/volumes/whole_file.h"

#include "core/formats/byte_source.h"
#include "core/formats/file_errors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <gdcmReader.h>
#include <gdcmTag.h>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eyepiece::volumes {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t header_bytes = std::uintmax_t{16}
                                        << 20; // where a DICOM file's pixels begin at the latest
constexpr std::uintmax_t tail_bytes = std::uintmax_t{64} << 10; // in which its delimiter lies

constexpr std::size_t longest_meta_line = 8000;

[[noreturn]] void fail(const fs::path& path) {
    throw file_error(
        ErrorCode::BadInput, path,
        "is cut short: it holds fewer voxels than its header announces. Copy or download it again.");
}

template<class T>
T number_at(std::string_view bytes, std::size_t at, bool swapped) {
    std::array<char, sizeof(T)> raw{};
    std::memcpy(raw.data(), bytes.data() + at, sizeof(T));
    if (swapped)
        std::reverse(raw.begin(), raw.end());
    return std::bit_cast<T>(raw);
}

// The bytes behind the header of NIfTI-1 and 2 (nifti1.h, nifti2.h), of one file or of a pair.
void check_nifti(const fs::path& path) {
    const std::string head = read_head(path, 540);
    const std::string_view bytes(head);
    if (bytes.size() < 348)
        fail(path);
    const auto first = number_at<std::int32_t>(bytes, 0, false);
    const bool swapped = first != 348 && first != 540;
    const bool second = number_at<std::int32_t>(bytes, 0, swapped) == 540;
    if (second && bytes.size() < 540)
        fail(path);
    double voxels = 1;
    const auto rank = second ? number_at<std::int64_t>(bytes, 16, swapped)
                             : std::int64_t{number_at<std::int16_t>(bytes, 40, swapped)};
    for (std::int64_t i = 1; i <= std::clamp<std::int64_t>(rank, 0, 7); ++i)
        voxels *= second ? static_cast<double>(
                               number_at<std::int64_t>(bytes, 16 + 8 * static_cast<std::size_t>(i), swapped))
                         : number_at<std::int16_t>(bytes, 40 + 2 * static_cast<std::size_t>(i), swapped);
    const double bits = number_at<std::int16_t>(bytes, second ? 14 : 72, swapped);
    const bool pair = name_ends(path, {".hdr"});
    const double offset = pair     ? 0
                          : second ? static_cast<double>(number_at<std::int64_t>(bytes, 168, swapped))
                                   : number_at<float>(bytes, 108, swapped);
    fs::path pixels = path;
    if (pair) { // "a.hdr" or "a.hdr.gz", "a.img" or "a.img.gz"
        std::error_code ignored;
        fs::path stem = path;
        if (stem.extension() == ".gz")
            stem.replace_extension();
        for (const char* ending : {".img", ".IMG", ".img.gz"})
            if (fs::path beside = stem; fs::is_regular_file(beside.replace_extension(ending), ignored))
                pixels = beside;
        if (pixels == path)
            throw file_error(
                ErrorCode::NotFound, path,
                "is the header of a pair whose other part, the .img file of the same name, is not "
                "beside it. Copy it there.");
    }
    const auto source = open_bytes(pixels);
    const double wanted = offset + voxels * bits / 8;
    if (source->size() > 0) {
        if (static_cast<double>(source->size()) < wanted)
            fail(path);
        return;
    }
    std::vector<char> piece(1 << 20); // gzip: its end is known once it is read
    double got = 0;
    while (const std::size_t count = source->read(piece))
        if ((got += static_cast<double>(count)) >= wanted)
            return;
    fail(path);
}

// What a line of a MetaImage's header says: "DimSize = 3 4 5".
std::optional<std::string> meta_text(std::string_view head, std::string_view key) {
    for (std::size_t at = 0; at < head.size();) {
        const std::size_t end = std::min(head.find('\n', at), head.size());
        const std::string_view line = head.substr(at, end - at);
        const auto equals = line.find('=');
        if (line.starts_with(key) && equals != line.npos &&
            line.substr(key.size(), equals - key.size()).find_first_not_of(' ') == line.npos)
            return std::string(line.substr(equals + 1));
        at = end + 1;
    }
    return std::nullopt;
}

double meta_number(std::string_view head, std::string_view key, double otherwise) {
    const auto text = meta_text(head, key);
    return text ? std::strtod(text->c_str(), nullptr) : otherwise;
}

// Of voxels that are not compressed; 0 for a type that is not known.
double meta_bytes(std::string_view head) {
    const std::string type = meta_text(head, "ElementType").value_or("");
    const auto is = [&](std::initializer_list<std::string_view> names) {
        return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
            const auto at = type.find(name);
            return at != type.npos && type.find_first_not_of(" \r", at + name.size()) == type.npos;
        });
    };
    double bytes = is({"MET_CHAR", "MET_UCHAR"})                                       ? 1
                   : is({"MET_SHORT", "MET_USHORT"})                                   ? 2
                   : is({"MET_INT", "MET_UINT", "MET_LONG", "MET_ULONG", "MET_FLOAT"}) ? 4
                   : is({"MET_DOUBLE", "MET_LONG_LONG", "MET_ULONG_LONG"})             ? 8
                                                                                       : 0;
    const std::string sizes = meta_text(head, "DimSize").value_or("");
    const char* at = sizes.c_str();
    for (char* end = nullptr;; at = end) {
        const double size = std::strtod(at, &end);
        if (end == at)
            break;
        bytes *= size;
    }
    return bytes * meta_number(head, "ElementNumberOfChannels", 1);
}

// MetaIO does not look whether all was there.
void check_meta(const fs::path& path) {
    File file = open_for_reading(path);
    std::string head(std::size_t{1} << 14, '\0');
    head.resize(std::fread(head.data(), 1, head.size(), file.get()));
    for (std::size_t at = 0, end = 0; at < head.size() && end != head.npos; at = end + 1) {
        end = head.find('\n', at);
        const std::string_view line = std::string_view(head).substr(at, end - at);
        if (line.size() > longest_meta_line) // it copies lines into a buffer of fixed length
            throw file_error(ErrorCode::BadInput, path, "is damaged: a line of its header does not end.");
        if (!line.starts_with("ElementDataFile"))
            continue;
        if (end == head.npos)
            fail(path);
        const std::string_view known = std::string_view(head).substr(0, end);
        const bool packed = meta_text(known, "CompressedData").value_or("").find("True") != std::string::npos;
        const double wanted = packed ? meta_number(known, "CompressedDataSize", 0) : meta_bytes(known);
        if (line.find("LOCAL") != line.npos && !meta_text(known, "HeaderSize") &&
            static_cast<double>(readable_size(path)) < static_cast<double>(end + 1) + wanted)
            fail(path);
        return;
    }
    throw file_error(ErrorCode::BadInput, path,
                     "is damaged: its header does not say where its voxels are (ElementDataFile).");
}

// GDCM has brought the number into this machine's order already.
double short_value(const gdcm::DataSet& data, std::uint16_t element) {
    const gdcm::Tag tag(0x0028, element);
    const gdcm::ByteValue* value =
        data.FindDataElement(tag) ? data.GetDataElement(tag).GetByteValue() : nullptr;
    if (!value || value->GetLength() < 2)
        return 0;
    return number_at<std::uint16_t>({value->GetPointer(), 2}, 0, false);
}

double frames_of(const gdcm::DataSet& data) {
    const gdcm::Tag tag(0x0028, 0x0008);
    const gdcm::ByteValue* value =
        data.FindDataElement(tag) ? data.GetDataElement(tag).GetByteValue() : nullptr;
    if (!value || !value->GetPointer())
        return 1;
    return std::max(1.0, std::strtod(std::string(value->GetPointer(), value->GetLength()).c_str(), nullptr));
}

// Where an element of pixels begins that announces so many bytes; all bits set: fragments up to a delimiter.
// The tag may also stand within pixels or in an icon: only the length tells.
std::optional<std::size_t> pixels_at(std::string_view bytes, std::uint32_t length, bool swapped) {
    const std::string_view tag(swapped ? "\x7f\xe0\x00\x10" : "\xe0\x7f\x10\x00", 4);
    for (std::size_t at = bytes.find(tag); at != bytes.npos; at = bytes.find(tag, at + 1)) {
        // With a value representation of two letters and two bytes of nothing, or (implicit) without.
        for (const std::size_t length_at : {at + 8, at + 4})
            if (length_at + 4 <= bytes.size() &&
                number_at<std::uint32_t>(bytes, length_at, swapped) == length)
                return length_at + 4;
    }
    return std::nullopt;
}

// Native pixels must be there in full; those in fragments end with a delimiter (PS3.5, A.4).
void check_dicom(const fs::path& path) {
    gdcm::Reader reader;
    reader.SetFileName(path.c_str());
    if (!reader.ReadUpToTag(gdcm::Tag(0x7fe0, 0x0000)))
        return; // refused by whoever reads it
    const gdcm::TransferSyntax syntax = reader.GetFile().GetHeader().GetDataSetTransferSyntax();
    if (syntax == gdcm::TransferSyntax::DeflatedExplicitVRLittleEndian)
        return; // zlib says when its end is missing
    const std::uintmax_t size = readable_size(path);
    File file = open_for_reading(path);
    std::string head(std::min<std::uintmax_t>(size, header_bytes), '\0');
    head.resize(std::fread(head.data(), 1, head.size(), file.get()));
    if (syntax.IsEncapsulated()) {
        const auto from = pixels_at(head, 0xffffffff, false);
        if (!from)
            return;
        const std::uintmax_t tail_at =
            std::max<std::uintmax_t>(*from, size > tail_bytes ? size - tail_bytes : 0);
        std::fseek(file.get(), static_cast<long>(tail_at), SEEK_SET);
        std::string tail(size - tail_at, '\0');
        tail.resize(std::fread(tail.data(), 1, tail.size(), file.get()));
        if (tail.find(std::string_view("\xfe\xff\xdd\xe0\0\0\0\0", 8)) == std::string::npos)
            fail(path);
        return;
    }
    const gdcm::DataSet& data = reader.GetFile().GetDataSet();
    const bool swapped = syntax.GetSwapCode() == gdcm::SwapCode::BigEndian;
    const double bits = short_value(data, 0x0010) * short_value(data, 0x0011) *
                        std::max(1.0, short_value(data, 0x0002)) * std::max(1.0, short_value(data, 0x0100)) *
                        frames_of(data);
    const double wanted = std::ceil(bits / 8);
    if (wanted > 0xfffffffe)
        return;
    const auto length = static_cast<std::uint32_t>(wanted);
    for (const std::uint32_t padded : {length, length + 1}) // to an even number
        if (const auto from = pixels_at(head, padded, swapped)) {
            if (*from + length > size)
                fail(path);
            return;
        }
}

} // namespace

void require_whole_file(const fs::path& path, VolumeFormat format) {
    switch (format) {
    case VolumeFormat::Nifti:
    case VolumeFormat::Analyze:
        return check_nifti(path);
    case VolumeFormat::MetaImage:
        return check_meta(path);
    case VolumeFormat::Dicom:
        return check_dicom(path);
    default:
        return;
    }
}

} // namespace eyepiece::volumes
