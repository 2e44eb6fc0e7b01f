// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/label_map.h"
#include "widgets/canvas/image_part.h"
#include "widgets/canvas/label_tool.h"
#include "widgets/table/latest_work.h"

#include <QImage>
#include <memory>
#include <optional>

namespace eyepiece {

// Paints whole superpixels of what is in sight: their borders show, the one below the pointer is lit, a drag
// paints those it crosses, the right button takes them away. Ctrl and the wheel change their size. A stroke
// that starts inside an object of the current class goes on with it, as the brush's does.
class EYEPIECE_EXPORT SuperpixelTool : public LabelTool {
    Q_OBJECT
public:
    static constexpr double smallest = 4, largest = 200; // px across

    SuperpixelTool(const LabelToolContext& context, QObject* parent);
    void press(const CanvasPointer& pointer) override;
    void move(const CanvasPointer& pointer) override;
    void release(const CanvasPointer& pointer) override;
    void leave() override;
    void paint(QPainter& painter, const ViewTransform& view) override;
    void finish() override;
    void chosen() override { refresh(); }
    bool resize(double steps) override;
    QCursor cursor() const override;
    bool busy() const override { return painting_; }
    double size() const { return size_; }
    bool ready() const { return cells_ != nullptr && !work_.busy(); }

protected:
    bool own_key(QKeyEvent* event) override;

private:
    struct Cells { // of one part of the image; immutable
        ImagePart part;
        double size = 0;
        LabelMap labels; // (0,0) is the window's corner
        QImage borders;  // of the window, transparent between
    };
    void refresh();                               // when what is in sight has no superpixels of this size yet
    ObjectId cell_at(const QPointF& image) const; // 0: none
    void paint_cells(const QPointF& from, const QPointF& to);
    void light(ObjectId cell);

    LatestWork work_;
    std::shared_ptr<const Cells> cells_;
    double size_ = 10;
    bool painting_ = false;
    PaintRule rule_;
    QPointF last_;
    std::optional<QPointF> pointer_;
    ObjectId lit_ = 0;
    QImage light_; // of the lit one
    QPoint light_at_;
};

LabelToolSpec superpixel_tool();

} // namespace eyepiece
