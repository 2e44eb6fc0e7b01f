// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/morphology.h"
#include "core/data/shapes.h"
#include "core/formats/image_reader.h"

#include <QProcess>
#include <QtTest>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t height = 70, width = 90;

// Discs and boxes that overlap, touch the edge and have holes.
Mask blobs(unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> x(0, width), y(0, height), size(3, 14);
    Mask mask(height, width);
    for (int i = 0; i < 14; ++i) {
        const double cx = x(random), cy = y(random), r = size(random);
        const Box box{cx - r, cy - r, cx + r, cy + r};
        const Region frame{0, 0, width, height};
        const Mask one = i % 3 == 0 ? rasterize(outline_of(box), frame) : rasterize_ellipse(box, frame);
        for (std::size_t p = 0; p < one.pixels.size(); ++p)
            if (one.pixels[p])
                mask.pixels[p] = i % 5 != 4; // every fifth takes away
    }
    return mask;
}

QByteArray digits(const Mask& mask) {
    QByteArray text;
    for (const std::uint8_t pixel : mask.pixels)
        text += pixel ? '1' : '0';
    return text;
}

LabelMap label_image(const fs::path& path) {
    const Image image = read_image(path);
    LabelMap map(image.height(), image.width());
    with_pixel_type(image.type(), [&](auto sample) {
        const auto values = image.plane_as<decltype(sample)>(0);
        std::transform(values.begin(), values.end(), map.ids().begin(),
                       [](auto value) { return static_cast<ObjectId>(value); });
    });
    return map;
}

} // namespace

class TestMorphologyPeers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // Dilation, erosion and the Gaussian of scipy.ndimage, which treat the edge of the frame alike.
    void shapes_are_those_of_scipy() {
        const char* script =
            "import sys, numpy as np\n"
            "from scipy import ndimage as nd\n"
            "for line in sys.stdin:\n"
            "    r, bits = line.split()\n"
            "    r = float(r)\n"
            "    m = np.array(list(bits)).reshape(70, 90) == '1'\n"
            "    n = int(r)\n"
            "    v, u = np.mgrid[-n:n + 1, -n:n + 1]\n"
            "    disc = u * u + v * v <= r * r\n"
            "    grown = nd.binary_dilation(m, disc)\n"
            "    shrunk = nd.binary_erosion(m, disc, border_value=1)\n"
            "    smooth = nd.gaussian_filter(m.astype(np.float32), r, mode='nearest') > 0.5\n"
            "    parts, count = nd.label(m, np.ones((3, 3)))\n"
            "    areas = np.bincount(parts.ravel())\n"
            "    largest = parts == 1 + np.argmax(areas[1:])\n"
            "    for x in grown, shrunk, smooth, largest:\n"
            "        print(''.join('1' if p else '0' for p in x.ravel()))\n";
        QProcess python;
        python.start(QStringLiteral("/usr/bin/python3"), {QStringLiteral("-c"), QString::fromLatin1(script)});
        if (!python.waitForStarted())
            QSKIP("there is no Python here");
        std::vector<std::pair<Mask, double>> cases;
        for (unsigned seed = 0; seed < 6; ++seed)
            for (const double radius : {1.0, 2.0, 3.0, 5.0})
                cases.emplace_back(blobs(seed), radius);
        for (const auto& [mask, radius] : cases)
            python.write(QByteArray::number(radius) + " " + digits(mask) + "\n");
        python.closeWriteChannel();
        QVERIFY(python.waitForFinished(60'000));
        if (python.exitCode() != 0)
            QSKIP("there is no SciPy here");
        const QList<QByteArray> lines = python.readAllStandardOutput().split('\n');
        QVERIFY(lines.size() >= static_cast<qsizetype>(4 * cases.size()));
        qsizetype at = 0;
        int undecided = 0;
        for (const auto& [mask, radius] : cases) {
            QCOMPARE(digits(grown(mask, radius)), lines[at++]);
            QCOMPARE(digits(shrunk(mask, radius)), lines[at++]);
            // Exactly one half, which rounding decides, happens at crossings of edges.
            const QByteArray smooth = digits(smoothed(mask, radius)), &theirs = lines[at++];
            for (qsizetype i = 0; i < smooth.size(); ++i)
                undecided += smooth[i] != theirs[i];
            QCOMPARE(digits(largest_part(mask)), lines[at++]);
        }
        QVERIFY2(undecided <= static_cast<int>(cases.size()), qPrintable(QString::number(undecided)));
    }

    // Crowded nuclei that touch: all grow at once, are cut, and shrink again.
    void real_nuclei_keep_apart_and_keep_their_pixels() {
        const char* root = std::getenv("EYEPIECE_SHARED_DATA");
        const fs::path folder = root ? fs::path(root) / "nuclei/dsb2018/masks" : fs::path();
        if (!root || !fs::exists(folder))
            QSKIP("needs the shared data");
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(folder))
            files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        QVERIFY(files.size() > 8);
        files.resize(8);
        int objects = 0, cuts = 0;
        for (const fs::path& file : files) {
            const LabelMap map = label_image(file);
            const Region whole{0, 0, map.width(), map.height()};
            std::set<ObjectId> ids(map.ids().begin(), map.ids().end());
            ids.erase(0);
            const std::vector<ObjectId> growing(ids.begin(), ids.end());
            LabelMap taken(map.height(), map.width());
            for (const ObjectMeasures& object : measure_objects(map)) {
                ++objects;
                const std::int64_t room = room_for(Reshaping::Grow, 3);
                const Region& b = object.bounds;
                const Region window =
                    Region{b.x - room, b.y - room, b.width + 2 * room, b.height + 2 * room}.intersected(
                        whole);
                const LabelMap labels = map.cropped(window);
                const Mask own = mask_of(labels, object.id, {0, 0, window.width, window.height});
                const Mask more = reshaped(labels, object.id, Reshaping::Grow, 3, growing, true);
                for (std::int64_t y = 0; y < window.height; ++y)
                    for (std::int64_t x = 0; x < window.width; ++x) {
                        QVERIFY(more.at(x, y) || !own.at(x, y)); // nothing is lost
                        if (!more.at(x, y))
                            continue;
                        QVERIFY(labels.at(x, y) == 0 || labels.at(x, y) == object.id); // nor taken
                        QCOMPARE(taken.at(window.x + x, window.y + y), 0u);            // nor given twice
                        taken.set(window.x + x, window.y + y, object.id);
                    }
                // Through the middle: two parts or more, which together are the object.
                const double middle = static_cast<double>(b.x - window.x) + static_cast<double>(b.width) / 2;
                const LabelMap parts = cut_apart(
                    own, std::vector<Point2>{{middle, -1}, {middle, static_cast<double>(window.height) + 1}});
                for (std::size_t i = 0; i < own.pixels.size(); ++i)
                    QCOMPARE(parts.ids()[i] != 0, own.pixels[i] != 0);
                cuts += parts.largest_id() >= 2;
                QVERIFY(parts.largest_id() >= 2 || object.area < 200 || b.width < 4);
            }
        }
        QVERIFY(objects > 100);
        qInfo("%d nuclei of %d images, %d cut in two", objects, static_cast<int>(files.size()), cuts);
    }
};

QTEST_APPLESS_MAIN(TestMorphologyPeers)
#include "test_morphology_peers.moc"
