// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/object_card.h"

#include "widgets/browser/provenance.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"
#include "widgets/canvas/measure_text.h"
#include "widgets/canvas/preview_tool.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QAction>
#include <QGridLayout>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

constexpr int columns = 7;           // of buttons
constexpr double area_range = 20000; // px: the slider's end, until an object is larger

} // namespace

ObjectCard::ObjectCard(WorkbenchContext& context, LabelTools& tools, QWidget* parent)
    : QWidget(parent), context_(context), tools_(tools) {
    setObjectName(QStringLiteral("object-card"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    selected_ = text_label(theme, {}, Token::Muted, this);
    selected_->setObjectName(QStringLiteral("selected-objects"));
    column->addWidget(selected_);
    origin_ = text_label(theme, {}, Token::Muted, this);
    origin_->setObjectName(QStringLiteral("object-origin"));
    origin_->hide();
    column->addWidget(origin_);

    auto* grid = new QGridLayout;
    grid->setSpacing(2);
    int placed = 0;
    for (const char* id : {"label.merge", "label.split-parts", "label.keep-largest", "label.fill-holes",
                           "label.cut", "label.copy-to-next", "label.grow", "label.shrink", "label.smooth",
                           "label.snap", "label.delete-lasso", "label.delete-area", "label.delete"})
        if (QAction* action = context.actions.find(QString::fromLatin1(id))) {
            QToolButton* button = action_button(action, this);
            button->setFixedSize(34, 32);
            button->setFocusPolicy(Qt::TabFocus); // a click leaves the keys with the canvas
            grid->addWidget(button, placed / columns, placed % columns);
            ++placed;
        }
    grid->setColumnStretch(columns, 1);
    column->addLayout(grid);

    auto* card = new Card(theme, {}, {}, this);
    preview_ = card;
    preview_->setObjectName(QStringLiteral("object-preview"));
    status_ = text_label(theme, {}, Token::Text, this);
    status_->setObjectName(QStringLiteral("preview-status"));
    LabelToolSettings& settings = tools_.settings();
    radius_ = new ValueSlider(
        theme, tr("Radius"), LabelToolSettings::smallest_radius, LabelToolSettings::largest_radius,
        settings.radius(), QStringLiteral("reshape-radius"),
        [](double v) { return tr("%1 px").arg(std::round(v)); }, this);
    radius_->set_logarithmic(true);
    area_ = new ValueSlider(
        theme, tr("Area"), 1, area_range, static_cast<double>(settings.area_limit()),
        QStringLiteral("delete-area"), [this](double v) { return area_text(std::round(v), pixel_size()); },
        this);
    area_->set_logarithmic(true);
    area_->set_steps(400);
    larger_ = new SwitchRow(theme, tr("Larger ones instead"), QStringLiteral("delete-larger"), this);
    larger_->setToolTip(tr("Deletes what is larger than the area, not what is smaller (X)"));
    apply_ = primary_button(tr("Apply"), QStringLiteral("preview-apply"), this);
    QPushButton* leave = quiet_button(tr("Cancel"), QStringLiteral("preview-cancel"), this);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(apply_);
    buttons->addWidget(leave);
    buttons->addStretch();
    for (QWidget* each : {static_cast<QWidget*>(radius_), static_cast<QWidget*>(area_),
                          static_cast<QWidget*>(larger_), static_cast<QWidget*>(status_)})
        card->content()->addWidget(each);
    card->content()->addLayout(buttons);
    column->addWidget(preview_);

    connect(radius_, &ValueSlider::value_changed, &settings, &LabelToolSettings::set_radius);
    connect(area_, &ValueSlider::value_changed, &settings,
            [&settings](double area) { settings.set_area_limit(std::llround(area)); });
    connect(larger_, &SwitchRow::toggled, &settings, &LabelToolSettings::set_larger_ones);
    connect(&settings, &LabelToolSettings::changed, this, &ObjectCard::show_preview);
    connect(apply_, &QPushButton::clicked, this, [this] {
        if (PreviewTool* tool = preview())
            tool->apply();
        context_.canvas.setFocus();
    });
    connect(leave, &QPushButton::clicked, this, [this] {
        if (PreviewTool* tool = preview())
            Q_EMIT tool->over();
        context_.canvas.setFocus();
    });
    for (const LabelCommand& command : tools_.commands())
        if (command.chooses_tool)
            if (auto* tool = qobject_cast<PreviewTool*>(tools_.find(command.id)))
                connect(tool, &PreviewTool::preview_changed, this, &ObjectCard::show_preview);
    connect(&tools_, &LabelTools::tool_changed, this, &ObjectCard::show_preview);
    connect(&context.labels, &LabelEditor::selected_changed, this, &ObjectCard::show_selection);
    connect(&context.labels, &LabelEditor::objects_changed, this, &ObjectCard::show_selection);
    connect(&context.labels, &LabelEditor::saving_changed, this, &ObjectCard::show_selection);
    show_selection();
    show_preview();
}

PreviewTool* ObjectCard::preview() const {
    return qobject_cast<PreviewTool*>(tools_.current());
}

PixelSize ObjectCard::pixel_size() const {
    return context_.canvas.image() ? context_.canvas.image()->info().pixel_size : PixelSize{};
}

void ObjectCard::show_selection() {
    const LabelEditor& labels = context_.labels;
    std::int64_t area = 0;
    for (const ObjectId id : labels.selection())
        if (const LabelObject* object = labels.document().object(id))
            area += object->area;
    const PixelSize size = context_.canvas.image() ? context_.canvas.image()->info().pixel_size : PixelSize{};
    const auto count = static_cast<int>(labels.selection().size());
    // An object of a stack is one in space: its pixels are those of all planes.
    const OpenImage* image = context_.canvas.image();
    const QString measured = image && image->info().depth > 1 ? volume_text(static_cast<double>(area), size)
                                                              : area_text(static_cast<double>(area), size);
    selected_->setText(count == 0   ? tr("None selected. Click one with Select (V), or drag around several.")
                       : count == 1 ? tr("#%1, %2").arg(labels.selected()).arg(measured)
                                    : tr("%1, %2").arg(objects_text(count), measured));
    show_origin();
}

void ObjectCard::show_origin() {
    const LabelEditor& labels = context_.labels;
    const LabelObject* object =
        labels.selection().size() == 1 ? labels.document().object(labels.selected()) : nullptr;
    QString text;
    if (object && context_.session.is_open()) {
        try {
            text =
                provenance_text(*object, context_.session.project().labels().work(labels.item(), object->id));
        } catch (const std::exception& error) { // called by signals: the rest of the card stays
            context_.notices.show_error(error, QStringLiteral("object-origin"));
        }
    }
    origin_->setText(text);
    origin_->setVisible(!text.isEmpty());
}

void ObjectCard::show_preview() {
    const PreviewTool* tool = preview();
    preview_->setVisible(tool != nullptr);
    if (!tool)
        return;
    const LabelToolSettings& settings = tools_.settings();
    const bool by_area = tool->setting() == PreviewTool::Setting::Area;
    radius_->setVisible(!by_area);
    area_->setVisible(by_area);
    larger_->setVisible(by_area);
    radius_->set_value(settings.radius());
    if (by_area) {
        std::int64_t most =
            std::max<std::int64_t>(static_cast<std::int64_t>(area_range), settings.area_limit());
        for (const auto& [id, object] : context_.labels.document().objects())
            if (object.class_id != 0)
                most = std::max(most, object.area);
        const QSignalBlocker blocked(area_); // a slider's step is coarser than the limit that a click chose
        area_->set_range(1, static_cast<double>(most));
        area_->set_value(static_cast<double>(settings.area_limit()));
    }
    larger_->setChecked(settings.larger_ones());
    status_->setText(tool->status());
    apply_->setText(by_area ? tr("Delete") : tr("Apply"));
    apply_->setEnabled(tool->can_apply());
}

} // namespace eyepiece
