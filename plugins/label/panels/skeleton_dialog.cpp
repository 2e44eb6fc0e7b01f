// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/skeleton_dialog.h"

#include "core/base/error.h"
#include "core/project/classes.h"
#include "widgets/canvas/mark_layer.h"
#include "widgets/theme/controls.h"

#include <QColorDialog>
#include <QComboBox>
#include <QHBoxLayout>
#include <QListWidget>
#include <QPainter>
#include <QVBoxLayout>
#include <algorithm>
#include <numeric>
#include <utility>

namespace eyepiece {

namespace {

QIcon swatch(const QColor& color) {
    QPixmap picture(14, 14);
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(color);
    painter.setPen(QPen(QColor(0, 0, 0, 150), 1));
    painter.drawEllipse(QRectF(1, 1, 12, 12));
    return picture;
}

QString text(const std::string& name) {
    return QString::fromStdString(name);
}

// Ends after a point is gone: those that led to it go, and the points behind it move up.
void drop(std::vector<Skeleton::Ends>& list, int point) {
    std::erase_if(list, [&](const Skeleton::Ends& ends) { return ends[0] == point || ends[1] == point; });
    for (auto& ends : list)
        for (int& end : ends)
            end -= end > point;
}

} // namespace

SkeletonDialog::SkeletonDialog(const Theme& theme, const QString& class_name, const Skeleton& skeleton,
                               QWidget* parent)
    : QDialog(parent), skeleton_(skeleton), origins_(skeleton.names.size()) {
    std::iota(origins_.begin(), origins_.end(), 0);
    setObjectName(QStringLiteral("skeleton"));
    setWindowTitle(tr("Skeleton of %1").arg(class_name));
    resize(560, 620);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(24, 16, 24, 16);
    column->setSpacing(8);
    column->addWidget(
        text_label(theme, tr("The points of each %1, in the order in which you click them.").arg(class_name),
                   Token::Muted, this));

    auto* row = new QHBoxLayout;
    points_ = new QListWidget(this);
    points_->setObjectName(QStringLiteral("skeleton.points"));
    points_->setAccessibleName(tr("Points"));
    points_->setEditTriggers(QAbstractItemView::EditKeyPressed | QAbstractItemView::DoubleClicked);
    points_->setToolTip(tr("Double-click or F2 renames"));
    row->addWidget(points_, 1);
    auto* buttons = new QVBoxLayout;
    const auto button = [&](const QString& title, const QString& name, auto handler) {
        auto* made = quiet_button(title, "skeleton." + name, this);
        made->setAutoDefault(false);
        buttons->addWidget(made);
        connect(made, &QPushButton::clicked, this, handler);
        return made;
    };
    button(tr("Add a point"), QStringLiteral("add"), [this] { add_point(); });
    remove_ = button(tr("Remove"), QStringLiteral("remove"), [this] { remove_point(); });
    up_ = button(tr("Up"), QStringLiteral("up"), [this] { move_point(-1); });
    down_ = button(tr("Down"), QStringLiteral("down"), [this] { move_point(1); });
    color_ = button(tr("Colour…"), QStringLiteral("color"), [this] { recolor(); });
    buttons->addStretch();
    row->addLayout(buttons);
    column->addLayout(row, 3);
    links_ = add_ends(column, tr("Links"), tr("Drawn as lines between two points."), QStringLiteral("links"),
                      &Skeleton::links);
    pairs_ = add_ends(column, tr("Left and right"),
                      tr("Change places when an image is mirrored. The right one is drawn as a square."),
                      QStringLiteral("pairs"), &Skeleton::pairs);
    auto* by_name = link_button(tr("Find pairs by their names"), QStringLiteral("skeleton.by-name"), this);
    by_name->setAutoDefault(false);
    column->addWidget(by_name, 0, Qt::AlignLeft);
    connect(by_name, &QPushButton::clicked, this, [this] {
        skeleton_.pairs = pairs_of_names(skeleton_.names);
        show_all(points_->currentRow());
    });

    problem_ = text_label(theme, {}, Token::Bad, this);
    problem_->setObjectName(QStringLiteral("skeleton.problem"));
    column->addWidget(problem_);
    auto* last = new QHBoxLayout;
    auto* cancel = quiet_button(tr("Cancel"), QStringLiteral("skeleton.cancel"), this);
    cancel->setAutoDefault(false);
    accept_ = primary_button(tr("Use this skeleton"), QStringLiteral("skeleton.accept"), this);
    accept_->setAutoDefault(false); // Enter ends a name
    last->addStretch();
    last->addWidget(cancel);
    last->addWidget(accept_);
    column->addLayout(last);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(accept_, &QPushButton::clicked, this, &QDialog::accept);
    connect(points_, &QListWidget::itemChanged, this, &SkeletonDialog::rename);
    connect(points_, &QListWidget::currentRowChanged, this, [this] { check(); });
    show_all(0);
}

SkeletonDialog::EndsRows SkeletonDialog::add_ends(QVBoxLayout* column, const QString& title,
                                                  const QString& help, const QString& name,
                                                  std::vector<Skeleton::Ends> Skeleton::*list) {
    auto* heading = new QLabel(title, this);
    heading->setToolTip(help);
    column->addWidget(heading);
    EndsRows rows{list, new QListWidget(this), new QComboBox(this), new QComboBox(this)};
    rows.shown->setObjectName("skeleton." + name);
    rows.shown->setAccessibleName(title);
    rows.shown->setToolTip(help);
    column->addWidget(rows.shown, 2);
    auto* row = new QHBoxLayout;
    rows.from->setObjectName("skeleton." + name + ".from");
    rows.from->setAccessibleName(tr("%1: one point").arg(title));
    rows.to->setObjectName("skeleton." + name + ".to");
    rows.to->setAccessibleName(tr("%1: the other point").arg(title));
    auto* add = quiet_button(tr("Add"), "skeleton." + name + ".add", this);
    add->setAccessibleName(tr("%1: add").arg(title));
    auto* remove = quiet_button(tr("Remove"), "skeleton." + name + ".remove", this);
    remove->setAccessibleName(tr("%1: remove").arg(title));
    for (QPushButton* each : {add, remove})
        each->setAutoDefault(false);
    row->addWidget(rows.from, 1);
    row->addWidget(rows.to, 1);
    row->addWidget(add);
    row->addWidget(remove);
    column->addLayout(row);
    connect(add, &QPushButton::clicked, this, [this, list, from = rows.from, to = rows.to] {
        const Skeleton::Ends ends{from->currentIndex(), to->currentIndex()};
        auto& known = skeleton_.*list;
        if (ends[0] >= 0 && ends[1] >= 0 && std::find(known.begin(), known.end(), ends) == known.end())
            known.push_back(ends);
        show_all(points_->currentRow());
    });
    connect(remove, &QPushButton::clicked, this, [this, list, shown = rows.shown] {
        auto& known = skeleton_.*list;
        if (const int at = shown->currentRow(); at >= 0 && at < static_cast<int>(known.size()))
            known.erase(known.begin() + at);
        show_all(points_->currentRow());
    });
    return rows;
}

void SkeletonDialog::add_point() {
    int number = skeleton_.size() + 1;
    std::string name;
    do
        name = tr("point %1").arg(number++).toStdString();
    while (skeleton_.find(name) >= 0);
    skeleton_.names.push_back(name);
    if (!skeleton_.colors.empty())
        skeleton_.colors.push_back(default_class_color(skeleton_.names.size() - 1));
    origins_.push_back(-1);
    show_all(skeleton_.size() - 1);
    points_->setFocus();
    points_->editItem(points_->currentItem());
}

void SkeletonDialog::remove_point() {
    const int point = points_->currentRow();
    if (point < 0)
        return;
    skeleton_.names.erase(skeleton_.names.begin() + point);
    if (!skeleton_.colors.empty())
        skeleton_.colors.erase(skeleton_.colors.begin() + point);
    origins_.erase(origins_.begin() + point);
    drop(skeleton_.links, point);
    drop(skeleton_.pairs, point);
    show_all(std::min(point, skeleton_.size() - 1));
}

void SkeletonDialog::move_point(int step) {
    const int from = points_->currentRow(), to = from + step;
    if (from < 0 || to < 0 || to >= skeleton_.size())
        return;
    const auto a = static_cast<std::size_t>(from), b = static_cast<std::size_t>(to);
    if (skeleton_.colors.empty()) // a point keeps its colour
        for (int i = 0; i < skeleton_.size(); ++i)
            skeleton_.colors.push_back(default_class_color(static_cast<std::size_t>(i)));
    std::swap(skeleton_.names[a], skeleton_.names[b]);
    std::swap(skeleton_.colors[a], skeleton_.colors[b]);
    std::swap(origins_[a], origins_[b]);
    for (auto* list : {&skeleton_.links, &skeleton_.pairs})
        for (auto& ends : *list)
            for (int& end : ends)
                end = end == from ? to : end == to ? from : end;
    show_all(to);
}

void SkeletonDialog::rename(QListWidgetItem* item) {
    if (showing_)
        return;
    skeleton_.names[static_cast<std::size_t>(points_->row(item))] = item->text().trimmed().toStdString();
    // Queued: the list is still editing.
    QMetaObject::invokeMethod(
        this, [this] { show_all(points_->currentRow()); }, Qt::QueuedConnection);
}

void SkeletonDialog::recolor() {
    const int point = points_->currentRow();
    if (point < 0)
        return;
    const QColor color = QColorDialog::getColor(keypoint_color(skeleton_, point), this,
                                                tr("Colour of %1").arg(points_->currentItem()->text()));
    if (!color.isValid())
        return;
    for (std::size_t i = skeleton_.colors.size(); i < skeleton_.names.size(); ++i)
        skeleton_.colors.push_back(default_class_color(i));
    skeleton_.colors[static_cast<std::size_t>(point)] = {static_cast<std::uint8_t>(color.red()),
                                                         static_cast<std::uint8_t>(color.green()),
                                                         static_cast<std::uint8_t>(color.blue())};
    show_all(point);
}

void SkeletonDialog::show_all(int chosen) {
    showing_ = true;
    points_->clear();
    for (int i = 0; i < skeleton_.size(); ++i) {
        auto* item = new QListWidgetItem(swatch(keypoint_color(skeleton_, i)),
                                         text(skeleton_.names[static_cast<std::size_t>(i)]), points_);
        item->setFlags(item->flags() | Qt::ItemIsEditable);
    }
    points_->setCurrentRow(chosen);
    for (const EndsRows* rows : {&links_, &pairs_}) {
        const int from = std::max(rows->from->currentIndex(), 0), to = std::max(rows->to->currentIndex(), 1);
        for (QComboBox* choice : {rows->from, rows->to}) {
            choice->clear();
            for (const std::string& name : skeleton_.names)
                choice->addItem(text(name));
        }
        rows->from->setCurrentIndex(std::min(from, skeleton_.size() - 1));
        rows->to->setCurrentIndex(std::min(to, skeleton_.size() - 1));
        const int row = rows->shown->currentRow();
        rows->shown->clear();
        for (const auto& [a, b] : skeleton_.*(rows->list))
            rows->shown->addItem(text(skeleton_.names[static_cast<std::size_t>(a)]) + QStringLiteral(" – ") +
                                 text(skeleton_.names[static_cast<std::size_t>(b)]));
        rows->shown->setCurrentRow(std::min(row, rows->shown->count() - 1));
    }
    showing_ = false;
    check();
}

// What is wrong is said at once, and keeps the skeleton from being used.
void SkeletonDialog::check() {
    QString problem;
    try {
        check_skeleton(skeleton_);
    } catch (const Error& error) {
        problem = QString::fromUtf8(error.what());
    }
    problem_->setText(problem);
    problem_->setVisible(!problem.isEmpty());
    accept_->setEnabled(problem.isEmpty());
    const int at = points_->currentRow();
    remove_->setEnabled(at >= 0);
    color_->setEnabled(at >= 0);
    up_->setEnabled(at > 0);
    down_->setEnabled(at >= 0 && at + 1 < skeleton_.size());
}

} // namespace eyepiece
