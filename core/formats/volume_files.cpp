// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/volume_files.h"

#include "core/formats/byte_source.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

std::uint32_t word(std::string_view head, std::size_t at, bool big_endian) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value |= std::uint32_t{static_cast<unsigned char>(head[at + i])} << (big_endian ? 24 - 8 * i : 8 * i);
    return value;
}

VolumeFormat nifti_or_analyze(std::string_view head, const fs::path& path) {
    if (head.size() < 348)
        return VolumeFormat::None;
    for (const bool big_endian : {false, true}) {
        const std::uint32_t header_size = word(head, 0, big_endian);
        if (header_size == 540 && (head.substr(4, 3) == "n+2" || head.substr(4, 3) == "ni2"))
            return VolumeFormat::Nifti;
        if (header_size != 348)
            continue;
        if (head.substr(344, 3) == "n+1" || head.substr(344, 3) == "ni1")
            return VolumeFormat::Nifti;
        if (name_ends(path, {".hdr"}))
            return VolumeFormat::Analyze;
    }
    return VolumeFormat::None;
}

} // namespace

const char* title(VolumeFormat format) {
    switch (format) {
    case VolumeFormat::Nifti:
        return "NIfTI";
    case VolumeFormat::Analyze:
        return "Analyze 7.5";
    case VolumeFormat::Nrrd:
        return "NRRD";
    case VolumeFormat::MetaImage:
        return "MetaImage";
    case VolumeFormat::Minc:
        return "MINC";
    case VolumeFormat::Dicom:
        return "DICOM";
    case VolumeFormat::Mgh:
        return "MGH";
    case VolumeFormat::PhilipsRec:
        return "Philips PAR/REC";
    case VolumeFormat::None:
        break;
    }
    return "volume";
}

bool named_like_dicom(const fs::path& path) {
    return name_ends(path, {".dcm", ".dicom", ".ima"}) || !path.has_extension();
}

bool is_nameless_dicom(const fs::path& path) {
    std::error_code problem;
    if (path.has_extension() || !fs::is_regular_file(path, problem) || problem)
        return false;
    const File file(std::fopen(path.c_str(), "rb"));
    std::array<char, 132> head{};
    return file && std::fread(head.data(), 1, head.size(), file.get()) == head.size() &&
           std::string_view(head.data() + 128, 4) == "DICM";
}

fs::path volume_header(const fs::path& path) {
    if (!name_ends(path, {".img"}))
        return path;
    std::error_code ignored;
    for (const char* ending : {".hdr", ".HDR"})
        if (fs::path header = path; fs::is_regular_file(header.replace_extension(ending), ignored))
            return header;
    return path;
}

VolumeFormat volume_format(const fs::path& given) {
    using namespace std::string_view_literals;
    const fs::path path = volume_header(given);
    const std::string head = read_head(path, 2048);
    const std::string_view text(head);
    if (text.size() >= 132 && text.substr(128, 4) == "DICM"sv)
        return VolumeFormat::Dicom;
    if (text.starts_with("NRRD000"sv))
        return VolumeFormat::Nrrd;
    if (text.find("NDims"sv) != text.npos && text.find("DimSize"sv) != text.npos)
        return VolumeFormat::MetaImage;
    if (text.find("DATA DESCRIPTION FILE"sv) != text.npos || name_ends(path, {".rec"}))
        return VolumeFormat::PhilipsRec;
    if ((text.starts_with("\x89HDF"sv) || text.starts_with("CDF\1"sv) || text.starts_with("CDF\2"sv)) &&
        name_ends(path, {".mnc"}))
        return VolumeFormat::Minc;
    if (text.starts_with("\0\0\0\1"sv) && name_ends(path, {".mgh", ".mgz"}))
        return VolumeFormat::Mgh;
    if (const VolumeFormat format = nifti_or_analyze(text, path); format != VolumeFormat::None)
        return format;
    // Older DICOM begins with its first element, without a mark.
    return name_ends(path, {".dcm", ".dicom", ".ima"}) ? VolumeFormat::Dicom : VolumeFormat::None;
}

bool has_volume_extension(const fs::path& path) {
    return name_ends(path, {".dcm", ".dicom", ".ima", ".nii", ".hdr", ".nrrd", ".nhdr", ".mha", ".mhd",
                            ".mnc", ".mgh", ".mgz", ".par"});
}

} // namespace eyepiece
