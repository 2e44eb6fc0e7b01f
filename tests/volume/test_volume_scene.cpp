// SPDX-License-Identifier: GPL-3.0-or-later
// The 3D view, drawn for good, by whatever draws OpenGL here.
#include "volume/volume_fixture.h"
#include "widgets/volume/volume_scene.h"

#include <QElapsedTimer>
#include <QMouseEvent>
#include <QtTest>
#include <algorithm>
#include <memory>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

// A bright ball in the dark and a red cube beside it, of 60 x 60 x 30 voxels of 1 x 1 x 2 mm.
SceneVoxels ball_and_cube() {
    SceneVoxels voxels;
    voxels.width = voxels.height = 60;
    voxels.depth = 30;
    voxels.geometry.spacing = {1, 1, 2};
    voxels.geometry.oriented = true;
    voxels.label_colors = {qRgb(255, 30, 30)};
    for (int z = 0; z < 30; ++z)
        for (int y = 0; y < 60; ++y)
            for (int x = 0; x < 60; ++x) {
                const double dx = x - 18, dy = y - 30, dz = 2 * z - 30;
                voxels.brightness.push_back(dx * dx + dy * dy + dz * dz < 13 * 13 ? 230 : 10);
                voxels.labels.push_back(x >= 40 && x < 52 && y >= 24 && y < 36 && z >= 12 && z < 18);
            }
    return voxels;
}

struct Seen {
    int red = 0, gray = 0;
    double red_x = 0, gray_x = 0; // mean column, as a share of the width
};

Seen seen(const QImage& picture) {
    Seen seen;
    for (int y = 0; y < picture.height(); ++y)
        for (int x = 0; x < picture.width(); ++x) {
            const QRgb pixel = picture.pixel(x, y);
            if (qRed(pixel) > 60 && qRed(pixel) > 2 * qGreen(pixel)) {
                ++seen.red;
                seen.red_x += x;
            } else if (qGreen(pixel) > 60) {
                ++seen.gray;
                seen.gray_x += x;
            }
        }
    seen.red_x /= std::max(seen.red, 1) * picture.width();
    seen.gray_x /= std::max(seen.gray, 1) * picture.width();
    return seen;
}

} // namespace

class TestVolumeScene : public QObject {
    Q_OBJECT
    std::unique_ptr<VolumeScene> scene_;

    // The picture at rest.
    QImage rest() {
        QTest::qWait(50); // what was asked for just now has begun
        const bool rests =
            QTest::qWaitFor([this] { return !scene_->busy() && !scene_->picture().isNull(); }, 60000);
        if (!rests)
            return {};
        return scene_->picture();
    }

private Q_SLOTS:
    void init() {
        QString problem;
        scene_.reset(make_volume_scene(nullptr, problem));
        QVERIFY2(scene_ != nullptr, qPrintable(problem));
        scene_->resize(240, 200);
        scene_->show();
        QVERIFY(QTest::qWaitForWindowExposed(scene_.get()));
        scene_->set_voxels(ball_and_cube());
        if (QTest::qWaitFor([this] { return !scene_->problem().isEmpty(); }, 500))
            QSKIP(qPrintable("no OpenGL here: " + scene_->problem()));
    }
    void cleanup() { scene_.reset(); }

    void image_and_labels_are_drawn_in_their_places() {
        QElapsedTimer timer;
        timer.start();
        const QImage picture = rest();
        qInfo("first picture in %lld ms", static_cast<long long>(timer.elapsed()));
        QCOMPARE(picture.size(), QSize(240, 200));
        const Seen both = seen(picture);
        QVERIFY2(both.gray > 800, qPrintable(QString::number(both.gray)));
        QVERIFY2(both.red > 80, qPrintable(QString::number(both.red)));
        // x runs to the patient's left: seen from the front it is on the right.
        QVERIFY(both.gray_x + 0.1 < both.red_x);
        SceneLook look;
        look.show_labels = false;
        scene_->set_look(look);
        QCOMPARE(seen(rest()).red, 0);
        look.show_labels = true;
        look.show_image = false;
        scene_->set_look(look);
        const Seen labels = seen(rest());
        QVERIFY(labels.red > 80);
        QVERIFY2(labels.gray < both.gray / 10, qPrintable(QString::number(labels.gray)));
    }

    void the_threshold_clears_what_is_darker() {
        SceneLook look;
        look.threshold = 0.95;
        scene_->set_look(look);
        QVERIFY(seen(rest()).gray < 50);
    }

    void a_plane_cuts_it_open() {
        const Seen whole = seen(rest());
        SceneLook look;
        look.clip_axis = 0;
        look.clip_at = 0.5; // the cube lies beyond
        scene_->set_look(look);
        const Seen cut = seen(rest());
        QCOMPARE(cut.red, 0);
        QVERIFY(cut.gray > whole.gray / 2);
        look.clip_at = 0.3; // through the middle of the ball
        scene_->set_look(look);
        const Seen half = seen(rest());
        QVERIFY2(half.gray < 0.8 * whole.gray && half.gray > 0.2 * whole.gray,
                 qPrintable(QStringLiteral("%1 of %2").arg(half.gray).arg(whole.gray)));
    }

    void the_mouse_turns_it() {
        const Seen before = seen(rest());
        const auto drag = [this](const QPoint& from, const QPoint& to) {
            QTest::mousePress(scene_.get(), Qt::LeftButton, {}, from);
            for (int i = 1; i <= 10; ++i) {
                const QPoint here = from + (to - from) * i / 10;
                QMouseEvent move(QEvent::MouseMove, here, scene_->mapToGlobal(here), Qt::NoButton,
                                 Qt::LeftButton, Qt::NoModifier);
                QApplication::sendEvent(scene_.get(), &move);
            }
            QTest::mouseRelease(scene_.get(), Qt::LeftButton, {}, to);
        };
        // Half a turn and more: what was on the right is on the left.
        drag({10, 100}, {230, 100});
        drag({10, 100}, {150, 100});
        const Seen after = seen(rest());
        QVERIFY2((before.gray_x < before.red_x) != (after.gray_x < after.red_x),
                 qPrintable(QStringLiteral("%1 %2").arg(after.gray_x).arg(after.red_x)));
        scene_->reset_view();
        const Seen again = seen(rest());
        QVERIFY(std::abs(again.gray_x - before.gray_x) < 0.02);
    }
};

QTEST_MAIN(TestVolumeScene)
#include "test_volume_scene.moc"
