// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/canvas_tool.h"
#include "widgets/canvas/label_editor.h"

#include <QKeySequence>
#include <QPointer>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace eyepiece {

class ImageCanvas;

// What the labelling tools share and the panel shows.
class EYEPIECE_EXPORT LabelToolSettings : public QObject {
    Q_OBJECT
public:
    static constexpr double smallest_brush = 1, largest_brush = 400; // px across
    using QObject::QObject;
    double brush_size() const { return brush_size_; }
    bool only_where_empty() const { return only_where_empty_; }
    double tolerance() const { return tolerance_; } // of Fill, as a share of the contrast's range
    void set_brush_size(double size);               // whole px, within the limits
    void set_only_where_empty(bool on);
    void set_tolerance(double share);
    void step_brush_size(double steps); // by a tenth a step, at least by a pixel

Q_SIGNALS:
    void changed();

private:
    double brush_size_ = 18;
    bool only_where_empty_ = true;
    double tolerance_ = 0.15;
};

// What every labelling tool works with. None of it is owned.
struct LabelToolContext {
    ImageCanvas& canvas;
    LabelEditor& editor;
    LabelToolSettings& settings;
};

// What is common to the labelling tools: Alt-click picks, and keys go to the commands when the tool has no
// use.
class LabelTool : public CanvasTool {
    Q_OBJECT
public:
    LabelTool(const LabelToolContext& context, QObject* parent) : CanvasTool(parent), context_(context) {}
    bool key(QKeyEvent* event) final;
    void set_fallback(std::function<bool(QKeyEvent*)> fallback) { fallback_ = std::move(fallback); }
    bool resize(double steps) override;

protected:
    virtual bool own_key(QKeyEvent*) { return false; }
    bool
    picked(const CanvasPointer& pointer); // Alt was held: the class below the pointer is the current one now
    LabelEditor& editor() const { return context_.editor; }
    LabelToolSettings& settings() const { return context_.settings; }
    ImageCanvas& canvas() const { return context_.canvas; }

private:
    LabelToolContext context_;
    std::function<bool(QKeyEvent*)> fallback_;
};

// Brush and eraser. A stroke that starts inside an object of the current class goes on with that object, any
// other makes a new one. Shift-click draws a straight line from the last stroke's end. The right button
// erases.
class BrushTool : public LabelTool {
    Q_OBJECT
public:
    BrushTool(const LabelToolContext& context, bool erases, QObject* parent);
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void leave() override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    std::optional<QRectF> painted_area(const ViewTransform& view) const override;
    void finish() override;
    QCursor cursor() const override { return Qt::CrossCursor; }

protected:
    bool own_key(QKeyEvent* event) override;

private:
    bool shows_line() const; // from the last stroke's end to the pointer
    ObjectId target(const Point2& at);
    bool erases_;
    bool drawing_ = false;
    PaintRule rule_;
    Point2 last_{};
    ItemId last_item_ = 0; // where last_ and last_object_ are meant
    ObjectId last_object_ = 0;
    bool has_last_ = false;
    std::optional<QPointF> pointer_; // image px
    Qt::KeyboardModifiers modifiers_;
};

// Polygon (click by click) and lasso (one drag). Enter, a double click or a click on the first point closes.
class PolygonTool : public LabelTool {
    Q_OBJECT
public:
    PolygonTool(const LabelToolContext& context, bool lasso, QObject* parent);
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void double_click(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    void finish() override;
    QCursor cursor() const override { return Qt::CrossCursor; }

protected:
    bool own_key(QKeyEvent* event) override;

private:
    void close();
    bool lasso_;
    bool dragging_ = false;
    Polygon points_;
    std::optional<QPointF> pointer_;
};

// Chooses objects; shows and changes the vertices of the chosen one's outline. A double click gives an object
// that was brushed an outline to edit.
class SelectTool : public LabelTool {
    Q_OBJECT
public:
    SelectTool(const LabelToolContext& context, QObject* parent);
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void double_click(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    void finish() override;
    QCursor cursor() const override { return Qt::ArrowCursor; }

protected:
    bool own_key(QKeyEvent* event) override;

private:
    void load();
    void apply(const QString& what);
    int vertex_near(const QPointF& device) const; // -1: none
    int edge_near(const QPointF& device) const;   // the edge whose middle's handle is near
    ObjectId object_ = 0;                         // whose outline is shown
    Polygon points_;
    int dragged_ = -1, hovered_ = -1, hovered_edge_ = -1;
    bool changed_ = false;
};

// Fills the connected area of similar brightness that bears no label; in an object, its holes.
class FillTool : public LabelTool {
    Q_OBJECT
public:
    using LabelTool::LabelTool;
    void press(const CanvasPointer& pointer) override;
    QCursor cursor() const override { return Qt::CrossCursor; }

private:
    void apply(const Mask& mask, QPoint corner, ItemId item, bool cut);
    bool busy_ = false;
};

// Takes predicted objects over: the one clicked, or those within a dragged rectangle.
class AcceptTool : public LabelTool {
    Q_OBJECT
public:
    using LabelTool::LabelTool;
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    void finish() override;
    QCursor cursor() const override { return Qt::PointingHandCursor; }

private:
    bool dragging_ = false;
    QPointF from_, to_, from_device_;
};

// All labelling tools and commands of one canvas: what the panel shows as buttons and puts into the palette.
class EYEPIECE_EXPORT LabelTools : public QObject {
    Q_OBJECT
public:
    enum class Tool { Select, Brush, Eraser, Polygon, Lasso, Fill, Accept };
    struct Command {
        QString id;    // "label.brush"
        QString title; // "Brush"
        QString help;  // one line
        QString icon;  // name; may be empty
        QKeySequence key;
        std::function<void()> run;
        std::optional<Tool> tool = {}; // it chooses this tool
    };

    LabelTools(ImageCanvas& canvas, LabelEditor& editor, QObject* parent = nullptr);
    ~LabelTools() override;

    LabelToolSettings& settings() { return settings_; }
    Tool tool() const { return tool_; }
    void choose(Tool tool);
    void activate();   // the canvas uses these tools from now on
    void deactivate(); // and no longer
    bool active() const { return active_; }
    const std::vector<Command>& commands() const { return commands_; }
    const Command* command(const QString& id) const;
    QString hint() const; // what the tool in use does, in one line

    void next_object(int step);        // in reading order; brings it into sight
    void pick_at(const QPoint& pixel); // the class there becomes the current one, the object is selected

Q_SIGNALS:
    void tool_changed();
    void next_unlabelled_wanted();
    void said(const QString& message); // a word to the user, not an error

private:
    void make_commands();
    bool handle_key(QKeyEvent* event);
    LabelTool* implementation(Tool tool) const;

    ImageCanvas& canvas_;
    QPointer<QObject> canvas_lives_; // the window may take the canvas down first
    LabelEditor& editor_;
    LabelToolSettings settings_;
    Tool tool_ = Tool::Brush, before_swap_ = Tool::Brush;
    bool active_ = false;
    std::vector<std::unique_ptr<LabelTool>> tools_; // by Tool
    std::vector<Command> commands_;
};

} // namespace eyepiece
