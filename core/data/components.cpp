// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/components.h"
#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <unordered_map>

namespace eyepiece {
namespace {

// Disjoint sets of provisional labels (Tarjan 1975), always led by the smallest.
class Sets {
public:
    std::uint32_t add() {
        parents_.push_back(static_cast<std::uint32_t>(parents_.size()));
        return parents_.back();
    }
    std::uint32_t find(std::uint32_t a) {
        while (parents_[a] != a)
            a = parents_[a] = parents_[parents_[a]];
        return a;
    }
    void join(std::uint32_t a, std::uint32_t b) {
        a = find(a);
        b = find(b);
        parents_[std::max(a, b)] = std::min(a, b);
    }
    std::size_t size() const { return parents_.size(); }

private:
    std::vector<std::uint32_t> parents_;
};

// Components of equal, non-zero values, numbered by their first pixel. `value(i)` of pixel i.
template<class Value>
LabelMap components(std::int64_t height, std::int64_t width, Connectivity connectivity, Value value,
                    std::vector<std::size_t>* first_pixels = nullptr) {
    LabelMap labels(height, width);
    auto ids = labels.ids();
    Sets sets;
    sets.add(); // 0: no label
    const bool diagonal = connectivity == Connectivity::Eight;
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x) {
            const auto i = static_cast<std::size_t>(y * width + x);
            const auto own = value(i);
            if (!own)
                continue;
            std::uint32_t label = 0;
            const auto meet = [&](std::size_t neighbour) {
                if (value(neighbour) != own)
                    return;
                if (!label)
                    label = ids[neighbour];
                else if (ids[neighbour] != label)
                    sets.join(label, ids[neighbour]);
            };
            const auto w = static_cast<std::size_t>(width);
            if (x > 0)
                meet(i - 1);
            if (y > 0) {
                meet(i - w);
                if (diagonal && x > 0)
                    meet(i - w - 1);
                if (diagonal && x + 1 < width)
                    meet(i - w + 1);
            }
            ids[i] = label ? label : sets.add();
        }
    // A set's smallest label is that of its first pixel, so counting leaders in order numbers by first pixel.
    std::vector<std::uint32_t> final(sets.size(), 0);
    std::uint32_t count = 0;
    for (std::uint32_t label = 1; label < sets.size(); ++label)
        final[label] = sets.find(label) == label ? ++count : final[sets.find(label)];
    if (first_pixels)
        first_pixels->assign(count, std::numeric_limits<std::size_t>::max());
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (ids[i]) {
            ids[i] = final[ids[i]];
            if (first_pixels && (*first_pixels)[ids[i] - 1] == std::numeric_limits<std::size_t>::max())
                (*first_pixels)[ids[i] - 1] = i;
        }
    return labels;
}

void require(const Image& image, int channel) {
    if (image.empty() || channel < 0 || channel >= image.channels())
        throw Error(ErrorCode::BadInput, "The image has no channel " + std::to_string(channel) + ".");
}

} // namespace

LabelMap connected_components(const Mask& mask, Connectivity connectivity) {
    return components(mask.height, mask.width, connectivity,
                      [&](std::size_t i) { return mask.pixels[i] != 0; });
}

LabelMap split_parts(const LabelMap& labels, Connectivity connectivity, std::vector<ObjectId>* origin) {
    std::vector<std::size_t> first;
    const auto ids = labels.ids();
    LabelMap parts = components(
        labels.height(), labels.width(), connectivity, [&](std::size_t i) { return ids[i]; }, &first);
    if (origin) {
        origin->clear();
        for (const std::size_t pixel : first)
            origin->push_back(ids[pixel]);
    }
    return parts;
}

LabelMap relabelled(const LabelMap& labels, std::vector<ObjectId>* old_ids) {
    LabelMap result = labels;
    std::unordered_map<ObjectId, ObjectId> fresh;
    if (old_ids)
        old_ids->clear();
    ObjectId last_old = 0, last_new = 0; // neighbours are mostly of one object
    for (ObjectId& id : result.ids()) {
        if (!id)
            continue;
        if (id != last_old) {
            const auto [entry, added] = fresh.try_emplace(id, static_cast<ObjectId>(fresh.size() + 1));
            if (added && old_ids)
                old_ids->push_back(id);
            last_old = id;
            last_new = entry->second;
        }
        id = last_new;
    }
    return result;
}

LabelMap watershed_split(const Mask& mask, const WatershedOptions& options) {
    if (mask.pixels.empty())
        return LabelMap(mask.height, mask.width);
    const auto width = mask.width, height = mask.height;
    const cv::Mat source(static_cast<int>(height), static_cast<int>(width), CV_8UC1,
                         const_cast<std::uint8_t*>(mask.pixels.data()));
    cv::Mat depth;
    if (cv::countNonZero(source) == source.rows * source.cols)
        depth = cv::Mat(source.size(), CV_32F, cv::Scalar(1)); // no background to be far from
    else
        cv::distanceTransform(source, depth, cv::DIST_L2, cv::DIST_MASK_PRECISE);
    if (options.smoothing > 0)
        cv::GaussianBlur(depth, depth, {}, options.smoothing, options.smoothing, cv::BORDER_REPLICATE);

    // Pixels from the deepest outwards: counting sort on 1/128 px, row order within a step.
    constexpr float steps = 128;
    const auto* levels = depth.ptr<float>();
    const std::size_t count = mask.pixels.size();
    double deepest = 0;
    cv::minMaxLoc(depth, nullptr, &deepest);
    const auto step_of = [&](std::size_t i) {
        return static_cast<std::size_t>(std::max(levels[i], 0.f) * steps);
    };
    std::vector<std::size_t> begin(static_cast<std::size_t>(deepest * steps) + 3, 0);
    for (std::size_t i = 0; i < count; ++i)
        if (mask.pixels[i])
            ++begin[step_of(i) + 1];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    const std::size_t total = begin.back();
    std::vector<std::uint32_t> order(total);
    for (std::size_t i = count; i-- > 0;) // backwards, as the whole is read backwards
        if (mask.pixels[i])
            order[begin[step_of(i)]++] = static_cast<std::uint32_t>(i);

    // Flooding: each pixel joins the basin of its deepest flooded neighbour, or starts one. Where basins
    // meet, one whose peak is less than least_depth above the meeting place is no object of its own.
    LabelMap labels(height, width);
    auto ids = labels.ids();
    std::vector<std::uint32_t> parent{0};
    std::vector<float> peak{0};
    const auto find = [&](std::uint32_t a) {
        while (parent[a] != a)
            a = parent[a] = parent[parent[a]];
        return a;
    };
    for (std::size_t k = total; k-- > 0;) {
        const std::size_t i = order[k];
        const auto x = static_cast<std::int64_t>(i) % width, y = static_cast<std::int64_t>(i) / width;
        std::array<std::uint32_t, 8> basins{};
        std::size_t met = 0;
        float best = -1;
        std::uint32_t own = 0;
        for (std::int64_t dy = -1; dy <= 1; ++dy)
            for (std::int64_t dx = -1; dx <= 1; ++dx) {
                if ((!dx && !dy) || x + dx < 0 || y + dy < 0 || x + dx >= width || y + dy >= height)
                    continue;
                const auto j = static_cast<std::size_t>((y + dy) * width + x + dx);
                if (!ids[j])
                    continue;
                const std::uint32_t basin = find(ids[j]);
                basins[met++] = basin;
                if (levels[j] > best) {
                    best = levels[j];
                    own = basin;
                }
            }
        if (!own) {
            own = static_cast<std::uint32_t>(parent.size());
            parent.push_back(own);
            peak.push_back(levels[i]);
            ids[i] = own;
            continue;
        }
        ids[i] = own;
        for (std::size_t m = 0; m < met; ++m) {
            const std::uint32_t a = find(own), b = find(basins[m]);
            if (a == b || std::min(peak[a], peak[b]) - levels[i] >= options.least_depth)
                continue;
            const bool a_wins = peak[a] > peak[b] || (peak[a] == peak[b] && a < b);
            parent[a_wins ? b : a] = a_wins ? a : b;
        }
    }
    for (ObjectId& id : ids)
        if (id)
            id = find(id);
    if (options.least_area > 1) {
        std::vector<std::int64_t> areas(parent.size(), 0);
        for (const ObjectId id : ids)
            ++areas[id];
        for (ObjectId& id : ids)
            if (areas[id] < options.least_area)
                id = 0;
    }
    return relabelled(labels);
}

std::optional<double> otsu_threshold(const Image& image, int channel) {
    require(image, channel);
    std::vector<double> counts;
    double low = 0, step = 1;
    with_pixel_type(image.type(), [&](auto sample) {
        using T = decltype(sample);
        const auto plane = image.plane_as<T>(channel);
        if constexpr (std::is_integral_v<T> && sizeof(T) <= 2) {
            low = std::numeric_limits<T>::min();
            counts.assign(std::size_t{1} << (8 * sizeof(T)), 0);
            for (const T value : plane)
                ++counts[static_cast<std::size_t>(value - std::numeric_limits<T>::min())];
        } else {
            double high = std::numeric_limits<double>::lowest();
            low = std::numeric_limits<double>::max();
            for (const T value : plane)
                if (std::isfinite(static_cast<double>(value))) {
                    low = std::min(low, static_cast<double>(value));
                    high = std::max(high, static_cast<double>(value));
                }
            if (!(low < high))
                return;
            constexpr std::size_t bins = 4096;
            counts.assign(bins, 0);
            step = (high - low) / (bins - 1);
            for (const T value : plane)
                if (std::isfinite(static_cast<double>(value)))
                    ++counts[static_cast<std::size_t>((static_cast<double>(value) - low) / step)];
        }
    });
    const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
    double sum = 0;
    for (std::size_t i = 0; i < counts.size(); ++i)
        sum += static_cast<double>(i) * counts[i];
    double below = 0, sum_below = 0, best = 0;
    std::optional<double> result;
    for (std::size_t i = 0; i + 1 < counts.size(); ++i) {
        below += counts[i];
        sum_below += static_cast<double>(i) * counts[i];
        if (below == 0 || below == all)
            continue;
        const double apart = sum_below / below - (sum - sum_below) / (all - below);
        const double between = below * (all - below) * apart * apart;
        if (between > best) {
            best = between;
            // Bins of floats are intervals: the threshold is the last value that still belongs to this one.
            result = low + static_cast<double>(i) * step + (step == 1 ? 0 : step * (1 - 1e-9));
        }
    }
    return result;
}

Image luminance(const Image& rgb) {
    if (rgb.channels() < 3)
        throw Error(ErrorCode::BadInput, "Luminance was asked of an image that is not red, green and blue.");
    Image result = Image::create(rgb.type(), 1, rgb.height(), rgb.width());
    with_pixel_type(rgb.type(), [&](auto sample) {
        using T = decltype(sample);
        const auto red = rgb.plane_as<T>(0), green = rgb.plane_as<T>(1), blue = rgb.plane_as<T>(2);
        auto out = result.writable_plane_as<T>(0);
        for (std::size_t i = 0; i < out.size(); ++i) {
            const double value = 0.299 * static_cast<double>(red[i]) + 0.587 * static_cast<double>(green[i]) +
                                 0.114 * static_cast<double>(blue[i]);
            out[i] = static_cast<T>(std::is_integral_v<T> ? std::floor(value + 0.5) : value);
        }
    });
    return result;
}

Mask threshold(const Image& image, int channel, double value, bool dark_objects) {
    require(image, channel);
    Mask mask(image.height(), image.width());
    with_pixel_type(image.type(), [&](auto sample) {
        using T = decltype(sample);
        const auto plane = image.plane_as<T>(channel);
        for (std::size_t i = 0; i < plane.size(); ++i)
            mask.pixels[i] = (static_cast<double>(plane[i]) > value) != dark_objects;
    });
    return mask;
}

bool background_is_bright(const Mask& bright) {
    std::int64_t on = 0, border = 0, border_on = 0;
    for (std::int64_t y = 0; y < bright.height; ++y)
        for (std::int64_t x = 0; x < bright.width; ++x) {
            const bool here = bright.at(x, y);
            on += here;
            if (x == 0 || y == 0 || x == bright.width - 1 || y == bright.height - 1) {
                ++border;
                border_on += here;
            }
        }
    if (border == 0)
        return false;
    // A background is most of the border and mostly most of the image, too; one large object in the middle is
    // not.
    return static_cast<double>(on) / static_cast<double>(bright.pixels.size()) +
               static_cast<double>(border_on) / static_cast<double>(border) >
           1;
}

OtsuResult otsu_segmentation(const Image& image, bool rgb, int channel) {
    const Image gray = rgb && image.channels() == 3 ? luminance(image) : image;
    const int used = rgb && image.channels() == 3 ? 0 : channel;
    const auto value = otsu_threshold(gray, used);
    if (!value)
        return {Mask(gray.height(), gray.width()), 0, false};
    OtsuResult result{threshold(gray, used, *value), *value, false};
    result.dark_objects = background_is_bright(result.mask);
    if (result.dark_objects)
        result.mask = threshold(gray, used, *value, true);
    return result;
}

Mask fill_holes(const Mask& mask) {
    if (mask.pixels.empty()) // not a copy of it: GCC 14 takes that for a write beyond nothing
        return Mask(mask.height, mask.width);
    const LabelMap outside = components(mask.height, mask.width, Connectivity::Four,
                                        [&](std::size_t i) { return mask.pixels[i] == 0; });
    std::vector<bool> open(outside.largest_id() + std::size_t{1}, false);
    for (std::int64_t x = 0; x < mask.width; ++x)
        open[outside.at(x, 0)] = open[outside.at(x, mask.height - 1)] = true;
    for (std::int64_t y = 0; y < mask.height; ++y)
        open[outside.at(0, y)] = open[outside.at(mask.width - 1, y)] = true;
    open[0] = false; // the mask itself
    Mask result = mask;
    for (std::size_t i = 0; i < result.pixels.size(); ++i)
        result.pixels[i] = !open[outside.ids()[i]];
    return result;
}

std::vector<ObjectMeasures> measure_objects(const LabelMap& labels, const Image* image) {
    if (image && (image->width() != labels.width() || image->height() != labels.height()))
        throw Error(ErrorCode::BadInput, "The image and its labels are not of one size.");
    struct Sums {
        double x = 0, y = 0, xx = 0, yy = 0, xy = 0, value = 0;
        std::int64_t count = 0, left = 0, top = 0, right = 0, bottom = 0;
    };
    std::unordered_map<ObjectId, Sums> sums;
    const auto gather = [&](auto value_at) {
        for (std::int64_t y = 0; y < labels.height(); ++y)
            for (std::int64_t x = 0; x < labels.width();) {
                const ObjectId id = labels.at(x, y);
                if (!id) {
                    ++x;
                    continue;
                }
                Sums& s = sums[id];
                if (!s.count)
                    s.left = x, s.right = x, s.top = y;
                s.left = std::min(s.left, x);
                s.bottom = y;
                // A run of one object is looked up once. Offsets from the first place keep the sums exact.
                for (; x < labels.width() && labels.at(x, y) == id; ++x) {
                    const auto fx = static_cast<double>(x), fy = static_cast<double>(y);
                    s.x += fx, s.y += fy, s.xx += fx * fx, s.yy += fy * fy, s.xy += fx * fy;
                    s.value += value_at(static_cast<std::size_t>(y * labels.width() + x));
                    ++s.count;
                }
                s.right = std::max(s.right, x - 1);
            }
    };
    if (image)
        with_pixel_type(image->type(), [&](auto sample) {
            using T = decltype(sample);
            gather([plane = image->plane_as<T>(0)](std::size_t i) { return static_cast<double>(plane[i]); });
        });
    else
        gather([](std::size_t) { return 0.0; });

    std::vector<ObjectMeasures> result;
    for (const auto& [id, s] : sums) {
        ObjectMeasures m;
        const auto n = static_cast<double>(s.count);
        m.id = id;
        m.area = s.count;
        m.bounds = {s.left, s.top, s.right - s.left + 1, s.bottom - s.top + 1};
        m.centroid = {s.x / n + 0.5, s.y / n + 0.5};
        // Second central moments; 1/12 for a pixel's own extent.
        const double xx = s.xx / n - (s.x / n) * (s.x / n) + 1.0 / 12,
                     yy = s.yy / n - (s.y / n) * (s.y / n) + 1.0 / 12;
        const double xy = s.xy / n - (s.x / n) * (s.y / n);
        const double root = std::sqrt((xx - yy) * (xx - yy) + 4 * xy * xy);
        m.major_axis = 4 * std::sqrt((xx + yy + root) / 2);
        m.minor_axis = 4 * std::sqrt(std::max(0.0, (xx + yy - root) / 2));
        m.eccentricity =
            std::sqrt(std::max(0.0, 1 - (m.minor_axis * m.minor_axis) / (m.major_axis * m.major_axis)));
        m.mean = s.value / n;
        Mask mask = mask_of(labels, id, m.bounds);
        const cv::Mat pixels(static_cast<int>(mask.height), static_cast<int>(mask.width), CV_8UC1,
                             mask.pixels.data());
        std::vector<std::vector<cv::Point>> contours;
        cv::findContours(pixels, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
        for (const auto& contour : contours)
            m.perimeter += cv::arcLength(contour, true);
        result.push_back(m);
    }
    std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return result;
}

} // namespace eyepiece
