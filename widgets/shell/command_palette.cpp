// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/command_palette.h"

#include "widgets/theme/controls.h"

#include <QApplication>
#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QPointer>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>

namespace eyepiece {

namespace {

constexpr int most_shown = 60;
constexpr int row_height = 34;
constexpr int command_height = 22;

class PaletteDelegate : public QStyledItemDelegate {
public:
    PaletteDelegate(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), theme_(theme) {}

    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override {
        return {200, row_height};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const QRect row = option.rect.adjusted(4, 1, -4, -1);
        if (option.state & QStyle::State_Selected) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(theme_.color(Token::AccentGround));
            painter->drawRoundedRect(row, 6, 6);
        }
        const QPixmap icon =
            theme_.pixmap(index.data(PaletteModel::IconRole).toString(), theme_.color(Token::Muted), 18,
                          painter->device()->devicePixelRatio());
        if (!icon.isNull())
            painter->drawPixmap(row.left() + 8, row.center().y() - 8, icon);
        const QString detail = index.data(PaletteModel::DetailRole).toString();
        const QString kind = index.data(PaletteModel::KindRole).toString();
        const QString right = detail.isEmpty() ? kind : kind + "   " + detail;
        painter->setFont(theme_.small());
        painter->setPen(theme_.color(Token::Muted));
        const int right_width = painter->fontMetrics().horizontalAdvance(right);
        painter->drawText(row.adjusted(0, 0, -10, 0), Qt::AlignRight | Qt::AlignVCenter, right);
        painter->setFont(theme_.body());
        painter->setPen(theme_.color(Token::Text));
        const QRect place = row.adjusted(34, 0, -right_width - 24, 0);
        painter->drawText(
            place, Qt::AlignVCenter,
            painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideMiddle, place.width()));
        painter->restore();
    }

private:
    const Theme& theme_;
};

} // namespace

double fuzzy_score(const QString& query, const QString& text) {
    if (query.isEmpty())
        return 0;
    const qsizetype whole = text.indexOf(query, 0, Qt::CaseInsensitive);
    if (whole >= 0) { // an unbroken occurrence beats any scattered one
        const bool word_start = whole == 0 || !text.at(whole - 1).isLetterOrNumber();
        return 1000 + (whole == 0 ? 100 : 0) + (word_start ? 50 : 0) - static_cast<double>(text.size()) * 0.1;
    }
    double score = 0;
    qsizetype at = 0;
    bool consecutive = false;
    for (const QChar wanted : query) {
        if (wanted.isSpace()) {
            consecutive = false;
            continue;
        }
        qsizetype found = at;
        while (found < text.size() && text.at(found).toCaseFolded() != wanted.toCaseFolded())
            ++found;
        if (found == text.size())
            return -1;
        const bool word_start = found == 0 || !text.at(found - 1).isLetterOrNumber();
        score += (consecutive && found == at ? 8 : 0) + (word_start ? 10 : 1) -
                 0.2 * static_cast<double>(found - at);
        consecutive = true;
        at = found + 1;
    }
    return std::max(0.0, score - static_cast<double>(text.size()) * 0.1 + 100);
}

void PaletteModel::set_entries(std::vector<PaletteEntry> entries) {
    beginResetModel();
    entries_ = std::move(entries);
    endResetModel();
}

int PaletteModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(entries_.size());
}

QVariant PaletteModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const PaletteEntry& entry = entries_[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return entry.title;
    case Qt::AccessibleTextRole:
        return QString(entry.kind + ": " + entry.title);
    case KindRole:
        return entry.kind;
    case DetailRole:
        return entry.detail;
    case IconRole:
        return entry.icon;
    default:
        return {};
    }
}

CommandPalette::CommandPalette(const Theme& theme, QWidget* window)
    : QFrame(window)
    , query_(new QLineEdit(this))
    , list_(new QListView(this))
    , model_(new PaletteModel(this))
    , command_(new QLabel(this)) {
    setObjectName(QStringLiteral("palette"));
    setProperty("kind", "palette");
    setAccessibleName(tr("Find a command, image or run"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(1, 1, 1, 5);
    column->setSpacing(4);
    query_->setObjectName(QStringLiteral("palette.query"));
    query_->setAccessibleName(tr("What to find"));
    query_->setPlaceholderText(tr("Find a command, image, run or stage"));
    list_->setObjectName(QStringLiteral("palette.list"));
    list_->setAccessibleName(tr("Found"));
    list_->setModel(model_);
    list_->setItemDelegate(new PaletteDelegate(theme, list_));
    list_->setUniformItemSizes(true);
    list_->setFocusPolicy(Qt::NoFocus);
    list_->setMouseTracking(true);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    command_->setObjectName(QStringLiteral("palette.command"));
    command_->setAccessibleName(tr("The same as a command; Ctrl+C copies it"));
    command_->setTextFormat(Qt::PlainText);
    command_->setProperty("role", "muted");
    command_->setFont(theme.small());
    command_->setContentsMargins(12, 0, 12, 2);
    command_->setFixedHeight(command_height);
    command_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    column->addWidget(query_);
    column->addWidget(list_);
    column->addWidget(command_);
    query_->installEventFilter(this);
    window->installEventFilter(this);
    connect(query_, &QLineEdit::textChanged, this, &CommandPalette::refresh);
    connect(list_, &QListView::clicked, this, [this](const QModelIndex& index) { choose(index.row()); });
    connect(list_, &QListView::entered, list_, &QListView::setCurrentIndex);
    connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &CommandPalette::show_command);
    hide();
}

void CommandPalette::open() {
    focus_before_ = QApplication::focusWidget();
    query_->clear();
    refresh();
    place();
    show();
    raise();
    query_->setFocus(Qt::ShortcutFocusReason);
}

void CommandPalette::place() {
    const QWidget* window = parentWidget();
    const int width = std::min(600, window->width() - 32);
    const int rows = std::clamp(model_->rowCount(), 1, 11);
    const int foot = command_line_.isEmpty() ? 0 : command_height + 4;
    setGeometry((window->width() - width) / 2, 52, width,
                std::min(48 + rows * row_height + 10 + foot, window->height() - 80));
}

// What the current entry is on the command line, below the list.
void CommandPalette::show_command() {
    const int row = list_->currentIndex().row();
    command_line_.clear();
    if (row >= 0 && row < model_->rowCount() && model_->entry(row).command)
        command_line_ = model_->entry(row).command();
    const QString text = tr("Ctrl+C copies  %1").arg(command_line_);
    command_->setText(command_->fontMetrics().elidedText(text, Qt::ElideMiddle, width() - 26));
    command_->setToolTip(command_line_);
    command_->setVisible(!command_line_.isEmpty());
    if (isVisible())
        place();
}

bool CommandPalette::copy_command() {
    if (command_line_.isEmpty())
        return false;
    const QString line = command_line_;
    hide();
    if (focus_before_)
        focus_before_->setFocus();
    Q_EMIT command_wanted(line);
    return true;
}

void CommandPalette::refresh() {
    const QString query = query_->text().trimmed();
    std::vector<PaletteEntry> found;
    for (const Source& source : sources_)
        source(query, found);
    for (PaletteEntry& entry : found)
        entry.score = fuzzy_score(query, entry.title);
    found.erase(std::remove_if(found.begin(), found.end(), [](const PaletteEntry& e) { return e.score < 0; }),
                found.end());
    std::stable_sort(found.begin(), found.end(),
                     [](const PaletteEntry& a, const PaletteEntry& b) { return a.score > b.score; });
    if (found.size() > most_shown)
        found.resize(most_shown);
    if (found.empty())
        found.push_back({{}, tr("Nothing is called “%1”").arg(query), {}, QStringLiteral("search"), {}, 0});
    model_->set_entries(std::move(found));
    list_->setCurrentIndex(model_->index(0, 0));
    show_command();
    if (isVisible())
        place();
}

void CommandPalette::choose(int row) {
    if (row < 0 || row >= model_->rowCount() || !model_->entry(row).choose)
        return;
    const auto action = model_->entry(row).choose; // copied: it may change the model
    hide();
    if (focus_before_)
        focus_before_->setFocus();
    action();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible())
        place();
    if (watched != query_)
        return QFrame::eventFilter(watched, event);
    if (event->type() == QEvent::FocusOut &&
        static_cast<QFocusEvent*>(event)->reason() != Qt::PopupFocusReason)
        hide();
    if (event->type() != QEvent::KeyPress)
        return QFrame::eventFilter(watched, event);
    const int row = list_->currentIndex().row(), rows = model_->rowCount();
    const auto go = [&](int to) {
        list_->setCurrentIndex(model_->index(std::clamp(to, 0, rows - 1), 0));
        return true;
    };
    if (static_cast<QKeyEvent*>(event)->matches(QKeySequence::Copy) && !query_->hasSelectedText())
        return copy_command();
    switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Escape:
        hide();
        if (focus_before_)
            focus_before_->setFocus();
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        choose(row);
        return true;
    case Qt::Key_Down:
        return go(row + 1 == rows ? 0 : row + 1);
    case Qt::Key_Up:
        return go(row == 0 ? rows - 1 : row - 1);
    case Qt::Key_PageDown:
        return go(row + 10);
    case Qt::Key_PageUp:
        return go(row - 10);
    default:
        return QFrame::eventFilter(watched, event);
    }
}

} // namespace eyepiece
