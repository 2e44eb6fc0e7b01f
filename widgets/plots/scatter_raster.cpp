// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/scatter_raster.h"

#include "core/data/color_map.h"
#include "core/data/parallel.h"

#include <algorithm>
#include <cmath>
#include <thread>

namespace eyepiece {

namespace {

constexpr int sub = 4;    // places within a pixel at which a dot is prepared
constexpr int levels = 8; // sizes
constexpr int faint = 46; // of 255: rows that are not selected while others are
constexpr std::size_t check_every = 1 << 16;

// A dot's coverage of the pixels about it, prepared for each size and place within a pixel: no larger than it
// must be, for a million of them are laid down.
struct Stamp {
    int left = 0, top = 0; // of its first pixel, from the pixel in which its middle lies
    int width = 0, height = 0;
    std::vector<std::uint8_t> coverage;
};

Stamp make_stamp(double radius, double dx, double dy, int opacity) {
    const double outside = radius + 0.5;
    const auto first = [&](double middle) { return static_cast<int>(std::floor(middle - outside + 0.5)); };
    const auto last = [&](double middle) { return static_cast<int>(std::ceil(middle + outside - 0.5)); };
    Stamp stamp;
    stamp.left = first(dx);
    stamp.top = first(dy);
    stamp.width = std::max(1, last(dx) - stamp.left);
    stamp.height = std::max(1, last(dy) - stamp.top);
    for (int y = 0; y < stamp.height; ++y)
        for (int x = 0; x < stamp.width; ++x) {
            const double distance = std::hypot(stamp.left + x + 0.5 - dx, stamp.top + y + 0.5 - dy);
            stamp.coverage.push_back(
                static_cast<std::uint8_t>(opacity * std::clamp(outside - distance, 0.0, 1.0)));
        }
    return stamp;
}

class Stamps {
public:
    Stamps(double radius, bool sized, int opacity) {
        for (int level = 0; level < levels; ++level)
            for (int y = 0; y < sub; ++y)
                for (int x = 0; x < sub; ++x) {
                    const double scale = sized ? 0.55 + 1.75 * std::sqrt(level / (levels - 1.0)) : 1;
                    stamps_.push_back(make_stamp(radius * scale, (x + 0.5) / sub, (y + 0.5) / sub, opacity));
                    reach_ = std::max({reach_, -stamps_.back().left, stamps_.back().width});
                }
    }
    // dx, dy: of its middle within a pixel, 0 to 1.
    const Stamp& at(int level, double dx, double dy) const {
        return stamps_[static_cast<std::size_t>((level * sub + static_cast<int>(dy * sub)) * sub +
                                                static_cast<int>(dx * sub))];
    }
    int reach() const { return reach_; }

private:
    std::vector<Stamp> stamps_;
    int reach_ = 0;
};

// Premultiplied: opaque `color` over `under` with coverage a of 255.
QRgb over(QRgb under, QRgb color, std::uint32_t a) {
    const std::uint32_t b = 255 - a;
    std::uint32_t even = (color & 0x00ff00ff) * a + (under & 0x00ff00ff) * b;
    std::uint32_t odd = ((color >> 8) & 0x00ff00ff) * a + ((under >> 8) & 0x00ff00ff) * b;
    even = ((even + ((even >> 8) & 0x00ff00ff) + 0x00800080) >> 8) & 0x00ff00ff;
    odd = (odd + ((odd >> 8) & 0x00ff00ff) + 0x00800080) & 0xff00ff00;
    return even | odd;
}

// The pixel of a place not far beyond the left or upper edge. std::floor is a call into the library unless
// the processor may be assumed to be new.
int pixel_of(double place) {
    constexpr int beyond = 4096;
    return static_cast<int>(place + beyond) - beyond;
}

struct Band {
    QRgb* pixels; // of the whole picture
    int width, top, bottom;
};

void stamp_on(const Band& band, const Stamp& stamp, int x, int y, QRgb color) {
    const int left = x + stamp.left, high = y + stamp.top;
    const int first_x = std::max(0, -left), last_x = std::min(stamp.width, band.width - left);
    const int first_y = std::max(0, band.top - high), last_y = std::min(stamp.height, band.bottom - high);
    for (int row = first_y; row < last_y; ++row) {
        const std::uint8_t* coverage = stamp.coverage.data() + row * stamp.width;
        QRgb* line = band.pixels + static_cast<std::ptrdiff_t>(high + row) * band.width + left;
        for (int column = first_x; column < last_x; ++column)
            if (coverage[column] == 255)
                line[column] = color;
            else if (coverage[column] != 0)
                line[column] = over(line[column], color, coverage[column]);
    }
}

// Calls draw(row, x, y) for what lies in the band and is not hidden.
template<class Draw>
void for_points(const ScatterMarks& marks, const ScatterLook& look, const ScatterTransform& view,
                const Band& band, int reach, const std::atomic<bool>& stop, const Draw& draw) {
    const auto xs = marks.x, ys = marks.y;
    const auto rows = marks.row;
    const auto& codes = look.coloring->codes;
    const auto scale_x = static_cast<float>(view.scale_x), scale_y = static_cast<float>(view.scale_y);
    // About the centre in double: far zoomed in, floats would jump.
    const auto add_x = view.width / 2 - view.centre_x * view.scale_x;
    const auto add_y = view.height / 2 + view.centre_y * view.scale_y;
    const bool fine = std::abs(add_x) > 1e5 || std::abs(add_y) > 1e5;
    for (std::size_t at = 0; at < xs.size(); ++at) {
        if (at % check_every == 0 && stop)
            return;
        const double y = fine ? add_y - static_cast<double>(ys[at]) * view.scale_y
                              : static_cast<double>(static_cast<float>(add_y) - ys[at] * scale_y);
        if (!(y >= band.top - reach && y < band.bottom + reach))
            continue;
        const double x = fine ? add_x + static_cast<double>(xs[at]) * view.scale_x
                              : static_cast<double>(static_cast<float>(add_x) + xs[at] * scale_x);
        if (!(x >= -reach && x < band.width + reach))
            continue;
        const std::uint32_t row = rows[at];
        const std::uint8_t code = row < codes.size() ? codes[row] : ScatterColoring::plain;
        if (!look.hidden[code])
            draw(row, code, x, y);
    }
}

void draw_band(const ScatterMarks& marks, const ScatterLook& look, const ScatterTransform& view,
               const Band& band, double radius, const std::atomic<bool>& stop) {
    std::array<QRgb, 256> colors{};
    for (std::size_t code = 0; code < colors.size(); ++code)
        colors[code] = look.coloring->color(static_cast<std::uint8_t>(code), look.dark) | 0xff000000;
    const bool sized = look.sizes && !look.sizes->empty();
    const bool picked = look.any_selected && look.selected;
    const auto level = [&](std::uint32_t row) {
        return sized && row < look.sizes->size() ? std::min<int>((*look.sizes)[row], levels - 1) : 0;
    };
    const auto pass = [&](int opacity, bool of_selected) {
        const Stamps stamps(radius, sized, opacity);
        for_points(marks, look, view, band, stamps.reach() + 1, stop,
                   [&](std::uint32_t row, std::uint8_t code, double x, double y) {
                       if (picked && (row < look.selected->size() && (*look.selected)[row]) != of_selected)
                           return;
                       const int px = pixel_of(x), py = pixel_of(y);
                       stamp_on(band, stamps.at(level(row), x - px, y - py), px, py, colors[code]);
                   });
    };
    if (!picked)
        return pass(marks.x.size() > 200'000 ? 200 : 230, false);
    pass(faint, false);
    pass(255, true);
}

// Three passes of a box: near enough to a Gaussian.
void blur(std::vector<float>& values, int width, int height, int reach) {
    std::vector<float> line(static_cast<std::size_t>(std::max(width, height)));
    const auto along = [&](std::size_t start, std::size_t step, int count) {
        for (int at = 0; at < count; ++at)
            line[static_cast<std::size_t>(at)] = values[start + static_cast<std::size_t>(at) * step];
        double sum = 0;
        for (int at = -reach; at < count; ++at) {
            if (at + reach < count)
                sum += line[static_cast<std::size_t>(at + reach)];
            if (at - reach - 1 >= 0)
                sum -= line[static_cast<std::size_t>(at - reach - 1)];
            if (at >= 0)
                values[start + static_cast<std::size_t>(at) * step] =
                    static_cast<float>(std::max(0.0, sum) / (2 * reach + 1));
        }
    };
    for (int time = 0; time < 3; ++time) {
        for (int y = 0; y < height; ++y)
            along(static_cast<std::size_t>(y) * static_cast<std::size_t>(width), 1, width);
        for (int x = 0; x < width; ++x)
            along(static_cast<std::size_t>(x), static_cast<std::size_t>(width), height);
    }
}

QImage draw_density(const ScatterMarks& marks, const ScatterLook& look, const ScatterTransform& view,
                    const QSize& size, const std::atomic<bool>& stop) {
    constexpr int coarse = 2; // px a cell
    const int width = (size.width() + coarse - 1) / coarse, height = (size.height() + coarse - 1) / coarse;
    std::vector<float> counts(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 0.f);
    const Band all{nullptr, size.width(), 0, size.height()};
    for_points(marks, look, view, all, 0, stop, [&](std::uint32_t, std::uint8_t, double x, double y) {
        ++counts[static_cast<std::size_t>(y / coarse) * static_cast<std::size_t>(width) +
                 static_cast<std::size_t>(x / coarse)];
    });
    if (stop)
        return {};
    blur(counts, width, height, std::max(2, static_cast<int>(3 * look.device_pixel_ratio)));
    const float most = *std::max_element(counts.begin(), counts.end());
    static const ColorMap viridis = color_map("viridis");
    QImage picture(width, height, QImage::Format_ARGB32_Premultiplied);
    // A little of most is nothing: else the soft edge of a single point would be a halo.
    const double floor = 0.004 * static_cast<double>(most),
                 whole = std::log1p(static_cast<double>(most) / floor);
    for (int y = 0; y < height; ++y) {
        auto* line = reinterpret_cast<QRgb*>(picture.scanLine(y));
        for (int x = 0; x < width; ++x) {
            const double value =
                static_cast<double>(counts[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                                           static_cast<std::size_t>(x)]);
            const double share = most > 0 ? std::log1p(value / floor) / whole : 0;
            const auto& c = viridis.colors[static_cast<std::size_t>(
                (look.dark ? share : 1 - share) * 255)]; // dense: bright on dark, dark on light
            const double alpha = std::clamp(share * 5, 0.0, 1.0);
            line[x] = qPremultiply(qRgba(c[0], c[1], c[2], static_cast<int>(255 * alpha)));
        }
    }
    return picture.scaled(size, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
}

} // namespace

double scatter_radius(std::size_t points, const ScatterTransform& view, const ScatterTransform& fitted,
                      double device_pixel_ratio) {
    // So that the dots together cover about a fifth of the view; the area shared grows as one zooms in.
    const double area = view.width * view.height / (device_pixel_ratio * device_pixel_ratio);
    const double zoom = std::sqrt(view.scale_x / fitted.scale_x * view.scale_y / fitted.scale_y);
    const double share = 0.05 * area / std::max<double>(1.0, static_cast<double>(points));
    return std::clamp(std::sqrt(share / 3.14) * std::pow(std::max(zoom, 0.2), 0.5), 0.75, 4.0) *
           device_pixel_ratio;
}

QImage rasterise(const ScatterMarks& marks, const ScatterLook& look, const ScatterTransform& view,
                 const std::atomic<bool>& stop) {
    const QSize size(std::max(1, static_cast<int>(view.width)), std::max(1, static_cast<int>(view.height)));
    QImage picture;
    if (look.density) {
        picture = draw_density(marks, look, view, size, stop);
    } else {
        picture = QImage(size, QImage::Format_ARGB32_Premultiplied);
        picture.fill(Qt::transparent);
        auto* pixels = reinterpret_cast<QRgb*>(picture.bits());
        const double radius = look.radius > 0 ? look.radius : 2 * look.device_pixel_ratio;
        const std::size_t bands =
            marks.x.size() < 20'000 ? 1 : std::max(1u, std::min(8u, std::thread::hardware_concurrency()));
        const auto edge = [&](std::size_t band) {
            return static_cast<int>(static_cast<std::size_t>(size.height()) * band / bands);
        };
        const auto draw = [&](std::size_t band) {
            draw_band(marks, look, view, {pixels, size.width(), edge(band), edge(band + 1)}, radius, stop);
        };
        if (bands == 1)
            draw(0);
        else
            parallel_for(bands, draw);
    }
    if (stop)
        return {};
    picture.setDevicePixelRatio(look.device_pixel_ratio);
    return picture;
}

QImage rasterise(const ScatterScene& scene, const ScatterLook& look, const ScatterTransform& view,
                 const std::atomic<bool>& stop) {
    return rasterise(ScatterMarks{scene.x(), scene.y(), scene.row()}, look, view, stop);
}

} // namespace eyepiece
