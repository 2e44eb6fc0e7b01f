// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "canvas/synthetic_source.h"
#include "core/project/project.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"

#include <QApplication>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <vector>

namespace eyepiece::test {

// The labelling tools on a canvas that shows an image of 120 x 90 px with a bright disc of radius 20 around
// (60, 45), five screen pixels an image pixel, in a project of two classes. Driven by mouse and key events.
class LabelToolTest : public QObject {
    Q_OBJECT
protected:
    static constexpr int width = 120, height = 90; // px
    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<Project> project_;
    std::unique_ptr<ImageCanvas> canvas_;
    std::unique_ptr<LabelEditor> editor_;
    std::unique_ptr<LabelTools> tools_;
    ItemId item_ = 0;
    ClassId nucleus_ = 0, mitotic_ = 0;
    std::shared_ptr<void> listening_;

    // The middle of an image pixel in widget coordinates; at this scale it is a whole pixel.
    QPoint at(double x, double y) const { return canvas_->view().to_device(QPointF(x, y)).toPoint(); }
    ObjectId label(int x, int y) const { return editor_->document().at(x, y); }
    LabelMap stored() {
        editor_->flush();
        return project_->labels().read(item_, {0, 0, width, height});
    }
    LabelMap shown() const { return editor_->document().tiles()->read({0, 0, width, height}); }
    void drag(std::vector<QPoint> points, Qt::MouseButton button = Qt::LeftButton,
              Qt::KeyboardModifiers modifiers = {}) {
        QTest::mousePress(canvas_.get(), button, modifiers, points.front());
        for (std::size_t i = 1; i < points.size(); ++i) {
            // QTest::mouseMove says nothing of buttons: the event is made by hand.
            QMouseEvent move(QEvent::MouseMove, points[i], canvas_->mapToGlobal(points[i]), Qt::NoButton,
                             button, modifiers);
            QApplication::sendEvent(canvas_.get(), &move);
        }
        QTest::mouseRelease(canvas_.get(), button, modifiers, points.back());
    }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(canvas_.get(), key, modifiers);
    }
    // One step back; the canvas shows it when this returns.
    void undo() {
        editor_->flush();
        QVERIFY(project_->history().undo());
        QTRY_VERIFY(editor_->ready());
    }
    int count(ObjectId id) const {
        const LabelMap map = shown();
        return static_cast<int>(std::count(map.ids().begin(), map.ids().end(), id));
    }
    // The book-keeping agrees with the pixels, here and in the file.
    void check_books() {
        QCOMPARE(stored(), shown());
        std::map<ObjectId, std::int64_t> areas;
        const LabelMap map = shown();
        for (const ObjectId id : map.ids())
            if (id)
                ++areas[id];
        QCOMPARE(editor_->document().objects().size(), areas.size());
        QCOMPARE(project_->labels().objects(item_).size(), areas.size());
        for (const auto& [id, area] : areas) {
            QVERIFY(editor_->document().object(id));
            QCOMPARE(editor_->document().object(id)->area, area);
            QCOMPARE(project_->labels().object(item_, id)->area, area);
        }
    }

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        const std::filesystem::path folder = folder_->path().toStdString();
        project_ = Project::create(folder / "project", "test");
        std::ofstream(folder / "image.tif") << "not looked at";
        item_ = project_->items().add({folder / "image.tif"}).added.at(0);
        project_->items().set_facts(item_, {"0123", width, height, 1});
        nucleus_ = project_->classes().add("nucleus");
        mitotic_ = project_->classes().add("mitotic");

        canvas_ = std::make_unique<ImageCanvas>();
        canvas_->resize(700, 500);
        canvas_->show();
        canvas_->setFocus();
        QSignalSpy shown(canvas_.get(), &ImageCanvas::image_shown);
        canvas_->show_source(
            "image",
            std::make_shared<SyntheticSource>(width, height, 1, [](int, std::int64_t x, std::int64_t y, int) {
                return static_cast<std::uint16_t>(std::hypot(x - 60.0, y - 45.0) < 20 ? 1000 : 100);
            }));
        QVERIFY(shown.wait(5000));
        canvas_->zoom_to(5);
        editor_ = std::make_unique<LabelEditor>(canvas_->layers());
        editor_->set_project(project_.get());
        // As the window does: what the project tells goes to the editor.
        listening_ = project_->changes().listen([this](const ProjectChange& change) {
            if (const auto* labels = std::get_if<LabelsChanged>(&change))
                editor_->labels_changed_elsewhere(labels->item, labels->region);
            if (const auto* marks = std::get_if<MarksChanged>(&change))
                editor_->marks_changed_elsewhere(marks->item);
            if (std::holds_alternative<ClassesChanged>(change))
                editor_->reload_classes();
        });
        tools_ = std::make_unique<LabelTools>(*canvas_, *editor_);
        tools_->activate();
        tools_->settings().set_only_where_empty(false);
        QSignalSpy loaded(editor_.get(), &LabelEditor::loaded);
        editor_->set_item(item_, width, height);
        QVERIFY(loaded.wait(5000));
        QVERIFY(editor_->ready());
        QCOMPARE(editor_->current_class(), nucleus_);
    }
    void cleanup() {
        tools_.reset();
        editor_.reset();
        canvas_.reset();
        listening_.reset();
        project_.reset();
        folder_.reset();
    }
};

} // namespace eyepiece::test
