// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/points_card.h"

#include "plugins/label/panels/skeleton_dialog.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"
#include "widgets/canvas/mark_editor.h"
#include "widgets/canvas/mark_layer.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QHBoxLayout>
#include <QListWidget>
#include <QPainter>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

namespace eyepiece {

namespace {

constexpr int row_height = 24, most_rows = 12;

// As it is on the canvas: filled, hollow, or nothing.
QIcon state_icon(const QColor& color, Visibility visibility) {
    QPixmap picture(14, 14);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    if (visibility == Visibility::Visible) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(color);
        painter.drawEllipse(QRectF(2, 2, 10, 10));
    } else {
        painter.setPen(QPen(color, visibility == Visibility::Hidden ? 2.2 : 1,
                            visibility == Visibility::Hidden ? Qt::SolidLine : Qt::DotLine));
        painter.drawEllipse(QRectF(3, 3, 8, 8));
    }
    return picture;
}

} // namespace

PointsCard::PointsCard(WorkbenchContext& context, LabelTools& tools, QWidget* parent)
    : QWidget(parent), context_(context), tools_(tools) {
    setObjectName(QStringLiteral("points-card"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    state_ = text_label(context.theme, {}, Token::Muted, this);
    state_->setObjectName(QStringLiteral("points-state"));
    column->addWidget(state_);
    points_ = new QListWidget(this);
    points_->setObjectName(QStringLiteral("points"));
    points_->setAccessibleName(tr("Points of the skeleton"));
    points_->setFrameShape(QFrame::NoFrame);
    points_->setFocusPolicy(Qt::TabFocus); // a click leaves the keys with the canvas
    column->addWidget(points_);
    edit_ = quiet_button({}, QStringLiteral("edit-skeleton"), this);
    edit_->setAccessibleName(tr("Skeleton of the class"));
    auto* row = new QHBoxLayout;
    row->addWidget(edit_);
    row->addStretch();
    column->addLayout(row);

    LabelEditor& labels = context.labels;
    connect(edit_, &QPushButton::clicked, this, &PointsCard::edit_skeleton);
    connect(points_, &QListWidget::itemClicked, this, [this](QListWidgetItem* item) {
        MarkEditor& marks = context_.labels.marks();
        marks.select(marks.selected(), points_->row(item));
        context_.canvas.setFocus();
    });
    connect(&labels, &LabelEditor::current_class_changed, this, &PointsCard::refresh);
    connect(&labels, &LabelEditor::classes_changed, this, &PointsCard::refresh);
    connect(&labels.marks(), &MarkEditor::changed, this, &PointsCard::refresh);
    connect(&labels.marks(), &MarkEditor::selection_changed, this, &PointsCard::refresh);
    refresh();
}

int PointsCard::shown_class() const {
    const MarkEditor& marks = context_.labels.marks();
    const Mark* chosen = marks.mark(marks.selected());
    return chosen && chosen->kind == MarkKind::Keypoints ? chosen->class_id : context_.labels.current_class();
}

void PointsCard::refresh() {
    const LabelEditor& labels = context_.labels;
    const MarkEditor& marks = labels.marks();
    const Mark* chosen = marks.mark(marks.selected());
    if (chosen && chosen->kind != MarkKind::Keypoints)
        chosen = nullptr;
    const LabelClass* shown = labels.find_class(shown_class());
    const Skeleton* skeleton = shown ? marks.skeleton(shown->id) : nullptr;
    const QString name = shown ? QString::fromStdString(shown->name) : QString();
    const bool can_have = shown && shown->id != 0;
    edit_->setVisible(can_have);
    edit_->setText(skeleton ? tr("Edit the skeleton…") : tr("Make a skeleton…"));
    if (!can_have)
        state_->setText(tr("Choose a class to mark by points."));
    else if (!skeleton)
        state_->setText(
            tr("%1 is marked by single points (Shift+P). A skeleton gives it named points (Shift+K).")
                .arg(name));
    else if (chosen)
        state_->setText(tr("%1 #%2: %3 of %4 points%5")
                            .arg(name)
                            .arg(chosen->id)
                            .arg(placed_points(chosen->points))
                            .arg(skeleton->size())
                            .arg(chosen->track.empty()
                                     ? QString()
                                     : tr(", track %1").arg(QString::fromStdString(chosen->track))));
    else
        state_->setText(tr("The next click with Keypoints (Shift+K) begins another %1.").arg(name));
    const QSignalBlocker quiet(points_);
    points_->clear();
    points_->setVisible(skeleton != nullptr);
    if (!skeleton)
        return;
    for (int i = 0; i < skeleton->size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const Visibility state =
            chosen && at < chosen->points.size() ? chosen->points[at].visibility : Visibility::Absent;
        auto* item = new QListWidgetItem(state_icon(keypoint_color(*skeleton, i), state),
                                         QString::fromStdString(skeleton->names[at]), points_);
        item->setSizeHint({100, row_height});
        item->setToolTip(state == Visibility::Visible  ? tr("Visible. Right click on it hides it")
                         : state == Visibility::Hidden ? tr("Hidden. Right click on it shows it")
                                                       : tr("Not set. Click here to set it next"));
    }
    points_->setCurrentRow(chosen ? marks.selected_point() : -1);
    points_->setFixedHeight(std::min(skeleton->size(), most_rows) * row_height + 4);
}

void PointsCard::edit_skeleton() {
    const LabelClass* shown = context_.labels.find_class(shown_class());
    if (!shown || !context_.session.is_open())
        return;
    const ClassId class_id = shown->id;
    const Skeleton* known = context_.labels.marks().skeleton(class_id);
    const bool had = known != nullptr;
    SkeletonDialog dialog(context_.theme, QString::fromStdString(shown->name), had ? *known : Skeleton{},
                          this);
    if (dialog.exec() != QDialog::Accepted)
        return;
    try {
        context_.labels.flush(); // what is on its way has the old points
        context_.session.project().skeletons().set(class_id, dialog.skeleton(),
                                                   had ? dialog.origins() : std::vector<int>{});
        tools_.choose(QStringLiteral("label.keypoints"));
        context_.canvas.setFocus();
    } catch (const std::exception& error) {
        context_.notices.show_error(error, QStringLiteral("skeleton"));
    }
}

} // namespace eyepiece
