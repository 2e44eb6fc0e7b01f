// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/class_list.h"

#include "widgets/canvas/label_editor.h"
#include "widgets/canvas/mark_editor.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QColorDialog>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QMessageBox>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>
#include <map>

namespace eyepiece {

namespace {

constexpr int IdRole = Qt::UserRole + 1, ColorRole = Qt::UserRole + 2, KeyRole = Qt::UserRole + 3,
              CountRole = Qt::UserRole + 4;
constexpr int row_height = 30;

// Swatch, name, key and number in one row.
class ClassDelegate : public QStyledItemDelegate {
public:
    ClassDelegate(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), theme_(theme) {}

    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override {
        return {120, row_height};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const QRect row = option.rect;
        if (option.state & QStyle::State_Selected) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(theme_.color(Token::AccentGround));
            painter->drawRoundedRect(row.adjusted(0, 1, 0, -1), 6, 6);
        } else if (option.state & QStyle::State_MouseOver) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(theme_.color(Token::Raised));
            painter->drawRoundedRect(row.adjusted(0, 1, 0, -1), 6, 6);
        }
        painter->setPen(QPen(theme_.color(Token::Line), 1));
        painter->setBrush(index.data(ColorRole).value<QColor>());
        painter->drawRoundedRect(QRectF(row.left() + 8.5, row.center().y() - 6.5, 14, 14), 3.5, 3.5);
        const qint64 count = index.data(CountRole).toLongLong();
        const QString number = count > 0 ? QLocale().toString(count) : QStringLiteral("–");
        painter->setFont(theme_.figures());
        painter->setPen(theme_.color(Token::Muted));
        painter->drawText(row.adjusted(0, 0, -8, 0), Qt::AlignRight | Qt::AlignVCenter, number);
        const QString key = index.data(KeyRole).toString();
        const int number_width = 52;
        if (!key.isEmpty()) {
            const QRectF badge(row.right() - number_width - 18, row.center().y() - 8, 18, 17);
            painter->setPen(QPen(theme_.color(Token::Line), 1));
            painter->setBrush(theme_.color(Token::Raised));
            painter->drawRoundedRect(badge, 4, 4);
            painter->setPen(theme_.color(Token::Muted));
            painter->setFont(theme_.small());
            painter->drawText(badge, Qt::AlignCenter, key);
        }
        painter->setFont(theme_.body());
        painter->setPen(theme_.color(Token::Text));
        const QRect name = row.adjusted(32, 0, -number_width - 26, 0);
        painter->drawText(
            name, Qt::AlignLeft | Qt::AlignVCenter,
            painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideRight, name.width()));
        if (option.state & QStyle::State_HasFocus) {
            painter->setBrush(Qt::NoBrush);
            painter->setPen(QPen(theme_.color(Token::Accent), 1));
            painter->drawRoundedRect(QRectF(row).adjusted(0.5, 1.5, -0.5, -1.5), 6, 6);
        }
        painter->restore();
    }

private:
    const Theme& theme_;
};

} // namespace

ClassList::ClassList(WorkbenchContext& context, QWidget* parent) : QWidget(parent), context_(context) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    list_ = new QListWidget(this);
    list_->setObjectName(QStringLiteral("classes"));
    list_->setAccessibleName(tr("Classes"));
    list_->setAccessibleDescription(tr("F2 renames, Delete removes, the menu key offers more."));
    list_->setItemDelegate(new ClassDelegate(context.theme, list_));
    list_->setEditTriggers(QAbstractItemView::EditKeyPressed);
    list_->setContextMenuPolicy(Qt::CustomContextMenu);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setFrameShape(QFrame::NoFrame);
    list_->setMouseTracking(true);
    list_->viewport()->setAutoFillBackground(false);
    column->addWidget(list_);
    empty_ = text_label(
        context.theme,
        tr("A class is a kind of thing that you mark, for instance \"nucleus\". Name the first one:"),
        Token::Muted, this);
    column->addWidget(empty_);
    new_name_ = new QLineEdit(this);
    new_name_->setObjectName(QStringLiteral("new-class"));
    new_name_->setAccessibleName(tr("Name of a new class"));
    new_name_->setPlaceholderText(tr("Add a class…"));
    column->addWidget(new_name_);

    connect(new_name_, &QLineEdit::returnPressed, this, &ClassList::add_class);
    connect(list_, &QListWidget::currentItemChanged, this, [this](QListWidgetItem* now) {
        if (now && !building_)
            context_.labels.set_current_class(class_at(now));
    });
    connect(list_, &QListWidget::itemChanged, this, &ClassList::rename);
    connect(list_, &QListWidget::itemDoubleClicked, list_, [this](QListWidgetItem* item) {
        if (class_at(item) != 0)
            list_->editItem(item);
    });
    connect(list_, &QWidget::customContextMenuRequested, this, &ClassList::menu);
    // Queued: a rename comes from within the list's own editing, when its rows must not go away.
    connect(&context.labels, &LabelEditor::classes_changed, this, &ClassList::rebuild, Qt::QueuedConnection);
    connect(&context.labels, &LabelEditor::objects_changed, this, &ClassList::count);
    connect(&context.labels.marks(), &MarkEditor::changed, this, &ClassList::count);
    connect(&context.labels, &LabelEditor::current_class_changed, this, &ClassList::mark_current);
    connect(&context.theme, &Theme::changed, list_->viewport(), qOverload<>(&QWidget::update));
    rebuild();
}

int ClassList::class_at(QListWidgetItem* item) const {
    return item ? item->data(IdRole).toInt() : -1;
}

void ClassList::rebuild() {
    building_ = true;
    list_->clear();
    // The background last: it is painted least.
    std::vector<LabelClass> classes;
    for (const LabelClass& each : context_.labels.classes())
        if (each.id != 0)
            classes.push_back(each);
    const bool none = classes.empty();
    for (const LabelClass& each : context_.labels.classes())
        if (each.id == 0)
            classes.push_back(each);
    for (const LabelClass& each : classes) {
        auto* item = new QListWidgetItem(QString::fromStdString(each.name), list_);
        item->setData(IdRole, each.id);
        item->setData(ColorRole, QColor(each.color[0], each.color[1], each.color[2]));
        item->setData(KeyRole, each.id == 0 ? QStringLiteral("0") : QString::fromStdString(each.key));
        item->setToolTip(
            each.id == 0
                ? tr("Paint what is surely none of the classes: helps where an image is labelled in part")
                : tr("Paint %1. Double-click or F2 renames; right-click for colour and more")
                      .arg(QString::fromStdString(each.name)));
        if (each.id != 0)
            item->setFlags(item->flags() | Qt::ItemIsEditable);
        if (each.id == context_.labels.current_class())
            list_->setCurrentItem(item);
    }
    list_->setFixedHeight(std::min(static_cast<int>(classes.size()), 10) * row_height + 2);
    list_->setVisible(!classes.empty());
    empty_->setVisible(none);
    new_name_->setEnabled(context_.session.is_open());
    building_ = false;
    count();
}

void ClassList::mark_current() {
    const bool before = building_;
    building_ = true;
    for (int row = 0; row < list_->count(); ++row)
        if (class_at(list_->item(row)) == context_.labels.current_class())
            list_->setCurrentRow(row);
    building_ = before;
}

void ClassList::count() {
    std::map<ClassId, qint64> counts;
    for (const auto& [id, object] : context_.labels.document().objects())
        ++counts[object.class_id];
    for (const auto& [id, mark] : context_.labels.marks().marks())
        ++counts[mark.class_id];
    building_ = true;
    for (int row = 0; row < list_->count(); ++row) {
        const int id = class_at(list_->item(row));
        list_->item(row)->setData(CountRole, id == 0 ? 0 : counts[id]);
    }
    building_ = false;
}

void ClassList::add_class() {
    const QString name = new_name_->text().trimmed();
    if (name.isEmpty() || !context_.session.is_open())
        return;
    try {
        const ClassId id = context_.session.project().classes().add(name.toStdString());
        new_name_->clear();
        context_.labels.set_current_class(id);
    } catch (const std::exception& error) {
        context_.notices.show_error(error, QStringLiteral("classes"));
    }
}

void ClassList::rename(QListWidgetItem* item) {
    if (building_)
        return;
    const LabelClass* known = context_.labels.find_class(class_at(item));
    const QString name = item->text().trimmed();
    if (!known || name.isEmpty() || name.toStdString() == known->name)
        return;
    LabelClass changed = *known;
    changed.name = name.toStdString();
    try {
        context_.session.project().classes().update(changed);
    } catch (const std::exception& error) {
        context_.notices.show_error(error, QStringLiteral("classes"));
        QMetaObject::invokeMethod(this, &ClassList::rebuild, Qt::QueuedConnection);
    }
}

void ClassList::recolor(int class_id) {
    const LabelClass* known = context_.labels.find_class(class_id);
    if (!known)
        return;
    const QColor color =
        QColorDialog::getColor(QColor(known->color[0], known->color[1], known->color[2]), this,
                               tr("Colour of %1").arg(QString::fromStdString(known->name)));
    known = context_.labels.find_class(class_id);
    if (!color.isValid() || !known)
        return;
    LabelClass changed = *known;
    changed.color = {static_cast<std::uint8_t>(color.red()), static_cast<std::uint8_t>(color.green()),
                     static_cast<std::uint8_t>(color.blue())};
    try {
        context_.session.project().classes().update(changed);
    } catch (const std::exception& error) {
        context_.notices.show_error(error, QStringLiteral("classes"));
    }
}

void ClassList::remove(int class_id) {
    const LabelClass* known = context_.labels.find_class(class_id);
    if (!known || class_id == 0)
        return;
    const QString name = QString::fromStdString(known->name);
    const auto answer =
        QMessageBox::question(this, tr("Delete the class %1?").arg(name),
                              tr("Its objects on all images go with it. Undo brings both back."),
                              QMessageBox::Yes | QMessageBox::Cancel, QMessageBox::Cancel);
    if (answer != QMessageBox::Yes)
        return;
    try {
        context_.labels.flush();
        context_.session.project().classes().remove(class_id);
    } catch (const std::exception& error) {
        context_.notices.show_error(error, QStringLiteral("classes"));
    }
}

void ClassList::menu(const QPoint& at) {
    QListWidgetItem* item = list_->itemAt(at);
    const int id = class_at(item);
    if (!item)
        return;
    QMenu menu(this);
    QAction* rename_action = menu.addAction(tr("Rename"), this, [this, item] { list_->editItem(item); });
    menu.addAction(tr("Colour…"), this, [this, id] { recolor(id); });
    menu.addSeparator();
    QAction* remove_action = menu.addAction(tr("Delete…"), this, [this, id] { remove(id); });
    rename_action->setEnabled(id != 0);
    remove_action->setEnabled(id != 0);
    menu.exec(list_->viewport()->mapToGlobal(at));
}

} // namespace eyepiece
