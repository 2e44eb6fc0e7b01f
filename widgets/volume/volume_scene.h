// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/volume.h"

#include <QImage>
#include <QString>
#include <QWidget>
#include <QtPlugin>
#include <cstdint>
#include <functional>
#include <vector>

namespace eyepiece {

// Voxels as they are shown in space, x fastest: a brightness of 0 to 255 after contrast, and the number of a
// label, 0 for none.
struct SceneVoxels {
    int width = 0, height = 0, depth = 0;
    VolumeGeometry geometry; // of these voxels
    std::vector<std::uint8_t> brightness;
    std::vector<std::uint16_t> labels; // empty: there are none
    std::vector<QRgb> label_colors;    // of labels 1, 2, ...
};

// How a scene is drawn.
struct SceneLook {
    double threshold = 0.25; // 0..1: darker voxels are clear
    double density = 0.5;    // 0..1: of the brightest ones
    bool show_image = true, show_labels = true;
    int clip_axis = -1; // 0, 1, 2: what lies beyond `clip_at` along it is cut away; -1: nothing
    double clip_at = 1; // 0..1
    bool clip_labels = true;
};

// A view of a volume in space, which turns with the mouse. Made by a library that is only loaded when
// somebody wants to see one: VTK would cost the start of the window more than all else.
class VolumeScene : public QWidget {
public:
    using QWidget::QWidget;
    virtual void set_voxels(SceneVoxels voxels) = 0;
    virtual void set_look(const SceneLook& look) = 0;
    virtual void reset_view() = 0; // from the front, all of it in sight
    // The picture that was drawn last, and whether one is still being drawn.
    virtual QImage picture() const = 0;
    virtual bool busy() const = 0;
    virtual QString problem() const = 0; // why nothing can be drawn; empty: nothing is wrong
};

class VolumeScenePlugin {
public:
    virtual ~VolumeScenePlugin() = default;
    virtual VolumeScene* make(QWidget* parent) = 0;
};

// The library lies beside the other ones. Null with the reason in `problem` when it cannot be loaded.
EYEPIECE_EXPORT VolumeScene* make_volume_scene(QWidget* parent, QString& problem);

} // namespace eyepiece

#define EYEPIECE_VOLUME_SCENE_IID "org.eyepiece.VolumeScenePlugin/1.0"
Q_DECLARE_INTERFACE(eyepiece::VolumeScenePlugin, EYEPIECE_VOLUME_SCENE_IID)
