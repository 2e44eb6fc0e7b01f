// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/browser/item_browser.h"

#include "widgets/browser/item_list_model.h"
#include "widgets/browser/thumbnail_cache.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/theme/controls.h"

#include <QAction>
#include <QActionGroup>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLineEdit>
#include <QListView>
#include <QLocale>
#include <QMenu>
#include <QPainter>
#include <QPainterPath>
#include <QPixmapCache>
#include <QStyledItemDelegate>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <optional>

namespace eyepiece {

void draw_item_mark(const Theme& theme, QPainter& painter, const QModelIndex& index, const QPointF& center) {
    const QColor color = theme.color(static_cast<Token>(index.data(ItemListModel::DotRole).toInt()));
    const QString icon = index.data(ItemListModel::MarkRole).toString();
    if (!icon.isEmpty()) {
        constexpr int side = 16;
        const qreal ratio = painter.device()->devicePixelRatioF();
        // Drawn once, not for each row of each frame.
        const QString key = QStringLiteral("item-mark/%1/%2/%3").arg(icon, color.name()).arg(ratio);
        QPixmap mark;
        if (!QPixmapCache::find(key, &mark)) {
            mark = theme.pixmap(icon, color, side, ratio);
            QPixmapCache::insert(key, mark);
        }
        painter.drawPixmap(QRectF(center - QPointF(side, side) / 2, QSizeF(side, side)), mark, mark.rect());
        return;
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawEllipse(center, 4, 4);
}

namespace {

constexpr int row_height = 44; // a multiple of 4, as the drawings have it

class ItemDelegate : public QStyledItemDelegate {
public:
    ItemDelegate(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), theme_(theme) {}

    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override {
        return {160, row_height};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        painter->save();
        const QRect row = option.rect;
        if (option.state & QStyle::State_Selected)
            painter->fillRect(row, theme_.color(Token::AccentGround));
        else if (option.state & QStyle::State_MouseOver)
            painter->fillRect(row, theme_.color(Token::Raised));
        painter->setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);

        const QRect frame(row.left() + 12, row.center().y() - ThumbnailCache::height / 2 + 1,
                          ThumbnailCache::width, ThumbnailCache::height);
        QPainterPath rounded;
        rounded.addRoundedRect(frame, 3, 3);
        painter->setClipPath(rounded);
        painter->fillRect(frame, theme_.color(Token::ImageGround));
        const auto picture = index.data(Qt::DecorationRole).value<QPixmap>();
        if (!picture.isNull()) { // fills the frame; what stands over is cut off
            const QSizeF size = QSizeF(picture.size()).scaled(frame.size(), Qt::KeepAspectRatioByExpanding);
            painter->drawPixmap(
                QRectF(QRectF(frame).center() - QPointF(size.width() / 2, size.height() / 2), size), picture,
                QRectF(picture.rect()));
        }
        painter->setClipping(false);

        const int left = frame.right() + 9, right = row.right() - 26;
        painter->setFont(theme_.body());
        painter->setPen(theme_.color(Token::Text));
        const QRect first(left, row.top() + 5, right - left, 18);
        painter->drawText(
            first, Qt::AlignVCenter,
            painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideMiddle, first.width()));
        painter->setFont(theme_.small());
        painter->setPen(theme_.color(Token::Muted));
        const QRect second(left, row.top() + 22, right - left, 16);
        painter->drawText(second, Qt::AlignVCenter,
                          painter->fontMetrics().elidedText(index.data(ItemListModel::WordsRole).toString(),
                                                            Qt::ElideRight, second.width()));
        draw_item_mark(theme_, *painter, index, QPointF(row.right() - 15, row.center().y() + 0.5));
        painter->restore();
    }

private:
    const Theme& theme_;
};

} // namespace

ItemBrowser::ItemBrowser(const Theme& theme, ProjectSession& session, Selection& selection,
                         ItemListModel& model, QWidget* parent)
    : QWidget(parent)
    , theme_(theme)
    , session_(session)
    , selection_(selection)
    , model_(model)
    , header_(new SectionHeader(theme, tr("Images"), {}, this))
    , filter_(new QLineEdit(this))
    , which_(new QToolButton(this))
    , order_(new QToolButton(this))
    , list_(new QListView(this))
    , nothing_(new QWidget(this))
    , nothing_text_(text_label(theme, {}, Token::Muted, nothing_)) {
    setObjectName(QStringLiteral("images"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* top = new QVBoxLayout;
    top->setContentsMargins(12, 4, 12, 8);
    top->setSpacing(4);
    top->addWidget(header_);
    auto* field = new QHBoxLayout;
    field->setSpacing(4);
    filter_->setObjectName(QStringLiteral("images.filter"));
    filter_->setAccessibleName(tr("Filter the images by name, group or class"));
    filter_->setPlaceholderText(tr("Filter…"));
    filter_->setClearButtonEnabled(true);
    field->addWidget(filter_, 1);
    which_->setObjectName(QStringLiteral("images.which"));
    which_->setAccessibleName(tr("Status and class of the images shown"));
    which_->setIconSize({18, 18});
    which_->setPopupMode(QToolButton::InstantPopup);
    which_->setMenu(new QMenu(which_));
    connect(which_->menu(), &QMenu::aboutToShow, this, &ItemBrowser::fill_which);
    field->addWidget(which_);
    order_->setObjectName(QStringLiteral("images.order"));
    order_->setAccessibleName(tr("Order of the images"));
    order_->setIcon(theme.icon(QStringLiteral("sort")));
    order_->setIconSize({18, 18});
    order_->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(order_);
    auto* group = new QActionGroup(menu);
    const std::pair<ItemOrder, QString> orders[] = {{ItemOrder::Name, tr("By name")},
                                                    {ItemOrder::WorstFirst, tr("Worst first")},
                                                    {ItemOrder::UnlabelledFirst, tr("Unlabelled first")},
                                                    {ItemOrder::Status, tr("By status")},
                                                    {ItemOrder::MostObjects, tr("Most objects first")},
                                                    {ItemOrder::FewestObjects, tr("Fewest objects first")}};
    for (const auto& [order, title] : orders) {
        QAction* action = menu->addAction(title);
        action->setObjectName("images.order." + QString::number(static_cast<int>(order)));
        action->setCheckable(true);
        action->setActionGroup(group);
        action->setChecked(order == model_.order());
        connect(action, &QAction::triggered, this, [this, order = order] {
            model_.set_order(order);
            refresh();
        });
    }
    order_->setMenu(menu);
    field->addWidget(order_);
    top->addLayout(field);
    column->addLayout(top);

    list_->setObjectName(QStringLiteral("images.list"));
    list_->setAccessibleName(tr("Images"));
    list_->setModel(&model_);
    list_->setItemDelegate(new ItemDelegate(theme, list_));
    list_->setUniformItemSizes(true);
    list_->setSelectionMode(QAbstractItemView::ExtendedSelection);
    list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setMouseTracking(true);
    list_->setFrameShape(QFrame::NoFrame);
    column->addWidget(list_, 1);
    auto* empty = new QVBoxLayout(nothing_);
    empty->setContentsMargins(12, 12, 12, 12);
    empty->addWidget(nothing_text_);
    empty->addStretch();
    column->addWidget(nothing_, 1);

    connect(filter_, &QLineEdit::textChanged, this, [this](const QString& text) {
        model_.set_filter(text.trimmed());
        refresh();
    });
    connect(list_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &ItemBrowser::take_selection);
    connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &ItemBrowser::take_selection);
    connect(list_, &QListView::activated, this, &ItemBrowser::activated);
    connect(&model_, &QAbstractItemModel::modelAboutToBeReset, this, [this] { showing_ = true; });
    connect(&model_, &QAbstractItemModel::modelReset, this, [this] {
        showing_ = false;
        show_selection();
        refresh();
    });
    connect(&model_, &QAbstractItemModel::dataChanged, this,
            [this](const QModelIndex&, const QModelIndex&, const QList<int>& roles) {
                if (!roles.contains(Qt::DecorationRole))
                    refresh();
            });
    connect(&model_, &ItemListModel::loaded, this, &ItemBrowser::refresh);
    connect(&model_, &ItemListModel::arranged_anew, this, [this] {
        if (filter_->text().trimmed() != model_.filter())
            filter_->setText(model_.filter());
    });
    connect(&selection_, &Selection::items_changed, this, &ItemBrowser::show_selection);
    connect(&selection_, &Selection::item_changed, this, &ItemBrowser::show_selection);
    connect(&session_, &ProjectSession::closed, this, &ItemBrowser::refresh);
    connect(&session_, &ProjectSession::opened, this, &ItemBrowser::refresh);
    connect(&session_, &ProjectSession::scores_changed, this, &ItemBrowser::refresh);
    connect(&theme_, &Theme::changed, this, [this] { list_->viewport()->update(); });
    refresh();
}

void ItemBrowser::focus_filter() {
    filter_->setFocus(Qt::ShortcutFocusReason);
    filter_->selectAll();
}

void ItemBrowser::step(int rows) {
    if (model_.rowCount() == 0)
        return;
    const int now = model_.row(selection_.item());
    const int wanted = now < 0 ? 0 : std::clamp(now + rows, 0, model_.rowCount() - 1);
    selection_.set_item(model_.id(wanted));
}

void ItemBrowser::show_selection() {
    if (showing_)
        return;
    showing_ = true;
    QItemSelection chosen;
    for (ItemId id : selection_.items())
        if (const int row = model_.row(id); row >= 0)
            chosen.select(model_.index(row, 0), model_.index(row, 0));
    // Two steps: what goes and what comes are not compared, pair by pair, of tens of thousands of each.
    list_->selectionModel()->clearSelection();
    list_->selectionModel()->select(chosen, QItemSelectionModel::Select);
    const int row = model_.row(selection_.item());
    list_->selectionModel()->setCurrentIndex(row >= 0 ? model_.index(row, 0) : QModelIndex(),
                                             QItemSelectionModel::NoUpdate);
    if (row >= 0)
        list_->scrollTo(model_.index(row, 0));
    showing_ = false;
}

void ItemBrowser::take_selection() {
    if (showing_)
        return;
    showing_ = true;
    std::vector<ItemId> ids;
    for (const QModelIndex& index : list_->selectionModel()->selectedIndexes())
        if (index.column() == 0)
            ids.push_back(model_.id(index.row()));
    const ItemId current = model_.id(list_->currentIndex().row());
    selection_.set_items(std::move(ids), current);
    showing_ = false;
}

// Anew each time it opens: counts and classes change.
void ItemBrowser::fill_which() {
    QMenu* menu = which_->menu();
    menu->clear();
    qDeleteAll(menu->findChildren<QActionGroup*>());
    const auto choices = [&](auto chosen, auto choose) {
        auto* group = new QActionGroup(menu);
        return [this, menu, group, chosen, choose](const QString& title, const QString& name, auto value,
                                                   const QString& icon = {}) {
            QAction* action = menu->addAction(title, this, [choose, value] { choose(value); });
            action->setObjectName("images.which." + name);
            action->setCheckable(true);
            action->setActionGroup(group);
            action->setChecked(chosen == value);
            if (!icon.isEmpty())
                action->setIcon(theme_.icon(icon));
        };
    };
    using Status = std::optional<ReviewStatus>;
    const auto status = choices(model_.status(), [this](Status wanted) { model_.set_status(wanted); });
    status(tr("Any status"), QStringLiteral("any-status"), Status());
    for (const ReviewStatus each : all_review_statuses()) {
        QString title = status_text(each);
        title[0] = title[0].toUpper();
        status(tr("%1 (%2)").arg(title, QLocale().toString(qlonglong(model_.count(each)))),
               QString::fromUtf8(to_string(each)), Status(each), status_icon(each));
    }
    menu->addSeparator();
    const auto of_class = choices(model_.class_id(), [this](ClassId wanted) { model_.set_class(wanted); });
    of_class(tr("Any class"), QStringLiteral("any-class"), ClassId{-1});
    try {
        for (const LabelClass& each : session_.project().classes().all())
            of_class(tr("With %1").arg(QString::fromStdString(each.name)),
                     QStringLiteral("class-%1").arg(each.id), each.id);
    } catch (const Error& error) {
        Q_EMIT session_.job_failed(tr("Reading the classes"), QString::fromUtf8(error.what()));
    }
}

void ItemBrowser::refresh() {
    const auto all = static_cast<qlonglong>(model_.size());
    const bool chosen = model_.status() || model_.class_id() >= 0;
    header_->set_note(
        all == 0 ? QString()
        : chosen ? tr("%1 of %2 shown").arg(QLocale().toString(model_.rowCount()), QLocale().toString(all))
                 : tr("%1 of %2 labelled")
                       .arg(QLocale().toString(qlonglong(model_.labelled())), QLocale().toString(all)));
    which_->setIcon(theme_.icon(QStringLiteral("filter"), chosen ? Token::Accent : Token::Muted));
    which_->setToolTip(chosen ? tr("Only some images are shown, by their status or class")
                              : tr("Show only images of a status or class"));
    which_->setEnabled(all > 0);
    const bool some = model_.rowCount() > 0;
    list_->setVisible(some);
    nothing_->setVisible(!some);
    filter_->setEnabled(all > 0);
    order_->setEnabled(all > 0);
    const QString title = session_.scores().title;
    order_->setToolTip(model_.order() == ItemOrder::WorstFirst
                           ? (title.isEmpty() ? tr("Worst first: evaluate a run to get scores")
                                              : tr("Worst first, by %1").arg(title))
                       : model_.order() == ItemOrder::UnlabelledFirst ? tr("Unlabelled first")
                       : model_.order() == ItemOrder::Status          ? tr("By status: sent back first")
                       : model_.order() == ItemOrder::MostObjects     ? tr("Most objects first")
                       : model_.order() == ItemOrder::FewestObjects   ? tr("Fewest objects first")
                                                                      : tr("By name"));
    if (!some)
        nothing_text_->setText(
            !session_.is_open() ? tr("Open a project in Data to see its images here.")
            : model_.loading()  ? tr("Reading the list…")
            : all == 0          ? tr("No images yet. Add some in Data, or drop them on the window.")
            : chosen ? tr("No image fits. Choose “Any status” and “Any class” in the filter "
                          "to see all.")
                     : tr("No image's name, group or class contains “%1”.").arg(filter_->text()));
}

} // namespace eyepiece
