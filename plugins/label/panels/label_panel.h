// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QPointer>
#include <QWidget>
#include <memory>

class QAction;
class QTimer;

namespace eyepiece {

class ImageSearch;
class LabelTools;
class SwitchRow;
class ToolStrip;
class ValueSlider;
class VolumePane;
class WorkbenchContext;

// The right column of the Label stage. While it is in sight the canvas has the labelling tools.
class LabelPanel : public QWidget {
    Q_OBJECT
public:
    explicit LabelPanel(WorkbenchContext& context, QWidget* parent = nullptr);
    ~LabelPanel() override;
    LabelTools& tools() { return *tools_; }

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void add_actions();
    void add_sections();
    void add_volume();
    void refresh_item();
    void next_unlabelled();
    void show_hint();
    WorkbenchContext& context_;
    std::unique_ptr<LabelTools> tools_;
    ImageSearch* search_;
    QPointer<VolumePane> volume_; // beside the canvas
    QAction* planes_action_ = nullptr;
    ToolStrip* strip_ = nullptr;
    ValueSlider* size_ = nullptr;
    ValueSlider* tolerance_ = nullptr;
    SwitchRow* empty_only_ = nullptr;
    SwitchRow* complete_ = nullptr;
    QTimer* hint_over_ = nullptr;
    bool refreshing_ = false;
};

} // namespace eyepiece
