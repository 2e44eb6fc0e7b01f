// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/contrast.h"
#include "core/project/changes.h"
#include "widgets/volume/volume_labels.h"
#include "widgets/volume/volume_scene.h"
#include "widgets/volume/volume_stack.h"

#include <QFutureWatcher>
#include <QPointer>
#include <QWidget>
#include <array>
#include <filesystem>
#include <memory>

class QLabel;
class QPushButton;
class QTimer;

namespace eyepiece {

class CursorCross;
class ImageCanvas;
class LabelEditor;
class PlaneView;
class SceneControls;
class Theme;

// What lies beside the canvas while a volume is on it: the two other planes, linked with the canvas by one
// cursor, and, when asked for, the volume in 3D. The canvas is the plane along x and y: where it is clicked
// or drawn on, or the pointer goes while Alt is held, the cursor follows.
class EYEPIECE_EXPORT VolumePane : public QWidget {
    Q_OBJECT
public:
    VolumePane(ImageCanvas& canvas, LabelEditor& labels, const Theme& theme, QWidget* parent = nullptr);
    ~VolumePane() override;

    // The folder of the open project, whose labels are shown; empty: none.
    void set_project(const std::filesystem::path& folder);
    void reload_labels(); // they changed in another way than through the editor
    // Whether the planes are wanted at all; shown only while a volume is on the canvas.
    void set_wanted(bool wanted);
    bool has_volume() const { return !stack_.empty(); }

    const std::array<int, 3>& cursor() const { return cursor_; } // x, y, z in px of the image
    void set_cursor(std::array<int, 3> voxel);
    void open_scene();
    VolumeScene* scene() const { return scene_; } // null: not opened
    PlaneView& xz() { return *xz_; }
    PlaneView& yz() { return *yz_; }
    const VolumeStack& stack() const { return stack_; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void follow_image();
    void follow_plane();
    void follow_item();
    void follow_stroke();
    void follow_contrast();
    void refresh_visibility();
    void refresh_scene();

    ImageCanvas& canvas_;
    LabelEditor& editor_;
    VolumeStack stack_;
    VolumeLabels labels_;
    VolumeGeometry geometry_;
    std::filesystem::path project_;
    std::array<int, 3> cursor_{};
    int t_ = 0;
    bool wanted_ = false;
    std::shared_ptr<const ContrastRenderer> contrast_;
    QPointer<CursorCross> cross_; // lies on the canvas
    PlaneView* xz_;
    PlaneView* yz_;
    QLabel* note_;
    QPushButton* open_;
    SceneControls* controls_;
    QPointer<VolumeScene> scene_;
    QTimer* stroke_;  // a stroke is shown in the other planes a moment later
    QTimer* written_; // what was written is read a moment later
    QTimer* voxels_;  // the scene follows when nothing has moved for a while
    QFutureWatcher<SceneVoxels> making_;
};

} // namespace eyepiece
