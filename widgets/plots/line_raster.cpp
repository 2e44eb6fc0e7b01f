// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/line_raster.h"

#include "core/data/parallel.h"

#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

constexpr int faint = 26, faintest = 18, strong = 235; // of 255
constexpr double thin_from = 400;                      // rows: more are the fainter
constexpr std::size_t check_every = 1 << 12;

// Opaque `color` over a premultiplied pixel, with coverage a of 255.
QRgb over(QRgb under, QRgb color, std::uint32_t a) {
    const std::uint32_t b = 255 - a;
    const std::uint32_t even = ((color & 0x00ff00ff) * a + (under & 0x00ff00ff) * b + 0x00800080) >> 8;
    const std::uint32_t odd = ((color >> 8) & 0x00ff00ff) * a + ((under >> 8) & 0x00ff00ff) * b + 0x00800080;
    return (even & 0x00ff00ff) | (odd & 0xff00ff00);
}

struct Strip {
    QRgb* pixels; // of the whole picture
    int width, height, left, right;
};

// One line from the strip's left edge to its right: in each column of pixels it covers as many as it rises
// there, softly at both ends.
void draw_line(const Strip& strip, double from, double to, double thickness, QRgb color, int opacity) {
    const double rise = (to - from) / std::max(1, strip.right - strip.left);
    const double half = (thickness + std::abs(rise)) / 2;
    // A steep line spreads over more pixels, and would be darker than a flat one.
    const double share = opacity * std::max(thickness / (2 * half), 0.35);
    for (int x = strip.left; x < strip.right; ++x) {
        const double middle = from + (x - strip.left + 0.5) * rise;
        const double top = middle - half, bottom = middle + half;
        const int first = std::max(0, static_cast<int>(top)),
                  last = std::min(strip.height - 1, static_cast<int>(bottom));
        for (int y = first; y <= last; ++y) {
            const double covered = std::min(bottom, y + 1.0) - std::max(top, static_cast<double>(y));
            QRgb& pixel = strip.pixels[static_cast<std::ptrdiff_t>(y) * strip.width + x];
            pixel = over(pixel, color, static_cast<std::uint32_t>(share * std::clamp(covered, 0.0, 1.0)));
        }
    }
}

} // namespace

QImage rasterise_lines(const ParallelLines& lines, const ScatterLook& look, const std::vector<double>& axes,
                       const QRectF& box, const std::atomic<bool>& stop) {
    QImage picture(std::max(1, static_cast<int>(std::ceil(box.width()))),
                   std::max(1, static_cast<int>(std::ceil(box.height()))),
                   QImage::Format_ARGB32_Premultiplied);
    picture.fill(Qt::transparent);
    if (axes.size() < 2 || lines.heights.size() < axes.size())
        return picture;
    auto* pixels = reinterpret_cast<QRgb*>(picture.bits()); // here: bits() detaches, and not on a thread
    const RowInk ink(look);
    const auto& order = *lines.order;
    const int usual = std::clamp(
        static_cast<int>(strong *
                         std::sqrt(thin_from / std::max(thin_from, static_cast<double>(order.size())))),
        faint, strong);
    const double high = picture.height() - 1;
    parallel_for(axes.size() - 1, [&](std::size_t gap) {
        const Strip strip{pixels, picture.width(), picture.height(),
                          std::max(0, static_cast<int>(axes[gap] - box.left())),
                          std::min(picture.width(), static_cast<int>(axes[gap + 1] - box.left()))};
        const auto& left = *lines.heights[gap];
        const auto& right = *lines.heights[gap + 1];
        const auto pass = [&](bool of_selected, int opacity) {
            std::size_t drawn = 0;
            for (std::size_t at = 0; at < order.size() && drawn < most_lines; ++at) {
                if (at % check_every == 0 && stop)
                    return;
                const std::uint32_t row = order[at];
                const std::uint8_t code = ink.code(row);
                if (look.hidden[code] || (ink.any_selected() && ink.selected(row) != of_selected) ||
                    std::isnan(left[row]) || std::isnan(right[row]))
                    continue;
                ++drawn;
                draw_line(strip, (1 - static_cast<double>(left[row])) * high,
                          (1 - static_cast<double>(right[row])) * high, look.device_pixel_ratio,
                          ink.color(code), opacity);
            }
        };
        if (!ink.any_selected())
            return pass(false, usual);
        pass(false, std::max(faintest, usual / 6));
        pass(true, std::max(usual, 110));
    });
    return stop ? QImage() : picture;
}

} // namespace eyepiece
