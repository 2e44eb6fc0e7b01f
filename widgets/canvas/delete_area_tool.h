// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/preview_tool.h"

#include <vector>

namespace eyepiece {

// Deletes objects smaller (or larger) than an area: of the whole image, or of the selected ones when there
// are several. Those that would go are shown in a warning colour and counted. A click on an object takes its
// area as the limit.
class DeleteAreaTool : public PreviewTool {
    Q_OBJECT
public:
    using PreviewTool::PreviewTool;
    Setting setting() const override { return Setting::Area; }
    QString status() const override;
    bool can_apply() const override { return !doomed_.empty(); }
    void apply() override;
    bool resize(double steps) override;
    void press(const CanvasPointer& pointer) override;
    void finish() override;

protected:
    void refresh() override;
    bool own_key(QKeyEvent* event) override;

private:
    std::vector<ObjectId> doomed_;
    int among_ = 0; // objects that were looked at
    bool of_selection_ = false;
};

LabelToolSpec delete_area_tool();

} // namespace eyepiece
