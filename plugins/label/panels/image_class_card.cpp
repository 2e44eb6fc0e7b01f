// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/image_class_card.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"
#include "widgets/canvas/mark_editor.h"
#include "widgets/canvas/mark_tools.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QPainter>
#include <QVBoxLayout>
#include <algorithm>

namespace eyepiece {

namespace {

constexpr int chip_height = 28, gap = 6;

QIcon swatch(const Rgb& color) {
    QPixmap picture(12, 12);
    picture.fill(QColor(color[0], color[1], color[2]));
    return picture;
}

} // namespace

ImageClassCard::ImageClassCard(WorkbenchContext& context, LabelTools& tools, QWidget* parent)
    : QWidget(parent), context_(context), tools_(tools), chips_(new QWidget(this)) {
    setObjectName(QStringLiteral("image-classes"));
    setAccessibleName(tr("Classes of the image"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    column->addWidget(
        text_label(theme, tr("What the image as a whole is. By keys: with Class of the image (Shift+I)."),
                   Token::Muted, this));
    column->addWidget(chips_);
    one_ = new SwitchRow(theme, tr("One class an image"), QStringLiteral("one-class"), this);
    one_->setToolTip(
        tr("On: another class takes the place of the one before. Off: an image may have several"));
    next_ = new SwitchRow(theme, tr("Then to the next image"), QStringLiteral("next-after-class"), this);
    column->addWidget(one_);
    column->addWidget(next_);
    LabelToolSettings& settings = tools.settings();
    connect(one_, &SwitchRow::toggled, &settings, &LabelToolSettings::set_one_class_an_image);
    connect(next_, &SwitchRow::toggled, &settings, &LabelToolSettings::set_next_after_class);
    const auto follow = [this, &settings] {
        one_->setChecked(settings.one_class_an_image());
        next_->setChecked(settings.next_after_class());
    };
    connect(&settings, &LabelToolSettings::changed, this, follow);
    follow();
    // Queued: a class may be renamed from a list that is just being edited.
    connect(&context.labels, &LabelEditor::classes_changed, this, &ImageClassCard::rebuild,
            Qt::QueuedConnection);
    connect(&context.labels.marks(), &MarkEditor::image_classes_changed, this, &ImageClassCard::refresh);
    rebuild();
}

void ImageClassCard::rebuild() {
    for (const auto& [id, button] : buttons_)
        button->deleteLater();
    buttons_.clear();
    for (const LabelClass& each : context_.labels.classes()) {
        if (each.id == 0)
            continue;
        auto* chip = new QToolButton(chips_);
        const QString name = QString::fromStdString(each.name);
        chip->setObjectName("image-class-" + name);
        chip->setText(each.key.empty() ? name : tr("%1  %2").arg(name, QString::fromStdString(each.key)));
        chip->setAccessibleName(tr("The image is %1").arg(name));
        chip->setToolTip(tr("The image as a whole is %1").arg(name));
        chip->setIcon(swatch(each.color));
        chip->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        chip->setCheckable(true);
        chip->setFocusPolicy(Qt::TabFocus); // a click leaves the keys with the canvas
        connect(chip, &QToolButton::clicked, this, [this, id = each.id] {
            toggle_image_class({context_.canvas, context_.labels, tools_.settings()}, id);
            refresh();
        });
        chip->show();
        buttons_[each.id] = chip;
    }
    refresh();
    arrange();
}

void ImageClassCard::refresh() {
    const std::vector<ClassId>& now = context_.labels.marks().image_classes();
    const bool there = context_.labels.marks().item() != 0;
    for (const auto& [id, button] : buttons_) {
        button->setEnabled(there);
        button->setChecked(std::find(now.begin(), now.end(), id) != now.end());
    }
}

// From left to right, and on in the next row.
void ImageClassCard::arrange() {
    int x = 0, y = 0;
    for (const auto& [id, button] : buttons_) {
        const int width = std::min(button->sizeHint().width() + 8, std::max(chips_->width(), 60));
        if (x > 0 && x + width > chips_->width()) {
            x = 0;
            y += chip_height + gap;
        }
        button->setGeometry(x, y, width, chip_height);
        x += width + gap;
    }
    chips_->setFixedHeight(buttons_.empty() ? 0 : y + chip_height);
}

void ImageClassCard::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
}

} // namespace eyepiece
