// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/volume/scene_controls.h"

#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <algorithm>
#include <cmath>

namespace eyepiece {

SceneControls::SceneControls(const Theme& theme, QWidget* parent) : QWidget(parent) {
    const SceneLook look;
    const auto percent = [](double value) { return tr("%1 %").arg(std::round(value * 100)); };
    threshold_ = new ValueSlider(theme, tr("Clear below"), 0, 0.95, look.threshold,
                                 QStringLiteral("scene-threshold"), percent, this);
    threshold_->setToolTip(tr("Voxels that are darker, after contrast, are not drawn"));
    density_ = new ValueSlider(theme, tr("Density"), 0.02, 1, look.density, QStringLiteral("scene-density"),
                               percent, this);
    clip_axis_ = new QComboBox(this);
    clip_axis_->setObjectName(QStringLiteral("scene-clip-axis"));
    clip_axis_->setAccessibleName(tr("Cut open along"));
    clip_axis_->addItem(tr("Not cut open"), -1);
    for (const auto& [name, axis] :
         {std::pair{tr("Cut along x"), 0}, {tr("Cut along y"), 1}, {tr("Cut along z"), 2}})
        clip_axis_->addItem(name, axis);
    clip_at_ = new ValueSlider(theme, tr("Cut at"), 0, 1, 0.5, QStringLiteral("scene-clip"), percent, this);
    clip_at_->setEnabled(false);
    image_ = new SwitchRow(theme, tr("Image"), QStringLiteral("scene-image"), this);
    image_->setChecked(look.show_image);
    labels_ = new SwitchRow(theme, tr("Labels"), QStringLiteral("scene-labels"), this);
    labels_->setChecked(look.show_labels);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(12, 8, 12, 8);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(4);
    grid->addWidget(threshold_, 0, 0, 1, 2);
    grid->addWidget(density_, 1, 0, 1, 2);
    grid->addWidget(clip_axis_, 2, 0, 1, 2);
    grid->addWidget(clip_at_, 3, 0, 1, 2);
    grid->addWidget(image_, 4, 0);
    grid->addWidget(labels_, 4, 1);
    int widest = 0;
    for (ValueSlider* slider : {threshold_, density_, clip_at_})
        widest = std::max(widest, slider->label()->sizeHint().width());
    for (ValueSlider* slider : {threshold_, density_, clip_at_})
        slider->set_label_width(widest);
    for (ValueSlider* slider : {threshold_, density_, clip_at_})
        connect(slider, &ValueSlider::value_changed, this, &SceneControls::changed);
    for (SwitchRow* row : {image_, labels_})
        connect(row, &SwitchRow::toggled, this, &SceneControls::changed);
    connect(clip_axis_, &QComboBox::currentIndexChanged, this, [this] {
        clip_at_->setEnabled(clip_axis_->currentData().toInt() >= 0);
        Q_EMIT changed();
    });
}

SceneLook SceneControls::look() const {
    SceneLook look;
    look.threshold = threshold_->value();
    look.density = density_->value();
    look.clip_axis = clip_axis_->currentData().toInt();
    look.clip_at = clip_at_->value();
    look.show_image = image_->isChecked();
    look.show_labels = labels_->isChecked();
    return look;
}

} // namespace eyepiece
