// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "app/volumes/itk_volume.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace eyepiece::volumes {

// Files of a folder that are the slices of one volume: the same series, size and orientation, each with a
// position. Told from the headers alone. At least two different positions; else each file is an image of its
// own.
struct DicomSeries {
    // [t][z], ascending along the slices' normal. A series that holds every position k times has k frames, in
    // order of the instance numbers.
    std::vector<std::vector<std::filesystem::path>> slices;
    VolumeGeometry geometry;
    bool rescaled_apart = false;                 // slices with different slope or intercept (PET)
    std::vector<std::filesystem::path> left_out; // slices given twice
    std::vector<std::string> notes;              // one sentence each: gaps, doubles, a tilted gantry
    const std::filesystem::path& first() const { return slices.front().front(); } // stands for the series
};

// GDCM's assertions end the process at some damaged files. Carefully: each header is first read by a child
// process, and those at which it falls are passed over.
enum class Pace { Quick, Careful };

// All series among the DICOM files of a folder; files that are none, or cannot be read, are passed over.
std::vector<DicomSeries> dicom_series_in(const std::filesystem::path& folder, Pace pace);

// A single file, or, if it is a slice of a series, all of that series in its folder.
std::unique_ptr<PlaneReader> open_dicom(const std::filesystem::path& path, Pace pace);

} // namespace eyepiece::volumes
