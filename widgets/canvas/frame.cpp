// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/frame.h"

#include <QSemaphore>
#include <QThread>
#include <QThreadPool>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <vector>

namespace eyepiece {

int FramePart::device_x(double image) const {
    return static_cast<int>(std::ceil(image * view.scale() + view.offset().x() - 0.5));
}

int FramePart::device_y(double image) const {
    return static_cast<int>(std::ceil(image * view.scale() + view.offset().y() - 0.5));
}

void in_bands(int count, int least, const std::function<void(int, int)>& work) {
    const int cores = std::clamp(QThread::idealThreadCount(), 1, 4);
    // More bands than threads: a thread that the system holds up, because other programs want its core, then
    // delays one small band and not half of the picture.
    const int bands = std::clamp(count / std::max(least, 1), 1, 12 * cores);
    if (bands == 1 || cores == 1) {
        work(0, count);
        return;
    }
    struct Shared {
        std::atomic<int> next{0};
        QSemaphore done;
    };
    // A helper that starts when all is done finds nothing left, so it may outlive this call: it shares.
    const auto shared = std::make_shared<Shared>();
    const auto take = [&work, count, bands](Shared& from) {
        for (int band = from.next++; band < bands; band = from.next++) {
            work(static_cast<int>(std::int64_t{count} * band / bands),
                 static_cast<int>(std::int64_t{count} * (band + 1) / bands));
            from.done.release();
        }
    };
    // Never queue behind other work of the program: what no thread is free for is done here.
    for (int helper = 1; helper < std::min(cores, bands); ++helper)
        if (!QThreadPool::globalInstance()->tryStart([shared, take] { take(*shared); }))
            break;
    take(*shared);
    shared->done.acquire(bands);
}

namespace {

struct Axis {
    std::vector<int> index;            // first of the two pixels
    std::vector<std::uint16_t> weight; // of the second, 0 to 256
};

// For device positions [first, last): where they fall in a picture of `size` pixels.
Axis sample_axis(int first, int last, int offset, double scale, double corner, double step, int apron,
                 int size, bool smooth) {
    Axis axis;
    const auto count = static_cast<std::size_t>(last - first);
    axis.index.resize(count);
    axis.weight.resize(count);
    for (int d = first; d < last; ++d) {
        const auto i = static_cast<std::size_t>(d - first);
        const double image = (d + 0.5 - offset) / scale;
        double at = (image - corner) / step + apron;
        if (!smooth) {
            axis.index[i] = std::clamp(static_cast<int>(std::floor(at)), 0, size - 1);
            continue;
        }
        at = std::clamp(at - 0.5, 0.0, size - 1.0);
        const int whole = std::min(static_cast<int>(at), std::max(size - 2, 0));
        axis.index[i] = whole;
        axis.weight[i] = size < 2 ? 0 : static_cast<std::uint16_t>(std::lround((at - whole) * 256));
    }
    return axis;
}

} // namespace

void draw_pixels(const FramePart& part, const QImage& pixels, double corner_x, double corner_y, double step,
                 int apron, bool smooth) {
    const double scale = part.view.scale();
    const QPoint offset = part.view.offset();
    const int inner_width = pixels.width() - 2 * apron, inner_height = pixels.height() - 2 * apron;
    const int x0 = std::max(part.rect.left(), part.device_x(corner_x));
    const int x1 = std::min(part.rect.right() + 1, part.device_x(corner_x + inner_width * step));
    const int y0 = std::max(part.rect.top(), part.device_y(corner_y));
    const int y1 = std::min(part.rect.bottom() + 1, part.device_y(corner_y + inner_height * step));
    if (x0 >= x1 || y0 >= y1)
        return;
    const Axis xs = sample_axis(x0, x1, offset.x(), scale, corner_x, step, apron, pixels.width(), smooth);
    const Axis ys = sample_axis(y0, y1, offset.y(), scale, corner_y, step, apron, pixels.height(), smooth);
    const auto row_of = [&](int y) { return reinterpret_cast<const QRgb*>(pixels.constScanLine(y)); };
    const auto count = static_cast<std::size_t>(x1 - x0);

    if (!smooth) {
        for (int y = y0; y < y1; ++y) {
            QRgb* out = part.row(y) + x0;
            const auto j = static_cast<std::size_t>(y - y0);
            if (y > y0 && ys.index[j] == ys.index[j - 1]) { // the same row of pixels once more
                std::copy_n(part.row(y - 1) + x0, count, out);
                continue;
            }
            const QRgb* in = row_of(ys.index[j]);
            for (std::size_t i = 0; i < count; ++i)
                out[i] = in[xs.index[i]];
        }
        return;
    }

    // First between two rows for the columns in use, byte by byte (the compiler makes vector code of it),
    // then between neighbours.
    const int first = xs.index.front(), last = std::min(xs.index.back() + 1, pixels.width() - 1);
    std::vector<QRgb> between(static_cast<std::size_t>(last - first + 2));
    for (int y = y0; y < y1; ++y) {
        const auto j = static_cast<std::size_t>(y - y0);
        const int upper = ys.index[j], lower = std::min(upper + 1, pixels.height() - 1);
        const auto* a = reinterpret_cast<const std::uint8_t*>(row_of(upper) + first);
        const auto* b = reinterpret_cast<const std::uint8_t*>(row_of(lower) + first);
        auto* mix = reinterpret_cast<std::uint8_t*>(between.data());
        const std::uint16_t wb = ys.weight[j], wa = static_cast<std::uint16_t>(256 - wb);
        const std::size_t bytes = static_cast<std::size_t>(last - first + 1) * 4;
        for (std::size_t k = 0; k < bytes; ++k)
            mix[k] = static_cast<std::uint8_t>((a[k] * wa + b[k] * wb) >> 8);
        between[static_cast<std::size_t>(last - first + 1)] = between[static_cast<std::size_t>(last - first)];
        QRgb* out = part.row(y) + x0;
        const QRgb* in = between.data() - first;
        for (std::size_t i = 0; i < count; ++i) {
            const int k = xs.index[i];
            out[i] = mixed(in[k], in[k + 1], xs.weight[i]);
        }
    }
}

} // namespace eyepiece
