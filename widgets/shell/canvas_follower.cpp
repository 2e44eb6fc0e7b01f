// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/canvas_follower.h"

#include "widgets/browser/item_list_model.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"

#include <algorithm>

namespace eyepiece {

CanvasFollower::CanvasFollower(ProjectSession& session, Selection& selection, ItemListModel& model,
                               ImageCanvas& canvas, QObject* parent)
    : QObject(parent), session_(session), selection_(selection), model_(model), canvas_(canvas) {
    connect(&selection_, &Selection::item_changed, this, &CanvasFollower::show_current);
    connect(&session_, &ProjectSession::closed, this, [this] {
        selection_.clear();
        show_current();
    });
    connect(&model_, &ItemListModel::loaded, this, [this] {
        const ItemId now = selection_.item();
        if (now != 0 && !model_.item(now) &&
            !model_.loading()) // removed, or replaced by the file it was renamed to
            selection_.set_item(0);
        if (selection_.item() == 0 && model_.rowCount() > 0)
            selection_.set_item(model_.id(0));
        show_current();
    });
    connect(&model_, &QAbstractItemModel::dataChanged, this, &CanvasFollower::show_current);
    connect(&canvas_, &ImageCanvas::step_wanted, this, [this](int images) {
        if (const int row = model_.row(selection_.item()) + images; row >= 0 && row < model_.rowCount())
            selection_.set_item(model_.id(row));
    });
    show_current();
}

void CanvasFollower::show_current() {
    const Item* item = model_.item(selection_.item());
    if (!item) {
        if (shown_ != 0 || !canvas_.path().isEmpty() || !canvas_.has_image())
            canvas_.show_nothing(session_.is_open()
                                     ? tr("No image is chosen. Choose one in the list at the left.")
                                     : QString());
        shown_ = 0;
        return;
    }
    const bool read_anew = item->id == shown_ && !shown_hash_.empty() && item->hash != shown_hash_;
    if (item->id == shown_ && !read_anew) {
        shown_hash_ = item->hash;
        return;
    }
    shown_ = item->id;
    shown_hash_ = item->hash;
    const QString path = QString::fromStdString(item->path.string());
    if (item->state == ItemState::Missing)
        canvas_.show_nothing(
            tr("%1 is not where it was (%2). Put it back, or add it from its new place: its labels "
               "are kept and found again by its content.")
                .arg(QString::fromStdString(item->name), path));
    else if (read_anew)
        canvas_.reload();
    else
        canvas_.show_file(path);
    QStringList ahead;
    const int row = model_.row(item->id);
    for (int near : {row + 1, row - 1, row + 2})
        if (const Item* other = model_.item_at(near))
            ahead.append(QString::fromStdString(other->path.string()));
    canvas_.prefetch(ahead);
}

} // namespace eyepiece
