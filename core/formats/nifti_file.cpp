// SPDX-License-Identifier: GPL-3.0-or-later
// Label maps as NIfTI-1 (https://nifti.nimh.nih.gov/nifti-1: nifti1.h), plain or gzipped, in one file. Pixels
// are taken in the order in which they are stored, whatever the file says of left and right.
#include "core/formats/byte_source.h"
#include "core/formats/file_errors.h"
#include "core/formats/label_files.h"
#include "core/formats/label_format_list.h"
#include "core/formats/label_volume.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t header_size = 348, first_pixel = 352;
constexpr std::int64_t largest_side = 32767;

const std::map<int, LabelSample>& samples() {
    static const std::map<int, LabelSample> by_code{{2, LabelSample::UInt8},    {4, LabelSample::Int16},
                                                    {8, LabelSample::Int32},    {16, LabelSample::Float32},
                                                    {64, LabelSample::Float64}, {256, LabelSample::Int8},
                                                    {512, LabelSample::UInt16}, {768, LabelSample::UInt32},
                                                    {1024, LabelSample::Int64}, {1280, LabelSample::UInt64}};
    return by_code;
}

class Fields {
public:
    Fields(std::string bytes, bool big_endian) : bytes_(std::move(bytes)), big_endian_(big_endian) {}
    std::uint32_t bits(std::size_t at, std::size_t count) const {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < count; ++i)
            value =
                value << 8 | static_cast<unsigned char>(bytes_[big_endian_ ? at + i : at + count - 1 - i]);
        return value;
    }
    int whole16(std::size_t at) const { return static_cast<std::int16_t>(bits(at, 2)); }
    std::int32_t whole32(std::size_t at) const { return static_cast<std::int32_t>(bits(at, 4)); }
    double real(std::size_t at) const { return std::bit_cast<float>(bits(at, 4)); }

private:
    std::string bytes_;
    bool big_endian_;
};

struct Header {
    LabelVolumeHeader volume;
    std::size_t offset = 0; // of the first pixel
};

Header read_header(const fs::path& path) {
    const auto source = open_bytes(path);
    std::string bytes(header_size, '\0');
    source->read_all(bytes, "the header");
    const bool little = Fields(bytes, false).whole32(0) == static_cast<int>(header_size);
    const Fields fields(bytes, !little);
    const std::string magic = bytes.substr(344, 4);
    if (Fields(bytes, false).whole32(0) == 540 || Fields(bytes, true).whole32(0) == 540)
        throw file_error(ErrorCode::Unsupported, path, "is NIfTI-2. Save it as NIfTI-1 (.nii or .nii.gz).");
    if (magic == std::string("ni1\0", 4))
        throw file_error(ErrorCode::Unsupported, path,
                         "is the header of a pair of files. Save it as one file (.nii or .nii.gz).");
    if (fields.whole32(0) != static_cast<int>(header_size) || magic != std::string("n+1\0", 4))
        throw file_error(ErrorCode::BadInput, path, "is no NIfTI file.");
    Header header;
    LabelVolumeHeader& volume = header.volume;
    volume.big_endian = !little;
    const int dimensions = fields.whole16(40);
    if (dimensions < 2 || dimensions > 7)
        throw file_error(ErrorCode::BadInput, path, "states a size that cannot be.");
    volume.width = fields.whole16(42);
    volume.height = fields.whole16(44);
    volume.depth = dimensions >= 3 ? fields.whole16(46) : 1;
    for (int i = 4; i <= dimensions; ++i)
        if (fields.whole16(40 + 2 * static_cast<std::size_t>(i)) > 1)
            throw file_error(ErrorCode::Unsupported, path,
                             "has more than three dimensions; a label map has two or three.");
    const auto sample = samples().find(fields.whole16(70));
    if (sample == samples().end())
        throw file_error(ErrorCode::Unsupported, path,
                         "has pixels that are no numbers of a label map (NIfTI's type " +
                             std::to_string(fields.whole16(70)) + ").");
    volume.sample = sample->second;
    if (const double slope = fields.real(112); std::isfinite(slope) && slope != 0) { // 0: not scaled
        volume.slope = slope;
        volume.intercept = std::isfinite(fields.real(116)) ? fields.real(116) : 0;
    }
    const std::uint32_t unit = fields.bits(123, 1) & 7; // 1 m, 2 mm, 3 µm
    const double micrometres = unit == 1 ? 1e6 : unit == 2 ? 1e3 : unit == 3 ? 1 : 0;
    for (std::size_t axis = 0; axis < 2; ++axis) {
        const double spacing = std::abs(fields.real(80 + 4 * axis));
        if (!std::isfinite(spacing))
            throw file_error(ErrorCode::BadInput, path, "states a pixel size that is no number.");
        volume.spacing[axis] = spacing * micrometres;
    }
    const double offset = fields.real(108);
    if (!(offset >= static_cast<double>(header_size) && offset <= 1e9))
        throw file_error(ErrorCode::BadInput, path, "states a place of its pixels that cannot be.");
    header.offset = static_cast<std::size_t>(offset);
    check_volume(path, volume, static_cast<double>(source->at_most()) - offset);
    return header;
}

const std::initializer_list<std::string_view> endings{".nii", ".nii.gz"};

const LabelVolumeFormat& nifti() {
    static const LabelVolumeFormat format{
        "nifti", endings, [](const fs::path& path) { return read_header(path).volume; },
        [](const fs::path& path, const LabelVolumeHeader& volume) {
            const std::size_t offset = read_header(path).offset;
            const auto source = open_bytes(path);
            std::string skipped(offset, '\0');
            source->read_all(skipped, "the header");
            std::string pixels(static_cast<std::size_t>(volume.width * volume.height * volume.depth) *
                                   bytes_of(volume.sample),
                               '\0');
            source->read_all(pixels, "the pixels");
            return pixels;
        }};
    return format;
}

bool looks_like_nifti(const fs::path& file) {
    try {
        const std::string head = read_head(file, header_size);
        return head.size() == header_size &&
               (head.compare(344, 3, "n+1") == 0 || head.compare(344, 3, "ni1") == 0);
    } catch (const Error&) { // whoever reads it says why
        return false;
    }
}

std::string encode_nifti(const LabelMap& map, const std::array<double, 2>& spacing) {
    if (map.width() > largest_side || map.height() > largest_side)
        throw Error(
            ErrorCode::Unsupported,
            "It is larger than the 32767 px that NIfTI can state: write NRRD or label images instead.");
    std::string bytes(first_pixel, '\0');
    const auto put = [&](std::size_t at, std::uint32_t value, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            bytes[at + i] = static_cast<char>(value >> (8 * i));
    };
    const auto put_real = [&](std::size_t at, double value) {
        put(at, std::bit_cast<std::uint32_t>(static_cast<float>(value)), 4);
    };
    const bool wide = needs_32_bits(map), known = spacing[0] > 0 && spacing[1] > 0;
    const double x = known ? spacing[0] / 1000 : 1, y = known ? spacing[1] / 1000 : 1; // mm
    put(0, header_size, 4);
    const std::array<std::int64_t, 8> dimensions{3, map.width(), map.height(), 1, 1, 1, 1, 1};
    for (std::size_t i = 0; i < dimensions.size(); ++i)
        put(40 + 2 * i, static_cast<std::uint32_t>(dimensions[i]), 2);
    put(68, 1002, 2); // NIFTI_INTENT_LABEL
    put(70, wide ? 768 : 512, 2);
    put(72, wide ? 32 : 16, 2);
    const std::array<double, 8> sizes{1, x, y, 1, 1, 1, 1, 1};
    for (std::size_t i = 0; i < sizes.size(); ++i)
        put_real(76 + 4 * i, sizes[i]);
    put_real(108, first_pixel);
    put_real(112, 1);
    put(123, known ? 2 : 0, 1);
    // ITK's axes go to the left and back, NIfTI's to the right and front: so ITK shows the picture upright.
    put(254, 1, 2);
    put_real(280, -x);
    put_real(280 + 16 + 4, -y);
    put_real(280 + 32 + 8, 1);
    bytes.replace(344, 4, std::string("n+1\0", 4));
    return gzip_bytes(bytes + little_endian_ids(map));
}

} // namespace

LabelFormat nifti_format() {
    return {
        "nifti", "NIfTI label maps",
        "A label map for each image (.nii, .nii.gz), or one for all planes of a stack whose images are named "
        "after it and numbered.",
        [](const fs::path& path) { return holds_label_files(path, endings, looks_like_nifti); },
        [](const fs::path& path, const LabelOptions& options) {
            return open_volumes(nifti(), path, options);
        }};
}

LabelWriterFormat nifti_writer() {
    return {"nifti",
            "NIfTI label maps",
            "A gzipped NIfTI-1 file of object numbers for each image, and the classes in a JSON file.",
            "nifti",
            false,
            true,
            false,
            [](const ExportedImage& image, LabelLosses& losses) {
                losses.images(std::max(image.labels.width(), image.labels.height()) > largest_side,
                              "a side of more than 32767 px", "left out as a whole");
            },
            [](const fs::path& place, const std::vector<ExportedClass>& classes) {
                return write_volumes(place, classes, ".nii.gz", encode_nifti);
            }};
}

} // namespace eyepiece
