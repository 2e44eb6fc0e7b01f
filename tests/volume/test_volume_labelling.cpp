// SPDX-License-Identifier: GPL-3.0-or-later
// A volume on the canvas with its other planes beside it, and the tools that draw in space, by mouse and
// keys.
#include "core/project/project.h"
#include "volume/volume_fixture.h"
#include "widgets/canvas/ball_tool.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"
#include "widgets/theme/theme.h"
#include "widgets/volume/plane_view.h"
#include "widgets/volume/volume_pane.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <fstream>
#include <memory>

using namespace eyepiece;
using namespace eyepiece::test;

class TestVolumeLabelling : public QObject {
    Q_OBJECT
    static constexpr int width = BallVolume::width, height = BallVolume::height, depth = BallVolume::depth;
    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<Project> project_;
    std::unique_ptr<Theme> theme_;
    std::unique_ptr<ImageCanvas> canvas_;
    std::unique_ptr<LabelEditor> editor_;
    std::unique_ptr<LabelTools> tools_;
    std::unique_ptr<VolumePane> pane_;
    std::shared_ptr<void> listening_;
    ItemId item_ = 0;

    QPoint at(double x, double y) const {
        return canvas_->view().to_device(QPointF(x + 0.5, y + 0.5)).toPoint();
    }
    LabelMap stored(int plane) {
        editor_->flush();
        return project_->labels().read(item_, {0, 0, width, height}, plane);
    }
    std::int64_t area_in(int plane) {
        const LabelMap labels = stored(plane);
        return std::count_if(labels.ids().begin(), labels.ids().end(), [](ObjectId id) { return id != 0; });
    }
    void turn_to(int z, int t = 0) {
        canvas_->set_plane(z, t);
        QTRY_VERIFY(editor_->ready());
    }
    void undo() {
        editor_->flush();
        QVERIFY(project_->history().undo());
        QTRY_VERIFY(editor_->ready());
    }

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        const std::filesystem::path folder = folder_->path().toStdString();
        project_ = Project::create(folder / "project", "test");
        std::ofstream(folder / "ball.nii") << "not looked at";
        item_ = project_->items().add({folder / "ball.nii"}).added.at(0);
        project_->items().set_facts(item_, {"0123", width, height, 1});
        project_->classes().add("organ");
        theme_ = std::make_unique<Theme>();
        canvas_ = std::make_unique<ImageCanvas>();
        canvas_->resize(500, 400);
        canvas_->show();
        QSignalSpy shown(canvas_.get(), &ImageCanvas::image_shown);
        canvas_->show_source("ball", std::make_shared<BallVolume>());
        QVERIFY(shown.wait(5000));
        canvas_->zoom_to(8);
        editor_ = std::make_unique<LabelEditor>(canvas_->layers());
        editor_->set_project(project_.get());
        pane_ = std::make_unique<VolumePane>(*canvas_, *editor_, *theme_);
        pane_->resize(300, 500);
        pane_->set_project(project_->folder());
        pane_->set_wanted(true);
        listening_ = project_->changes().listen([this](const ProjectChange& change) {
            if (const auto* labels = std::get_if<LabelsChanged>(&change)) {
                editor_->labels_changed_elsewhere(labels->item, labels->region);
                pane_->reload_labels();
            }
        });
        // As the window does.
        connect(canvas_.get(), &ImageCanvas::plane_changed, editor_.get(),
                [this](int z, int t) { editor_->set_plane(t * depth + z); });
        tools_ = std::make_unique<LabelTools>(*canvas_, *editor_);
        tools_->activate();
        tools_->settings().set_only_where_empty(false);
        QSignalSpy loaded(editor_.get(), &LabelEditor::loaded);
        editor_->set_item(item_, width, height);
        QVERIFY(loaded.wait(5000));
        editor_->set_plane(canvas_->plane_z());
        QTRY_VERIFY(editor_->ready());
        QTRY_VERIFY(pane_->stack().complete());
    }
    void cleanup() {
        tools_.reset();
        pane_.reset();
        editor_.reset();
        canvas_.reset();
        listening_.reset();
        project_.reset();
        theme_.reset();
        folder_.reset();
    }

    void one_cursor_links_the_planes() {
        QVERIFY(pane_->isVisible());
        QCOMPARE(canvas_->plane_z(), depth / 2); // its middle
        pane_->set_cursor({24, 12, 3});
        QCOMPARE(canvas_->plane_z(), 3); // the canvas went there
        canvas_->set_plane(4, 0);
        QCOMPARE(pane_->cursor(), (std::array<int, 3>{24, 12, 4}));
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(10, 20)); // draws, and takes the cursor along
        QCOMPARE(pane_->cursor(), (std::array<int, 3>{10, 20, 4}));
        const QRectF place = pane_->yz().picture_rect();
        QTest::mouseClick(&pane_->yz(), Qt::LeftButton, {},
                          QPointF(place.left() + 5.5 / height * place.width(),
                                  place.bottom() - 9.5 / depth * place.height())
                              .toPoint());
        QCOMPARE(pane_->cursor(), (std::array<int, 3>{10, 5, 9}));
        QCOMPARE(canvas_->plane_z(), 9);
        pane_->set_cursor({-5, 1000, 1000});
        QCOMPARE(pane_->cursor(), (std::array<int, 3>{0, height - 1, depth - 1}));
        pane_->set_wanted(false);
        QVERIFY(!pane_->isVisible());
    }

    void keys_go_through_planes_and_time() {
        canvas_->setFocus();
        QTest::keyClick(canvas_.get(), Qt::Key_Down);
        QTest::keyClick(canvas_.get(), Qt::Key_Down);
        QCOMPARE(canvas_->plane_z(), depth / 2 + 2);
        QTest::keyClick(canvas_.get(), Qt::Key_Up);
        QCOMPARE(canvas_->plane_z(), depth / 2 + 1);
        QTest::keyClick(canvas_.get(), Qt::Key_Down, Qt::ControlModifier);
        QCOMPARE(canvas_->plane_t(), 1);
        QCOMPARE(canvas_->plane_z(), depth / 2 + 1);
        QTRY_VERIFY(pane_->stack().complete());
        pane_->set_cursor({24, 12, 6});
        QCOMPARE(qGreen(pane_->xz().picture().pixel(24, 6)), 0); // no ball at that time
    }

    void a_stroke_belongs_to_its_plane_and_shows_in_the_others() {
        tools_->choose("label.brush");
        tools_->settings().set_brush_size(6);
        turn_to(6);
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(24, 12));
        QVERIFY(area_in(6) > 20);
        QCOMPARE(area_in(0), 0);
        // In the cut along x and z, one voxel high.
        QTRY_VERIFY(qRed(pane_->xz().picture().pixel(24, 6)) != qBlue(pane_->xz().picture().pixel(24, 6)));
        QCOMPARE(qRed(pane_->xz().picture().pixel(24, 5)), qBlue(pane_->xz().picture().pixel(24, 5)));
        turn_to(7);
        QCOMPARE(editor_->document().at(24, 12), ObjectId{0});
        // Going on with the same object in another plane.
        const ObjectId id = editor_->document().objects().begin()->first;
        turn_to(6);
        QCOMPARE(editor_->document().at(24, 12), id);
        // The same plane of another time is another plane.
        turn_to(6, 1);
        QCOMPARE(editor_->document().at(24, 12), ObjectId{0});
        turn_to(6, 0);
        undo();
        QCOMPARE(editor_->document().at(24, 12), ObjectId{0});
    }

    void the_ball_is_one_step_over_planes() {
        tools_->choose(BallTool::ball_id);
        tools_->settings().set_brush_size(14); // a radius of 7 mm reaches two planes of 3 mm to each side
        turn_to(6);
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(20, 15));
        editor_->flush();
        QCOMPARE(project_->labels().labelled_planes(item_), (std::vector<int>{4, 5, 6, 7, 8}));
        const auto within = [&](int plane) { // of the area of the disc that the ball cuts there
            const double away = 3.0 * (plane - 6), expected = M_PI * (49 - away * away);
            return std::abs(double(area_in(plane)) - expected) < 0.15 * expected + 4;
        };
        for (const int plane : {4, 5, 6, 7, 8})
            QVERIFY2(within(plane),
                     qPrintable(QStringLiteral("plane %1: %2").arg(plane).arg(area_in(plane))));
        QCOMPARE(area_in(5), area_in(7));
        QCOMPARE(project_->labels().objects(item_).size(), std::size_t{1});
        const LabelObject object = project_->labels().objects(item_).front();
        QCOMPARE(object.area, area_in(4) + area_in(5) + area_in(6) + area_in(7) + area_in(8));
        QCOMPARE(editor_->document().object(object.id)->area, object.area);
        turn_to(8);
        QCOMPARE(editor_->document().at(20, 15), object.id);
        // The right button takes a ball away, in all planes that it reaches.
        QTest::mouseClick(canvas_.get(), Qt::RightButton, {}, at(20, 15));
        editor_->flush();
        QCOMPARE(area_in(8), 0);
        QVERIFY(area_in(7) < 60);
        undo();
        QVERIFY(within(8));
        undo();
        QVERIFY(project_->labels().labelled_planes(item_).empty());
        QVERIFY(project_->labels().objects(item_).empty());
    }

    void planes_between_are_filled_as_one_step() {
        tools_->choose("label.brush");
        tools_->settings().set_brush_size(5);
        turn_to(2);
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, at(10, 10));
        const ObjectId id = editor_->selected();
        QVERIFY(id != 0);
        // The same object, larger, four planes further: begun on a shape of it that a first stroke makes.
        turn_to(6);
        LabelEdit far;
        far.item = item_;
        far.plane = 6;
        far.tool = "brush";
        far.region = {6, 6, 9, 9};
        far.pixels = LabelMap(9, 9);
        std::fill(far.pixels.ids().begin(), far.pixels.ids().end(), id);
        project_->labels().commit(far);
        QTRY_VERIFY(editor_->ready() && editor_->document().at(8, 8) == id);
        editor_->select(id);
        QSignalSpy said(tools_.get(), &LabelTools::said);
        QTest::keyClick(canvas_.get(), Qt::Key_F, Qt::ShiftModifier);
        QTRY_COMPARE(said.count(), 1);
        QCOMPARE(project_->labels().labelled_planes(item_), (std::vector<int>{2, 3, 4, 5, 6}));
        QVERIFY(area_in(2) < area_in(4) && area_in(4) < area_in(6));
        QVERIFY(area_in(3) <= area_in(4) && area_in(4) <= area_in(5));
        QCOMPARE(stored(4).at(10, 10), id);
        turn_to(4);
        QCOMPARE(editor_->document().at(10, 10), id);
        undo();
        QCOMPARE(project_->labels().labelled_planes(item_), (std::vector<int>{2, 6}));
        // Nothing lies between any more once neighbours are drawn.
        QCOMPARE(editor_->document().at(10, 10), ObjectId{0});
    }
};

QTEST_MAIN(TestVolumeLabelling)
#include "test_volume_labelling.moc"
