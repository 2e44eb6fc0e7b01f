// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/label_follower.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/canvas/mark_editor.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"

namespace eyepiece {

LabelFollower::LabelFollower(ProjectSession& session, Selection& selection, ImageCanvas& canvas,
                             Notices& notices, LabelEditor& labels, QObject* parent)
    : QObject(parent)
    , session_(session)
    , selection_(selection)
    , canvas_(canvas)
    , notices_(notices)
    , labels_(labels) {
    connect(&session_, &ProjectSession::opened, this, [this] {
        labels_.set_project(&session_.project());
        follow_image();
    });
    connect(&session_, &ProjectSession::closing, this, [this] { labels_.set_project(nullptr); });
    connect(&session_, &ProjectSession::labels_changed, &labels_, &LabelEditor::labels_changed_elsewhere);
    connect(&session_, &ProjectSession::marks_changed, &labels_, &LabelEditor::marks_changed_elsewhere);
    connect(&canvas_, &ImageCanvas::plane_changed, this, [this](int z, int t) {
        labels_.marks().set_plane({z, t});
    });
    connect(&session_, &ProjectSession::classes_changed, &labels_, &LabelEditor::reload_classes);
    connect(&session_, &ProjectSession::external_change, this, [this] {
        labels_.reload_classes();
        labels_.reload();
    });
    connect(&session_, &ProjectSession::reverting_changed, &labels_, &LabelEditor::hold);
    connect(&session_, &ProjectSession::about_to_revert, this, [this](bool* may) {
        if (labels_.accepting()) { // waiting for it would hold up the window
            *may = false;
            say_refused(tr("The prediction is just being accepted. Undo again in a moment."));
            return;
        }
        if (labels_.stroking())
            labels_.commit();
        if (!labels_.flush()) {
            *may = false;
            say_unsaved(tr("nothing can be undone before that."));
        }
    });
    connect(&canvas_, &ImageCanvas::image_shown, this, &LabelFollower::follow_image);
    connect(&selection_, &Selection::item_changed, this, &LabelFollower::follow_image);
    connect(&canvas_, &ImageCanvas::plane_changed, this, &LabelFollower::follow_plane);
    connect(&labels_, &LabelEditor::failed, this, &LabelFollower::say_unsaved);
    connect(&labels_, &LabelEditor::refused, this, &LabelFollower::say_refused);
    connect(&labels_, &LabelEditor::saving_changed, this, [this](bool saving) {
        if (!saving)
            notices_.withdraw(QStringLiteral("unsaved"));
    });
    // One class for all panels.
    connect(&labels_, &LabelEditor::current_class_changed, &selection_, &Selection::set_label_class);
    connect(&selection_, &Selection::label_class_changed, &labels_, &LabelEditor::set_current_class);
    connect(&labels_, &LabelEditor::selected_changed, &selection_, &Selection::set_object);
    connect(&selection_, &Selection::object_changed, this, &LabelFollower::follow_object);
    connect(&labels_, &LabelEditor::loaded, this, &LabelFollower::follow_object);
    if (session_.is_open())
        labels_.set_project(&session_.project());
}

// Labels belong to the item whose image is in front: while the next one is still being read, to none.
void LabelFollower::follow_image() {
    const OpenImage* image = canvas_.image();
    ItemId item = 0;
    if (session_.is_open() && image && selection_.item() != 0)
        if (const auto found = session_.project().items().find(selection_.item());
            found && QString::fromStdString(found->path.string()) == image->path)
            item = found->id;
    labels_.marks().set_plane({canvas_.plane_z(), canvas_.plane_t()});
    labels_.set_item(item, item ? image->info().width : 0, item ? image->info().height : 0);
    follow_plane();
}

void LabelFollower::follow_plane() {
    if (const OpenImage* image = canvas_.image())
        labels_.set_plane(canvas_.plane_t() * image->info().depth + canvas_.plane_z());
}

// An object that was chosen elsewhere, in a plot perhaps, is brought into sight: once its image is in front
// and its labels are read.
void LabelFollower::follow_object() {
    // Its last of several may be the one already: then they all stay selected.
    if (labels_.selected() == selection_.object() || labels_.item() != selection_.item())
        return;
    labels_.select(selection_.object());
    if (const LabelObject* object = labels_.document().object(labels_.selected()))
        canvas_.bring_into_sight(object->bounds);
}

void LabelFollower::say_refused(const QString& message) {
    Notice notice{Notice::Kind::Look, message};
    notice.topic = QStringLiteral("labels");
    notices_.show(notice);
}

void LabelFollower::say_unsaved(const QString& message) {
    Notice notice{Notice::Kind::Bad,
                  tr("Your last strokes are not saved: %1 They stay on the screen.").arg(message)};
    notice.action = tr("Try again");
    notice.topic = QStringLiteral("unsaved");
    notice.handler = [this] { labels_.retry(); };
    notices_.show(notice);
}

} // namespace eyepiece
