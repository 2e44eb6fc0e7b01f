// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"
#include "widgets/engine/engine_client.h"

#include <QRect>
#include <QTimer>
#include <QWidget>
#include <optional>

class QComboBox;
class QLabel;
class QPushButton;

namespace eyepiece {

class Card;
class ParameterForm;
class PointTool;
class RunChooser;
class SectionHeader;
class ValueSlider;
class WorkbenchContext;

// The right of the Explain stage: which run and method, which class, and where. A click on the canvas asks
// about the object there, a drag about a rectangle; the answer lies on the image as a heat map.
class ExplainView : public QWidget {
    Q_OBJECT
public:
    explicit ExplainView(WorkbenchContext& context, QWidget* parent = nullptr);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void ask_methods();
    void ask_layers();
    void fill_classes();
    void choose_method();
    void explain_soon();
    void explain();
    void show_map(const EngineReply& reply);
    void say_problem(const QString& problem);
    void recolour();
    void clear();
    void save();
    Json spec() const;
    QStringList command() const;

    WorkbenchContext& context_;
    RunChooser* run_;
    QComboBox *method_, *layer_, *class_, *colors_;
    QLabel *layer_label_, *where_;
    SectionHeader* settings_;
    ParameterForm* form_;
    ValueSlider* opacity_;
    Card* card_;
    QPushButton *explain_, *whole_, *copy_, *save_;
    PointTool* pointer_;
    QTimer soon_;
    Json methods_ = Json::array();
    std::optional<QPoint> point_;
    std::optional<QRect> region_;
    EngineReply shown_; // the map on the canvas
    bool has_map_ = false;
};

} // namespace eyepiece
