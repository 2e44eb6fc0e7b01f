// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/label_editor.h"

#include "core/project/project.h"
#include "widgets/canvas/label_acceptance.h"
#include "widgets/canvas/label_copy.h"
#include "widgets/canvas/layer_stack.h"
#include "widgets/canvas/mark_editor.h"

#include <QColor>
#include <algorithm>
#include <iterator>
#include <unordered_set>

namespace eyepiece {

namespace {

QRect to_rect(const Region& region) {
    return {static_cast<int>(region.x), static_cast<int>(region.y), static_cast<int>(region.width),
            static_cast<int>(region.height)};
}

constexpr QRgb selection_color = 0xff5aa9e6u;
constexpr QRgb marked_fill = 0xffe06c55u, marked_outline = 0xffffb4a4u;

// A stroke of ordinary size is on disk when the button has come up: writing it takes less than a frame. A
// larger one goes on by itself, and holds up at most the next one: should the program be killed, one stroke
// is lost and not two.
constexpr std::chrono::milliseconds write_within_a_frame{8}, write_before_the_next{100};

constexpr std::size_t accepted_at_once = 500; // objects: beyond that it would hold up the window

} // namespace

LabelEditor::LabelEditor(LayerStack& layers, QObject* parent)
    : QObject(parent), layers_(layers), marks_(std::make_unique<MarkEditor>(layers)) {
    connect(marks_.get(), &MarkEditor::refused, this, &LabelEditor::refused);
    // One thing is selected: an object, or a mark.
    connect(marks_.get(), &MarkEditor::selection_changed, this, [this] {
        if (marks_->selected() != 0)
            select(0);
    });
}
LabelEditor::~LabelEditor() = default;

void LabelEditor::hold(bool held) {
    held_ = held;
    marks_->hold(held);
}

void LabelEditor::set_project(Project* project) {
    if (stroking())
        commit();
    if (writer_)
        writer_->flush();
    marks_->set_writer(nullptr);
    writer_.reset();
    project_ = project;
    document_ = {};
    reading_ = 0;
    accepting_ = held_ = false;
    selection_.clear();
    marked_.clear();
    clear_prediction();
    layers_.remove(labels_layer);
    if (!project_) {
        classes_.clear();
        current_class_ = -1;
        Q_EMIT classes_changed();
        Q_EMIT objects_changed();
        return;
    }
    writer_ = std::make_unique<LabelWriter>(project_->folder());
    marks_->set_writer(writer_.get());
    connect(writer_.get(), &LabelWriter::content_read, this, &LabelEditor::take);
    connect(writer_.get(), &LabelWriter::busy_changed, this, &LabelEditor::saving_changed);
    connect(writer_.get(), &LabelWriter::commit_failed, this, &LabelEditor::failed);
    connect(writer_.get(), &LabelWriter::read_failed, this, [this](ItemId item, const QString& message) {
        if (item == document_.item())
            Q_EMIT refused(message);
    });
    connect(writer_.get(), &LabelWriter::committed, this,
            [this](const std::vector<ProjectChange>& changes, ItemId item,
                   const std::vector<LabelObject>& objects, std::uint64_t number) {
                if (item == document_.item())
                    for (const LabelObject& object : objects)
                        document_.update_object(object, number);
                if (!project_)
                    return;
                telling_ =
                    true; // the project's own connection has not seen it; its listeners hear of it here
                project_->skip_external_changes();
                for (const ProjectChange& change : changes)
                    project_->changes().tell(change);
                telling_ = false;
            });
    reload_classes();
    Q_EMIT objects_changed();
}

// ---- classes and colours

void LabelEditor::reload_classes() {
    classes_ = project_ ? project_->classes().all() : std::vector<LabelClass>{};
    if (!find_class(current_class_)) {
        const auto first =
            std::find_if(classes_.begin(), classes_.end(), [](const LabelClass& c) { return c.id != 0; });
        current_class_ = first == classes_.end() ? -1 : first->id;
        Q_EMIT current_class_changed(current_class_);
    }
    marks_->set_classes(classes_, project_ ? project_->skeletons().all() : std::map<ClassId, Skeleton>{});
    Q_EMIT classes_changed();
    color_all();
}

const LabelClass* LabelEditor::find_class(ClassId id) const {
    const auto found =
        std::find_if(classes_.begin(), classes_.end(), [&](const LabelClass& c) { return c.id == id; });
    return found == classes_.end() ? nullptr : &*found;
}

void LabelEditor::set_current_class(ClassId id) {
    if (id == current_class_ || !find_class(id))
        return;
    current_class_ = id;
    Q_EMIT current_class_changed(id);
}

void LabelEditor::set_coloring(LabelColoring coloring) {
    coloring_ = coloring;
    color_all();
}

bool LabelEditor::by_class() const {
    if (coloring_ != LabelColoring::Automatic)
        return coloring_ == LabelColoring::ByClass;
    return std::count_if(classes_.begin(), classes_.end(), [](const LabelClass& c) { return c.id != 0; }) > 1;
}

std::pair<QRgb, QRgb> LabelEditor::colors_of(ObjectId id, ClassId class_id) const {
    if (std::binary_search(marked_.begin(), marked_.end(), id))
        return {marked_fill, marked_outline};
    const LabelClass* known = find_class(class_id);
    if (class_id == 0) // painted background: there, but quiet
        return {qRgba(130, 136, 148, 150), qRgba(170, 176, 186, 120)};
    const QRgb fill = by_class() && known ? qRgb(known->color[0], known->color[1], known->color[2])
                                          : LabelColors::object_color(id);
    return {fill, LabelColors::outline_color(fill)};
}

QRgb LabelEditor::fill_of(ObjectId id) const {
    const LabelObject* object = document_.object(id);
    return object ? colors_of(id, object->class_id).first : 0;
}

void LabelEditor::add_color(LabelColors& colors, const LabelObject& object) const {
    if (object.id >= colors.fill.size()) {
        colors.fill.resize(object.id + std::size_t{1});
        colors.outline.resize(object.id + std::size_t{1});
    }
    std::tie(colors.fill[object.id], colors.outline[object.id]) = colors_of(object.id, object.class_id);
}

LabelColors LabelEditor::prediction_colors() const {
    LabelColors colors{{0}, {0}};
    for (const LabelObject& object : prediction_.objects)
        add_color(colors, object);
    return colors;
}

void LabelEditor::color_all() {
    LabelColors colors{{0}, {0}};
    for (const auto& [id, object] : document_.objects())
        add_color(colors, object);
    layers_.set_label_colors(labels_layer, std::move(colors));
    if (prediction_.tiles)
        layers_.set_label_colors(prediction_layer, prediction_colors());
}

void LabelEditor::color(const LabelObject& object) {
    const auto [fill, outline] = colors_of(object.id, object.class_id);
    layers_.set_object_colors(labels_layer, object.id, fill, outline);
}

void LabelEditor::show_layer() {
    if (document_.empty())
        return;
    layers_.show_labels(LayerKind::Labels, labels_layer, tr("Labels"), document_.tiles(), {});
    color_all();
    layers_.set_selected_objects(labels_layer, selection_, {}, selection_color);
}

// ---- reading

void LabelEditor::set_item(ItemId item, std::int64_t width, std::int64_t height) {
    if (stroking())
        commit();
    if (item == document_.item() && !document_.empty() && document_.width() == width &&
        document_.height() == height)
        return;
    clear_prediction();
    select(0);
    clock_.restart();
    reading_ = 0;
    if (!writer_ || item == 0 || width <= 0 || height <= 0) {
        document_ = {};
        marks_->set_item(0, 0, 0);
        layers_.remove(labels_layer);
        Q_EMIT objects_changed();
        return;
    }
    document_ = LabelDocument(item, height, width);
    marks_->set_item(item, width, height);
    show_layer();
    request(document_.tiles()->extent());
    Q_EMIT objects_changed();
}

void LabelEditor::set_plane(int plane) {
    if (stroking())
        commit();
    if (document_.empty() || plane == document_.plane())
        return;
    clear_prediction();
    document_.turn_to(plane);
    show_layer();
    reading_ = 0; // answers for the plane before are not taken
    request(document_.tiles()->extent());
}

void LabelEditor::request(const Region& region) {
    ++reading_;
    writer_->read(document_.item(), region, document_.plane());
}

void LabelEditor::take(const std::shared_ptr<LabelContent>& content) {
    if (content->item != document_.item() || content->plane != document_.plane() || document_.empty() ||
        reading_ == 0)
        return; // of an item or a plane that was left meanwhile
    --reading_;
    document_.load(content->region, content->pixels);
    document_.load_objects(std::move(content->objects), content->next_id);
    keep_existing();
    color_all();
    Q_EMIT changed(to_rect(content->region));
    Q_EMIT objects_changed();
    if (reading_ == 0)
        Q_EMIT loaded(document_.item());
}

void LabelEditor::labels_changed_elsewhere(ItemId item, const Region& region) {
    if (telling_ || item != document_.item() || document_.empty() || !writer_)
        return;
    request(region.intersected(document_.tiles()->extent()));
}

void LabelEditor::marks_changed_elsewhere(ItemId item) {
    if (!telling_ && item == marks_->item())
        marks_->reload();
}

void LabelEditor::reload() {
    if (!document_.empty() && writer_)
        request(document_.tiles()->extent());
    marks_->reload();
}

// ---- strokes

bool LabelEditor::may_begin() {
    if (document_.empty() || !writer_)
        return false;
    if (held_ || accepting_) {
        Q_EMIT refused(tr("Many labels are just being changed. Try again in a moment."));
        return false;
    }
    if (stroking())
        commit();
    const bool settled = writer_->wait(write_before_the_next);
    // What is on its way from the disk comes first: a stroke over labels that an undo has just removed would
    // bring them back.
    if (reading_ > 0 && settled)
        writer_->flush(); // only delivers
    if (reading_ > 0) {
        Q_EMIT refused(
            writer_->stuck()
                ? tr("The labels of this image cannot be read just now, so nothing can be drawn on it. "
                     "See the message about saving, and try again.")
                : tr("The labels of this image are still being read. Try again in a moment."));
        return false;
    }
    return true;
}

bool LabelEditor::begin(const QString& tool) {
    if (!may_begin())
        return false;
    tool_ = tool;
    clock_.tick();
    document_.begin(tool.toStdString());
    return true;
}

ObjectId LabelEditor::new_object() {
    const ObjectId id = document_.new_object(current_class_);
    color(*document_.object(id));
    return id;
}

void LabelEditor::touch(const Region& region) {
    if (region.empty())
        return;
    layers_.touch(labels_layer, to_rect(region));
    Q_EMIT changed(to_rect(region));
}

void LabelEditor::line(Point2 from, Point2 to, double diameter, const PaintRule& rule) {
    touch(document_.paint_line(from, to, diameter, rule));
}

void LabelEditor::polygon(const Polygon& polygon, const PaintRule& rule) {
    touch(document_.paint_polygon(polygon, rule));
}

void LabelEditor::mask(const Mask& mask, std::int64_t x, std::int64_t y, const PaintRule& rule) {
    touch(document_.paint_mask(mask, x, y, rule));
}

void LabelEditor::set_object(const LabelObject& object) {
    document_.set_object(object);
    color(object);
    layers_.touch(labels_layer, to_rect(object.bounds));
}

void LabelEditor::clear_object(ObjectId id) {
    touch(document_.remove_object(id));
}

void LabelEditor::commit() {
    commit_as(tool_);
}

void LabelEditor::commit_as(const QString& title) {
    if (!stroking())
        return;
    FinishedEdit edit = document_.finish();
    keep_existing();
    if (edit.empty())
        return;
    clock_.tick();
    edit.seconds = clock_.take();
    writer_->commit(std::move(edit), titled(title, document_.item()).toStdString());
    writer_->wait(write_within_a_frame);
    Q_EMIT objects_changed();
}

void LabelEditor::commit_with(std::function<std::vector<LabelEdit>(Project&)> more) {
    if (!stroking())
        return;
    FinishedEdit edit = document_.finish();
    keep_existing();
    const auto make = [edit = std::move(edit), more = std::move(more)](Project& project) {
        std::vector<LabelEdit> edits = edit.edits();
        std::vector<LabelEdit> others = more(project);
        std::move(others.begin(), others.end(), std::back_inserter(edits));
        return edits;
    };
    writer_->commit(document_.item(), make, titled(tool_, document_.item()).toStdString(), [] {});
    writer_->wait(write_within_a_frame);
    Q_EMIT objects_changed();
}

bool LabelEditor::commit_made(const QString& what, std::function<std::vector<LabelEdit>(Project&)> make,
                              std::function<void()> then) {
    if (!may_begin())
        return false;
    writer_->commit(document_.item(), std::move(make), titled(what, document_.item()).toStdString(),
                    std::move(then));
    request(document_.tiles()->extent()); // behind the writing: no stroke comes between
    return true;
}

QString LabelEditor::titled(const QString& what, ItemId on) const {
    QString where;
    if (project_)
        if (const auto item = project_->items().find(on))
            where = QString::fromStdString(item->name);
    return where.isEmpty() ? what : tr("%1 on %2").arg(what, where);
}

void LabelEditor::cancel() {
    if (stroking())
        touch(document_.revert());
}

void LabelEditor::select(ObjectId id) {
    select_objects(id == 0 ? std::vector<ObjectId>{} : std::vector{id});
}

void LabelEditor::toggle_selected(ObjectId id) {
    std::vector<ObjectId> objects = selection_;
    if (std::erase(objects, id) == 0)
        objects.push_back(id);
    select_objects(std::move(objects));
}

void LabelEditor::select_objects(std::vector<ObjectId> objects) {
    std::unordered_set<ObjectId> seen;
    std::erase_if(objects, [&](ObjectId id) { return !document_.object(id) || !seen.insert(id).second; });
    if (objects == selection_)
        return;
    Region all;
    for (const std::vector<ObjectId>* each : {&selection_, &objects})
        for (const ObjectId id : *each)
            if (const LabelObject* object = document_.object(id))
                all = all.united(object->bounds);
    selection_ = std::move(objects);
    if (!selection_.empty())
        marks_->select(0);
    layers_.set_selected_objects(labels_layer, selection_,
                                 to_rect({all.x - 4, all.y - 4, all.width + 8, all.height + 8}),
                                 selection_color);
    Q_EMIT selected_changed(selected());
}

void LabelEditor::keep_existing() {
    select_objects(selection_);
}

void LabelEditor::mark(std::vector<ObjectId> objects) {
    std::sort(objects.begin(), objects.end());
    if (objects == marked_)
        return;
    marked_ = std::move(objects);
    color_all();
}

// ---- prediction

void LabelEditor::show_prediction(LabelPrediction prediction) {
    prediction_ = std::move(prediction);
    layers_.show_labels(LayerKind::Prediction, prediction_layer, prediction_.title, prediction_.tiles,
                        prediction_colors(), prediction_.origin);
    Q_EMIT prediction_changed();
}

void LabelEditor::clear_prediction() {
    if (!prediction_.tiles)
        return;
    prediction_ = {};
    layers_.remove(prediction_layer);
    Q_EMIT prediction_changed();
}

ObjectId LabelEditor::predicted_at(std::int64_t x, std::int64_t y) const {
    return prediction_.tiles ? prediction_.tiles->at(x - prediction_.origin.x(), y - prediction_.origin.y())
                             : 0;
}

int LabelEditor::accept(const std::function<bool(const LabelObject&)>& wanted) {
    if (!prediction_.tiles)
        return 0;
    std::vector<LabelObject> taken, left;
    Region bounds;
    for (const LabelObject& object : prediction_.objects) {
        if (wanted(object)) {
            taken.push_back(object);
            taken.back().tool = "prediction";
            bounds = bounds.united(object.bounds);
        } else {
            left.push_back(object);
        }
    }
    const Region extent{prediction_.origin.x(), prediction_.origin.y(), prediction_.tiles->width(),
                        prediction_.tiles->height()};
    bounds = bounds.intersected(extent);
    if (taken.empty() || bounds.empty())
        return 0;
    const auto count = static_cast<int>(taken.size());
    if (taken.size() > accepted_at_once) {
        if (!may_begin())
            return 0;
        accept_in_background(std::move(taken), std::move(left), bounds);
        return count;
    }
    if (!begin(tr("accept prediction")))
        return 0;
    const ObjectId first = document_.next_id();
    // What a person drew is never painted over by a machine.
    const Region pixels =
        document_.add_objects(*prediction_.tiles, extent.x, extent.y, taken, prediction_.grows_labels);
    for (ObjectId id = first; id < document_.next_id(); ++id)
        if (const LabelObject* object = document_.object(id))
            color(*object);
    touch(pixels);
    commit();
    if (!left.empty())
        erase_objects(*prediction_.tiles,
                      {bounds.x - extent.x, bounds.y - extent.y, bounds.width, bounds.height}, taken);
    set_left(prediction_.tiles, std::move(left), bounds);
    return count;
}

void LabelEditor::copy_to(ItemId item, const std::vector<ObjectId>& objects,
                          std::function<void(int copied)> then) {
    if (!writer_ || document_.empty())
        return;
    if (stroking())
        commit();
    auto work = std::make_shared<LabelCopy>(document_, item, objects);
    writer_->commit(
        item, [work](Project& project) { return work->edits(project); },
        titled(tr("copy objects"), item).toStdString(),
        [work, then = std::move(then)] { then(work->copied); });
}

void LabelEditor::accept_in_background(std::vector<LabelObject> taken, std::vector<LabelObject> left,
                                       const Region& bounds) {
    auto work = std::make_shared<Acceptance>();
    work->item = document_.item();
    work->plane = document_.plane();
    work->extent = document_.tiles()->extent();
    work->bounds = bounds;
    work->origin_x = prediction_.origin.x();
    work->origin_y = prediction_.origin.y();
    work->predicted = prediction_.tiles;
    work->taken = std::move(taken);
    work->left = std::move(left);
    work->grow = prediction_.grows_labels;
    writer_->commit(
        work->item, [work](Project& project) { return work->edits(project); },
        titled(tr("accept prediction"), work->item).toStdString(),
        [this, work] {
            accepting_ = false;
            if (prediction_.tiles == work->predicted) // and not another one by now
                set_left(work->predicted_left, std::move(work->left), work->bounds);
        });
    accepting_ = true;
    request(bounds); // behind the writing: no stroke comes between
}

// What was accepted is a label now, and no longer a prediction.
void LabelEditor::set_left(std::shared_ptr<LabelTiles> tiles, std::vector<LabelObject> objects,
                           const Region& touched) {
    if (objects.empty()) {
        clear_prediction();
        return;
    }
    prediction_.objects = std::move(objects);
    if (tiles != prediction_.tiles) {
        LabelPrediction rest = std::move(prediction_);
        rest.tiles = std::move(tiles);
        show_prediction(std::move(rest));
        return;
    }
    layers_.touch(prediction_layer, to_rect(touched));
    Q_EMIT prediction_changed();
}

int LabelEditor::accept_all() {
    return accept([](const LabelObject&) { return true; });
}

int LabelEditor::accept_object(ObjectId predicted) {
    return accept([&](const LabelObject& object) { return object.id == predicted; });
}

int LabelEditor::accept_region(const Region& region) {
    return accept([&](const LabelObject& object) {
        const Region common = object.bounds.intersected(region);
        return 2 * common.width * common.height >= object.bounds.width * object.bounds.height &&
               !common.empty();
    });
}

// ---- the disk

bool LabelEditor::saving() const {
    return writer_ && writer_->busy();
}

bool LabelEditor::flush() {
    return !writer_ || writer_->flush();
}

void LabelEditor::retry() {
    if (writer_)
        writer_->retry();
}

void LabelEditor::discard_unsaved() {
    if (!writer_ || !writer_->stuck())
        return;
    writer_->discard();
    reading_ = 0;
    accepting_ = false;
    reload();
}

QString LabelEditor::describe(const QPoint& pixel) const {
    const ObjectId id = document_.at(pixel.x(), pixel.y());
    const LabelObject* object = document_.object(id);
    if (object) {
        const LabelClass* known = find_class(object->class_id);
        QString text = QStringLiteral("%1 #%2")
                           .arg(known ? QString::fromStdString(known->name) : tr("unknown class"))
                           .arg(id);
        if (!object->author.empty())
            text += tr(", by %1").arg(QString::fromStdString(object->author));
        const std::string& with = object->run.empty() ? object->tool : object->run;
        return with.empty() ? text : text + ", " + QString::fromStdString(with);
    }
    if (const ObjectId predicted = predicted_at(pixel.x(), pixel.y()))
        for (const LabelObject& each : prediction_.objects)
            if (each.id == predicted) {
                const LabelClass* known = find_class(each.class_id);
                const QString name = known ? QString::fromStdString(known->name) : tr("object");
                return each.score >= 0 ? tr("predicted %1, %2 %").arg(name).arg(qRound(each.score * 100))
                                       : tr("predicted %1").arg(name);
            }
    return {};
}

} // namespace eyepiece
