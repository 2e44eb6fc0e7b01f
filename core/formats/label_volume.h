// SPDX-License-Identifier: GPL-3.0-or-later
// What the readers and writers of label maps in volume formats (NIfTI, NRRD) share. Internal to core/formats.
#pragma once
#include "core/formats/label_painting.h"
#include "core/formats/label_writers.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eyepiece {

enum class LabelSample { UInt8, Int8, UInt16, Int16, UInt32, Int32, UInt64, Int64, Float32, Float64 };
std::size_t bytes_of(LabelSample sample);

// What a file says of its pixels; x is the fastest axis, as it is in ours, and y and z follow.
struct LabelVolumeHeader {
    std::int64_t width = 0, height = 0, depth = 1;
    LabelSample sample = LabelSample::UInt8;
    bool big_endian = false;
    double slope = 1, intercept = 0; // the value is slope * stored + intercept
    std::array<double, 2> spacing{}; // of x and y in µm; 0: not known
    ObjectClasses classes;           // names of values; empty: none are given
};

// How one format is read. `header` throws Error for a file that is none of it, or no label map; `pixels`
// gives all of them as they are stored.
struct LabelVolumeFormat {
    std::string_view name;
    std::initializer_list<std::string_view> endings;
    LabelVolumeHeader (*header)(const std::filesystem::path& path);
    std::string (*pixels)(const std::filesystem::path& path, const LabelVolumeHeader& header);
};

// Checks the sizes: throws Error(BadInput) where they cannot be, or are more than `available` bytes bear out.
void check_volume(const std::filesystem::path& path, const LabelVolumeHeader& header, double available);

// A label map of one plane belongs to the image of its name; one of several planes to as many images that are
// named after it and numbered ("scan_z01.png" for "scan.nii.gz"), in natural order.
std::unique_ptr<LabelSource> open_volumes(const LabelVolumeFormat& format, const std::filesystem::path& path,
                                          const LabelOptions& options);

// A label map of one plane for each image, and the classes in objects.json. `encode` makes the file: of the
// map and the pixel size in µm, 0 where it is not known.
using EncodeVolume = std::string (*)(const LabelMap& map, const std::array<double, 2>& spacing);
std::unique_ptr<LabelFileWriter> write_volumes(const std::filesystem::path& folder,
                                               const std::vector<ExportedClass>& classes, std::string ending,
                                               EncodeVolume encode);

std::string gzip_bytes(std::string_view bytes); // the same bytes give the same file
// `count` bytes. Throws Error(BadInput) that names the file where there are fewer, or it is damaged.
std::string gunzip_bytes(std::string_view packed, std::size_t count, const std::filesystem::path& path);
// The ids as 16-bit or, where they need it, 32-bit little-endian numbers.
std::string little_endian_ids(const LabelMap& map);
bool needs_32_bits(const LabelMap& map);

} // namespace eyepiece
