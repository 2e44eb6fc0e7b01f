// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/classes.h"
#include "widgets/canvas/label_document.h"
#include "widgets/canvas/label_prediction.h"
#include "widgets/canvas/label_writer.h"
#include "widgets/canvas/layer.h"
#include "widgets/canvas/work_clock.h"

#include <QObject>
#include <QRect>
#include <functional>
#include <memory>
#include <vector>

namespace eyepiece {

class LayerStack;
class MarkEditor;
class Project;

// How objects are coloured.
enum class LabelColoring { Automatic, ByObject, ByClass }; // Automatic: by class once there are several

// A labelling session: the labels of one item at a time in memory, shown as a layer, changed by strokes that
// show at once and go to the project's file as soon as they end. Lives on the window's thread; knows no
// widget.
class EYEPIECE_EXPORT LabelEditor : public QObject {
    Q_OBJECT
public:
    static constexpr const char* labels_layer = "labels";
    static constexpr const char* prediction_layer = "prediction";

    explicit LabelEditor(LayerStack& layers, QObject* parent = nullptr);
    ~LabelEditor() override;

    // The open project, used only to tell of changes and to read classes; null: none.
    void set_project(Project* project);
    // What is labelled. Size in px; reading goes on in the background, loaded() follows.
    void set_item(ItemId item, std::int64_t width, std::int64_t height);
    ItemId item() const { return document_.item(); }
    // Of a stack: t * depth + z. Its labels are read in the background, loaded() follows; selected objects
    // stay.
    void set_plane(int plane);
    bool ready() const { return !document_.empty() && !reading_ && !held_; } // strokes are possible
    // While the labels are being changed elsewhere, no stroke may begin.
    void hold(bool held);
    bool accepting() const { return accepting_; } // very many objects, in the background
    const LabelDocument& document() const { return document_; }
    MarkEditor& marks() const { return *marks_; } // points, keypoints and classes of the same item

    const std::vector<LabelClass>& classes() const { return classes_; }
    const LabelClass* find_class(ClassId id) const;
    ClassId current_class() const { return current_class_; } // -1: none
    void set_current_class(ClassId id);
    // The objects chosen to be worked on, in the order chosen; none twice. selected() is the last of them, 0:
    // none.
    const std::vector<ObjectId>& selection() const { return selection_; }
    ObjectId selected() const { return selection_.empty() ? 0 : selection_.back(); }
    void select(ObjectId id);                           // alone; 0: none
    void select_objects(std::vector<ObjectId> objects); // those that exist
    void toggle_selected(ObjectId id);
    // Shown in a warning colour: what a tool is about to delete.
    void mark(std::vector<ObjectId> objects);
    LabelColoring coloring() const { return coloring_; }
    void set_coloring(LabelColoring coloring);
    QRgb fill_of(ObjectId id) const; // as its layer shows it; transparent when there is no such object

    // ---- strokes. All coordinates in image px.
    // Makes the edit in hand; false when no item is ready. The tool's name goes into the history.
    bool begin(const QString& tool);
    ObjectId new_object(); // of the current class
    void line(Point2 from, Point2 to, double diameter, const PaintRule& rule);
    void polygon(const Polygon& polygon, const PaintRule& rule);
    void mask(const Mask& mask, std::int64_t x, std::int64_t y, const PaintRule& rule);
    void set_object(const LabelObject& object);
    void clear_object(ObjectId id); // its pixels; it goes unless it gets others before the edit ends
    void commit();                  // ends it: from here on it is on its way to the disk
    // The same, with further edits of this item (other planes of a stack) as one step: `more` is called on
    // the writing thread, which has written all that came before.
    void commit_with(std::function<std::vector<LabelEdit>(Project&)> more);
    // An edit that is made on the writing thread altogether; `then` follows once it is on disk. False, and
    // said why, when no edit can begin just now.
    bool commit_made(const QString& what, std::function<std::vector<LabelEdit>(Project&)> make,
                     std::function<void()> then);
    void cancel(); // as if it had not begun
    bool stroking() const { return document_.editing(); }
    // Ticks with every edit, and whenever else the user is seen to work on this image.
    WorkClock& clock() { return clock_; }

    // Edits of whole objects are in object_edits.h.

    // ---- prediction
    void show_prediction(LabelPrediction prediction);
    void clear_prediction();
    bool has_prediction() const { return prediction_.tiles != nullptr; }
    ObjectId predicted_at(std::int64_t x, std::int64_t y) const;
    const LabelPrediction& prediction() const { return prediction_; }
    // The number of objects taken over. Very many are put together in the background: ready() is false until
    // they are in.
    int accept_all();
    int accept_object(ObjectId predicted);
    int accept_region(const Region& region); // objects that lie at least half within it

    // Copies objects to another item of this size, where it bears no label, as one undo step of that item.
    // Once it is on disk `then` is told how many got a pixel there; a write that fails is told by failed().
    void copy_to(ItemId item, const std::vector<ObjectId>& objects, std::function<void(int copied)> then);

    // ---- the disk
    bool saving() const;
    bool flush(); // waits until everything is on disk; false when a write failed and waits
    void retry();
    void discard_unsaved(); // and shows what is on disk

    // Tell when the project changed in other ways than through this editor: undo, import, a class recoloured.
    void labels_changed_elsewhere(ItemId item, const Region& region);
    void marks_changed_elsewhere(ItemId item);
    void reload();
    void reload_classes();

    // "nucleus #27, by ada, brush"; empty where there is none.
    QString describe(const QPoint& pixel) const;

Q_SIGNALS:
    void loaded(eyepiece::ItemId item);
    void changed(const QRect& pixels); // pixels of the labels
    void objects_changed();
    void classes_changed();
    void current_class_changed(eyepiece::ClassId id);
    void selected_changed(eyepiece::ObjectId id); // the selection changed; id: the last of it
    void prediction_changed();
    void saving_changed(bool saving);
    void failed(const QString& message);  // a write failed: it stays on screen and waits for retry()
    void refused(const QString& message); // what was asked cannot be done, and why

private:
    void keep_existing(); // of the selection
    void touch(const Region& region);
    void request(const Region& region);
    void take(const std::shared_ptr<LabelContent>& content);
    void show_layer();
    void color(const LabelObject& object);
    void color_all();
    bool by_class() const;
    std::pair<QRgb, QRgb> colors_of(ObjectId id, ClassId class_id) const;
    void add_color(LabelColors& colors, const LabelObject& object) const;
    LabelColors prediction_colors() const;
    int accept(const std::function<bool(const LabelObject&)>& wanted);
    void accept_in_background(std::vector<LabelObject> taken, std::vector<LabelObject> left,
                              const Region& bounds);
    void set_left(std::shared_ptr<LabelTiles> tiles, std::vector<LabelObject> objects, const Region& touched);
    bool may_begin();
    void commit_as(const QString& title);
    QString titled(const QString& what, ItemId on) const; // "brush on field_017.tif"

    LayerStack& layers_;
    Project* project_ = nullptr;
    std::unique_ptr<LabelWriter> writer_;
    std::unique_ptr<MarkEditor> marks_;
    LabelDocument document_;
    std::vector<LabelClass> classes_;
    ClassId current_class_ = -1;
    std::vector<ObjectId> selection_;
    std::vector<ObjectId> marked_; // ascending
    LabelColoring coloring_ = LabelColoring::Automatic;
    LabelPrediction prediction_;
    QString tool_;
    WorkClock clock_;
    int reading_ = 0; // answers awaited for the current item
    bool held_ = false;
    bool accepting_ = false;
    bool telling_ = false; // the change being told is our own
};

} // namespace eyepiece
