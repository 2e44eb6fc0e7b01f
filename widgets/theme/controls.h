// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/theme/theme.h"

#include <QAbstractButton>
#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QWidget>
#include <functional>

class QAction;
class QHBoxLayout;
class QSlider;
class QVBoxLayout;

namespace eyepiece {

// The small widgets of which all panels are made, so that they look and move alike. All of them live on the
// window's thread, and follow the theme by themselves.

// "CLASSES            1-9": a section's heading in 11 px capitals, and a word about it at the right.
class EYEPIECE_EXPORT SectionHeader : public QWidget {
    Q_OBJECT
public:
    SectionHeader(const Theme& theme, const QString& title, const QString& note = {},
                  QWidget* parent = nullptr);
    void set_title(const QString& title);
    void set_note(const QString& note);
    void add_widget(QWidget* widget); // at the far right: a small button

private:
    QLabel* title_;
    QLabel* note_;
    QHBoxLayout* row_;
};

// A rounded box for one thought: a bold line, a muted text, then whatever is added. Accented: the one in use.
class EYEPIECE_EXPORT Card : public QFrame {
    Q_OBJECT
public:
    explicit Card(const Theme& theme, const QString& title = {}, const QString& text = {},
                  QWidget* parent = nullptr);
    void set_title(const QString& title);
    void set_title_token(Token token); // Good, Look, Bad for checks
    void set_text(const QString& text);
    void set_accented(bool accented);
    QVBoxLayout* content() const { return content_; }

private:
    QLabel* title_;
    QLabel* text_;
    QVBoxLayout* content_;
};

// The one thing to do next on a page; a page has at most one.
EYEPIECE_EXPORT QPushButton* primary_button(const QString& text, const QString& object_name,
                                            QWidget* parent = nullptr);
// Any other button. `key` is shown small beside the text when given ("U").
EYEPIECE_EXPORT QPushButton* quiet_button(const QString& text, const QString& object_name,
                                          QWidget* parent = nullptr);
// Looks like a word in the accent colour: "+ Add a step".
EYEPIECE_EXPORT QPushButton* link_button(const QString& text, const QString& object_name,
                                         QWidget* parent = nullptr);
// An icon without a frame. Tooltip and accessible name are the text.
EYEPIECE_EXPORT QToolButton* icon_button(const Theme& theme, const QString& icon, const QString& text,
                                         const QString& object_name, QWidget* parent = nullptr);
// An icon button for an action of the registry: follows its enabled, checked, tooltip.
EYEPIECE_EXPORT QToolButton* action_button(QAction* action, QWidget* parent = nullptr);

// A muted, wrapping text; `token` gives its colour.
EYEPIECE_EXPORT QLabel* text_label(const Theme& theme, const QString& text, Token token = Token::Muted,
                                   QWidget* parent = nullptr);

// On or off, as a sliding knob.
class EYEPIECE_EXPORT Switch : public QAbstractButton {
    Q_OBJECT
public:
    Switch(const Theme& theme, const QString& accessible_name, QWidget* parent = nullptr);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool hitButton(const QPoint& point) const override { return rect().contains(point); }

private:
    const Theme& theme_;
    double knob_ = 0; // 0: off, 1: on
};

// "Only where empty        (o)": a label and a switch in one row.
class EYEPIECE_EXPORT SwitchRow : public QWidget {
    Q_OBJECT
public:
    SwitchRow(const Theme& theme, const QString& label, const QString& object_name,
              QWidget* parent = nullptr);
    bool isChecked() const { return switch_->isChecked(); }
    void setChecked(bool on) { switch_->setChecked(on); }
    Switch* control() const { return switch_; }

Q_SIGNALS:
    void toggled(bool on);

private:
    Switch* switch_;
};

// "Size  ---o-----  18 px": a label, a slider and its value, which keeps its width. Values are real; the
// slider moves in `steps` equal steps, or equal ratios when logarithmic.
class EYEPIECE_EXPORT ValueSlider : public QWidget {
    Q_OBJECT
public:
    using Format = std::function<QString(double)>;
    ValueSlider(const Theme& theme, const QString& label, double minimum, double maximum, double value,
                const QString& object_name, Format format, QWidget* parent = nullptr);
    double value() const { return value_; }
    void set_value(double value); // clamped; tells value_changed only when it changed
    void set_range(double minimum, double maximum);
    void set_logarithmic(bool logarithmic);
    void set_steps(int steps);       // default 100
    void set_label_width(int width); // to line up the sliders below each other
    QSlider* slider() const { return slider_; }
    QLabel* label() const { return label_; }

Q_SIGNALS:
    void value_changed(double value);
    void released(double value); // the user let go: for what is too slow to follow

private:
    double to_value(int position) const;
    int to_position(double value) const;
    void show_value();
    void fit_value_label();

    QLabel* label_;
    QSlider* slider_;
    QLabel* shown_;
    Format format_;
    double minimum_, maximum_, value_;
    bool logarithmic_ = false;
};

// What an empty page says: an icon, a sentence, and what to do next.
class EYEPIECE_EXPORT EmptyState : public QWidget {
    Q_OBJECT
public:
    EmptyState(const Theme& theme, const QString& icon, const QString& title, const QString& text = {},
               QWidget* parent = nullptr);
    void set_title(const QString& title);
    void set_text(const QString& text);
    QPushButton* add_action(const QString& text, const QString& object_name, std::function<void()> handler,
                            bool primary = true);
    QVBoxLayout* content() const { return content_; } // further widgets below the buttons

private:
    void draw_icon();
    const Theme& theme_;
    QString icon_name_;
    QLabel* icon_;
    QLabel* title_;
    QLabel* text_;
    QHBoxLayout* buttons_;
    QVBoxLayout* content_;
};

// A small round dot that says a state by colour, and in words by its tooltip and accessible name.
class EYEPIECE_EXPORT StatusDot : public QWidget {
    Q_OBJECT
public:
    explicit StatusDot(const Theme& theme, QWidget* parent = nullptr);
    void set_state(Token token, const QString& words);
    QSize sizeHint() const override { return {8, 8}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& theme_;
    Token token_ = Token::Line;
};

// "12 of 30" beside a flat 5 px bar; an unknown fraction (< 0) shows as a faint full bar.
class EYEPIECE_EXPORT ProgressLine : public QWidget {
    Q_OBJECT
public:
    explicit ProgressLine(const Theme& theme, QWidget* parent = nullptr);
    void set_fraction(double fraction);
    double fraction() const { return fraction_; }
    QSize sizeHint() const override { return {180, 6}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& theme_;
    double fraction_ = 0;
};

// A key as on a keyboard: "Ctrl K".
EYEPIECE_EXPORT QLabel* key_label(const Theme& theme, const QString& keys, QWidget* parent = nullptr);

} // namespace eyepiece
