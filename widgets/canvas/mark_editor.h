// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/project/classes.h"
#include "core/project/image_classes.h"
#include "core/project/marks.h"

#include <QObject>
#include <QString>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace eyepiece {

class LabelWriter;
class LayerStack;

// The points, keypoints and classes of one item at a time in memory, shown as a layer; what is put here shows
// at once and is on its way to the project's file. Part of a LabelEditor, whose writer and classes it shares.
// Lives on the window's thread; knows no widget. Coordinates in image px.
class EYEPIECE_EXPORT MarkEditor : public QObject {
    Q_OBJECT
public:
    static constexpr const char* layer_id = "marks";

    explicit MarkEditor(LayerStack& layers, QObject* parent = nullptr);
    ~MarkEditor() override;

    // ---- what the LabelEditor tells
    void set_writer(LabelWriter* writer); // not owned; null: there is no project
    void set_item(ItemId item, std::int64_t width, std::int64_t height);
    void set_classes(const std::vector<LabelClass>& classes, std::map<ClassId, Skeleton> skeletons);
    void hold(bool held) { held_ = held; } // while labels are being changed elsewhere, nothing may be put
    void reload();                         // the project changed in other ways than through this editor

    // ---- what is there
    ItemId item() const { return item_; }
    bool ready() const { return item_ != 0 && reading_ == 0 && !held_; }
    const std::map<MarkId, Mark>& marks() const { return marks_; }
    const Mark* mark(MarkId id) const;
    const Skeleton* skeleton(ClassId class_id) const; // null: none
    bool contains(Point2 place) const;                // the image does, its edges included
    Point2 into_image(Point2 place) const;            // the nearest place that it contains
    ImagePlane plane() const { return plane_; }
    void set_plane(ImagePlane plane); // in sight: what is shown, and where new marks go
    // The mark of the plane in sight and its point that lie nearest to `place`, within `reach` px.
    std::optional<std::pair<MarkId, int>> nearest(Point2 place, double reach) const;

    // The mark and its point that are worked on; 0 and -1: none.
    MarkId selected() const { return selected_; }
    int selected_point() const { return point_; }
    void select(MarkId id, int point = -1);

    // ---- edits: each is one undo step called `what`. False when nothing can be put just now: refused() says
    // why.
    bool put(Mark mark, const QString& what); // new (id 0) or said anew; selected then if it was new
    bool remove(MarkId id, const QString& what);
    // Shows a mark as it would be, until put() or the next preview; nothing: as it is.
    void preview(std::optional<Mark> mark);
    // To another item, as one undo step of that; `then` is called once it is on disk.
    void copy_to(ItemId item, MarkId id, std::function<void()> then);

    const std::vector<ClassId>& image_classes() const { return image_classes_; } // in order
    // Gives the image a class, or takes it. `alone`: it loses the others.
    bool set_image_class(ClassId class_id, bool on, bool alone);

Q_SIGNALS:
    void changed(); // marks, or what they look like
    void image_classes_changed();
    void selection_changed();
    void reloaded(); // from the disk: what a tool has in hand may be of the past
    void refused(const QString& message);

private:
    struct Content;
    bool may_begin();
    void take(const Content& content);
    void show();
    void commit(MarkEdit edit, const QString& what);

    LayerStack& layers_;
    LabelWriter* writer_ = nullptr;
    ItemId item_ = 0;
    std::int64_t width_ = 0, height_ = 0;
    ImagePlane plane_;
    std::map<MarkId, Mark> marks_;
    MarkId next_id_ = 1;
    std::vector<ClassId> image_classes_;
    std::map<ClassId, Skeleton> skeletons_;
    std::map<ClassId, QColor> colors_;
    std::optional<Mark> preview_;
    MarkId selected_ = 0;
    int point_ = -1;
    int reading_ = 0; // answers awaited for the current item
    bool held_ = false;
};

} // namespace eyepiece
