// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"
#include "core/data/label_map.h"

#include <cstdint>

namespace eyepiece {

// A made-up field of fluorescently stained nuclei, as a widefield microscope with a 16-bit camera shows it:
// round to oval nuclei with chromatin texture and nucleoli, in clumps that touch and overlap, some dividing,
// some out of focus; uneven light, haze, specks of debris, shot noise and read noise. The truth is exact.
struct NucleiOptions {
    std::int64_t width = 256, height = 256; // px, at least 32
    int nuclei = 35;                        // tried to be placed; fewer where there is no room
    double radius = 11;                     // px, mean
    double clumping = 0.5;                  // 0: spread evenly, 1: most nuclei lie in clumps
    double overlap = 0.2;                   // greatest share of a nucleus that may lie under or over others
    double brightness = 900;                // photo-electrons of a typical nucleus; fewer are noisier
    double defocus = 1.0;                   // px, mean blur beyond the optics' own
    double unevenness = 0.35;               // by how much the light falls off towards the darkest corner
    std::uint64_t seed = 1;
};

struct NucleiField {
    Image image;     // uint16, one channel
    LabelMap labels; // ids 1..n; where nuclei overlap, the one on top
    int nuclei = 0;
    PixelSize pixel_size{0.325, 0.325, 0, "µm"};
};

// The same options give the same bytes on the same machine. Throws Error(BadInput) for sizes out of range.
EYEPIECE_EXPORT NucleiField generate_nuclei(const NucleiOptions& options);

} // namespace eyepiece
