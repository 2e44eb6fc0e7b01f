// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/mark_editor.h"

#include "core/project/project.h"
#include "widgets/canvas/label_writer.h"
#include "widgets/canvas/layer_stack.h"
#include "widgets/canvas/mark_layer.h"

#include <QColor>
#include <algorithm>
#include <array>
#include <cmath>

namespace eyepiece {

namespace {

// As strokes have it: an edit is on disk when the button has come up, and no slow disk holds up the window.
constexpr std::chrono::milliseconds write_within_a_frame{8}, write_before_the_next{100};

std::string titled(Project& project, const std::string& what, ItemId item) {
    return what + " on " + project.items().at(item).name;
}

} // namespace

struct MarkEditor::Content {
    ItemId item = 0;
    std::vector<Mark> marks;
    MarkId next_id = 1;
    std::vector<ClassId> classes;
};

MarkEditor::MarkEditor(LayerStack& layers, QObject* parent) : QObject(parent), layers_(layers) {}
MarkEditor::~MarkEditor() = default;

void MarkEditor::set_writer(LabelWriter* writer) {
    writer_ = writer;
    held_ = false;
    set_item(0, 0, 0);
}

void MarkEditor::set_item(ItemId item, std::int64_t width, std::int64_t height) {
    if (item == item_ && width == width_ && height == height_)
        return;
    item_ = writer_ ? item : 0;
    width_ = width;
    height_ = height;
    marks_.clear();
    image_classes_.clear();
    next_id_ = 1;
    preview_.reset();
    reading_ = 0;
    select(0);
    show();
    Q_EMIT changed();
    Q_EMIT image_classes_changed();
    reload();
}

void MarkEditor::set_classes(const std::vector<LabelClass>& classes, std::map<ClassId, Skeleton> skeletons) {
    const bool reshaped = skeletons != skeletons_;
    skeletons_ = std::move(skeletons);
    colors_.clear();
    for (const LabelClass& each : classes)
        colors_[each.id] = QColor(each.color[0], each.color[1], each.color[2]);
    if (reshaped) // instances have been arranged anew
        reload();
    show();
    Q_EMIT changed();
    Q_EMIT image_classes_changed();
}

void MarkEditor::reload() {
    if (item_ == 0 || !writer_)
        return;
    ++reading_;
    writer_->look(item_, [this, item = item_](Project& project) -> std::function<void()> {
        auto content = std::make_shared<Content>();
        content->item = item;
        content->marks = project.marks().marks(item);
        content->next_id = project.marks().next_id(item);
        for (const ImageClass& each : project.image_classes().classes(item))
            content->classes.push_back(each.class_id);
        return [this, content] { take(*content); };
    });
}

void MarkEditor::take(const Content& content) {
    if (content.item != item_ || reading_ == 0)
        return; // of an item that was left meanwhile
    --reading_;
    marks_.clear();
    for (const Mark& mark : content.marks)
        marks_.emplace(mark.id, mark);
    next_id_ = content.next_id;
    image_classes_ = content.classes;
    preview_.reset();
    if (!mark(selected_))
        select(0);
    show();
    Q_EMIT changed();
    Q_EMIT image_classes_changed();
    Q_EMIT reloaded();
}

const Mark* MarkEditor::mark(MarkId id) const {
    const auto found = marks_.find(id);
    return found == marks_.end() ? nullptr : &found->second;
}

const Skeleton* MarkEditor::skeleton(ClassId class_id) const {
    const auto found = skeletons_.find(class_id);
    return found == skeletons_.end() ? nullptr : &found->second;
}

bool MarkEditor::contains(Point2 place) const {
    return place.x >= 0 && place.y >= 0 && place.x <= static_cast<double>(width_) &&
           place.y <= static_cast<double>(height_);
}

Point2 MarkEditor::into_image(Point2 place) const {
    return {std::clamp(place.x, 0.0, static_cast<double>(width_)),
            std::clamp(place.y, 0.0, static_cast<double>(height_))};
}

void MarkEditor::set_plane(ImagePlane plane) {
    if (plane == plane_)
        return;
    plane_ = plane;
    if (const Mark* chosen = mark(selected_); chosen && chosen->plane != plane)
        select(0);
    show();
    Q_EMIT changed();
}

std::optional<std::pair<MarkId, int>> MarkEditor::nearest(Point2 place, double reach) const {
    std::optional<std::pair<MarkId, int>> best;
    double least = reach;
    const auto look_at = [&](const Mark& mark) {
        if (mark.plane != plane_)
            return;
        for (std::size_t i = 0; i < mark.points.size(); ++i) {
            const Keypoint& point = mark.points[i];
            const double distance = std::hypot(point.place.x - place.x, point.place.y - place.y);
            if (point.visibility != Visibility::Absent && distance < least) {
                least = distance;
                best = {mark.id, static_cast<int>(i)};
            }
        }
    };
    // The selected one is on top.
    if (const Mark* chosen = mark(selected_))
        look_at(*chosen);
    if (best)
        return best;
    for (const auto& [id, mark] : marks_)
        look_at(mark);
    return best;
}

void MarkEditor::select(MarkId id, int point) {
    const Mark* chosen = mark(id);
    id = chosen ? id : 0;
    point = chosen && point < static_cast<int>(chosen->points.size()) ? point : -1;
    if (id == selected_ && point == point_)
        return;
    selected_ = id;
    point_ = point;
    show();
    Q_EMIT selection_changed();
}

// ---- edits

bool MarkEditor::may_begin() {
    if (item_ == 0 || !writer_)
        return false;
    if (held_) {
        Q_EMIT refused(tr("Many labels are just being changed. Try again in a moment."));
        return false;
    }
    // What is on its way from the disk comes first, for it would take what is put now for gone.
    if (writer_->wait(write_before_the_next) && reading_ > 0)
        writer_->flush(); // only delivers
    if (reading_ > 0) {
        Q_EMIT refused(writer_->stuck()
                           ? tr("The labels of this image cannot be read just now, so nothing can be marked "
                                "on it. See the "
                                "message about saving, and try again.")
                           : tr("The labels of this image are still being read. Try again in a moment."));
        return false;
    }
    return true;
}

void MarkEditor::commit(MarkEdit edit, const QString& what) {
    writer_->write(item_, [edit = std::move(edit), what = what.toStdString()](Project& project) {
        project.marks().commit(std::vector{edit}, titled(project, what, edit.item));
        return std::function<void()>();
    });
    writer_->wait(write_within_a_frame);
}

bool MarkEditor::put(Mark mark, const QString& what) {
    preview_.reset();
    if (!may_begin()) {
        show();
        return false;
    }
    const bool made = mark.id == 0;
    if (made) {
        mark.id = next_id_++;
        mark.plane = plane_;
    }
    MarkEdit edit;
    edit.item = item_;
    edit.tool = mark.kind == MarkKind::Point ? "point" : "keypoints";
    edit.marks = {mark};
    if (placed_points(mark.points) == 0)
        marks_.erase(mark.id); // as the store does
    else
        marks_[mark.id] = mark;
    if (made)
        select(mark.id);
    else
        select(selected_, point_);
    show();
    commit(std::move(edit), what);
    Q_EMIT changed();
    return true;
}

bool MarkEditor::remove(MarkId id, const QString& what) {
    preview_.reset();
    if (!mark(id) || !may_begin())
        return false;
    marks_.erase(id);
    select(selected_, point_);
    show();
    MarkEdit edit;
    edit.item = item_;
    edit.tool = "delete";
    edit.gone = {id};
    commit(std::move(edit), what);
    Q_EMIT changed();
    return true;
}

void MarkEditor::preview(std::optional<Mark> mark) {
    preview_ = std::move(mark);
    show();
}

void MarkEditor::copy_to(ItemId item, MarkId id, std::function<void()> then) {
    const Mark* from = mark(id);
    if (!from || !writer_)
        return;
    Mark copy = *from;
    copy.author = copy.created = copy.run = {};
    copy.score = -1;
    copy.tool = "copy";
    for (Keypoint& point : copy.points)
        point.score = -1; // a person says so now
    writer_->write(item, [copy, item, then = std::move(then)](Project& project) mutable {
        copy.id = project.marks().next_id(item);
        MarkEdit edit;
        edit.item = item;
        edit.tool = "copy";
        edit.marks = {copy};
        project.marks().commit(
            std::vector{edit},
            titled(project, copy.kind == MarkKind::Point ? "copy point" : "copy keypoints", item));
        return then;
    });
}

bool MarkEditor::set_image_class(ClassId class_id, bool on, bool alone) {
    if (!may_begin())
        return false;
    std::vector<ClassId> now = on && alone ? std::vector<ClassId>{} : image_classes_;
    std::erase(now, class_id);
    if (on)
        now.push_back(class_id);
    std::sort(now.begin(), now.end());
    if (now == image_classes_)
        return true;
    image_classes_ = now;
    writer_->write(item_, [item = item_, class_id, on, alone](Project& project) {
        project.image_classes().assign(std::array{item}, class_id, on, alone);
        return std::function<void()>();
    });
    writer_->wait(write_within_a_frame);
    Q_EMIT image_classes_changed();
    return true;
}

void MarkEditor::show() {
    auto scene = std::make_shared<MarkScene>();
    for (const auto& [id, mark] : marks_)
        if (mark.plane == plane_ && !(preview_ && preview_->id == id))
            scene->marks.push_back(mark);
    if (preview_)
        scene->marks.push_back(*preview_);
    if (scene->marks.empty() && marks_.empty()) {
        layers_.remove(layer_id);
        return;
    }
    scene->skeletons = skeletons_;
    scene->colors = colors_;
    scene->selected = selected_;
    scene->point = point_;
    layers_.show_marks(layer_id, tr("Points"), std::move(scene));
}

} // namespace eyepiece
