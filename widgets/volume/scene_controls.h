// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/volume/volume_scene.h"

#include <QWidget>

class QComboBox;

namespace eyepiece {

class SwitchRow;
class Theme;
class ValueSlider;

// How the 3D view is drawn: what is clear, how dense the rest, where it is cut open.
class SceneControls : public QWidget {
    Q_OBJECT
public:
    SceneControls(const Theme& theme, QWidget* parent);
    SceneLook look() const;

Q_SIGNALS:
    void changed();

private:
    ValueSlider* threshold_;
    ValueSlider* density_;
    QComboBox* clip_axis_;
    ValueSlider* clip_at_;
    SwitchRow* image_;
    SwitchRow* labels_;
};

} // namespace eyepiece
