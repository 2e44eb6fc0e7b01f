// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace eyepiece {

// Where the rows of a table lie in a plane, or how a space that is turned looks just now. Rows without a
// finite place are not drawn. Constant once shared.
struct ScatterPoints {
    std::vector<float> x, y;      // one a row
    bool equal_axes = true;       // a map, whose distances count; else two columns with axes of their own
    std::string x_title, y_title; // written at the axes; empty: no axes

    // Of a space only:
    std::vector<float> depth; // one a row, larger is nearer to the eye; empty: a plane
    double reach = 0;         // nothing lies farther from 0 than this, however it is turned
    struct Edge {
        double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
        std::string title; // of the axis; most edges have none
        double title_x = 0, title_y = 0;
    };
    std::vector<Edge> edges; // of the cube
};

// What a plane shows of the data: device px = (data - centre) * scale + size / 2, y upwards.
struct ScatterTransform {
    double centre_x = 0, centre_y = 0;
    double scale_x = 1, scale_y = 1; // device px a unit
    double width = 1, height = 1;    // of the view, device px

    double to_x(double x) const { return (x - centre_x) * scale_x + width / 2; }
    double to_y(double y) const { return height / 2 - (y - centre_y) * scale_y; }
    double from_x(double px) const { return (px - width / 2) / scale_x + centre_x; }
    double from_y(double py) const { return (height / 2 - py) / scale_y + centre_y; }
    bool operator==(const ScatterTransform&) const = default;
};

// A fixed shuffle, so that no group lies on top of another because it came later in the file.
EYEPIECE_EXPORT void shuffle_for_drawing(std::vector<std::uint32_t>& rows);

// The points in the order in which they are drawn (of a space the farthest first), and a grid that finds the
// nearest. Constant once
// built; any thread.
class EYEPIECE_EXPORT ScatterScene {
public:
    // Stops early when told to; what comes back is then of no use.
    static std::shared_ptr<const ScatterScene> build(std::shared_ptr<const ScatterPoints> points,
                                                     const std::atomic<bool>& stop);

    const ScatterPoints& points() const { return *points_; }
    std::size_t rows() const { return points_->x.size(); }
    // Of those that have a place, in the order of drawing.
    std::span<const float> x() const { return x_; }
    std::span<const float> y() const { return y_; }
    std::span<const std::uint32_t> row() const { return row_; }
    // Of a space, one a row: how large nearness draws it, as scatter_sizes() has it. Else null.
    const std::shared_ptr<const std::vector<std::uint8_t>>& nearness() const { return nearness_; }

    struct Bounds {
        double left = 0, right = 1, bottom = 0, top = 1;
    };
    const Bounds& bounds() const { return bounds_; }
    // All points in sight, with some margin.
    ScatterTransform fitted(double width, double height, double margin) const;

    // The row nearest to a place in device px, at most `radius` px away. `hidden`: rows not to be found, may
    // be empty.
    std::optional<std::size_t> nearest(const ScatterTransform& view, double px, double py, double radius,
                                       const std::vector<std::uint8_t>& hidden) const;

private:
    void index();
    void order_by_depth();
    std::size_t cell(double x, double y) const;

    std::shared_ptr<const ScatterPoints> points_;
    std::vector<float> x_, y_;
    std::vector<std::uint32_t> row_;
    std::shared_ptr<const std::vector<std::uint8_t>> nearness_;
    Bounds bounds_;
    std::size_t side_ = 1;                   // cells of the grid in each direction
    std::vector<std::uint32_t> starts_, at_; // of each cell, its places in x_
};

} // namespace eyepiece
