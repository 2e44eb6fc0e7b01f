// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/job.h"
#include "core/data/volume.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace eyepiece {

// DICOM (with all slices of its series in the folder), NIfTI, NRRD, MetaImage, MINC and Analyze, read by
// ITK in a process of its own: a file that makes a decoder fall ends in an Error, never in a crash here. The
// process lives as long as the source. Throws Error that names the file.
std::unique_ptr<VolumeSource> open_volume(const std::filesystem::path& path);

struct VolumeFiles {
    struct Note {
        std::filesystem::path file;
        std::string reason;
    };
    std::vector<std::filesystem::path> images; // in the order given
    std::vector<Note> notes;                   // what is amiss with a series, told of its first slice
};
// Of DICOM slices only the first of each series stays, which stands for all; other files stay as they are. A
// folder is looked through once however many of its files are given. Throws Error(Cancelled).
EYEPIECE_EXPORT VolumeFiles one_file_per_volume(const std::vector<std::filesystem::path>& images,
                                                const JobContext& job);

} // namespace eyepiece
