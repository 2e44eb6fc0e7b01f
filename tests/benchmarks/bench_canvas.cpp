// SPDX-License-Identifier: GPL-3.0-or-later
// On a 10,000 x 10,000 16-bit TIFF in a 1920 x 1080 window: frame times of the canvas by scripted panning and
// zooming, alone, with the classes of every pixel, and with 24,000 labelled objects of a project; how soon a
// stroke of the brush shows after the mouse's event, and how long the window is held up when it is committed;
// how soon the next image is there.
//   bench_canvas [FOLDER]   keeps the test images in FOLDER (default: the temporary one) for the next time
#include "core/project/project.h"
#include "tests/benchmarks/frame_times.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QTemporaryDir>
#include <QTest>
#include <QTextStream>
#include <QTimer>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <tiffio.h>
#include <vector>

using namespace eyepiece;
using namespace eyepiece::bench;

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
    pan.report("  pan", frame_budget_ms);
    zoom.report("  zoom", frame_budget_ms);
}

// The longest time in which the window's thread answered nothing: a timer of 1 ms that comes late.
class Heartbeat : public QObject {
public:
    Heartbeat() {
        timer_.setTimerType(Qt::PreciseTimer);
        timer_.setInterval(1);
        connect(&timer_, &QTimer::timeout, this, [this] {
            longest_ = std::max(longest_, static_cast<double>(since_.nsecsElapsed()) / 1e6 - 1);
            since_.start();
        });
        since_.start();
        timer_.start();
    }
    double longest_ms() const { return longest_; }

private:
    QTimer timer_;
    QElapsedTimer since_;
    double longest_ = 0;
};

class PaintWatch : public QObject {
public:
    bool painted = false;
    bool eventFilter(QObject*, QEvent* event) override {
        painted = painted || event->type() == QEvent::Paint;
        return false;
    }
};

// Objects in a grid, as many as a large field of cells holds, in the project's file.
void label_densely(Project& project, ItemId item, ClassId nucleus) {
    constexpr int part = 1024, step = 64;
    ObjectId id = project.labels().next_object_id(item) - 1;
    std::vector<LabelEdit> edits;
    for (int top = 0; top < side; top += part)
        for (int left = 0; left < side; left += part) {
            LabelEdit edit;
            edit.item = item;
            edit.tool = "import";
            edit.region = Region{left, top, part, part}.intersected({0, 0, side, side});
            edit.pixels = LabelMap(edit.region.height, edit.region.width);
            for (int y = 0; y + step <= edit.region.height; y += step)
                for (int x = 0; x + step <= edit.region.width; x += step) {
                    LabelObject object;
                    object.id = ++id;
                    object.class_id = nucleus;
                    edit.objects.push_back(object);
                    for (int row = 12; row < 52; ++row)
                        std::fill_n(edit.pixels.row(y + row).begin() + x + 12, 40, id);
                }
            edits.push_back(std::move(edit));
        }
    project.labels().commit(edits, "bench");
    QTextStream(stdout) << id << " objects in the project\n";
}

// A stroke by the window system's own events, from the left to the right of the window. Each step is over
// when its paint event has been handled.
void stroke(ImageCanvas& canvas, LabelEditor& editor, const char* title, double scale, double brush,
            LabelTools& tools) {
    canvas.zoom_to(scale);
    wait_until_idle(canvas);
    tools.settings().set_brush_size(brush);
    tools.choose("label.brush");
    QWindow* window = canvas.windowHandle();
    PaintWatch watch;
    canvas.installEventFilter(&watch);
    Times shows;
    const auto step = [&](const std::function<void()>& send) {
        QElapsedTimer timer;
        watch.painted = false;
        timer.start();
        send();
        while (!watch.painted && timer.elapsed() < 1000)
            QCoreApplication::processEvents();
        shows.ms.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
        QTest::qWait(8); // a mouse says where it is some 125 times a second
    };
    const auto at = [](int i) {
        return QPoint(260 + i * 14, 500 + static_cast<int>(220 * std::sin(i * 0.09)));
    };
    QTest::mouseMove(window, at(0));
    QTest::qWait(50);
    step([&] { QTest::mousePress(window, Qt::LeftButton, {}, at(0)); });
    for (int i = 1; i < 100; ++i)
        step([&] { QTest::mouseMove(window, at(i)); });
    Heartbeat heart;
    QElapsedTimer timer;
    timer.start();
    QTest::mouseRelease(window, Qt::LeftButton, {}, at(99));
    const double released = static_cast<double>(timer.nsecsElapsed()) / 1e6;
    while (editor.saving() && timer.elapsed() < 60'000)
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 1);
    const auto stored = timer.elapsed();
    QTest::qWait(50);
    canvas.removeEventFilter(&watch);
    const LabelObject* painted = editor.document().object(editor.selected());
    if (!painted || painted->area < 10'000) // an object of the field has 1,600 px
        qFatal("the stroke was not painted");
    shows.report(title, 16);
    QTextStream(stdout)
        << QString("    on disk %1 ms after the button came up; the button's event took %2 ms, the "
                   "longest stall was %3 ms\n")
               .arg(stored)
               .arg(released, 0, 'f', 2)
               .arg(heart.longest_ms(), 0, 'f', 2);
}

// The labels of the image once more, as a prediction for another item of its size.
void accept(ImageCanvas& canvas, Project& project, LabelEditor& editor) {
    const ItemId other = project.items().add({QDir::tempPath().toStdString() + "/predicted.tif"}).added.at(0);
    project.items().set_facts(other, {"predicted", side, side, 1});
    LabelPrediction prediction;
    prediction.tiles = std::make_shared<LabelTiles>(editor.document().tiles()->read({0, 0, side, side}));
    prediction.tiles->prepare(prediction.tiles->extent(), LabelTiles::levels - 1);
    for (const auto& [id, object] : editor.document().objects())
        prediction.objects.push_back(object);
    editor.set_item(other, side, side);
    const auto until = [&](const std::function<bool()>& done) {
        QElapsedTimer timer;
        timer.start();
        while (!done() && timer.elapsed() < 60'000)
            QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 1);
        wait_until_idle(canvas);
        return timer.elapsed();
    };
    until([&] { return editor.ready(); });
    canvas.fit();
    wait_until_idle(canvas);
    {
        Heartbeat heart;
        editor.show_prediction(std::move(prediction));
        wait_until_idle(canvas);
        QTest::qWait(20);
        QTextStream(stdout)
            << QString("prediction shown, longest stall %1 ms\n").arg(heart.longest_ms(), 0, 'f', 2);
    }
    Heartbeat heart;
    const int count = editor.accept_all();
    const auto ms = until([&] { return !editor.accepting() && editor.ready(); });
    QTest::qWait(20);
    QTextStream(stdout) << QString("%1 predicted objects accepted in %2 ms, longest stall %3 ms\n")
                               .arg(count)
                               .arg(ms)
                               .arg(heart.longest_ms(), 0, 'f', 2);
}

// What a pixel classifier says of the whole image, coming in bands while the image is in sight.
void classes(ImageCanvas& canvas) {
    IndexColors colors{};
    colors[0] = qRgba(130, 136, 148, 50);
    colors[1] = qRgb(230, 159, 0);
    IndexColors uncertainty{};
    for (int i = 0; i < 255; ++i)
        uncertainty[static_cast<std::size_t>(i)] = qRgba(255, 255 - i, 0, 255 - i);
    auto shown = std::make_shared<ByteTiles>(side, side), sure = std::make_shared<ByteTiles>(side, side);
    canvas.layers().show_indexed("classes", "Classes", shown, colors);
    canvas.layers().show_indexed("uncertainty", "Uncertainty", sure, uncertainty);
    canvas.fit();
    wait_until_idle(canvas);
    constexpr int band = 500;
    Times takes;
    ByteTiles known_classes = *shown, known_certainty = *sure; // grow on another thread in the program
    for (int top = 0; top < side; top += band) {
        const Region place{0, top, side, band};
        std::vector<std::uint8_t> bytes(std::size_t{band} * side), certainty(bytes.size());
        for (int y = 0; y < band; ++y)
            for (int x = 0; x < side; ++x) {
                const double fx = (x % 64) - 32, fy = ((top + y) % 64) - 32, r = std::hypot(fx, fy);
                const auto i = static_cast<std::size_t>(y) * side + static_cast<std::size_t>(x);
                bytes[i] = r < 16;
                certainty[i] = static_cast<std::uint8_t>(std::min(255.0, std::abs(r - 16) * 40));
            }
        known_classes.take(ByteTiles(side, side, place, bytes), place);
        known_certainty.take(ByteTiles(side, side, place, certainty), place);
        QElapsedTimer timer;
        timer.start();
        *shown = known_classes;
        *sure = known_certainty;
        canvas.layers().touch("classes", {0, top, side, band});
        canvas.repaint();
        takes.ms.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    }
    takes.report("a band of 500 rows of classes and certainties taken over and painted", frame_budget_ms);
    run_script(canvas, "image, classes and uncertainty of every pixel");
    canvas.layers().remove("classes");
    canvas.layers().remove("uncertainty");
}

void labels(ImageCanvas& canvas, const QString& file) {
    const QTemporaryDir folder;
    const auto project = Project::create(folder.path().toStdString() + "/project", "bench");
    const ItemId item = project->items().add({file.toStdString()}).added.at(0);
    project->items().set_facts(item, {"bench", side, side, 1});
    const ClassId nucleus = project->classes().add("nucleus");
    label_densely(*project, item, nucleus);

    LabelEditor editor(canvas.layers());
    editor.set_project(project.get());
    QElapsedTimer timer;
    timer.start();
    {
        Heartbeat heart;
        editor.set_item(item, side, side);
        while (!editor.ready())
            QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 1);
        QTest::qWait(20);
        QTextStream(stdout) << QString("labels read in %1 ms, longest stall %2 ms\n")
                                   .arg(timer.elapsed())
                                   .arg(heart.longest_ms(), 0, 'f', 2);
    }
    run_script(canvas, "image and its labelled objects");
    LabelTools tools(canvas, editor);
    tools.activate();
    tools.settings().set_only_where_empty(false);
    QTextStream(stdout) << "brush, from the mouse's event to the end of the paint event\n";
    stroke(canvas, editor, "  whole image, 400 px", 0.105, 400, tools);
    stroke(canvas, editor, "  half size, 60 px", 0.5, 60, tools);
    stroke(canvas, editor, "  pixel by pixel, 40 px", 1, 40, tools);
    tools.deactivate();
    accept(canvas, *project, editor);
    editor.set_project(nullptr);
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
    classes(canvas);

    labels(canvas, large);

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
    next.report("next image (prefetched)", 100);
    return 0;
}
