// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/area_average.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace eyepiece {

std::vector<AreaAverage::Span> AreaAverage::spans(std::int64_t start, std::int64_t count, double ratio,
                                                  std::int64_t finer) {
    std::vector<Span> spans(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        Span& span = spans[static_cast<std::size_t>(i)];
        const double low = static_cast<double>(start + i) * ratio,
                     high = std::min(static_cast<double>(start + i + 1) * ratio, static_cast<double>(finer));
        span.first = std::min(static_cast<std::int64_t>(std::floor(low)), finer - 1);
        if (high <= low) { // beyond the edge
            span.weights = {1};
            continue;
        }
        for (auto at = span.first; static_cast<double>(at) < high; ++at) {
            const double covered =
                std::min(high, static_cast<double>(at + 1)) - std::max(low, static_cast<double>(at));
            span.weights.push_back(covered / (high - low));
        }
    }
    return spans;
}

AreaAverage::AreaAverage(const Region& region, double ratio, LevelSize finer)
    : ratio_(ratio)
    , columns_(spans(region.x, region.width, ratio, finer.width))
    , rows_(spans(region.y, region.height, ratio, finer.height)) {}

Region AreaAverage::below(std::int64_t row, std::int64_t count) const {
    const auto end = [](const Span& span) {
        return span.first + static_cast<std::int64_t>(span.weights.size());
    };
    const Span &top = rows_[static_cast<std::size_t>(row)],
               &bottom = rows_[static_cast<std::size_t>(row + count - 1)];
    return {columns_.front().first, top.first, end(columns_.back()) - columns_.front().first,
            end(bottom) - top.first};
}

template<class T>
void AreaAverage::write_plane(std::span<const T> from, const Region& place, std::int64_t row,
                              std::int64_t count, std::span<T> to) const {
    using Sum = std::conditional_t<sizeof(T) <= 2, float, double>;
    const auto width = static_cast<std::size_t>(place.width), out_width = columns_.size();
    std::vector<Sum> line(width);
    for (std::int64_t y = row; y < row + count; ++y) {
        const Span& span = rows_[static_cast<std::size_t>(y)];
        T* out = to.data() + static_cast<std::size_t>(y) * out_width;
        const T* first = from.data() + static_cast<std::size_t>(span.first - place.y) * width;
        if (ratio_ == 1 && width == out_width) { // as it is
            std::copy_n(first, width, out);
            continue;
        }
        std::fill(line.begin(), line.end(), Sum{0});
        for (std::size_t k = 0; k < span.weights.size(); ++k) {
            const T* in = first + k * width;
            const auto weight = static_cast<Sum>(span.weights[k]);
            for (std::size_t x = 0; x < width; ++x)
                line[x] += weight * static_cast<Sum>(in[x]);
        }
        for (std::size_t x = 0; x < out_width; ++x) {
            const Sum* at = line.data() + (columns_[x].first - place.x);
            Sum sum = 0;
            for (const double weight : columns_[x].weights)
                sum += static_cast<Sum>(weight) * *at++;
            if constexpr (std::is_integral_v<T>)
                out[x] = static_cast<T>(std::floor(sum + Sum(0.5)));
            else
                out[x] = static_cast<T>(sum);
        }
    }
}

void AreaAverage::write(const Image& from, const Region& place, std::int64_t row, std::int64_t count,
                        Image& to) const {
    for (int channel = 0; channel < to.channels(); ++channel)
        with_pixel_type(from.type(), [&](auto sample) {
            using T = decltype(sample);
            write_plane<T>(from.plane_as<T>(channel), place, row, count, to.writable_plane_as<T>(channel));
        });
}

} // namespace eyepiece
