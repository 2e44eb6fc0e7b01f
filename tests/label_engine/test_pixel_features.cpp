// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/pixel_features.h"

#include "core/base/error.h"
#include "core/learning/random.h"
#include "plugins/label/engine/gaussian_filters.h"

#include <QtTest>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

using namespace eyepiece;
using namespace eyepiece::label;

namespace {

const QuietJob quiet;

class Memory final : public ImageSource {
public:
    explicit Memory(Image image) : image_(std::move(image)) {
        info_.width = image_.width();
        info_.height = image_.height();
        info_.channels = image_.channels();
        info_.type = image_.type();
        info_.rgb = image_.channels() == 3;
    }
    const ImageInfo& info() const override { return info_; }
    Image read(const Region& region, int, int, int) override {
        return image_.cropped(region.intersected({0, 0, info_.width, info_.height}));
    }

private:
    Image image_;
    ImageInfo info_;
};

Image drawn(std::int64_t height, std::int64_t width, const std::function<double(double, double)>& value) {
    Image image = Image::create(PixelType::Float32, 1, height, width);
    auto pixels = image.writable_plane_as<float>(0);
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x)
            pixels[static_cast<std::size_t>(y * width + x)] =
                static_cast<float>(value(static_cast<double>(x), static_cast<double>(y)));
    return image;
}

Image noise(std::int64_t height, std::int64_t width, std::uint64_t seed) {
    Random random(seed);
    return drawn(height, width, [&](double, double) { return random.uniform(); });
}

PixelFeatureOptions options(const char* features, const char* sigmas) {
    return PixelFeatureOptions::from_parameters(
        PixelFeatureOptions::parameters().complete({{"features", features}, {"sigmas", sigmas}}));
}

// Every feature of every pixel of an image, in the order of names().
std::vector<std::vector<double>> all_features(const Image& image, const PixelFeatureOptions& chosen) {
    Memory source(image);
    const PixelFeatures features(chosen, source.info());
    const auto count = static_cast<std::size_t>(features.count());
    const std::int64_t width = image.width(), height = image.height();
    std::vector<std::vector<double>> values(count,
                                            std::vector<double>(static_cast<std::size_t>(width * height)));
    std::vector<std::int16_t> codes(count);
    for (std::int64_t row = 0; row * FeatureBlock::side < height; ++row)
        for (std::int64_t column = 0; column * FeatureBlock::side < width; ++column) {
            const FeatureBlock block = features.compute(source, {}, row, column, quiet);
            for (std::int64_t y = 0; y < block.region.height; ++y)
                for (std::int64_t x = 0; x < block.region.width; ++x) {
                    block.gather(x, y, codes);
                    for (std::size_t at = 0; at < count; ++at)
                        values[at]
                              [static_cast<std::size_t>((block.region.y + y) * width + block.region.x + x)] =
                                  static_cast<double>(magnitude_value(codes[at]));
                }
        }
    return values;
}

// Directly, in double precision, mirrored at the edges.
double directly(const Image& image, std::int64_t x, std::int64_t y, double sigma, int along_x, int along_y) {
    const GaussianKernel kernel(sigma);
    const auto weight = [&](int j, int order) {
        const auto at = static_cast<std::size_t>(std::abs(j));
        const double even =
            order == 0 ? static_cast<double>(kernel.smooth[at]) : static_cast<double>(kernel.curve[at]);
        return order == 1 ? (j < 0 ? -1.0 : 1.0) * static_cast<double>(kernel.slope[at]) : even;
    };
    const auto mirrored = [](std::int64_t at, std::int64_t size) {
        const std::int64_t period = 2 * (size - 1);
        at = std::abs(at) % period;
        return at < size ? at : period - at;
    };
    double sum = 0;
    for (int dy = -kernel.radius; dy <= kernel.radius; ++dy)
        for (int dx = -kernel.radius; dx <= kernel.radius; ++dx)
            sum += weight(dx, along_x) * weight(dy, along_y) *
                   image.value(0, mirrored(x + dx, image.width()), mirrored(y + dy, image.height()));
    return sum;
}

} // namespace

class TestPixelFeatures : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void they_are_what_the_definitions_say() {
        const Image image = noise(90, 70, 1);
        for (const double sigma : {0.7, 1.6, 5.0}) {
            const auto found = all_features(
                image, options("gaussian, laplacian, gradient, hessian", std::to_string(sigma).c_str()));
            for (const auto& [x, y] : {std::pair{0, 0}, {69, 89}, {35, 44}, {3, 80}}) {
                const auto at = static_cast<std::size_t>(y * 70 + x);
                const double smooth = directly(image, x, y, sigma, 0, 0),
                             dx = directly(image, x, y, sigma, 1, 0), dy = directly(image, x, y, sigma, 0, 1),
                             xx = directly(image, x, y, sigma, 2, 0), yy = directly(image, x, y, sigma, 0, 2),
                             xy = directly(image, x, y, sigma, 1, 1);
                const double root = std::sqrt((xx - yy) * (xx - yy) / 4 + xy * xy);
                const std::array expected{smooth, xx + yy, std::hypot(dx, dy), (xx + yy) / 2 + root,
                                          (xx + yy) / 2 - root};
                for (std::size_t which = 0; which < expected.size(); ++which) {
                    const double error = std::abs(found[which][at] - expected[which]);
                    QVERIFY2(error < 0.003 * std::abs(expected[which]) + 2e-5,
                             qPrintable(QString("feature %1 at sigma %2: %3, not %4")
                                            .arg(which)
                                            .arg(sigma)
                                            .arg(found[which][at])
                                            .arg(expected[which])));
                }
            }
        }
    }

    void a_parabola_has_the_curvature_it_has() {
        const auto found = all_features(
            drawn(200, 200, [](double x, double y) { return 0.5 * x * x + 2 * y + 0.25 * x * y; }),
            options("gradient, hessian", "1.6"));
        const std::size_t middle = 100 * 200 + 100;
        // Slopes x + y / 4 and 2 + x / 4; second derivatives 1, 0 and 1/4 mixed.
        QVERIFY(std::abs(found[0][middle] / std::hypot(125.0, 27.0) - 1) < 0.003);
        const double root = std::sqrt(0.25 + 0.0625);
        QVERIFY(std::abs(found[1][middle] / (0.5 + root) - 1) < 0.01);
        QVERIFY(std::abs(found[2][middle] / (0.5 - root) - 1) < 0.02);
    }

    void a_constant_has_no_edges() {
        const auto found =
            all_features(drawn(64, 300, [](double, double) { return 0.75; }),
                         options("laplacian, gradient, difference, structure, hessian", "0.7, 3.5"));
        for (const auto& feature : found)
            for (const double value : feature)
                QVERIFY2(std::abs(value) < 1e-5, QByteArray::number(value));
    }

    void turned_by_a_right_angle_they_turn_along() {
        const Image image = noise(96, 96, 2);
        Image turned = Image::create(PixelType::Float32, 1, 96, 96);
        for (std::int64_t y = 0; y < 96; ++y)
            for (std::int64_t x = 0; x < 96; ++x)
                turned.writable_plane_as<float>(0)[static_cast<std::size_t>(x * 96 + 95 - y)] =
                    image.plane_as<float>(0)[static_cast<std::size_t>(y * 96 + x)];
        const PixelFeatureOptions all =
            options("gaussian, laplacian, gradient, difference, structure, hessian", "1, 3.5");
        const auto a = all_features(image, all), b = all_features(turned, all);
        for (std::size_t feature = 0; feature < a.size(); ++feature)
            for (std::int64_t y = 0; y < 96; y += 5)
                for (std::int64_t x = 0; x < 96; x += 5) {
                    const double one = a[feature][static_cast<std::size_t>(y * 96 + x)],
                                 other = b[feature][static_cast<std::size_t>(x * 96 + 95 - y)];
                    QVERIFY(std::abs(one - other) < 0.01 * std::abs(one) + 1e-5);
                }
    }

    void no_seam_between_blocks() {
        // The same pixels, once in the middle of a block and once across the corner of four.
        const Image large = noise(400, 400, 3);
        const Image part = large.cropped({100, 100, 300, 300});
        const PixelFeatureOptions all = options("gaussian, structure, hessian", "1.6, 5");
        const auto whole = all_features(large, all), cut = all_features(part, all);
        for (std::size_t feature = 0; feature < whole.size(); ++feature)
            for (std::int64_t y = 130; y < 170; ++y)
                for (std::int64_t x = 130; x < 170; ++x)
                    QCOMPARE(cut[feature][static_cast<std::size_t>(y * 300 + x)],
                             whole[feature][static_cast<std::size_t>((y + 100) * 400 + x + 100)]);
    }

    void codes_rise_with_what_they_stand_for() {
        for (float value = -100; value < 100; value += 0.37f)
            QVERIFY(magnitude_code(value) <= magnitude_code(value + 0.37f));
        for (const float value : {1e-6f, 0.003f, 1.f, 77.f, 65535.f, -2.5f})
            QVERIFY(std::abs(magnitude_value(magnitude_code(value)) / value - 1) < 0.002f);
        QCOMPARE(magnitude_value(magnitude_code(0)), 0.f);
        QCOMPARE(linear_code(0), std::numeric_limits<std::int16_t>::min());
        QCOMPARE(linear_code(1), std::numeric_limits<std::int16_t>::max());
    }

    void names_say_what_and_where() {
        Memory source(noise(20, 20, 4));
        const PixelFeatures features(options("gaussian, structure", "0.3, 1.6"), source.info());
        QCOMPARE(features.names().at(0), std::string("Gaussian 0.3 · channel 1"));
        QCOMPARE(features.count(), 4); // below half a pixel only the Gaussian
        QVERIFY_EXCEPTION_THROWN(options("gauss", "1"), Error);
        QVERIFY_EXCEPTION_THROWN(options("gaussian", "1, 50"), Error);
        QVERIFY_EXCEPTION_THROWN(PixelFeatures(options("hessian", "0.3"), source.info()), Error);
    }
};

QTEST_GUILESS_MAIN(TestPixelFeatures)
#include "test_pixel_features.moc"
