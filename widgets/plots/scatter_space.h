// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/plots/scatter_scene.h"

#include <array>
#include <limits>

namespace eyepiece {

// How a space is turned: a rotation, its rows the directions across, up and towards the eye.
struct EYEPIECE_EXPORT ScatterTurn {
    std::array<double, 9> rows{1, 0, 0, 0, 1, 0, 0, 0, 1};

    static ScatterTurn at_first(); // a corner of the cube towards the eye
    // By a drag of so many radians across and up: what is near follows the pointer. Stays a rotation however
    // often it is turned.
    ScatterTurn turned(double across, double up) const;
    std::array<double, 3> seen(double x, double y, double z) const; // across, up, towards the eye
};

// Where the rows of a table lie in a space, within a cube from -1 to 1. Constant once made; any thread.
class EYEPIECE_EXPORT ScatterSpace {
public:
    // One value a row each; rows without three finite ones have no place. `equal_axes`: a map, whose
    // distances count; else each axis has its own scale. `titles` stand at the axes.
    static std::shared_ptr<const ScatterSpace> build(std::vector<float> x, std::vector<float> y,
                                                     std::vector<float> z, std::array<std::string, 3> titles,
                                                     bool equal_axes);

    std::size_t rows() const { return axes_[0].size(); }
    bool empty() const { return places_ == 0; }
    static constexpr std::size_t most_while_turning =
        60'000; // a picture of them is made within a frame or two

    // Seen from far away (an orthographic projection): what the view shows, with depths and the cube's edges.
    // Of more than about `most` rows with a place a fixed sample of that size has one, and the rest none: for
    // the pictures in between, while one turns.
    std::shared_ptr<const ScatterPoints>
    seen(const ScatterTurn& turn, std::size_t most = std::numeric_limits<std::size_t>::max()) const;

private:
    std::array<std::vector<float>, 3> axes_;
    std::array<std::string, 3> titles_;
    std::size_t places_ = 0; // rows that have one
};

} // namespace eyepiece
