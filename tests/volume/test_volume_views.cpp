// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/data/slice_interpolation.h"
#include "volume/volume_fixture.h"
#include "widgets/canvas/measure_text.h"
#include "widgets/volume/plane_view.h"
#include "widgets/volume/scene_voxels.h"
#include "widgets/volume/volume_labels.h"
#include "widgets/volume/volume_stack.h"

#include <QSignalSpy>
#include <QWheelEvent>
#include <QtTest>
#include <numeric>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

struct Views {
    VolumeStack stack;
    VolumeLabels labels;
    PlaneView xy{PlaneAxes::XY, stack, labels}, xz{PlaneAxes::XZ, stack, labels},
        yz{PlaneAxes::YZ, stack, labels};
    Views() {
        const auto source = std::make_shared<BallVolume>();
        const auto contrast = std::make_shared<const ContrastRenderer>(
            PixelType::UInt16,
            std::vector<ChannelContrast>{{.low = BallVolume::dark, .high = BallVolume::bright}});
        stack.set_image(std::make_shared<PixelBlocks>(source, std::size_t{1} << 24), 0, 3);
        for (PlaneView* view : {&xy, &xz, &yz}) {
            view->set_contrast(contrast);
            view->set_geometry(source->geometry());
            view->set_cursor({24, 12, 6});
            view->resize(300, 200);
        }
    }
    bool wait() {
        return QTest::qWaitFor([this] { return stack.complete(); }, 5000);
    }
};

Mask disc(double cx, double cy, double radius) {
    Mask mask(60, 80);
    for (std::int64_t y = 0; y < 60; ++y)
        for (std::int64_t x = 0; x < 80; ++x)
            mask.set(x, y, std::hypot(double(x) - cx, double(y) - cy) <= radius);
    return mask;
}

std::int64_t area(const Mask& mask) {
    return std::accumulate(mask.pixels.begin(), mask.pixels.end(), std::int64_t{0});
}

} // namespace

class TestVolumeViews : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void each_cut_shows_its_voxels() {
        Views views;
        QVERIFY(views.wait());
        const auto check = [](PlaneView& view, int across, int down, auto voxel) {
            const QImage picture = view.picture();
            QCOMPARE(picture.size(), QSize(across, down));
            for (int b = 0; b < down; ++b)
                for (int a = 0; a < across; ++a)
                    QCOMPARE(qGreen(picture.pixel(a, b)), voxel(a, b) == BallVolume::bright ? 255 : 0);
        };
        check(views.xy, 40, 30, [](int a, int b) { return BallVolume::value(a, b, 6); });
        check(views.xz, 40, 12, [](int a, int b) { return BallVolume::value(a, 12, b); });
        check(views.yz, 30, 12, [](int a, int b) { return BallVolume::value(24, a, b); });
        views.xz.set_cursor({0, 25, 0}); // beyond the ball
        QCOMPARE(qGreen(views.xz.picture().pixel(24, 6)), 0);
    }

    void cuts_have_the_proportions_of_space() {
        Views views;
        QVERIFY(views.wait());
        const QRectF xz = views.xz.picture_rect(), yz = views.yz.picture_rect();
        QVERIFY(std::abs(xz.width() / xz.height() - 40.0 / 36.0) < 1e-6); // mm
        QVERIFY(std::abs(yz.width() / yz.height() - 30.0 / 36.0) < 1e-6);
        QVERIFY(QRectF(views.xz.rect()).contains(xz));
        // The ball is as high as it is wide, and its head, where z ends, is up.
        views.xz.resize(432, 400);
        QImage shown(views.xz.size(), QImage::Format_RGB32);
        views.xz.render(&shown);
        const QRectF place = views.xz.picture_rect();
        int top = shown.height(), bottom = 0;
        const int x = int(place.left() + 22.5 / 40 * place.width()); // beside the cursor's line
        for (int y = 0; y < shown.height(); ++y)
            if (qGreen(shown.pixel(x, y)) > 200) {
                top = std::min(top, y);
                bottom = std::max(bottom, y);
            }
        const double mm = place.height() / 36;
        QVERIFY2(std::abs((bottom - top) / mm - 15) < 3.5, qPrintable(QString::number((bottom - top) / mm)));
        const double middle = (place.bottom() - (top + bottom) / 2.0) / mm; // from below: z = 6.5 planes
        QVERIFY2(std::abs(middle - 19.5) < 2, qPrintable(QString::number(middle)));
    }

    void mouse_wheel_and_keys_move_the_cursor() {
        Views views;
        QVERIFY(views.wait());
        QSignalSpy wanted(&views.xz, &PlaneView::cursor_wanted);
        const QRectF place = views.xz.picture_rect();
        const auto at = [&](double x, double z) { // the head is up: z = 11 lies on top
            return QPointF(place.left() + (x + 0.5) / 40 * place.width(),
                           place.bottom() - (z + 0.5) / 12 * place.height())
                .toPoint();
        };
        QTest::mouseClick(&views.xz, Qt::LeftButton, {}, at(10, 9));
        QCOMPARE(wanted.count(), 1);
        QCOMPARE((wanted.takeFirst().at(0).value<std::array<int, 3>>()), (std::array<int, 3>{10, 12, 9}));
        QWheelEvent wheel(QPointF(50, 50), QPointF(50, 50), {}, {0, -120}, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(&views.xz, &wheel);
        QCOMPARE((wanted.takeFirst().at(0).value<std::array<int, 3>>()), (std::array<int, 3>{24, 13, 6}));
        QTest::keyClick(&views.xz, Qt::Key_Up);
        QCOMPARE((wanted.takeFirst().at(0).value<std::array<int, 3>>()), (std::array<int, 3>{24, 11, 6}));
    }

    void labels_lie_on_every_cut() {
        Views views;
        QVERIFY(views.wait());
        LabelMap plane(30, 40);
        for (std::int64_t y = 8; y < 16; ++y)
            for (std::int64_t x = 20; x < 28; ++x)
                plane.set(x, y, 5);
        for (const int z : {5, 6, 7})
            views.labels.set_plane(z, plane);
        for (PlaneView* view : {&views.xy, &views.xz, &views.yz})
            view->set_colors([](ObjectId id) { return id == 5 ? qRgb(255, 0, 0) : qRgb(0, 0, 255); });
        QCOMPARE(views.xz.picture().pixel(20, 6), qRgb(255, 0, 0)); // the rim is opaque
        QVERIFY(qBlue(views.xz.picture().pixel(23, 6)) > 100);      // the inside lets the image through
        QVERIFY(qRed(views.xz.picture().pixel(23, 6)) > qBlue(views.xz.picture().pixel(23, 6)));
        QCOMPARE(qRed(views.xz.picture().pixel(19, 4)), qBlue(views.xz.picture().pixel(19, 4)));
        QCOMPARE(views.yz.picture().pixel(8, 5), qRgb(255, 0, 0));
        QCOMPARE(views.labels.objects(), std::set<ObjectId>{5});
    }

    void a_stack_beyond_the_budget_is_thinned() {
        class Wide final : public ImageSource {
        public:
            Wide() {
                info_.width = info_.height = 2000;
                info_.depth = 300;
                info_.type = PixelType::UInt8;
            }
            const ImageInfo& info() const override { return info_; }
            Image read(const Region& region, int, int, int) override {
                Image image = Image::create(PixelType::UInt8, 1, region.height, region.width);
                for (std::byte& byte : image.writable_plane(0))
                    byte = std::byte{7};
                return image;
            }
            ImageInfo info_;
        };
        VolumeStack stack;
        stack.set_image(std::make_shared<PixelBlocks>(std::make_shared<Wide>(), std::size_t{1} << 26), 0,
                        150);
        QCOMPARE(stack.level(), 2); // 1.2 GB, 0.3 GB, 75 MB
        QCOMPARE(stack.width(), 500);
        QTRY_VERIFY(!stack.plane(150).empty()); // the one in sight first
        stack.set_image(nullptr, 0, 0);
        QVERIFY(stack.empty());
    }

    void labels_are_thinned_to_their_level() {
        LabelMap labels(5, 7);
        labels.set(4, 2, 9);
        labels.set(5, 2, 8);
        const LabelMap thin = VolumeLabels::thinned(labels, 1);
        QCOMPARE(thin.width(), 4);
        QCOMPARE(thin.height(), 3);
        QCOMPARE(thin.at(2, 1), ObjectId{9});
        QCOMPARE(VolumeLabels::thinned(labels, 0), labels);
    }

    void a_scene_keeps_brightness_and_labels() {
        SceneSource source;
        BallVolume volume;
        for (int z = 0; z < BallVolume::depth; ++z)
            source.planes.push_back(volume.read({0, 0, 40, 30}, 0, z, 0));
        source.contrast = std::make_shared<const ContrastRenderer>(
            PixelType::UInt16,
            std::vector<ChannelContrast>{{.low = BallVolume::dark, .high = BallVolume::bright}});
        source.geometry = volume.geometry();
        LabelMap plane(30, 40);
        plane.set(20, 10, 77);
        plane.set(22, 10, 78); // of no known colour: not shown
        source.labels[4] = plane;
        source.colors[77] = qRgb(1, 2, 3);
        const SceneVoxels all = scene_voxels(source);
        QCOMPARE(all.width * all.height * all.depth, 40 * 30 * 12);
        for (int z = 0; z < 12; ++z)
            for (int y = 0; y < 30; ++y)
                for (int x = 0; x < 40; ++x)
                    QCOMPARE(int(all.brightness[std::size_t((z * 30 + y) * 40 + x)]),
                             BallVolume::value(x, y, z) == BallVolume::bright ? 255 : 0);
        QCOMPARE(all.label_colors, std::vector<QRgb>{qRgb(1, 2, 3)});
        QCOMPARE(all.labels[(4 * 30 + 10) * 40 + 20], std::uint16_t{1});
        QCOMPARE(std::count(all.labels.begin(), all.labels.end(), 0), 40 * 30 * 12 - 1);
        const SceneVoxels thin = scene_voxels(source, 20);
        QCOMPARE(thin.width, 20);
        QCOMPARE(thin.height, 15);
        QCOMPARE(thin.depth, 12);
        QCOMPARE(thin.geometry.spacing, (Vector3{2, 2, 3}));
        QCOMPARE(thin.labels[(4 * 15 + 5) * 20 + 10], std::uint16_t{1});
    }

    void shapes_are_interpolated() {
        const Mask small = disc(30, 30, 6), large = disc(30, 30, 14);
        QCOMPARE(interpolated(small, large, 0), small);
        QCOMPARE(interpolated(small, large, 1), large);
        // Half way between two discs lies the disc of the mean radius.
        const Mask between = interpolated(small, large, 0.5), expected = disc(30, 30, 10);
        std::int64_t differ = 0;
        for (std::size_t i = 0; i < between.pixels.size(); ++i)
            differ += between.pixels[i] != expected.pixels[i];
        QVERIFY2(differ <= 20, qPrintable(QString::number(differ)));
        // What runs aslant stays as thick as it is, on the way between.
        const Mask aslant = interpolated(disc(15, 20, 6), disc(60, 40, 6), 0.5);
        QCOMPARE(area(aslant), area(disc(37, 30, 6)));
        QVERIFY(aslant.at(38, 30));
        QCOMPARE(area(interpolated(Mask(60, 80), large, 0.5)), 0);
        QVERIFY_EXCEPTION_THROWN(interpolated(Mask(3, 3), Mask(4, 4), 0.5), Error);
    }

    void volumes_are_told_in_their_unit() {
        QCOMPARE(volume_text(1234, {}), QString("1\u202f234 voxels"));
        QCOMPARE(volume_text(100, {1, 1, 0, "mm"}),
                 QString("100 voxels")); // the step between planes is not known
        QCOMPARE(volume_text(10, {0.5, 0.5, 3, "mm"}), QString("7.50\u00a0mm³"));
    }

    void distances_are_signed() {
        Mask mask(5, 7);
        for (std::int64_t y = 1; y < 4; ++y)
            for (std::int64_t x = 2; x < 5; ++x)
                mask.set(x, y, true);
        const auto distances = signed_distance(mask);
        QCOMPARE(distances[2 * 7 + 3], 1.5f);
        QCOMPARE(distances[2 * 7 + 2], 0.5f);
        QCOMPARE(distances[2 * 7 + 1], -0.5f);
        QCOMPARE(distances[2 * 7 + 0], -1.5f);
        QVERIFY(std::abs(distances[0] - (0.5f - std::sqrt(5.0f))) < 1e-4f);
    }
};

QTEST_MAIN(TestVolumeViews)
#include "test_volume_views.moc"
