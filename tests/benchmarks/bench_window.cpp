// SPDX-License-Identifier: GPL-3.0-or-later
// The program `eyepiece` as its user meets it, on a display of its own (Xvfb): how soon its window shows and
// answers, what it takes while idle, how long its thread is held up while a training runs, and how it lists
// 50,000 files.
//   bench_window [start] [idle] [training] [files] [FOLDER]      by default all four
// Needs Xvfb, and xdotool for what the user does. The programs are found through EYEPIECE_BIN,
// else beside this one. FOLDER keeps the 50,000 files and the large image for the next time.
#include "core/data/image.h"
#include "core/data/sample_nuclei.h"
#include "core/formats/image_writer.h"
#include "core/formats/tiff_writer.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTextStream>
#include <QThread>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <unistd.h>
#include <vector>

using namespace eyepiece;

namespace {

constexpr int many = 50'000;

double now_ms() {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// Thrown, so that the programs that were started end, too.
[[noreturn]] void fail(const QString& why) {
    throw std::runtime_error(why.toStdString());
}

void report(const QString& what, double value, const QString& unit, double limit) {
    std::printf("%-66s %9.1f %-4s (at most %g: %s)\n", qPrintable(what), value, qPrintable(unit), limit,
                value <= limit ? "reached" : "MISSED");
    std::fflush(stdout);
}

QString program(const QString& name) {
    const QString bin =
        qEnvironmentVariable("EYEPIECE_BIN", QCoreApplication::applicationDirPath() + "/../bin");
    return bin + "/" + name;
}

void run(const QString& name, const QStringList& arguments) {
    QProcess process;
    process.start(name, arguments);
    if (!process.waitForFinished(600'000) || process.exitCode() != 0)
        fail(name + " " + arguments.join(' ') + ": " + QString::fromUtf8(process.readAllStandardError()));
}

// An X server of our own, gone with this object.
class Display {
public:
    Display() {
        server_.setStandardErrorFile(QProcess::nullDevice());
        server_.start("Xvfb", {"-displayfd", "1", "-screen", "0", "1920x1080x24", "-nolisten", "tcp"});
        if (!server_.waitForReadyRead(20'000))
            fail("Xvfb does not start. Install it (Debian: xvfb).");
        qputenv("DISPLAY", ":" + server_.readLine().trimmed());
        qputenv("QT_QPA_PLATFORM", "xcb");
    }
    ~Display() {
        server_.terminate();
        server_.waitForFinished(5000);
    }

private:
    QProcess server_;
};

struct Line {
    QString what;
    double at = 0; // ms
    double value = 0;
};

// The program with its diary (app/window/pulse.h).
class Window {
public:
    Window(const QTemporaryDir& folder, const QStringList& arguments, bool with_diary = true)
        : diary_(folder.filePath("diary")) {
        QFile::remove(diary_);
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        if (with_diary)
            environment.insert("EYEPIECE_PULSE", diary_);
        process_.setProcessEnvironment(environment);
        process_.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        started_ = now_ms();
        process_.start(program("eyepiece"), QStringList(arguments)
                                                << "--settings" << folder.filePath("settings.ini"));
        if (!process_.waitForStarted())
            fail(program("eyepiece") + " does not start.");
    }
    ~Window() {
        process_.terminate();
        if (!process_.waitForFinished(10'000))
            process_.kill();
        process_.waitForFinished();
    }
    double started() const { return started_; }
    qint64 pid() const { return process_.processId(); }

    std::vector<Line> diary() const {
        std::vector<Line> lines;
        QFile file(diary_);
        if (file.open(QIODevice::ReadOnly))
            for (const QByteArray& text : file.readAll().split('\n'))
                if (const auto words = QString::fromUtf8(text).split(' ', Qt::SkipEmptyParts);
                    words.size() >= 2)
                    lines.push_back({words[0], words[1].toDouble(), words.value(2).toDouble()});
        return lines;
    }
    // When the diary first says so. Dies after a minute without.
    double wait_for(const QString& what, double least = 0, int patience_ms = 60'000) const {
        const double until = now_ms() + patience_ms;
        while (now_ms() < until) {
            for (const Line& line : diary())
                if (line.what == what && line.value >= least)
                    return line.at;
            QThread::msleep(2);
        }
        fail("the window's diary never says \"" + what + "\".");
    }
    double longest_stall(double from, double to = 1e300) const {
        double longest = 0;
        for (const Line& line : diary())
            if (line.what == "stall" && line.at >= from && line.at <= to)
                longest = std::max(longest, line.value);
        return longest;
    }
    QString stalls(double from, double over_ms) const { // when after `from`, and how long
        QStringList list;
        for (const Line& line : diary())
            if (line.what == "stall" && line.at >= from && line.value > over_ms)
                list << QStringLiteral("%1 ms at %2 s")
                            .arg(line.value)
                            .arg((line.at - from) / 1000, 0, 'f', 1);
        return list.mid(0, 12).join(", ");
    }

private:
    QString diary_;
    QProcess process_;
    double started_ = 0;
};

bool can_click() {
    return !QStandardPaths::findExecutable("xdotool").isEmpty();
}
void click(int x, int y) {
    run("xdotool", {"mousemove", QString::number(x), QString::number(y), "click", "1"});
}

QByteArray contents(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

// Of a line such as "Pss:  12345 kB", in MiB.
double memory_mib(qint64 pid, const char* file, const QByteArray& name) {
    for (const QByteArray& line : contents(QStringLiteral("/proc/%1/%2").arg(pid).arg(file)).split('\n'))
        if (line.startsWith(name + ":"))
            return line.mid(name.size() + 1).simplified().split(' ').value(0).toDouble() / 1024;
    return -1;
}

// Processor time of all threads so far, in ticks.
long ticks(qint64 pid) {
    const QByteArray stat = contents(QStringLiteral("/proc/%1/stat").arg(pid));
    const auto fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    return fields.value(11).toLong() + fields.value(12).toLong();
}

void measure_start(const QTemporaryDir& folder, const QString& project) {
    std::vector<double> shown, answered;
    for (int i = 0; i < 6; ++i) {
        const Window window(folder, {project});
        const double at = window.wait_for("shown");
        double event = at;
        if (can_click()) {
            click(700, 500);
            event = window.wait_for("event");
        }
        if (i == 0)
            continue; // the files come from the disk
        shown.push_back(at - window.started());
        answered.push_back(event - window.started());
    }
    std::sort(shown.begin(), shown.end());
    std::sort(answered.begin(), answered.end());
    report("the window is drawn, from the process's start: median", shown[shown.size() / 2], "ms", 1000);
    report("  slowest of five", shown.back(), "ms", 1000);
    if (can_click()) {
        report("it has answered a click that came as soon as it was drawn: median",
               answered[answered.size() / 2], "ms", 1000);
        report("  slowest of five", answered.back(), "ms", 1000);
    } else {
        std::printf("whether it answers a click is not measured: xdotool is not installed\n");
    }
}

void measure_idle(const QTemporaryDir& folder, const QString& project) {
    const Window window(folder, {project}, false);
    QThread::sleep(12); // notices leave by themselves
    const long before = ticks(window.pid());
    QThread::sleep(10);
    const long used = ticks(window.pid()) - before;
    report("idle, the sample project open: its own share of memory (PSS)",
           memory_mib(window.pid(), "smaps_rollup", "Pss"), "MiB", 250);
    report("  all that it holds, shared libraries too (RSS)", memory_mib(window.pid(), "smaps_rollup", "Rss"),
           "MiB", 250);
    report("  processor time in 10 s",
           static_cast<double>(used) * 1000 / static_cast<double>(::sysconf(_SC_CLK_TCK)), "ms", 0);
}

void measure_training(const QTemporaryDir& folder, const QString& project) {
    const Window window(folder, {project, "--stage", "train"});
    window.wait_for("shown");
    QThread::sleep(5); // the engine is loaded by then
    QProcess training;
    training.setProcessChannelMode(QProcess::MergedChannels);
    const double from = now_ms();
    training.start(program("eyepiece-cli"), {"--quiet", "train", project, "--set", "epochs=6"});
    int steps = 0;
    while (!training.waitForFinished(500) && now_ms() - from < 90'000)
        if (can_click() && ++steps % 4 == 0) // what the user does meanwhile: other stages, other images
            run("xdotool", {"key", "alt+" + QString::number(1 + steps / 4 % 7)});
    const bool over = training.state() == QProcess::NotRunning;
    if (over && training.exitCode() != 0)
        fail("the training failed: " + QString::fromUtf8(training.readAll()));
    const double to = now_ms();
    if (!over) {
        training.terminate();
        training.waitForFinished(20'000);
    }
    report(QStringLiteral("longest stall in %1 s of a training that the window shows")
               .arg((to - from) / 1000, 0, 'f', 0),
           window.longest_stall(from, to), "ms", 50);
    if (const QString list = window.stalls(from, 25); !list.isEmpty())
        std::printf("  over 25 ms: %s\n", qPrintable(list));
}

void write_many(const QString& images) {
    QDir().mkpath(images);
    Image image = Image::create(PixelType::UInt8, 1, 16, 16);
    for (int i = 0; i < many; ++i) {
        const QString file = images + QStringLiteral("/image_%1.png").arg(i);
        if (QFile::exists(file))
            continue;
        auto pixels = image.writable_plane_as<std::uint8_t>(0);
        for (std::size_t p = 0; p < pixels.size(); ++p)
            pixels[p] = static_cast<std::uint8_t>(p < 4 ? i >> (8 * p) : 10 * p);
        write_image(file.toStdString(), image);
    }
}

void measure_files(const QTemporaryDir& folder, const QString& images) {
    write_many(images);
    QFile::remove(images + "/project.eyepiece");
    for (const char* rest : {"project.eyepiece-wal", "project.eyepiece-shm"})
        QFile::remove(images + "/" + rest);
    {
        const Window window(folder, {images});
        const double from = window.wait_for("shown");
        const double listed = window.wait_for("rows", many);
        report("a folder of 50,000 files becomes a project: listed after", listed - from, "ms", 2000);
        QThread::sleep(15); // headers are read meanwhile
        report("  longest stall until 15 s later", window.longest_stall(from), "ms", 50);
        if (const QString list = window.stalls(from, 25); !list.isEmpty())
            std::printf("  over 25 ms: %s\n", qPrintable(list));
    }
    const Window window(folder, {images});
    const double from = window.wait_for("shown");
    report("the same project opened again: listed after", window.wait_for("rows", many) - from, "ms", 2000);
    QThread::sleep(5);
    report("  longest stall until 5 s later", window.longest_stall(from), "ms", 50);
    if (const QString list = window.stalls(from, 25); !list.isEmpty())
        std::printf("  over 25 ms: %s\n", qPrintable(list));
}

qint64 engine_of(qint64 window) {
    for (const QString& pid : QDir("/proc").entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QByteArray stat = contents("/proc/" + pid + "/stat");
        if (stat.contains("(eyepiece-cli)") &&
            stat.mid(stat.lastIndexOf(')') + 2).split(' ').value(1).toLongLong() == window)
            return pid.toLongLong();
    }
    return 0;
}

// Until a process has done nothing for six seconds.
void wait_until_at_rest(qint64 pid, int patience_s) {
    long before = -1000;
    for (int second = 0, quiet = 0; second < patience_s && quiet < 6; ++second) {
        QThread::sleep(1);
        const long now = ticks(pid);
        quiet = now - before <= 2 ? quiet + 1 : 0;
        before = now;
    }
}

int annotations(const QString& project) {
    QProcess info;
    info.start(program("eyepiece-cli"), {"info", project, "--json"});
    info.waitForFinished();
    const QByteArray said = info.readAllStandardOutput();
    const auto at = said.indexOf("\"annotations\":");
    return at < 0 ? -1 : said.mid(at + 14, 12).split(',').first().trimmed().toInt();
}

// Nuclei side by side, as dense as a field of cells can be.
void write_large(const QString& file) {
    if (QFile::exists(file))
        return;
    constexpr int side = 10'000, band = 250, part = 2500;
    NucleiOptions options;
    options.width = part;
    options.height = band;
    options.nuclei = 300;
    const Image nuclei = generate_nuclei(options).image;
    Image strip = Image::create(PixelType::UInt16, 1, band, side);
    for (int y = 0; y < band; ++y)
        for (int i = 0; i < side / part; ++i)
            std::copy_n(nuclei.plane_as<std::uint16_t>(0).begin() + y * part, part,
                        strip.writable_plane_as<std::uint16_t>(0).begin() + y * side + i * part);
    TiffWriter writer(file.toStdString(), PixelType::UInt16, 1, side, side, {});
    for (int i = 0; i < side / band; ++i)
        writer.write_rows(strip);
    writer.finish();
}

void measure_large(const QTemporaryDir& folder, const QString& project, const QString& image) {
    if (!can_click()) {
        std::printf("the large image is not measured: xdotool, which labels it by mouse and keys, is not "
                    "installed\n");
        return;
    }
    write_large(image);
    run(program("eyepiece-cli"), {"--quiet", "train", project, "--set", "epochs=3"});
    run(program("eyepiece-cli"), {"--quiet", "import", project, image, "--format", "images"});
    const int before = annotations(project);
    const Window window(
        folder, {project, "--stage", "label", "--size", "1600x1000"}); // the image is the list's first
    window.wait_for("shown");
    QThread::sleep(3);
    wait_until_at_rest(window.pid(), 60);
    const double from = now_ms();
    click(700, 500); // the keys go to the canvas
    run("xdotool", {"key", "b"});
    run("xdotool", {"mousemove", "600", "400", "mousedown", "1"});
    for (int i = 1; i <= 40; ++i)
        run("xdotool", {"mousemove", QString::number(600 + 10 * i), QString::number(400 + 3 * i)});
    run("xdotool", {"mouseup", "1"});
    QThread::sleep(2);
    const int drawn = annotations(project);
    if (drawn <= before)
        fail("no stroke was painted on the large image.");
    report("a 10,000 x 10,000 16-bit image opened and labelled: the window's largest memory",
           memory_mib(window.pid(), "status", "VmHWM"), "MiB", 2048);
    const qint64 engine = engine_of(window.pid());
    run("xdotool", {"key", "shift+a"});
    wait_until_at_rest(engine, 900);
    wait_until_at_rest(window.pid(), 120);
    report("predicted and shown: the window's largest memory", memory_mib(window.pid(), "status", "VmHWM"),
           "MiB", 2048);
    report("  the engine's largest memory", memory_mib(engine, "status", "VmHWM"), "MiB", 2048);
    run("xdotool", {"key", "a"});
    QThread::sleep(3);
    wait_until_at_rest(window.pid(), 300);
    const int accepted = annotations(project);
    std::printf("  %d objects drawn, %d accepted from the prediction\n", drawn - before, accepted - drawn);
    if (accepted - drawn < 1000)
        fail("the prediction was not accepted.");
    report("accepted into the labels: the window's largest memory",
           memory_mib(window.pid(), "status", "VmHWM"), "MiB", 2048);
    report("  longest stall of all this", window.longest_stall(from), "ms", 50);
    if (const QString list = window.stalls(from, 25); !list.isEmpty())
        std::printf("  over 25 ms: %s\n", qPrintable(list));
}

} // namespace

int main(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    QStringList wanted, known{"start", "idle", "training", "files", "large"};
    QString kept;
    for (const QString& argument : QCoreApplication::arguments().mid(1))
        known.contains(argument) ? void(wanted << argument) : void(kept = argument);
    if (wanted.isEmpty())
        wanted = known;
    try {
        const QTemporaryDir folder;
        const Display display;
        const QString project = folder.filePath("sample");
        run(program("eyepiece-cli"), {"--quiet", "sample", project});
        if (wanted.contains("start"))
            measure_start(folder, project);
        if (wanted.contains("idle"))
            measure_idle(folder, project);
        if (wanted.contains("training"))
            measure_training(folder, project);
        if (wanted.contains("files"))
            measure_files(folder, (kept.isEmpty() ? folder.path() : QDir(kept).absolutePath()) + "/many");
        if (wanted.contains("large"))
            measure_large(folder, project,
                          (kept.isEmpty() ? folder.path() : QDir(kept).absolutePath()) +
                              "/a large image.tif");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_window: %s\n", error.what());
        return 1;
    }
    return 0;
}
