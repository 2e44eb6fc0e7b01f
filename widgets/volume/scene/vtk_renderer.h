// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/volume/volume_scene.h"

#include <QImage>
#include <QObject>
#include <QPointF>
#include <QSize>
#include <array>
#include <memory>

class QOffscreenSurface;

namespace eyepiece {

// Draws with VTK into pictures, on a thread of its own: drawing in software takes longer than a frame of the
// window. What is asked of it is done in order; of several pictures wanted only the last one is drawn.
class VtkRenderer : public QObject {
    Q_OBJECT
public:
    VtkRenderer();
    ~VtkRenderer() override;

    // Called on the window's thread before the renderer is moved to its own.
    void make_surface();

    // The rest on the renderer's thread.
    void set_voxels(const SceneVoxels& voxels);
    void set_look(const SceneLook& look);
    void reset_view();
    void turn(QPointF degrees);
    void shift(QPointF pixels);
    void zoom(double factor);
    void draw(QSize size, bool in_haste);

Q_SIGNALS:
    void drawn(const QImage& picture, bool in_haste);
    void failed(const QString& why);

private:
    struct Parts; // all of VTK
    bool ready();
    void clip();

    std::unique_ptr<QOffscreenSurface> surface_;
    std::unique_ptr<Parts> parts_;
    SceneLook look_;
    VolumeGeometry geometry_;
    std::array<int, 3> size_{};
    bool broken_ = false;
};

} // namespace eyepiece
