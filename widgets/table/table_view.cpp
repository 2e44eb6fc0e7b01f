// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/table/table_view.h"

#include "core/base/error.h"
#include "widgets/table/column_list_model.h"
#include "widgets/table/table_model.h"
#include "widgets/table/table_text.h"
#include "widgets/theme/controls.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>

namespace eyepiece {

namespace {

constexpr int row_height = 26, margin = 8;   // px
constexpr int narrowest = 72, widest = 240;  // px of a column at first
constexpr std::size_t most_copied = 100'000; // rows that a clipboard takes without a hitch
constexpr int any_column = -1;

// Paints a cell itself: the shared selection is not Qt's, and a style sheet's cell costs ten times as much.
class CellDelegate : public QStyledItemDelegate {
public:
    CellDelegate(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), theme_(theme) {}
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        if (index.data(TableModel::SelectedRole).toBool())
            painter->fillRect(option.rect, theme_.color(Token::AccentGround));
        painter->setPen(theme_.color(Token::Line));
        painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
        const QString text = index.data().toString();
        const bool muted = text == QStringLiteral("–") && index.data(TableModel::MissingRole).toBool();
        painter->setPen(theme_.color(muted ? Token::Muted : Token::Text));
        painter->setFont(theme_.figures());
        const QRect inside = option.rect.adjusted(margin, 0, -margin, 0);
        const bool right = index.data(TableModel::NumericRole).toBool();
        painter->drawText(inside,
                          static_cast<int>(Qt::AlignVCenter | (right ? Qt::AlignRight : Qt::AlignLeft)),
                          painter->fontMetrics().elidedText(text, Qt::ElideRight, inside.width()));
        if (option.state & QStyle::State_HasFocus) {
            painter->setPen(QPen(theme_.color(Token::Accent), 1));
            painter->drawRect(option.rect.adjusted(0, 0, -1, -1));
        }
    }

private:
    const Theme& theme_;
};

} // namespace

RowGrid::RowGrid(TableModel& rows, RowSelection& selection, const Theme& theme, QWidget* parent)
    : QTableView(parent), rows_(rows), selection_(selection) {
    setModel(&rows);
    setItemDelegate(new CellDelegate(theme, this));
    setSelectionMode(QAbstractItemView::NoSelection);
    setShowGrid(false);
    setWordWrap(false);
    setCornerButtonEnabled(false);
    if (auto* corner = findChild<QAbstractButton*>(QString(), Qt::FindDirectChildrenOnly))
        corner->setAccessibleName(tr("Corner of the table"));
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    setTabKeyNavigation(false); // Tab leaves the table: its cells are not fields
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setSectionsClickable(true);
    horizontalHeader()->setMinimumSectionSize(48);
    verticalHeader()->setDefaultSectionSize(row_height);
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setHighlightSections(false);
    connect(&selection_, &RowSelection::changed, viewport(), qOverload<>(&QWidget::update));
    connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void RowGrid::select_to(int row, Qt::KeyboardModifiers modifiers) {
    if (row < 0 || row >= rows_.rowCount())
        return;
    if (modifiers & Qt::ShiftModifier && anchor_ >= 0 && anchor_ < rows_.rowCount()) {
        std::vector<std::size_t> range;
        for (int at = std::min(anchor_, row); at <= std::max(anchor_, row); ++at)
            range.push_back(rows_.source_row(at));
        selection_.select(range, RowSelection::How::Replace);
        return;
    }
    anchor_ = row;
    selection_.select(std::vector<std::size_t>{rows_.source_row(row)}, modifiers & Qt::ControlModifier
                                                                           ? RowSelection::How::Toggle
                                                                           : RowSelection::How::Replace);
}

void RowGrid::mousePressEvent(QMouseEvent* event) {
    QTableView::mousePressEvent(event);
    const QModelIndex index = indexAt(event->position().toPoint());
    if (event->button() == Qt::LeftButton && index.isValid())
        select_to(index.row(), event->modifiers());
}

void RowGrid::mouseMoveEvent(QMouseEvent* event) {
    const QModelIndex index = indexAt(event->position().toPoint());
    if (event->buttons() & Qt::LeftButton && index.isValid() && index.row() != anchor_)
        select_to(index.row(), Qt::ShiftModifier);
}

void RowGrid::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy))
        return copy_selected();
    if (event->matches(QKeySequence::SelectAll)) {
        selection_.select(std::vector<std::size_t>(rows_.order().begin(), rows_.order().end()),
                          RowSelection::How::Replace);
        return;
    }
    if (event->key() == Qt::Key_Escape && !selection_.empty())
        return selection_.clear();
    if (event->key() == Qt::Key_Space && currentIndex().isValid())
        return select_to(currentIndex().row(), Qt::ControlModifier);
    const int before = currentIndex().row();
    QTableView::keyPressEvent(event);
    const int row = currentIndex().row();
    // Control moves the current cell alone, as in other lists: Space then adds it.
    if (row != before && !(event->modifiers() & Qt::ControlModifier))
        select_to(row, event->modifiers());
}

void RowGrid::copy_selected() {
    std::vector<std::uint32_t> rows;
    for (const std::uint32_t row : rows_.order())
        if (selection_.contains(row) && rows.size() < most_copied)
            rows.push_back(row);
    if (rows.empty() && currentIndex().isValid())
        rows.push_back(static_cast<std::uint32_t>(rows_.source_row(currentIndex().row())));
    if (!rows.empty())
        QApplication::clipboard()->setText(QString::fromStdString(table_text(*rows_.table(), rows, '\t')));
}

TableView::TableView(const Theme& theme, RowSelection& selection, QWidget* parent)
    : QWidget(parent)
    , theme_(theme)
    , selection_(selection)
    , model_(new TableModel(selection, this))
    , grid_(new RowGrid(*model_, selection, theme, this))
    , header_(new SectionHeader(theme, tr("Table"), {}, this))
    , columns_(new ColumnListModel(this))
    , filter_column_(new QComboBox(this))
    , filter_(new QLineEdit(this))
    , problem_(text_label(theme, {}, Token::Bad, this))
    , soon_(new QTimer(this)) {
    setObjectName(QStringLiteral("table"));
    setProperty("kind", "surface");
    setAttribute(Qt::WA_StyledBackground);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, Theme::space(2), 0, 0);
    column->setSpacing(Theme::space(1));
    auto* top = new QHBoxLayout;
    top->setContentsMargins(Theme::space(3), 0, Theme::space(3), 0);
    top->setSpacing(Theme::space(2));
    filter_column_->setObjectName(QStringLiteral("table.filter-column"));
    filter_column_->setAccessibleName(tr("Column to filter by"));
    filter_column_->setToolTip(tr("Which column the filter looks at"));
    filter_column_->setModel(columns_);
    filter_column_->setMaximumWidth(160);
    filter_column_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    filter_column_->setMinimumContentsLength(10);
    filter_->setObjectName(QStringLiteral("table.filter"));
    filter_->setAccessibleName(tr("Filter rows"));
    filter_->setPlaceholderText(tr("Filter: text, 3..5, > 3"));
    filter_->setToolTip(tr("Rows that contain this text, or whose value lies in a range: 3..5, > 3, = B, "
                           "missing"));
    filter_->setClearButtonEnabled(true);
    filter_->setMinimumWidth(120);
    filter_->setMaximumWidth(220);
    auto* only = icon_button(theme, QStringLiteral("select"), tr("Show only the selected rows"),
                             QStringLiteral("table.only-selected"), this);
    only->setCheckable(true);
    only_selected_ = only;
    auto* copy = icon_button(theme, QStringLiteral("copy"), tr("Copy the selected rows (Ctrl+C)"),
                             QStringLiteral("table.copy"), this);
    auto* save = icon_button(theme, QStringLiteral("download"), tr("Save the shown rows as CSV"),
                             QStringLiteral("table.save"), this);
    header_->setObjectName(QStringLiteral("table.header"));
    top->addWidget(header_, 1);
    top->addWidget(filter_column_);
    top->addWidget(filter_);
    for (QWidget* button :
         {static_cast<QWidget*>(only), static_cast<QWidget*>(copy), static_cast<QWidget*>(save)})
        top->addWidget(button);
    column->addLayout(top);
    problem_->setObjectName(QStringLiteral("table.problem"));
    problem_->setContentsMargins(Theme::space(3), 0, Theme::space(3), 0);
    problem_->hide();
    column->addWidget(problem_);
    grid_->setObjectName(QStringLiteral("table.rows"));
    grid_->setAccessibleName(tr("Rows of the table"));
    column->addWidget(grid_, 1);

    soon_->setSingleShot(true);
    soon_->setInterval(150);
    connect(soon_, &QTimer::timeout, this, &TableView::refresh);
    connect(filter_, &QLineEdit::textChanged, soon_, qOverload<>(&QTimer::start));
    connect(filter_, &QLineEdit::returnPressed, this, &TableView::refresh);
    connect(filter_column_, &QComboBox::currentIndexChanged, this, [this] {
        if (!filter_->text().isEmpty())
            refresh();
    });
    connect(only, &QToolButton::toggled, this, &TableView::refresh);
    connect(copy, &QToolButton::clicked, grid_, &RowGrid::copy_selected);
    connect(save, &QToolButton::clicked, this, &TableView::save_asked);
    connect(grid_->horizontalHeader(), &QHeaderView::sectionClicked, this, &TableView::sort_by);
    connect(grid_->selectionModel(), &QItemSelectionModel::currentColumnChanged, this,
            [this](const QModelIndex& now) {
                if (now.isValid())
                    Q_EMIT current_column_changed(static_cast<std::size_t>(now.column()));
            });
    connect(&selection_, &RowSelection::changed, this, [this, only] {
        show_counts();
        if (only->isChecked())
            soon_->start();
        else if (!grid_->hasFocus())
            show_first_selected(); // chosen elsewhere: one wants to see which
    });
    connect(&work_, &LatestWork::failed, this, [this](const QString& message) {
        problem_->setText(message);
        problem_->show();
    });
}

TableView::~TableView() = default;

std::shared_ptr<const Table> TableView::table() const {
    return model_->table();
}

const std::vector<std::uint32_t>& TableView::shown_rows() const {
    return model_->order();
}

std::optional<std::size_t> TableView::current_column() const {
    const QModelIndex index = grid_->currentIndex();
    return index.isValid() ? std::optional(static_cast<std::size_t>(index.column())) : std::nullopt;
}

void TableView::set_current_column(std::size_t column) {
    if (model_->rowCount() == 0 || static_cast<int>(column) >= model_->columnCount())
        return;
    const int row = std::max(0, grid_->currentIndex().row());
    const QModelIndex index = model_->index(row, static_cast<int>(column));
    grid_->setCurrentIndex(index);
    grid_->scrollTo(index);
}

void TableView::set_table(std::shared_ptr<const Table> table) {
    const auto starts_alike = [](const Table& a, const Table& b) {
        const std::size_t count = std::min(a.columns(), b.columns());
        for (std::size_t column = 0; column < count; ++column)
            if (a.name(column) != b.name(column))
                return false;
        return a.rows() == b.rows() && count > 0;
    };
    const bool same = starts_alike(*model_->table(), *table);
    work_.drop();
    if (!same) {
        sort_column_.reset();
        descending_ = false;
        const QSignalBlocker quiet(filter_);
        filter_->clear();
        problem_->hide();
    }
    const int scrolled = grid_->verticalScrollBar() ? grid_->verticalScrollBar()->value() : 0;
    model_->set_table(std::move(table));
    if (sort_column_ && *sort_column_ >= model_->table()->columns())
        sort_column_.reset();
    fill_columns();
    if (!same) {
        const QFontMetrics metrics(theme_.figures());
        const int sampled = std::min(40, model_->rowCount());
        const int columns = std::min(model_->columnCount(), 200);
        for (int column = 0; column < columns; ++column) {
            int width = metrics.horizontalAdvance(model_->headerData(column, Qt::Horizontal).toString()) + 18;
            for (int row = 0; row < sampled; ++row)
                width =
                    std::max(width, metrics.horizontalAdvance(model_->index(row, column).data().toString()));
            grid_->setColumnWidth(column, std::clamp(width + 2 * margin, narrowest, widest));
        }
    }
    if (sort_column_ || !filter_->text().isEmpty() || static_cast<QToolButton*>(only_selected_)->isChecked())
        refresh();
    else if (same)
        grid_->verticalScrollBar()->setValue(scrolled);
    show_counts();
    Q_EMIT order_changed();
}

void TableView::show_first_selected() {
    const auto& rows = model_->order();
    const auto first =
        std::find_if(rows.begin(), rows.end(), [&](std::uint32_t row) { return selection_.contains(row); });
    if (first != rows.end())
        grid_->scrollTo(model_->index(static_cast<int>(first - rows.begin()),
                                      std::max(0, grid_->currentIndex().column())),
                        QAbstractItemView::PositionAtTop);
}

void TableView::fill_columns() {
    const QSignalBlocker quiet(filter_column_);
    const QString before = filter_column_->currentText();
    columns_->set_table(model_->table(), tr("Any column"));
    filter_column_->setCurrentIndex(std::max(0, filter_column_->findText(before)));
}

void TableView::sort_by(int column) {
    const auto wanted = static_cast<std::size_t>(column);
    if (sort_column_ == wanted && descending_) { // the third click: as in the file
        sort_column_.reset();
        descending_ = false;
    } else {
        descending_ = sort_column_ == wanted;
        sort_column_ = wanted;
    }
    Q_EMIT current_column_changed(wanted);
    refresh();
}

RowQuery TableView::query() {
    RowQuery query;
    query.sort_column = sort_column_;
    query.descending = descending_;
    const int column = filter_column_->currentIndex() - 1;
    if (const auto condition = parse_condition(
            *model_->table(),
            column == any_column ? std::nullopt : std::optional(static_cast<std::size_t>(column)),
            filter_->text().toStdString()))
        query.conditions.push_back(*condition);
    if (static_cast<QToolButton*>(only_selected_)->isChecked())
        query.only_selected = selection_.snapshot();
    return query;
}

void TableView::refresh() {
    soon_->stop();
    try {
        problem_->hide();
        work_.start([this, table = model_->table(), asked = query()](LatestWork::Stop stop) {
            auto rows = std::make_shared<std::vector<std::uint32_t>>(ordered_rows(*table, asked, stop));
            return LatestWork::Finish([this, table, asked, rows] {
                if (table != model_->table())
                    return;
                model_->set_sorted(asked.sort_column ? static_cast<int>(*asked.sort_column) : -1,
                                   asked.descending ? Qt::DescendingOrder : Qt::AscendingOrder);
                model_->set_order(std::move(*rows));
                show_counts();
                Q_EMIT order_changed();
            });
        });
    } catch (const Error& error) { // the condition cannot be read: what is shown stays
        problem_->setText(QString::fromUtf8(error.what()));
        problem_->show();
    }
}

void TableView::show_counts() {
    const QLocale locale;
    const auto number = [&](std::size_t count) { return locale.toString(static_cast<qulonglong>(count)); };
    const std::size_t all = model_->table()->rows(), shown = model_->order().size();
    QString note = selection_.empty() ? tr("%1 rows").arg(number(all))
                                      : tr("%1 selected of %2").arg(number(selection_.count()), number(all));
    if (shown != all)
        note = tr("%1 shown · %2").arg(number(shown), note);
    header_->set_note(note);
}

} // namespace eyepiece
