// SPDX-License-Identifier: GPL-3.0-or-later
// A process that labels the first image of a project with the mouse's events, stroke by stroke, until it is
// killed:
//   labelling-process FOLDER
// Says "begin N" before the button goes down for stroke N, and "saved N" once nothing of it waits to be
// written.
#include "canvas/synthetic_source.h"
#include "core/project/project.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"

#include <QApplication>
#include <QTest>
#include <unistd.h>

using namespace eyepiece;
using eyepiece::test::SyntheticSource;

namespace {

constexpr int side = 600;

void say(const char* what, int number) {
    const std::string text = std::string(what) + " " + std::to_string(number) + "\n";
    [[maybe_unused]] const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
}

void wait_until(const std::function<bool()>& done) {
    while (!done())
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents, 5);
}

} // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    if (argc != 2)
        return 2;
    const auto project = Project::open(argv[1], Project::Access::Editor);
    const ItemId item = project->items().all().front().id;
    const ClassId classes[] = {project->classes().find_or_add("nucleus"),
                               project->classes().find_or_add("mitotic")};
    ImageCanvas canvas;
    canvas.resize(side, side);
    canvas.show();
    canvas.show_source(
        "image", std::make_shared<SyntheticSource>(side, side, 1, [](int, std::int64_t x, std::int64_t, int) {
            return static_cast<std::uint16_t>(x);
        }));
    wait_until([&] { return canvas.has_image(); });
    canvas.zoom_to(1);
    LabelEditor editor(canvas.layers());
    editor.set_project(project.get());
    editor.set_item(item, side, side);
    wait_until([&] { return editor.ready(); });
    LabelTools tools(canvas, editor);
    tools.activate();
    tools.choose("label.brush");
    tools.settings().set_brush_size(24);
    tools.settings().set_only_where_empty(false);

    int ended = static_cast<int>(project->labels().next_object_id(item)) - 2;
    QObject::connect(&editor, &LabelEditor::saving_changed, &editor, [&](bool saving) {
        if (!saving)
            say("saved", ended);
    });
    constexpr int columns = 8, places = columns * columns;
    for (int n = ended + 1;; ++n) {
        // Each round over the image in the other class, so that every stroke makes an object of its own.
        editor.set_current_class(classes[n / places % 2]);
        const QPoint from(40 + n % columns * 64, 40 + n / columns % columns * 64);
        say("begin", n);
        QTest::mousePress(&canvas, Qt::LeftButton, {}, from);
        for (int step = 1; step <= 6; ++step) {
            QMouseEvent move(QEvent::MouseMove, from + QPoint(5 * step, 3 * step),
                             canvas.mapToGlobal(from + QPoint(5 * step, 3 * step)), Qt::NoButton,
                             Qt::LeftButton, {});
            QApplication::sendEvent(&canvas, &move);
            QCoreApplication::processEvents();
        }
        QTest::mouseRelease(&canvas, Qt::LeftButton, {}, from + QPoint(30, 18));
        ended = n;
        if (!editor.saving())
            say("saved", n);
        QCoreApplication::processEvents();
    }
}
