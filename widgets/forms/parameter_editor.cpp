// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/forms/parameter_editor.h"

#include "core/base/error.h"

#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QToolButton>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

QString text(const std::string& text) {
    return QString::fromStdString(text);
}

QString number_text(double value) {
    if (value == std::floor(value) && std::abs(value) < 1e9)
        return QString::number(static_cast<qint64>(value));
    QString shown = QString::number(value, 'g', 6);
    return shown.replace(QLatin1String("e-0"), QLatin1String("e-"));
}

QHBoxLayout* tight_row(QWidget* widget) {
    auto* row = new QHBoxLayout(widget);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::space(1));
    return row;
}

// A number or a word, typed. Empty means the fallback, which shows as the placeholder. Up and Down step
// numbers.
class LineEditor : public ParameterEditor {
public:
    LineEditor(const ParameterSpec& spec, QWidget* parent)
        : ParameterEditor(parent), spec_(spec), schema_({spec}), line_(new QLineEdit(this)) {
        tight_row(this)->addWidget(line_);
        setFocusProxy(line_);
        line_->setAlignment(is_number() ? Qt::AlignRight : Qt::AlignLeft);
        line_->installEventFilter(this);
        connect(line_, &QLineEdit::textEdited, this, &ParameterEditor::edited);
    }

    std::optional<Json> value() const override {
        QString typed = line_->text().trimmed();
        if (typed.isEmpty())
            return std::nullopt;
        const QString unit = text(spec_.unit);
        if (!unit.isEmpty() && typed.endsWith(unit) && is_number())
            typed = typed.chopped(unit.size()).trimmed();
        if (is_number())
            typed.replace(',', '.');
        return schema_.parse_assignment(spec_.name + "=" + typed.toStdString()).second;
    }
    void set_value(const std::optional<Json>& value) override {
        line_->setText(value && !value->is_null() ? value_text(*value) : QString());
    }
    void set_fallback(const Json& value, bool automatic) override {
        fallback_ = value;
        const QString shown = value_text(value, text(spec_.unit));
        line_->setPlaceholderText(!automatic        ? shown
                                  : value.is_null() ? tr("auto")
                                                    : tr("auto: %1").arg(shown));
    }

protected:
    bool eventFilter(QObject* object, QEvent* event) override {
        if (object == line_ && event->type() == QEvent::KeyPress && is_number()) {
            const int key = static_cast<QKeyEvent*>(event)->key();
            if (key == Qt::Key_Up || key == Qt::Key_Down) {
                step(key == Qt::Key_Up);
                return true;
            }
        }
        return ParameterEditor::eventFilter(object, event);
    }
    QHBoxLayout* row() const { return static_cast<QHBoxLayout*>(layout()); }
    QLineEdit* line() const { return line_; }

private:
    bool is_number() const {
        return spec_.type == ParameterType::Integer || spec_.type == ParameterType::Real;
    }
    void step(bool up) {
        double now = 0;
        try {
            const auto typed = value();
            const Json& from = typed ? *typed : fallback_;
            if (!from.is_number())
                return;
            now = from.get<double>();
        } catch (const std::exception&) {
            return;
        }
        // Settings such as a learning rate live on a scale of ratios.
        double next = spec_.type == ParameterType::Integer ? now + (up ? 1 : -1)
                      : up                                 ? now * 1.25
                                                           : now / 1.25;
        if (spec_.type == ParameterType::Real && now == 0)
            next = up ? 0.1 : -0.1;
        next = std::clamp(next, spec_.minimum.value_or(next), spec_.maximum.value_or(next));
        line_->setText(number_text(spec_.type == ParameterType::Integer ? std::round(next) : next));
        Q_EMIT edited();
    }

    ParameterSpec spec_;
    ParameterSchema schema_;
    QLineEdit* line_;
    Json fallback_;
};

class PathEditor : public LineEditor {
public:
    PathEditor(const ParameterSpec& spec, const Theme& theme, QWidget* parent) : LineEditor(spec, parent) {
        auto* browse = icon_button(theme, QStringLiteral("folder"), tr("Choose a file"),
                                   QStringLiteral("browse.") + text(spec.name), this);
        row()->addWidget(browse);
        connect(browse, &QToolButton::clicked, this, [this] {
            const QString chosen = QFileDialog::getOpenFileName(this, tr("Choose a file"), line()->text());
            if (!chosen.isEmpty()) {
                line()->setText(chosen);
                Q_EMIT edited();
            }
        });
    }
};

// A list. With an automatic parameter the first entry is what holds while the user says nothing.
class ChoiceEditor : public ParameterEditor {
public:
    ChoiceEditor(const ParameterSpec& spec, std::vector<Json> values, QWidget* parent)
        : ParameterEditor(parent)
        , values_(std::move(values))
        , box_(new QComboBox(this))
        , shift_(spec.automatic() ? 1 : 0) {
        tight_row(this)->addWidget(box_);
        setFocusProxy(box_);
        box_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box_->setMinimumContentsLength(8);
        box_->installEventFilter(this); // a wheel that scrolls the form must not change a setting
        if (shift_ == 1)
            box_->addItem(tr("auto"));
        for (const Json& value : values_)
            box_->addItem(value_text(value));
        connect(box_, &QComboBox::activated, this, [this](int at) {
            given_ = at < shift_ ? std::nullopt
                                 : std::optional<Json>(values_[static_cast<std::size_t>(at - shift_)]);
            Q_EMIT edited();
        });
    }
    std::optional<Json> value() const override { return given_; }
    void set_value(const std::optional<Json>& value) override {
        given_ = value && position(*value) >= 0 ? value : std::nullopt;
        show_value();
    }
    void set_fallback(const Json& value, bool automatic) override {
        fallback_ = value;
        if (shift_ == 1)
            box_->setItemText(0, value.is_null() || !automatic ? tr("auto")
                                                               : tr("auto: %1").arg(value_text(value)));
        show_value();
    }

protected:
    bool eventFilter(QObject* object, QEvent* event) override {
        if (event->type() == QEvent::Wheel && !box_->hasFocus()) {
            event->ignore();
            return true;
        }
        return ParameterEditor::eventFilter(object, event);
    }

private:
    int position(const Json& value) const {
        const auto found = std::find(values_.begin(), values_.end(), value);
        return found == values_.end() ? -1 : static_cast<int>(found - values_.begin());
    }
    void show_value() {
        const Json& shown = given_ ? *given_ : fallback_;
        box_->setCurrentIndex(!given_ && shift_ == 1 ? 0 : std::max(0, position(shown)) + shift_);
    }

    std::vector<Json> values_;
    QComboBox* box_;
    int shift_; // 1: "auto" comes first
    std::optional<Json> given_;
    Json fallback_;
};

// On or off when there is a default; "auto" needs a third state, and gets a list.
class SwitchEditor : public ParameterEditor {
public:
    SwitchEditor(const ParameterSpec& spec, const Theme& theme, QWidget* parent)
        : ParameterEditor(parent), switch_(new Switch(theme, text(spec.title), this)) {
        auto* row = tight_row(this);
        row->addStretch();
        row->addWidget(switch_);
        setFocusProxy(switch_);
        connect(switch_, &QAbstractButton::clicked, this, [this](bool on) {
            given_ = on;
            Q_EMIT edited();
        });
    }
    std::optional<Json> value() const override {
        return given_ ? std::optional<Json>(*given_) : std::nullopt;
    }
    void set_value(const std::optional<Json>& value) override {
        given_ = value && value->is_boolean() ? std::optional<bool>(value->get<bool>()) : std::nullopt;
        switch_->setChecked(given_.value_or(fallback_));
    }
    void set_fallback(const Json& value, bool) override {
        fallback_ = value.is_boolean() && value.get<bool>();
        switch_->setChecked(given_.value_or(fallback_));
    }

private:
    Switch* switch_;
    std::optional<bool> given_;
    bool fallback_ = false;
};

} // namespace

QString value_text(const Json& value, const QString& unit) {
    QString shown;
    if (value.is_null())
        return {};
    if (value.is_boolean())
        return value.get<bool>() ? ParameterEditor::tr("on") : ParameterEditor::tr("off");
    if (value.is_number())
        shown = number_text(value.get<double>());
    else if (value.is_string())
        shown = text(value.get<std::string>());
    else if (value.is_array()) {
        // Sizes read "256 × 256"; lists of words, "flip, rotate".
        QStringList parts;
        const bool numbers =
            std::all_of(value.begin(), value.end(), [](const Json& part) { return part.is_number(); });
        for (const Json& part : value)
            parts << value_text(part);
        shown = parts.join(numbers && value.size() <= 3 ? QStringLiteral(" × ") : QStringLiteral(", "));
    } else
        shown = text(value.dump());
    return unit.isEmpty() ? shown : shown + ' ' + unit;
}

ParameterEditors ParameterEditors::standard() {
    ParameterEditors editors;
    const Factory line = [](const ParameterSpec& spec, const Theme&, QWidget* parent) {
        return new LineEditor(spec, parent);
    };
    editors.set(ParameterType::Integer, line);
    editors.set(ParameterType::Real, line);
    editors.set(ParameterType::Text, line);
    editors.set(ParameterType::Path, [](const ParameterSpec& spec, const Theme& theme, QWidget* parent) {
        return new PathEditor(spec, theme, parent);
    });
    editors.set(ParameterType::Choice, [](const ParameterSpec& spec, const Theme&, QWidget* parent) {
        return new ChoiceEditor(spec, {spec.choices.begin(), spec.choices.end()}, parent);
    });
    editors.set(ParameterType::Boolean,
                [](const ParameterSpec& spec, const Theme& theme, QWidget* parent) -> ParameterEditor* {
                    if (spec.automatic())
                        return new ChoiceEditor(spec, {Json(true), Json(false)}, parent);
                    return new SwitchEditor(spec, theme, parent);
                });
    return editors;
}

ParameterEditor* ParameterEditors::make(const ParameterSpec& spec, const Theme& theme,
                                        QWidget* parent) const {
    if (const auto found = by_name_.find(spec.name); found != by_name_.end())
        return found->second(spec, theme, parent);
    const auto found = by_type_.find(spec.type);
    if (found == by_type_.end())
        throw Error(ErrorCode::Internal, "No editor serves the setting \"" + spec.name + "\".");
    return found->second(spec, theme, parent);
}

} // namespace eyepiece
