// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/canvas_tool.h"
#include "widgets/canvas/label_editor.h"

#include <QKeySequence>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace eyepiece {

class ImageCanvas;

// What the labelling tools share and the panel shows.
class EYEPIECE_EXPORT LabelToolSettings : public QObject {
    Q_OBJECT
public:
    static constexpr double smallest_brush = 1, largest_brush = 400;   // px across
    static constexpr double smallest_radius = 1, largest_radius = 100; // px
    using QObject::QObject;
    double brush_size() const { return brush_size_; }
    bool only_where_empty() const { return only_where_empty_; }
    double tolerance() const { return tolerance_; }         // of the wand, as a share of the image's range
    double radius() const { return radius_; }               // px, of Grow, Shrink and Smooth
    std::int64_t area_limit() const { return area_limit_; } // px, of Delete by area
    bool larger_ones() const { return larger_ones_; }       // it deletes what is larger, not what is smaller
    bool one_class_an_image() const { return one_class_; }  // a class of the image takes the others' place
    bool next_after_class() const { return next_after_class_; } // and then the next image is shown
    void set_brush_size(double size);                           // whole px, within the limits
    void set_only_where_empty(bool on);
    void set_tolerance(double share);
    void step_brush_size(double steps);     // by a tenth a step, at least by a pixel
    void set_radius(double radius);         // whole px, within the limits
    void set_area_limit(std::int64_t area); // at least 1
    void set_larger_ones(bool on);
    void set_one_class_an_image(bool on);
    void set_next_after_class(bool on);

    // Of the image in hand: the objects whose class is an example for the others, and the class that each
    // object is told to be by them.
    const std::set<ObjectId>& examples() const { return examples_; }
    const std::map<ObjectId, ClassId>& told_classes() const { return told_classes_; }
    void show_examples(std::set<ObjectId> examples, std::map<ObjectId, ClassId> told_classes);
    void choose_example(ObjectId id, bool is_one); // the user did: example_chosen()

Q_SIGNALS:
    void changed();
    void examples_changed();
    void example_chosen(eyepiece::ObjectId id, bool is_one);

private:
    double brush_size_ = 18;
    bool only_where_empty_ = true;
    double tolerance_ = 0.15;
    double radius_ = 2;
    std::int64_t area_limit_ = 50;
    bool larger_ones_ = false;
    std::set<ObjectId> examples_;
    std::map<ObjectId, ClassId> told_classes_;
    bool one_class_ = true, next_after_class_ = false;
};

// What every labelling tool works with. None of it is owned.
struct LabelToolContext {
    ImageCanvas& canvas;
    LabelEditor& editor;
    LabelToolSettings& settings;
};

// What is common to the labelling tools: Alt-click picks, and keys go to the commands when the tool has no
// use. All coordinates in image px.
class EYEPIECE_EXPORT LabelTool : public CanvasTool {
    Q_OBJECT
public:
    LabelTool(const LabelToolContext& context, QObject* parent) : CanvasTool(parent), context_(context) {}
    bool key(QKeyEvent* event) final;
    void set_fallback(std::function<bool(QKeyEvent*)> fallback) { fallback_ = std::move(fallback); }
    bool resize(double steps) override;
    // Something begun is not done: a stroke, an outline whose corners are being set.
    virtual bool busy() const { return false; }
    virtual void chosen() {} // it is the canvas's tool from now on
    // A tool for one deed: when that is over(), the tool before comes back.
    virtual bool passing() const { return false; }

Q_SIGNALS:
    void over();

protected:
    virtual bool own_key(QKeyEvent*) { return false; }
    // Alt was held: the class below the pointer is the current one now.
    bool picked(const CanvasPointer& pointer);
    bool has_class(); // to draw with; says what to do when there is none
    // A new object of the current class, as one edit called `what`, which is selected then. Says why when no
    // pixel was free for it. The outline is kept to be edited when nothing stood in its way.
    void add_object(const Polygon& outline, const QString& what);
    void add_object(const Mask& mask, const Region& place, const QString& what);
    LabelEditor& editor() const { return context_.editor; }
    LabelToolSettings& settings() const { return context_.settings; }
    ImageCanvas& canvas() const { return context_.canvas; }
    PixelSize pixel_size() const; // of the image in sight
    // What add_object() ends with: commits, selects the new object or says why it has no pixel.
    void end_object(ObjectId id);

private:
    LabelToolContext context_;
    std::function<bool(QKeyEvent*)> fallback_;
};

// A tool as it is listed in label_tool_list.cpp: what is said of it, and how one is made.
struct LabelToolSpec {
    QString id;        // "label.brush": its command has the same
    QString title;     // "Brush"
    QString help;      // one line, for the tooltip and the palette
    QString hint = {}; // one line on the canvas: what to do with it
    QString icon;      // name, as Theme::icon() takes it
    QKeySequence key;
    std::function<std::unique_ptr<LabelTool>(const LabelToolContext&)> make = {};
    // Tools of one family share a button of the strip, which shows the one used last. Empty: a button alone.
    QString family = {};
};

// Every tool, in the order of the strip. Those of one family follow each other.
std::vector<LabelToolSpec> label_tool_list();

} // namespace eyepiece
