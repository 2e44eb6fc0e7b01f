// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "core/data/volume.h"

#include <filesystem>
#include <string>

namespace eyepiece {

// What is said between a program and its reader of volumes, a process of its own: the decoders of medical
// formats end the program that they run in when a file is damaged in a way they did not think of. Each side
// writes lines of JSON, to which an answer is always given:
//
//   {"open": PATH}                      {"info": ..., "geometry": ..., "notes": [...]}
//   {"read": [x, y, width, height, z, t]}   {"bytes": N} and N bytes: (C,H,W), as Image keeps them
//   {"series": FOLDER}                  {"series": [{"first": PATH, "files": [PATH...], "notes": [...]}]}
//
// or {"error": {"code", "message", "details"}}. With "careful": true beside "open" or "series" a slice that
// ends the process is passed over, at some cost. Paths are in hexadecimal digits: a file's name need not be
// UTF-8.
EYEPIECE_EXPORT std::string path_to_hex(const std::filesystem::path& path);
EYEPIECE_EXPORT std::filesystem::path path_from_hex(const std::string& hex); // throws Error(BadInput)

EYEPIECE_EXPORT Json volume_to_json(const ImageInfo& info, const VolumeGeometry& geometry);
ImageInfo info_from_json(const Json& json);
VolumeGeometry geometry_from_json(const Json& json);

} // namespace eyepiece
