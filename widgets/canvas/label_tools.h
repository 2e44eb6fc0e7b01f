// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/label_commands.h"
#include "widgets/canvas/label_tool.h"

#include <QPointer>
#include <memory>
#include <vector>

namespace eyepiece {

class HeldToolKey;

// All labelling tools and commands of one canvas: what the panel shows as buttons and puts into the palette.
class EYEPIECE_EXPORT LabelTools : public QObject {
    Q_OBJECT
public:
    LabelTools(ImageCanvas& canvas, LabelEditor& editor, QObject* parent = nullptr);
    ~LabelTools() override;

    LabelToolSettings& settings() { return settings_; }
    QString tool() const { return specs_[tool_].id; }
    void choose(const QString& tool);                   // by id. Throws Error(Internal) when there is none
    void swap_eraser();                                 // to the eraser, and from it to the tool before
    bool busy() const { return tools_[tool_]->busy(); } // the tool in use has something in hand
    void resize(double steps) { tools_[tool_]->resize(steps); } // its brush, radius ...
    LabelTool* current() const { return tools_[tool_].get(); }
    LabelTool* find(const QString& tool) const; // null: there is none
    void activate();                            // the canvas uses these tools from now on
    void deactivate();                          // and no longer
    bool active() const { return active_; }
    const std::vector<LabelCommand>& commands() const { return commands_; }
    const LabelCommand* command(const QString& id) const;
    QString hint() const; // what the tool in use does, in one line

    void next_object(int step);        // in reading order; brings it into sight
    void pick_at(const QPoint& pixel); // the class there becomes the current one, the object is selected

protected:
    bool eventFilter(QObject* watched, QEvent* event) override; // the user's hand on the canvas

Q_SIGNALS:
    void tool_changed();
    void next_unlabelled_wanted();
    void copy_to_next_wanted();        // the selected objects, to the next image of this size
    void said(const QString& message); // a word to the user, not an error

private:
    void make_commands();
    bool handle_key(QKeyEvent* event);
    std::size_t index(const QString& tool) const;

    ImageCanvas& canvas_;
    QPointer<QObject> canvas_lives_; // the window may take the canvas down first
    LabelEditor& editor_;
    LabelToolSettings settings_;
    std::size_t tool_ = 0; // in specs_ and tools_
    QString before_swap_, before_passing_;
    bool active_ = false;
    std::vector<LabelToolSpec> specs_;
    std::vector<std::unique_ptr<LabelTool>> tools_; // one a spec
    std::vector<LabelCommand> commands_;
    std::unique_ptr<HeldToolKey> held_key_;
};

} // namespace eyepiece
