// SPDX-License-Identifier: GPL-3.0-or-later
// ImageJ's regions of interest, byte by byte as ij.io.RoiDecoder and RoiEncoder have them (ImageJ 1.53).
// Internal to core/formats.
#pragma once
#include "core/base/export.h"
#include "core/data/outlines.h"
#include "core/data/shapes.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace eyepiece {

// One region in px; ImageJ's coordinates are ours: (0, 0) is the upper left corner of the first pixel.
struct ImageJRoi {
    std::string name;           // UTF-8; empty when the file gives none
    std::string class_name;     // of its properties; empty when they give none
    std::vector<Polygon> rings; // even-odd
    std::optional<Box> oval;    // instead of rings
    int slice = 0;              // of a stack, from 1; 0: of all
    bool spline = false;        // the rings' points are those of a curve that is not read
};

// Throws Error(BadInput or Unsupported) without a file's name: "is cut short", "is a line, ...".
ImageJRoi decode_imagej_roi(std::span<const unsigned char> bytes);

// A traced outline where that says all of the object, else a composite of its parts and holes.
std::string encode_imagej_roi(const std::string& name, const std::string& class_name,
                              const std::vector<OutlinePart>& parts, const Region& bounds,
                              const std::array<std::uint8_t, 3>& color);

} // namespace eyepiece
