// SPDX-License-Identifier: GPL-3.0-or-later
// Frame times of the canvas on a 10,000 x 10,000 16-bit TIFF in a 1920 x 1080 window, by scripted panning and
// zooming; how soon a stroke shows; how soon the next image is there.
//   bench_canvas [FOLDER]   keeps the test images in FOLDER (default: the temporary one) for the next time
#include "widgets/canvas/image_canvas.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QTextStream>
#include <QTimer>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <tiffio.h>
#include <vector>

using namespace eyepiece;

namespace {

constexpr int side = 10000;

// Blobs on noise: as hard to draw as a real field of cells, whatever the part one looks at.
void write_tiff(const QString& path, int size, unsigned seed) {
    TIFF* file = TIFFOpen(path.toLocal8Bit().constData(), "w8");
    if (!file)
        qFatal("cannot write %s", qPrintable(path));
    TIFFSetField(file, TIFFTAG_IMAGEWIDTH, size);
    TIFFSetField(file, TIFFTAG_IMAGELENGTH, size);
    TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, 16);
    TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(file, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(file, TIFFTAG_ROWSPERSTRIP, 64);
    std::minstd_rand random(seed);
    std::vector<std::uint16_t> row(static_cast<std::size_t>(size));
    for (int y = 0; y < size; ++y) {
        for (int x = 0; x < size; ++x) {
            const double fx = (x % 64) - 32, fy = (y % 64) - 32;
            const double blob = 12000 * std::exp(-(fx * fx + fy * fy) / 300.0);
            row[static_cast<std::size_t>(x)] = static_cast<std::uint16_t>(500 + blob + random() % 400);
        }
        TIFFWriteScanline(file, row.data(), static_cast<std::uint32_t>(y), 0);
    }
    TIFFClose(file);
}

struct Times {
    std::vector<double> ms;
    void report(const char* what) {
        std::sort(ms.begin(), ms.end());
        const auto at = [&](double share) {
            return ms[std::min(static_cast<std::size_t>(share * static_cast<double>(ms.size())),
                               ms.size() - 1)];
        };
        QTextStream(stdout) << QString("%1 %2 frames  p50 %3 ms  p95 %4 ms  max %5 ms\n")
                                   .arg(QString::fromLatin1(what), -26)
                                   .arg(ms.size(), 5)
                                   .arg(at(0.5), 6, 'f', 2)
                                   .arg(at(0.95), 6, 'f', 2)
                                   .arg(ms.back(), 6, 'f', 2);
    }
};

// One step of the user's: move the view, paint, and let whatever arrived in between be handled, as the window
// does.
void frame(ImageCanvas& canvas, Times& times, const std::function<void()>& step) {
    QElapsedTimer timer;
    timer.start();
    step();
    canvas.repaint();
    QCoreApplication::processEvents();
    times.ms.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    const double left = 1000.0 / 60 - times.ms.back();
    if (left > 0) { // as at 60 frames a second: tiles are made meanwhile
        QEventLoop loop;
        QTimer::singleShot(static_cast<int>(left), Qt::PreciseTimer, &loop, &QEventLoop::quit);
        loop.exec();
    }
}

void wait_until_idle(ImageCanvas& canvas) {
    QElapsedTimer timer;
    timer.start();
    while (!canvas.idle() && timer.elapsed() < 60000)
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
}

void run_script(ImageCanvas& canvas, const char* title) {
    Times pan, zoom;
    for (const double scale : {0.11, 0.37, 0.8, 1.0, 2.6}) {
        canvas.zoom_to(scale);
        wait_until_idle(canvas);
        for (int i = 0; i < 120; ++i)
            frame(canvas, pan, [&] {
                canvas.pan(
                    {static_cast<int>(34 * std::cos(i * 0.07)), static_cast<int>(27 * std::sin(i * 0.05))});
            });
    }
    for (int round = 0; round < 3; ++round) {
        canvas.fit();
        wait_until_idle(canvas);
        for (int i = 0; i < 90; ++i)
            frame(canvas, zoom, [&] { canvas.zoom_at({700.0 + 100 * round, 400}, 1.06); });
        for (int i = 0; i < 90; ++i)
            frame(canvas, zoom, [&] { canvas.zoom_at({700.0 + 100 * round, 400}, 1 / 1.06); });
    }
    QTextStream(stdout) << title << "\n";
    pan.report("  pan");
    zoom.report("  zoom");
}

} // namespace

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    const QDir folder(argc > 1 ? QString::fromLocal8Bit(argv[1]) : QDir::tempPath());
    const QString large = folder.filePath("eyepiece-bench-10000.tif");
    if (!QFileInfo::exists(large))
        write_tiff(large, side, 1);
    QStringList small;
    for (int i = 0; i < 6; ++i) {
        small << folder.filePath(QString("eyepiece-bench-small-%1.tif").arg(i));
        if (!QFileInfo::exists(small.back()))
            write_tiff(small.back(), 1024, static_cast<unsigned>(i) + 2);
    }

    ImageCanvas canvas;
    canvas.resize(1920, 1080);
    canvas.show();
    QElapsedTimer timer;
    timer.start();
    canvas.show_file(large);
    while (!canvas.has_image())
        QCoreApplication::processEvents(QEventLoop::AllEvents, 5);
    const auto first = timer.elapsed();
    wait_until_idle(canvas);
    QTextStream(stdout) << "10,000 x 10,000 16-bit: first tile asked after " << first
                        << " ms, whole image drawn after " << timer.elapsed() << " ms\n";
    run_script(canvas, "image alone");

    auto tiles = std::make_shared<LabelTiles>(side, side);
    ObjectId id = 0;
    for (int y = 0; y < side; y += 64)
        for (int x = 0; x < side; x += 64) {
            ++id;
            for (int row = 12; row < 52; ++row)
                if (y + row < side && x + 52 < side)
                    tiles->set_span(
                        y + row, x + 12, x + 52, id, [](ObjectId) { return false; },
                        [](std::int64_t, ObjectId) {});
        }
    canvas.layers().show_labels(LayerKind::Labels, "labels", "Labels", tiles, {});
    run_script(canvas, "image and 24,000 labelled objects");

    Times next;
    for (int round = 0; round < 3; ++round)
        for (int i = 0; i < small.size(); ++i) {
            canvas.prefetch({small[(i + 1) % small.size()]});
            wait_until_idle(canvas);
            QEventLoop loop;
            QTimer::singleShot(150, &loop, &QEventLoop::quit);
            loop.exec();
            timer.start();
            canvas.show_file(small[(i + 1) % small.size()]);
            while (canvas.image()->path != small[(i + 1) % small.size()] || !canvas.idle())
                QCoreApplication::processEvents(QEventLoop::AllEvents, 1);
            canvas.repaint();
            next.ms.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
        }
    next.report("next image (prefetched)");
    return 0;
}
