// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/threshold_card.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"
#include "widgets/canvas/threshold_tool.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QVBoxLayout>
#include <cmath>

namespace eyepiece {

namespace {

constexpr double largest_area = 20000; // px: the slider's end
constexpr double offset_range = 0.5;
constexpr double smallest_window = 5, largest_window = 301; // px

} // namespace

ThresholdCard::ThresholdCard(WorkbenchContext& context, LabelTools& tools, QWidget* parent)
    : QWidget(parent)
    , context_(context)
    , tools_(tools)
    , tool_(qobject_cast<ThresholdTool*>(tools.find(QStringLiteral("label.threshold")))) {
    setObjectName(QStringLiteral("threshold-card"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    auto* card = new Card(theme, {}, {}, this);
    column->addWidget(card);

    method_ = new QComboBox(this);
    method_->setObjectName(QStringLiteral("threshold-method"));
    method_->setAccessibleName(tr("Method of the threshold"));
    method_->addItem(tr("Otsu"), static_cast<int>(ThresholdMethod::Otsu));
    method_->addItem(tr("Li: also dim objects"), static_cast<int>(ThresholdMethod::Li));
    method_->addItem(tr("Triangle: few, small objects"), static_cast<int>(ThresholdMethod::Triangle));
    method_->addItem(tr("Local (Sauvola): uneven light"), static_cast<int>(ThresholdMethod::Sauvola));
    tone_ = new QComboBox(this);
    tone_->setObjectName(QStringLiteral("threshold-tone"));
    tone_->setAccessibleName(tr("Whether objects are bright or dark"));
    tone_->addItem(tr("Bright or dark: by the image"), static_cast<int>(ObjectTone::Automatic));
    tone_->addItem(tr("Bright objects"), static_cast<int>(ObjectTone::Bright));
    tone_->addItem(tr("Dark objects"), static_cast<int>(ObjectTone::Dark));
    offset_ = new ValueSlider(
        theme, tr("Offset"), -offset_range, offset_range, 0, QStringLiteral("threshold-offset"),
        [](double v) { return tr("%1 %").arg(std::round(v * 100)); }, this);
    offset_->setToolTip(
        tr("Moves the threshold, in shares of the image's range: above 0, fewer pixels are taken"));
    window_ = new ValueSlider(
        theme, tr("Window"), smallest_window, largest_window, 51, QStringLiteral("threshold-window"),
        [](double v) { return tr("%1 px").arg(std::round(v)); }, this);
    window_->set_logarithmic(true);
    window_->setToolTip(tr("How far around a pixel the local threshold looks: some two objects across"));
    least_area_ = new ValueSlider(
        theme, tr("Least area"), 1, largest_area, 30, QStringLiteral("threshold-area"),
        [](double v) { return tr("%1 px").arg(std::round(v)); }, this);
    least_area_->set_logarithmic(true);
    split_ = new SwitchRow(theme, tr("Split touching ones"), QStringLiteral("threshold-split"), this);
    fill_holes_ = new SwitchRow(theme, tr("Fill holes"), QStringLiteral("threshold-holes"), this);
    status_ = text_label(theme, {}, Token::Text, this);
    status_->setObjectName(QStringLiteral("threshold-status"));
    for (QWidget* each : std::initializer_list<QWidget*>{method_, tone_, offset_, window_, least_area_,
                                                         split_, fill_holes_, status_})
        card->content()->addWidget(each);
    make_ = primary_button(tr("Make objects"), QStringLiteral("threshold-make"), this);
    QPushButton* leave = quiet_button(tr("Cancel"), QStringLiteral("threshold-cancel"), this);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(make_);
    buttons->addWidget(leave);
    buttons->addStretch();
    card->content()->addLayout(buttons);

    for (QComboBox* box : {method_, tone_})
        connect(box, &QComboBox::currentIndexChanged, this, &ThresholdCard::set_options);
    for (ValueSlider* slider : {offset_, window_, least_area_})
        connect(slider, &ValueSlider::value_changed, this, &ThresholdCard::set_options);
    for (SwitchRow* row : {split_, fill_holes_})
        connect(row, &SwitchRow::toggled, this, &ThresholdCard::set_options);
    connect(make_, &QPushButton::clicked, this, [this] {
        tool_->apply();
        context_.canvas.setFocus();
    });
    connect(leave, &QPushButton::clicked, this, [this] {
        Q_EMIT tool_->over();
        context_.canvas.setFocus();
    });
    connect(tool_, &ThresholdTool::preview_changed, this, &ThresholdCard::show_options);
    connect(&tools_, &LabelTools::tool_changed, this, &ThresholdCard::show_options);
    show_options();
}

void ThresholdCard::set_options() {
    if (showing_)
        return;
    ThresholdOptions options = tool_->options();
    options.method = static_cast<ThresholdMethod>(method_->currentData().toInt());
    options.tone = static_cast<ObjectTone>(tone_->currentData().toInt());
    options.offset = offset_->value();
    options.window = static_cast<int>(std::lround(window_->value())) / 2 * 2 + 1; // odd
    options.least_area = std::lround(least_area_->value());
    options.split = split_->isChecked();
    options.fill_holes = fill_holes_->isChecked();
    tool_->set_options(options);
}

void ThresholdCard::show_options() {
    const bool in_use = tools_.current() == tool_;
    setVisible(in_use);
    if (!in_use)
        return;
    const ThresholdOptions& options = tool_->options();
    showing_ = true;
    method_->setCurrentIndex(method_->findData(static_cast<int>(options.method)));
    tone_->setCurrentIndex(tone_->findData(static_cast<int>(options.tone)));
    offset_->set_value(options.offset);
    if (std::lround(window_->value()) / 2 * 2 + 1 != options.window)
        window_->set_value(options.window);
    window_->setVisible(options.method == ThresholdMethod::Sauvola);
    if (std::lround(least_area_->value()) != options.least_area)
        least_area_->set_value(static_cast<double>(options.least_area));
    split_->setChecked(options.split);
    fill_holes_->setChecked(options.fill_holes);
    showing_ = false;
    status_->setText(tool_->status());
    make_->setEnabled(tool_->can_apply());
}

} // namespace eyepiece
