// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/label_walk.h"

#include "plugins/explore/panels/exploration.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>
#include <array>

namespace eyepiece {

namespace {

QString quoted(const std::string& label) {
    return label.empty() ? LabelWalk::tr("nothing") : QString::fromStdString(label);
}

QString row_number(std::size_t row) { // as tables show them, from 1
    return QString::number(row + 1);
}

QString two_digits(double value) {
    return QString::number(value, 'f', 2);
}

} // namespace

LabelWalk::LabelWalk(WorkbenchContext& context, Exploration& exploration, QWidget* parent)
    : QWidget(parent), context_(context), exploration_(exploration) {
    setObjectName(QStringLiteral("explore.label-walk"));
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Labels that look wrong, one after the other"));
    const Theme& theme = context.theme;
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    card_ = new Card(theme, {}, {}, this);
    card_->setObjectName(QStringLiteral("walk.card"));
    card_->set_accented(true);
    whole->addWidget(card_);
    QVBoxLayout* content = card_->content();
    picture_ = new QLabel(card_);
    picture_->setObjectName(QStringLiteral("walk.picture"));
    picture_->setAccessibleName(tr("What this row is of"));
    content->addWidget(picture_, 0, Qt::AlignLeft);
    neighbours_ = text_label(theme, {}, Token::Muted, card_);
    neighbours_->setObjectName(QStringLiteral("walk.neighbours"));
    content->addWidget(neighbours_);
    near_ = link_button(tr("Select it and these"), QStringLiteral("walk.near"), card_);
    near_->setToolTip(tr("In the table and in every plot"));
    content->addWidget(near_, 0, Qt::AlignLeft);

    const auto button = [&](const QString& text, const char* name, const QString& tip) {
        auto* made = quiet_button(text, QString::fromLatin1(name), card_);
        made->setProperty("size", "small");
        made->setToolTip(tip);
        return made;
    };
    keep_ = button(tr("Keep"), "walk.keep", tr("The label is right as it is (K)"));
    change_ =
        button(tr("Change to"), "walk.change", tr("Give the row this label; the file stays as it is (C)"));
    leave_out_ = button(tr("Leave out"), "walk.leave-out",
                        tr("Nobody knows: the row has no label, and no model learns from it (L)"));
    undo_ = button(tr("Undo"), "walk.undo", tr("Take the last decision back, and return to its row (U)"));
    classes_ = new QComboBox(card_);
    classes_->setObjectName(QStringLiteral("walk.class"));
    classes_->setAccessibleName(tr("Label to change to"));
    classes_->setToolTip(tr("Which label the row should have; chosen beforehand is the model's"));
    classes_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    previous_ = icon_button(theme, QStringLiteral("chevron-up"), tr("The row before (P)"),
                            QStringLiteral("walk.previous"), card_);
    next_ = icon_button(theme, QStringLiteral("chevron-down"), tr("The next row (N)"),
                        QStringLiteral("walk.next"), card_);
    const auto row = [&](std::initializer_list<QWidget*> widgets) {
        auto* made = new QHBoxLayout;
        made->setSpacing(Theme::space(1));
        for (QWidget* widget : widgets)
            made->addWidget(widget, widget == classes_ ? 1 : 0); // whose labels may be long
        made->addStretch();
        content->addLayout(made);
    };
    row({keep_, leave_out_, undo_});
    row({change_, classes_});
    close_ = link_button(tr("Close"), QStringLiteral("walk.close"), card_);
    close_->setToolTip(tr("End the walk; what was decided stays (Escape)"));
    row({previous_, next_, close_});
    hide();

    connect(keep_, &QPushButton::clicked, this, [this] { decide(label_of(suspects_[at_].row)); });
    connect(change_, &QPushButton::clicked, this, [this] { decide(classes_->currentText().toStdString()); });
    connect(leave_out_, &QPushButton::clicked, this, [this] { decide({}); });
    connect(undo_, &QPushButton::clicked, this, &LabelWalk::undo);
    connect(previous_, &QToolButton::clicked, this, [this] { go_to(at_ - 1); });
    connect(next_, &QToolButton::clicked, this, [this] { go_to(at_ + 1); });
    connect(close_, &QPushButton::clicked, this, &LabelWalk::end);
    connect(near_, &QPushButton::clicked, this, [this] { select_row(true); });
    for (const auto signal : {&Exploration::adopted, &Exploration::closed})
        connect(&exploration_, signal, this, &LabelWalk::end);
    connect(&exploration_, &Exploration::table_changed, this, &LabelWalk::refresh);
}

void LabelWalk::set_pictures(std::function<QPixmap(std::size_t)> picture) {
    pictures_ = std::move(picture);
    refresh();
}

void LabelWalk::begin(const Json& finding, const std::string& column) {
    suspects_.clear();
    if (!exploration_.correctable(column))
        return;
    column_ = column;
    const Json rows = finding.value("rows", Json::array());
    const Json figures = finding.value("figures", Json::object());
    const Json suggested = figures.value("suggested", Json::array());
    model_ = QString::fromStdString(figures.value("model", std::string()));
    for (std::size_t at = 0; at < std::min(rows.size(), suggested.size()); ++at) {
        const Json& one = suggested[at];
        Suspect suspect{.row = rows[at].get<std::size_t>(),
                        .suggested = one.value("class", std::string()),
                        .likely = one.value("probability", 0.0),
                        .own = one.value("own", 0.0),
                        .neighbours = {}};
        const Json near = one.value("neighbours", Json::array());
        for (const Json& other : near)
            suspect.neighbours.emplace_back(other.at("row").get<std::size_t>(),
                                            other.value("class", std::string()));
        if (suspect.row < exploration_.record().rows)
            suspects_.push_back(std::move(suspect));
    }
    const auto open = std::find_if(suspects_.begin(), suspects_.end(),
                                   [this](const Suspect& one) { return !decided(one.row); });
    setVisible(under_way());
    go_to(static_cast<std::size_t>(open - suspects_.begin()));
    setFocus();
    for (QWidget* up = parentWidget(); up; up = up->parentWidget())
        if (auto* area = qobject_cast<QScrollArea*>(up))
            QMetaObject::invokeMethod( // once it has its place
                this, [this, area] { area->ensureWidgetVisible(this); }, Qt::QueuedConnection);
}

void LabelWalk::end() {
    suspects_.clear();
    hide();
}

std::string LabelWalk::label_of(std::size_t row) const {
    for (auto one = exploration_.record().decisions.rbegin(); one != exploration_.record().decisions.rend();
         ++one)
        if (one->column == column_ && one->row == row)
            return one->after; // before the table has it
    return as_read().shown(row);
}

const Column& LabelWalk::as_read() const {
    const Table& file = exploration_.opened().table;
    return file.dense()[file.at(column_)];
}

bool LabelWalk::decided(std::size_t row) const {
    const auto& decisions = exploration_.record().decisions;
    return std::any_of(decisions.begin(), decisions.end(),
                       [&](const LabelDecision& one) { return one.column == column_ && one.row == row; });
}

void LabelWalk::go_to(std::size_t at) {
    if (!under_way())
        return;
    at_ = std::min(at, suspects_.size()); // one beyond: all were looked at
    if (at_ < suspects_.size()) {
        classes_->clear();
        const Column categories = as_read().as_categorical();
        for (const std::string& label : categories.categories())
            classes_->addItem(QString::fromStdString(label));
        classes_->setCurrentText(QString::fromStdString(suspects_[at_].suggested));
        select_row(false);
    }
    refresh();
}

void LabelWalk::select_row(bool with_neighbours) {
    std::vector<std::size_t> rows{suspects_[at_].row};
    if (with_neighbours)
        for (const auto& [row, label] : suspects_[at_].neighbours)
            rows.push_back(row);
    std::sort(rows.begin(), rows.end());
    exploration_.selection().select(rows);
}

void LabelWalk::decide(const std::string& label) {
    if (at_ >= suspects_.size())
        return;
    const std::size_t row = suspects_[at_].row;
    exploration_.decide_label({column_, row, label_of(row), label});
    go_to(at_ + 1);
}

void LabelWalk::undo() {
    const auto taken_back = exploration_.undo_label();
    if (!taken_back)
        return;
    const auto found = std::find_if(suspects_.begin(), suspects_.end(), [&](const Suspect& one) {
        return taken_back->column == column_ && one.row == taken_back->row;
    });
    go_to(found == suspects_.end() ? at_ : static_cast<std::size_t>(found - suspects_.begin()));
}

QString LabelWalk::words_of(const Suspect& suspect) const {
    const QString label = quoted(label_of(suspect.row));
    QStringList lines{
        tr("%1 says %2. A model (%3) that learnt from other rows takes it for %4: %5, against %6.")
            .arg(QString::fromStdString(column_), label, model_, QString::fromStdString(suspect.suggested),
                 two_digits(suspect.likely), two_digits(suspect.own))};
    if (decided(suspect.row))
        lines << tr("Decided: %1.").arg(label);
    return lines.join('\n');
}

void LabelWalk::refresh() {
    if (!under_way() || !exploration_.is_open())
        return;
    const bool here = at_ < suspects_.size();
    for (QWidget* widget : std::initializer_list<QWidget*>{keep_, change_, leave_out_, classes_})
        widget->setVisible(here);
    undo_->setEnabled(!exploration_.record().decisions.empty());
    previous_->setEnabled(at_ > 0);
    next_->setEnabled(here);
    QStringList near;
    QPixmap picture;
    if (here) {
        const Suspect& suspect = suspects_[at_];
        card_->set_title(
            tr("Row %1 · %2 of %3").arg(row_number(suspect.row)).arg(at_ + 1).arg(suspects_.size()));
        card_->set_text(words_of(suspect));
        for (const auto& [row, label] : suspect.neighbours)
            near << tr("%1 %2").arg(row_number(row), quoted(label));
        if (pictures_)
            picture = pictures_(suspect.row);
    } else {
        std::size_t kept = 0, changed = 0, left_out = 0;
        for (const Suspect& one : suspects_) {
            if (!decided(one.row))
                continue;
            const std::string now = label_of(one.row);
            ++(now == as_read().shown(one.row) ? kept : now.empty() ? left_out : changed);
        }
        card_->set_title(tr("The end of the list"));
        card_->set_text(tr("%1 kept, %2 changed, %3 left out, of %4. Check the data again to see what is "
                           "left.")
                            .arg(kept)
                            .arg(changed)
                            .arg(left_out)
                            .arg(suspects_.size()));
    }
    neighbours_->setText(tr("The rows most like it: %1.").arg(near.join(QStringLiteral(", "))));
    neighbours_->setVisible(!near.isEmpty());
    near_->setVisible(!near.isEmpty());
    picture_->setPixmap(picture);
    picture_->setVisible(!picture.isNull());
}

bool LabelWalk::handles(int key) {
    const auto press = [](QAbstractButton* button) {
        if (button->isVisible() && button->isEnabled())
            button->click();
    };
    switch (key) {
    case Qt::Key_K:
        press(keep_);
        return true;
    case Qt::Key_C:
        press(change_);
        return true;
    case Qt::Key_L:
        press(leave_out_);
        return true;
    case Qt::Key_U:
        press(undo_);
        return true;
    case Qt::Key_P:
        press(previous_);
        return true;
    case Qt::Key_N:
        press(next_);
        return true;
    case Qt::Key_Escape:
        end();
        return true;
    default:
        return false;
    }
}

namespace {

constexpr std::array walk_keys{Qt::Key_K, Qt::Key_C, Qt::Key_L,     Qt::Key_U,
                               Qt::Key_P, Qt::Key_N, Qt::Key_Escape};

bool plain(const QKeyEvent& event) {
    return (event.modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier;
}

} // namespace

// While the focus is in the walk its letters are its own, whatever the window has them for elsewhere.
bool LabelWalk::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (plain(*key) && std::find(walk_keys.begin(), walk_keys.end(), key->key()) != walk_keys.end()) {
            event->accept();
            return true;
        }
    }
    return QWidget::event(event);
}

void LabelWalk::keyPressEvent(QKeyEvent* event) {
    if (!plain(*event) || !handles(event->key()))
        QWidget::keyPressEvent(event);
}

} // namespace eyepiece
