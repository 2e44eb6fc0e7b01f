// SPDX-License-Identifier: GPL-3.0-or-later
// What the writers of labels share. Internal to core/formats.
#pragma once
#include "core/formats/label_writers.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eyepiece {

void make_folder(const std::filesystem::path& folder); // with those above it. Throws Error(Storage)
// The file appears whole or not at all. Throws Error(Storage).
void write_whole_file(const std::filesystem::path& path, std::string_view content);

// One text file for each image in `folder`: STEM and `ending`. `content` may throw Error(Unsupported).
using LabelText = std::function<std::string(const ExportedImage&)>;
std::unique_ptr<LabelFileWriter> write_text_files(const std::filesystem::path& folder, std::string ending,
                                                  LabelText content);

// Counts the objects that are no upright boxes: of those only the bounds are written.
void lose_outlines(const ExportedImage& image, LabelLosses& losses);

} // namespace eyepiece
