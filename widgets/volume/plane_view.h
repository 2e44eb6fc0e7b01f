// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/contrast.h"
#include "core/data/label_map.h"
#include "core/data/volume.h"

#include <QImage>
#include <QWidget>
#include <array>
#include <functional>
#include <memory>
#include <optional>

namespace eyepiece {

class VolumeLabels;
class VolumeStack;

// Which axes of the volume lie along a view's width and height.
enum class PlaneAxes { XY, XZ, YZ };

// A cut through a volume, in the proportions that its voxels have in space, with labels and the lines of a
// cursor that all cuts share.
//
//   click, drag   moves the cursor       wheel, up and down   the cut before or after
class EYEPIECE_EXPORT PlaneView : public QWidget {
    Q_OBJECT
public:
    PlaneView(PlaneAxes axes, const VolumeStack& stack, const VolumeLabels& labels,
              QWidget* parent = nullptr);

    void set_contrast(std::shared_ptr<const ContrastRenderer> contrast); // null: nothing is drawn
    void set_geometry(const VolumeGeometry& geometry);
    void set_colors(std::function<QRgb(ObjectId)> fill);
    void set_cursor(const std::array<int, 3>& voxel); // px of the image: x, y, z
    void refresh();                                   // pixels or labels changed
    // Where the cut lies in the widget, in its true proportions.
    QRectF picture_rect() const;
    // The cut as it is painted, one pixel a voxel of the stack's level.
    const QImage& picture();
    QSize sizeHint() const override { return {280, 240}; }
    QSize minimumSizeHint() const override { return {120, 90}; }

Q_SIGNALS:
    void cursor_wanted(const std::array<int, 3>& voxel);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Axes {
        std::size_t across, down, through; // 0: x, 1: y, 2: z
    };
    Axes axes() const;
    bool upside_down() const;          // so that the head is up, where the file says where it is
    std::array<int, 3> extent() const; // of the image, in voxels
    void step(int cuts);
    void go_to(const QPointF& position);
    void compose();
    void compose_labels();
    ObjectId label_at(std::int64_t across, std::int64_t down) const;
    std::int64_t cut_size(std::size_t axis) const; // voxels of the stack's level
    void paint_sides(QPainter& painter, const QRectF& place) const;

    PlaneAxes kind_;
    const VolumeStack& stack_;
    const VolumeLabels& labels_;
    std::shared_ptr<const ContrastRenderer> contrast_;
    std::function<QRgb(ObjectId)> fill_;
    VolumeGeometry geometry_;
    std::array<int, 3> cursor_{};
    QImage picture_;
    bool fresh_ = false;
    int wheel_ = 0; // what of a step has been turned
};

} // namespace eyepiece
