// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/augmentation.h"
#include "core/learning/random.h"

#include <QTest>
#include <algorithm>
#include <set>

using namespace eyepiece;

namespace {

// Each pixel's value is its class times 50, so that image and labels can be compared after any geometric
// change.
LabelledImage matched(std::int64_t width, std::int64_t height, std::uint64_t seed) {
    LabelledImage image;
    image.pixels = Image::create(PixelType::UInt8, 1, height, width);
    image.classes.resize(static_cast<std::size_t>(width * height));
    Random random(seed);
    const auto pixels = image.pixels.writable_plane_as<std::uint8_t>(0);
    std::vector<std::uint8_t> blocks(64);
    for (auto& block : blocks)
        block = static_cast<std::uint8_t>(random.below(4));
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x) {
            const auto at = static_cast<std::size_t>(y * width + x);
            image.classes[at] = blocks[static_cast<std::size_t>(y * 8 / height * 8 + x * 8 / width)];
            pixels[at] = static_cast<std::uint8_t>(image.classes[at] * 50);
        }
    image.limits = {{0}, {200}, false}; // class c becomes c / 4
    return image;
}

Normalisation plain() {
    Normalisation normalisation;
    normalisation.mode = "type";
    return normalisation;
}

Json quiet() { // everything off
    Json values = Augmentation::parameters().complete(Json::object());
    for (auto& [name, value] : values.items())
        if (name.size() > 12 && name.substr(name.size() - 12) == "-probability")
            value = 0.0;
    return values;
}

} // namespace

class TestAugmentation : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void cutsOutExactly();
    void keepsImageAndLabelsTogether();
    void flipsAndTurnsAreInvertible();
    void isAPureFunctionOfTheSeed();
    void scalesByTheFactor();
    void marksUnknownPixels();
    void mirrorsBeyondTheImage();
    void changesOnlyIntensities();
};

void TestAugmentation::cutsOutExactly() {
    const auto image = matched(64, 48, 1);
    const Example example = Augmentation::none().draw(image, plain(), 20, 16, 16, 24, 5);
    QCOMPARE(example.input.size(1), 16);
    QCOMPARE(example.input.size(2), 24);
    for (int y = 0; y < 16; ++y)
        for (int x = 0; x < 24; ++x) {
            const auto c = image.classes[static_cast<std::size_t>((y + 8) * 64 + x + 8)];
            QCOMPARE(example.target[y][x].item<std::int64_t>(), std::int64_t{c});
            QCOMPARE(example.input[0][y][x].item<float>(), static_cast<float>(c) / 4.f);
        }
}

void TestAugmentation::keepsImageAndLabelsTogether() {
    const auto image = matched(96, 96, 2);
    Json values = quiet();
    for (const char* name : {"flip", "right-angle", "rotation", "scale", "elastic"})
        values[std::string(name) + "-probability"] = 1.0;
    values["rotation"] = 180.0;
    const Augmentation augmentation(values);
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        const Example example = augmentation.draw(image, plain(), 48, 48, 64, 64, seed);
        // Off the blocks' edges, where pixels mix, both must say the same.
        const auto same = (example.input[0] * 4 - example.target.to(torch::kFloat32)).abs().lt(0.02);
        const double share = same.to(torch::kFloat32).mean().item<double>();
        QVERIFY2(share > 0.80, qPrintable(QString("seed %1: %2").arg(seed).arg(share)));
        const auto middle =
            (example.input[0] * 4 - example.target.to(torch::kFloat32)).abs().median().item<double>();
        QVERIFY(middle < 1e-3);
    }
}

void TestAugmentation::flipsAndTurnsAreInvertible() {
    const auto image = matched(40, 40, 3);
    Json values = quiet();
    values["flip-probability"] = 0.5;
    values["right-angle-probability"] = 1.0;
    const Augmentation augmentation(values);
    const auto original = Augmentation::none().draw(image, plain(), 20, 20, 40, 40, 0).input[0];
    std::set<int> seen;
    for (std::uint64_t seed = 0; seed < 64; ++seed) {
        const auto changed = augmentation.draw(image, plain(), 20, 20, 40, 40, seed).input[0];
        int which = -1; // exactly one of the eight symmetries of the square undoes it, to the last bit
        for (int k = 0; k < 8; ++k) {
            auto back = torch::rot90(changed, k % 4);
            if (k >= 4)
                back = back.flip(1);
            if (torch::equal(back, original))
                which = k;
        }
        QVERIFY(which >= 0);
        seen.insert(which);
    }
    QCOMPARE(seen.size(), std::size_t{8});
}

void TestAugmentation::isAPureFunctionOfTheSeed() {
    const auto image = matched(80, 80, 4);
    const Augmentation augmentation(Augmentation::parameters().complete(Json::object()));
    int different = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const Example a = augmentation.draw(image, plain(), 40, 40, 48, 48, seed);
        const Example b = augmentation.draw(image, plain(), 40, 40, 48, 48, seed);
        QVERIFY(torch::equal(a.input, b.input));
        QVERIFY(torch::equal(a.target, b.target));
        different +=
            !torch::equal(a.input, augmentation.draw(image, plain(), 40, 40, 48, 48, seed + 100).input);
    }
    QVERIFY(different >= 9);
}

void TestAugmentation::scalesByTheFactor() {
    // A disc's area tells the scale: it must lie within what was asked for, and vary.
    LabelledImage image;
    image.pixels = Image::create(PixelType::UInt8, 1, 128, 128);
    image.classes.assign(128 * 128, 0);
    image.limits = {{0}, {255}, false};
    double area = 0;
    for (int y = 0; y < 128; ++y)
        for (int x = 0; x < 128; ++x)
            if ((x - 64) * (x - 64) + (y - 64) * (y - 64) < 400) {
                image.classes[static_cast<std::size_t>(y * 128 + x)] = 1;
                area += 1;
            }
    Json values = quiet();
    values["scale"] = 0.5;
    values["scale-probability"] = 1.0;
    const Augmentation augmentation(values);
    double low = 1e9, high = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const auto found =
            augmentation.draw(image, plain(), 64, 64, 128, 128, seed).target.sum().item<double>() / area;
        low = std::min(low, std::sqrt(found));
        high = std::max(high, std::sqrt(found));
    }
    QVERIFY(low > 1 / 1.5 - 0.03 && low < 0.8);
    QVERIFY(high < 1.5 + 0.03 && high > 1.25);
}

void TestAugmentation::marksUnknownPixels() {
    auto image = matched(32, 32, 5);
    std::fill(image.classes.begin(), image.classes.begin() + 16 * 32, LabelledImage::unknown);
    const Example example = Augmentation::none().draw(image, plain(), 16, 16, 32, 32, 0);
    QCOMPARE(example.weight.narrow(0, 0, 16).sum().item<float>(), 0.f);
    QCOMPARE(example.weight.narrow(0, 16, 16).sum().item<float>(), 16.f * 32);
    QCOMPARE(example.target.narrow(0, 0, 16).sum().item<std::int64_t>(), std::int64_t{0});
}

void TestAugmentation::mirrorsBeyondTheImage() {
    const auto image = matched(24, 24, 6);
    const Example example = Augmentation::none().draw(image, plain(), 12, 12, 64, 64, 0);
    const auto row = example.input[0][32];
    for (int k = 1; k < 20; ++k)
        QCOMPARE(row[20 - k].item<float>(), row[20 + k].item<float>()); // column 20 shows the image's first
}

void TestAugmentation::changesOnlyIntensities() {
    const auto image = matched(64, 64, 7);
    Json values = quiet();
    for (const char* name : {"intensity", "blur", "noise"})
        values[std::string(name) + "-probability"] = 1.0;
    const Augmentation augmentation(values);
    const Example before = Augmentation::none().draw(image, plain(), 32, 32, 64, 64, 0);
    const Example after = augmentation.draw(image, plain(), 32, 32, 64, 64, 9);
    QVERIFY(torch::equal(before.target, after.target));
    QVERIFY(!torch::equal(before.input, after.input));
    QVERIFY(torch::isfinite(after.input).all().item<bool>());
}

QTEST_GUILESS_MAIN(TestAugmentation)
#include "test_augmentation.moc"
