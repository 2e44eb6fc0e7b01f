// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/label_tools.h"

#include "core/base/error.h"
#include "widgets/canvas/held_tool_key.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/mark_tools.h"
#include "widgets/canvas/object_edits.h"
#include "widgets/canvas/paint_tools.h"

#include <QKeyEvent>
#include <algorithm>

namespace eyepiece {

LabelTools::LabelTools(ImageCanvas& canvas, LabelEditor& editor, QObject* parent)
    : QObject(parent)
    , canvas_(canvas)
    , canvas_lives_(&canvas)
    , editor_(editor)
    , before_swap_(BrushTool::brush_id)
    , before_passing_(BrushTool::brush_id)
    , specs_(label_tool_list())
    , held_key_(std::make_unique<HeldToolKey>(*this, canvas)) {
    const LabelToolContext context{canvas_, editor_, settings_};
    for (const LabelToolSpec& spec : specs_) {
        tools_.push_back(spec.make(context));
        tools_.back()->set_fallback([this](QKeyEvent* event) { return handle_key(event); });
        connect(tools_.back().get(), &LabelTool::over, this, [this] { choose(before_passing_); });
    }
    tool_ = index(BrushTool::brush_id);
    make_commands();
}

LabelTools::~LabelTools() {
    deactivate();
}

std::size_t LabelTools::index(const QString& tool) const {
    const auto found = std::find_if(specs_.begin(), specs_.end(),
                                    [&](const LabelToolSpec& each) { return each.id == tool; });
    if (found == specs_.end())
        throw Error(ErrorCode::Internal, "There is no labelling tool \"" + tool.toStdString() + "\".");
    return static_cast<std::size_t>(found - specs_.begin());
}

LabelTool* LabelTools::find(const QString& tool) const {
    for (std::size_t i = 0; i < specs_.size(); ++i)
        if (specs_[i].id == tool)
            return tools_[i].get();
    return nullptr;
}

void LabelTools::choose(const QString& tool) {
    const std::size_t chosen = index(tool);
    if (chosen == tool_ && canvas_.tool() == tools_[chosen].get())
        return;
    const QString before = this->tool();
    if (!current()->passing())
        before_passing_ = before;
    tool_ = chosen;
    if (active_) {
        canvas_.set_tool(current());
        if (current()->passing())
            held_key_->forget();
        else
            held_key_->chosen(before);
        current()->chosen();
    }
    Q_EMIT tool_changed();
}

void LabelTools::swap_eraser() {
    if (tool() == BrushTool::eraser_id)
        return choose(before_swap_);
    before_swap_ = tool();
    choose(BrushTool::eraser_id);
}

void LabelTools::activate() {
    if (!active_)
        canvas_.installEventFilter(this);
    active_ = true;
    canvas_.set_tool(current());
    current()->chosen();
    canvas_.set_readout([this](const QPoint& pixel) { return editor_.describe(pixel); });
}

void LabelTools::deactivate() {
    if (!active_)
        return;
    active_ = false;
    held_key_->forget();
    if (canvas_lives_)
        canvas_.removeEventFilter(this);
    if (canvas_lives_ && canvas_.tool() == tools_[tool_].get())
        canvas_.set_tool(nullptr);
}

bool LabelTools::eventFilter(QObject* watched, QEvent* event) {
    switch (event->type()) {
    case QEvent::MouseMove:
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonRelease:
    case QEvent::Wheel:
    case QEvent::KeyPress:
    case QEvent::TabletMove:
        editor_.clock().tick();
        break;
    default:
        break;
    }
    return QObject::eventFilter(watched, event);
}

const LabelCommand* LabelTools::command(const QString& id) const {
    const auto found = std::find_if(commands_.begin(), commands_.end(),
                                    [&](const LabelCommand& each) { return each.id == id; });
    return found == commands_.end() ? nullptr : &*found;
}

QString LabelTools::hint() const {
    return specs_[tool_].hint;
}

void LabelTools::make_commands() {
    for (const LabelToolSpec& spec : specs_)
        commands_.push_back({spec.id, spec.title, spec.help, spec.icon, spec.key,
                             [this, id = spec.id] { choose(id); }, true, spec.family});
    for (LabelCommand& command : label_command_list(*this, canvas_, editor_))
        commands_.push_back(std::move(command));
}

bool LabelTools::handle_key(QKeyEvent* event) {
    if (event->key() == Qt::Key_Backspace) { // Delete on small keyboards
        if (!delete_chosen(editor_.marks()))
            remove_objects(editor_, editor_.selection());
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
    for (const LabelCommand& each : commands_)
        if (each.key == pressed) {
            if (each.repeats || !event->isAutoRepeat())
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
