// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme/controls.h"

#include <QAction>
#include <QHBoxLayout>
#include <QPainter>
#include <QSlider>
#include <QStyle>
#include <QVBoxLayout>
#include <QVariantAnimation>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

// The style sheet colours labels by this property: it follows the theme without a word from us.
QLabel* make_label(const QString& text, const char* role, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setProperty("role", QString::fromLatin1(role));
    label->setTextFormat(Qt::PlainText);
    return label;
}

// One line that gives way when there is no room, instead of making its column wider than it is.
class ElidedLabel : public QLabel {
public:
    using QLabel::QLabel;
    QSize minimumSizeHint() const override { return {24, QLabel::minimumSizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setFont(font());
        painter.setPen(palette().color(foregroundRole()));
        painter.drawText(rect(), static_cast<int>(alignment()) | Qt::TextSingleLine,
                         fontMetrics().elidedText(text(), Qt::ElideRight, width()));
    }
};

void repolish(QWidget* widget) {
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

template<class Button>
Button* named(Button* button, const QString& text, const QString& object_name, const char* kind) {
    button->setObjectName(object_name);
    button->setAccessibleName(text);
    button->setProperty("kind", QString::fromLatin1(kind));
    button->setCursor(Qt::PointingHandCursor);
    button->setFocusPolicy(Qt::TabFocus); // a click leaves the focus, and so the keys, with the work
    return button;
}

} // namespace

SectionHeader::SectionHeader(const Theme& theme, const QString& title, const QString& note, QWidget* parent)
    : QWidget(parent)
    , title_(make_label({}, "caps", this))
    , note_(new ElidedLabel(this))
    , row_(new QHBoxLayout(this)) {
    row_->setContentsMargins(0, Theme::space(2), 0, Theme::space(1));
    row_->setSpacing(Theme::space(2));
    title_->setFont(theme.caps());
    note_->setFont(theme.caps());
    note_->setProperty("role", QStringLiteral("caps"));
    note_->setTextFormat(Qt::PlainText);
    note_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    note_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    row_->addWidget(title_);
    row_->addWidget(note_, 1);
    set_title(title);
    set_note(note);
}

void SectionHeader::set_title(const QString& title) {
    title_->setText(title.toUpper());
    setAccessibleName(title);
}

void SectionHeader::set_note(const QString& note) {
    note_->setText(note.toUpper());
    note_->setToolTip(note);
}

void SectionHeader::add_widget(QWidget* widget) {
    row_->addWidget(widget);
}

Card::Card(const Theme& theme, const QString& title, const QString& text, QWidget* parent)
    : QFrame(parent)
    , title_(make_label({}, "text", this))
    , text_(make_label({}, "muted", this))
    , content_(new QVBoxLayout(this)) {
    setProperty("kind", QStringLiteral("card"));
    content_->setContentsMargins(Theme::space(3), Theme::space(2) + 2, Theme::space(3), Theme::space(2) + 2);
    content_->setSpacing(Theme::space(1));
    title_->setFont(theme.strong());
    title_->setWordWrap(true);
    text_->setWordWrap(true);
    content_->addWidget(title_);
    content_->addWidget(text_);
    set_title(title);
    set_text(text);
}

void Card::set_title(const QString& title) {
    title_->setText(title);
    title_->setVisible(!title.isEmpty());
}

void Card::set_title_token(Token token) {
    title_->setProperty("role", token_name(token));
    repolish(title_);
}

void Card::set_text(const QString& text) {
    text_->setText(text);
    text_->setVisible(!text.isEmpty());
}

void Card::set_accented(bool accented) {
    setProperty("accented", accented);
    repolish(this);
}

QPushButton* primary_button(const QString& text, const QString& object_name, QWidget* parent) {
    return named(new QPushButton(text, parent), text, object_name, "primary");
}

QPushButton* quiet_button(const QString& text, const QString& object_name, QWidget* parent) {
    return named(new QPushButton(text, parent), text, object_name, "quiet");
}

QPushButton* link_button(const QString& text, const QString& object_name, QWidget* parent) {
    return named(new QPushButton(text, parent), text, object_name, "link");
}

QToolButton* icon_button(const Theme& theme, const QString& icon, const QString& text,
                         const QString& object_name, QWidget* parent) {
    auto* button = named(new QToolButton(parent), text, object_name, "icon");
    button->setIcon(theme.icon(icon));
    button->setIconSize({20, 20});
    button->setToolTip(text);
    return button;
}

QToolButton* action_button(QAction* action, QWidget* parent) {
    auto* button = named(new QToolButton(parent), action->text(), "button." + action->objectName(), "icon");
    button->setDefaultAction(action);
    button->setIconSize({20, 20});
    return button;
}

QLabel* text_label(const Theme&, const QString& text, Token token, QWidget* parent) {
    QLabel* label = make_label(text, token_name(token).toLatin1().constData(), parent);
    label->setWordWrap(true);
    return label;
}

QLabel* key_label(const Theme& theme, const QString& keys, QWidget* parent) {
    QLabel* label = make_label(keys, "key", parent);
    label->setFont(theme.small());
    return label;
}

Switch::Switch(const Theme& theme, const QString& accessible_name, QWidget* parent)
    : QAbstractButton(parent), theme_(theme) {
    setCheckable(true);
    setAccessibleName(accessible_name);
    setCursor(Qt::PointingHandCursor);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
    auto* slide = new QVariantAnimation(this);
    slide->setDuration(theme.tokens().motion_ms());
    connect(slide, &QVariantAnimation::valueChanged, this, [this](const QVariant& value) {
        knob_ = value.toDouble();
        update();
    });
    connect(this, &QAbstractButton::toggled, this, [this, slide](bool on) {
        slide->stop();
        if (!isVisible()) {
            knob_ = on ? 1 : 0;
            return;
        }
        slide->setStartValue(knob_);
        slide->setEndValue(on ? 1.0 : 0.0);
        slide->start();
    });
}

QSize Switch::sizeHint() const {
    return {30, 16};
}

void Switch::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (!isEnabled())
        painter.setOpacity(0.45);
    const QRectF track = QRectF(0, 0, 30, 16).translated(0, (height() - 16) / 2.0);
    painter.setPen(hasFocus() ? QPen(theme_.color(Token::Text), 1) : Qt::NoPen);
    painter.setBrush(isChecked() ? theme_.color(Token::Accent) : theme_.color(Token::Line));
    painter.drawRoundedRect(track.adjusted(0.5, 0.5, -0.5, -0.5), 7.5, 7.5);
    painter.setPen(Qt::NoPen);
    painter.setBrush(isChecked() ? Qt::white : theme_.color(Token::Muted));
    painter.drawEllipse(QPointF(8 + 14 * knob_, track.center().y()), 6, 6);
}

SwitchRow::SwitchRow(const Theme& theme, const QString& label, const QString& object_name, QWidget* parent)
    : QWidget(parent), switch_(new Switch(theme, label, this)) {
    switch_->setObjectName(object_name);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    auto* text = make_label(label, "text", this);
    row->addWidget(text, 1);
    row->addWidget(switch_);
    setMinimumHeight(26);
    connect(switch_, &QAbstractButton::toggled, this, &SwitchRow::toggled);
}

ValueSlider::ValueSlider(const Theme& theme, const QString& label, double minimum, double maximum,
                         double value, const QString& object_name, Format format, QWidget* parent)
    : QWidget(parent)
    , label_(make_label(label, "text", this))
    , slider_(new QSlider(Qt::Horizontal, this))
    , shown_(make_label({}, "muted", this))
    , format_(std::move(format))
    , minimum_(minimum)
    , maximum_(maximum)
    , value_(std::clamp(value, minimum, maximum)) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::space(2));
    row->addWidget(label_);
    row->addWidget(slider_, 1);
    row->addWidget(shown_);
    setMinimumHeight(26);
    shown_->setFont(theme.figures());
    shown_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    label_->setBuddy(slider_);
    slider_->setObjectName(object_name);
    slider_->setAccessibleName(label);
    slider_->setRange(0, 100);
    slider_->setMinimumWidth(48);
    connect(slider_, &QSlider::valueChanged, this, [this](int position) {
        value_ = to_value(position);
        show_value();
        Q_EMIT value_changed(value_);
    });
    connect(slider_, &QSlider::sliderReleased, this, [this] { Q_EMIT released(value_); });
    fit_value_label();
    slider_->blockSignals(true);
    slider_->setValue(to_position(value_));
    slider_->blockSignals(false);
    show_value();
}

double ValueSlider::to_value(int position) const {
    const double t = slider_->maximum() > 0 ? static_cast<double>(position) / slider_->maximum() : 0;
    if (logarithmic_ && minimum_ > 0)
        return minimum_ * std::pow(maximum_ / minimum_, t);
    return minimum_ + (maximum_ - minimum_) * t;
}

int ValueSlider::to_position(double value) const {
    if (!(maximum_ > minimum_))
        return 0;
    const double t = logarithmic_ && minimum_ > 0 ? std::log(value / minimum_) / std::log(maximum_ / minimum_)
                                                  : (value - minimum_) / (maximum_ - minimum_);
    return static_cast<int>(std::lround(std::clamp(t, 0.0, 1.0) * slider_->maximum()));
}

void ValueSlider::set_value(double value) {
    value = std::clamp(value, minimum_, maximum_);
    if (value == value_)
        return;
    value_ = value;
    slider_->blockSignals(true); // the exact value counts, not the step nearest to it
    slider_->setValue(to_position(value));
    slider_->blockSignals(false);
    show_value();
    Q_EMIT value_changed(value_);
}

void ValueSlider::set_range(double minimum, double maximum) {
    minimum_ = minimum;
    maximum_ = maximum;
    value_ = std::clamp(value_, minimum, maximum);
    slider_->blockSignals(true);
    slider_->setValue(to_position(value_));
    slider_->blockSignals(false);
    fit_value_label();
    show_value();
}

void ValueSlider::set_logarithmic(bool logarithmic) {
    logarithmic_ = logarithmic;
    set_range(minimum_, maximum_);
}

void ValueSlider::set_steps(int steps) {
    slider_->blockSignals(true);
    slider_->setRange(0, std::max(1, steps));
    slider_->setValue(to_position(value_));
    slider_->blockSignals(false);
}

void ValueSlider::set_label_width(int width) {
    label_->setFixedWidth(width);
}

void ValueSlider::show_value() {
    shown_->setText(format_ ? format_(value_) : QString::number(value_));
    slider_->setAccessibleDescription(shown_->text());
}

// Wide enough for the widest value there is, so that nothing moves while one drags.
void ValueSlider::fit_value_label() {
    int width = 0;
    const QFontMetrics metrics(shown_->font());
    for (int step = 0; step <= 10; ++step) {
        const double value = minimum_ + (maximum_ - minimum_) * step / 10.0;
        width = std::max(width, metrics.horizontalAdvance(format_ ? format_(value) : QString::number(value)));
    }
    shown_->setFixedWidth(width + 2);
}

EmptyState::EmptyState(const Theme& theme, const QString& icon, const QString& title, const QString& text,
                       QWidget* parent)
    : QWidget(parent)
    , theme_(theme)
    , icon_name_(icon)
    , icon_(new QLabel(this))
    , title_(make_label(title, "text", this))
    , text_(make_label(text, "muted", this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::space(6), Theme::space(6), Theme::space(6), Theme::space(6));
    column->setSpacing(Theme::space(2));
    column->addStretch(2);
    icon_->setAlignment(Qt::AlignCenter);
    title_->setAlignment(Qt::AlignCenter);
    title_->setWordWrap(true);
    QFont font = theme.strong();
    font.setPixelSize(16);
    title_->setFont(font);
    text_->setAlignment(Qt::AlignCenter);
    text_->setWordWrap(true);
    text_->setMaximumWidth(460);
    text_->setMinimumWidth(200);
    column->addWidget(icon_);
    column->addWidget(title_);
    column->addWidget(text_, 0, Qt::AlignHCenter);
    buttons_ = new QHBoxLayout;
    buttons_->setContentsMargins(0, Theme::space(3), 0, 0);
    buttons_->setSpacing(Theme::space(2));
    buttons_->addStretch();
    buttons_->addStretch();
    column->addLayout(buttons_);
    content_ = new QVBoxLayout;
    content_->setAlignment(Qt::AlignHCenter);
    column->addLayout(content_);
    column->addStretch(3);
    draw_icon();
    set_text(text);
    connect(&theme_, &Theme::changed, this, &EmptyState::draw_icon);
}

void EmptyState::draw_icon() {
    icon_->setPixmap(theme_.pixmap(icon_name_, theme_.color(Token::Muted), 40, devicePixelRatioF()));
}

void EmptyState::set_title(const QString& title) {
    title_->setText(title);
}

void EmptyState::set_text(const QString& text) {
    text_->setText(text);
    text_->setVisible(!text.isEmpty());
    // A wrapping label in a centred cell takes the width of its longest line otherwise.
    const int width = std::min(460, QFontMetrics(theme_.body()).horizontalAdvance(text) + 8);
    text_->setFont(theme_.body());
    text_->setFixedWidth(width);
    text_->setMinimumHeight(text_->heightForWidth(width)); // centred cells do not ask for it
}

QPushButton* EmptyState::add_action(const QString& text, const QString& object_name,
                                    std::function<void()> handler, bool primary) {
    QPushButton* button =
        primary ? primary_button(text, object_name, this) : quiet_button(text, object_name, this);
    buttons_->insertWidget(buttons_->count() - 1, button);
    connect(button, &QPushButton::clicked, this, [handler = std::move(handler)] { handler(); });
    return button;
}

StatusDot::StatusDot(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void StatusDot::set_state(Token token, const QString& words) {
    token_ = token;
    setToolTip(words);
    setAccessibleName(words);
    update();
}

void StatusDot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme_.color(token_));
    painter.drawEllipse(QRectF(rect()).center(), 4, 4);
}

ProgressLine::ProgressLine(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    connect(&theme_, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ProgressLine::set_fraction(double fraction) {
    if (fraction_ == fraction)
        return;
    fraction_ = fraction;
    setAccessibleDescription(fraction < 0 ? tr("under way") : tr("%1 %").arg(qRound(100 * fraction)));
    update();
}

void ProgressLine::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const QRectF track(0, (height() - 5) / 2.0, width(), 5);
    painter.setBrush(theme_.color(Token::Raised));
    painter.drawRoundedRect(track, 2.5, 2.5);
    QColor fill = theme_.color(Token::Accent);
    if (fraction_ < 0)
        fill.setAlphaF(0.35F);
    painter.setBrush(fill);
    const double part = fraction_ < 0 ? 1 : std::clamp(fraction_, 0.0, 1.0);
    if (part > 0)
        painter.drawRoundedRect(QRectF(track.left(), track.top(), std::max(5.0, track.width() * part), 5),
                                2.5, 2.5);
}

} // namespace eyepiece
