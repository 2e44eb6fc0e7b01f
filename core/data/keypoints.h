// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/base/parameters.h"
#include "core/data/image.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace eyepiece {

// Keypoints and the skeleton that gives them their names. Coordinates in px; pixel (0,0) covers [0,1) x
// [0,1), so that its centre is (0.5, 0.5).

// COCO's numbers (Lin et al. 2014, "Keypoint Detection").
enum class Visibility : std::uint8_t {
    Absent = 0, // not labelled: its place means nothing
    Hidden = 1, // its place is known, but something covers it
    Visible = 2
};

struct Keypoint {
    Point2 place;
    Visibility visibility = Visibility::Absent;
    double score = -1; // of the model that placed it; < 0: none
    bool operator==(const Keypoint&) const = default;
};

// The plane of a stack that something lies in.
struct ImagePlane {
    int z = 0, t = 0;
    auto operator<=>(const ImagePlane&) const = default;
};

// What the points of an instance are called and how they hang together.
struct EYEPIECE_EXPORT Skeleton {
    using Ends = std::array<int, 2>; // two points, by their position in `names`
    using Color = std::array<std::uint8_t, 3>;
    std::vector<std::string> names;
    std::vector<Ends> links;   // what is drawn as a bone
    std::vector<Ends> pairs;   // left and right: they change places when an image is mirrored
    std::vector<Color> colors; // one a point, or empty: the palette's in order

    int size() const { return static_cast<int>(names.size()); }
    int find(const std::string& name) const; // -1: none
    int mirrored(int point) const;           // its partner of the other side, or itself
    bool operator==(const Skeleton&) const = default;
};

// Throws Error(BadInput): no point, a name that is empty or used twice, a link or pair that leads nowhere or
// to itself, a point in two pairs, colours for some points only.
EYEPIECE_EXPORT void check_skeleton(const Skeleton& skeleton);

EYEPIECE_EXPORT Json skeleton_to_json(const Skeleton& skeleton);
EYEPIECE_EXPORT Skeleton skeleton_from_json(const Json& json); // checked; throws Error(BadInput)

// Pairs that names tell of: "leftear" and "rightear", "eyeL" and "eyeR", "L_hip" and "R_hip".
EYEPIECE_EXPORT std::vector<Skeleton::Ends> pairs_of_names(std::span<const std::string> names);

// How many points have a place, and the pixels that hold them. Absent points are left out.
EYEPIECE_EXPORT int placed_points(std::span<const Keypoint> points);
EYEPIECE_EXPORT Region bounds_of(std::span<const Keypoint> points);

} // namespace eyepiece
