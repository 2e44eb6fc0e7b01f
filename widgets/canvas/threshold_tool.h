// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/thresholds.h"
#include "widgets/canvas/smart_tool.h"

#include <memory>

namespace eyepiece {

// Objects by brightness alone: the image, or what is in sight of a very large one, is shown parted by a
// threshold. Enter makes the objects and Escape leaves, after which the tool before comes back.
class EYEPIECE_EXPORT ThresholdTool : public SmartTool {
    Q_OBJECT
public:
    ThresholdTool(const LabelToolContext& context, QObject* parent);
    const ThresholdOptions& options() const { return options_; }
    void set_options(const ThresholdOptions& options); // the preview follows
    QString status() const;                            // one line: what it finds
    bool can_apply() const { return !working() && !proposal().empty(); }
    void apply();
    bool passing() const override { return true; }
    void chosen() override { look(); }
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    // While the pointer moves, only the words beside it.
    std::optional<QRectF> painted_area(const ViewTransform& view) const override { return noted_area(view); }
    QCursor cursor() const override { return Qt::ArrowCursor; }
    bool busy() const override { return false; }
    bool resize(double steps) override; // moves the offset

Q_SIGNALS:
    void preview_changed(); // the options, or what they find

protected:
    bool own_key(QKeyEvent* event) override;
    void proposed() override { Q_EMIT preview_changed(); }
    QString what() const override { return tr("threshold"); }
    void make(const std::vector<ObjectShape>& shapes) override;
    QString note() const override { return status(); }

private:
    struct Looked;
    void look();
    ThresholdOptions options_;
    std::shared_ptr<Looked> looked_; // the brightness, read once for a part of the image
};

LabelToolSpec threshold_tool();

} // namespace eyepiece
