// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/parameters.h"
#include "core/data/active_contour.h"
#include "core/data/components.h"
#include "core/data/seeded_watershed.h"
#include "core/data/thresholds.h"
#include "data/made_image.h"

#include <QtTest>
#include <cmath>
#include <fstream>
#include <optional>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

// What make_segmentation_peers.py wrote down of scikit-image.
const Json& peers() {
    static const Json all = [] {
        std::ifstream file(EYEPIECE_SOURCE "/tests/data/segmentation_peers.json");
        return Json::parse(file);
    }();
    return all;
}

struct Made {
    explicit Made(const Json& peer)
        : height(peer.at("height").get<std::int64_t>())
        , width(peer.at("width").get<std::int64_t>())
        , values(made_values(height, width, peer.at("seed").get<std::uint64_t>())) {}
    template<class T>
    Image image(double gain = 1, double offset = 0) const {
        return image_of<T>(values, height, width, gain, offset);
    }
    std::int64_t height, width;
    std::vector<int> values;
};

} // namespace

class TestSegmentationPeers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void thresholds_are_those_of_scikit_image() {
        for (const Json& peer : peers().at("thresholds")) {
            const Made made(peer);
            const auto type = peer.at("type").get<std::string>();
            const bool is_float = type == "float32";
            const Image image = type == "uint8"    ? made.image<std::uint8_t>()
                                : type == "uint16" ? made.image<std::uint16_t>(37, 1000)
                                                   : made.image<float>(1.0 / 64, -1);
            const auto differs = [&](std::optional<double> found, const char* name, double tolerance) {
                return !found || std::abs(*found - peer.at(name).get<double>()) > tolerance;
            };
            // Of floats Otsu's and Li's are found here with finer steps than there.
            QVERIFY(!differs(otsu_threshold(image), "otsu", is_float ? 4.0 / 256 : 0));
            QVERIFY(!differs(li_threshold(image), "li", is_float ? 1e-3 : 1e-6));
            QVERIFY(!differs(triangle_threshold(image), "triangle", 1e-5));
        }
        QCOMPARE(peers().at("thresholds").size(), std::size_t{9});
    }

    void local_thresholds_are_those_of_scikit_image() {
        for (const Json& peer : peers().at("sauvola")) {
            const Made made(peer);
            const Image found = sauvola_threshold(
                made.image<float>(1.0 / 256),
                {peer.at("window").get<int>(), peer.at("k").get<double>(), peer.at("range").get<double>()});
            const auto wanted = peer.at("threshold").get<std::vector<double>>();
            QCOMPARE(wanted.size(), made.values.size());
            for (std::size_t i = 0; i < wanted.size(); ++i)
                QVERIFY(std::abs(static_cast<double>(found.plane_as<float>(0)[i]) - wanted[i]) < 2e-5);
        }
    }

    void floods_are_those_of_scikit_image() {
        for (const Json& peer : peers().at("watershed")) {
            const Made made(peer);
            Image relief = made.image<std::uint8_t>();
            for (std::uint8_t& value : relief.writable_plane_as<std::uint8_t>(0))
                value /= 16;
            LabelMap seeds(made.height, made.width);
            for (const Json& seed : peer.at("seeds"))
                seeds.set(seed.at(0).get<std::int64_t>(), seed.at(1).get<std::int64_t>(),
                          seed.at(2).get<ObjectId>());
            const LabelMap found = seeded_watershed(relief, seeds, {}, QuietJob());
            const auto wanted = peer.at("labels").get<std::vector<ObjectId>>();
            QVERIFY(std::equal(wanted.begin(), wanted.end(), found.ids().begin(), found.ids().end()));
        }
    }

    void morphological_snakes_are_those_of_scikit_image() {
        for (const Json& peer : peers().at("chan_vese")) {
            const Made made(peer);
            Mask start(made.height, made.width);
            const std::int64_t r = made.height / 3;
            for (std::int64_t y = 0; y < made.height; ++y)
                for (std::int64_t x = 0; x < made.width; ++x) {
                    const std::int64_t dx = x - made.width / 2, dy = y - made.height / 2;
                    start.set(x, y, dx * dx + dy * dy < r * r);
                }
            QuietJob job;
            const Mask found = active_contour(made.image<float>(1.0 / 256), start, {},
                                              {.iterations = peer.at("iterations").get<int>(),
                                               .smoothing = peer.at("smoothing").get<int>(),
                                               .inner = peer.at("inner").get<double>(),
                                               .outer = peer.at("outer").get<double>()},
                                              job);
            const auto wanted = peer.at("mask").get<std::string>();
            QCOMPARE(wanted.size(), found.pixels.size());
            for (std::size_t i = 0; i < wanted.size(); ++i)
                QCOMPARE(found.pixels[i] != 0, wanted[i] == '1');
        }
    }
};

QTEST_GUILESS_MAIN(TestSegmentationPeers)
#include "test_segmentation_peers.moc"
