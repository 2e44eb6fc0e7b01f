// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/image.h"

#include <span>
#include <vector>

namespace eyepiece {

// Makes a region of a coarser level from a finer one that stands in any ratio to it: each pixel is the mean
// of what lies below it, each pixel there weighed by the part of its area. Whole numbers are rounded half up.
// At the right and lower edge the mean is over what there is; a pixel wholly beyond takes the last one's
// value, for scanners round the sizes of their levels down.
class EYEPIECE_EXPORT AreaAverage {
public:
    // `region` in px of the coarser level, `ratio` >= 1 finer px a coarser one, `finer` the finer level's
    // size.
    AreaAverage(const Region& region, double ratio, LevelSize finer);

    // The finer pixels that rows [row, row + count) of the region are made of.
    Region below(std::int64_t row, std::int64_t count) const;
    // Writes these rows of `to`, which is as large as the region, from the pixels of below(row, count).
    void write(const Image& from, const Region& place, std::int64_t row, std::int64_t count, Image& to) const;

private:
    struct Span { // finer px [first, first + weights) of one coarser pixel; the weights sum to 1
        std::int64_t first = 0;
        std::vector<double> weights;
    };
    static std::vector<Span> spans(std::int64_t start, std::int64_t count, double ratio, std::int64_t finer);
    template<class T>
    void write_plane(std::span<const T> from, const Region& place, std::int64_t row, std::int64_t count,
                     std::span<T> to) const;

    double ratio_;
    std::vector<Span> columns_, rows_;
};

} // namespace eyepiece
