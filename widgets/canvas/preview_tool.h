// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/label_tool.h"

#include <optional>

namespace eyepiece {

// A tool that shows what it would do to the selected objects before it does it: Enter applies, Escape leaves,
// Ctrl and the wheel change its setting, a click chooses other objects. Then the tool before comes back.
class EYEPIECE_EXPORT PreviewTool : public LabelTool {
    Q_OBJECT
public:
    enum class Setting { Radius, Area };
    PreviewTool(const LabelToolContext& context, QObject* parent);

    virtual Setting setting() const = 0;
    virtual QString status() const = 0; // one line: what it would do
    virtual bool can_apply() const = 0;
    virtual void apply() = 0;
    bool passing() const override { return true; }
    void chosen() override;
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void leave() override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    std::optional<QRectF> painted_area(const ViewTransform& view) const override;
    QCursor cursor() const override { return Qt::ArrowCursor; }

Q_SIGNALS:
    void preview_changed();

protected:
    virtual void refresh() = 0; // what is shown is no longer right
    bool in_use() const;
    bool own_key(QKeyEvent* event) override;

private:
    std::optional<QPointF> pointer_;
};

} // namespace eyepiece
