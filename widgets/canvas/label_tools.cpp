// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/label_tools.h"

#include "widgets/canvas/image_canvas.h"

#include <QKeyEvent>
#include <algorithm>

namespace eyepiece {

LabelTools::LabelTools(ImageCanvas& canvas, LabelEditor& editor, QObject* parent)
    : QObject(parent), canvas_(canvas), canvas_lives_(&canvas), editor_(editor) {
    const LabelToolContext context{canvas_, editor_, settings_};
    tools_.push_back(std::make_unique<SelectTool>(context, nullptr));
    tools_.push_back(std::make_unique<BrushTool>(context, false, nullptr));
    tools_.push_back(std::make_unique<BrushTool>(context, true, nullptr));
    tools_.push_back(std::make_unique<PolygonTool>(context, false, nullptr));
    tools_.push_back(std::make_unique<PolygonTool>(context, true, nullptr));
    tools_.push_back(std::make_unique<FillTool>(context, nullptr));
    tools_.push_back(std::make_unique<AcceptTool>(context, nullptr));
    for (auto& tool : tools_)
        tool->set_fallback([this](QKeyEvent* event) { return handle_key(event); });
    make_commands();
}

LabelTools::~LabelTools() {
    deactivate();
}

LabelTool* LabelTools::implementation(Tool tool) const {
    return tools_[static_cast<std::size_t>(tool)].get();
}

void LabelTools::choose(Tool tool) {
    if (tool == tool_ && canvas_.tool() == implementation(tool))
        return;
    tool_ = tool;
    if (active_)
        canvas_.set_tool(implementation(tool));
    Q_EMIT tool_changed();
}

void LabelTools::activate() {
    active_ = true;
    canvas_.set_tool(implementation(tool_));
    canvas_.set_readout([this](const QPoint& pixel) { return editor_.describe(pixel); });
}

void LabelTools::deactivate() {
    if (!active_)
        return;
    active_ = false;
    if (canvas_lives_ && canvas_.tool() == implementation(tool_))
        canvas_.set_tool(nullptr);
}

const LabelTools::Command* LabelTools::command(const QString& id) const {
    const auto found =
        std::find_if(commands_.begin(), commands_.end(), [&](const Command& each) { return each.id == id; });
    return found == commands_.end() ? nullptr : &*found;
}

QString LabelTools::hint() const {
    switch (tool_) {
    case Tool::Select:
        return tr("Click an object; drag its vertices; double-click to outline a brushed one");
    case Tool::Brush:
        return tr("Drag to paint; Shift-click for a line; Ctrl+wheel or [ ] for the size");
    case Tool::Eraser:
        return tr("Drag to erase; Shift-click for a line; Ctrl+wheel or [ ] for the size");
    case Tool::Polygon:
        return tr("Click the corners; Enter closes, Backspace takes back, Esc cancels");
    case Tool::Lasso:
        return tr("Drag around an object");
    case Tool::Fill:
        return tr("Click an unlabelled area to fill it, or an object to fill its holes");
    case Tool::Accept:
        return tr("Click a predicted object, or drag around several, to accept them");
    }
    return {};
}

void LabelTools::make_commands() {
    const auto add_tool = [this](Tool tool, const QString& id, const QString& title, const QString& icon,
                                 int key, const QString& help) {
        commands_.push_back({id, title, help, icon, QKeySequence(key), [this, tool] { choose(tool); }, tool});
    };
    add_tool(Tool::Select, "label.select", tr("Select"), "select", Qt::Key_V,
             tr("Choose an object; drag, add and delete the vertices of its outline."));
    add_tool(Tool::Brush, "label.brush", tr("Brush"), "brush", Qt::Key_B,
             tr("Paint an object. Starting inside one of the same class goes on with it."));
    add_tool(Tool::Eraser, "label.eraser", tr("Eraser"), "eraser", Qt::Key_E,
             tr("Take labels away. The right button does the same while painting."));
    add_tool(Tool::Polygon, "label.polygon", tr("Polygon"), "polygon", Qt::Key_G,
             tr("Draw an outline corner by corner."));
    add_tool(Tool::Lasso, "label.lasso", tr("Lasso"), "lasso", Qt::Key_L, tr("Draw an outline in one go."));
    add_tool(Tool::Fill, "label.fill", tr("Fill"), "wand", Qt::Key_W,
             tr("Fill an area of similar brightness, or the holes of an object."));
    add_tool(Tool::Accept, "label.accept", tr("Accept prediction"), "accept", Qt::Key_T,
             tr("Take predicted objects over by clicking them or dragging around them."));

    const auto add = [this](const QString& id, const QString& title, const QKeySequence& key,
                            std::function<void()> run, const QString& help = {}) {
        commands_.push_back({id, title, help, {}, key, std::move(run), {}});
    };
    add("label.swap", tr("Swap brush and eraser"), Qt::Key_X, [this] {
        if (tool_ == Tool::Eraser) {
            choose(before_swap_);
        } else {
            before_swap_ = tool_ == Tool::Brush ? Tool::Brush : tool_;
            choose(Tool::Eraser);
        }
    });
    add("label.smaller", tr("Smaller brush"), Qt::Key_BracketLeft, [this] { settings_.step_brush_size(-1); });
    add("label.larger", tr("Larger brush"), Qt::Key_BracketRight, [this] { settings_.step_brush_size(1); });
    add(
        "label.pick", tr("Pick the class below the pointer"), Qt::Key_P,
        [this] { pick_at(canvas_.pixel_below_pointer()); }, tr("Alt-click does the same with any tool."));
    add("label.fill-holes", tr("Fill the holes of the object"), Qt::Key_H, [this] {
        const QPoint pixel = canvas_.pixel_below_pointer();
        const ObjectId below = editor_.document().at(pixel.x(), pixel.y());
        editor_.fill_holes(below ? below : editor_.selected());
    });
    add("label.delete", tr("Delete the object"), Qt::Key_Delete,
        [this] { editor_.remove_object(editor_.selected()); });
    add("label.set-class", tr("Give the selected object the current class"), Qt::Key_C,
        [this] { editor_.set_object_class(editor_.selected(), editor_.current_class()); });
    add("label.next-object", tr("Next object"), Qt::Key_Tab, [this] { next_object(1); });
    add("label.previous-object", tr("Previous object"), QKeySequence(Qt::SHIFT | Qt::Key_Tab),
        [this] { next_object(-1); });
    add("label.next-unlabelled", tr("Next unlabelled image"), Qt::Key_N,
        [this] { Q_EMIT next_unlabelled_wanted(); });
    add("label.accept-all", tr("Accept the whole prediction"), Qt::Key_A, [this] {
        const int count = editor_.accept_all();
        Q_EMIT said(count > 0 ? tr("%n predicted object(s) accepted.", nullptr, count)
                              : tr("There is no prediction on this image to accept."));
    });
    add("label.where-empty", tr("Paint only where it is empty"), Qt::Key_M,
        [this] { settings_.set_only_where_empty(!settings_.only_where_empty()); });
}

bool LabelTools::handle_key(QKeyEvent* event) {
    if (event->key() == Qt::Key_Backspace) { // Delete on small keyboards
        editor_.remove_object(editor_.selected());
        return true;
    }
    if (event->modifiers() == Qt::NoModifier || event->modifiers() == Qt::KeypadModifier)
        for (const LabelClass& each : editor_.classes())
            if (!each.key.empty() && event->text() == QString::fromStdString(each.key)) {
                editor_.set_current_class(each.id);
                return true;
            }
    if (event->key() == Qt::Key_0 && event->modifiers() == Qt::NoModifier) {
        editor_.set_current_class(0);
        return true;
    }
    // Shift and Tab arrive as a key of their own.
    const int code = event->key() == Qt::Key_Backtab ? Qt::Key_Tab : event->key();
    const auto modifiers = event->modifiers() & ~Qt::KeypadModifier;
    const QKeySequence pressed(QKeyCombination(modifiers, static_cast<Qt::Key>(code)));
    for (const Command& each : commands_)
        if (each.key == pressed) {
            each.run();
            return true;
        }
    return false;
}

void LabelTools::pick_at(const QPoint& pixel) {
    const LabelObject* object = editor_.document().object(editor_.document().at(pixel.x(), pixel.y()));
    if (!object)
        return;
    editor_.set_current_class(object->class_id);
    editor_.select(object->id);
}

void LabelTools::next_object(int step) {
    std::vector<const LabelObject*> order;
    for (const auto& [id, object] : editor_.document().objects())
        if (object.class_id != 0)
            order.push_back(&object);
    if (order.empty()) {
        Q_EMIT said(tr("There is no object on this image yet."));
        return;
    }
    // As one reads: by rows of about an object's height, then from the left.
    constexpr std::int64_t row = 64;
    std::stable_sort(order.begin(), order.end(), [](const LabelObject* a, const LabelObject* b) {
        const auto key = [](const LabelObject* o) {
            return std::pair{(o->bounds.y + o->bounds.height / 2) / row, o->bounds.x};
        };
        return key(a) < key(b);
    });
    const auto now = std::find_if(order.begin(), order.end(),
                                  [&](const LabelObject* each) { return each->id == editor_.selected(); });
    const auto count = static_cast<std::ptrdiff_t>(order.size());
    std::ptrdiff_t at =
        now == order.end() ? (step > 0 ? 0 : count - 1) : (now - order.begin() + step + count) % count;
    const LabelObject& object = *order[static_cast<std::size_t>(at)];
    editor_.select(object.id);
    canvas_.bring_into_sight(object.bounds);
}

} // namespace eyepiece
