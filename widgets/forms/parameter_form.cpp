// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/forms/parameter_form.h"

#include "core/base/error.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QGridLayout>
#include <QVBoxLayout>
#include <algorithm>
#include <map>

namespace eyepiece {

namespace {
QString text(const std::string& text) {
    return QString::fromStdString(text);
}
constexpr int editor_width = 136; // px: values line up below each other
} // namespace

struct ParameterForm::Row {
    const ParameterSpec* spec = nullptr;
    QWidget* box = nullptr;
    QLabel* label = nullptr;
    ParameterEditor* editor = nullptr;
    QToolButton* reset = nullptr;
    QLabel* problem = nullptr;
    QWidget* header = nullptr; // of its group, on the group's first row
    QString said;              // the problem

    // What the user has set; nothing when it cannot be used, and then `problem` says why.
    std::optional<Json> given(QString* why = nullptr) const {
        try {
            const auto value = editor->value();
            if (value)
                return ParameterSchema({*spec}).complete({{spec->name, *value}}).at(spec->name);
        } catch (const Error& error) {
            if (why)
                *why = QString::fromUtf8(error.what());
        }
        return std::nullopt;
    }
};

ParameterForm::ParameterForm(const Theme& theme, QWidget* parent, ParameterEditors editors)
    : QWidget(parent), theme_(theme), editors_(std::move(editors)), layout_(new QVBoxLayout(this)) {
    layout_->setContentsMargins(0, 0, 0, 0);
    layout_->setSpacing(0);
}

ParameterForm::~ParameterForm() = default;

void ParameterForm::set_schema(const ParameterSchema& schema) {
    if (schema.to_json() == schema_.to_json() && body_)
        return;
    const Json kept = values();
    schema_ = schema;
    build();
    set_values(kept);
}

void ParameterForm::set_schema_json(const Json& parameters) {
    try {
        set_schema(ParameterSchema::from_json(parameters));
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput,
                    "The engine described its settings in a way this window does not know.", error.what());
    }
}

void ParameterForm::build() {
    rows_.clear();
    delete body_;
    body_ = new QWidget(this);
    layout_->addWidget(body_);
    auto* list = new QVBoxLayout(body_);
    list->setContentsMargins(0, 0, 0, 0);
    list->setSpacing(2);

    std::vector<std::string> groups;
    for (const ParameterSpec& spec : schema_.specs())
        if (std::find(groups.begin(), groups.end(), spec.group) == groups.end())
            groups.push_back(spec.group);
    QWidget* before = nullptr;
    const auto add_row = [&](const ParameterSpec& spec, QWidget* header) {
        auto row = std::make_unique<Row>();
        const QString name = text(spec.name), title = spec.title.empty() ? name : text(spec.title);
        row->spec = &spec;
        row->header = header;
        row->box = new QWidget(body_);
        row->box->setObjectName(QStringLiteral("row.") + name);
        auto* grid = new QGridLayout(row->box);
        grid->setContentsMargins(0, 0, 0, 0);
        grid->setHorizontalSpacing(Theme::space(1));
        grid->setVerticalSpacing(0);
        row->label = text_label(theme_, title, Token::Text, row->box);
        row->editor = editors_.make(spec, theme_, row->box);
        row->editor->setObjectName(QStringLiteral("editor.") + name);
        row->editor->setFixedWidth(editor_width);
        if (QWidget* field = row->editor->focusProxy()) {
            field->setObjectName(QStringLiteral("field.") + name);
            field->setAccessibleName(title);
            field->setAccessibleDescription(text(spec.help));
            row->label->setBuddy(field);
        }
        row->reset = icon_button(theme_, QStringLiteral("undo"),
                                 spec.automatic() ? tr("Back to automatic") : tr("Back to the default"),
                                 QStringLiteral("reset.") + name, row->box);
        row->reset->setAccessibleName(row->reset->toolTip() + QStringLiteral(": ") + title);
        row->reset->setIconSize({14, 14});
        QSizePolicy keeps_place = row->reset->sizePolicy();
        keeps_place.setRetainSizeWhenHidden(true); // nothing jumps
        row->reset->setSizePolicy(keeps_place);
        row->problem = text_label(theme_, {}, Token::Bad, row->box);
        row->problem->setObjectName(QStringLiteral("problem.") + name);
        grid->addWidget(row->label, 0, 0);
        grid->addWidget(row->editor, 0, 1);
        grid->addWidget(row->reset, 0, 2);
        grid->addWidget(row->problem, 1, 0, 1, 3);
        grid->setColumnStretch(0, 1);
        list->addWidget(row->box);
        connect(row->editor, &ParameterEditor::edited, this, [this] {
            refresh();
            Q_EMIT changed();
        });
        connect(row->reset, &QToolButton::clicked, this, [this, editor = row->editor] {
            editor->set_value(std::nullopt);
            refresh();
            Q_EMIT changed();
        });
        if (QWidget* field = row->editor->focusProxy()) {
            if (before)
                setTabOrder(before, field);
            before = field;
        }
        rows_.push_back(std::move(row));
    };
    const auto add_group = [&](const std::string& group, bool advanced) {
        QWidget* header = nullptr;
        for (const ParameterSpec& spec : schema_.specs()) {
            if (spec.group != group || spec.advanced != advanced)
                continue;
            if (!header && !group.empty()) {
                header = new SectionHeader(theme_, text(group), {}, body_);
                list->addWidget(header);
            }
            add_row(spec, header);
        }
    };
    for (const std::string& group : groups)
        add_group(group, false);
    more_ = link_button({}, QStringLiteral("form.more"), body_);
    list->addWidget(more_, 0, Qt::AlignLeft);
    connect(more_, &QPushButton::clicked, this, [this] { show_advanced(!advanced_shown_); });
    for (const std::string& group : groups)
        add_group(group, true);
    set_automatic(automatic_, reasons_);
}

void ParameterForm::set_automatic(const Json& values, const Json& reasons) {
    automatic_ = values.is_object() ? values : Json::object();
    reasons_ = reasons.is_object() ? reasons : Json::object();
    for (const auto& row : rows_) {
        const ParameterSpec& spec = *row->spec;
        const auto chosen = automatic_.find(spec.name);
        const Json fallback =
            spec.automatic() ? chosen != automatic_.end() ? *chosen : Json() : spec.default_value;
        row->editor->set_fallback(fallback, spec.automatic());
        QString tip = text(spec.help);
        if (spec.minimum && spec.maximum)
            tip += QStringLiteral("\n") +
                   tr("From %1 to %2.")
                       .arg(value_text(*spec.minimum), value_text(*spec.maximum, text(spec.unit)));
        const auto reason = reasons_.find(spec.name);
        if (reason != reasons_.end() && reason->is_string())
            tip += QStringLiteral("\n") + tr("Chosen: %1").arg(text(reason->get<std::string>()));
        row->label->setToolTip(tip);
        row->editor->setToolTip(tip);
        row->editor->setAccessibleDescription(tip);
        if (QWidget* field = row->editor->focusProxy()) // who has the keyboard is who gets read out
            field->setAccessibleDescription(tip);
    }
    refresh();
}

Json ParameterForm::effective(const std::string& name) const {
    for (const auto& row : rows_)
        if (row->spec->name == name) {
            if (const auto given = row->given())
                return *given;
            if (!row->spec->automatic())
                return row->spec->default_value;
        }
    const auto chosen = automatic_.find(name);
    return chosen == automatic_.end() ? Json() : *chosen;
}

bool ParameterForm::holds(const std::string& condition) const {
    const std::size_t equals = condition.find('=');
    if (condition.empty() || equals == std::string::npos)
        return true;
    const Json value = effective(condition.substr(0, equals));
    const std::string wanted = condition.substr(equals + 1);
    return value.is_string() ? value.get<std::string>() == wanted : value.dump() == wanted;
}

void ParameterForm::refresh() {
    std::map<QWidget*, bool> header_needed;
    int folded = 0;
    for (const auto& row : rows_) {
        const bool applies = holds(row->spec->visible_when);
        const bool shown = applies && (!row->spec->advanced || advanced_shown_);
        folded += row->spec->advanced && applies ? 1 : 0;
        row->box->setVisible(shown);
        if (row->header)
            header_needed[row->header] = header_needed[row->header] || shown;
        row->said.clear();
        const auto given = row->given(&row->said);
        row->problem->setText(row->said);
        row->problem->setVisible(!row->said.isEmpty());
        row->reset->setVisible((given || !row->said.isEmpty()) && !read_only_);
    }
    for (const auto& [header, needed] : header_needed)
        header->setVisible(needed);
    if (more_) {
        more_->setVisible(folded > 0);
        more_->setText(advanced_shown_ ? tr("Fewer settings") : tr("More settings (%1)").arg(folded));
        more_->setAccessibleName(more_->text());
    }
}

Json ParameterForm::values() const {
    Json values = Json::object();
    for (const auto& row : rows_)
        if (holds(row->spec->visible_when))
            if (const auto given = row->given())
                values[row->spec->name] = *given;
    return values;
}

Json ParameterForm::complete_values() const {
    Json values = Json::object();
    for (const auto& row : rows_)
        values[row->spec->name] = effective(row->spec->name);
    return values;
}

void ParameterForm::set_values(const Json& values) {
    for (const auto& row : rows_) {
        const auto found = values.find(row->spec->name);
        const bool given = found != values.end() && !found->is_null();
        row->editor->set_value(given ? std::optional<Json>(*found) : std::nullopt);
    }
    refresh();
}

void ParameterForm::reset() {
    set_values(Json::object());
}

QStringList ParameterForm::problems() const {
    QStringList problems;
    for (const auto& row : rows_)
        if (!row->said.isEmpty() && holds(row->spec->visible_when))
            problems << row->said;
    return problems;
}

bool ParameterForm::advanced_shown() const {
    return advanced_shown_;
}

void ParameterForm::show_advanced(bool shown) {
    advanced_shown_ = shown;
    refresh();
}

void ParameterForm::set_read_only(bool read_only) {
    read_only_ = read_only;
    for (const auto& row : rows_)
        row->editor->setEnabled(!read_only);
    refresh();
}

ParameterEditor* ParameterForm::editor(const QString& name) const {
    for (const auto& row : rows_)
        if (text(row->spec->name) == name)
            return row->editor;
    return nullptr;
}

} // namespace eyepiece
